"""Operations that move numbers: views, permutations, slices, concatenation, padding, resampling."""

from __future__ import annotations

from typing import Any

from cnncalc.core.shapes import AXES, Shape
from cnncalc.importers.maps import STEPPED, Map, plain, renamed, shuffled
from cnncalc.importers.torch.arguments import Arguments, NotUnderstoodError
from cnncalc.importers.torch.rules import splits
from cnncalc.importers.torch.rules.pointwise import axis_word
from cnncalc.importers.torch.rules.windows import short
from cnncalc.importers.torch.translate import Rule, Translator
from cnncalc.importers.torch.values import Noise, Split, Value, Weight


def same(t: Translator, a: Arguments) -> Value:
    """Copies and casts that change neither shape nor order."""
    result: Value = a.first
    return result


def view(t: Translator, a: Arguments) -> Value:
    """view, reshape, flatten, unflatten, squeeze: the same numbers in the same order under another shape."""
    if isinstance(a.first, Noise):
        return a.first._replace(shape=t.raw())
    if isinstance(a.first, Split):
        return splits.joined(t, a.first, t.result())
    x, shape = t.map(a.first), t.result()
    if shape == t.sizes(x):
        return x
    axes = renamed(x, t.shape(x.ref), shape)
    if axes is not None:
        return x._replace(axes=axes)
    if x.stretched:
        raise NotUnderstoodError("works on an expanded map")
    groups = shuffled(x, shape, t.steps, t.shape)
    if groups:
        inner = t.steps[x.ref].inputs[0]
        return plain(t.emit("channel_shuffle", {"groups": groups}, (inner,), shape), len(shape))
    cut = splits.cut(x, t.shape(x.ref), shape) if len(shape) > 4 else None
    if cut is not None:
        return cut
    ref = t.ordered(x).ref
    before = t.shape(ref)
    if shape == before:
        return plain(ref, len(shape))
    if ref >= 0 and t.steps[ref].kind == "reshape" and t.shape(t.steps[ref].inputs[0]) == shape:
        return plain(t.steps[ref].inputs[0], len(shape))
    if len(shape) == 1:
        return t.give("flatten", None, (ref,))
    if len(shape) > 4:
        raise NotUnderstoodError(f"makes a map of {len(shape) - 1} axes; the language knows up to 3")
    return t.give("reshape", {"shape": list(shape)}, (ref,))


def shuffle(t: Translator, a: Arguments) -> Value:
    """Torch's own channel shuffle."""
    return t.give("channel_shuffle", {"groups": int(a["groups"])}, (t.plain(a.first),))


def unsqueeze(t: Translator, a: Arguments) -> Value:
    """A further axis of size 1."""
    if isinstance(a.first, Noise):
        return a.first._replace(shape=t.raw())
    x = t.map(a["self"])
    place = int(a["dim"])
    place = place + len(x.axes) + 2 if place < 0 else place
    if place == 0:
        raise NotUnderstoodError("moves the batch away from the first axis")
    return x._replace(axes=(*x.axes[: place - 1], None, *x.axes[place - 1 :]))


def permute(t: Translator, a: Arguments) -> Value:
    """Axes in another order: a matter of reading until a layer needs them."""
    count = len(a["dims"])
    return _permuted(t, a.first, [int(dim) % count for dim in a["dims"]])


def transpose(t: Translator, a: Arguments) -> Value:
    """Two axes swapped."""
    count = len(t.raw())
    one, two = (int(a[name]) % count for name in ("dim0", "dim1"))
    order = list(range(count))
    order[one], order[two] = order[two], order[one]
    return _permuted(t, a.first, order)


def movedim(t: Translator, a: Arguments) -> Value:
    """Some axes to other places, the rest in their order."""
    count = len(t.raw())
    given = ([a[name]] if isinstance(a[name], int) else a[name] for name in ("source", "destination"))
    sources, places = ([int(dim) % count for dim in dims] for dims in given)
    order = [dim for dim in range(count) if dim not in sources]
    for place, dim in sorted(zip(places, sources, strict=True)):
        order.insert(place, dim)
    return _permuted(t, a.first, order)


def _permuted(t: Translator, value: Any, order: list[int]) -> Value:
    if isinstance(value, Split):
        return splits.permuted(value, order)
    x = t.map(value)
    if order[0] != 0:
        raise NotUnderstoodError("moves the batch away from the first axis")
    return x._replace(axes=tuple(x.axes[dim - 1] for dim in order[1:]))


