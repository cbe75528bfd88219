"""Sums, products, maxima and means; of maps, of maps and numbers, of maps and stored tensors."""

from __future__ import annotations

from math import prod
from typing import Any

from cnncalc.importers.maps import SUMMED
from cnncalc.importers.onnx.graph import Node, Tensor
from cnncalc.importers.onnx.ops.layout import dim_of, view
from cnncalc.importers.onnx.translate import WITH_BIAS, Rule, Translator, tidied
from cnncalc.importers.onnx.values import Map, NotUnderstoodError, Value, plain


def _operands(t: Translator) -> tuple[Map, Map | Tensor, bool]:
    """The two operands, a map first; whether they have changed places."""
    one, two = t.operand(0), t.operand(1)
    if isinstance(one, Map) and isinstance(two, Map | Tensor):
        return one, two, False
    if isinstance(two, Map) and isinstance(one, Tensor):
        return two, one, True
    raise NotUnderstoodError("works on constants where a map was expected")


def _number(tensor: Tensor) -> float | None:
    """The one number that a tensor holds everywhere, unless it is stored as several or learned."""
    if tensor.learned or tensor.value is None or tensor.value.size == 0 or tensor.value.dtype.kind not in "iuf":
        return None
    if tensor.value.size > 1 and not tensor.made:
        return None
    first = tensor.value.reshape(-1)[0]
    return float(first) if bool((tensor.value == first).all()) else None


def add(t: Translator, node: Node) -> Value:
    """Two maps, a map and a number, a map and a tensor."""
    if len(node.inputs) == 1:
        return t.map()
    if len(node.inputs) > 2:
        return _joined(t, "add", [t.map(index) for index in range(len(node.inputs))])
    x, other, swapped = _operands(t)
    if isinstance(other, Map):
        return _joined(t, "add", [x, other])
    number = _number(other)
    source = node.inputs[1 if swapped else 0]
    if number is not None:
        return _rescaled(t, x, 1, number, source)
    return _shifted(t, x, other, source)


def subtract(t: Translator, node: Node) -> Value:
    """A map and a number or a tensor; a number minus a map."""
    x, other, swapped = _operands(t)
    if isinstance(other, Map):
        raise NotUnderstoodError("subtracts a map, which the language knows for numbers only")
    number = _number(other)
    if number is not None:
        return _rescaled(t, x, -1 if swapped else 1, number if swapped else -number, node.inputs[0])
    if swapped:
        raise NotUnderstoodError("subtracts a map from stored numbers, which has no counterpart in the language")
    return _shifted(t, x, other, node.inputs[0])


def multiply(t: Translator, node: Node) -> Value:
    """Two maps, a map and a number, a map and a tensor."""
    x, other, _ = _operands(t)
    if isinstance(other, Map):
        return _product(t, x, other)
    number = _number(other)
    return _scaled(t, x, other) if number is None else _rescaled(t, x, number, 0, "")


def divide(t: Translator, node: Node) -> Value:
    """A map divided by a number or a tensor."""
    x, other, swapped = _operands(t)
    if swapped or isinstance(other, Map):
        raise NotUnderstoodError("divides by a map, which has no counterpart in the language")
    number = _number(other)
    if number == 0:
        raise NotUnderstoodError("divides by 0")
    return _scaled(t, x, other) if number is None else _rescaled(t, x, 1 / number, 0, "")


def negate(t: Translator, node: Node) -> Value:
    """Minus a map."""
    return _rescaled(t, t.map(), -1, 0, "")


def maximum(t: Translator, node: Node) -> Value:
    """The largest of several maps; of a map and 0: relu."""
    if len(node.inputs) == 2 and any(isinstance(t.operand(index), Tensor) for index in (0, 1)):
        x, other, _ = _operands(t)
        if isinstance(other, Tensor) and _number(other) == 0:
            return t.same(x, "relu")
        raise NotUnderstoodError("is cut off at stored numbers, which the language knows for 0 only (relu)")
    maps = [t.map(index) for index in range(len(node.inputs))]
    return maps[0] if len(maps) == 1 else _joined(t, "maximum", maps)


