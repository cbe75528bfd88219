"""Layers that torch makes of several operations: each is recognised from its last one, back to the map that it reads.

What is one function or one module in torch holds its input until it returns, and so does a layer. Where the same
arithmetic is written out in the open, as a forward pass may do, it stays the several layers that it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

from cnncalc.importers.maps import Map, plain
from cnncalc.importers.torch.arguments import Arguments
from cnncalc.importers.torch.rules import splits
from cnncalc.importers.torch.rules.layout import SIDES
from cnncalc.importers.torch.rules.local import local_norm
from cnncalc.importers.torch.rules.nodes import given, name, through
from cnncalc.importers.torch.rules.windows import pool, short, surroundings, window
from cnncalc.importers.torch.translate import Composites, Translator
from cnncalc.importers.torch.values import Value, Weight
from cnncalc.layers.fields import expand


def _map(t: Translator, node: Any) -> Map | None:
    """The map that an operation gave; None where it is none."""
    value = t.values.get(node)
    return value if isinstance(value, Map) and not value.stretched else None


def _weight(t: Translator, node: Any, rank: int) -> Weight | None:
    """A parameter as it is, with so many axes; else None."""
    value = t.values.get(node)
    return value if isinstance(value, Weight) and not value.made and len(value.shape) == rank else None


# -- poolings ----------------------------------------------------------------------------------------------------------


def power_pool(t: Translator, node: Any) -> Value | None:
    """`pow`: (sign(m) * relu(abs(m)) * n)^(1/p) of the mean m of x^p, as F.lp_pool writes it."""
    product = through(node, "pow", 0)
    signed = through(product, "mul", 0)
    mean = through(through(signed, "mul", 0), "sign", 0)
    if mean is None or through(through(through(signed, "mul", 1), "relu", 0), "abs", 0) is not mean:
        return None
    power: Any = mean.args[0] if name(mean).startswith("avg_pool") else None
    source = through(power, "pow", 0)
    x = _map(t, source)
    if x is None or abs(node.args[1] * power.args[1] - 1) > 1e-9:
        return None
    a = Arguments(mean, lambda value: value)
    if any(a["padding"]) or product.args[1] != prod(expand(tuple(a["kernel_size"]), len(t.sizes(x)) - 1)):
        return None
    t.forget(node, source)
    p = power.args[1]
    ref = t.plain(x)
    fields = window(t, a, ref) | {"p": None if p == 2 else p}
    return pool(t, "lppool", fields, ref, word=False)


def real_mean(t: Translator, node: Any) -> Value | None:
    """`div`: a mean over zeros and map, divided by the same mean of ones: padding does not count."""
    if len(node.args) < 2 or not all(name(one).startswith("avg_pool") for one in node.args[:2]):
        return None
    mean, share = node.args[:2]
    pads = [through(one.args[0], "pad", 0, whole=True) for one in (mean, share)]
    if None in pads or mean.args[1:] != share.args[1:] or pads[0].args[1:] != pads[1].args[1:]:
        return None
    source, ones = (pad.args[0] for pad in pads)
    x, padded = _map(t, source), _map(t, pads[0])
    if x is None or padded is None or name(ones) not in ("ones_like", "ones", "new_ones"):
        return None
    t.forget(node, source)
    a = Arguments(mean, lambda value: value)
    fields = window(t, a, padded.ref) | {"count_include_pad": False}
    return pool(t, "avgpool", fields, padded.ref, always=True, word=not a["ceil_mode"])


def trimmed(t: Translator, node: Any) -> Value | None:
    """`slice` or `narrow`, in the module of a window: the ends that its padding takes from the result."""
    x, dim = _map(t, node.args[0]), given(node, 1, 0)
    if x is None or x.ref < 0 or dim < 2 or x.axes != tuple(range(len(x.axes))) or not t.leaf():
        return None
    step = t.steps[x.ref]
    if step.scope != t.scope(node) or len(node.args[0].users) > 1:
        return None
    shape, size = t.result(), step.shape[dim - 1]
    start = given(node, 2) or 0
    if step.kind == "transposed_conv" and type(step.fields.get("padding", {})) is dict:
        first, last = SIDES[len(shape) - dim]
        ends = {first: start, last: size - start - shape[dim - 1]}
        padding = step.fields.get("padding", {}) | {side: amount for side, amount in ends.items() if amount}
        fields = step.fields | ({"padding": padding} if padding else {})
    elif step.fields.get("ceil_mode") and step.fields.get("padding") and start == 0:
        fields = step.fields
    else:
        return None
    t.steps[x.ref] = step._replace(fields=fields, shape=shape)
    return x


def centred(t: Translator, node: Any) -> Value | None:
    """`slice` or `narrow` of the last axis, after one of each other spatial axis: the middle of a map."""
    x, how = node, []
    for dim in range(len(node.meta["val"].shape) - 1, 1, -1):
        if (
            name(x) != name(node)
            or given(x, 1, 0) != dim
            or (x is not node and len(x.users) > 1)
            or given(x, 4, 1) != 1
        ):
            return None
        how.append((given(x, 2) or 0, x.meta["val"].shape[dim]))
        x = x.args[0]
    source = _map(t, x)
    # a single slice is one
    if source is None or len(how) < 1 + (name(node) == "slice"):
        return None
    sizes = t.sizes(source)[1:]
    if any(start != (size - length) // 2 for size, (start, length) in zip(sizes, reversed(how), strict=True)):
        return None
    t.forget(node, x)
    return t.give("crop", {"size": short([length for _, length in reversed(how)], len(sizes))}, (t.plain(source),))


def cut(t: Translator, node: Any) -> Value | None:
    """`slice` or `narrow`."""
    found = trimmed(t, node)
    return found if found is not None else centred(t, node)


def _dims(node: Any) -> list[int]:
    """The axes of a reduction; none where it is something else (max of two maps) or keeps the axes."""
    dims = given(node, 1)
    plain_ = [dims] if isinstance(dims, int) else dims if isinstance(dims, list | tuple) else []
    return [] if given(node, 2) or node.kwargs else [int(dim) for dim in plain_]


def depth_pool(t: Translator, node: Any) -> Value | None:
    """`amax` or `mean`: over windows of channels."""
    windows = node.args[0]
    if name(windows) != "unfold" or name(node) == "max":
        return None
    source, axis, kernel, stride = windows.args
    x = _map(t, source)
    if x is None or len(x.axes) < 2 or axis not in (1, -len(x.axes)) or _dims(node) not in ([-1], [len(x.axes) + 1]):
        return None
    t.forget(node, source)
    mode = None if name(node) == "amax" else "average"
    fields = {"kernel": kernel, "stride": None if stride == kernel else stride, "mode": mode}
    return t.give("depth_pool", fields, (t.plain(x),))


def maxout(t: Translator, node: Any) -> Value | None:
    """`amax` or `max` over the second of the axes [C / pieces, pieces] into which the channels were split."""
    split = node.args[0]
    x = _map(t, split.args[0]) if name(split) in ("unflatten", "view", "reshape") else None
    if x is None or _dims(node) != [2]:
        return None
    channels, *sides = t.sizes(x)
    _, groups, *rest = (int(size) for size in split.meta["val"].shape)
    if not rest or (groups * rest[0], *rest[1:]) != (channels, *sides):
        return None
    t.forget(node, split.args[0])
    layer = plain(t.emit("maxout", {"pieces": rest[0]}, (t.plain(x),), (groups, *sides)), len(sides) + 1)
    return layer if name(node) == "amax" else (layer, None)


def reduced(t: Translator, node: Any) -> Value | None:
    """`amax`, `max` and `mean`."""
    found = maxout(t, node) if name(node) != "mean" else None
    return found if found is not None else depth_pool(t, node)


def quotient(t: Translator, node: Any) -> Value | None:
    """`div`."""
    found = local_norm(t, node)
    return found if found is not None else real_mean(t, node)


# -- weights -----------------------------------------------------------------------------------------------------------


def squared_distances(t: Translator, node: Any) -> Value | None:
    """`sum`: of (x - centres)^2 over x's numbers, for every centre."""
    square = through(node, "sum", 0)
    if square is None or node.args[1] not in ([2], [-1]) or len(node.args) > 2:
        return None
    if (name(square) == "pow" and square.args[1] != 2) or name(square) not in ("square", "pow"):
        return None
    difference = square.args[0]
    source = through(through(difference, "sub", 0), "unsqueeze", 0)
    x, centres = _map(t, source), _weight(t, difference.args[1], 2) if source is not None else None
    if x is None or centres is None or difference.args[0].args[1] != 1 or len(x.axes) != 1:
        return None
    t.forget(node, source)
    return t.give("rbf", {"units": centres.shape[0]}, (t.plain(x),), (centres,))


