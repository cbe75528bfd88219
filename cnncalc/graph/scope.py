"""Names in a stack, and how `from` and `share` find them: in their own stack first, then outward."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cnncalc.graph.model import Ref

_PART = re.compile(r"([A-Za-z0-9_-]+)((?:\[[0-9]{1,9}\])*)")


class Entry:
    """What a name stands for: an output, the kind that made it, the main node, inner names, repeats."""

    __slots__ = ("kind", "node", "ref", "repeats", "scope")

    def __init__(
        self,
        ref: Ref,
        kind: str,
        node: int | None = None,
        scope: Scope | None = None,
        repeats: list[Entry] | None = None,
    ) -> None:
        self.ref = ref
        self.kind = kind
        self.node = node
        self.scope = scope
        self.repeats = repeats


class Scope:
    """The names of one stack."""

    __slots__ = ("names", "parent")

    def __init__(self, parent: Scope | None = None) -> None:
        self.names: dict[str, Entry] = {}
        self.parent = parent

    def find(self, dotted: str) -> Entry | None:
        """The entry of a name or dotted path; None when there is none yet."""
        parts = dotted.split(".")
        scope: Scope | None = self
        while scope is not None:
            entry = _step(scope, parts[0])
            if entry is not None:
                return _descend(entry, parts[1:])
            scope = scope.parent
        return None

    def known(self) -> Iterator[str]:
        """All names that can be seen from here."""
        scope: Scope | None = self
        while scope is not None:
            yield from scope.names
            scope = scope.parent


def _step(scope: Scope, part: str) -> Entry | None:
    match = _PART.fullmatch(part)
    entry = scope.names.get(match.group(1)) if match else None
    if entry is None or match is None:
        return None
    for index in re.findall(r"[0-9]+", match.group(2)):
        if entry.repeats is None or int(index) >= len(entry.repeats):
            return None
        entry = entry.repeats[int(index)]
    return entry


def _descend(entry: Entry, parts: list[str]) -> Entry | None:
    current: Entry | None = entry
    for part in parts:
        if current is None or current.scope is None:
            return None
        current = _step(current.scope, part)
    return current