def expand(t: Translator, a: Arguments) -> Value:
    """A view that repeats axes of size 1; only products can read it."""
    x = t.map(a["self"])
    shape = t.result()
    if shape == t.sizes(x):
        return x
    if len(shape) != len(x.axes):
        raise NotUnderstoodError("adds axes to a map")
    return x._replace(stretched=True)


def _whole(t: Translator, a: Arguments, name: str = "dim") -> tuple[Map, int]:
    """The map and the number of the tensor's axis (0 the batch)."""
    x = t.map(a["self"])
    return x, int(a[name]) % (len(x.axes) + 1)


def _cut(t: Translator, x: Map, dim: int, start: int, stop: int, step: int = 1) -> Map:
    """The positions from start up to stop along a tensor's axis."""
    axis = x.axes[dim - 1]
    if axis is None or x.stretched:
        x, axis = plain(t.plain(x), len(x.axes)), dim - 1
    shape = t.shape(x.ref)
    size = shape[axis]
    if (start, stop) != (0, size):
        word = axis_word(t, x, dim)
        fields = {
            "axis": None if word == "channels" else word,
            "start": start or None,
            "stop": None if stop >= size else stop,
        }
        shape = (*shape[:axis], min(stop, size) - start, *shape[axis + 1 :])
        x = x._replace(ref=t.emit("slice", fields, (x.ref,), shape))
    return x if step == 1 else _stepped(t, x, axis, step)


