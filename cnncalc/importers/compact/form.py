"""The form of a container: what two of them must have in common to be one block, and the values that may differ."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from cnncalc.importers.compact.tree import Expression, Item
from cnncalc.importers.sketch import Ref

_WINDOW = {"stride": 1, "padding": 0, "dilation": 1}
DEFAULTS: dict[str, dict[str, Any]] = {
    "conv": {**_WINDOW, "groups": 1},
    "depthwise_conv": _WINDOW,
    "transposed_conv": {**_WINDOW, "groups": 1},
    "maxpool": {"padding": 0},
    "avgpool": {"padding": 0},
}
"""Fields that one instance may leave out and another one set, with what leaving out means."""


class Slot(NamedTuple):
    """A value that may differ between instances: whose it is and what it is for."""

    layer: str
    field: str
    default: Any
    value: Any


class Form(NamedTuple):
    """A container's form and its values."""

    key: Any
    """Equal for containers that may be one block."""
    slots: tuple[Slot, ...]
    outside: tuple[Ref, ...]
    """The values from outside beyond the one it starts from."""


def form(item: Item) -> Form:
    """The form of a container."""
    reader = _Reader(item)
    key = tuple(reader.items(items, "") for items in item.lists)
    return Form((item.kind, key), tuple(reader.slots), tuple(reader.outside))


class _Reader:
    def __init__(self, root: Item) -> None:
        self.source = root.source
        self.order = {ref: index for index, ref in enumerate(sorted(root.steps))}
        self.slots: list[Slot] = []
        self.outside: list[Ref] = []

    def items(self, items: list[Item], around: str) -> Any:
        return tuple(self.item(item, around) for item in items)

    def item(self, item: Item, around: str) -> Any:
        around = item.name or around
        inner = () if item.block else tuple(self.items(items, around) for items in item.lists)
        fields = self.fields(item, around)
        sources = tuple(self.ref(ref) for ref in ((item.source,) if item.lists else item.inputs))
        extra = tuple((name, self.ref(ref)) for name, ref in item.extra.items())
        shared = None if item.share is None else item.step
        return (item.kind, item.name, item.repeat, item.trainable, item.inplace, shared, fields, sources, extra, inner)

    def fields(self, item: Item, around: str) -> Any:
        found = []
        values = complete(item)
        defaults: Mapping[str, Any] = DEFAULTS.get(item.kind, {})
        for key, value in sorted(values.items()):
            if may_differ(value):
                self.slots.append(Slot(around or item.kind, key, defaults.get(key), value))
                found.append((key, "slot"))
            else:
                found.append((key, repr(value)))
        return tuple(found)

    def ref(self, ref: Ref) -> Any:
        if ref in self.order:
            return self.order[ref]
        if ref == self.source:
            return "source"
        if ref not in self.outside:
            self.outside.append(ref)
        return f"outside{self.outside.index(ref)}"


def may_differ(value: Any) -> bool:
    """Whether a field's value may differ between instances of a block: numbers, sizes per axis, expressions."""
    if isinstance(value, list):
        return all(type(one) is int for one in value)
    return isinstance(value, int | float | Expression) and not isinstance(value, bool)


def complete(item: Item) -> dict[str, Any]:
    """An item's fields with the defaults that others of its kind may set."""
    return {**DEFAULTS.get(item.kind, {}), **item.fields}
