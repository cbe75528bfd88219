"""Positions picked one by one and added up: how exporters write poolings to a size that does not divide the map's.

A value on the way has, for each of its places, some positions of a map with factors. When the factors of each place
make a mean, the positions tell the layer. (torch also writes a view of a map that lies channels last in such a way.)
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

from cnncalc.importers.onnx.graph import Node, Tensor
from cnncalc.importers.onnx.ops.layout import view
from cnncalc.importers.onnx.ops.windows import short
from cnncalc.importers.onnx.translate import Rule, Translator
from cnncalc.importers.onnx.values import Map, NotUnderstoodError, Picked, Value

BATCH, CHANNELS, PLACES = "batch", "channels", "places"

_MOST = 2_000_000
"""More factors than this are not followed."""


def begun(t: Translator, node: Node) -> Picked | None:
    """A map whose positions the next nodes pick: its axes moved, or all its numbers in one line; else None."""
    x, readers = t.operand(0), t.users.nodes.get(node.outputs[0], [])
    if not isinstance(x, Map) or x.stretched or not readers:
        return None
    if node.op == "Transpose" and all(one.op == "GatherND" for one in readers):
        return _moved(_whole(t, x), _order(t, len(x.axes) + 1))
    if node.op == "Reshape" and t.ints("shape", 1) == [-1] and all(one.op == "Gather" for one in readers):
        return _line(t, x)
    return None


def _whole(t: Translator, x: Map) -> Picked:
    """Every position of a map as itself."""
    import numpy

    x = t.ordered(x)
    if x.axes[:1] != (0,):
        raise NotUnderstoodError("picks positions of a map whose channels are not in front")
    sizes = t.sizes(x)[1:]
    _limited(prod(sizes))
    index = numpy.arange(prod(sizes)).reshape(*sizes, 1)
    return Picked(x, (BATCH, CHANNELS, *[PLACES] * len(sizes)), index, numpy.ones(index.shape))


def _line(t: Translator, x: Map) -> Picked:
    """All numbers of a batch one after the other."""
    import numpy

    x = t.ordered(x)
    count = t.network.batch * prod(t.sizes(x))
    _limited(count)
    return Picked(x, (PLACES,), numpy.arange(count)[:, None], numpy.ones((count, 1)), True)


def _moved(picked: Picked, order: Sequence[int]) -> Picked:
    """The axes in another order."""
    own = [place for place, axis in enumerate(picked.axes) if axis == PLACES]
    places = [own.index(axis) for axis in order if axis in own] + [len(own)]
    axes = tuple(picked.axes[axis] for axis in order)
    return _other(picked, axes, picked.index.transpose(places), picked.factor.transpose(places))


def _order(t: Translator, count: int) -> list[int]:
    order = t.ints("perm") or list(range(count))[::-1]
    if sorted(order) != list(range(count)):
        raise NotUnderstoodError(f"has the order {order} for {count} axes")
    return order


def _other(picked: Picked, axes: tuple[str, ...], index: Any, factor: Any) -> Picked:
    """Other positions of the same map."""
    _limited(index.size)
    return picked._replace(axes=axes, index=index, factor=factor)


def _limited(count: int) -> None:
    if count > _MOST:
        raise NotUnderstoodError(f"picks more than {_MOST:,} positions one by one")


def _picked(t: Translator) -> Picked:
    """The first operand that is one."""
    return next(value for value in map(t.operand, range(len(t.node.inputs))) if isinstance(value, Picked))


def _axis(picked: Picked, axis: int) -> int:
    """The place among the picked axes of a tensor's axis."""
    count = len(picked.axes)
    if not -count <= axis < count or picked.axes[axis] != PLACES:
        raise NotUnderstoodError("picks along the batch, the channels or an axis that is not there")
    return picked.axes[: axis % count].count(PLACES)


