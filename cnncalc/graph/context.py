"""Where a stack is being unrolled: its names, its path, what it inherits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from cnncalc.core.source import Span
from cnncalc.graph.scope import Scope


class Context(NamedTuple):
    """Inherited by everything inside a stack."""

    environment: Mapping[str, Any]
    path: str
    scope: Scope
    depth: int = 0
    trainable: bool = True
    train_only: bool = False
    inplace: bool = False
    active: tuple[str, ...] = ()
    """The blocks that are being unrolled, outermost first."""
    shared: Scope | None = None
    """The names of the structure whose weights this one shares."""
    site: Span | None = None
    """Inside a shipped block: the call in the user's spec, to which messages point."""

    def join(self, name: str) -> str:
        """The path of a name in this stack."""
        return f"{self.path}.{name}" if self.path else name
