"""An operation's arguments as its rule reads them, and how a rule says no."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cnncalc.importers.maps import NotUnderstoodError

__all__ = ["Arguments", "NotUnderstoodError"]


class Arguments:
    """An operation's arguments by the names of its schema; tensors are already values."""

    def __init__(self, node: Any, read: Callable[[Any], Any]) -> None:
        self.node = node
        self._values: dict[str, Any] = {}
        for index, argument in enumerate(node.target._schema.arguments):
            if index < len(node.args):
                given = node.args[index]
            elif argument.name in node.kwargs:
                given = node.kwargs[argument.name]
            else:
                given = argument.default_value if argument.has_default_value() else None
            self._values[argument.name] = read(given)
        self.first: Any = next(iter(self._values.values()), None)

    def __getitem__(self, name: str) -> Any:
        return self._values[name]

    def get(self, name: str, default: Any = None) -> Any:
        """An argument that not every overload has."""
        return self._values.get(name, default)

    def values(self) -> list[Any]:
        """All of them, lists opened."""
        found: list[Any] = []
        for value in self._values.values():
            found += value if isinstance(value, list) else [value]
        return found
