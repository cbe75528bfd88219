"""CN115: layers that change nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from cnncalc.analysis.borders import POOLINGS
from cnncalc.graph.model import Node
from cnncalc.lint.finding import Finding
from cnncalc.lint.network import Network
from cnncalc.lint.rule import Rule
from cnncalc.lint.rules.wiring import DROPS, fix_of


class NoOp(Rule):
    """A layer changes nothing.

    ## What
    A pooling with kernel 1 and stride 1, dropout of rate 0, upsampling by 1, flatten of a vector, channel_shuffle
    with one group, a pad of 0, a pixel_shuffle by 1.

    ## Why
    It costs a copy and a line, and hides what was meant: a kernel that was not filled in, a rate that was switched
    off for a test.

    ## Example
    ```yaml
    cnncalc: 1
    input: 3x16x16
    layers:
      - conv: {filters: 16, kernel: 3, padding: 1, activation: relu}
      - dropout: 0
      - conv: {filters: 16, kernel: 3, padding: 1}
    ```

    ## Use instead
    ```yaml
    cnncalc: 1
    input: 3x16x16
    layers:
      - conv: {filters: 16, kernel: 3, padding: 1, activation: relu}
      - conv: {filters: 16, kernel: 3, padding: 1}
    ```

    ## Limits
    identity is not reported: it names a place. In a block definition only calls whose every use changes nothing are
    reported. The fix removes the line.

    ## References
    - Nikanjam and others, NeuraLint, 2021: redundant layers.
    """

    code = "CN115"
    slug = "no-op"
    fixable = True

    def check(self, network: Network, options: Mapping[str, Any]) -> Iterator[Finding]:
        """One finding per layer that does nothing at each of its uses."""
        idle = [(node, _idle(network, node)) for node in network.nodes if node.kind in _MAY_IDLE]
        busy = {id(node.call) for node, why in idle if not why}
        for node, why in idle:
            if why and id(node.call) not in busy:
                yield self.finding(
                    node,
                    f"{node.kind} {why}: it changes nothing",
                    "remove it",
                    fix=fix_of(network, node, network.edit.remove(node.call), f"remove {node.kind}"),
                )


_MAY_IDLE = (
    DROPS | POOLINGS | {"flatten", "upsample", "pixel_shuffle", "pixel_unshuffle", "channel_shuffle", "pad", "crop"}
)


def _idle(network: Network, node: Node) -> str:
    """Why it does nothing; empty when it does something."""
    layer: Any = node.layer
    shape = network.inputs(node)[0]
    if node.output is None or shape is None:
        return ""
    match node.kind:
        case "maxpool" | "avgpool" | "lppool":
            axes = network.windows[node.index]
            if axes and all(axis.reach == axis.stride == 1 and axis.pads == (0, 0) for axis in axes):
                return "with kernel 1 and stride 1"
        case "dropout" | "spatial_dropout" | "drop_path" if layer.rate == 0:
            return "of rate 0"
        case "flatten" if len(shape) == 1:
            return "of a vector"
        case "upsample" | "pixel_shuffle" | "pixel_unshuffle" if node.output == shape:
            return "by 1"
        case "channel_shuffle" if layer.groups == 1:
            return "with one group"
        case "pad" | "crop" if node.output == shape and len(node.inputs) == 1:
            return "of 0"
    return ""
