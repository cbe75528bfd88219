"""CN210: a kernel larger than its map."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import prod
from typing import Any

from cnncalc.analysis.borders import CONVOLUTIONS
from cnncalc.layers.window import Axis
from cnncalc.lint.finding import Finding
from cnncalc.lint.network import Network
from cnncalc.lint.rule import Rule
from cnncalc.lint.rules.wiring import share, side_text, written_field


class KernelExceedsMap(Rule):
    """The kernel is larger than the map: much of it only sees padding.

    ## What
    The effective kernel exceeds the unpadded map on some axis.

    ## Why
    At every position a part of the kernel lies in the padding and multiplies zeros. Weights at the rim are trained
    by few positions or none.

    ## Example
    ```yaml
    cnncalc: 1
    input: 8x3x3
    layers:
      - conv: {filters: 8, kernel: 5, padding: 2}
    ```

    ## Use instead
    ```yaml
    cnncalc: 1
    input: 8x3x3
    layers:
      - conv: {filters: 8, kernel: 3, padding: 1}
    ```

    ## Limits
    Convolutions only: a pooling cannot be padded that far.

    ## References
    - Course document 001, line 645.
    - Richter and others, Input size matters, 2021.
    """

    code = "CN210"
    slug = "kernel-exceeds-map"

    def check(self, network: Network, options: Mapping[str, Any]) -> Iterator[Finding]:
        """One finding per convolution."""
        for node in network.nodes:
            axes = network.windows[node.index]
            if node.kind not in CONVOLUTIONS or all(axis.reach <= axis.size for axis in axes) or node.output is None:
                continue
            taps = [_taps(axis, int(length)) for axis, length in zip(axes, node.output[1:], strict=True)]
            every = prod(axis.kernel * int(length) for axis, length in zip(axes, node.output[1:], strict=True))
            useful = prod(sum(seen) for seen in taps)
            dead = prod(axis.kernel for axis in axes) - prod(sum(count > 0 for count in seen) for seen in taps)
            idle = f", {dead} of its weights see nothing else" if dead else ""
            yield self.finding(
                node,
                f"kernel {side_text(tuple(axis.reach for axis in axes))} exceeds the {side_text(tuple(axis.size for axis in axes))} map: {share(every - useful, every)} of its multiplications are with padding{idle}",
                "use a smaller kernel, or less striding and pooling before",
                written_field(node, "kernel"),
                dead=dead,
            )


def _taps(axis: Axis, length: int) -> list[int]:
    """Per kernel position how many outputs read a real pixel with it."""
    before = axis.pads[0]
    return [
        sum(0 <= o * axis.stride - before + tap * axis.dilation < axis.size for o in range(length))
        for tap in range(axis.kernel)
    ]
