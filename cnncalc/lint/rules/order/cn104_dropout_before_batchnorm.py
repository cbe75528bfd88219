"""CN104: dropout that feeds a batch norm."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from cnncalc.lint.finding import Finding
from cnncalc.lint.network import Network
from cnncalc.lint.rule import Rule
from cnncalc.lint.rules.wiring import LINEAR, VIEWS, sink


class DropoutBeforeBatchnorm(Rule):
    """Dropout feeds a batch norm.

    ## What
    A dropout is followed by a batch norm, directly or through one layer with weights, with no activation, pooling
    or merge between.

    ## Why
    In training dropout raises the variance of what the norm sees; in prediction dropout is off, but the norm still
    divides by the variance that it learned in training. The two disagree ("variance shift"), and accuracy falls.

    ## Example
    ```yaml
    cnncalc: 1
    input: 64
    layers:
      - dense: {units: 32, activation: relu}
      - dropout: 0.5
      - dense: {units: 16, bias: false}
      - batchnorm
      - relu
    ```

    ## Use instead
    ```yaml
    cnncalc: 1
    input: 64
    layers:
      - dense: {units: 32, bias: false}
      - batchnorm
      - relu
      - dropout: 0.5
      - dense: 16
    ```

    ## Limits
    Only the nearest norm behind the dropout is looked at; the shift reaches further norms in weakened form.

    ## References
    - Li and others, Understanding the disharmony between dropout and batch normalization by variance shift, 2019.
    - Nikanjam and others, NeuraLint, 2021.
    """

    code = "CN104"
    slug = "dropout-before-batchnorm"

    def check(self, network: Network, options: Mapping[str, Any]) -> Iterator[Finding]:
        """One finding per dropout."""
        for node in network.nodes:
            if node.kind not in ("dropout", "spatial_dropout") or not node.layer.effective("rate"):
                continue
            for after in network.after(node):
                norm = after if after.kind == "batchnorm" else sink(network, after, LINEAR | VIEWS)
                if after.kind in LINEAR | VIEWS:
                    norm = network.next(after)
                    while norm is not None and norm.kind in LINEAR | VIEWS:
                        norm = network.next(norm)
                elif after.kind != "batchnorm":
                    norm = None
                if norm is not None and norm.kind == "batchnorm":
                    yield self.finding(
                        node,
                        f"{node.kind} {node.layer.effective('rate')} feeds the batch norm {norm.path}: its variance in training is not that of prediction",
                        "put the dropout after the last batch norm, before the output layer",
                    )
                    break