def connected(t: Translator, node: Any) -> Value | None:
    """`cat`: of convolutions with one filter each, which takes some channels and a stretch of one weight."""
    if given(node, 1, 0) != 1 or not node.args[0] or not all(name(one).startswith("conv") for one in node.args[0]):
        return splits.phases(t, node)
    parts = [_part(t, one) for one in node.args[0]]
    first = parts[0]
    if first is None or any(part is None or part[1:] != first[1:] for part in parts):
        return None
    source, weight, bias, how = first[1:]
    x = _map(t, source)
    pieces = [one.args[1].args[0].args for one in node.args[0]]
    if x is None or [index for _, index in pieces] != list(range(len(parts))):
        return None
    table = [list(part[0]) for part in parts if part is not None]
    if [len(row) for row in table] != list(pieces[0][0].args[1]):
        return None
    axes = len(weight.shape) - 1
    stride, padding, dilation = how
    if any(padding):
        return None
    ref, sides, mode = surroundings(t, t.plain(x), weight.shape[1:], stride, dilation)
    t.forget(node, source)
    fields = {
        "filters": len(table),
        "kernel": short(weight.shape[1:], axes),
        "stride": short(stride, axes, 1),
        "padding": sides,
        "dilation": short(dilation, axes, 1),
        "bias": None if bias is not None else False,
        "padding_mode": mode,
        "connections": table,
    }
    return t.give("conv", fields, (ref,), (weight, bias))


