"""Operators that move numbers: reshapes, transpositions, slices, concatenation, padding."""

from __future__ import annotations

from math import prod
from typing import Any

from cnncalc.core.shapes import AXES
from cnncalc.importers.maps import STEPPED, renamed, shuffled
from cnncalc.importers.onnx.graph import Node, Tensor
from cnncalc.importers.onnx.ops.windows import amount, short
from cnncalc.importers.onnx.translate import Rule, Translator
from cnncalc.importers.onnx.values import Map, NotUnderstoodError, Unknown, Value, plain
from cnncalc.importers.sketch import Ref


def axis_word(t: Translator, x: Map, dim: int) -> str:
    """The language's name of a tensor's axis (0 the batch)."""
    axis = x.axes[dim - 1] if dim else None
    if axis is None:
        raise NotUnderstoodError("works along the batch" if not dim else "works along an axis of size 1")
    return "channels" if axis == 0 else AXES[len(t.shape(x.ref)) - 1][axis - 1]


def dim_of(x: Map, axis: int) -> int:
    """A tensor's axis counted from 0, the batch."""
    count = len(x.axes) + 1
    if not -count <= axis < count:
        raise NotUnderstoodError(f"names the axis {axis} of a tensor of {count}")
    return axis % count


def same(t: Translator, node: Node) -> Value:
    """What changes neither shape nor order."""
    return t.map()


def quantised(t: Translator, node: Node) -> Value:
    """Quantisation and back: the figures are those of the network without."""
    t.notes["quantisation is left out: the figures are those of the network in one number format"] = None
    return t.map()


def cast(t: Translator, node: Node) -> Value:
    """To another floating-point format."""
    from onnx import TensorProto

    floating = {TensorProto.FLOAT, TensorProto.FLOAT16, TensorProto.DOUBLE, TensorProto.BFLOAT16}
    if node.op == "Cast" and node.attributes.get("to") not in floating:
        raise NotUnderstoodError("turns a map into whole numbers, which has no counterpart in the language")
    return t.map()


def shape_of(t: Translator, node: Node) -> Value:
    """The sizes, which are known in numbers."""
    import numpy

    x = t.operand(0)
    sizes = (t.network.batch, *t.sizes(x)) if isinstance(x, Map) else x.dims if isinstance(x, Tensor) else ()
    if isinstance(x, Map) and x.stretched:
        raise NotUnderstoodError("works on an expanded map")
    array = numpy.array(sizes, dtype=numpy.int64)
    if node.op == "Size":
        return Tensor(node.outputs[0], (), numpy.array(prod(sizes), dtype=numpy.int64))
    cut = array[t.number("start", 0) : t.number("end", len(sizes))]
    return Tensor(node.outputs[0], cut.shape, cut)


# -- views -------------------------------------------------------------------------------------------------------------


def reshape(t: Translator, node: Node) -> Value:
    """The same numbers in the same order under another shape; the batch stays in front."""
    x = t.map()
    wanted = t.ints("shape", 1)
    if wanted is None:
        raise NotUnderstoodError("has no shape")
    own = (t.network.batch, *t.sizes(x))
    if not t.number("allowzero", 0):
        wanted = [own[i] if size == 0 and i < len(own) else size for i, size in enumerate(wanted)]
    total, rest = prod(own), prod(size for size in wanted if size != -1)
    if wanted.count(-1) == 1 and rest > 0:
        wanted[wanted.index(-1)] = total // rest
    if prod(wanted) != total or min(wanted, default=0) < 1:
        raise NotUnderstoodError(f"makes {wanted} of {total:,} numbers, the batch of {t.network.batch} among them")
    return view(t, x, wanted)


