"""What each kind is in Keras source; maps are channels last there. A kind that is not in the table has no counterpart."""

from __future__ import annotations

from typing import Any

from cnncalc.core.shapes import Shape, rank
from cnncalc.exporters.code import Arg
from cnncalc.exporters.keras.windows import (
    Maker,
    MissingError,
    adaptive,
    avgpool,
    conv,
    depthwise,
    layer,
    maxpool,
    padded,
    transposed,
    whole,
)
from cnncalc.exporters.piece import Piece, flat
from cnncalc.layers.axis import axis_index
from cnncalc.layers.window import pairs


def piece(kind: Any, inputs: tuple[Shape, ...], output: Shape) -> Piece:
    """The layer on inputs of these shapes (channels first, without the batch). Raises MissingError."""
    if kind.kind not in MAKERS:
        raise MissingError("this kind")
    return MAKERS[kind.kind](kind, inputs, output)


def _dense(kind: Any, inputs: tuple[Shape, ...], output: Shape) -> Piece:
    if rank(inputs[0]) > 0 and kind.axis != "channels":
        raise MissingError("a dense layer along another axis than the channels")
    return layer("Dense", Arg(kind.units, role="units"), Arg(kind.bias, "use_bias", "use_bias", True))


def _affine(kind: Any) -> tuple[Arg, Arg]:
    return Arg(kind.affine, "center", "center", True), Arg(kind.affine, "scale", "scale", True)


_EPSILON = Arg(1e-5, "epsilon", "epsilon", 1e-3)


def _batchnorm(kind: Any, inputs: tuple[Shape, ...], output: Shape) -> Piece:
    if not kind.track_stats:
        raise MissingError("batch normalisation without running statistics")
    return layer("BatchNormalization", _EPSILON, *_affine(kind))


def _layernorm(kind: Any, inputs: tuple[Shape, ...], output: Shape) -> Piece:
    axes = tuple(range(1, rank(output) + 2)) if kind.over == "all" and rank(output) else -1
    axis = Arg(list(axes) if isinstance(axes, tuple) and len(axes) > 1 else -1, "axis", "axis", -1)
    return layer(
        "LayerNormalization",
        axis._replace(value=tuple(axis.value) if axis.value != -1 else -1),
        _EPSILON,
        *_affine(kind),
    )


def _groupnorm(kind: Any, inputs: tuple[Shape, ...], output: Shape) -> Piece:
    groups = -1 if kind.kind == "instancenorm" else kind.groups
    return layer(
        "GroupNormalization", Arg(groups, "groups", "groups", 32), Arg(-1, "axis", "axis", -1), _EPSILON, *_affine(kind)
    )


def _lrn(kind: Any, inputs: tuple[Shape, ...], output: Shape) -> Piece:
    return Piece(
        f"local_response_norm({{0}}, {kind.size}, {kind.alpha}, {kind.beta}, {kind.k})", (), ("local_response_norm",)
    )


def _activation(word: str) -> Maker:
    return lambda kind, inputs, output: layer("Activation", Arg(word))


def _softmax(word: str) -> Maker:
    def make(kind: Any, inputs: tuple[Shape, ...], output: Shape) -> Piece:
        if kind.axis != "channels" and rank(output) > 0:
            axis = (axis_index(kind.axis, rank(output)) or 0) or -1
            return Piece(f"ops.{word}({{0}}, axis={axis})")
        return layer("Activation", Arg(word))

    return make


def _leaky(kind: Any, inputs: tuple[Shape, ...], output: Shape) -> Piece:
    return layer("LeakyReLU", Arg(float(kind.slope), "negative_slope", "negative_slope", 0.3))


def _elu(kind: Any, inputs: tuple[Shape, ...], output: Shape) -> Piece:
    return layer("ELU", Arg(float(kind.alpha), "alpha", "alpha", 1.0))


def _prelu(kind: Any, inputs: tuple[Shape, ...], output: Shape) -> Piece:
    last = rank(output) + (kind.per != "channel")
    axes = tuple(range(1, last + 1))
    return layer("PReLU", Arg(axes or None, "shared_axes", "shared_axes", None))


def _maxout(kind: Any, inputs: tuple[Shape, ...], output: Shape) -> Piece:
    sizes = ", ".join(map(str, (*output[1:], output[0], kind.pieces)))
    return Piece(f"ops.max(ops.reshape({{0}}, (-1, {sizes})), axis=-1)")


