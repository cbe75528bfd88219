"""Convolutions and poolings in PyTorch source: what torch's own padding cannot say is a module that pads by itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cnncalc.core.shapes import Shape, rank
from cnncalc.exporters.code import Arg, Construct
from cnncalc.exporters.piece import Piece, flat
from cnncalc.layers.fields import expand
from cnncalc.layers.window import Axis, axes_of, pairs

_MODES = {"zeros": "Zero", "reflect": "Reflection", "replicate": "Replication", "circular": "Circular"}

Maker = Callable[[Any, tuple[Shape, ...], Shape], Piece]


def module(function: str, *args: Arg, forward: str = "{own}({0})", helpers: tuple[str, ...] = ()) -> Piece:
    """A layer that is one module."""
    return Piece(forward, (("own", Construct(function, args)),), helpers)


def _even(sides: tuple[tuple[int, int], ...]) -> bool:
    return all(before == after for before, after in sides)


def padding(sides: tuple[tuple[int, int], ...], mode: str = "zeros", value: float | None = None) -> Construct:
    """A padding module: torch names the last axis first."""
    amounts = tuple(side for pair in reversed(sides) for side in pair)
    kind = _MODES.get(mode, "Constant") if value is None else "Constant"
    more = () if value is None else (Arg(value, role="value"),)
    return Construct(f"nn.{kind}Pad{len(sides)}d", (Arg(flat(amounts), role="padding"), *more))


def _sides(sides: tuple[tuple[int, int], ...]) -> Arg:
    """The amounts in torch's order, the last axis first."""
    return Arg(tuple(side for pair in reversed(sides) for side in pair), "sides", "sides")


def _window(axes: tuple[Axis, ...], inside: bool) -> tuple[Arg, Arg, Arg, Arg]:
    """Kernel, stride, padding and dilation as arguments."""
    return (
        Arg(flat([axis.kernel for axis in axes]), "kernel_size", "kernel_size"),
        Arg(flat([axis.stride for axis in axes]), "stride", "stride", 1),
        Arg(flat([axis.pads[0] for axis in axes]) if inside else 0, "padding", "padding", 0),
        Arg(flat([axis.dilation for axis in axes]), "dilation", "dilation", 1),
    )


def _channels(inputs: tuple[Shape, ...], filters: int) -> tuple[Arg, Arg]:
    return Arg(inputs[0][0], role="in_channels"), Arg(filters, role="out_channels")


def _convolution(layer: Any, inputs: tuple[Shape, ...], output: Shape, groups: int, mode: str) -> Piece:
    (x,) = inputs
    axes = axes_of(x, layer.kernel, layer.stride, layer.padding, layer.dilation)
    sides = tuple(axis.pads for axis in axes)
    inside, mode = _even(sides), mode if any(map(any, sides)) else "zeros"
    tail = [Arg(groups, "groups", "groups", 1), Arg(layer.bias, "bias", "bias", True)]
    if inside:
        tail.append(Arg(mode, "padding_mode", "padding_mode", "zeros"))
    else:
        tail += [_sides(sides), _mode(mode)]
    args = (*_channels(inputs, output[0]), *_window(axes, inside), *tail)
    return _padded(f"Conv{rank(x)}d", inside, args)


def _mode(mode: str) -> Arg:
    return Arg("constant" if mode == "zeros" else mode, "mode", "mode", "constant")


def _padded(function: str, inside: bool, args: tuple[Arg, ...]) -> Piece:
    """Torch's own module, or where its padding cannot say it the one with sides."""
    return (
        module(f"nn.{function}", *args)
        if inside
        else module(f"Padded{function}", *args, helpers=(f"Padded{function}",))
    )


def conv(layer: Any, inputs: tuple[Shape, ...], output: Shape) -> Piece:
    """nn.Conv, or ConnectedConv for a connection table."""
    if layer.connections is None:
        return _convolution(layer, inputs, output, layer.groups, layer.padding_mode)
    (x,) = inputs
    axes = axes_of(x, layer.kernel, layer.stride, layer.padding, layer.dilation)
    sides = tuple(axis.pads for axis in axes)
    kernel, stride, _, dilation = _window(axes, True)
    args = [
        Arg(tuple(tuple(row) for row in layer.connections), role="connections"),
        *(arg._replace(value=tuple(expand(arg.value, rank(x)))) for arg in (kernel, stride, dilation)),
        Arg(layer.bias, "bias", "bias", True),
    ]
    if any(map(any, sides)):
        args += [_sides(sides), _mode(layer.padding_mode)]
    return module("ConnectedConv", *args, helpers=("ConnectedConv",))


def depthwise(layer: Any, inputs: tuple[Shape, ...], output: Shape) -> Piece:
    """nn.Conv with one group per channel."""
    return _convolution(layer, inputs, output, inputs[0][0], "zeros")


