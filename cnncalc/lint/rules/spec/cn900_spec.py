"""CN900: a text that is no spec."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from cnncalc.lint.finding import Finding
from cnncalc.lint.network import Network
from cnncalc.lint.rule import Rule


class SpecFault(Rule):
    """The text cannot be read as a spec.

    ## What
    The YAML is broken, a section is missing, a value has the wrong form, an expression cannot be evaluated.

    ## Why
    Without a spec there is nothing to review; every problem of the text is reported, in its order.

    ## Example
    ```yaml
    cnncalc: 1
    input: 3x16x16
    layers:
      - conv: {filters: 8, kernel: three}
    ```

    ## Use instead
    ```yaml
    cnncalc: 1
    input: 3x16x16
    layers:
      - conv: {filters: 8, kernel: 3}
    ```

    ## Limits
    Cannot be ignored: a spec that does not load has no comments that could be trusted.

    ## References
    - docs/language.md.
    """

    code = "CN900"
    slug = "spec"
    severity = "error"
    by_engine = True

    def check(self, network: Network, options: Mapping[str, Any]) -> Iterator[Finding]:
        """The engine makes these findings: there is no network to look at."""
        return iter(())
