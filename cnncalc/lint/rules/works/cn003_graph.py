"""CN003: the wires of the network."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from cnncalc.lint.finding import Finding
from cnncalc.lint.network import Network
from cnncalc.lint.rule import Rule
from cnncalc.lint.rules.wiring import logits


class GraphFault(Rule):
    """A name leads nowhere, stands twice, or a layer's output is never used.

    ## What
    `from` names a layer that does not come before this one (so there are no cycles), a name stands twice in one stack, a
    layer or an input is computed and then read by nobody, or prediction reads what exists only in training.

    ## Why
    A layer that nobody reads costs parameters and time and never learns; as a rule a `from` was forgotten or names the
    wrong layer. Names that lead nowhere prevent the network.

    ## Example
    ```yaml
    cnncalc: 1
    input: 3x16x16
    layers:
      - conv: {name: stem, filters: 8, kernel: 3, padding: 1, activation: relu}
      - conv: {name: left, filters: 8, kernel: 3, padding: 1, activation: relu}
      - conv: {name: right, from: stem, filters: 8, kernel: 3, padding: 1, activation: relu}
    ```

    ## Use instead
    ```yaml
    cnncalc: 1
    input: 3x16x16
    layers:
      - conv: {name: stem, filters: 8, kernel: 3, padding: 1, activation: relu}
      - conv: {name: left, filters: 8, kernel: 3, padding: 1, activation: relu}
      - conv: {name: right, from: stem, filters: 8, kernel: 3, padding: 1, activation: relu}
      - concat: {from: [left, right]}
    ```

    ## Limits
    The last layer and the last layer of every head are outputs. A second output must be written as a head.

    ## References
    - docs/language.md: names and `from`.
    """

    code = "CN003"
    slug = "graph"
    severity = "error"

    def check(self, network: Network, options: Mapping[str, Any]) -> Iterator[Finding]:
        """Layers and inputs that nobody reads; what prevents a graph comes from the engine."""
        ends = {node.index for node in logits(network)}
        for node in network.nodes:
            if not network.consumers[node.index] and node.index not in ends:
                yield self.finding(
                    node,
                    f"the output of this {node.kind} is never used",
                    "read it with from:, make it a head, or remove the layer",
                )
        read = {ref for node in network.nodes for ref in node.inputs if ref < 0}
        for index, name in enumerate(network.graph.inputs):
            if -1 - index not in read and len(network.graph.inputs) > 1:
                yield self.finding("", f"the input {name} is never used", "read it with from:, or remove it", "input")
