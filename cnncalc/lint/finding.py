"""What a rule finds, and what the engine makes of it. Values only.

A rule yields a `Finding`: which layer (by path), what, and what to do. It never handles lines and columns: the engine
turns path and field into a place in the text, adds severity and name, and gives a `Placed`.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

from cnncalc.core.source import NOWHERE, Span

Severity = Literal["error", "warning", "info"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "info")
"""The worst first."""

NOTHING: Mapping[str, Any] = MappingProxyType({})


class Edit(NamedTuple):
    """Replaces a stretch of the spec's text; an empty span (start = end) inserts."""

    span: Span
    text: str


class Fix(NamedTuple):
    """Edits that repair a finding (see `lint.edits` for how they are made).

    Safe: the network computes the same, or what the spec plainly meant. Unsafe: a person should look.
    """

    safe: bool
    edits: tuple[Edit, ...]
    title: str = ""
    """What it does, in the imperative: `remove the second relu`."""


class Finding(NamedTuple):
    """What a rule yields.

    `path` is the path of a layer or group, or empty for the whole spec. `field` is the field of that layer that the
    caret should point at (`stride`); without it the kind. `span` overrides both, for what is no layer: a claim, a
    variable, a block, a budget.
    """

    code: str
    path: str
    message: str
    remedy: str = ""
    field: str | None = None
    fix: Fix | None = None
    span: Span | None = None
    data: Mapping[str, Any] = NOTHING
    """The numbers in the message, for machines (properties in SARIF)."""


class Placed(NamedTuple):
    """A finding with its place, name and severity: what the engine returns and the formats print."""

    code: str
    name: str
    severity: Severity
    path: str
    message: str
    remedy: str = ""
    file: str = ""
    span: Span = NOWHERE
    fix: Fix | None = None
    field: str | None = None
    content: str = ""
    """What the layer says, without names, comments and positions: the baseline's key together with code and path."""
    times: int = 1
    """How many layers of the unrolled network this one written layer stands for."""
    data: Mapping[str, Any] = NOTHING

    @property
    def place(self) -> str:
        """`file:line:column`, as far as it is known."""
        return f"{self.file}:{self.span.line}:{self.span.column}" if self.span.line else self.file


class Suppressed(NamedTuple):
    """A finding that a comment silences, and why."""

    finding: Placed
    reason: str
    line: int
