"""CN110: an output that does not fit the task."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from cnncalc.lint.finding import Finding
from cnncalc.lint.network import Network
from cnncalc.lint.rule import Rule
from cnncalc.lint.rules.wiring import logits


class HeadClasses(Rule):
    """An output has another number of units than the task has classes.

    ## What
    `task.classes` is stated, and the channels of an output differ from it.

    ## Why
    Targets beyond the last unit stop the loss with an error on the device; too many units waste parameters on
    classes that never come. A leftover 1000 of ImageNet is the usual cause.

    ## Example
    ```yaml
    cnncalc: 1
    input: 64
    task: {classes: 10}
    layers:
      - dense: 100
    ```

    ## Use instead
    ```yaml
    cnncalc: 1
    input: 64
    task: {classes: 10}
    layers:
      - dense: 10
    ```

    ## Limits
    For two classes a single unit with sigmoid is accepted. Outputs of regression losses (mse, l1) are not compared.

    ## References
    - Course document 000, line 666: the last layer has one unit per class.
    """

    code = "CN110"
    slug = "head-classes"
    severity = "error"

    def check(self, network: Network, options: Mapping[str, Any]) -> Iterator[Finding]:
        """One finding per output."""
        task = network.spec.task
        if task is None or task.classes is None or task.loss in ("mse", "l1"):
            return
        classes = network.graph.environment.get(task.classes, task.classes)
        for node in logits(network):
            units = node.output[0] if node.output is not None else None
            if type(units) is not int or type(classes) is not int or units == classes or (classes == 2 and units == 1):
                continue
            yield self.finding(
                node,
                f"the output has {units:,} channels, but the task has {classes:,} classes",
                f"give the last layer {classes} units, or correct task.classes",
            )
