"""Convolutions, linear maps and poolings."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf
from typing import Any

from cnncalc.importers.maps import Map, plain
from cnncalc.importers.sketch import Ref
from cnncalc.importers.torch.arguments import Arguments, NotUnderstoodError
from cnncalc.importers.torch.rules.weights import filters_of, learned, weight_of
from cnncalc.importers.torch.translate import Rule, Translator
from cnncalc.importers.torch.values import Value, Weight
from cnncalc.layers.fields import Sides
from cnncalc.layers.window import axes_of, pairs


def short(values: Any, axes: int, default: int | None = None) -> Any:
    """One number where all axes have the same, None for the default, else a list.

    >>> short([3, 3], 2), short([1, 1], 2, default=1), short([3, 5], 2)
    (3, None, [3, 5])
    """
    listed = [int(value) for value in (values if isinstance(values, Sequence) else [values])]
    if len(listed) == 1:
        listed = listed * axes
    if len(set(listed)) == 1:
        return None if listed[0] == default else listed[0]
    return listed


def conv(t: Translator, a: Arguments) -> Value:
    """conv1d, conv2d, conv3d."""
    weight, gain = filters_of(t, a["weight"])
    axes = len(weight.shape) - 2
    given = a["padding"]
    padding = given if isinstance(given, str) else short(given, axes, 0)
    return _conv(t, a, weight, gain, padding if padding != "valid" else None)


def convolution(t: Translator, a: Arguments) -> Value:
    """The general form, transposed or not."""
    if a["transposed"]:
        return transposed(t, a)
    return conv(t, a)


def _conv(t: Translator, a: Arguments, weight: Weight, gain: Weight | None, padding: Any) -> Value:
    x = t.plain(a["input"])
    channels, axes = t.shape(x)[0], len(weight.shape) - 2
    filters, groups = weight.shape[0], int(a["groups"])
    mode = None
    if padding is None:
        x, padding, mode = surroundings(t, x, weight.shape[2:], a["stride"], a["dilation"])
    fields: dict[str, Any] = {"filters": filters, "kernel": short(weight.shape[2:], axes)}
    kind = "conv"
    if groups == channels > 1 and mode is None:
        kind = "depthwise_conv"
        multiplier = filters // channels
        fields = {"kernel": fields["kernel"], "multiplier": None if multiplier == 1 else multiplier}
    fields |= {
        "stride": short(a["stride"], axes, 1),
        "padding": padding,
        "dilation": short(a["dilation"], axes, 1),
        "groups": None if groups == 1 or kind == "depthwise_conv" else groups,
        "bias": None if a["bias"] is not None and gain is None else False,
        "padding_mode": mode,
    }
    bias = None if a["bias"] is None else weight_of(a["bias"], "bias")
    if gain is None:
        return t.give(kind, fields, (x,), (weight, bias))
    y = t.give(kind, fields, (x,), (weight,))
    return t.same(y, "scale", {"bias": None if bias is None else True}, (gain, bias))


def surroundings(
    t: Translator,
    x: Ref,
    kernel: Any,
    stride: Any,
    dilation: Any = 1,
    *,
    value: float = 0,
    always: bool = False,
    word: bool = True,
) -> tuple[Ref, Any, str | None]:
    """Takes in the pad layer of a window's own module (`always`: of any), if it pads with the map or with `value`.

    The map before it, the padding and its mode; the map itself, None and None where there is no such pad. What SAME
    adds is called so (with `word`) where torch's own padding has no way to say it.
    """
    pad = t.steps[x] if x >= 0 else None
    if pad is None or pad.kind != "pad" or not (always or (pad.scope == t.scope(t.node) and t.leaf())):
        return x, None, None
    mode, amount = pad.fields.get("mode"), pad.fields["amount"]
    if mode in (None, "constant") and pad.fields.get("value", 0) != value:
        return x, None, None
    before = pad.inputs[0]
    axes = axes_of(t.shape(before), _listed(kernel), _listed(stride), "same", _listed(dilation))
    sides = pairs(Sides(**amount) if isinstance(amount, dict) else _listed(amount), tuple(axis.reach for axis in axes))
    needed = any(one != two or 2 * one > axis.kernel for axis, (one, two) in zip(axes, sides, strict=True))
    same = word and needed and sides == tuple(axis.pads for axis in axes)
    return before, "same" if same else amount, None if mode == "constant" else mode


def _listed(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def transposed(t: Translator, a: Arguments) -> Value:
    """conv_transpose1d, 2d, 3d."""
    weight = learned(t, a["weight"])
    axes, groups = len(weight.shape) - 2, int(a["groups"])
    x = t.plain(a["input"])
    fields = {
        "filters": weight.shape[1] * groups,
        "kernel": short(weight.shape[2:], axes),
        "stride": short(a["stride"], axes, 1),
        "padding": short(a["padding"], axes, 0),
        "output_padding": short(a["output_padding"], axes, 0),
        "dilation": short(a["dilation"], axes, 1),
        "groups": None if groups == 1 else groups,
        "bias": None if a["bias"] is not None else False,
    }
    bias = None if a["bias"] is None else weight_of(a["bias"], "bias")
    return t.give("transposed_conv", fields, (x,), (weight, bias))


def linear(t: Translator, a: Arguments) -> Value:
    """F.linear, along the tensor's last axis."""
    return _dense(t, a["input"], learned(t, a["weight"]), a["bias"], 0)