def view(t: Translator, x: Map, wanted: list[int]) -> Value:
    """A map under other sizes, the batch among them."""
    if not wanted or wanted[0] != t.network.batch:
        raise NotUnderstoodError("mixes the images of a batch")
    shape = tuple(wanted[1:])
    if shape == t.sizes(x):
        return x
    if not shape:
        raise NotUnderstoodError("leaves no axis but the batch")
    axes = renamed(x, t.shape(x.ref), shape)
    if axes is not None:
        return x._replace(axes=axes)
    if x.stretched:
        raise NotUnderstoodError("works on an expanded map")
    groups = shuffled(x, shape, t.steps, t.shape)
    if groups:
        return t.give("channel_shuffle", {"groups": groups}, (t.steps[x.ref].inputs[0],))
    ref = t.ordered(x).ref
    if shape == t.shape(ref):
        return plain(ref, len(shape))
    if len(shape) == 1:
        return t.give("flatten", None, (ref,))
    if len(shape) > 4:
        raise NotUnderstoodError(f"makes a map of {len(shape) - 1} axes; the language knows up to 3")
    return t.give("reshape", {"shape": list(shape)}, (ref,))


def flatten(t: Translator, node: Node) -> Value:
    """All axes from one on in one."""
    x = t.map()
    count = len(x.axes) + 1
    axis = int(t.number("axis", 1))
    axis = axis + count if axis < 0 else axis
    own = (t.network.batch, *t.sizes(x))
    return view(t, x, [prod(own[:axis]), prod(own[axis:])])


def squeeze(t: Translator, node: Node) -> Value:
    """Without axes of size 1."""
    x = t.map()
    own = (t.network.batch, *t.sizes(x))
    given = t.ints("axes", 1)
    drop = {dim_of(x, axis) for axis in given} if given else {i for i, size in enumerate(own) if size == 1}
    if any(own[dim] != 1 for dim in drop):
        raise NotUnderstoodError("drops an axis whose size is not 1")
    if 0 in drop:
        raise NotUnderstoodError("drops the axis of the batch")
    return view(t, x, [size for dim, size in enumerate(own) if dim not in drop])


def unsqueeze(t: Translator, node: Node) -> Value:
    """Further axes of size 1."""
    x = t.map()
    given = t.ints("axes", 1) or []
    count = len(x.axes) + 1 + len(given)
    places = {axis + count if axis < 0 else axis for axis in given}
    if 0 in places or len(places) != len(given) or not all(0 <= place < count for place in places):
        raise NotUnderstoodError("moves the batch away from the first axis")
    own = iter(x.axes)
    return x._replace(axes=tuple(None if place in places else next(own) for place in range(1, count)))


def transpose(t: Translator, node: Node) -> Value:
    """Axes in another order: a matter of reading until a layer needs them."""
    x = t.map()
    count = len(x.axes) + 1
    order = t.ints("perm") or list(range(count))[::-1]
    if sorted(order) != list(range(count)):
        raise NotUnderstoodError(f"has the order {order} for {count} axes")
    if order[0] != 0:
        raise NotUnderstoodError("moves the batch away from the first axis")
    return x._replace(axes=tuple(x.axes[dim - 1] for dim in order[1:]))


def expand(t: Translator, node: Node) -> Value:
    """Axes of size 1 repeated; only products can read it."""
    x = t.map()
    given = t.ints("shape", 1) or []
    own = (t.network.batch, *t.sizes(x))
    if len(given) > len(own):
        raise NotUnderstoodError("adds axes to a map")
    wanted = [1] * (len(own) - len(given)) + given
    if all(size in (1, have) for size, have in zip(wanted, own, strict=True)):
        return x
    if wanted[0] not in (1, own[0]) or any(
        have not in (1, size) and size != 1 for size, have in zip(wanted, own, strict=True)
    ):
        raise NotUnderstoodError("repeats images or axes whose size is not 1")
    return x._replace(stretched=True)


# -- pieces ------------------------------------------------------------------------------------------------------------


def cut(t: Translator, x: Map, dim: int, start: int, stop: int) -> Map:
    """The positions from start up to stop along a tensor's axis."""
    if dim == 0:
        raise NotUnderstoodError("takes some images out of the batch")
    axis = x.axes[dim - 1]
    if axis is None or x.stretched:
        x, axis = plain(t.plain(x), len(x.axes)), dim - 1
    size = t.shape(x.ref)[axis]
    if (start, stop) == (0, size):
        return x
    if stop <= start:
        raise NotUnderstoodError("takes nothing")
    word = axis_word(t, x, dim)
    fields = {
        "axis": None if word == "channels" else word,
        "start": start or None,
        "stop": None if stop >= size else stop,
    }
    return x._replace(ref=t.emit("slice", fields, (x.ref,)))


