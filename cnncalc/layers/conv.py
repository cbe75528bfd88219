"""Convolutions: shared, depthwise, transposed and unshared, on one to three axes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, ClassVar

from pydantic import PlainValidator, WithJsonSchema

from cnncalc.core.dims import Dim, compare, exactdiv, maximum, prod, text
from cnncalc.core.shapes import Shape, axis_name, elements, rank
from cnncalc.core.tensors import Ops, Weight
from cnncalc.layers.base import Layer, Tap, Unmet, needs_map, unmet
from cnncalc.layers.fields import Count, Counts, Flag, OneOf, Padding, expand, wrong
from cnncalc.layers.operations import BATCH, Operation
from cnncalc.layers.window import Axis, axes_of, needs_per_axis, needs_room

PaddingMode = Annotated[str, OneOf("zeros", "reflect", "replicate", "circular")]


def _connections(value: Any) -> tuple[tuple[int, ...], ...] | None:
    if value is None:
        return None
    expected = "a list with, for each filter, the list of input channels it reads (from 0)"
    if not isinstance(value, list | tuple) or not value:
        raise wrong(expected, value)
    for row in value:
        if not isinstance(row, list | tuple) or not row or any(type(item) is not int or item < 0 for item in row):
            raise wrong(expected, row)
        if len(set(row)) != len(row):
            raise wrong("each input channel at most once per filter", row)
    return tuple(tuple(row) for row in value)


_TABLE_SCHEMA = {"type": "array", "items": {"type": "array", "items": {"type": "integer", "minimum": 0}}}
Connections = Annotated[Any, PlainValidator(_connections), WithJsonSchema(_TABLE_SCHEMA)]


def needs_groups(channels: Dim, filters: Dim, groups: Dim) -> Iterator[Unmet]:
    """Requires channels and filters to divide into the groups."""
    for name, value in (("input channels", channels), ("filters", filters)):
        if compare(value, "divisible by", groups) is None:
            continue
        yield from unmet(
            value,
            "divisible by",
            groups,
            f"{text(value)} {name} do not divide into {text(groups)} groups",
            expected=f"a multiple of {text(groups)}",
            remedy=f"choose groups that divide both {text(channels)} and {text(filters)}",
        )


class Conv(Layer):
    """Convolution (cross-correlation) with shared weights; the rank comes from the input.

    Output: `filters` maps of floor((n + p - d(k - 1) - 1) / s) + 1 positions per axis, p the total padding; SAME gives
    ceil(n / s). Parameters: (k * k * channels / groups + 1) * filters, without bias one less per filter; with a
    connection table k * k * links + filters. MACs: positions * weights. Source: course document 001, lines 657 and 714.

    >>> Conv(filters=96, kernel=11, stride=4).output((3, 227, 227))
    (96, 55, 55)
    """

    kind: ClassVar[str] = "conv"
    counted: ClassVar[bool] = True
    weighted: ClassVar[bool] = True
    ranks: ClassVar[tuple[int, ...]] = (1, 2, 3)

    filters: Count
    """How many filters, that is, output channels."""
    kernel: Counts
    """Kernel size, one number or one per axis."""
    stride: Counts = 1
    """Step of the window."""
    padding: Padding = "valid"
    """valid, same, full, a number, [h, w] or {top, bottom, left, right}."""
    dilation: Counts = 1
    """Distance between the kernel's taps."""
    groups: Count = 1
    """Channels are split into this many groups that do not see each other."""
    bias: Flag = True
    """One learned offset per filter."""
    padding_mode: PaddingMode = "zeros"
    """What the padding holds: zeros, reflect, replicate or circular."""
    connections: Connections = None
    """For each filter the input channels that it reads (LeNet-5's table); all of them when left out."""

    def axes(self, x: Shape) -> tuple[Axis, ...]:
        """The window on an input of this shape."""
        return axes_of(x, self.kernel, self.stride, self.padding, self.dilation)

    def requires(self, *inputs: Shape) -> Iterator[Unmet]:
        """Rank, list lengths, room for the kernel, groups, padding mode and connection table."""
        (x,) = inputs
        yield from needs_map(x, self.ranks, self.kind)
        yield from needs_per_axis(
            x, kernel=self.kernel, stride=self.stride, padding=self.padding, dilation=self.dilation
        )
        yield from needs_room(self.axes(x))
        yield from needs_groups(x[0], self.filters, self.groups)
        yield from self._needs_mode(x)
        if self.connections is not None:
            yield from self._needs_table(x[0])

    def _needs_mode(self, x: Shape) -> Iterator[Unmet]:
        limit = {"reflect": 1, "circular": 0}.get(self.padding_mode)
        if limit is None:
            return
        for index, axis in enumerate(self.axes(x)):
            yield from unmet(
                axis.size,
                ">=",
                maximum(*axis.pads) + limit,
                f"{self.padding_mode} padding of {text(maximum(*axis.pads))} needs a larger {axis_name(index, rank(x))} than {text(axis.size)}",
                remedy="use less padding or padding_mode zeros",
            )

    def _needs_table(self, channels: Dim) -> Iterator[Unmet]:
        yield from unmet(
            self.filters,
            "==",
            len(self.connections),
            f"the connection table has {len(self.connections)} rows for {text(self.filters)} filters",
            remedy="give one row per filter",
        )
        highest = max(max(row) for row in self.connections)
        yield from unmet(
            channels,
            ">=",
            highest + 1,
            f"the connection table names input channel {highest} but the input has {text(channels)}",
            remedy="channels count from 0",
        )
        yield from unmet(
            self.groups, "==", 1, "a connection table and groups exclude each other", remedy="leave out groups"
        )

    def output(self, *inputs: Shape) -> Shape:
        """Filters x positions."""
        return (self.filters, *(axis.positions() for axis in self.axes(inputs[0])))

    def weights(self, *inputs: Shape) -> tuple[Weight, ...]:
        """Weight [filters, channels / groups, kernel...] (with a table: one row per link) and bias [filters]."""
        (x,) = inputs
        kernel = expand(self.kernel, rank(x))
        if self.connections is not None:
            shape: Shape = (sum(len(row) for row in self.connections), *kernel)
        else:
            shape = (self.filters, exactdiv(x[0], self.groups), *kernel)
        weight = Weight("weight", shape)
        return (weight, Weight("bias", (self.filters,))) if self.bias else (weight,)

    def ops(self, inputs: tuple[Shape, ...], output: Shape) -> Ops:
        """Every weight once per position; the bias is one add per output number."""
        macs = prod(output[1:]) * self.weights(*inputs)[0].elements
        return Ops(macs=macs, adds=elements(output) if self.bias else 0)

    def reach(self, inputs: tuple[Shape, ...], output: Shape) -> tuple[Tap, ...]:
        """The window."""
        return tuple(axis.tap() for axis in self.axes(inputs[0]))

    def operations(self, inputs: tuple[Shape, ...], output: Shape, training: bool) -> tuple[Operation, ...]:
        """A pad where torch's own padding cannot say it, then a convolution (with a table: one per filter, then cat)."""
        program = self.program(inputs)
        axes = self.axes(inputs[0])
        alone = (
            self.connections is None and self.padding_mode == "zeros" and all(a == b for a, b in (x.pads for x in axes))
        )
        x = 0 if alone else program.surround(0, tuple(axis.pads for axis in axes), self.padding_mode)
        if self.connections is None:
            program.conv(x, (BATCH, *output), -1, -2 if self.bias else None)
        else:
            program.connected(x, self.connections, (BATCH, 1, *output[1:]), self.bias)
        return program.done()


