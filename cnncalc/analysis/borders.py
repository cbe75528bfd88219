"""What windows leave unread: positions at the far border, and positions between windows that lie apart."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

from cnncalc.core.shapes import Shape, axis_name, rank
from cnncalc.graph.model import Graph, Node
from cnncalc.layers.base import Layer
from cnncalc.layers.window import Axis, axes_of

CONVOLUTIONS = frozenset({"conv", "conv1d", "conv2d", "conv3d", "depthwise_conv", "locally_connected"})
POOLINGS = frozenset({"maxpool", "avgpool", "lppool"})
WINDOWED = CONVOLUTIONS | POOLINGS


class Unread(NamedTuple):
    """One axis of a window: how many of its real positions (padding does not count) no window reads."""

    name: str
    size: int
    stride: int
    border: int
    """At the end of the axis."""
    between: int
    """Between windows, when the stride is larger than the kernel."""
    residue: int
    """Inputs of this size modulo the stride lose nothing at the border."""


def window_axes(layer: Layer, shape: Shape | None) -> tuple[Axis, ...]:
    """The window of a convolution or pooling on an input; none for other kinds and unknown shapes."""
    if shape is None or layer.kind not in WINDOWED or rank(shape) == 0:
        return ()
    fields: Any = layer
    dilation, padding = getattr(fields, "dilation", 1), getattr(fields, "padding", "valid")
    return axes_of(shape, fields.kernel, fields.effective("stride"), padding, dilation)


def numeric_axes(node: Node, graph: Graph) -> tuple[Axis, ...]:
    """The window of a layer whose input sizes are numbers; none where they are not or where it is faulty."""
    if node.output is None:
        return ()
    axes = window_axes(node.layer, graph.shape(node.inputs[0]))
    if all(type(value) is int for axis in axes for value in (axis.size, *axis.pads, axis.reach, axis.stride)):
        return axes
    return ()


def unread(layer: Layer, axes: tuple[Axis, ...]) -> tuple[Unread, ...]:
    """Per axis of a layer's window what it leaves unread.

    The last (n + p + q - k) mod s positions of the padded axis are never read; those of them that are padding are no loss.
    """
    ceil_mode = bool(getattr(layer, "ceil_mode", False))
    return tuple([_axis(axis, axis_name(index, len(axes)), ceil_mode) for index, axis in enumerate(axes)])


@lru_cache(maxsize=1024)
def _axis(axis: Axis, name: str, ceil_mode: bool) -> Unread:
    size, reach, stride = axis.size, axis.reach, axis.stride
    before, after = axis.pads
    left = 0 if axis.padding == "same" or ceil_mode else (axis.padded - reach) % stride
    border = min(max(left - after, 0), size)
    gaps = 0
    if stride > reach:
        starts = range(-before, size + after - reach + 1, stride)
        read = sum(max(0, min(start + reach, size) - max(start, 0)) for start in starts)
        gaps = size - border - read
    return Unread(name, size, stride, border, max(gaps, 0), (reach - before - after) % stride)
