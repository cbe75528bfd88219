"""Activations, normalisations and dropout: layers that keep the shape."""

from __future__ import annotations

from typing import Any

from cnncalc.core.shapes import AXES
from cnncalc.importers.maps import Map, plain
from cnncalc.importers.torch.arguments import Arguments, NotUnderstoodError
from cnncalc.importers.torch.rules.weights import weight_of
from cnncalc.importers.torch.translate import Rule, Translator
from cnncalc.importers.torch.values import Noise, Value


def _simple(kind: str) -> Rule:
    def rule(t: Translator, a: Arguments) -> Value:
        return t.same(t.map(a.first), kind)

    return rule


def hardtanh(t: Translator, a: Arguments) -> Value:
    """relu6 is hardtanh from 0 to 6."""
    low, high = a["min_val"], a["max_val"]
    if (low, high) != (0, 6):
        raise NotUnderstoodError(f"from {low:g} to {high:g} has no counterpart in the language (0 to 6 is relu6)")
    return t.same(t.map(a.first), "relu6")


def clamp(t: Translator, a: Arguments) -> Value:
    """From 0 it is relu, from 0 to 6 relu6."""
    low, high = a.get("min"), a.get("max")
    kind = {(0, None): "relu", (0, 6): "relu6"}.get((low, high))
    if kind is None:
        raise NotUnderstoodError(f"from {low} to {high} has no counterpart in the language (0 to 6 is relu6)")
    return t.same(t.map(a.first), kind)


def leaky_relu(t: Translator, a: Arguments) -> Value:
    """Slope 0.01 unless told."""
    slope = a["negative_slope"]
    return t.same(t.map(a.first), "leaky_relu", {"slope": None if slope == 0.01 else slope})


def elu(t: Translator, a: Arguments) -> Value:
    """ELU; with torch's own scales it is SELU."""
    if (a["scale"], a["input_scale"]) != (1, 1):
        raise NotUnderstoodError("has scales of its own, which the language does not know")
    return t.same(t.map(a.first), "elu", {"alpha": None if a["alpha"] == 1 else a["alpha"]})


def celu(t: Translator, a: Arguments) -> Value:
    """CELU with alpha 1 is ELU."""
    if a["alpha"] != 1:
        raise NotUnderstoodError("with an alpha other than 1 has no counterpart in the language (elu has one)")
    return t.same(t.map(a.first), "elu")


def rrelu(t: Translator, a: Arguments) -> Value:
    """Bounds 1/8 and 1/3 unless told."""
    bounds = {"lower": a["lower"], "upper": a["upper"]}
    standard = abs(bounds["lower"] - 1 / 8) < 1e-9 and abs(bounds["upper"] - 1 / 3) < 1e-9
    return t.same(t.map(a.first), "rrelu", None if standard else bounds)


def prelu(t: Translator, a: Arguments) -> Value:
    """One slope for all channels, or one per channel."""
    x, weight = t.channelled(a["self"]), weight_of(a["weight"])
    many = weight.shape[0] == t.shape(x.ref)[0]
    if not many and weight.shape[0] != 1:
        raise NotUnderstoodError("has slopes that are neither one nor one per channel")
    return t.same(x, "prelu", {"per": None if many else "layer"}, (weight,))


def softplus(t: Translator, a: Arguments) -> Value:
    """With beta 1."""
    if a["beta"] != 1:
        raise NotUnderstoodError("with a beta other than 1 has no counterpart in the language")
    return t.same(t.map(a.first), "softplus")


def axis_word(t: Translator, x: Map, dim: int) -> str:
    """The name of the layer's axis that a tensor's axis is."""
    index = x.axes[(dim if dim >= 0 else dim + len(x.axes) + 1) - 1] if dim not in (0, -len(x.axes) - 1) else None
    if index is None:
        raise NotUnderstoodError("works along the batch or an axis of size 1")
    return "channels" if index == 0 else AXES[len(t.shape(x.ref)) - 1][index - 1]


def _softmax(kind: str) -> Rule:
    def rule(t: Translator, a: Arguments) -> Value:
        x = t.map(a["self"])
        word = axis_word(t, x, int(a["dim"]))
        return t.same(x, kind, {"axis": None if word == "channels" else word})

    return rule


# -- normalisation -----------------------------------------------------------------------------------------------------


def _affine(a: Arguments) -> tuple[Any, Any, bool]:
    """Scale and offset, where there are both; one alone is a layer of its own, see `_single`."""
    weight, bias = a["weight"], a["bias"]
    if weight is None or bias is None:
        return None, None, False
    return weight_of(weight), weight_of(bias, "bias"), True


def _single(t: Translator, a: Arguments, y: Map) -> Map:
    """A normalisation with the scale or the offset that it has without the other one."""
    weight, bias = a["weight"], a["bias"]
    if (weight is None) == (bias is None):
        return y
    if weight is not None:
        return t.same(y, "scale", None, (weight_of(weight),))
    return t.same(y, "scale", {"weight": False, "bias": True}, (weight_of(bias, "bias"),))


def batchnorm(t: Translator, a: Arguments) -> Value:
    """Over batch and positions."""
    x = t.channelled(a["input"])
    weight, bias, affine = _affine(a)
    mean, variance = a["running_mean"], a["running_var"]
    fields = {"affine": None if affine else False, "track_stats": None if mean is not None else False}
    buffers = () if mean is None else (weight_of(mean, "buffer"), weight_of(variance, "buffer"))
    return _single(t, a, t.same(x, "batchnorm", fields, (weight, bias, *buffers)))


