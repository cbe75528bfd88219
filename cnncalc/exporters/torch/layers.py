"""What each kind is in PyTorch source. Where torch has no module for it, one of `definitions` is added."""

from __future__ import annotations

from typing import Any

from cnncalc.core.shapes import Shape, rank
from cnncalc.exporters.code import Arg
from cnncalc.exporters.piece import Piece, flat
from cnncalc.exporters.torch.windows import (
    Maker,
    adaptive,
    avgpool,
    conv,
    depthwise,
    lppool,
    maxpool,
    module,
    padding,
    transposed,
    unshared,
)
from cnncalc.layers.axis import axis_index
from cnncalc.layers.fields import expand
from cnncalc.layers.window import pairs


def piece(layer: Any, inputs: tuple[Shape, ...], output: Shape) -> Piece:
    """The layer on inputs of these shapes (channels first, without the batch)."""
    return MAKERS[layer.kind](layer, inputs, output)


def _along(axes: int) -> str:
    """A module for the last axis, applied to the channels of a map."""
    last = ", ".join(map(str, (0, *range(2, axes + 2), 1)))
    first = ", ".join(map(str, (0, axes + 1, *range(1, axes + 1))))
    return f"{{own}}({{0}}.permute({last})).permute({first})"


def _dense(layer: Any, inputs: tuple[Shape, ...], output: Shape) -> Piece:
    (x,) = inputs
    moved = layer.axis == "channels" and rank(x) > 0
    return module(
        "nn.Linear",
        Arg(x[0] if moved else x[-1], role="in_features"),
        Arg(layer.units, role="out_features"),
        Arg(layer.bias, "bias", "bias", True),
        forward=_along(rank(x)) if moved else "{own}({0})",
    )


def _rbf(layer: Any, inputs: tuple[Shape, ...], output: Shape) -> Piece:
    return module("Rbf", Arg(inputs[0][0], role="in_features"), Arg(layer.units, role="units"), helpers=("Rbf",))


def _depth_pool(layer: Any, inputs: tuple[Shape, ...], output: Shape) -> Piece:
    stride = layer.kernel if layer.stride is None else layer.stride
    reduce = "amax" if layer.mode == "max" else "mean"
    return Piece(f"{{0}}.unfold(1, {layer.kernel}, {stride}).{reduce}(-1)")


def _batchnorm(layer: Any, inputs: tuple[Shape, ...], output: Shape) -> Piece:
    return module(
        f"nn.BatchNorm{max(rank(output), 1)}d",
        Arg(output[0], role="channels"),
        Arg(layer.affine, "affine", "affine", True),
        Arg(layer.track_stats, "track_running_stats", "track_running_stats", True),
    )


def _layernorm(layer: Any, inputs: tuple[Shape, ...], output: Shape) -> Piece:
    whole = layer.over == "all"
    return module(
        "nn.LayerNorm",
        Arg(flat_shape(output) if whole else output[0], role="channels"),
        Arg(layer.affine, "elementwise_affine", "affine", True),
        forward="{own}({0})" if whole or rank(output) == 0 else _along(rank(output)),
    )


def flat_shape(shape: Shape) -> Any:
    """A vector's length as a number, a map's sizes as a tuple."""
    return shape[0] if len(shape) == 1 else tuple(shape)


def _groupnorm(layer: Any, inputs: tuple[Shape, ...], output: Shape) -> Piece:
    return module(
        "nn.GroupNorm",
        Arg(layer.groups, role="groups"),
        Arg(output[0], role="channels"),
        Arg(layer.affine, "affine", "affine", True),
    )


def _instancenorm(layer: Any, inputs: tuple[Shape, ...], output: Shape) -> Piece:
    affine = Arg(layer.affine, "affine", "affine", False)
    return module(f"nn.InstanceNorm{rank(output)}d", Arg(output[0], role="channels"), affine)


def _lrn(layer: Any, inputs: tuple[Shape, ...], output: Shape) -> Piece:
    return module(
        "nn.LocalResponseNorm",
        Arg(layer.size, role="size"),
        Arg(layer.alpha, "alpha", "alpha", 1e-4),
        Arg(layer.beta, "beta", "beta", 0.75),
        Arg(layer.k, "k", "k", 1.0),
    )


def _function(expression: str) -> Maker:
    return lambda layer, inputs, output: Piece(expression)


def _prelu(layer: Any, inputs: tuple[Shape, ...], output: Shape) -> Piece:
    slopes = Arg(output[0] if layer.per == "channel" else 1, role="slopes", default=1)
    return module("nn.PReLU", slopes)


