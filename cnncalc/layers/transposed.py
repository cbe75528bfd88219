"""Transposed (fractionally strided) convolution."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from cnncalc.core.dims import Dim, ceildiv, exactdiv, floordiv, maximum, prod, ratio, text
from cnncalc.core.shapes import Shape, axis_name, elements, rank
from cnncalc.core.tensors import Ops, Weight
from cnncalc.layers.base import Layer, Tap, Unmet, needs_map, unmet
from cnncalc.layers.conv import needs_groups
from cnncalc.layers.fields import Count, Counts, Flag, Naturals, Padding, expand
from cnncalc.layers.operations import BATCH, Operation
from cnncalc.layers.window import extent, needs_per_axis, pairs


class TransposedConv(Layer):
    """Transposed (fractionally strided) convolution: each input position writes a kernel-sized patch.

    Output per axis: (n - 1) s + d(k - 1) + 1 - p + output_padding, p the total padding; `same` gives n * s. Parameters:
    as for conv. MACs: input positions * kernel * channels * filters / groups. Source: the backward pass of conv (course
    document 002, line 327, names the fractional stride).

    >>> TransposedConv(filters=64, kernel=2, stride=2).output((128, 28, 28))
    (64, 56, 56)
    """

    kind: ClassVar[str] = "transposed_conv"
    counted: ClassVar[bool] = True
    weighted: ClassVar[bool] = True

    filters: Count
    """Output channels."""
    kernel: Counts
    """Kernel size, one number or one per axis."""
    stride: Counts = 1
    """The upsampling factor."""
    padding: Padding = "valid"
    """How much is cut off each side of the full result: valid (nothing), same, a number, [h, w] or sides."""
    output_padding: Naturals = 0
    """Extra positions at the end, to choose among the sizes that convolve to the same input."""
    dilation: Counts = 1
    """Distance between the kernel's taps."""
    groups: Count = 1
    """Channel groups that do not see each other."""
    bias: Flag = True
    """One learned offset per filter."""

    def _axes(self, x: Shape) -> Iterator[tuple[Dim, Dim, Dim, Dim, Dim, Dim]]:
        """Per axis: size, extent, stride, cut before, cut after, output padding."""
        count = rank(x)
        strides, extra = expand(self.stride, count), expand(self.output_padding, count)
        spans = [extent(k, d) for k, d in zip(expand(self.kernel, count), expand(self.dilation, count), strict=True)]
        sides = pairs(self.padding, tuple(spans))
        for size, span, stride, side, out in zip(x[1:], spans, strides, sides, extra, strict=True):
            if side == "same":
                cut = maximum(span - stride, 0)
                before = floordiv(cut, 2)
                yield size, span, stride, before, cut - before, maximum(stride - span, 0)
            else:
                yield size, span, stride, side[0], side[1], out

    def requires(self, *inputs: Shape) -> Iterator[Unmet]:
        """Rank, list lengths, groups, output padding below stride or dilation, a result of at least one position."""
        (x,) = inputs
        yield from needs_map(x, (1, 2, 3), self.kind)
        fields = {name: getattr(self, name) for name in ("kernel", "stride", "padding", "output_padding", "dilation")}
        yield from needs_per_axis(x, **fields)
        if self.padding == "full":
            yield Unmet(
                None,
                "padding full has no meaning for transposed_conv",
                "valid, same or numbers",
                "full",
                "valid already gives the full result",
            )
        if self.padding == "same" and any(value != 0 for value in expand(self.output_padding, rank(x))):
            yield Unmet(
                None,
                "padding same fixes the output at input * stride; output_padding cannot change it",
                "output_padding 0",
                text(self.output_padding),
                "leave out output_padding",
            )
        yield from needs_groups(x[0], self.filters, self.groups)
        dilations, strides = expand(self.dilation, rank(x)), expand(self.stride, rank(x))
        for index, extra in enumerate(expand(self.output_padding, rank(x))):
            limit = maximum(dilations[index], strides[index])
            yield from unmet(
                limit,
                ">=",
                extra + 1,
                f"output_padding {text(extra)} is not smaller than stride {text(strides[index])} or dilation {text(dilations[index])}",
                expected=f"output_padding < {text(limit)}",
                remedy="lower output_padding",
            )
        for index, length in enumerate(self.output(x)[1:]):
            yield from unmet(
                length,
                ">=",
                1,
                f"the {axis_name(index, rank(x))} of the result would be {text(length)}",
                expected="at least 1",
                remedy="use less padding",
            )

    def output(self, *inputs: Shape) -> Shape:
        """Filters x lengths."""
        lengths = (
            (size - 1) * stride + span - before - after + extra
            for size, span, stride, before, after, extra in self._axes(inputs[0])
        )
        return (self.filters, *lengths)

    def weights(self, *inputs: Shape) -> tuple[Weight, ...]:
        """Weight [channels, filters / groups, kernel...] and bias [filters]."""
        (x,) = inputs
        weight = Weight("weight", (x[0], exactdiv(self.filters, self.groups), *expand(self.kernel, rank(x))))
        return (weight, Weight("bias", (self.filters,))) if self.bias else (weight,)

    def ops(self, inputs: tuple[Shape, ...], output: Shape) -> Ops:
        """Every weight once per input position; the bias is one add per output number."""
        macs = prod(inputs[0][1:]) * self.weights(*inputs)[0].elements
        return Ops(macs=macs, adds=elements(output) if self.bias else 0)

    def reach(self, inputs: tuple[Shape, ...], output: Shape) -> tuple[Tap, ...]:
        """Output o reads the inputs i with 0 <= o + before - i * stride < extent; the most over all phases."""
        return tuple(self._tap(span, stride, before) for _, span, stride, before, _, _ in self._axes(inputs[0]))

    def _tap(self, span: Dim, stride: Dim, before: Dim) -> Tap:
        bounds = (ratio(before - span + stride, stride), ratio(before, stride))
        return Tap(ceildiv(span, stride), ratio(1, stride), ceildiv(before - span + 1, stride), bounds)

    def operations(self, inputs: tuple[Shape, ...], output: Shape, training: bool) -> tuple[Operation, ...]:
        """A transposed convolution; where the cuts are uneven, of the full result, of which the ends are cut off."""
        program = self.program(inputs)
        axes = tuple(self._axes(inputs[0]))
        even = all(before == after for _, _, _, before, after, _ in axes)
        full = (n if even else n + axis[3] + axis[4] for n, axis in zip(output[1:], axes, strict=True))
        y = program.conv(0, (BATCH, output[0], *full), -1, -2 if self.bias else None)
        for index, length in enumerate(output[1:] if not even else (), start=2):
            y = program.narrow(y, index, length)
        return program.done()
