"""Convolutions, poolings and matrix products with weights."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cnncalc.core.shapes import Shape
from cnncalc.importers.onnx.graph import Node, Tensor
from cnncalc.importers.onnx.translate import Rule, Translator
from cnncalc.importers.onnx.values import Map, NotUnderstoodError, Value
from cnncalc.layers import layer_class
from cnncalc.layers.window import extent, same_padding

_SIDES = (("front", "back"), ("top", "bottom"), ("left", "right"))


def short(values: Sequence[int], default: int | None = None) -> Any:
    """One number where all axes have the same, None for the default, else a list.

    >>> short([3, 3]), short([1, 1], default=1), short([3, 5])
    (3, None, [3, 5])
    """
    listed = list(values)
    if len(set(listed)) == 1:
        return None if listed[0] == default else listed[0]
    return listed


def amount(pairs: Sequence[tuple[int, int]]) -> Any:
    """Padding as the language writes it: a number, a list, or sides by name; None where there is none.

    >>> amount([(1, 1), (1, 1)]), amount([(0, 1), (0, 1)]), amount([(0, 0)])
    (1, {'bottom': 1, 'right': 1}, None)
    """
    if any(one < 0 or two < 0 for one, two in pairs):
        raise NotUnderstoodError("has negative padding, which is a crop")
    if all(one == two for one, two in pairs):
        return short([one for one, _ in pairs], default=0)
    words = _SIDES[3 - len(pairs) :]
    named = {word: size for both, pair in zip(words, pairs, strict=True) for word, size in zip(both, pair, strict=True)}
    return {word: size for word, size in named.items() if size}


class Window:
    """The fields that all windows have."""

    def __init__(self, t: Translator, kernel: Sequence[int], shape: Shape) -> None:
        self.kernel = list(kernel)
        axes = len(self.kernel)
        if not 1 <= axes <= 3 or axes != len(shape) - 1:
            raise NotUnderstoodError(f"has a window of {axes} axes on a map of {len(shape) - 1}")
        self.stride = self._listed(t, "strides", 1)
        self.dilation = self._listed(t, "dilations", 1)
        if min((*self.kernel, *self.stride, *self.dilation)) < 1:
            raise NotUnderstoodError("has a kernel, stride or dilation below 1")
        self.pads = t.ints("pads") or [0] * 2 * axes
        self.shape = shape
        self.auto = t.node.attributes.get("auto_pad", "NOTSET") or "NOTSET"
        if len(self.pads) != 2 * axes:
            raise NotUnderstoodError(f"has {len(self.pads)} pads for {axes} axes")
        if self.auto not in ("NOTSET", "VALID", "SAME_UPPER", "SAME_LOWER"):
            raise NotUnderstoodError(f"has an auto_pad that is not known: {self.auto}")

    def _listed(self, t: Translator, name: str, default: int) -> list[int]:
        given = t.ints(name) or [default] * len(self.kernel)
        if len(given) != len(self.kernel):
            raise NotUnderstoodError(f"has {len(given)} {name} for {len(self.kernel)} axes")
        return given

    def padding(self) -> Any:
        """The padding field; None for none."""
        if self.auto == "VALID":
            return None
        if self.auto == "SAME_UPPER":
            return "same"
        if self.auto == "SAME_LOWER":
            # the odd position of padding goes to the beginning, where `same` has it at the end
            axes = zip(self.shape[1:], self.kernel, self.dilation, self.stride, strict=True)
            pairs = [same_padding(size, extent(kernel, step), stride) for size, kernel, step, stride in axes]
            return amount([(int(after), int(before)) for before, after in pairs])
        count = len(self.kernel)
        return amount(list(zip(self.pads[:count], self.pads[count:], strict=True)))


def conv(t: Translator, node: Node) -> Value:
    """Shared, grouped and depthwise convolution."""
    x, weight = t.plain(t.map()), t.tensor(1, "weight")
    shape = t.shape(x)
    kernel = _kernel(t, weight)
    window = Window(t, kernel, shape)
    groups, filters = int(t.number("group", 1)), weight.dims[0]
    if weight.dims[1] * groups != shape[0]:
        raise NotUnderstoodError(f"has weights for {weight.dims[1] * groups} channels, its input has {shape[0]}")
    fields: dict[str, Any] = {"filters": filters, "kernel": short(kernel)}
    kind = "conv"
    if groups == shape[0] > 1 and filters % groups == 0:
        kind = "depthwise_conv"
        fields = {"kernel": fields["kernel"], "multiplier": None if filters == groups else filters // groups}
    bias = _bias(t)
    fields |= {
        "stride": short(window.stride, 1),
        "padding": window.padding(),
        "dilation": short(window.dilation, 1),
        "groups": None if groups == 1 or kind == "depthwise_conv" else groups,
        "bias": None if bias is not None else False,
    }
    return t.give(kind, fields, (x,), (weight, bias))


def _kernel(t: Translator, weight: Tensor) -> list[int]:
    if len(weight.dims) < 3:
        raise NotUnderstoodError(f"has weights of {len(weight.dims)} axes")
    kernel = list(weight.dims[2:])
    given = t.ints("kernel_shape")
    if given is not None and given != kernel:
        raise NotUnderstoodError(f"says that its kernel is {given}, but its weights are {list(weight.dims)}")
    return kernel


def _bias(t: Translator, index: int = 2) -> Tensor | None:
    value = t.operand(index)
    missing = value is None or (isinstance(value, Tensor) and value.made and t.filler(index, 0))
    return None if missing else t.tensor(index, "bias")


def transposed(t: Translator, node: Node) -> Value:
    """Transposed convolution."""
    x, weight = t.plain(t.map()), t.tensor(1, "weight")
    shape = t.shape(x)
    kernel = _kernel(t, weight)
    window = Window(t, kernel, shape)
    groups = int(t.number("group", 1))
    if weight.dims[0] != shape[0]:
        raise NotUnderstoodError(f"has weights for {weight.dims[0]} channels, its input has {shape[0]}")
    bias = _bias(t)
    fields: dict[str, Any] = {
        "filters": weight.dims[1] * groups,
        "kernel": short(kernel),
        "stride": short(window.stride, 1),
        "dilation": short(window.dilation, 1),
        "groups": None if groups == 1 else groups,
        "bias": None if bias is not None else False,
    }
    extra = t.ints("output_padding") or [0] * len(kernel)
    wanted = t.ints("output_shape")
    if window.auto.startswith("SAME") and wanted is None:
        wanted = [size * step for size, step in zip(shape[1:], window.stride, strict=True)]
    if wanted is None:
        fields |= {"padding": window.padding(), "output_padding": short(extra, 0)}
    else:
        fields |= _cut(fields, shape, wanted[-len(kernel) :], extra, window.auto == "SAME_UPPER")
    return t.give("transposed_conv", fields, (x,), (weight, bias))


def _cut(fields: dict[str, Any], shape: Shape, wanted: list[int], extra: list[int], upper: bool) -> dict[str, Any]:
    """The padding that gives the wanted size: of an odd total the larger half lies at the end with SAME_UPPER."""
    given = {key: value for key, value in fields.items() if value is not None}
    full = layer_class("transposed_conv")(**given).output(shape)[1:]
    totals = [size + more - want for size, more, want in zip(full, extra, wanted, strict=True)]
    more = [one + max(-total, 0) for one, total in zip(extra, totals, strict=True)]
    pairs = []
    for total in (max(total, 0) for total in totals):
        low, high = total // 2, total - total // 2
        pairs.append((low, high) if upper else (high, low))
    return {"padding": amount(pairs), "output_padding": short(more, 0)}


# -- matrix products ---------------------------------------------------------------------------------------------------


def gemm(t: Translator, node: Node) -> Value:
    """A vector times weights, plus a bias."""
    x, weight = t.map(), t.tensor(1, "weight")
    if t.number("transA", 0) or t.number("alpha", 1) != 1 or (t.operand(2) is not None and t.number("beta", 1) != 1):
        raise NotUnderstoodError("transposes its input or has a factor, which the language's dense does not")
    if len(weight.dims) != 2:
        raise NotUnderstoodError(f"has weights of {len(weight.dims)} axes")
    return _dense(t, x, weight, _bias(t), 0 if t.number("transB", 0) else 1)


def matmul(t: Translator, node: Node) -> Value:
    """A product with weights along the last axis; two maps have no counterpart."""
    one, two = t.operand(0), t.operand(1)
    if not isinstance(one, Map) or not isinstance(two, Tensor):
        raise NotUnderstoodError("multiplies matrices of two maps, which has no counterpart in the language")
    weight = t.tensor(1, "weight")
    if len(weight.dims) != 2:
        raise NotUnderstoodError(f"has weights of {len(weight.dims)} axes")
    return _dense(t, one, weight, None, 1)


def _dense(t: Translator, x: Map, weight: Tensor, bias: Tensor | None, side: int) -> Map:
    axis = x.axes[-1]
    if axis is None or x.stretched or axis not in (0, len(t.shape(x.ref)) - 1):
        ref = t.plain(x)
        x, axis = Map(ref, tuple(range(len(x.axes)))), len(x.axes) - 1
    shape = t.shape(x.ref)
    if shape[axis] != weight.dims[1 - side]:
        raise NotUnderstoodError(f"has weights for {weight.dims[1 - side]} numbers, its input has {shape[axis]}")
    word = None if len(shape) == 1 else "channels" if axis == 0 else "last"
    fields = {"units": weight.dims[side], "bias": None if bias is not None else False, "axis": word}
    return x._replace(ref=t.emit("dense", fields, (x.ref,), (weight, bias)))


# -- poolings ----------------------------------------------------------------------------------------------------------


def _pool(t: Translator, kind: str, extra: dict[str, Any]) -> Map:
    x = t.plain(t.map())
    kernel = t.ints("kernel_shape")
    if kernel is None:
        raise NotUnderstoodError("has no kernel_shape")
    window = Window(t, kernel, t.shape(x))
    stride, dilation = short(window.stride), short(window.dilation, 1)
    if dilation is not None and kind != "maxpool":
        raise NotUnderstoodError("is dilated, which the language knows for maximum pooling only")
    fields = {
        "kernel": short(kernel),
        "stride": None if stride == short(kernel) else stride,
        "padding": window.padding(),
        "dilation": dilation,
        **extra,
        "ceil_mode": True if t.number("ceil_mode", 0) else None,
    }
    if fields["padding"] is None or fields["padding"] == "same":
        fields.pop("count_include_pad", None)
    return t.give(kind, fields, (x,))


def maxpool(t: Translator, node: Node) -> tuple[Value | None, ...]:
    """The maximum of each window; its indices must not be used."""
    return (_pool(t, "maxpool", {}), *(None for _ in node.outputs[1:]))


def avgpool(t: Translator, node: Node) -> Value:
    """The mean of each window; padding does not count unless told."""
    if t.number("count_include_pad", 0) and t.node.attributes.get("auto_pad", "NOTSET").startswith("SAME"):
        raise NotUnderstoodError("counts the padding of SAME, which the language does not")
    return _pool(t, "avgpool", {"count_include_pad": None if t.number("count_include_pad", 0) else False})


def lppool(t: Translator, node: Node) -> Value:
    """The p-norm of each window."""
    norm = t.number("p", 2)
    return _pool(t, "lppool", {"p": None if norm == 2 else norm})


def _whole(kind: str) -> Rule:
    def rule(t: Translator, node: Node) -> Value:
        x = t.map()
        if len(t.shape(x.ref)) != len(x.axes) or x.axes[:1] != (0,):
            return t.give(kind, {"keepdims": True}, (t.plain(x),))
        return t.same(x, kind, {"keepdims": True})

    return rule


RULES: dict[str, Rule] = {
    "Conv": conv,
    "ConvTranspose": transposed,
    "Gemm": gemm,
    "MatMul": matmul,
    "MaxPool": maxpool,
    "AveragePool": avgpool,
    "LpPool": lppool,
    "GlobalAveragePool": _whole("global_avgpool"),
    "GlobalMaxPool": _whole("global_maxpool"),
}