def _dimension(name: str, x: Shape) -> int:
    index = axis_index(name, rank(x)) or 0
    return index + 1


def _softmax(name: str) -> Maker:
    return lambda layer, inputs, output: Piece(f"F.{name}({{0}}, dim={_dimension(layer.axis, output)})")


def _dropout(layer: Any, inputs: tuple[Shape, ...], output: Shape) -> Piece:
    axes = rank(output) if layer.kind == "spatial_dropout" else 0
    return module(f"nn.Dropout{f'{axes}d' if axes else ''}", Arg(layer.rate, role="rate"))


def _drop_path(layer: Any, inputs: tuple[Shape, ...], output: Shape) -> Piece:
    return module("DropPath", Arg(layer.rate, role="rate"), helpers=("DropPath",))


def _scale(layer: Any, inputs: tuple[Shape, ...], output: Shape) -> Piece:
    shape = {"channel": output[:1], "layer": (1,), "number": output}[layer.per]
    args = (
        Arg(flat_shape(shape), role="channels"),
        Arg(layer.weight, "weight", "weight", True),
        Arg(layer.bias, "bias", "bias", False),
    )
    return module("Scale", *args, helpers=("Scale",))


def _rescale(layer: Any, inputs: tuple[Shape, ...], output: Shape) -> Piece:
    if layer.factor == -1 and layer.offset != 0:
        return Piece(f"{layer.offset} - {{0}}")
    product = "{0}" if layer.factor == 1 else f"{{0}} * {layer.factor}"
    return Piece(product if layer.offset == 0 else f"{product} + {layer.offset}")


def _reshape(layer: Any, inputs: tuple[Shape, ...], output: Shape) -> Piece:
    sizes = ", ".join(map(str, output))
    return Piece(f"{{0}}.reshape({{0}}.shape[0], {sizes})")


def _permute(layer: Any, inputs: tuple[Shape, ...], output: Shape) -> Piece:
    return Piece(f"{{0}}.permute(0, {', '.join(str(index + 1) for index in layer.order)})")


def _slice(layer: Any, inputs: tuple[Shape, ...], output: Shape) -> Piece:
    dimension = _dimension(layer.axis, output)
    if output == inputs[0]:
        # torch takes x[:] for x itself
        return Piece(f"{{0}}.narrow({dimension}, 0, {output[dimension - 1]})")
    size, start, stop = inputs[0][dimension - 1], layer.start, output[dimension - 1] + layer.start
    if dimension == 1 and size == 2 * output[0] and (start == 0 or stop == size):
        # halves, so that units that split other numbers of channels are built alike
        bounds = "{0}.shape[1] // 2 :" if start else ": {0}.shape[1] // 2"
    else:
        bounds = f"{start or ''}:{'' if stop == size else stop}"
    return Piece(f"{{0}}[{':, ' * dimension}{bounds}]")


def _crop(layer: Any, inputs: tuple[Shape, ...], output: Shape) -> Piece:
    if layer.size is None:
        return Piece("center_crop({0}, {1}.shape[2:])", helpers=("center_crop",))
    sizes = ", ".join(map(str, output[1:]))
    return Piece(f"center_crop({{0}}, ({sizes}{',' if rank(output) == 1 else ''}))", helpers=("center_crop",))


def _padding(layer: Any, inputs: tuple[Shape, ...], output: Shape) -> Piece:
    sides = pairs(layer.amount, (1,) * rank(output))
    value = layer.value if layer.mode == "constant" else None
    return Piece("{own}({0})", (("own", padding(sides, layer.mode, value)),))


def _upsample(layer: Any, inputs: tuple[Shape, ...], output: Shape) -> Piece:
    axes = rank(output)
    mode = ("linear", "bilinear", "trilinear")[axes - 1] if layer.mode == "bilinear" else layer.mode
    factor = None if layer.factor is None else flat([float(value) for value in expand(layer.factor, axes)])
    size = None if layer.size is None else flat(output[1:])
    return module(
        "nn.Upsample",
        Arg(size, "size", "size", None),
        Arg(factor, "scale_factor", "scale_factor", None),
        Arg(mode, "mode", "mode", "nearest"),
    )


def _one(function: str, field: str) -> Maker:
    return lambda layer, inputs, output: module(function, Arg(getattr(layer, field), role=field))


