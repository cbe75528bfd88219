"""Operations that move numbers: views, permutations, slices, concatenation, padding, resampling."""

from __future__ import annotations

from typing import Any

from cnncalc.importers.maps import Map, plain, renamed, shuffled
from cnncalc.importers.torch.arguments import Arguments, NotUnderstoodError
from cnncalc.importers.torch.rules.pointwise import axis_word
from cnncalc.importers.torch.rules.windows import short
from cnncalc.importers.torch.translate import Rule, Translator
from cnncalc.importers.torch.values import Noise, Value, Weight


def same(t: Translator, a: Arguments) -> Value:
    """Copies and casts that change neither shape nor order."""
    result: Value = a.first
    return result


def view(t: Translator, a: Arguments) -> Value:
    """view, reshape, flatten, unflatten, squeeze: the same numbers in the same order under another shape."""
    if isinstance(a.first, Noise):
        return a.first._replace(shape=t.raw())
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
    ref = t.ordered(x).ref
    before = t.shape(ref)
    if shape == before:
        return plain(ref, len(shape))
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
    x = t.map(a["self"])
    count = len(x.axes) + 1
    return _permuted(x, [int(dim) % count for dim in a["dims"]])


def transpose(t: Translator, a: Arguments) -> Value:
    """Two axes swapped."""
    x = t.map(a["self"])
    count = len(x.axes) + 1
    one, two = (int(a[name]) % count for name in ("dim0", "dim1"))
    order = list(range(count))
    order[one], order[two] = order[two], order[one]
    return _permuted(x, order)


def _permuted(x: Map, order: list[int]) -> Map:
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
    if (start, stop, step) == (0, size, 1):
        return x
    word = axis_word(t, x, dim)
    fields = {
        "axis": None if word == "channels" else word,
        "start": start or None,
        "stop": None if stop >= size else stop,
        "step": None if step == 1 else step,
    }
    length = -(-(min(stop, size) - start) // step)
    return x._replace(ref=t.emit("slice", fields, (x.ref,), (*shape[:axis], length, *shape[axis + 1 :])))


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
    return _cut(t, x, dim, start, start + int(a["length"]))


def select(t: Translator, a: Arguments) -> Value:
    """x[:, i]: one position, the axis gone."""
    x, dim = _whole(t, a)
    if dim == 0:
        raise NotUnderstoodError("takes one image out of the batch")
    start = int(a["index"]) % t.sizes(x)[dim - 1]
    part = t.plain(_cut(t, x, dim, start, start + 1))
    shape = t.result()
    return plain(
        t.emit(
            "flatten" if len(shape) == 1 else "reshape",
            None if len(shape) == 1 else {"shape": list(shape)},
            (part,),
            shape,
        ),
        len(shape),
    )


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


_SIDES = (("left", "right"), ("top", "bottom"), ("front", "back"))


def pad(t: Translator, a: Arguments) -> Value:
    """F.pad: zeros or a value, reflected, repeated, around."""
    x = t.map(a["self"])
    amounts = [int(amount) for amount in a["pad"]]
    axes = len(x.axes) - 1
    outer = amounts[2 * axes :]
    if any(outer) or any(amount < 0 for amount in amounts):
        raise NotUnderstoodError("pads channels" if any(outer) else "pads by a negative amount, which is a crop")
    if not any(amounts):
        return x
    sides: dict[str, int] = {}
    for (before, after), one, two in zip(_SIDES, amounts[::2], amounts[1::2], strict=False):
        sides |= {before: one, after: two}
    pairs = list(zip(amounts[::2], amounts[1::2], strict=True))[:axes]
    even = len(pairs) == axes and all(one == two for one, two in pairs)
    amount = short([one for one, _ in reversed(pairs)], axes) if even else {k: v for k, v in sides.items() if v}
    value = a.get("value") or 0
    mode = {"constant": None}.get(a.get("mode") or "constant", a.get("mode"))
    fields = {"amount": amount, "mode": "constant" if mode is None and value else mode, "value": value or None}
    return t.give("pad", fields, (t.plain(x),))


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
    "expand": expand,
    "expand_as": expand,
    "slice": slice_,
    "narrow": narrow,
    "select": select,
    **dict.fromkeys(("chunk", "split", "split_with_sizes", "tensor_split"), pieces),
    "cat": cat,
    "concat": cat,
    "pad": pad,
    "constant_pad_nd": pad,
    "channel_shuffle": shuffle,
    "pixel_shuffle": pixel_shuffle,
    "pixel_unshuffle": pixel_unshuffle,
    **{f"upsample_{name}": upsample for name in _UPSAMPLED},
}
