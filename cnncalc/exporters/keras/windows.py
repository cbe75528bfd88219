"""Convolutions and poolings in Keras source. Padding that Keras has no word for is a layer or an operation before.

Each raises MissingError where Keras has nothing for a field's value.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cnncalc.core.shapes import Shape, rank
from cnncalc.exporters.code import Arg, Construct, literal
from cnncalc.exporters.piece import Piece, flat
from cnncalc.layers.fields import expand
from cnncalc.layers.window import Axis, axes_of, pairs

Maker = Callable[[Any, tuple[Shape, ...], Shape], Piece]
Sides = tuple[tuple[int, int], ...]


class MissingError(Exception):
    """Keras has nothing for this; the text says for what."""


def layer(function: str, *args: Arg, before: str = "{0}", helpers: tuple[str, ...] = ()) -> Piece:
    """A piece that is one Keras layer, applied to `before`."""
    return Piece(f"{{own}}({before})", (("own", Construct(f"layers.{function}", args)),), helpers)


def _none(sides: Sides) -> bool:
    return not any(map(any, sides))


def _same(axes: tuple[Axis, ...]) -> bool:
    """Whether Keras' word same means this padding."""
    return all(
        axis.pads == axis._replace(padding="same").pads and axis.positions() == -(-axis.size // axis.stride)
        for axis in axes
    )


def padded(sides: Sides, mode: str = "zeros", value: float | None = None) -> str:
    """The expression of a padded input."""
    if _none(sides):
        return "{0}"
    if mode in ("zeros", "constant") and not value:
        even = all(before == after for before, after in sides)
        amount = flat([before for before, _ in sides]) if even else (sides if len(sides) > 1 else sides[0])
        return f"layers.ZeroPadding{len(sides)}D({literal(amount)})({{0}})"
    widths = ", ".join(str(list(pair)) for pair in ((0, 0), *sides, (0, 0)))
    if value or mode == "constant":
        return f"ops.pad({{0}}, [{widths}], constant_values={literal(value)})"
    if mode != "reflect":
        raise MissingError(f"padding mode {mode}")
    return f'ops.pad({{0}}, [{widths}], mode="reflect")'


def _window(axes: tuple[Axis, ...], same: bool) -> tuple[Arg, Arg, Arg]:
    return (
        Arg(flat([axis.kernel for axis in axes]), role="kernel_size"),
        Arg(flat([axis.stride for axis in axes]), "strides", "strides", 1),
        Arg("same" if same else "valid", "padding", "padding", "valid"),
    )


def _tail(kind: Any, axes: tuple[Axis, ...]) -> tuple[Arg, ...]:
    return (
        Arg(flat([axis.dilation for axis in axes]), "dilation_rate", "dilation_rate", 1),
        Arg(kind.bias, "use_bias", "use_bias", True),
    )


def _axes(kind: Any, x: Shape, mode: str) -> tuple[tuple[Axis, ...], bool, str]:
    """The window, whether `same` says its padding, and the input with the padding that it does not say."""
    axes = axes_of(x, kind.kernel, kind.stride, kind.padding, kind.dilation)
    sides = tuple(axis.pads for axis in axes)
    # Keras takes no stride beside a dilation
    if any(axis.stride > 1 for axis in axes) and any(axis.dilation > 1 for axis in axes):
        raise MissingError("a stride together with a dilation")
    same = mode == "zeros" and not _none(sides) and _same(axes)
    return axes, same, "{0}" if same else padded(sides, mode)


def conv(kind: Any, inputs: tuple[Shape, ...], output: Shape) -> Piece:
    """layers.Conv."""
    if kind.connections is not None:
        raise MissingError("a connection table")
    axes, same, before = _axes(kind, inputs[0], kind.padding_mode)
    groups = Arg(kind.groups, "groups", "groups", 1)
    args = (Arg(kind.filters, role="filters"), *_window(axes, same), groups, *_tail(kind, axes))
    return layer(f"Conv{len(axes)}D", *args, before=before)


def depthwise(kind: Any, inputs: tuple[Shape, ...], output: Shape) -> Piece:
    """layers.DepthwiseConv; one step for all axes, as Keras takes it."""
    axes, same, before = _axes(kind, inputs[0], "zeros")
    multiplier = Arg(kind.multiplier, "depth_multiplier", "depth_multiplier", 1)
    if len(axes) == 3 or len({axis.stride for axis in axes}) > 1:
        groups = Arg(inputs[0][0], "groups", "groups", 1)
        args = (Arg(output[0], role="filters"), *_window(axes, same), groups, *_tail(kind, axes))
        return layer(f"Conv{len(axes)}D", *args, before=before)
    return layer(f"DepthwiseConv{len(axes)}D", *_window(axes, same), multiplier, *_tail(kind, axes), before=before)


def transposed(kind: Any, inputs: tuple[Shape, ...], output: Shape) -> Piece:
    """layers.ConvTranspose of the whole result, then the padding cropped from its ends."""
    (x,) = inputs
    count = rank(x)
    if kind.groups != 1:
        raise MissingError("groups of a transposed convolution")
    kernel, stride, dilation = (expand(value, count) for value in (kind.kernel, kind.stride, kind.dilation))
    if any(step > 1 for step in stride) and any(gap > 1 for gap in dilation):
        raise MissingError("a stride together with a dilation")
    same = kind.padding == "same"
    extra = expand(kind.output_padding, count)
    spans = tuple(gap * (size - 1) + 1 for size, gap in zip(kernel, dilation, strict=True))
    # without output_padding Keras gives each axis a whole number of strides at least
    covered = not any(extra) and all(span >= step for span, step in zip(spans, stride, strict=True))
    args = (
        Arg(kind.filters, role="filters"),
        Arg(flat(kernel), role="kernel_size"),
        Arg(flat(stride), "strides", "strides", 1),
        Arg("same" if same else "valid", "padding", "padding", "valid"),
        Arg(None if same or covered else flat(extra), "output_padding", "output_padding", None),
        Arg(flat(dilation), "dilation_rate", "dilation_rate", 1),
        Arg(kind.bias, "use_bias", "use_bias", True),
    )
    piece = layer(f"Conv{count}DTranspose", *args)
    cuts: Sides = ((0, 0),) * count if same else pairs(kind.padding, spans)
    if _none(cuts):
        return piece
    ends = "".join(f", {before}:{before + size}" for (before, _), size in zip(cuts, output[1:], strict=True))
    return piece._replace(forward=f"{piece.forward}[:{ends}, :]")


def maxpool(kind: Any, inputs: tuple[Shape, ...], output: Shape) -> Piece:
    """layers.MaxPooling; with minus infinity around where Keras has no word for the padding."""
    axes = kind.axes(inputs[0])
    if any(axis.dilation > 1 for axis in axes):
        raise MissingError("dilation of a pooling")
    sides = _covering(axes, output)
    same = not _none(sides) and _same(axes) and not kind.ceil_mode
    before = "{0}" if same else padded(sides, value=float("-inf"))
    return _pooling("MaxPooling", axes, same, before)


def _covering(axes: tuple[Axis, ...], output: Shape) -> Sides:
    """Padding with which a plain pooling gives the output: ceil_mode's last window is filled up."""
    return tuple(
        (axis.pads[0], max((size - 1) * axis.stride + axis.kernel - axis.size - axis.pads[0], 0))
        for axis, size in zip(axes, output[1:], strict=True)
    )


def _pooling(name: str, axes: tuple[Axis, ...], same: bool, before: str) -> Piece:
    size, stride, padding = _window(axes, same)
    return layer(
        f"{name}{len(axes)}D",
        size._replace(role="pool_size"),
        stride._replace(default=size.value),
        padding,
        before=before,
    )


def avgpool(kind: Any, inputs: tuple[Shape, ...], output: Shape) -> Piece:
    """layers.AveragePooling; Keras' same leaves padding out of the mean, zeros before it count."""
    axes = kind.axes(inputs[0])
    sides = tuple(axis.pads for axis in axes)
    floor = tuple(axis.positions() for axis in axes)
    if kind.ceil_mode and kind.padding != "same" and floor != tuple(output[1:]):
        raise MissingError("ceil_mode of an average pooling, where the last window is partial")
    counts = kind.count_include_pad and kind.padding != "same"
    if _none(sides) or counts:
        return _pooling("AveragePooling", axes, False, padded(sides))
    if not _same(axes):
        raise MissingError("an average over uncounted padding other than same")
    return _pooling("AveragePooling", axes, True, "{0}")


def whole(name: str) -> Maker:
    """layers.GlobalMaxPooling or GlobalAveragePooling."""

    def make(kind: Any, inputs: tuple[Shape, ...], output: Shape) -> Piece:
        return layer(f"Global{name}Pooling{rank(inputs[0])}D", Arg(kind.keepdims, "keepdims", "keepdims", False))

    return make


def adaptive(name: str) -> Maker:
    """layers.AdaptiveMaxPooling or AdaptiveAveragePooling."""

    def make(kind: Any, inputs: tuple[Shape, ...], output: Shape) -> Piece:
        return layer(f"Adaptive{name}Pooling{rank(inputs[0])}D", Arg(flat(output[1:]), role="output_size"))

    return make
