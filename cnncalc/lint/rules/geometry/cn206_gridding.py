"""CN206: dilations that leave holes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import reduce
from math import gcd
from typing import Any

from cnncalc.graph.model import Node
from cnncalc.layers import ACTIVATIONS
from cnncalc.layers.fields import expand
from cnncalc.lint.finding import Finding
from cnncalc.lint.network import Network
from cnncalc.lint.rule import Rule
from cnncalc.lint.rules.wiring import CONVS, DROPS, NORMS, VIEWS, kernel, sink, source, written_field


class Gridding(Rule):
    """Stacked dilations have a common factor: units see a grid with holes.

    ## What
    Two or more dilated convolutions follow each other, and all their dilations share a factor g > 1 (2, 2 or 2, 4).
    A chain that grows from dilation 1 (1, 2, 4, 8) has no such factor.

    ## Why
    All positions that a unit reads lie g apart. Neighbouring units see disjoint parts of the map, and the output
    shows a grid ("gridding").

    ## Example
    ```yaml
    cnncalc: 1
    input: 8x32x32
    layers:
      - conv: {filters: 8, kernel: 3, padding: 2, dilation: 2, activation: relu}
      - conv: {filters: 8, kernel: 3, padding: 2, dilation: 2, activation: relu}
    ```

    ## Use instead
    ```yaml
    cnncalc: 1
    input: 8x32x32
    layers:
      - conv: {filters: 8, kernel: 3, padding: 1, dilation: 1, activation: relu}
      - conv: {filters: 8, kernel: 3, padding: 2, dilation: 2, activation: relu}
      - conv: {filters: 8, kernel: 3, padding: 3, dilation: 3, activation: relu}
    ```

    ## Limits
    Looks at chains without merges. A convolution of dilation 1 directly before a growing chain closes the holes;
    before a chain of equal dilations it does not count.

    ## References
    - Wang and others, Understanding convolution for semantic segmentation, 2018: hybrid dilated convolution.
    - Yu and Koltun, Dilated residual networks, 2017.
    """

    code = "CN206"
    slug = "gridding"

    def check(self, network: Network, options: Mapping[str, Any]) -> Iterator[Finding]:
        """One finding per stretch of dilated convolutions."""
        for stretch, before in _stretches(network):
            dilations = [_dilation(node) for node in stretch]
            factor = reduce(gcd, dilations)
            growing = before and len(set(dilations)) == len(dilations)
            if len(stretch) > 1 and factor > 1 and not growing:
                yield self.finding(
                    stretch[-1],
                    f"dilations {', '.join(map(str, dilations))} share the factor {factor}: of {factor}x{factor} neighbours a unit reads one",
                    "use dilations without a common factor, such as 1, 2, 5",
                    written_field(stretch[-1], "dilation"),
                )


_BETWEEN = NORMS | ACTIVATIONS | DROPS | VIEWS


def _dilation(node: Node) -> int:
    values = expand(getattr(node.layer, "dilation", 1), 2)
    return min((value for value in values if type(value) is int), default=1)


def _stretches(network: Network) -> Iterator[tuple[list[Node], bool]]:
    """Maximal chains of dilated convolutions, and whether a kernel of dilation 1 stands directly before."""
    for node in network.nodes:
        if not _dilated(node):
            continue
        before = source(network, node, _BETWEEN)
        if before is not None and _dilated(before):
            continue
        chain = [node]
        after = sink(network, node, _BETWEEN)
        while after is not None and _dilated(after):
            chain.append(after)
            after = sink(network, after, _BETWEEN)
        yield chain, before is not None and before.kind in CONVS and max(kernel(before)) > 1


def _dilated(node: Node) -> bool:
    return node.kind in CONVS and _dilation(node) > 1 and max(kernel(node)) > 1
