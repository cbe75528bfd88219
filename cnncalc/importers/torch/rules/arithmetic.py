"""Sums, products, means and maxima; with maps, weights, numbers and drawn masks."""

from __future__ import annotations

from math import prod
from typing import Any

from cnncalc.core.shapes import Shape
from cnncalc.importers.maps import SUMMED, Map, plain
from cnncalc.importers.torch.arguments import Arguments, NotUnderstoodError
from cnncalc.importers.torch.rules.pointwise import dropped
from cnncalc.importers.torch.rules.weights import learned
from cnncalc.importers.torch.translate import Rule, Translator
from cnncalc.importers.torch.values import Noise, Value, Weight


def _number(value: Any) -> float | None:
    return None if isinstance(value, bool) or not isinstance(value, int | float) else value


def add(t: Translator, a: Arguments) -> Value:
    """A + b: two maps, a map and a number, a map and weights."""
    one, two, alpha = a["self"], a["other"], a.get("alpha", 1)
    number = _number(two)
    if isinstance(one, Noise) or isinstance(two, Noise):
        if isinstance(one, Noise) and number is not None:
            return one._replace(kept=number * alpha)
        if isinstance(two, Noise) and isinstance(one, int | float):
            return two._replace(kept=one)
        raise NotUnderstoodError("adds drawn numbers")
    if number is not None:
        return _rescaled(t, t.map(one), 1, number * alpha)
    if isinstance(one, Weight) or isinstance(two, Weight):
        if alpha != 1:
            raise NotUnderstoodError(f"adds {alpha:g} times weights, which has no counterpart in the language")
        x, weight = (two, one) if isinstance(one, Weight) else (one, two)
        return _shifted(t, t.map(x), learned(t, weight))
    first, second = t.map(one), t.map(two)
    return _joined(t, "add", first, second if alpha == 1 else _times(t, second, alpha))


_NEGATED = (
    "a difference of two maps is written as the sum with one of them rescaled: the values, sizes, counts and saved bytes "
    "are the same, the peak can be higher and the arithmetic is one product per number more"
)


def _times(t: Translator, x: Map, factor: float) -> Map:
    """A map that is added after a multiplication, which torch does in one operation."""
    y = t.same(x, "rescale", {"factor": factor})
    t.remark(_NEGATED)
    return y


def _difference(t: Translator, one: Any, two: Any, alpha: float) -> Value:
    if isinstance(two, Weight):
        return _shifted(t, t.map(one), learned(t, two._replace(made=True)))
    if isinstance(one, Weight):
        return _shifted(t, _rescaled(t, t.map(two), -alpha, 0), learned(t, one))
    return _joined(t, "add", t.map(one), _times(t, t.map(two), -alpha))


def subtract(t: Translator, a: Arguments) -> Value:
    """A map minus a number or a map."""
    number, alpha = _number(a["other"]), a.get("alpha", 1)
    if number is None:
        return _difference(t, a["self"], a["other"], alpha)
    return _rescaled(t, t.map(a["self"]), 1, -number * alpha)


def reversed_subtract(t: Translator, a: Arguments) -> Value:
    """A number minus a map; with a map the other way round."""
    number, alpha = _number(a["other"]), a.get("alpha", 1)
    if number is None:
        return _difference(t, a["other"], a["self"], alpha)
    return _rescaled(t, t.map(a["self"]), -alpha, number)


def negate(t: Translator, a: Arguments) -> Value:
    """Minus a map."""
    return _rescaled(t, t.map(a["self"]), -1, 0)


def multiply(t: Translator, a: Arguments) -> Value:
    """A * b: two maps, a map and a number, a map and weights, a map and a mask."""
    one, two = a["self"], a["other"]
    if isinstance(one, Noise) and isinstance(two, Noise):
        raise NotUnderstoodError("multiplies drawn numbers")
    if isinstance(one, Noise) or isinstance(two, Noise):
        x, noise = (two, one) if isinstance(one, Noise) else (one, two)
        return noise if _number(x) is not None else dropped(t, t.map(x), noise)
    for x, factor in ((one, _number(two)), (two, _number(one))):
        if factor is not None:
            return _rescaled(t, t.map(x), factor, 0)
    if isinstance(one, Weight) or isinstance(two, Weight):
        x, weight = (two, one) if isinstance(one, Weight) else (one, two)
        return _scaled(t, t.map(x), learned(t, weight))
    return _product(t, t.map(one), t.map(two))


def divide(t: Translator, a: Arguments) -> Value:
    """A map divided by a number; a map by its local response."""
    one, two = a["self"], a["other"]
    number = _number(two)
    if isinstance(one, Noise) and number is not None:
        return one
    if number is not None and a.get("rounding_mode") is None:
        return _rescaled(t, t.map(one), 1 / number, 0)
    if isinstance(two, Weight):
        return _scaled(t, t.map(one), learned(t, two._replace(made=True)))
    raise NotUnderstoodError("divides a map by a map, which has no counterpart in the language")