def transposed(layer: Any, inputs: tuple[Shape, ...], output: Shape) -> Piece:
    """nn.ConvTranspose; uneven ends are cut off."""
    (x,) = inputs
    count = rank(x)
    kernel, stride, dilation = (expand(value, count) for value in (layer.kernel, layer.stride, layer.dilation))
    extra = expand(layer.output_padding, count)
    spans = tuple(d * (k - 1) + 1 for k, d in zip(kernel, dilation, strict=True))
    if layer.padding == "same":
        surplus = [span - step for span, step in zip(spans, stride, strict=True)]
        cuts: tuple[Any, ...] = tuple((max(n, 0) // 2, max(n, 0) - max(n, 0) // 2) for n in surplus)
        extra = tuple(max(-n, 0) for n in surplus)
    else:
        cuts = pairs(layer.padding, spans)
    inside = _even(cuts)
    args = (
        *_channels(inputs, layer.filters),
        Arg(flat(kernel), "kernel_size", "kernel_size"),
        Arg(flat(stride), "stride", "stride", 1),
        Arg(flat([before for before, _ in cuts]) if inside else 0, "padding", "padding", 0),
        Arg(flat(extra), "output_padding", "output_padding", 0),
        Arg(layer.groups, "groups", "groups", 1),
        Arg(layer.bias, "bias", "bias", True),
        Arg(flat(dilation), "dilation", "dilation", 1),
    )
    name = f"ConvTranspose{count}d"
    if inside:
        return module(f"nn.{name}", *args)
    ends = Arg(tuple(tuple(pair) for pair in cuts), "cuts", "cuts")
    return module(f"Cut{name}", *args, ends, helpers=(f"Cut{name}",))


def unshared(layer: Any, inputs: tuple[Shape, ...], output: Shape) -> Piece:
    """LocallyConnected."""
    count = rank(inputs[0])
    return module(
        "LocallyConnected",
        *_channels(inputs, layer.filters),
        Arg(tuple(output[1:]), role="positions"),
        Arg(tuple(expand(layer.kernel, count)), role="kernel_size"),
        Arg(tuple(expand(layer.stride, count)), role="stride"),
        Arg(layer.bias, "bias", "bias", True),
        helpers=("LocallyConnected",),
    )


def _pool(layer: Any, name: str, axes: tuple[Axis, ...], inside: bool, args: tuple[Arg, ...], output: Shape) -> Piece:
    """A pooling. After a padding torch's ceil_mode keeps windows that start in the padding behind: those are cut off."""
    if not inside:
        cut = layer.ceil_mode and layer.padding != "same"
        args = (
            *args,
            _sides(tuple(axis.pads for axis in axes)),
            Arg(tuple(output[1:]) if cut else (), "size", "size", ()),
        )
    return _padded(f"{name}{len(axes)}d", inside, args)


def _ceil(layer: Any) -> Arg:
    return Arg(layer.ceil_mode and layer.padding != "same", "ceil_mode", "ceil_mode", False)


def maxpool(layer: Any, inputs: tuple[Shape, ...], output: Shape) -> Piece:
    """nn.MaxPool; minus infinity around where the padding is uneven or wide."""
    axes = layer.axes(inputs[0])
    sides = tuple(axis.pads for axis in axes)
    inside = _even(sides) and all(2 * axis.pads[0] <= axis.kernel for axis in axes)
    args = (*_strided(axes, inside), _window(axes, True)[3], _ceil(layer))
    return _pool(layer, "MaxPool", axes, inside, args, output)


def _strided(axes: tuple[Axis, ...], inside: bool) -> tuple[Arg, Arg, Arg]:
    """Kernel, stride (torch's default is the kernel) and padding."""
    kernel, stride, padding, _ = _window(axes, inside)
    return kernel, stride._replace(default=kernel.value), padding


def avgpool(layer: Any, inputs: tuple[Shape, ...], output: Shape) -> Piece:
    """nn.AvgPool; a mean over real positions where the padding is uneven and does not count."""
    axes = layer.axes(inputs[0])
    sides = tuple(axis.pads for axis in axes)
    counts = layer.count_include_pad and layer.padding != "same"
    small = len(axes) == 3 and any(axis.size < axis.kernel for axis in axes)
    inside = _even(sides) and not (layer.padding == "same" and small)
    count = Arg(counts or not any(map(any, sides)), "count_include_pad", "count_include_pad", True)
    return _pool(layer, "AvgPool", axes, inside, (*_strided(axes, inside), _ceil(layer), count), output)


def lppool(layer: Any, inputs: tuple[Shape, ...], output: Shape) -> Piece:
    """nn.LPPool."""
    axes = layer.axes(inputs[0])
    inside = not any(map(any, (axis.pads for axis in axes)))
    kernel, stride, _ = _strided(axes, True)
    return _pool(layer, "LPPool", axes, inside, (Arg(layer.p, role="norm_type"), kernel, stride, _ceil(layer)), output)


def adaptive(name: str) -> Maker:
    """nn.AdaptiveMaxPool or nn.AdaptiveAvgPool; the global ones drop the axes of length 1 unless told to keep them."""

    def make(layer: Any, inputs: tuple[Shape, ...], output: Shape) -> Piece:
        size = Arg(flat(output[1:]) if hasattr(layer, "size") else 1, role="output_size")
        forward = "{own}({0})" if len(output) > 1 else "torch.flatten({own}({0}), 1)"
        return module(f"nn.Adaptive{name}Pool{rank(inputs[0])}d", size, forward=forward)

    return make
