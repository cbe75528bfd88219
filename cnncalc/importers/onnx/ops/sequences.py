"""Lists of maps: what an exporter writes for torch's split and chunk before it knows how many pieces there are."""

from __future__ import annotations

from itertools import accumulate
from typing import Any

from cnncalc.importers.onnx.graph import Node, Tensor
from cnncalc.importers.onnx.ops.layout import cut, dim_of, joined, view
from cnncalc.importers.onnx.translate import Rule, Translator
from cnncalc.importers.onnx.values import Map, NotUnderstoodError, Sequence, Value


def split(t: Translator, node: Node) -> Value:
    """Stretches side by side; those that nothing reads are left out."""
    x = t.map()
    dim = dim_of(x, int(t.number("axis", 0)))
    size = (t.network.batch, *t.sizes(x))[dim]
    given = t.array(1, "lengths")
    ends = _ends(size, given)
    read = _read(t, node.outputs[0], len(ends))
    found: list[Map | None] = []
    for index, (start, end) in enumerate(zip([0, *ends], ends, strict=False)):
        part = cut(t, x, dim, start, end) if index in read else None
        if part is not None and given is None and not t.number("keepdims", 1):
            part = _without(t, part, dim)
        found.append(part)
    return Sequence(tuple(found))


_MOST = 4096
"""More pieces than this are not followed."""


def _ends(size: int, given: Any) -> list[int]:
    """Where the pieces end: single positions, pieces of one length, or of the lengths given."""
    if given is None or given.ndim == 0:
        piece = 1 if given is None else int(given)
        if piece < 1 or size > piece * _MOST:
            raise NotUnderstoodError(f"splits {size} into pieces of {piece}")
        return [min(start + piece, size) for start in range(0, size, piece)]
    lengths = [int(one) for one in given.reshape(-1)]
    if sum(lengths) != size or min(lengths) < 1 or len(lengths) > _MOST:
        raise NotUnderstoodError(f"splits {size} into {lengths[:8]}")
    return list(accumulate(lengths))


def _without(t: Translator, x: Map, dim: int) -> Map:
    """A map without an axis of size 1."""
    own = (t.network.batch, *t.sizes(x))
    found = view(t, x, [size for place, size in enumerate(own) if place != dim])
    return t.map_of(found)


def _read(t: Translator, name: str, count: int) -> set[int]:
    """The places of a list that are read; all of them unless every reader names a place in numbers."""
    found = set()
    for reader in t.users.nodes.get(name, []):
        place = t.values.get(reader.inputs[1]) if reader.op == "SequenceAt" and len(reader.inputs) > 1 else None
        if not isinstance(place, Tensor) or place.value is None or place.value.size != 1:
            return set(range(count))
        found.add(int(place.value.reshape(-1)[0]) % count)
    return found


def _sequence(t: Translator) -> Sequence:
    value = t.operand(0)
    if not isinstance(value, Sequence):
        raise NotUnderstoodError("works on something else than a list of maps")
    return value


def _map(one: Map | None) -> Map:
    if one is None:
        raise NotUnderstoodError("reads a map that is not there")
    return one


def at(t: Translator, node: Node) -> Value:
    """The map at a place."""
    maps, place = _sequence(t).maps, t.array(1, "a place")
    number = int(place.reshape(-1)[0]) if place.size == 1 else len(maps)
    if not -len(maps) <= number < len(maps):
        raise NotUnderstoodError(f"takes the map {number} of {len(maps)}")
    return _map(maps[number])


def construct(t: Translator, node: Node) -> Value:
    """A list of its operands."""
    return Sequence(tuple(t.map(index) for index in range(len(node.inputs))))


def concat(t: Translator, node: Node) -> Value:
    """The maps of a list one after the other."""
    if t.number("new_axis", 0):
        raise NotUnderstoodError("stacks maps along a new axis, which has no counterpart in the language")
    maps = [_map(one) for one in _sequence(t).maps]
    return joined(t, maps, int(t.number("axis", 1)))


RULES: dict[str, Rule] = {
    "SplitToSequence": split,
    "SequenceAt": at,
    "SequenceConstruct": construct,
    "ConcatFromSequence": concat,
}