def _dropout(kind: Any, inputs: tuple[Shape, ...], output: Shape) -> Piece:
    spatial = kind.kind == "spatial_dropout" and rank(output) > 0
    return layer(f"SpatialDropout{rank(output)}D" if spatial else "Dropout", Arg(kind.rate, role="rate"))


def _drop_path(kind: Any, inputs: tuple[Shape, ...], output: Shape) -> Piece:
    shape = Arg((None, *(1,) * (rank(output) + 1)), "noise_shape", "noise_shape")
    return layer("Dropout", Arg(kind.rate, role="rate"), shape)


def _scale(kind: Any, inputs: tuple[Shape, ...], output: Shape) -> Piece:
    flags = (Arg(kind.weight, "weight", "weight", True), Arg(kind.bias, "bias", "bias", False))
    return _own(layer("Scale", Arg(kind.per, "per", "per", "channel"), *flags, helpers=("Scale",)))


def _rescale(kind: Any, inputs: tuple[Shape, ...], output: Shape) -> Piece:
    return layer("Rescaling", Arg(float(kind.factor)), Arg(float(kind.offset), "offset", "offset", 0.0))


def _rbf(kind: Any, inputs: tuple[Shape, ...], output: Shape) -> Piece:
    return _own(layer("Rbf", Arg(kind.units, role="units"), helpers=("Rbf",)))


def _own(made: Piece) -> Piece:
    """A layer that the file defines itself."""
    ((suffix, construct),) = made.modules
    return made._replace(modules=((suffix, construct._replace(function=construct.function.removeprefix("layers."))),))


def _first(axes: int) -> str:
    """The order that brings the channels to the front."""
    return str((axes + 1, *range(1, axes + 1)))


def _last(axes: int) -> str:
    """The order that brings the channels to the end."""
    return str((*range(2, axes + 2), 1))


def _flatten(kind: Any, inputs: tuple[Shape, ...], output: Shape) -> Piece:
    return layer("Flatten")


def _reshape(kind: Any, inputs: tuple[Shape, ...], output: Shape) -> Piece:
    given, made = rank(inputs[0]), rank(output)
    text = f"layers.Permute({_first(given)})({{0}})" if given else "{0}"
    text = f"layers.Reshape(({', '.join(map(str, output))},))({text})"
    return Piece(f"layers.Permute({_last(made)})({text})" if made else text)


def _permute(kind: Any, inputs: tuple[Shape, ...], output: Shape) -> Piece:
    axes = rank(output)
    places = [axes + 1, *range(1, axes + 1)]  # where each axis of the spec lies in Keras
    order = tuple(places[index] for index in (*kind.order[1:], kind.order[0]))
    return Piece(f"layers.Permute({order if axes else '(1,)'})({{0}})")


def _slice(kind: Any, inputs: tuple[Shape, ...], output: Shape) -> Piece:
    index = axis_index(kind.axis, rank(output)) or 0
    size, start, stop = inputs[0][index], kind.start, kind.start + output[index]
    if index == 0 and size == 2 * output[0] and (start == 0 or stop == size):
        # halves, so that blocks that split other numbers of channels are built alike
        return Piece("{0}[..., {0}.shape[-1] // 2 :]" if start else "{0}[..., : {0}.shape[-1] // 2]")
    bounds = f"{start or ''}:{'' if stop == size else stop}"
    return Piece(f"{{0}}[..., {bounds}]" if index == 0 else f"{{0}}[{':, ' * index}{bounds}]")


def _crop(kind: Any, inputs: tuple[Shape, ...], output: Shape) -> Piece:
    size = "{1}.shape[1:-1]" if kind.size is None else repr(tuple(output[1:]))
    return Piece(f"center_crop({{0}}, {size})", (), ("center_crop",))


def _padding(kind: Any, inputs: tuple[Shape, ...], output: Shape) -> Piece:
    sides = pairs(kind.amount, (1,) * rank(output))
    return Piece(padded(sides, kind.mode, kind.value if kind.mode == "constant" else None))


def _upsample(kind: Any, inputs: tuple[Shape, ...], output: Shape) -> Piece:
    axes = rank(output)
    factors = [big / small for big, small in zip(output[1:], inputs[0][1:], strict=True)]
    if all(factor.is_integer() for factor in factors) and (kind.mode == "nearest" or axes == 2):
        size = Arg(flat([int(factor) for factor in factors]), role="size")
        words = (Arg(kind.mode, "interpolation", "interpolation", "nearest"),) if axes == 2 else ()
        return layer(f"UpSampling{axes}D", size, *words)
    if axes != 2:
        raise MissingError(f"{kind.mode} resizing of {axes} axes")
    return layer(
        "Resizing", Arg(output[1]), Arg(output[2]), Arg(kind.mode, "interpolation", "interpolation", "bilinear")
    )