def mean_of(t: Translator, node: Node) -> Value:
    """The mean of several maps."""
    maps = [t.map(index) for index in range(len(node.inputs))]
    if len(maps) == 1:
        return maps[0]
    return t.same(_joined(t, "add", maps), "rescale", {"factor": tidied(1 / len(maps))})


def _rescaled(t: Translator, x: Map, factor: float, offset: float, source: str) -> Map:
    """Times a number, plus a number; the offset of a rescale just before, if it has none, else a layer of its own."""
    factor, offset = tidied(factor), tidied(offset)
    if factor == 1 and offset == 0:
        return x
    before = t.steps[x.ref] if x.ref >= 0 else None
    alone = before is not None and before.kind == "rescale" and "offset" not in before.fields and t.only_reader(source)
    if alone and factor == 1:
        return t.extend(x, {"offset": offset})
    return t.same(x, "rescale", {"factor": None if factor == 1 else factor, "offset": offset or None})


def _joined(t: Translator, kind: str, maps: list[Map]) -> Map:
    """Maps of equal shape."""
    if len({t.sizes(one) for one in maps}) > 1 or any(one.stretched for one in maps):
        raise NotUnderstoodError("joins maps of different shapes, which the language knows for products only")
    if len({one.axes for one in maps}) > 1:
        maps = [plain(t.plain(one), len(one.axes)) for one in maps]
    return maps[0]._replace(ref=t.emit(kind, None, tuple(one.ref for one in maps)))


def _product(t: Translator, one: Map, two: Map) -> Map:
    """Two maps; axes of size 1 are spread, and a vector [C] over a map."""
    first, second = (x._replace(stretched=False) for x in (one, two))
    if first.axes != second.axes:
        for x, other in ((first, second), (second, first)):
            # a vector [C, 1, 1] is spread over C channels by the layer itself
            vector = [axis for axis in other.axes if axis is not None] == [0] and len(t.shape(other.ref)) == 1
            if (
                vector
                and None not in x.axes
                and len(x.axes) == len(other.axes)
                and x.axes.index(0) == other.axes.index(0)
            ):
                return x._replace(ref=t.emit("multiply", None, (first.ref, second.ref)))
        first, second = (plain(t.plain(x), len(x.axes)) for x in (first, second))
    if len(t.shape(first.ref)) != len(t.shape(second.ref)):
        raise NotUnderstoodError("multiplies maps with different numbers of axes")
    return first._replace(ref=t.emit("multiply", None, (first.ref, second.ref)))


# -- stored tensors ----------------------------------------------------------------------------------------------------


def _per(t: Translator, x: Map, tensor: Tensor) -> tuple[Map, str | None]:
    """How a tensor meets a map: one number per channel (None), for the whole layer, or one for every number."""
    if tensor.made:
        raise NotUnderstoodError("uses numbers that are worked out from several tensors")
    if x.stretched:
        raise NotUnderstoodError("works on an expanded map")
    sizes = tuple(tensor.dims)
    while sizes and sizes[0] == 1:
        sizes = sizes[1:]
    if prod(sizes) == 1:
        return x, "layer"
    places = [len(x.axes) - len(sizes) + index for index, size in enumerate(sizes) if size != 1]
    if len(places) == 1 and places[0] >= 0 and x.axes[places[0]] == 0:
        return x, None
    if sizes == t.sizes(x):
        return (x if x.axes == tuple(range(len(sizes))) else plain(t.plain(x), len(x.axes))), "number"
    shown = "x".join(map(str, tensor.dims))
    raise NotUnderstoodError(f"combines a map with stored numbers of {shown}, which has no counterpart in the language")


def _scaled(t: Translator, x: Map, tensor: Tensor) -> Map:
    x, per = _per(t, x, tensor)
    return t.same(x, "scale", {"per": per}, (tensor,))


