"""The network as units: what becomes a class of its own (blocks, heads, repeated stacks), nested as it was written.

Merges, branches and plain stacks are not units: their layers belong to the unit around them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise

from cnncalc.graph.model import Graph, Group, Ref
from cnncalc.layers import KINDS, MERGES

_PLAIN = frozenset({"branch", "stack", *KINDS})
_UNITS_WHEN_REPEATED = frozenset({"stack", *MERGES})


@dataclass(eq=False)
class Unit:
    """A stretch of the network: layers and inner units in execution order."""

    path: str
    name: str
    kind: str
    """The block's name; `network`, `head`, or what is repeated: `stack`, `add` ..."""
    start: int
    stop: int
    steps: list[int | Unit] = field(default_factory=list)
    inputs: tuple[Ref, ...] = ()
    """What it reads from outside, in the order of first use."""
    outputs: tuple[Ref, ...] = ()
    """What is read outside of it, or by nobody."""
    place: str = ""
    """The path that names it in the unit around it: that of the outermost of units with nothing but the next one inside."""
    series: str = ""
    """The path of the repeated call that this is a round of, where each round reads just the one before."""

    def walk(self) -> Iterator[Unit]:
        """The unit and all inner ones, innermost first."""
        for step in self.steps:
            if isinstance(step, Unit):
                yield from step.walk()
        yield self


def units(graph: Graph) -> Unit:
    """The whole network as a unit. Units without layers (an identity written as a block) are left out."""
    root = Unit("", graph.spec.name, "network", 0, len(graph.nodes))
    open_units = [root]
    groups = iter(sorted(_chosen(graph), key=lambda pair: (pair[0].start, pair[0].depth)))
    upcoming = next(groups, None)
    for index in range(len(graph.nodes)):
        while open_units[-1].stop <= index:
            open_units.pop()
        while upcoming is not None and upcoming[0].start == index:
            group, series = upcoming
            if group.stop > group.start:
                unit = Unit(
                    group.path, group.name, group.kind, group.start, group.stop, place=group.path, series=series
                )
                open_units[-1].steps.append(unit)
                open_units.append(unit)
            upcoming = next(groups, None)
        open_units[-1].steps.append(index)
    readers = _readers(graph)
    for unit in root.walk():
        _wire(unit, graph, readers)
    for unit in root.walk():
        _part_broken_rows(unit)
    for unit in root.walk():
        unit.steps = [_innermost(step) if isinstance(step, Unit) else step for step in unit.steps]
    return root


def _innermost(unit: Unit) -> Unit:
    """The unit, or the one that is all it has inside, under its name."""
    only = unit.steps[0]
    if (
        len(unit.steps) > 1
        or not isinstance(only, Unit)
        or only.series
        or (only.inputs, only.outputs) != (unit.inputs, unit.outputs)
    ):
        return unit
    only.place, only.series = unit.place, unit.series
    return only


def _part_broken_rows(unit: Unit) -> None:
    """Rounds that do not each read just the round before are units for themselves."""
    rows: dict[str, list[Unit]] = {}
    for step in unit.steps:
        if isinstance(step, Unit) and step.series:
            rows.setdefault(step.series, []).append(step)
    for row in rows.values():
        chained = all(len(one.inputs) == len(one.outputs) == 1 for one in row)
        if not chained or any(one.outputs != after.inputs for one, after in pairwise(row)):
            for one in row:
                one.series = ""


def _chosen(graph: Graph) -> Iterator[tuple[Group, str]]:
    """The groups that become units, each with the path of the repeated call that it is a round of."""
    rounds = {group.path.rpartition("[")[0] for group in graph.groups if group.repeat is not None}
    for group in graph.groups:
        series = group.path.rpartition("[")[0] if group.repeat is not None else ""
        plain = group.kind in _PLAIN and not (series and group.kind in _UNITS_WHEN_REPEATED)
        if not plain and group.path not in rounds:
            yield group, series


def _readers(graph: Graph) -> dict[Ref, list[int]]:
    readers: dict[Ref, list[int]] = {}
    for node in graph.nodes:
        for ref in node.inputs:
            readers.setdefault(ref, []).append(node.index)
    return readers


def _wire(unit: Unit, graph: Graph, readers: dict[Ref, list[int]]) -> None:
    inside = range(unit.start, unit.stop)
    read = [ref for index in inside for ref in graph.nodes[index].inputs if ref not in inside]
    unit.inputs = tuple(dict.fromkeys(read))
    unit.outputs = tuple(
        index
        for index in inside
        if index == graph.result or any(reader not in inside for reader in readers.get(index, [len(graph.nodes)]))
    )
