"""CN108: a loss of probabilities on logits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from cnncalc.lint.finding import Finding
from cnncalc.lint.network import Network
from cnncalc.lint.rule import Rule
from cnncalc.lint.rules.wiring import VIEWS, logits, source


class NoOutputActivation(Rule):
    """The loss takes probabilities, but the output is linear.

    ## What
    `task.loss` is binary_cross_entropy and an output is no sigmoid or softmax, or it is nll and an output is no
    log_softmax.

    ## Why
    binary_cross_entropy takes logarithms of its input: values below 0 or above 1 give NaN or an error. nll reads
    log-probabilities; on logits it has no lower bound, and training diverges.

    ## Example
    ```yaml
    cnncalc: 1
    input: 64
    task: {classes: 10, loss: nll}
    layers:
      - dense: 10
    ```

    ## Use instead
    ```yaml
    cnncalc: 1
    input: 64
    task: {classes: 10, loss: nll}
    layers:
      - dense: 10
      - log_softmax
    ```

    ## Limits
    Losses of regression (mse, l1) take anything. The other way round (softmax with a loss of logits) is CN106.

    ## References
    - PyTorch documentation: NLLLoss, BCELoss.
    - Nikanjam and others, NeuraLint, 2021.
    """

    code = "CN108"
    slug = "no-output-activation"
    severity = "error"

    def check(self, network: Network, options: Mapping[str, Any]) -> Iterator[Finding]:
        """One finding per output."""
        loss = network.spec.task.loss if network.spec.task is not None else None
        right = {"nll": ("log_softmax",), "binary_cross_entropy": ("sigmoid", "hardsigmoid", "softmax")}.get(
            loss or "", ()
        )
        for node in logits(network) if right else ():
            last = source(network, node, VIEWS) if node.kind in VIEWS else node
            if last is not None and last.kind not in right:
                what = "log-probabilities" if loss == "nll" else "probabilities"
                other = "cross_entropy" if loss == "nll" else "bce_with_logits"
                yield self.finding(
                    node,
                    f"the loss {loss} takes {what}, but this output is a {last.kind}",
                    f"end in {right[0]}, or use the loss {other}, which takes logits",
                )
