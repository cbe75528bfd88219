"""CN106: softmax, and a loss that applies its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from cnncalc.lint.finding import Finding
from cnncalc.lint.network import Network
from cnncalc.lint.rule import Rule
from cnncalc.lint.rules.wiring import fix_of, logits


class SoftmaxWithLogitLoss(Rule):
    """The network ends in softmax (or sigmoid), and its loss applies one of its own.

    ## What
    `task.loss` is cross_entropy and an output is a softmax, or it is bce_with_logits and an output is a sigmoid.

    ## Why
    These losses take logits and apply softmax or sigmoid themselves, in a numerically stable form. Applied twice,
    all probabilities lie between 1/C and e/C of each other: gradients become tiny and training stalls without an
    error.

    ## Example
    ```yaml
    cnncalc: 1
    input: 64
    task: {classes: 10, loss: cross_entropy}
    layers:
      - dense: 10
      - softmax
    ```

    ## Use instead
    ```yaml
    cnncalc: 1
    input: 64
    task: {classes: 10, loss: cross_entropy}
    layers:
      - dense: 10
    ```

    ## Limits
    The fix (unsafe: predictions become logits) removes the last layer. Loss names are those of PyTorch; Keras users
    who mean its categorical_crossentropy on probabilities write loss: nll with log_softmax.

    ## References
    - PyTorch documentation: CrossEntropyLoss expects unnormalised logits.
    - Nikanjam and others, NeuraLint, 2021.
    """

    code = "CN106"
    slug = "softmax-with-logit-loss"
    severity = "error"
    fixable = True

    def check(self, network: Network, options: Mapping[str, Any]) -> Iterator[Finding]:
        """One finding per output."""
        loss = network.spec.task.loss if network.spec.task is not None else None
        wrong = {"cross_entropy": ("softmax",), "bce_with_logits": ("sigmoid", "softmax")}.get(loss or "", ())
        for node in logits(network):
            if node.kind in wrong:
                remove = (
                    network.edit.unset(node.call, "activation")
                    if node.activation_of is not None
                    else network.edit.remove(node.call)
                )
                yield self.finding(
                    node,
                    f"the loss {loss} takes logits, but this output is a {node.kind} already",
                    f"remove the {node.kind} (apply it in prediction only)",
                    fix=fix_of(network, node, remove, f"remove the {node.kind}", safe=False),
                )
