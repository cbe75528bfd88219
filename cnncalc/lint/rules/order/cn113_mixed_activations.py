"""CN113: different activations through the trunk."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from cnncalc.lint.finding import Finding
from cnncalc.lint.network import Network
from cnncalc.lint.rule import Rule
from cnncalc.lint.rules.wiring import SOFTMAXES, weighted


class MixedActivations(Rule):
    """The trunk uses more than one kind of activation.

    ## What
    Along the main path, between the first and the last layer with weights, activations of different kinds occur
    (gates and the output do not count).

    ## Why
    One activation function throughout keeps scale and initialisation consistent; a second one is often a slip of
    copying.

    ## Example
    ```yaml
    cnncalc: 1
    input: 3x16x16
    layers:
      - conv: {filters: 16, kernel: 3, padding: 1, activation: relu}
      - conv: {filters: 16, kernel: 3, padding: 1, activation: elu}
      - conv: {filters: 16, kernel: 3, padding: 1}
    ```

    ## Use instead
    ```yaml
    cnncalc: 1
    input: 3x16x16
    layers:
      - conv: {filters: 16, kernel: 3, padding: 1, activation: relu}
      - conv: {filters: 16, kernel: 3, padding: 1, activation: relu}
      - conv: {filters: 16, kernel: 3, padding: 1}
    ```

    ## Limits
    Off unless it is selected: MobileNetV3 and others mix on purpose.

    ## References
    - Course document 001, lines 869 and 991: the same activation throughout.
    """

    code = "CN113"
    slug = "mixed-activations"
    severity = "info"
    default = False

    def check(self, network: Network, options: Mapping[str, Any]) -> Iterator[Finding]:
        """One finding per activation that differs from the most frequent one."""
        inner = [
            node
            for node in network.trunk
            if network.is_activation(node) and node.kind not in SOFTMAXES and weighted(network, node)
        ]
        counts = Counter(node.kind for node in inner)
        if len(counts) < 2:
            return
        usual, times = counts.most_common(1)[0]
        for node in inner:
            if node.kind != usual:
                yield self.finding(
                    node,
                    f"{node.kind} here, but {usual} in {times} of {len(inner)} places of the trunk",
                    f"use {usual} throughout, or ignore this line with the reason",
                )
