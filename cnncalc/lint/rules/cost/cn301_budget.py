"""CN301: a figure beyond its limit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from cnncalc.lint.finding import Finding
from cnncalc.lint.network import Network
from cnncalc.lint.rule import Rule
from cnncalc.lint.rules.figures import whole_figure
from cnncalc.lint.rules.wiring import numeric, share
from cnncalc.spec.quantity import parse_bound
from cnncalc.spec.words import BYTE_FIGURES


class Budget(Rule):
    """A figure is over its budget.

    ## What
    `budget:` in the spec, or `[tool.cnncalc.budget]` for a folder, limits figures of the whole network: params,
    macs, flops, textbook or torch memory, weight_layers, and any other total. A bare figure is the most that it may
    be, for receptive_field the least; `">= 200"` and `"<= 5M"` (in quotes) say which.

    ## Why
    A budget turns "please keep it small" into a test: the pull request that makes the network larger fails, with
    the numbers.

    ## Example
    ```yaml
    cnncalc: 1
    input: 3x16x16
    budget: {params: 200}
    layers:
      - conv: {filters: 8, kernel: 3, padding: 1}
    ```

    ## Use instead
    ```yaml
    cnncalc: 1
    input: 3x16x16
    budget: {params: 300}
    layers:
      - conv: {filters: 8, kernel: 3, padding: 1}
    ```

    ## Limits
    Arithmetic and prediction memory are for one image, training memory for `train.batch`. Figures that are not
    known (symbolic sizes, faults, torch memory without its model) are not judged.

    ## References
    - docs/language.md: budget.
    """

    code = "CN301"
    slug = "budget"
    severity = "error"

    def check(self, network: Network, options: Mapping[str, Any]) -> Iterator[Finding]:
        """One finding per figure over (or, for a field, under) its limit."""
        for figure, limit in network.budget.items():
            bound = parse_bound(limit, least=figure == "receptive_field")
            computed = whole_figure(network, figure)
            if bound is None or computed is None:
                continue
            values = computed if isinstance(computed, tuple) else (computed,)
            if not numeric(*values):
                continue
            worst = min(values) if bound.least else max(values)
            if not bound.holds(worst):
                limited = bound.quantity.value
                unit = " B" if figure in BYTE_FIGURES else ""
                beyond = int(abs(worst - limited))
                here = figure in network.spec.budget
                yield self.finding(
                    "",
                    f"{figure} is {worst:,}{unit}, {'under' if bound.least else 'over'} the budget {limit}{'' if here else ' of the configuration'} by {beyond:,}{unit} ({share(beyond, int(limited))})",
                    f"make {figure} larger, or lower the budget on purpose"
                    if bound.least
                    else "make the network smaller, or raise the budget on purpose",
                    f"budget.{figure}" if here else None,
                    figure=figure,
                    computed=worst,
                    limit=str(limit),
                )
