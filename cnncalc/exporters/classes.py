"""Units that are built alike become one class; the numbers in which they differ become its parameters."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, NamedTuple

from cnncalc.exporters.code import Arg, Construct, Name, class_name, literal, unique, written
from cnncalc.exporters.units import Unit
from cnncalc.layers import MERGES

_CHANNELS = ("in_channels", "out_channels", "channels", "in_features", "out_features")


class Module(NamedTuple):
    """An attribute: what is constructed; several of a kind in a row are a list."""

    attribute: str
    constructs: tuple[Construct, ...]
    listed: bool = False

    def slots(self) -> Iterable[Arg]:
        """Every argument; a row of regular constructs has the arguments once, with their steps, and its length."""
        if not self.regular:
            for construct in self.constructs:
                yield from construct.args
            return
        for arg, step in zip(self.constructs[0].args, self._steps or (), strict=True):
            yield arg
            if step:
                yield Arg(step, role=f"{arg.role}_step")
        yield Arg(len(self.constructs), role=f"{self.attribute}_count")

    @property
    def regular(self) -> bool:
        """Whether it is a list of equal constructs, or of ones whose numbers rise by equal steps."""
        return bool(self._steps is not None and self.listed and (not any(self._steps) or len(self.constructs) > 2))

    @property
    def _steps(self) -> tuple[int, ...] | None:
        """By how much each argument rises from one construct to the next; None where that differs."""
        first = self.constructs[0]
        if any(not _comparable(first, other) for other in self.constructs[1:]):
            return None
        columns = list(zip(*([arg.value for arg in one.args] for one in self.constructs), strict=True))
        steps = [_step(column) for column in columns]
        return None if None in steps else tuple(step or 0 for step in steps)

    @property
    def form(self) -> Any:
        """What must agree for two to be of one class: all but the values."""
        constructs = self.constructs[:1] if self.regular else self.constructs
        shape = tuple((item.function, tuple(arg._replace(value=None) for arg in item.args)) for item in constructs)
        rising = tuple(bool(step) for step in self._steps or ()) if self.regular else ()
        return self.attribute, self.listed, self.regular, rising, shape

    def row(self, values: Iterator[Any]) -> Row:
        """The constructs as text, given the values of the slots."""
        if not self.regular:
            return Row([written(item, [next(values) for _ in item.args]) for item in self.constructs])
        given, variable = [], "_"
        for step in self._steps or ():
            value = next(values)
            if step:
                rise = literal(next(values))
                value = Name(f"{literal(value)} + {'index' if rise == '1' else f'{rise} * index'}")
                variable = "index"
            given.append(value)
        return Row([written(self.constructs[0], given)], literal(next(values)), variable)


class Row(NamedTuple):
    """The texts of a module's constructs; of a regular row one text, how often, and the variable that counts in it."""

    texts: list[str]
    times: str = ""
    variable: str = "_"


def _comparable(one: Construct, other: Construct) -> bool:
    forms = [(item.function, [arg._replace(value=None) for arg in item.args]) for item in (one, other)]
    return forms[0] == forms[1]


def _step(column: tuple[Any, ...]) -> int | None:
    """0 for equal values, the step of whole numbers that rise evenly, None for anything else."""
    if len(set(_key(column))) == 1:
        return 0
    if any(type(value) is not int for value in column):
        return None
    steps = {after - before for before, after in pairwise(column)}
    return steps.pop() if len(steps) == 1 and min(steps) > 0 else None


class Body(NamedTuple):
    """A unit in source: its modules and the lines of its forward pass."""

    modules: tuple[Module, ...]
    parameters: tuple[str, ...]
    """Names of the inputs."""
    lines: tuple[str, ...]
    returns: tuple[tuple[str, ...], ...] = ()
    """The results; where training has more, first those of training."""
    helpers: frozenset[str] = frozenset()


@dataclass(eq=False)
class Class:
    """A class of the source: one body, with names where its uses differ."""

    name: str
    body: Body
    parameters: tuple[str, ...]
    values: tuple[Any, ...]
    """One per argument of all modules, in order: the number that all uses have, or the parameter's Name."""
    arguments: dict[int, tuple[Any, ...]] = field(default_factory=dict)
    """Unit (by id) -> its values of the parameters."""

    def construct(self, unit: Unit) -> Construct:
        """How a unit of this class is made."""
        channels = True
        args = []
        for name, value in zip(self.parameters, self.arguments[id(unit)], strict=True):
            channels = channels and name.endswith(_CHANNELS)
            args.append(Arg(value, "" if channels else name, name))
        return Construct(self.name, tuple(args))


