"""Looking back through a graph from an operation to what it was made of."""

from __future__ import annotations

import operator
from typing import Any


def name(node: Any) -> str:
    """The operation's name, without its overload; empty for what is no operation."""
    target = getattr(node, "target", None)
    if target is operator.getitem:
        return "getitem"
    schema = getattr(target, "_schema", None)
    return "" if schema is None else str(schema.name).partition("::")[2]


def through(node: Any, wanted: str, index: int, *, whole: bool = False) -> Any:
    """What an operation of that name reads as its argument number `index` (`whole`: the operation itself); else None.

    Of a name that several variants begin with (`split_with_sizes`) any one counts.
    """
    found = name(node)
    if found != wanted and not found.startswith(f"{wanted}_"):
        return None
    return node if whole else given(node, index)


def given(node: Any, index: int, default: Any = None) -> Any:
    """A positional argument, or the default."""
    return node.args[index] if len(node.args) > index else default
