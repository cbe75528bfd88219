"""CN306: a wide map straight into a 3x3."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from cnncalc.analysis.borders import CONVOLUTIONS
from cnncalc.core.shapes import Shape
from cnncalc.graph.model import Node
from cnncalc.lint.finding import Finding
from cnncalc.lint.network import Network
from cnncalc.lint.rule import Rule
from cnncalc.lint.rules.wiring import DEPTHWISE, kernel, numeric, share


class Wide1x1(Rule):
    """A 3x3 or larger kernel reads many channels without a 1x1 in front.

    ## What
    A convolution with a kernel of at least 3x3 and one group reads more than `channels` channels.

    ## Why
    A 1x1 convolution to a quarter of the channels in front, and one back behind, costs a fraction: on 256 maps
    69,632 weights against 589,824 (on the same input and output).

    ## Example
    ```yaml
    cnncalc: 1
    input: 512x7x7
    layers:
      - conv: {filters: 512, kernel: 3, padding: 1}
    ```

    ## Use instead
    ```yaml
    cnncalc: 1
    input: 512x7x7
    layers:
      - bottleneck: {width: 128, out: 512}
    ```

    ## Limits
    The bottleneck sees the same field but is another function; accuracy may fall. VGG and the two-layer residual
    unit do without on purpose.

    ## References
    - Course documents 002, line 261, and 004, line 311.
    - He and others, Deep residual learning for image recognition, 2015, figure 5.
    """

    code = "CN306"
    slug = "wide-1x1"
    severity = "info"
    options: ClassVar[Mapping[str, Any]] = {"channels": 256}

    def check(self, network: Network, options: Mapping[str, Any]) -> Iterator[Finding]:
        """One finding per wide kernel."""
        for node in network.nodes:
            if node.kind not in CONVOLUTIONS:
                continue
            shape = network.inputs(node)[0]
            if shape is None or node.output is None or len(shape) != 3:
                continue
            sides = kernel(node)
            if not numeric(shape[0], node.output[0]) or min(sides) < 3 or getattr(node.layer, "groups", 1) != 1:
                continue
            read, filters = int(shape[0]), int(node.output[0])
            if node.kind == DEPTHWISE or read <= options["channels"] or _dense(node, shape):
                continue
            width = max(read, filters) // 4
            area = sides[0] * sides[-1]
            one, narrow = area * read * filters, width * (read + filters) + area * width * width
            if narrow < one:
                window = "x".join(map(str, sides))
                yield self.finding(
                    node,
                    f"{window} on {read} channels has {one:,} weights; 1x1 to {width}, {window}, 1x1 back has {narrow:,} ({share(one - narrow, one)} less)",
                    "put a bottleneck around it",
                )


def _dense(node: Node, shape: Shape) -> bool:
    """Whether the kernel covers its whole map: a dense layer in disguise."""
    return (
        node.output is not None and all(side == 1 for side in node.output[1:]) and any(side != 1 for side in shape[1:])
    )