def classes(root: Unit, body: Callable[[Unit, dict[int, Class]], Body]) -> tuple[list[Class], dict[int, Class]]:
    """The classes, inner ones first, and each unit's. `body` says a unit's body, given the classes of the inner ones."""
    found: list[Class] = []
    of_unit: dict[int, Class] = {}
    taken = {class_name(root.name)}
    heights = _heights(root)
    for height in range(max(heights.values()) + 1):
        alike: dict[Any, list[tuple[Unit, Body]]] = {}
        for unit in root.walk():
            if heights[id(unit)] == height:
                made = body(unit, of_unit)
                form = (
                    unit.kind,
                    tuple(module.form for module in made.modules),
                    made.parameters,
                    made.lines,
                    made.returns,
                )
                alike.setdefault(form, []).append((unit, made))
        for members in alike.values():
            unit = members[0][0]
            named = unit.kind in ("head", "stack", *MERGES)
            word = unit.name.partition("[")[0].rstrip("0123456789") if named else unit.kind
            word = root.name if unit is root else word
            name = class_name(word) if unit is root else _numbered(class_name(word), taken)
            taken.add(name)
            found.append(_class(name, members))
            of_unit.update((id(member), found[-1]) for member, _ in members)
    return found, of_unit


def _numbered(name: str, taken: set[str]) -> str:
    """The name, or the first of Name2, Name3 ... that is free."""
    number, result = 1, name
    while result in taken:
        number += 1
        result = f"{name}{number}"
    return result


def _heights(root: Unit) -> dict[int, int]:
    heights: dict[int, int] = {}
    for unit in root.walk():
        inner = [heights[id(step)] for step in unit.steps if isinstance(step, Unit)]
        heights[id(unit)] = max(inner, default=-1) + 1
    return heights


class _Slot(NamedTuple):
    attribute: str
    arg: Arg


def _class(name: str, members: list[tuple[Unit, Body]]) -> Class:
    """One class for all members: equal columns of differing values are one parameter."""
    rows = [[slot.value for module in body.modules for slot in module.slots()] for _, body in members]
    slots = [_Slot(module.attribute, arg) for module in members[0][1].modules for arg in module.slots()]
    columns = list(zip(*rows, strict=True))
    groups: dict[tuple[Any, ...], list[int]] = {}
    for index, column in enumerate(columns):
        if any(value != column[0] for value in column):
            groups.setdefault(_key(column), []).append(index)
    names = _names(groups.values(), slots)
    order = sorted(groups, key=lambda key: (not names[groups[key][0]].startswith("in_"), groups[key][0]))
    values: list[Any] = [column[0] for column in columns]
    for indices in groups.values():
        for index in indices:
            values[index] = Name(names[indices[0]])
    arguments = {
        id(unit): tuple(row[groups[key][0]] for key in order) for (unit, _), row in zip(members, rows, strict=True)
    }
    helpers = frozenset[str]().union(*(body.helpers for _, body in members))
    body = members[0][1]._replace(helpers=helpers)
    return Class(name, body, tuple(names[groups[key][0]] for key in order), tuple(values), arguments)


def _key(column: tuple[Any, ...]) -> tuple[Any, ...]:
    """True and 1 are different."""
    return tuple((type(value).__name__, value) for value in column)


def _names(groups: Iterable[list[int]], slots: list[_Slot]) -> dict[int, str]:
    """A name for each group of slots, by its first one's place."""
    roles = [slot.arg.role or slot.arg.name or "value" for slot in slots]
    first = next((index for index, role in enumerate(roles) if role.startswith("in_")), None)
    last = next((index for index in reversed(range(len(roles))) if roles[index].startswith("out_")), None)
    names: dict[int, str] = {}
    ordered = sorted(groups, key=lambda indices: (first not in indices, last not in indices, indices[0]))
    middle = [indices for indices in ordered if first not in indices and last not in indices]
    widths = [indices for indices in middle if roles[indices[0]] in _CHANNELS]
    for indices in ordered:
        slot, role = slots[indices[0]], roles[indices[0]]
        if first in indices and last in indices:
            wanted = "channels"
        elif first in indices:
            wanted = roles[first]
        elif last in indices:
            wanted = roles[last]
        elif role in _CHANNELS:
            wanted = "width" if len(widths) == 1 else f"{slot.attribute}_channels"
        else:
            wanted = role
        if wanted in names.values() and not wanted.startswith(slot.attribute):
            wanted = f"{slot.attribute}_{wanted}"
        names[indices[0]] = unique(wanted, names.values())
    return names