def _takes_bias(t: Translator, x: Map, tensor: Tensor, source: str) -> bool:
    """Whether the step before has weights without a bias, and the tensor is one number per filter or unit."""
    before = t.steps[x.ref] if x.ref >= 0 else None
    if before is None or before.kind not in WITH_BIAS or before.fields.get("bias") is not False or x.stretched:
        return False
    axis = len(before.shape) - 1 if before.kind == "dense" and before.fields.get("axis") == "last" else 0
    size = before.shape[axis]
    place = x.axes.index(axis) - len(x.axes)
    long = [index - len(tensor.dims) for index, each in enumerate(tensor.dims) if each != 1]
    fits = prod(tensor.dims) == size and (long == [place] or (size == 1 and not long))
    return fits and not tensor.made and t.only_reader(source)


def _shifted(t: Translator, x: Map, tensor: Tensor, source: str) -> Map:
    """Plus a tensor: the bias of the layer just before, if it has none, else a layer of its own."""
    if _takes_bias(t, x, tensor, source):
        return t.extend(x, {"bias": None}, tensor)
    x, per = _per(t, x, tensor)
    before = t.steps[x.ref] if x.ref >= 0 else None
    bare = before is not None and before.kind == "scale" and "bias" not in before.fields
    if before is not None and bare and before.fields.get("per") == per and t.only_reader(source):
        return t.extend(x, {"bias": True}, tensor)
    return t.same(x, "scale", {"weight": False, "bias": True, "per": per}, (tensor,))


# -- reductions --------------------------------------------------------------------------------------------------------


def _reduction(kind: str, mode: str) -> Rule:
    def rule(t: Translator, node: Node) -> Value:
        x = t.map()
        if x.stretched:
            raise NotUnderstoodError("works on an expanded map")
        given = t.ints("axes", 1)
        if not given and t.number("noop_with_empty_axes", 0):
            return x
        dims = sorted({dim_of(x, axis) for axis in given}) if given else list(range(len(x.axes) + 1))
        if 0 in dims:
            raise NotUnderstoodError("reduces over the batch")
        pooled = _reduced(t, x, dims, kind, mode)
        if t.number("keepdims", 1):
            return pooled
        own = (t.network.batch, *t.sizes(pooled))
        return view(t, pooled, [size for dim, size in enumerate(own) if dim not in dims])

    return rule


def summed(t: Translator, node: Node) -> Value:
    """The mean times the number of positions or channels."""
    before, mean = t.map(), _reduction("avgpool", "average")(t, node)
    after = mean if isinstance(mean, Map) else before
    t.notes[SUMMED] = None
    return _rescaled(t, after, prod(t.sizes(before)) / prod(t.sizes(after)), 0, "")


def _reduced(t: Translator, x: Map, dims: list[int], kind: str, mode: str) -> Map:
    """The axes reduced to size 1."""
    found = [x.axes[dim - 1] for dim in dims]
    axes = tuple(sorted(axis for axis in found if axis is not None))
    shape = t.shape(x.ref)
    if not axes:
        return x
    if axes == tuple(range(1, len(shape))):
        return t.same(x, f"global_{kind}", {"keepdims": True})
    if axes == (0,) and len(shape) > 1:
        fields: dict[str, Any] = {"kernel": shape[0], "mode": None if mode == "max" else mode}
        return t.same(x, "depth_pool", fields)
    if 0 not in axes:
        return t.same(x, kind, {"kernel": [shape[axis] if axis in axes else 1 for axis in range(1, len(shape))]})
    raise NotUnderstoodError("reduces over channels and positions at once, which has no counterpart in the language")


RULES: dict[str, Rule] = {
    "Add": add,
    "Sum": add,
    "Sub": subtract,
    "Mul": multiply,
    "Div": divide,
    "Neg": negate,
    "Max": maximum,
    "Mean": mean_of,
    "ReduceMean": _reduction("avgpool", "average"),
    "ReduceMax": _reduction("maxpool", "max"),
    "ReduceSum": summed,
}