def maximum(t: Translator, a: Arguments) -> Value:
    """The larger of two maps."""
    return _joined(t, "maximum", t.map(a["self"]), t.map(a["other"]))


def _rescaled(t: Translator, x: Map, factor: float, offset: float) -> Map:
    if factor == 1 and offset == 0:
        return x
    before = t.steps[x.ref] if x.ref >= 0 else None
    if (
        before is not None
        and before.kind == "rescale"
        and "offset" not in before.fields
        and factor == 1
        and t.only_reader()
    ):
        return t.extend(x, {"offset": offset})
    fields = {"factor": None if factor == 1 else factor, "offset": offset or None}
    return t.same(x, "rescale", fields)


_SPREAD = (
    "a map of one position that is added to a larger one is spread over it by an upsample: the values, sizes and counts "
    "are the same, the peak can be higher"
)


def _joined(t: Translator, kind: str, one: Map, two: Map) -> Map:
    """Two maps of equal shape, or one of them with a single position where the other has more."""
    one, two = (x._replace(stretched=False) for x in (one, two))
    if t.sizes(one) != t.sizes(two):
        one, two = (_spread(t, x, other) for x, other in ((one, two), (two, one)))
    if one.axes != two.axes:
        one, two = (plain(t.plain(x), len(x.axes)) for x in (one, two))
    return one._replace(ref=t.emit(kind, None, (one.ref, two.ref), t.shape(one.ref)))


def _spread(t: Translator, x: Map, other: Map) -> Map:
    """A map over the positions of another one. Raises NotUnderstoodError where more than positions would be spread."""
    own, sizes = t.sizes(x), t.sizes(other)
    if len(own) != len(sizes) or len(own) < 2:
        raise NotUnderstoodError("joins maps of different ranks")
    whole = tuple(max(pair) for pair in zip(own, sizes, strict=True))
    if own == whole:
        return x
    ref = t.plain(x)
    if own[0] != whole[0] or any(size not in (1, large) for size, large in zip(own, whole, strict=True)):
        raise NotUnderstoodError("spreads channels in a sum, which the language knows for products only")
    spread = t.emit("upsample", {"size": list(whole[1:])}, (ref,), whole)
    t.remark(_SPREAD)
    return plain(spread, len(whole))


def _product(t: Translator, one: Map, two: Map) -> Map:
    """Two maps; axes of size 1 are spread, and a vector [C] over a map."""
    first, second = (x._replace(stretched=False) for x in (one, two))
    if first.axes != second.axes:
        for x, other in ((first, second), (second, first)):
            # a vector [C, 1, 1] is spread over C channels by the layer itself
            spread = [axis for axis in other.axes if axis is not None] == [0] and len(t.shape(other.ref)) == 1
            aligned = len(x.axes) == len(other.axes) and None not in x.axes and x.axes.index(0) == other.axes.index(0)
            if spread and aligned:
                channels, *sides = t.shape(x.ref)
                shape = (max(channels, *t.shape(other.ref)), *sides)
                return x._replace(ref=t.emit("multiply", None, (first.ref, second.ref), shape))
        first, second = (plain(t.plain(x), len(x.axes)) for x in (first, second))
    shapes = t.shape(first.ref), t.shape(second.ref)
    if len(shapes[0]) != len(shapes[1]):
        raise NotUnderstoodError("multiplies maps with different numbers of axes")
    shape = tuple(max(pair) for pair in zip(*shapes, strict=True))
    return first._replace(ref=t.emit("multiply", None, (first.ref, second.ref), shape))


# -- weights -----------------------------------------------------------------------------------------------------------


def _per(t: Translator, x: Map, weight: Weight) -> tuple[Map, str | None]:
    """How a weight meets a map: one number per channel (None), for the whole layer, or one for every number."""
    sizes = tuple(weight.shape)
    while sizes and sizes[0] == 1 and len(sizes) > 1:
        sizes = sizes[1:]
    if all(size == 1 for size in sizes):
        return x, "layer"
    places = [len(x.axes) - len(sizes) + index for index, size in enumerate(sizes) if size != 1]
    if places and places[0] >= 0 and len(places) == 1 and x.axes[places[0]] == 0:
        return x, None
    shape = t.shape(x.ref)
    if len(x.axes) == len(shape) and (1,) * (len(shape) - len(sizes)) + sizes == t.sizes(x):
        if x.axes != tuple(range(len(shape))):
            x = plain(t.plain(x), len(x.axes))
        return x, "number"
    raise NotUnderstoodError(
        f"combines a map with weights of {'x'.join(map(str, weight.shape))}, which have no counterpart"
    )


def _scaled(t: Translator, x: Map, weight: Weight) -> Map:
    if x.stretched:
        raise NotUnderstoodError("works on an expanded map")
    x, per = _per(t, x, weight)
    return t.same(x, "scale", {"per": per}, (weight,))


