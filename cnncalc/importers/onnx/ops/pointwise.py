"""Activations, normalisations and dropout: layers that keep the shape."""

from __future__ import annotations

from math import prod

from cnncalc.importers.onnx.graph import Node, Tensor
from cnncalc.importers.onnx.ops.layout import axis_word, dim_of
from cnncalc.importers.onnx.translate import Rule, Translator, tidied
from cnncalc.importers.onnx.values import Map, NotUnderstoodError, Value


def _simple(kind: str) -> Rule:
    return lambda t, node: t.same(t.map(), kind)


def clip(t: Translator, node: Node) -> Value:
    """From 0 on it is relu, from 0 to 6 relu6."""
    low, high = (t.number(name, None, index) for name, index in (("min", 1), ("max", 2)))
    high = None if high is not None and high > 1e30 else high
    kind = {(0, None): "relu", (0, 6): "relu6"}.get((low, high))
    if kind is None:
        raise NotUnderstoodError(f"from {low} to {high} has no counterpart in the language (0 to 6 is relu6)")
    return t.same(t.map(), kind)


def leaky_relu(t: Translator, node: Node) -> Value:
    """Slope 0.01 unless told."""
    slope = tidied(t.number("alpha", 0.01))
    return t.same(t.map(), "leaky_relu", {"slope": None if slope == 0.01 else slope})


def elu(t: Translator, node: Node) -> Value:
    """Alpha 1 unless told."""
    alpha = tidied(t.number("alpha", 1))
    return t.same(t.map(), "elu", {"alpha": None if alpha == 1 else alpha})


def celu(t: Translator, node: Node) -> Value:
    """CELU with alpha 1 is ELU."""
    if t.number("alpha", 1) != 1:
        raise NotUnderstoodError("with an alpha other than 1 has no counterpart in the language (elu has one)")
    return t.same(t.map(), "elu")


def swish(t: Translator, node: Node) -> Value:
    """With alpha 1."""
    if t.number("alpha", 1) != 1:
        raise NotUnderstoodError("with an alpha other than 1 has no counterpart in the language")
    return t.same(t.map(), "silu")


def hardsigmoid(t: Translator, node: Node) -> Value:
    """With the slope 1/6; another one only changes numbers that no figure depends on."""
    slope, offset = t.number("alpha", 0.2), t.number("beta", 0.5)
    if abs(slope - 1 / 6) > 1e-4 or offset != 0.5:
        t.notes[
            f"a hard sigmoid with the slope {slope:.4g} is written with 1/6: sizes, counts and bytes are the same"
        ] = None
    return t.same(t.map(), "hardsigmoid")


def prelu(t: Translator, node: Node) -> Value:
    """One slope for all channels, or one per channel."""
    x, slope = t.ordered(t.map()), t.tensor(1, "slope")
    if prod(slope.dims) == 1:
        return t.same(x, "prelu", {"per": "layer"}, (slope,))
    if _per_channel(x, slope) or prod(slope.dims) == t.shape(x.ref)[0] == max(slope.dims):
        return t.same(x, "prelu", None, (slope,))
    raise NotUnderstoodError("has slopes that are neither one nor one per channel")


def _per_channel(x: Map, tensor: Tensor) -> bool:
    """Whether a tensor spread over the map has one number per channel."""
    places = [index - len(tensor.dims) for index, size in enumerate(tensor.dims) if size != 1]
    return len(places) == 1 and -places[0] <= len(x.axes) and x.axes[places[0]] == 0


def _softmax(kind: str) -> Rule:
    def rule(t: Translator, node: Node) -> Value:
        x = t.map()
        old = t.network.opset < 13
        dim = dim_of(x, int(t.number("axis", 1 if old else -1)))
        if old and prod(t.sizes(x)[dim:]) != 1:
            raise NotUnderstoodError(
                "sums over all axes behind one, as old operator sets do; the language knows one axis"
            )
        word = axis_word(t, x, dim)
        return t.same(x, kind, {"axis": None if word == "channels" else word})

    return rule


# -- normalisation -----------------------------------------------------------------------------------------------------


def _affine(t: Translator) -> tuple[Tensor, ...]:
    """Scale and offset; none where they are an exporter's ones and zeros."""
    if t.filler(1, 1) and t.filler(2, 0):
        if t.operand(1) is not None:
            t.notes[PLAIN] = None
        return ()
    return tuple(t.tensor(index, word) for index, word in ((1, "scale"), (2, "offset")) if t.operand(index) is not None)


