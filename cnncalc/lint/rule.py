'''The rule: what every rule has, and how its docstring is read.

A rule is a class with a docstring in this form (it *is* the documentation, the text of `cnncalc rule CN201`, and two of
its tests; both examples are whole specs, the first fires exactly this rule, the second does not):

    """Rows or columns at the border of a map are never read.

    ## What
    When (in + 2p - k) mod s = r > 0 ...

    ## Why
    ...

    ## Example
    ```yaml
    cnncalc: 1
    ...
    ```

    ## Use instead
    ```yaml
    ...
    ```

    ## Limits
    ...

    ## References
    - ...
    """

Rules read the Network and yield findings; they never compute figures, and know nothing of positions, files or output.
'''

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from inspect import cleandoc
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from cnncalc.lint.finding import Finding, Fix, Severity

if TYPE_CHECKING:
    from cnncalc.core.source import Span
    from cnncalc.graph.model import Group, Node
    from cnncalc.lint.network import Network

SECTIONS: tuple[str, ...] = ("What", "Why", "Example", "Use instead", "Limits", "References")
"""The headings of a rule's docstring, in this order."""

_FENCE = re.compile(r"```yaml\n(.*?)```", re.DOTALL)


class Rule:
    """One rule; subclasses set the attributes and write `check`."""

    code: ClassVar[str] = ""
    """`CN201`."""
    slug: ClassVar[str] = ""
    """`dropped-border`: what it finds, in words."""
    severity: ClassVar[Severity] = "warning"
    default: ClassVar[bool] = True
    """Whether it runs unless it is selected."""
    by_engine: ClassVar[bool] = False
    """Whether the engine itself makes its findings (what prevents a graph, unused ignores); `check` yields nothing."""
    fixable: ClassVar[bool] = False
    """Whether its findings may carry a fix."""
    options: ClassVar[Mapping[str, Any]] = {}
    """Thresholds by name, with their defaults; `[tool.cnncalc.rules.CN201]` replaces them."""

    def check(self, network: Network, options: Mapping[str, Any]) -> Iterator[Finding]:
        """What it finds in a network. `options` holds every name of `self.options`."""
        raise NotImplementedError

    def finding(
        self,
        where: Node | Group | str,
        message: str,
        remedy: str = "",
        field: str | None = None,
        fix: Fix | None = None,
        span: Span | None = None,
        **data: Any,
    ) -> Finding:
        """A finding of this rule on a layer, a group, or a path (empty: the whole spec)."""
        path = where if isinstance(where, str) else where.path
        return Finding(self.code, path, message, remedy, field, fix, span, data)


class Documentation(NamedTuple):
    """A rule's docstring, taken apart."""

    summary: str
    sections: dict[str, str]
    """Markdown by heading."""

    @property
    def example(self) -> str:
        """The spec on which the rule fires."""
        return self._spec("Example")

    @property
    def instead(self) -> str:
        """The spec on which it does not."""
        return self._spec("Use instead")

    def _spec(self, heading: str) -> str:
        match = _FENCE.search(self.sections.get(heading, ""))
        return match.group(1) if match else ""


def documentation(rule: type[Rule]) -> Documentation:
    """A rule's docstring by its headings."""
    text = cleandoc(rule.__doc__ or "")
    head, *parts = re.split(r"^## +", text, flags=re.MULTILINE)
    sections = {}
    for part in parts:
        heading, _, body = part.partition("\n")
        sections[heading.strip()] = body.strip()
    return Documentation(" ".join(head.split()), sections)
