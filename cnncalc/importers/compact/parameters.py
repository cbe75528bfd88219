"""What differs between the instances of a block becomes its parameters, or an expression over them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

from cnncalc.importers.compact.form import Slot
from cnncalc.importers.compact.tree import Expression
from cnncalc.spec.model import COMMON_KEYS

SIZES = frozenset({"filters", "units", "groups", "start", "stop"})
"""Counts that may be multiples of each other and of in_channels."""


class Parameters(NamedTuple):
    """A block's parameters, and for every slot what stands in the block's body."""

    names: tuple[str, ...]
    defaults: dict[str, Any]
    """By name; None: required."""
    values: tuple[dict[str, Any], ...]
    """Per instance, by name."""
    body: tuple[Any, ...]


def parameters(slots: Sequence[Sequence[Slot]], channels: Sequence[int | None]) -> Parameters:
    """The parameters of a block, from its instances' slots and incoming channels (None: not known)."""
    maker, body = _made(slots, channels, frozenset())
    fields = [field for field, _ in maker.known.values()]
    several = frozenset(field for field in fields if fields.count(field) > 1)
    if several:
        # two of a field: both are called after their layers
        maker, body = _made(slots, channels, several)
    names = tuple(sorted(maker.known, key=lambda name: maker.defaults[name] is not None))
    values = tuple({name: maker.known[name][1][number] for name in names} for number in range(len(slots)))
    return Parameters(names, {name: maker.defaults[name] for name in names}, values, body)


def _made(
    slots: Sequence[Sequence[Slot]], channels: Sequence[int | None], several: frozenset[str]
) -> tuple[_Maker, tuple[Any, ...]]:
    maker = _Maker(list(channels), several)
    return maker, tuple(maker.slot([instance[index] for instance in slots]) for index in range(len(slots[0])))


class _Maker:
    def __init__(self, channels: list[int | None], several: frozenset[str]) -> None:
        self.channels = channels
        self.several = several
        self.known: dict[str, tuple[str, list[Any]]] = {}
        """Name -> the field it came from, and its value per instance."""
        self.defaults: dict[str, Any] = {}

    def slot(self, slots: list[Slot]) -> Any:
        """What stands in the body: a number, or an expression."""
        values = [slot.value for slot in slots]
        fixed = all(not isinstance(value, Expression) for value in values)
        if fixed and len({(type(value), repr(value)) for value in values}) == 1:
            return values[0]
        first = slots[0]
        return self._related(first.field, values) or self._new(first, values)

    def _related(self, field: str, values: list[Any]) -> Expression | None:
        for name, (origin, known) in self.known.items():
            if known == values and (origin == field or {origin, field} <= SIZES):
                return Expression(name)
        whole = all(type(value) is int and value > 0 for value in values)
        if not whole:
            return self._halved(field, values)
        if field in SIZES:
            if self.channels == values:
                return Expression("in_channels")
            for name, (origin, known) in self.known.items():
                if origin in SIZES:
                    found = _multiple(name, known, values)
                    if found is not None:
                        return found
            return _multiple("in_channels", self.channels, values, only_up=field not in ("start", "stop"))
        return self._halved(field, values)

    def _halved(self, field: str, values: list[Any]) -> Expression | None:
        """Padding that is half the kernel, or the dilation."""
        if field != "padding":
            return None
        for name, (origin, known) in self.known.items():
            if not all(type(value) is int for value in (*known, *values)):
                continue
            if origin == "kernel" and [one // 2 for one in known] == values:
                return Expression(f"{name} // 2")
            if origin == "dilation" and known == values:
                return Expression(name)
        return None

    def _new(self, slot: Slot, values: list[Any]) -> Expression:
        name = slot.field
        if name in self.several or name in COMMON_KEYS:
            name = re.sub(r"\W", "_", f"{slot.layer}_{slot.field}")
            name = name if name[:1].isalpha() else f"{slot.field}_{name}"
        number, base = 1, name
        while name in self.known:
            number += 1
            name = f"{base}{number}"
        self.known[name] = (slot.field, values)
        self.defaults[name] = slot.default
        return Expression(name)


def _multiple(name: str, known: list[Any], values: list[int], only_up: bool = False) -> Expression | None:
    """`name * 4` or `name // 4` where that holds for every instance."""
    if not all(type(one) is int and one > 0 for one in known):
        return None
    up, down = values[0] // known[0], known[0] // values[0]
    if up > 1 and all(one * up == value for one, value in zip(known, values, strict=True)):
        return Expression(f"{name} * {up}")
    if not only_up and down > 1 and all(value * down == one for one, value in zip(known, values, strict=True)):
        return Expression(f"{name} // {down}")
    return None
