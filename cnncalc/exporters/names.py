"""Names in source: what a layer or block is called within the unit around it."""

from __future__ import annotations

import re
from collections.abc import Iterable

from cnncalc.exporters.code import identifier, unique
from cnncalc.exporters.units import Unit

_MERGE = re.compile(r"(add|concat|multiply|maximum|highway|stack)\d+")
_BRANCH = re.compile(r"(branch|gate|transform)\d*")


def label(path: str, unit: Unit, kind: str, taken: Iterable[str]) -> str:
    """The layer's name within the unit; where another branch has it too, with the branch's name before it."""
    parts = _parts(path, unit)
    used = set(taken)
    named = [part for part in parts if not (_MERGE.fullmatch(part) or _BRANCH.fullmatch(part))] or parts
    short = identifier("_".join(named), kind)
    if short not in used:
        return short
    full = [part for part in parts if not _MERGE.fullmatch(part) or part is parts[-1]]
    return unique(identifier("_".join(full), kind), used)


def branch(path: str, unit: Unit) -> str:
    """The innermost branch of the unit that the layer belongs to; empty outside of branches."""
    parts = _parts(path, unit)[:-1]
    found = [part for part in parts if _BRANCH.fullmatch(part)]
    return identifier(found[-1]) if found else ""


def _parts(path: str, unit: Unit) -> list[str]:
    inner = path[len(unit.path) + 1 :] if unit.path else path
    return [part for part in inner.split(".") if part]