def _shuffle(name: str, field: str) -> Maker:
    return lambda kind, inputs, output: Piece(f"{name}({{0}}, {getattr(kind, field)})", (), (name,))


def _merge(name: str) -> Maker:
    return lambda kind, inputs, output: layer(name, before="[{all}]")


def _multiply(kind: Any, inputs: tuple[Shape, ...], output: Shape) -> Piece:
    axes = max(len(shape) for shape in inputs)
    spread = "None, " * (axes - 1)
    return Piece(
        " * ".join(
            f"{{{index}}}[:, {spread}:]" if len(shape) == 1 and axes > 1 else f"{{{index}}}"
            for index, shape in enumerate(inputs)
        )
    )


def _concat(kind: Any, inputs: tuple[Shape, ...], output: Shape) -> Piece:
    axis = axis_index(kind.axis, rank(output)) or -1
    return layer("Concatenate", Arg(axis, "axis", "axis", -1), before="[{all}]")


def _highway(kind: Any, inputs: tuple[Shape, ...], output: Shape) -> Piece:
    return Piece("{0} * {1} + {2} * (1 - {1})")


def _depth_pool(kind: Any, inputs: tuple[Shape, ...], output: Shape) -> Piece:
    if kind.stride not in (None, kind.kernel) or inputs[0][0] != output[0] * kind.kernel:
        raise MissingError("a pooling across channels whose windows overlap or leave channels over")
    sizes = ", ".join(map(str, (*output[1:], output[0], kind.kernel)))
    reduce = "max" if kind.mode == "max" else "mean"
    return Piece(f"ops.{reduce}(ops.reshape({{0}}, (-1, {sizes})), axis=-1)")


_WORDS = {"silu": "silu", "gelu": "gelu", "mish": "mish", "hardswish": "hard_silu", "hardsigmoid": "hard_sigmoid"}

MAKERS: dict[str, Maker] = {
    **dict.fromkeys(("conv", "conv1d", "conv2d", "conv3d"), conv),
    "depthwise_conv": depthwise,
    "transposed_conv": transposed,
    "dense": _dense,
    "rbf": _rbf,
    "maxpool": maxpool,
    "avgpool": avgpool,
    "global_maxpool": whole("Max"),
    "global_avgpool": whole("Average"),
    "adaptive_maxpool": adaptive("Max"),
    "adaptive_avgpool": adaptive("Average"),
    "depth_pool": _depth_pool,
    "batchnorm": _batchnorm,
    "layernorm": _layernorm,
    "groupnorm": _groupnorm,
    "instancenorm": _groupnorm,
    "lrn": _lrn,
    **{word: _activation(word) for word in ("relu", "relu6", "softplus", "selu", "sigmoid", "tanh")},
    **{kind: _activation(word) for kind, word in _WORDS.items()},
    "leaky_relu": _leaky,
    "elu": _elu,
    "prelu": _prelu,
    "softmax": _softmax("softmax"),
    "log_softmax": _softmax("log_softmax"),
    "maxout": _maxout,
    "dropout": _dropout,
    "spatial_dropout": _dropout,
    "drop_path": _drop_path,
    "scale": _scale,
    "rescale": _rescale,
    "flatten": _flatten,
    "identity": lambda kind, inputs, output: Piece("{0}"),
    "reshape": _reshape,
    "permute": _permute,
    "slice": _slice,
    "crop": _crop,
    "pad": _padding,
    "upsample": _upsample,
    "pixel_shuffle": _shuffle("pixel_shuffle", "factor"),
    "pixel_unshuffle": _shuffle("pixel_unshuffle", "factor"),
    "channel_shuffle": _shuffle("channel_shuffle", "groups"),
    "add": _merge("Add"),
    "multiply": _multiply,
    "maximum": _merge("Maximum"),
    "concat": _concat,
    "highway": _highway,
}
"""Kind -> what makes its piece."""

WITHOUT = {
    "lppool": "Keras has no power pooling",
    "locally_connected": "Keras 3 has no unshared convolution",
    "rrelu": "Keras has no randomised leaky ReLU",
}
"""Kinds that Keras has nothing for, and why; a test demands that every kind is in one of the two tables."""


__all__ = ["MAKERS", "WITHOUT", "MissingError", "piece"]