PLAIN = "a normalisation whose scale is 1 and offset 0 by constants of the exporter is written without them"


def batchnorm(t: Translator, node: Node) -> tuple[Value | None, ...]:
    """Over batch and positions, with running statistics."""
    if t.number("spatial", 1) != 1:
        raise NotUnderstoodError("keeps statistics per position, which the language does not know")
    affine = _affine(t)
    statistics = t.tensor(3, "running mean"), t.tensor(4, "running variance")
    fields = None if affine else {"affine": False}
    found = t.same(t.ordered(t.map()), "batchnorm", fields, (*affine, *statistics))
    return (found, *(None for _ in node.outputs[1:]))


def instancenorm(t: Translator, node: Node) -> Value:
    """Over the positions of each channel."""
    affine = _affine(t)
    return t.same(t.ordered(t.map()), "instancenorm", {"affine": True if affine else None}, affine)


def groupnorm(t: Translator, node: Node) -> Value:
    """Over groups of channels."""
    affine = _affine(t)
    fields = {"groups": int(t.number("num_groups", 0)), "affine": None if affine else False}
    return t.same(t.ordered(t.map()), "groupnorm", fields, affine)


def layernorm(t: Translator, node: Node) -> tuple[Value | None, ...]:
    """Over the tensor's last axes: of a channels-last view the channels, else all of them."""
    x = t.map()
    dim = dim_of(x, int(t.number("axis", -1)))
    if dim == 0:
        raise NotUnderstoodError("normalises over the batch")
    normed = x.axes[dim - 1 :]
    shape = t.shape(x.ref)
    if normed == (0,):
        over = None
    elif normed == tuple(range(len(shape))):
        over = "all"
    elif len(normed) == 1:
        ref = t.plain(x)
        count = len(t.shape(ref))
        moved = t.emit("permute", {"order": [count - 1, *range(count - 1)]}, (ref,))
        x, over = Map(moved, (*range(1, count), 0)), None
    else:
        raise NotUnderstoodError("normalises over some of the axes, which the language does not know")
    affine = _affine(t)
    whole = len(affine) == 2
    y = t.same(x, "layernorm", {"over": over, "affine": None if whole else False}, affine if whole else ())
    if affine and not whole:
        if over == "all" and len(shape) > 1:
            raise NotUnderstoodError("has a scale per position without an offset, which the language does not know")
        y = t.same(y, "scale", None, affine)
    return (y, *(None for _ in node.outputs[1:]))


def lrn(t: Translator, node: Node) -> Value:
    """Across neighbouring channels; ONNX divides alpha by the size, as the language does."""
    defaults = {"alpha": 1e-4, "beta": 0.75, "k": 1}
    given = {"alpha": t.number("alpha", 1e-4), "beta": t.number("beta", 0.75), "k": t.number("bias", 1)}
    found = {key: tidied(value) for key, value in given.items()}
    own = {key: None if value == defaults[key] else value for key, value in found.items()}
    return t.same(t.ordered(t.map()), "lrn", {"size": int(t.number("size", 0)), **own})


def dropout(t: Translator, node: Node) -> tuple[Value | None, ...]:
    """Nothing in prediction; kept for what it tells of training."""
    rate = t.number("ratio", 0.5, 1)
    x = t.map()
    found = x if rate == 0 else t.same(x, "dropout", {"rate": rate})
    return (found, *(None for _ in node.outputs[1:]))


_SAME_NAME = {
    "Relu": "relu",
    "Relu6": "relu6",
    "Sigmoid": "sigmoid",
    "Tanh": "tanh",
    "Selu": "selu",
    "HardSwish": "hardswish",
    "Gelu": "gelu",
    "Mish": "mish",
    "Softplus": "softplus",
    "Silu": "silu",
}

RULES: dict[str, Rule] = {
    **{op: _simple(kind) for op, kind in _SAME_NAME.items()},
    "Clip": clip,
    "LeakyRelu": leaky_relu,
    "Elu": elu,
    "Celu": celu,
    "Swish": swish,
    "HardSigmoid": hardsigmoid,
    "PRelu": prelu,
    "Softmax": _softmax("softmax"),
    "LogSoftmax": _softmax("log_softmax"),
    "BatchNormalization": batchnorm,
    "InstanceNormalization": instancenorm,
    "GroupNormalization": groupnorm,
    "LayerNormalization": layernorm,
    "LRN": lrn,
    "Dropout": dropout,
}
