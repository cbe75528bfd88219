"""CN114: softmax between hidden layers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from cnncalc.lint.finding import Finding
from cnncalc.lint.network import Network
from cnncalc.lint.rule import Rule
from cnncalc.lint.rules.wiring import SOFTMAXES, weighted


class SoftmaxInside(Rule):
    """A softmax stands between hidden layers.

    ## What
    Layers with weights come after a softmax.

    ## Why
    Softmax makes its numbers compete and sum to 1: information about scale is lost, gradients are small, and the
    layer behind sees nearly constant input. It belongs at the output.

    ## Example
    ```yaml
    cnncalc: 1
    input: 64
    layers:
      - dense: {units: 32, activation: softmax}
      - dense: 10
    ```

    ## Use instead
    ```yaml
    cnncalc: 1
    input: 64
    layers:
      - dense: {units: 32, activation: relu}
      - dense: 10
    ```

    ## Limits
    A softmax whose result is multiplied with something is taken for attention and not reported.

    ## References
    - Common practice; softmax is an output function (course document 001, line 1166).
    """

    code = "CN114"
    slug = "softmax-inside"

    def check(self, network: Network, options: Mapping[str, Any]) -> Iterator[Finding]:
        """One finding per softmax."""
        for node in network.nodes:
            if node.kind not in SOFTMAXES or not weighted(network, node):
                continue
            if any(after.kind in ("multiply", "highway") for after in network.after(node)):
                continue
            yield self.finding(
                node,
                f"{node.kind} stands before further layers with weights: its numbers sum to 1 and hardly vary",
                "use relu inside the network; softmax belongs at the output",
            )
