"""CN109: softmax over one number."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from cnncalc.layers.axis import axis_index
from cnncalc.lint.finding import Finding
from cnncalc.lint.network import Network
from cnncalc.lint.rule import Rule
from cnncalc.lint.rules.wiring import SOFTMAXES, fix_of


class OneUnitSoftmax(Rule):
    """Softmax over a single number always gives 1.

    ## What
    The axis of a softmax has size 1.

    ## Why
    e^x / e^x = 1: the network answers the same for every input, and no gradient passes. For two classes with one
    unit, a sigmoid is meant.

    ## Example
    ```yaml
    cnncalc: 1
    input: 64
    layers:
      - dense: 1
      - softmax
    ```

    ## Use instead
    ```yaml
    cnncalc: 1
    input: 64
    layers:
      - dense: 1
      - sigmoid
    ```

    ## Limits
    The fix (unsafe) writes sigmoid. A softmax over the channels of a one-channel map is reported as well.

    ## References
    - Nikanjam and others, NeuraLint, 2021.
    """

    code = "CN109"
    slug = "one-unit-softmax"
    severity = "error"
    fixable = True

    def check(self, network: Network, options: Mapping[str, Any]) -> Iterator[Finding]:
        """One finding per softmax."""
        for node in network.nodes:
            if node.kind not in SOFTMAXES or node.output is None:
                continue
            index = axis_index(node.layer.effective("axis"), len(node.output) - 1)
            if index is not None and node.output[index] == 1:
                always = 1 if node.kind == "softmax" else 0
                edits = (
                    network.edit.rename(node.call, "sigmoid")
                    if node.activation_of is None
                    else network.edit.set(node.call, "activation", "sigmoid")
                )
                yield self.finding(
                    node,
                    f"{node.kind} over a single number is always {always}",
                    "use sigmoid for one unit, or two units with softmax",
                    fix=fix_of(network, node, edits, "write sigmoid", safe=False),
                )