def _stepped(t: Translator, x: Map, axis: int, step: int) -> Map:
    """Every n-th position of an axis; of several axes in a row in one layer."""
    if axis == 0:
        raise NotUnderstoodError("takes every n-th channel, which has no counterpart in the language")
    x = plain(t.plain(x), len(x.axes))
    shape = t.shape(x.ref)
    stride = [step if index == axis else 1 for index in range(1, len(shape))]
    shape = (*shape[:axis], -(-shape[axis] // step), *shape[axis + 1 :])
    before = t.steps[x.ref] if x.ref >= 0 else None
    ours = before is not None and before.kind == "maxpool" and before.fields["kernel"] == 1 and t.only_reader()
    if before is not None and ours and t.follows("slice"):
        known = before.fields["stride"]
        known = known if isinstance(known, list) else [known] * len(stride)
        both = short([one * two for one, two in zip(known, stride, strict=True)], len(stride))
        t.steps[x.ref] = before._replace(fields={"kernel": 1, "stride": both}, shape=shape)
        return x
    fields = {"kernel": 1, "stride": short(stride, len(stride))}
    x = x._replace(ref=t.emit("maxpool", fields, (x.ref,), shape))
    t.remark(STEPPED)
    return x


def slice_(t: Translator, a: Arguments) -> Value:
    """x[:, a:b]."""
    x, dim = _whole(t, a)
    sizes = t.sizes(x)
    size = sizes[dim - 1] if dim else 0
    start, stop = (_bound(a.get(name), size, default) for name, default in (("start", 0), ("end", size)))
    if dim == 0:
        if t.raw()[0] != len(range(t.raw()[0])[slice(a.get("start"), a.get("end"), a.get("step"))]):
            raise NotUnderstoodError("takes some images out of the batch")
        return x
    if stop <= start:
        raise NotUnderstoodError("takes nothing")
    return _cut(t, x, dim, start, stop, int(a.get("step") or 1))


def _bound(value: Any, size: int, default: int) -> int:
    if value is None:
        return default
    number = int(value)
    return max(0, number + size) if number < 0 else min(number, size)


def narrow(t: Translator, a: Arguments) -> Value:
    """A stretch of an axis."""
    x, dim = _whole(t, a)
    if dim == 0:
        raise NotUnderstoodError("takes some images out of the batch")
    start = _bound(a["start"], t.sizes(x)[dim - 1], 0)
    if int(a["length"]) == t.sizes(x)[dim - 1] and x.axes[dim - 1] is not None and not x.stretched:
        # unlike x[:], which is x, an operation of its own
        word = axis_word(t, x, dim)
        return t.same(x, "slice", {"axis": None if word == "channels" else word})
    return _cut(t, x, dim, start, start + int(a["length"]))


def select(t: Translator, a: Arguments) -> Value:
    """x[:, i]: one position, the axis gone."""
    x, dim = _whole(t, a)
    if dim == 0:
        raise NotUnderstoodError("takes one image out of the batch")
    return _picked(t, x, dim, int(a["index"]) % t.sizes(x)[dim - 1], t.result())


def _picked(t: Translator, x: Map, dim: int, index: int, shape: Shape) -> Map:
    """One position of an axis, the axis gone."""
    part = t.plain(_cut(t, x, dim, index, index + 1))
    kind, fields = ("flatten", None) if len(shape) == 1 else ("reshape", {"shape": list(shape)})
    return plain(t.emit(kind, fields, (part,), shape), len(shape))


def pieces(t: Translator, a: Arguments) -> Value:
    """chunk, split, tensor_split: slices side by side."""
    x, dim = _whole(t, a)
    if dim == 0:
        raise NotUnderstoodError("splits the batch")
    start, found = 0, []
    used = {node.args[1] for node in t.node.users}
    for index, value in enumerate(t.node.meta["val"]):
        length = int(value.shape[dim])
        found.append(_cut(t, x, dim, start, start + length) if index in used else None)
        start += length
    return tuple(found)


def cat(t: Translator, a: Arguments) -> Value:
    """Maps one after the other."""
    values = [value for value in a["tensors"] if not (isinstance(value, Weight) and value.shape == (0,))]
    if any(isinstance(value, Weight) for value in values):
        raise NotUnderstoodError(
            "joins a map with weights (a class token, say), which has no counterpart in the language"
        )
    maps = [t.map(value) for value in values]
    if len(maps) == 1:
        return maps[0]
    dim = int(a["dim"]) % (len(maps[0].axes) + 1)
    if dim == 0:
        raise NotUnderstoodError("joins along the batch")
    if len({one.axes for one in maps}) > 1 or maps[0].axes[dim - 1] is None or any(one.stretched for one in maps):
        maps = [plain(t.plain(one), len(one.axes)) for one in maps]
    word = axis_word(t, maps[0], dim)
    axis = maps[0].axes[dim - 1] or 0
    shapes = [t.shape(one.ref) for one in maps]
    joined = (*shapes[0][:axis], sum(shape[axis] for shape in shapes), *shapes[0][axis + 1 :])
    fields = {"axis": None if word == "channels" else word}
    return maps[0]._replace(ref=t.emit("concat", fields, tuple(one.ref for one in maps), joined))


def stack(t: Translator, a: Arguments) -> Value:
    """Maps as the members of a new axis."""
    maps = [t.map(value) for value in a["tensors"]]
    place = int(a["dim"])
    place = place + len(maps[0].axes) + 2 if place < 0 else place
    if place == 0:
        raise NotUnderstoodError("moves the batch away from the first axis")
    shape = t.result()
    if len(shape) > 4:
        raise NotUnderstoodError(f"makes a map of {len(shape) - 1} axes; the language knows up to 3")
    if place == 1:
        refs = tuple(t.plain(one) for one in maps)
        joined = (len(refs) * shape[1], *shape[2:])
        return t.give("reshape", {"shape": list(shape)}, (t.emit("concat", None, refs, joined),))
    ones = (*shape[: place - 1], 1, *shape[place:])
    refs = tuple(t.emit("reshape", {"shape": list(ones)}, (t.plain(one),), ones) for one in maps)
    return t.give("concat", {"axis": AXES[len(shape) - 1][place - 2]}, refs)


def unbind(t: Translator, a: Arguments) -> Value:
    """The positions of an axis one by one, without the axis."""
    x, dim = _whole(t, a)
    if dim == 0:
        raise NotUnderstoodError("splits the batch")
    used = {node.args[1] for node in t.node.users}
    shape = tuple(int(size) for size in t.node.meta["val"][0].shape[1:])
    return tuple(_picked(t, x, dim, index, shape) if index in used else None for index in range(t.sizes(x)[dim - 1]))


SIDES = (("left", "right"), ("top", "bottom"), ("front", "back"))
"""The ends of each axis, the last axis first."""


def pad(t: Translator, a: Arguments) -> Value:
    """F.pad: zeros or a value, reflected, repeated, around."""
    x = t.map(a["self"])
    amounts = [int(amount) for amount in a["pad"]]
    axes = len(x.axes) - 1
    outer = amounts[2 * axes :]
    value = a.get("value") or 0
    if any(outer):
        if any(outer[2:]) or not axes:
            raise NotUnderstoodError("pads the batch, or a vector")
        x = _wider(t, x, outer[0], outer[1], value)
    amounts = amounts[: 2 * axes]
    for place, (low, high) in enumerate(zip(amounts[::2], amounts[1::2], strict=True)):
        if low < 0 or high < 0:
            # a negative amount cuts off
            dim = len(x.axes) - place
            x = _cut(t, x, dim, max(-low, 0), t.sizes(x)[dim - 1] - max(-high, 0))
    amounts = [max(amount, 0) for amount in amounts]
    if not any(amounts):
        return x
    sides: dict[str, int] = {}
    for (before, after), one, two in zip(SIDES, amounts[::2], amounts[1::2], strict=False):
        sides |= {before: one, after: two}
    pairs = list(zip(amounts[::2], amounts[1::2], strict=True))[:axes]
    even = len(pairs) == axes and all(one == two for one, two in pairs)
    amount = short([one for one, _ in reversed(pairs)], axes) if even else {k: v for k, v in sides.items() if v}
    mode = {"constant": None}.get(a.get("mode") or "constant", a.get("mode"))
    fields = {"amount": amount, "mode": "constant" if mode is None and value else mode, "value": value or None}
    return t.give("pad", fields, (t.plain(x),))


def _wider(t: Translator, x: Map, before: int, after: int, value: float) -> Map:
    """Further channels of one value: padding while the channels stand in the place of the first side."""
    if before < 0 or after < 0:
        return _cut(t, plain(t.plain(x), len(x.axes)), 1, max(-before, 0), t.sizes(x)[0] - max(-after, 0))
    ref = t.plain(x)
    channels, first, *others = t.shape(ref)
    order = [1, 0, *range(2, len(others) + 2)]
    turned = t.emit("permute", {"order": order}, (ref,), (first, channels, *others))
    first_side, last_side = SIDES[len(others)]
    amount = {side: count for side, count in ((first_side, before), (last_side, after)) if count}
    fields = {"amount": amount, "mode": "constant" if value else None, "value": value or None}
    padded = t.emit("pad", fields, (turned,), (first, channels + before + after, *others))
    shape = (channels + before + after, first, *others)
    return plain(t.emit("permute", {"order": order}, (padded,), shape), len(shape))


def upsample(t: Translator, a: Arguments) -> Value:
    """F.interpolate."""
    name = t.node.target._schema.name.partition("::")[2]
    mode = "nearest" if "nearest" in name else "bicubic" if "bicubic" in name else None
    mode = mode or "bilinear"
    x = t.plain(a.first)
    if a.get("align_corners"):
        t.notes["interpolation with align_corners is written without: sizes, counts and bytes are the same"] = None
    before, after = t.shape(x)[1:], t.result()[1:]
    whole = all(new % old == 0 for old, new in zip(before, after, strict=True))
    factor = short([new // old for old, new in zip(before, after, strict=True)], len(before)) if whole else None
    size = None if whole else short(after, len(after))
    return t.give("upsample", {"factor": factor, "size": size, "mode": None if mode == "nearest" else mode}, (x,))


def pixel_shuffle(t: Translator, a: Arguments) -> Value:
    """Channels become positions."""
    return t.give("pixel_shuffle", {"factor": int(a["upscale_factor"])}, (t.plain(a.first),))


def pixel_unshuffle(t: Translator, a: Arguments) -> Value:
    """Positions become channels."""
    return t.give("pixel_unshuffle", {"factor": int(a["downscale_factor"])}, (t.plain(a.first),))


_UPSAMPLED = ("nearest1d", "nearest2d", "nearest3d", "linear1d", "bilinear2d", "trilinear3d", "bicubic2d")

RULES: dict[str, Rule] = {
    **dict.fromkeys(("contiguous", "clone", "alias", "detach", "to", "_to_copy", "lift_fresh_copy", "identity"), same),
    **dict.fromkeys(("view", "reshape", "_unsafe_view", "flatten", "unflatten", "squeeze", "view_copy"), view),
    "unsqueeze": unsqueeze,
    "permute": permute,
    "transpose": transpose,
    "movedim": movedim,
    "moveaxis": movedim,
    "expand": expand,
    "expand_as": expand,
    "slice": slice_,
    "narrow": narrow,
    "select": select,
    **dict.fromkeys(("chunk", "split", "split_with_sizes", "tensor_split"), pieces),
    "cat": cat,
    "concat": cat,
    "stack": stack,
    "unbind": unbind,
    "pad": pad,
    "constant_pad_nd": pad,
    "channel_shuffle": shuffle,
    "pixel_shuffle": pixel_shuffle,
    "pixel_unshuffle": pixel_unshuffle,
    **{f"upsample_{name}": upsample for name in _UPSAMPLED},
}
