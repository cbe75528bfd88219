"""Receptive fields: which input pixels a unit sees, through windows, merges, upsampling and permutations.

For a window of extent k and stride s that starts at f, on a map whose units see r pixels, j apart, from a on:

    r' = r + (k - 1) j        j' = j s        a' = a + f j

(course document 000, line 830, in its special case of stacked 3x3 kernels). Where branches meet, the longest one counts;
the shortest is kept beside it.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import zip_longest
from operator import is_
from typing import Any, NamedTuple

from cnncalc.analysis.phases import Phases, linear
from cnncalc.analysis.result import ReceptiveField
from cnncalc.core.dims import Dim, canonical, compare, maximum, minimum
from cnncalc.core.shapes import Shape
from cnncalc.graph.model import Graph
from cnncalc.layers.base import Reach, Tap


class Seen(NamedTuple):
    """One input axis as seen from a map; a jump of 0 means that every unit sees the same.

    `longest` and `shortest` hold the two paths unit by unit where their extents differ from unit to unit.
    """

    size: Dim
    min_size: Dim
    jump: Dim | Fraction
    start: Dim | Fraction
    longest: Phases | None = None
    shortest: Phases | None = None

    def through(self, tap: Tap) -> Seen | None:
        """What the units behind a window see; None where a symbol leaves open on which phase of a finer grid it starts."""
        if type(tap.first) is not int and any(one is not None and len(one.low) > 1 for one in self[4:]):
            return None
        grown = (tap.extent - 1) * self.jump
        size, least = _size(self.size + grown), _size(self.min_size + grown)
        jump, start = _exact(self.jump * tap.stride), _exact(self.start + tap.first * self.jump)
        if (
            isinstance(jump, Fraction)
            or isinstance(tap.stride, Fraction)
            or self.longest is not None
            or self.shortest is not None
        ):
            before, shorter = self._units(self.longest, self.size), self._units(self.shortest, self.min_size)
            longest, shortest = _through(before, tap), _through(shorter, tap)
            if longest is not None and before is not None:
                # how far the first unit's field moves does not depend on where it was
                size, start = longest.size, canonical(self.start + longest.low[0] - before.low[0])
            return Seen(size, least if shortest is None else shortest.size, jump, start, longest, shortest)
        return Seen(size, least, jump, start)

    def _units(self, known: Phases | None, size: Dim) -> Phases | None:
        """One path unit by unit. Extents do not depend on where a path starts, so any start serves."""
        if known is None and type(size) is int and type(self.jump) is int:
            return linear(size, self.jump, self.start if type(self.start) is int else 0)
        return known


def _through(known: Phases | None, tap: Tap) -> Phases | None:
    numbers = isinstance(tap.stride, int | Fraction) and type(tap.extent) is int
    if known is None or not numbers:
        return None
    return known.through(tap if type(tap.first) is int else tap._replace(first=0))


class State(NamedTuple):
    """What a map sees: per input axis a Seen, and per axis of the map the input axis that it follows (or None)."""

    seen: tuple[Seen, ...]
    follows: tuple[int | None, ...]


def receptive_fields(graph: Graph) -> tuple[ReceptiveField | None, ...]:
    """The receptive field of every node; None where shapes are unknown, or where a symbol leaves it open."""
    whole = _whole_input(graph)
    states: list[State | None] = []
    fields: list[ReceptiveField | None] = []
    memo: dict[int, Reach | tuple[Tap, ...]] = {}
    inputs = tuple(graph.inputs.values())
    starts = [_input_state(shape) for shape in inputs]
    nodes = graph.nodes
    for node in nodes:
        before = tuple([states[ref] if ref >= 0 else starts[-1 - ref] for ref in node.inputs])
        if node.output is None or None in before:
            states.append(None)
            fields.append(None)
            continue
        reach = memo.get(node.alike)
        if reach is None:
            shapes = tuple([nodes[ref].output if ref >= 0 else inputs[-1 - ref] for ref in node.inputs])
            reach = memo[node.alike] = node.layer.reach(shapes, node.output)  # type: ignore[arg-type]
        known = reach is not Reach.UNKNOWN
        state = _advance(node.layer, reach, before, node.output, whole) if known else None  # type: ignore[arg-type]
        states.append(state)
        if state is None:
            fields.append(None)
        elif state is before[0] and node.inputs[0] >= 0:
            fields.append(fields[node.inputs[0]])
        else:
            fields.append(_field(state.seen))
    return tuple(fields)


def _field(seen: tuple[Seen, ...]) -> ReceptiveField:
    """What is told of a state; all axes mostly see the same."""
    if not seen:
        return ReceptiveField((), (), (), ())
    sizes, least, jumps, starts, _, _ = zip(*seen, strict=True)
    return ReceptiveField(sizes, least, jumps, starts)


def _input_state(shape: Shape) -> State:
    axes = len(shape) - 1
    return State((Seen(1, 1, 1, 0),) * axes, (None, *range(axes)))


def _whole_input(graph: Graph) -> tuple[Seen, ...]:
    sizes: list[Dim] = []
    for shape in graph.inputs.values():
        for axis, size in enumerate(shape[1:]):
            if axis < len(sizes):
                sizes[axis] = maximum(sizes[axis], size)
            else:
                sizes.append(size)
    return tuple(Seen(size, size, 0, 0) for size in sizes)


def _advance(
    layer: Any, reach: Reach | tuple[Tap, ...], before: tuple[State, ...], output: Shape, whole: tuple[Seen, ...]
) -> State | None:
    if reach is Reach.WHOLE:
        return State(whole, (None,) * len(output))
    if reach is Reach.PERMUTED:
        return State(before[0].seen, tuple(before[0].follows[axis] for axis in layer.order))
    if reach is Reach.POINT:
        return before[0] if len(before) == 1 else _join(before)
    assert isinstance(reach, tuple)
    follows = before[0].follows
    seen = list(before[0].seen)
    last: Seen | None = None
    step = moved = None
    for axis, tap in enumerate(reach, start=1):
        index = follows[axis]
        if index is not None:
            one = seen[index]
            if one is not last or tap != step:  # mostly all axes see the same through the same window
                last, step = one, tap
                moved = _moved(one, tap)
                if moved is None:
                    return None
            assert moved is not None
            seen[index] = moved
    return State(tuple(seen), follows)


def _moved(one: Seen, tap: Tap) -> Seen | None:
    size, least, jump, start, longest, shortest = one
    extent, stride, first, _ = tap
    if longest is shortest is None and type(size) is type(least) is type(jump) is type(start) is type(stride) is int:
        # the usual case, by hand: numbers on the input's own grid
        grown = (extent - 1) * jump
        return Seen(size + grown, least + grown, jump * stride, start + first * jump)
    return one.through(tap)


def _exact(value: Any) -> Any:
    if isinstance(value, Fraction):
        return int(value) if value.denominator == 1 else value
    return canonical(value)


def _size(value: Any) -> Any:
    """An extent in pixels; on a finer grid than the input's a part of a pixel is the pixel."""
    return -(-value.numerator // value.denominator) if isinstance(value, Fraction) else canonical(value)


def _join(states: tuple[State, ...]) -> State:
    follows = max((state.follows for state in states), key=lambda one: sum(axis is not None for axis in one))
    joined: list[Seen] = []
    last: tuple[Seen | None, ...] = ()
    for column in zip_longest(*[state.seen for state in states]):
        alike = bool(last) and all(map(is_, column, last))  # mostly all axes see the same
        joined.append(joined[-1] if alike else longest([one for one in column if one is not None]))
        last = column
    return State(tuple(joined), follows)


def _fractional(seen: list[Seen]) -> bool:
    return any(isinstance(one.start, Fraction) for one in seen)


def longest(seen: list[Seen]) -> Seen:
    """What is seen where several paths meet: the longest one, with the shortest beside it."""
    first = seen[0]
    if all(other == first for other in seen):
        return first
    moving = [one for one in seen if one.jump != 0] or seen
    best = moving[0]
    for one in moving[1:]:
        if compare(best.size, ">=", one.size) is not None and compare(one.size, ">=", best.size) is None:
            best = one
    least = minimum(*(one.min_size for one in seen))
    shortest = next((one.shortest for one in seen if one.min_size == least), None)
    size = maximum(*(one.size for one in seen))
    # the first pixel that any path sees, whichever of them turns out to be the longest
    start = minimum(*(one.start for one in moving)) if not _fractional(moving) else best.start
    return Seen(size, least, best.jump, start, best.longest, shortest)