_Part = tuple[Sequence[int], Any, Weight, Weight | None, tuple[Any, Any, Any]]


def _part(t: Translator, node: Any) -> _Part | None:
    """One convolution of a connection table: its channels, their map, the whole weight and bias, and how it runs."""
    a = Arguments(node, lambda value: value)
    seen = through(a["input"], "index", 0, whole=True)
    piece = through(through(a["weight"], "unsqueeze", 0), "getitem", 0, whole=True)
    whole = through(through(piece, "getitem", 0), "split", 0)
    weight = _weight(t, whole, len(node.meta["val"].shape) - 1)
    if seen is None or weight is None or a["groups"] != 1:
        return None
    places = seen.args[1]
    if len(places) != 2 or places[0] is not None or places[1] not in t.traced.tables:
        return None
    bias = None
    if a["bias"] is not None:
        bias = _weight(t, through(through(a["bias"], "getitem", 0), "split", 0), 1)
        if bias is None:
            return None
    how = tuple(a[key] for key in ("stride", "padding", "dilation"))
    return t.traced.tables[places[1]], seen.args[0], weight, bias, how


def unshared(t: Translator, node: Any) -> Value | None:
    """`unflatten`: patches of a map, times the weights of their place (bmm), laid out as a map."""
    found = _patches(t, node)
    if found is None:
        return None
    source, weight, fields = found
    t.forget(node, source)
    return t.give("locally_connected", fields | {"bias": False}, (t.plain(t.values[source]),), (weight,))


def _patches(t: Translator, node: Any) -> tuple[Any, Weight, dict[str, Any]] | None:
    """The map that an unshared convolution reads, its weight and its window."""
    product = through(through(node, "unflatten", 0), "permute", 0)
    if product is None or name(product) != "bmm" or node.args[0].args[1] != [1, 2, 0]:
        return None
    windows, whole = product.args
    turned = through(whole, "permute", 1)
    while name(windows) in ("flatten", "permute"):
        windows = windows.args[0]
    while name(whole) in ("flatten", "permute"):
        whole = whole.args[0]
    kernel: list[int] = []
    stride: list[int] = []
    source = windows
    while name(source) == "unfold":
        kernel.insert(0, source.args[2])
        stride.insert(0, source.args[3])
        source = source.args[0]
    axes = len(kernel)
    x, weight = _map(t, source), _weight(t, whole, 2 + 2 * axes)
    shape = tuple(int(size) for size in node.meta["val"].shape[1:])
    if x is None or weight is None or len(x.axes) != axes + 1 or turned != [2, 1, 0]:
        return None
    if weight.shape != (shape[0], t.sizes(x)[0], *kernel, *shape[1:]):
        return None
    fields = {"filters": shape[0], "kernel": short(kernel, axes), "stride": short(stride, axes, 1)}
    return source, weight, fields


def shared(t: Translator, node: Any) -> Value | None:
    """`add`: a product and a bias with the weights of an earlier scale or unshared convolution, which has both."""
    first, second = given(node, 0), given(node, 1)
    bias = t.values.get(second)
    if first not in t.refused or not isinstance(bias, Weight) or bias.made or len(node.args) > 2:
        return None
    patches = _patches(t, first)
    source, weight = patches[:2] if patches is not None else (given(first, 0), t.values.get(given(first, 1)))
    x = _map(t, source)
    if x is None or not isinstance(weight, Weight) or weight.made or (patches is None and name(first) != "mul"):
        return None
    owner = t.owner(weight)
    if owner is None or owner.kind not in ("scale", "locally_connected") or t.owner(bias) is not owner:
        return None
    t.forget(node, source)
    if owner.kind == "scale":
        return t.same(x, "scale", owner.fields, (weight, bias))
    return t.give(owner.kind, owner.fields, (t.plain(x),), (weight, bias))


def total(t: Translator, node: Any) -> Value | None:
    """`add`."""
    found = shared(t, node)
    return found if found is not None else mixture(t, node)


def mixture(t: Translator, node: Any) -> Value | None:
    """`add`, in a module of its own: transform * gate + x * (1 - gate)."""
    if not t.leaf() or len(node.args) < 2 or any(name(one) != "mul" for one in node.args[:2]):
        return None
    (transform, gate), (carried, rest) = (one.args for one in node.args[:2])
    if name(rest) != "rsub" or rest.args[:2] != (gate, 1):
        return None
    maps = [_map(t, one) for one in (transform, gate, carried)]
    known = [one for one in maps if one is not None]
    if len(known) < 3 or len({t.sizes(one) for one in known}) > 1:
        return None
    return t.give("highway", None, tuple(t.plain(one) for one in known))


COMPOSITES: Composites = {
    "add": total,
    "amax": reduced,
    "cat": connected,
    "div": quotient,
    "max": reduced,
    "mean": reduced,
    "narrow": cut,
    "pow": power_pool,
    "slice": cut,
    "sum": squared_distances,
    "unflatten": unshared,
}
