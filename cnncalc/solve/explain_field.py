"""The receptive field of a layer, as lines: r + (k - 1) j, j s and a + f j, from the analysis' own recurrence.

Where the analysis follows units one by one (on a grid finer than the input's) or along another axis, no recurrence in
one line gives the figure; then the figure stands alone, with the reason.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any, NamedTuple

from cnncalc.analysis.receptive import Seen, longest
from cnncalc.analysis.result import ReceptiveField
from cnncalc.core.recording import named, value_of
from cnncalc.core.shapes import AXES
from cnncalc.graph.model import Graph
from cnncalc.layers.base import Reach, Tap
from cnncalc.solve.answer import Line
from cnncalc.solve.derivation import line
from cnncalc.solve.lang import say
from cnncalc.solve.shadow import Shadow, placed

_OWN_WINDOW = ("kernel", "start", "amount")
"""Fields with which a kind says what it reads; other windows are read off as numbers."""


class Known(NamedTuple):
    """What is known of the network's fields."""

    graph: Graph
    fields: tuple[ReceptiveField | None, ...]
    lang: str


def field_lines(it: Shadow, known: Known) -> Iterator[Line]:
    """Receptive field, jump and start per axis; equal axes stand once."""
    node, lang = it.node, known.lang
    field = known.fields[node.index]
    if field is None:
        yield Line(words=say("field-open", lang))
        return
    shapes: Any = tuple(known.graph.shape(ref) for ref in node.inputs)
    reach = node.layer.reach(shapes, node.output)  # type: ignore[arg-type]
    if not field.size:
        return
    if reach is Reach.WHOLE:
        yield Line(say("field", lang), value=field.size, words=say("sees-all", lang))
        return
    axes = range(len(field.size))
    found = [list(_axis(it, known, reach, field, axis)) for axis in axes]
    if all(_same(one, found[0]) for one in found):
        yield from found[0]
        return
    for axis in axes:
        name = say(AXES[len(found)][axis], lang) if len(found) <= 3 else str(axis)
        yield from (one._replace(name=say("along", lang, name=one.name, axis=name)) for one in found[axis])


def _same(one: list[Line], other: list[Line]) -> bool:
    return len(one) == len(other) and all(
        (a.name, a.value, a.words) == (b.name, b.value, b.words) and a.symbols == b.symbols and a.numbers == b.numbers
        for a, b in zip(one, other, strict=True)
    )


def _axis(it: Shadow, known: Known, reach: Any, field: ReceptiveField, axis: int) -> Iterator[Line]:
    lang = known.lang
    seen = _derived(it, known, reach, axis)
    parts = (("field", "size", 0), ("jump", "jump", 2), ("start", "start", 3))
    for phrase, attribute, place in parts:
        figure = getattr(field, attribute)[axis]
        name = say(phrase, lang)
        if isinstance(seen, Seen) and value_of(seen[place]) == figure:
            words = say("point", lang) if reach is Reach.POINT and len(it.inputs) == 1 and phrase == "field" else ""
            yield line(name, seen[place], words=words)
        else:
            finer = any(isinstance(one, Fraction) for one in (*field.jump, *field.start, *_jumps(it, known)))
            why = "by-units" if finer else "by-path"
            yield Line(name, value=figure, words=say(why, lang) if phrase == "field" else "")
        if reach is Reach.POINT and len(it.inputs) == 1:
            return
        if phrase == "field" and field.min_size[axis] != field.size[axis]:
            if isinstance(seen, Seen) and value_of(seen.min_size) == field.min_size[axis]:
                yield line(say("shortest", lang), seen.min_size)
            else:
                yield Line(say("shortest", lang), value=field.min_size[axis])


def _jumps(it: Shadow, known: Known) -> Iterator[Any]:
    """The jumps of the maps that the layer reads."""
    for ref in it.node.inputs:
        field = known.fields[ref] if ref >= 0 else None
        yield from field.jump if field is not None else ()


def _derived(it: Shadow, known: Known, reach: Any, axis: int) -> Seen | None:
    """What an axis sees, by the analysis' recurrence on named numbers; None where that cannot be said."""
    refs = it.node.inputs
    before = [
        _before(ref, f"{number}" if len(refs) > 1 else "", known, axis) for number, ref in enumerate(refs, start=1)
    ]
    states = [one for one in before if one is not None]
    if len(states) < len(before) or reach is Reach.PERMUTED:
        return None
    if reach is Reach.POINT:
        finer = any(isinstance(value_of(one), Fraction) for state in states for one in state[:4])
        return states[0] if len(states) == 1 else None if finer else longest(states)
    if not isinstance(reach, tuple) or axis >= len(reach):
        return None
    return states[0].through(_tap(it, reach, axis))


def _before(ref: int, number: str, known: Known, axis: int) -> Seen | None:
    """What an input's units see, by name."""
    size, least, jump, start = 1, 1, 1, 0
    if ref >= 0:
        field = known.fields[ref]
        if field is None or axis >= len(field.size):
            return None
        size, least, jump, start = (column[axis] for column in field)  # type: ignore[assignment]
    below = f"_{number}" if number else ""
    return Seen(
        named(f"r{below}", size), named(f"r_min{number}", least), named(f"j{below}", jump), named(f"a{below}", start)
    )


def _tap(it: Shadow, reach: tuple[Tap, ...], axis: int) -> Tap:
    fields = type(it.layer).model_fields
    if any(name in fields for name in _OWN_WINDOW):
        own = placed(it).reach(it.inputs, it.derived)
        if isinstance(own, tuple):
            return own[axis]
    extent, stride, first, bounds = reach[axis]
    return Tap(named("k", extent), named("s", stride), named("f", first), bounds)