class Conv1d(Conv):
    """Convolution of a signal (one spatial axis); fields and formulas as for conv.

    >>> Conv1d(filters=1, kernel=3).output((1, 16000))
    (1, 15998)
    """

    kind: ClassVar[str] = "conv1d"
    ranks: ClassVar[tuple[int, ...]] = (1,)


class Conv2d(Conv):
    """Convolution of an image (two spatial axes); fields and formulas as for conv.

    >>> Conv2d(filters=6, kernel=5).output((1, 32, 32))
    (6, 28, 28)
    """

    kind: ClassVar[str] = "conv2d"
    ranks: ClassVar[tuple[int, ...]] = (2,)


class Conv3d(Conv):
    """Convolution of a volume (three spatial axes); fields and formulas as for conv.

    >>> Conv3d(filters=4, kernel=3, padding=1).output((1, 16, 64, 64))
    (4, 16, 64, 64)
    """

    kind: ClassVar[str] = "conv3d"
    ranks: ClassVar[tuple[int, ...]] = (3,)


class DepthwiseConv(Layer):
    """Convolution that keeps channels apart: `multiplier` filters for each input channel.

    Output: channels * multiplier maps, positions as for conv. Parameters: (k * k + 1) * channels * multiplier.
    Source: course document 002, line 328.

    >>> DepthwiseConv(kernel=3, padding="same").output((32, 112, 112))
    (32, 112, 112)
    """

    kind: ClassVar[str] = "depthwise_conv"
    short: ClassVar[str] = "kernel"
    counted: ClassVar[bool] = True
    weighted: ClassVar[bool] = True

    kernel: Counts
    """Kernel size, one number or one per axis."""
    multiplier: Count = 1
    """Filters per input channel."""
    stride: Counts = 1
    """Step of the window."""
    padding: Padding = "valid"
    """As for conv."""
    dilation: Counts = 1
    """Distance between the kernel's taps."""
    bias: Flag = True
    """One learned offset per output channel."""

    def _conv(self, x: Shape) -> Conv:
        # a grouped convolution with one channel per group: the formulas stand once, in Conv
        return Conv.model_construct(
            filters=x[0] * self.multiplier,
            kernel=self.kernel,
            stride=self.stride,
            padding=self.padding,
            dilation=self.dilation,
            groups=x[0],
            bias=self.bias,
        )

    def requires(self, *inputs: Shape) -> Iterator[Unmet]:
        """As for conv."""
        yield from needs_map(inputs[0], (1, 2, 3), self.kind)
        yield from self._conv(inputs[0]).requires(*inputs)

    def output(self, *inputs: Shape) -> Shape:
        """Channels * multiplier x positions."""
        return self._conv(inputs[0]).output(*inputs)

    def weights(self, *inputs: Shape) -> tuple[Weight, ...]:
        """Weight [channels * multiplier, 1, kernel...] and bias."""
        return self._conv(inputs[0]).weights(*inputs)

    def ops(self, inputs: tuple[Shape, ...], output: Shape) -> Ops:
        """As for conv."""
        return self._conv(inputs[0]).ops(inputs, output)

    def reach(self, inputs: tuple[Shape, ...], output: Shape) -> tuple[Tap, ...]:
        """The window."""
        return self._conv(inputs[0]).reach(inputs, output)

    def operations(self, inputs: tuple[Shape, ...], output: Shape, training: bool) -> tuple[Operation, ...]:
        """As for conv."""
        return self._conv(inputs[0]).operations(inputs, output, training)