def _shifted(t: Translator, x: Map, weight: Weight) -> Map:
    """Plus weights: the offset of the scale just before, if it has none, else a layer of its own."""
    if x.stretched:
        raise NotUnderstoodError("works on an expanded map")
    x, per = _per(t, x, weight)
    before = t.steps[x.ref] if x.ref >= 0 else None
    bare = before is not None and before.kind == "scale" and before.share is None and "bias" not in before.fields
    if before is not None and bare and before.fields.get("per") == per and t.only_reader():
        return t.extend(x, {"bias": True}, weight)
    own = before is not None and before.kind == "locally_connected" and before.scope == t.scope(t.node) and t.leaf()
    if before is not None and own and before.fields["bias"] is False and weight.shape == before.shape:
        return t.extend(x, {"bias": True}, weight)
    return t.same(x, "scale", {"weight": False, "bias": True, "per": per}, (weight,))


# -- reductions --------------------------------------------------------------------------------------------------------


def _axes(x: Map, dims: Any) -> tuple[int, ...]:
    """The layer's axes that a reduction runs over."""
    count = len(x.axes) + 1
    listed = [dims] if isinstance(dims, int) else list(dims or range(count))
    numbers = sorted({int(dim) % count for dim in listed})
    if 0 in numbers:
        raise NotUnderstoodError("reduces over the batch")
    found = [x.axes[number - 1] for number in numbers]
    return tuple(sorted(axis for axis in found if axis is not None))


def _reduced(t: Translator, a: Arguments, kind: str, mode: str, dims: Any) -> Map:
    x = t.map(a["self"])
    if x.stretched:
        raise NotUnderstoodError("works on an expanded map")
    axes, keep = _axes(x, dims), bool(a.get("keepdim"))
    shape = t.shape(x.ref)
    if axes == tuple(range(1, len(shape))) and axes:
        return _global(t, x, f"global_{kind}", keep, dims)
    if axes == (0,) and len(shape) > 1:
        fields = {"kernel": shape[0], "mode": None if mode == "max" else mode}
        ref = t.emit("depth_pool", fields, (t.plain(x),), (1, *shape[1:]))
        return _dropped(t, plain(ref, len(shape)), keep)
    if axes and 0 not in axes:
        kernel = [shape[axis] if axis in axes else 1 for axis in range(1, len(shape))]
        pooled = tuple(1 if axis in axes else size for axis, size in enumerate(shape))
        return _dropped(t, plain(t.emit(kind, {"kernel": kernel}, (t.plain(x),), pooled), len(shape)), keep)
    raise NotUnderstoodError("reduces over channels and positions at once, which has no counterpart in the language")


def _global(t: Translator, x: Map, kind: str, keep: bool, dims: Any) -> Map:
    shape: Shape = t.shape(x.ref)
    if not keep:
        return plain(t.emit(kind, None, (x.ref,), shape[:1]), 1)
    ref = t.emit(kind, {"keepdims": True}, (x.ref,), (shape[0], *(1 for _ in shape[1:])))
    return x._replace(ref=ref)


def _dropped(t: Translator, x: Map, keep: bool) -> Map:
    """Without the axes of size 1 that a reduction leaves, unless they are kept."""
    shape = t.result()
    if keep or shape == t.sizes(x):
        return x
    fields = None if len(shape) == 1 else {"shape": list(shape)}
    return plain(t.emit("reshape" if fields else "flatten", fields, (x.ref,), shape), len(shape))


def mean(t: Translator, a: Arguments) -> Value:
    """Over all positions: global pooling; over channels: depth pooling; over one side: a pooling as long as the side."""
    return _reduced(t, a, "avgpool", "average", a.get("dim"))


def sum_(t: Translator, a: Arguments) -> Value:
    """The mean times the number of positions or channels."""
    x = t.map(a["self"])
    shape, axes = t.shape(x.ref), _axes(x, a.get("dim"))
    y = _rescaled(t, _reduced(t, a, "avgpool", "average", a.get("dim")), prod(shape[axis] for axis in axes), 0)
    t.remark(SUMMED)
    return y


def amax(t: Translator, a: Arguments) -> Value:
    """The same with the maximum."""
    return _reduced(t, a, "maxpool", "max", a.get("dim"))


def max_(t: Translator, a: Arguments) -> Value:
    """max(dim): values and indices; max(other): the larger one."""
    if a.get("other") is not None:
        return maximum(t, a)
    if a.get("dim") is None:
        raise NotUnderstoodError("takes the maximum over the batch")
    return (_reduced(t, a, "maxpool", "max", int(a["dim"])), None)


RULES: dict[str, Rule] = {
    "add": add,
    "sub": subtract,
    "subtract": subtract,
    "rsub": reversed_subtract,
    "neg": negate,
    "mul": multiply,
    "multiply": multiply,
    "div": divide,
    "true_divide": divide,
    "maximum": maximum,
    "mean": mean,
    "sum": sum_,
    "amax": amax,
    "max": max_,
}