def _spread(picked: Picked, array: Any) -> Any:
    """Numbers for each place, from an array as it meets the tensor."""
    rank = len(picked.axes)
    if array.ndim > rank:
        raise NotUnderstoodError("spreads picked positions over further axes")
    full = array.reshape((1,) * (rank - array.ndim) + array.shape)
    own = [axis for axis in range(rank) if picked.axes[axis] == PLACES]
    if any(full.shape[axis] != 1 for axis in range(rank) if axis not in own):
        raise NotUnderstoodError("treats images or channels differently")
    sizes = tuple(full.shape[axis] for axis in own)
    if any(one not in (1, two) for one, two in zip(sizes, picked.index.shape[:-1], strict=True)):
        raise NotUnderstoodError("spreads picked positions over further places")
    return full.reshape(*sizes, 1)


# -- the rules ---------------------------------------------------------------------------------------------------------


def same(t: Translator, node: Node) -> Value:
    """What changes nothing."""
    return _picked(t)


def transpose(t: Translator, node: Node) -> Value:
    """Axes in another order."""
    picked = _picked(t)
    return _layer(t, _moved(picked, _order(t, len(picked.axes))))


def gather_nd(t: Translator, node: Node) -> Value:
    """The positions that the indices name, along the first axes."""
    picked, indices = _picked(t), t.array(1, "indices")
    depth = indices.shape[-1] if indices.ndim else 0
    if t.number("batch_dims", 0) or picked.axes[:depth] != (PLACES,) * depth or indices.dtype.kind not in "iu":
        raise NotUnderstoodError("picks along the batch or the channels")
    chosen = tuple(indices[..., axis] for axis in range(depth))
    sizes = picked.index.shape[:depth]
    if any(((one < -size) | (one >= size)).any() for one, size in zip(chosen, sizes, strict=True)):
        raise NotUnderstoodError("picks positions that are not there")
    axes = (*[PLACES] * (indices.ndim - 1), *picked.axes[depth:])
    _limited(prod(indices.shape[:-1]) * prod(picked.index.shape[depth:]))
    return _layer(t, _other(picked, axes, picked.index[chosen], picked.factor[chosen]))


