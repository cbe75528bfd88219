"""CN102: an activation after an activation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from cnncalc.graph.model import Node
from cnncalc.lint.finding import Edit, Finding
from cnncalc.lint.network import Network
from cnncalc.lint.rule import Rule
from cnncalc.lint.rules.wiring import DROPS, SOFTMAXES, VIEWS, fix_of, source


class DoubleActivation(Rule):
    """An activation directly follows another one.

    ## What
    Nothing with weights, no pooling and no merge stands between two activations. Dropout, flatten and reshape
    between them do not count.

    ## Why
    The second relu does nothing (max(0, max(0, x)) = max(0, x)), and the second sigmoid squeezes what is between 0
    and 1 already. It is nearly always left over: an `activation` field and a layer of its own.

    ## Example
    ```yaml
    cnncalc: 1
    input: 3x16x16
    layers:
      - conv: {filters: 16, kernel: 3, padding: 1, activation: relu}
      - relu
    ```

    ## Use instead
    ```yaml
    cnncalc: 1
    input: 3x16x16
    layers:
      - conv: {filters: 16, kernel: 3, padding: 1, activation: relu}
    ```

    ## Limits
    The fix removes the second activation; it is safe only where both are the same relu or relu6. Activation before
    softmax is CN107.

    ## References
    - Nikanjam and others, NeuraLint, 2021: redundant activations.
    """

    code = "CN102"
    slug = "double-activation"
    fixable = True

    def check(self, network: Network, options: Mapping[str, Any]) -> Iterator[Finding]:
        """One finding per second activation."""
        for node in network.nodes:
            if not network.is_activation(node) or node.kind in SOFTMAXES or node.kind == "maxout":
                continue
            first = source(network, node, VIEWS | DROPS)
            if first is None or not network.is_activation(first) or first.kind == "maxout":
                continue
            same = first.kind == node.kind and node.kind in ("relu", "relu6")
            nothing = "which changes nothing" if same else "which sees only what the first lets through"
            yield self.finding(
                node,
                f"{node.kind} follows {first.kind} ({first.path}), {nothing}",
                "remove one of the two",
                fix=fix_of(network, node, _edits(network, node), f"remove the second {node.kind}", same),
            )


def _edits(network: Network, node: Node) -> tuple[Edit, ...]:
    return (
        network.edit.unset(node.call, "activation")
        if node.activation_of is not None
        else network.edit.remove(node.call)
    )
