"""CN307: a map that is far smaller than its neighbours."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any, ClassVar

from cnncalc.core.shapes import elements
from cnncalc.graph.model import Node
from cnncalc.lint.finding import Finding
from cnncalc.lint.network import Network
from cnncalc.lint.rule import Rule
from cnncalc.lint.rules.wiring import CONVS, numeric, written_field


class BottleneckSqueeze(Rule):
    """A map is less than an eighth as large as those before and after it.

    ## What
    On the main path, the output of a convolution has less than `ratio` of the numbers of its input, and also of the
    next convolution's output.

    ## Why
    All information must pass through this map; what does not fit is lost, and the wide layer behind cannot bring it
    back.

    ## Example
    ```yaml
    cnncalc: 1
    input: 3x16x16
    layers:
      - conv: {filters: 64, kernel: 3, padding: 1, activation: relu}
      - conv: {filters: 4, kernel: 1, activation: relu}
      - conv: {filters: 64, kernel: 3, padding: 1, activation: relu}
    ```

    ## Use instead
    ```yaml
    cnncalc: 1
    input: 3x16x16
    layers:
      - conv: {filters: 64, kernel: 3, padding: 1, activation: relu}
      - conv: {filters: 16, kernel: 1, activation: relu}
      - conv: {filters: 64, kernel: 3, padding: 1, activation: relu}
    ```

    ## Limits
    Where a shortcut leads around it (the layer does not lie on every path), the map is not reported. Autoencoders
    squeeze on purpose.

    ## References
    - Cao and others, Design smells in deep learning programs, 2021 (Nikanjam and Khomh): non-expanding feature
      maps.
    """

    code = "CN307"
    slug = "bottleneck-squeeze"
    options: ClassVar[Mapping[str, Any]] = {"ratio": 0.125}

    def check(self, network: Network, options: Mapping[str, Any]) -> Iterator[Finding]:
        """One finding per narrow map."""
        convolutions = [node for node in network.trunk if node.kind in CONVS]
        for node, after in pairwise(convolutions):
            shape = network.inputs(node)[0]
            sizes = [None if one is None else elements(one) for one in (shape, node.output, after.output)]
            if None in sizes or not numeric(*sizes):
                continue
            before, own, behind = (int(size or 0) for size in sizes)
            narrow = own < options["ratio"] * before and own < options["ratio"] * behind
            if narrow and not _passed(network, node):
                yield self.finding(
                    node,
                    f"its map of {own:,} numbers stands between {before:,} and {behind:,}: less than {options['ratio']:g} of both",
                    "give it more channels, or stride more gently",
                    written_field(node, "filters"),
                )


def _passed(network: Network, node: Node) -> bool:
    """Whether a path leads around the layer: something before it is read by something after it."""
    return any(ref < node.index < one.index for one in network.nodes if len(one.inputs) > 1 for ref in one.inputs)