def slice_(t: Translator, node: Node) -> Value:
    """A stretch of some axes."""
    x = t.map()
    starts, ends = t.ints("starts", 1), t.ints("ends", 2)
    if starts is None or ends is None:
        raise NotUnderstoodError("has no starts or no ends")
    axes = t.ints("axes", 3) or list(range(len(starts)))
    steps = t.ints("steps", 4) or [1] * len(starts)
    if not len(starts) == len(ends) == len(axes) == len(steps):
        raise NotUnderstoodError("has starts, ends, axes and steps of different lengths")
    stride = [1] * len(x.axes)
    for axis, start, end, step in zip(axes, starts, ends, steps, strict=True):
        dim = dim_of(x, axis)
        size = (t.network.batch, *t.sizes(x))[dim]
        if step < 1:
            raise NotUnderstoodError("turns an axis around, which has no counterpart in the language")
        first, last = (min(max(one + size if one < 0 else one, 0), size) for one in (start, end))
        if dim == 0 and (first, last, step) == (0, size, 1):
            continue
        x = cut(t, x, dim, first, last)
        stride[dim - 1] = step
    return x if set(stride) == {1} else _stepped(t, x, stride)


def _stepped(t: Translator, x: Map, strides: list[int]) -> Map:
    """Every n-th position of some axes; nodes in a row are one layer."""
    if strides[0] > 1:
        raise NotUnderstoodError("takes every n-th channel, which has no counterpart in the language")
    ref, stride = t.plain(x), strides[1:]
    before = t.steps[-1] if t.steps and ref == len(t.steps) - 1 and t.only_reader(t.node.inputs[0]) else None
    if before is not None and before.kind == "maxpool" and before.fields["kernel"] == 1 and len(before.fields) == 2:
        # nothing but a kernel of 1 and a stride: the positions that a node before took
        given = before.fields.get("stride", 1)
        known = given if isinstance(given, list) else [given] * len(stride)
        ref, stride = before.inputs[0], [one * two for one, two in zip(known, stride, strict=True)]
        t.steps.pop()
    t.notes[STEPPED] = None
    return t.give("maxpool", {"kernel": 1, "stride": short(stride)}, (ref,))


def gather(t: Translator, node: Node) -> Value:
    """x[:, i], the axis gone; or a stretch of an axis."""
    x, indices = t.map(), t.array(1, "indices")
    dim = dim_of(x, int(t.number("axis", 0)))
    size = (t.network.batch, *t.sizes(x))[dim]
    listed = [int(one) + (size if one < 0 else 0) for one in indices.reshape(-1)]
    if indices.ndim > 1 or not listed or listed != list(range(listed[0], listed[0] + len(listed))):
        raise NotUnderstoodError("takes positions in an order of its own, which has no counterpart in the language")
    if listed[0] < 0 or listed[-1] >= size:
        raise NotUnderstoodError(f"takes the position {listed[-1]} of {size}")
    part = cut(t, x, dim, listed[0], listed[-1] + 1)
    if indices.ndim == 1:
        return part
    own = (t.network.batch, *t.sizes(part))
    return view(t, part, [one for place, one in enumerate(own) if place != dim])