def addmm(t: Translator, a: Arguments) -> Value:
    """A bias plus a product with weights."""
    return _dense(t, a["mat1"], learned(t, a["mat2"]), a["self"], 1)


def matmul(t: Translator, a: Arguments) -> Value:
    """A product with weights; two maps have no counterpart."""
    one, two = (a[name] for name in ("self", "other" if a.get("other") is not None else "mat2"))
    if isinstance(one, Map) and isinstance(two, Weight) and len(two.shape) == 2:
        return _dense(t, one, learned(t, two), None, 1)
    raise NotUnderstoodError("multiplies matrices of two maps, which has no counterpart in the language")


def _dense(t: Translator, x: Any, weight: Weight, bias: Any, side: int) -> Value:
    x = t.map(x)
    units = weight.shape[side]
    axis = x.axes[-1] if x.axes else None
    if x.stretched or axis is None or (axis != 0 and axis != len(t.shape(x.ref)) - 1):
        ref = t.plain(x)
        x = plain(ref, len(t.shape(ref)))
        axis = len(x.axes) - 1
    shape = t.shape(x.ref)
    word = None if len(shape) == 1 else "channels" if axis == 0 else "last"
    given = None if bias is None else weight_of(bias, "bias")
    fields = {"units": units, "bias": None if bias is not None else False, "axis": word}
    out = (*shape[:axis], units, *shape[axis + 1 :])
    return Map(t.emit("dense", fields, (x.ref,), out, (weight, given)), x.axes)


# -- poolings ----------------------------------------------------------------------------------------------------------


def window(t: Translator, a: Arguments, x: Ref) -> dict[str, Any]:
    """The fields of a pooling on a map: kernel, stride, padding and rounding."""
    axes = len(t.shape(x)) - 1
    kernel = short(a["kernel_size"], axes)
    stride = short(a["stride"], axes) if a["stride"] else kernel
    return {
        "kernel": kernel,
        "stride": None if stride == kernel else stride,
        "padding": short(a["padding"], axes, 0),
        "ceil_mode": True if a["ceil_mode"] else None,
    }


def pool(t: Translator, kind: str, fields: dict[str, Any], x: Ref, **pads: Any) -> Map:
    """A pooling, with the padding that its own module made; `pads` are those of `surroundings`."""
    if fields["padding"] is None:
        stride = fields["stride"] or fields["kernel"]
        dilation = fields.get("dilation") or 1
        x, fields["padding"], _ = surroundings(t, x, fields["kernel"], stride, dilation, **pads)
        if fields["padding"] == "same":
            fields |= {"ceil_mode": None, "count_include_pad": None}
    return t.give(kind, fields, (x,))


def maxpool(t: Translator, a: Arguments) -> Value:
    """max_pool1d, 2d, 3d."""
    x = t.plain(a["self"])
    axes = len(t.shape(x)) - 1
    fields = window(t, a, x) | {"dilation": short(a["dilation"], axes, 1)}
    return pool(t, "maxpool", fields, x, value=-inf, word=not a["ceil_mode"])


def maxpool_indices(t: Translator, a: Arguments) -> Value:
    """The same with its indices, which must not be used."""
    return (maxpool(t, a), None)


def avgpool(t: Translator, a: Arguments) -> Value:
    """avg_pool1d, 2d, 3d."""
    if a.get("divisor_override"):
        raise NotUnderstoodError("has a divisor of its own, which the language does not know")
    padded = any(a["padding"])
    x = t.plain(a["self"])
    fields = window(t, a, x) | {"count_include_pad": False if padded and not a["count_include_pad"] else None}
    return pool(t, "avgpool", fields, x, word=False)


def _adaptive(t: Translator, a: Arguments, kind: str) -> Map:
    x = t.plain(a["self"])
    axes = len(t.shape(x)) - 1
    size = short(a["output_size"], axes)
    if size == 1:
        return t.give(f"global_{kind}", {"keepdims": True}, (x,))
    return t.give(f"adaptive_{kind}", {"size": size}, (x,))


def adaptive_avgpool(t: Translator, a: Arguments) -> Value:
    """adaptive_avg_pool1d, 2d, 3d."""
    return _adaptive(t, a, "avgpool")


def adaptive_maxpool(t: Translator, a: Arguments) -> Value:
    """adaptive_max_pool1d, 2d, 3d: values and indices."""
    return (_adaptive(t, a, "maxpool"), None)


RULES: dict[str, Rule] = {
    **{f"conv{rank}d": conv for rank in (1, 2, 3)},
    **{f"conv_transpose{rank}d": transposed for rank in (1, 2, 3)},
    "convolution": convolution,
    "linear": linear,
    "addmm": addmm,
    "mm": matmul,
    "matmul": matmul,
    **{f"max_pool{rank}d": maxpool for rank in (1, 2, 3)},
    **{f"max_pool{rank}d_with_indices": maxpool_indices for rank in (1, 2, 3)},
    **{f"avg_pool{rank}d": avgpool for rank in (1, 2, 3)},
    **{f"adaptive_avg_pool{rank}d": adaptive_avgpool for rank in (1, 2, 3)},
    **{f"adaptive_max_pool{rank}d": adaptive_maxpool for rank in (1, 2, 3)},
}