def layernorm(t: Translator, a: Arguments) -> Value:
    """Over the tensor's last axes: of a channels-last view the channels, else all of them."""
    x = t.map(a["input"])
    weight, bias, affine = _affine(a)
    rank = len(t.shape(x.ref))
    normed = x.axes[len(x.axes) - len(a["normalized_shape"]) :]
    if normed == (0,):
        over = None
    elif normed == tuple(range(rank)):
        over = "all"
    else:
        ref = t.plain(x)
        size = t.shape(ref)
        if len(a["normalized_shape"]) != 1:
            raise NotUnderstoodError("normalises over some of the axes, which the language does not know")
        x = Map(
            t.emit("permute", {"order": [len(size) - 1, *range(len(size) - 1)]}, (ref,), (size[-1], *size[:-1])),
            (*range(1, len(size)), 0),
        )
        over = None
    y = t.same(x, "layernorm", {"over": over, "affine": None if affine else False}, (weight, bias))
    if (a["weight"] is None) != (a["bias"] is None) and over == "all" and rank > 1:
        raise NotUnderstoodError("has a scale per position without an offset, which the language does not know")
    return _single(t, a, y)


def groupnorm(t: Translator, a: Arguments) -> Value:
    """Over groups of channels."""
    weight, bias, affine = _affine(a)
    x = t.channelled(a["input"])
    fields = {"groups": int(a["num_groups"]), "affine": None if affine else False}
    return _single(t, a, t.same(x, "groupnorm", fields, (weight, bias)))


def instancenorm(t: Translator, a: Arguments) -> Value:
    """Over the positions of each channel, without running statistics."""
    if a["running_mean"] is not None:
        raise NotUnderstoodError("keeps running statistics, which the language's instancenorm does not")
    weight, bias, affine = _affine(a)
    return _single(
        t, a, t.same(t.channelled(a["input"]), "instancenorm", {"affine": True if affine else None}, (weight, bias))
    )


# -- dropout -----------------------------------------------------------------------------------------------------------


def _rate(rate: float) -> float:
    return float(f"{rate:.10g}")


def _dropout(kind: str) -> Rule:
    def rule(t: Translator, a: Arguments) -> Value:
        rate = _rate(a["p"])
        x = t.channelled(a.first) if kind == "spatial_dropout" else t.map(a.first)
        return x if rate == 0 else t.same(x, kind, {"rate": rate})

    return rule


def draw(t: Translator, a: Arguments) -> Value:
    """A new tensor: the beginning of a mask."""
    shape = tuple(int(size) for size in t.node.meta["val"].shape)
    return Noise(shape)


def bernoulli(t: Translator, a: Arguments) -> Value:
    """Ones with a given probability."""
    if not isinstance(a.first, Noise):
        raise NotUnderstoodError("draws from a map, which has no counterpart in the language")
    return a.first._replace(kept=float(a["p"]))


def floor(t: Translator, a: Arguments) -> Value:
    """Of drawn numbers plus a share: ones with that probability."""
    if not isinstance(a.first, Noise):
        raise NotUnderstoodError("has no counterpart in the language")
    return a.first


def dropped(t: Translator, x: Map, noise: Noise) -> Map:
    """A map times a mask: which dropout it is tells the mask's shape."""
    if noise.kept is None:
        raise NotUnderstoodError("multiplies with drawn numbers that are no dropout mask")
    sizes = noise.shape[1:]
    if all(size == 1 for size in sizes):
        kind = "drop_path"
    elif sizes == t.sizes(x):
        kind = "dropout"
    elif sizes[0] == t.sizes(x)[0] and all(size == 1 for size in sizes[1:]):
        kind = "spatial_dropout"
    else:
        raise NotUnderstoodError("multiplies with a mask whose shape is no dropout's")
    if x.ref >= 0:
        before = t.steps[x.ref]
        divided = before.kind == "rescale" and "offset" not in before.fields
        if divided and abs(before.fields["factor"] * noise.kept - 1) < 1e-6:
            # x.div(kept) * mask: the division belongs to the dropout
            x = x._replace(ref=before.inputs[0])
    rate = _rate(1 - noise.kept)
    return x if rate == 0 else t.same(x, kind, {"rate": rate})


_SAME_NAME = ("relu", "relu6", "silu", "gelu", "mish", "hardswish", "hardsigmoid", "sigmoid", "tanh", "selu")

RULES: dict[str, Rule] = {
    **{name: _simple(name) for name in _SAME_NAME},
    "hardtanh": hardtanh,
    "clamp": clamp,
    "clamp_min": clamp,
    "leaky_relu": leaky_relu,
    "elu": elu,
    "celu": celu,
    "rrelu": rrelu,
    "prelu": prelu,
    "softplus": softplus,
    "softmax": _softmax("softmax"),
    "_softmax": _softmax("softmax"),
    "log_softmax": _softmax("log_softmax"),
    "_log_softmax": _softmax("log_softmax"),
    "batch_norm": batchnorm,
    "layer_norm": layernorm,
    "group_norm": groupnorm,
    "instance_norm": instancenorm,
    "dropout": _dropout("dropout"),
    "feature_dropout": _dropout("spatial_dropout"),
    "alpha_dropout": _dropout("dropout"),
    **dict.fromkeys(
        ("empty", "rand", "new_empty", "empty_like", "rand_like", "ones", "new_ones", "ones_like", "new_full", "full"),
        draw,
    ),
    "bernoulli": bernoulli,
    "floor": floor,
}

__all__ = ["RULES", "axis_word", "dropped", "plain"]