def gather(t: Translator, node: Node) -> Value:
    """The places that the indices name, along an axis."""
    import numpy

    picked, indices = _picked(t), t.array(1, "indices")
    axis = int(t.number("axis", 0))
    place = _axis(picked, axis)
    size = picked.index.shape[place]
    if indices.dtype.kind not in "iu" or ((indices < -size) | (indices >= size)).any():
        raise NotUnderstoodError("picks positions that are not there")
    _limited(picked.index.size // size * indices.size)
    axis %= len(picked.axes)
    axes = (*picked.axes[:axis], *[PLACES] * indices.ndim, *picked.axes[axis + 1 :])
    index, factor = (numpy.take(one, indices, axis=place) for one in (picked.index, picked.factor))
    return _layer(t, _other(picked, axes, index, factor))


def where(t: Translator, node: Node) -> Value:
    """Zeros in some places."""
    picked, mask = _picked(t), t.array(0, "a condition").astype(bool)
    first = isinstance(t.operand(1), Picked)
    other = t.operand(2 if first else 1)
    if not isinstance(other, Tensor) or other.value is None or other.value.any():
        raise NotUnderstoodError("replaces picked positions by something other than 0")
    kept = _spread(picked, mask if first else ~mask)
    return _layer(t, picked._replace(factor=picked.factor * kept))


def add(t: Translator, node: Node) -> Value:
    """Sums of positions of one map."""
    import numpy

    one, two = (t.operand(index) for index in (0, 1))
    if not isinstance(one, Picked) or not isinstance(two, Picked) or (one.x, one.axes) != (two.x, two.axes):
        raise NotUnderstoodError("adds something to picked positions")
    if one.index.shape[:-1] != two.index.shape[:-1]:
        raise NotUnderstoodError("spreads picked positions over further places")
    pairs = (one.index, two.index), (one.factor, two.factor)
    index, factor = (numpy.concatenate(pair, axis=-1) for pair in pairs)
    return _layer(t, _other(one, one.axes, index, factor))


def scaled(t: Translator, node: Node) -> Value:
    """Picked positions times or divided by numbers."""
    picked = _picked(t)
    first = isinstance(t.operand(0), Picked)
    array = t.array(1 if first else 0, "factors")
    if array is None or (node.op == "Div" and (not first or not array.all())):
        raise NotUnderstoodError("divides by picked positions or by 0")
    factor = _spread(picked, array.astype(float))
    return _layer(t, picked._replace(factor=picked.factor / factor if node.op == "Div" else picked.factor * factor))


def reduced(t: Translator, node: Node) -> Value:
    """Sums and means along some axes."""
    import numpy

    picked = _picked(t)
    places = sorted({_axis(picked, axis) for axis in t.ints("axes", 1) or []})
    if not places:
        raise NotUnderstoodError("reduces over the batch")
    own = [axis for axis, kind in enumerate(picked.axes) if kind == PLACES]
    gone = {own[place] for place in places}
    kept = [place for place in range(len(own)) if place not in places]
    order = [*kept, *places, len(own)]
    sizes = [picked.index.shape[place] for place in kept]
    index, factor = (one.transpose(order).reshape(*sizes, -1) for one in (picked.index, picked.factor))
    if node.op == "ReduceMean":
        factor = factor / prod(picked.index.shape[place] for place in places)
    axes = tuple(kind for axis, kind in enumerate(picked.axes) if axis not in gone)
    if t.number("keepdims", 1):
        axes = picked.axes
        index, factor = (numpy.expand_dims(one, places) for one in (index, factor))
    return _layer(t, _other(picked, axes, index, factor))


# -- what the positions are --------------------------------------------------------------------------------------------


def _layer(t: Translator, picked: Picked) -> Value:
    """What the positions are as a whole: a view, or adaptive pooling; else the value as it is."""
    return _view(t, picked) if picked.flat else _pooled(t, picked)


def _view(t: Translator, picked: Picked) -> Value:
    """The numbers in their order under another shape with the batch in front, if they are all there."""
    import numpy

    sizes = [int(size) for size in picked.index.shape[:-1]]
    whole = picked.index.shape[-1] == 1 and bool((picked.factor == 1).all())
    if not whole or sizes[:1] != [t.network.batch] or len(sizes) < 2:
        return picked
    order = numpy.arange(t.network.batch * prod(t.sizes(picked.x)))
    in_order = numpy.array_equal(picked.index.reshape(-1), order)
    return view(t, picked.x, sizes) if in_order else picked


def _pooled(t: Translator, picked: Picked) -> Value:
    """Adaptive average pooling, if each place is the mean of its window."""
    import numpy

    sizes, wanted = t.sizes(picked.x)[1:], picked.index.shape[:-1]
    in_order = picked.axes == (BATCH, CHANNELS, *[PLACES] * len(sizes))
    if not in_order or not numpy.allclose(picked.factor.sum(-1), 1) or prod(sizes) * prod(wanted) > _MOST:
        return picked
    found = numpy.zeros((prod(wanted), prod(sizes)))
    terms = picked.index.shape[-1]
    rows = numpy.repeat(numpy.arange(prod(wanted)), terms)
    numpy.add.at(found, (rows, picked.index.reshape(-1)), picked.factor.reshape(-1))
    expected = numpy.ones((1, 1))
    for size, places in zip(sizes, wanted, strict=True):
        expected = numpy.kron(expected, _means(size, places))
    if not numpy.allclose(found, expected):
        return picked
    own = [places for axis, places in zip(picked.x.axes[1:], wanted, strict=True) if axis is not None]
    if all(places == 1 for places in own):
        return t.same(picked.x, "global_avgpool", {"keepdims": True})
    return t.same(picked.x, "adaptive_avgpool", {"size": short(own)})


def _means(size: int, places: int) -> Any:
    """Place o of m is the mean of the positions from floor(o n / m) to ceil((o + 1) n / m) - 1."""
    import numpy

    rows = numpy.zeros((places, size))
    for place in range(places):
        first, last = place * size // places, -(-(place + 1) * size // places)
        rows[place, first:last] = 1 / (last - first)
    return rows


RULES: dict[str, Rule] = {
    "Identity": same,
    "Cast": same,
    "CastLike": same,
    "Transpose": transpose,
    "GatherND": gather_nd,
    "Gather": gather,
    "Where": where,
    "Add": add,
    "Mul": scaled,
    "Div": scaled,
    "ReduceMean": reduced,
    "ReduceSum": reduced,
}
"""Operators whose operand is a picked value."""