def _channel_shuffle(layer: Any, inputs: tuple[Shape, ...], output: Shape) -> Piece:
    if rank(output) == 0:  # torch's module takes maps only
        return Piece(f"{{0}}.unflatten(1, ({layer.groups}, -1)).transpose(1, 2).flatten(1)")
    return module("nn.ChannelShuffle", Arg(layer.groups, role="groups"))


def _joined(sign: str) -> Maker:
    return lambda layer, inputs, output: Piece(f" {sign} ".join(f"{{{index}}}" for index in range(len(inputs))))


def _multiply(layer: Any, inputs: tuple[Shape, ...], output: Shape) -> Piece:
    axes = max(len(shape) for shape in inputs)
    spread = ", None" * (axes - 1)
    factors = [
        f"{{{index}}}[:, :{spread}]" if len(shape) == 1 and axes > 1 else f"{{{index}}}"
        for index, shape in enumerate(inputs)
    ]
    return Piece(" * ".join(factors))


def _maximum(layer: Any, inputs: tuple[Shape, ...], output: Shape) -> Piece:
    text = "{0}"
    for index in range(1, len(inputs)):
        text = f"torch.maximum({text}, {{{index}}})"
    return Piece(text)


def _concat(layer: Any, inputs: tuple[Shape, ...], output: Shape) -> Piece:
    return Piece(f"torch.cat([{{all}}], dim={_dimension(layer.axis, inputs[0])})")


def _maxout(layer: Any, inputs: tuple[Shape, ...], output: Shape) -> Piece:
    return Piece(f"{{0}}.unflatten(1, (-1, {layer.pieces})).amax(2)")


def _leaky(layer: Any, inputs: tuple[Shape, ...], output: Shape) -> Piece:
    return Piece(f"F.leaky_relu({{0}}, {layer.slope})")


def _elu(layer: Any, inputs: tuple[Shape, ...], output: Shape) -> Piece:
    return Piece("F.elu({0})" if layer.alpha == 1 else f"F.elu({{0}}, {layer.alpha})")


def _rrelu(layer: Any, inputs: tuple[Shape, ...], output: Shape) -> Piece:
    bounds = Arg(layer.lower, "lower", "lower", 1 / 8), Arg(layer.upper, "upper", "upper", 1 / 3)
    return module("nn.RReLU", *bounds)


MAKERS: dict[str, Maker] = {
    **dict.fromkeys(("conv", "conv1d", "conv2d", "conv3d"), conv),
    "depthwise_conv": depthwise,
    "transposed_conv": transposed,
    "locally_connected": unshared,
    "dense": _dense,
    "rbf": _rbf,
    "maxpool": maxpool,
    "avgpool": avgpool,
    "lppool": lppool,
    "global_maxpool": adaptive("Max"),
    "global_avgpool": adaptive("Avg"),
    "adaptive_maxpool": adaptive("Max"),
    "adaptive_avgpool": adaptive("Avg"),
    "depth_pool": _depth_pool,
    "batchnorm": _batchnorm,
    "layernorm": _layernorm,
    "groupnorm": _groupnorm,
    "instancenorm": _instancenorm,
    "lrn": _lrn,
    **{kind: _function(f"F.{kind}({{0}})") for kind in ("relu", "relu6", "silu", "gelu", "mish", "hardswish")},
    **{kind: _function(f"F.{kind}({{0}})") for kind in ("hardsigmoid", "softplus", "selu")},
    **{kind: _function(f"torch.{kind}({{0}})") for kind in ("sigmoid", "tanh")},
    "leaky_relu": _leaky,
    "elu": _elu,
    "rrelu": _rrelu,
    "prelu": _prelu,
    "softmax": _softmax("softmax"),
    "log_softmax": _softmax("log_softmax"),
    "maxout": _maxout,
    "dropout": _dropout,
    "spatial_dropout": _dropout,
    "drop_path": _drop_path,
    "scale": _scale,
    "rescale": _rescale,
    "flatten": _function("torch.flatten({0}, 1)"),
    "identity": _function("{0}"),
    "reshape": _reshape,
    "permute": _permute,
    "slice": _slice,
    "crop": _crop,
    "pad": _padding,
    "upsample": _upsample,
    "pixel_shuffle": _one("nn.PixelShuffle", "factor"),
    "pixel_unshuffle": _one("nn.PixelUnshuffle", "factor"),
    "channel_shuffle": _channel_shuffle,
    "add": _joined("+"),
    "multiply": _multiply,
    "maximum": _maximum,
    "concat": _concat,
    "highway": lambda layer, inputs, output: module("Highway", forward="{own}({all})", helpers=("Highway",)),
}
"""Kind -> what makes its piece. A test demands that every kind is here."""
