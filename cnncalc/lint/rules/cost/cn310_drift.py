"""CN310: figures that are not as locked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from cnncalc.lint.finding import Finding
from cnncalc.lint.lock import Drift as Drifted
from cnncalc.lint.lock import drift, shown
from cnncalc.lint.network import Network
from cnncalc.lint.rule import Rule
from cnncalc.lint.rules.wiring import numeric


class Drift(Rule):
    """Figures differ from the lock file.

    ## What
    `cnncalc lock` wrote down the figures of the network: totals, and size, parameters and multiply-adds of every
    layer. Now they are others. With `smaller: false` totals that became smaller are accepted.

    ## Why
    A refactoring must not change the network, and a change of the network must be a decision: update the lock in
    the same commit.

    ## Example
    ```yaml
    cnncalc: 1
    input: 3x16x16
    layers:
      - conv: {filters: 8, kernel: 3, padding: 1}
    ```

    ## Use instead
    ```yaml
    cnncalc: 1
    input: 3x16x16
    layers:
      - conv: {filters: 16, kernel: 3, padding: 1}
    ```

    ## Limits
    The example fires when the lock was taken from the second spec. A layer that moved shows as one removed and one
    added.

    ## References
    - docs/lint.md: locks and baselines.
    """

    code = "CN310"
    slug = "drift"
    severity = "error"
    options: ClassVar[Mapping[str, Any]] = {"smaller": True}

    def check(self, network: Network, options: Mapping[str, Any]) -> Iterator[Finding]:
        """One finding for the inputs and totals together, and one per layer that differs."""
        if network.facts.locked is None:
            return
        by_path: dict[str, list[Drifted]] = {}
        for one in drift(network.analysis, network.facts.locked):
            if options["smaller"] or one.path or not _smaller(one):
                by_path.setdefault(one.path, []).append(one)
        for path, changes in by_path.items():
            known = path if path in network.by_path else ""
            shown = ", ".join(_change(one) for one in changes)
            where = f"{path}: " if path and not known else ""
            yield self.finding(
                known,
                f"{where}not as locked: {shown}",
                "update the lock with cnncalc lock, or undo the change",
                lock=network.facts.lock_file,
            )


def _smaller(one: Drifted) -> bool:
    return numeric(one.locked, one.now) and one.now < one.locked


def _change(one: Drifted) -> str:
    if one.figure == "layer":
        return "the layer is new" if one.locked is None else f"the {one.locked} is gone"
    return f"{one.figure} {shown(one.figure, one.now)} (locked {shown(one.figure, one.locked)})"
