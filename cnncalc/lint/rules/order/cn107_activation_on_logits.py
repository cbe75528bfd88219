"""CN107: an activation between the last layer and softmax."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from cnncalc.core.dims import text
from cnncalc.lint.finding import Finding
from cnncalc.lint.network import Network
from cnncalc.lint.rule import Rule
from cnncalc.lint.rules.wiring import DROPS, LINEAR, SOFTMAXES, VIEWS, logits, source


class ActivationOnLogits(Rule):
    """An activation stands between the last dense layer and softmax.

    ## What
    The logits pass through relu, tanh or another activation before they reach softmax (or a loss that applies
    softmax).

    ## Why
    Softmax compares logits of both signs. A relu makes every negative one zero, so that the worst class keeps a
    probability of at least 1 / (C e^max); tanh bounds them to [-1, 1], and the largest probability of 10 classes
    cannot exceed 45 %.

    ## Example
    ```yaml
    cnncalc: 1
    input: 64
    layers:
      - dense: {units: 10, activation: relu}
      - softmax
    ```

    ## Use instead
    ```yaml
    cnncalc: 1
    input: 64
    layers:
      - dense: 10
      - softmax
    ```

    ## Limits
    Only the layer directly before softmax is looked at, or the last layer where the loss is cross_entropy.
    Activations of a map that is pooled afterwards (Network in network) are fine.

    ## References
    - Schoop and others, UMLAUT, 2021.
    """

    code = "CN107"
    slug = "activation-on-logits"

    def check(self, network: Network, options: Mapping[str, Any]) -> Iterator[Finding]:
        """One finding per activated logit."""
        loss = network.spec.task.loss if network.spec.task is not None else None
        ends = [source(network, node, VIEWS | DROPS) for node in network.nodes if node.kind in SOFTMAXES]
        if loss == "cross_entropy":
            ends += list(logits(network))
        for node in dict.fromkeys(ends):
            if node is None or not network.is_activation(node) or node.kind in SOFTMAXES or node.kind == "maxout":
                continue
            before = source(network, node, VIEWS | DROPS)
            if before is None or before.kind not in LINEAR:
                continue
            units = before.output[0] if before.output is not None else None
            yield self.finding(
                node,
                f"{node.kind} changes the {text(units) if units is not None else ''} logits of {before.path} before softmax",
                "leave the last layer without activation",
            )
