"""CN902: a comment that silences nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from cnncalc.lint.finding import Finding
from cnncalc.lint.network import Network
from cnncalc.lint.rule import Rule


class UnusedIgnore(Rule):
    """An ignore comment silences nothing.

    ## What
    A `# cnncalc: ignore[...]` names a rule that finds nothing on its lines, or that does not exist; or it names no
    rule at all, or gives no reason where `ignore-reason` demands one.

    ## Why
    Comments outlive what they were written for. A left-over one hides the next finding of that rule in this place.

    ## Example
    ```yaml
    cnncalc: 1
    input: 3x16x16
    layers:
      - conv: {filters: 8, kernel: 3, padding: 1} # cnncalc: ignore[CN201] the border does not matter
    ```

    ## Use instead
    ```yaml
    cnncalc: 1
    input: 3x16x16
    layers:
      - conv: {filters: 8, kernel: 3, padding: 1}
    ```

    ## Limits
    A rule that does not run (not selected) is not missed.

    ## References
    - The same idea as RUF100 of ruff.
    """

    code = "CN902"
    slug = "unused-ignore"
    by_engine = True
    fixable = True

    def check(self, network: Network, options: Mapping[str, Any]) -> Iterator[Finding]:
        """The engine makes these findings: it alone knows which comments were used."""
        return iter(())
