"""CN901: a word that the language does not know."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from cnncalc.lint.finding import Finding
from cnncalc.lint.network import Network
from cnncalc.lint.rule import Rule


class UnknownKey(Rule):
    """A key or a kind is not in the language.

    ## What
    A layer, a block call or a section has a key that it does not take, or a layer has a kind that does not exist.
    The nearest known word is proposed.

    ## Why
    A misspelt key that is silently skipped gives another network: `strides: 2` would leave the stride at 1. So
    every unknown word is an error.

    ## Example
    ```yaml
    cnncalc: 1
    input: 3x16x16
    layers:
      - conv: {filters: 8, kernel: 3, padding: 1, strides: 2}
    ```

    ## Use instead
    ```yaml
    cnncalc: 1
    input: 3x16x16
    layers:
      - conv: {filters: 8, kernel: 3, padding: 1, stride: 2}
    ```

    ## Limits
    The fix writes the nearest known word, where one is near; it is unsafe, because the word may have been meant
    otherwise.

    ## References
    - docs/language.md: kinds and fields.
    """

    code = "CN901"
    slug = "unknown-key"
    severity = "error"
    by_engine = True
    fixable = True

    def check(self, network: Network, options: Mapping[str, Any]) -> Iterator[Finding]:
        """The engine makes these findings: there is no network to look at."""
        return iter(())
