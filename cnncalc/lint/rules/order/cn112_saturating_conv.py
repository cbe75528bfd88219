"""CN112: sigmoid or tanh after convolutions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from cnncalc.lint.finding import Finding
from cnncalc.lint.network import Network
from cnncalc.lint.rule import Rule
from cnncalc.lint.rules.wiring import CONVS, NORMS, SATURATING, VIEWS, logits, source, weighted


class SaturatingConv(Rule):
    """A convolution is followed by sigmoid or tanh.

    ## What
    A saturating activation (sigmoid, tanh, hardsigmoid) follows a convolution, also through a normalisation.

    ## Why
    The slope of sigmoid is at most 1/4 and near 0 for large inputs; through n layers the gradient shrinks at least
    by 4^n. relu and its relatives keep a slope of 1.

    ## Example
    ```yaml
    cnncalc: 1
    input: 3x16x16
    layers:
      - conv: {filters: 16, kernel: 3, padding: 1, activation: tanh}
      - conv: {filters: 16, kernel: 3, padding: 1, activation: relu}
    ```

    ## Use instead
    ```yaml
    cnncalc: 1
    input: 3x16x16
    layers:
      - conv: {filters: 16, kernel: 3, padding: 1, activation: relu}
      - conv: {filters: 16, kernel: 3, padding: 1, activation: relu}
    ```

    ## Limits
    Gates (an activation that is multiplied with something) and outputs are not reported. Networks of the 1990s have
    it by design.

    ## References
    - Course document 003, lines 222-224: no sigmoid or tanh in convolutional layers.
    """

    code = "CN112"
    slug = "saturating-conv"

    def check(self, network: Network, options: Mapping[str, Any]) -> Iterator[Finding]:
        """One finding per activation."""
        ends = {node.index for node in logits(network)}
        for node in network.nodes:
            if node.kind not in SATURATING or node.index in ends or not weighted(network, node):
                continue
            before = source(network, node, NORMS | VIEWS)
            if before is None or before.kind not in CONVS:
                continue
            if any(after.kind in ("multiply", "highway") for after in network.after(node)):
                continue
            slope = {"sigmoid": "1/4", "hardsigmoid": "1/6", "tanh": "1"}[node.kind]
            yield self.finding(
                node,
                f"{node.kind} after {before.path} has a slope of at most {slope}, and near 0 where it saturates",
                "use relu, leaky_relu or elu between convolutions",
            )