def split(t: Translator, node: Node) -> tuple[Value | None, ...]:
    """Stretches side by side; those that nothing reads are left out."""
    x = t.map()
    dim = dim_of(x, int(t.number("axis", 0)))
    size, parts = (t.network.batch, *t.sizes(x))[dim], len(node.outputs)
    piece = -(-size // parts)
    sizes = t.ints("split", 1) or [piece] * (parts - 1) + [size - piece * (parts - 1)]
    if len(sizes) != parts or sum(sizes) != size:
        raise NotUnderstoodError(f"splits {size} into {sizes}")
    found: list[Value | None] = []
    start = 0
    for name, length in zip(node.outputs, sizes, strict=True):
        found.append(cut(t, x, dim, start, start + length) if name and t.users.counts[name] else Unknown())
        start += length
    return tuple(found)


def concat(t: Translator, node: Node) -> Value:
    """Maps one after the other."""
    return joined(t, [t.map(index) for index in range(len(node.inputs))], int(t.number("axis", 1)))


def joined(t: Translator, maps: list[Map], axis: int) -> Map:
    """Maps one after the other along a tensor's axis."""
    if len(maps) == 1:
        return maps[0]
    dim = dim_of(maps[0], axis)
    if dim == 0:
        raise NotUnderstoodError("joins along the batch")
    if len({one.axes for one in maps}) > 1 or maps[0].axes[dim - 1] is None or any(one.stretched for one in maps):
        maps = [plain(t.plain(one), len(one.axes)) for one in maps]
    word = axis_word(t, maps[0], dim)
    fields = {"axis": None if word == "channels" else word}
    return maps[0]._replace(ref=t.emit("concat", fields, tuple(one.ref for one in maps)))


_MODES = {"constant": None, "reflect": "reflect", "edge": "replicate", "wrap": "circular"}


def pad(t: Translator, node: Node) -> Value:
    """Positions added around a map; fewer are a slice."""
    x = t.map()
    given = t.ints("pads", 1) or t.ints("paddings") or []
    count = len(x.axes) + 1
    named = t.ints("axes", 3)
    axes = [dim_of(x, axis) for axis in named] if named else list(range(count))
    if len(given) != 2 * len(axes):
        raise NotUnderstoodError(f"has {len(given)} pads for {len(axes)} axes")
    sides = {axis: (given[i], given[i + len(axes)]) for i, axis in enumerate(axes)}
    pairs = [sides.get(dim, (0, 0)) for dim in range(count)]
    if any(pairs[0]):
        raise NotUnderstoodError("adds images to the batch")
    for dim, (before, after) in enumerate(pairs):
        if before < 0 or after < 0:
            x = cut(t, x, dim, max(-before, 0), t.sizes(x)[dim - 1] + min(after, 0))
    grown = [(max(before, 0), max(after, 0)) for before, after in pairs[1:]]
    if not any(map(any, grown)):
        return x
    ref = t.plain(x)
    mode = node.attributes.get("mode", "constant")
    if mode not in _MODES:
        raise NotUnderstoodError(f"pads by {mode}")
    value = t.number("value", 0, 2) if mode == "constant" else 0
    filled = {"mode": "constant" if value else _MODES[mode], "value": value or None}
    if any(grown[0]):
        ref = _wider(t, ref, grown[0], filled)
    if not any(map(any, grown[1:])):
        return plain(ref, len(t.shape(ref)))
    return t.give("pad", {"amount": amount(grown[1:]), **filled}, (ref,))


def _wider(t: Translator, ref: Ref, sides: tuple[int, int], filled: dict[str, Any]) -> Ref:
    """Further channels: padding while the channels stand in the place of the first side."""
    axes = len(t.shape(ref))
    if axes == 1:
        raise NotUnderstoodError("pads a vector, which has no counterpart in the language")
    order = {"order": [1, 0, *range(2, axes)]}
    turned = t.emit("permute", order, (ref,))
    padded = t.emit("pad", {"amount": amount([sides, *[(0, 0)] * (axes - 2)]), **filled}, (turned,))
    return t.emit("permute", order, (padded,))


RULES: dict[str, Rule] = {
    "Identity": same,
    "Cast": cast,
    "CastLike": cast,
    "QuantizeLinear": quantised,
    "DequantizeLinear": quantised,
    "Shape": shape_of,
    "Size": shape_of,
    "Reshape": reshape,
    "Flatten": flatten,
    "Squeeze": squeeze,
    "Unsqueeze": unsqueeze,
    "Transpose": transpose,
    "Expand": expand,
    "Slice": slice_,
    "Gather": gather,
    "Split": split,
    "Concat": concat,
    "Pad": pad,
}
