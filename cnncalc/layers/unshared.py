"""Convolution without weight sharing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from cnncalc.core.shapes import Shape, elements, rank
from cnncalc.core.tensors import Ops, Weight
from cnncalc.layers.base import Layer, Reach, Tap, Unmet, needs_map
from cnncalc.layers.fields import Count, Counts, Flag, expand
from cnncalc.layers.operations import Operation
from cnncalc.layers.window import Axis, axes_of, needs_per_axis, needs_room


class LocallyConnected(Layer):
    """Convolution without weight sharing: every output position has filters of its own.

    Output: as for conv without padding. Parameters: positions * (k * k * channels + 1) * filters. MACs: as for conv.
    PyTorch has no such module: unfold into patches, bmm with each position's weights, add the bias.
    Source: the count without sharing in course document 001, line 829.

    >>> layer = LocallyConnected(filters=96, kernel=11, stride=4)
    >>> sum(weight.elements for weight in layer.weights((3, 227, 227)))
    105705600
    """

    kind: ClassVar[str] = "locally_connected"
    counted: ClassVar[bool] = True
    weighted: ClassVar[bool] = True

    filters: Count
    """Filters at each position, that is, output channels."""
    kernel: Counts
    """Kernel size, one number or one per axis."""
    stride: Counts = 1
    """Step of the window."""
    bias: Flag = True
    """One learned offset per output number."""

    def _axes(self, x: Shape) -> tuple[Axis, ...]:
        return axes_of(x, self.kernel, self.stride, "valid")

    def requires(self, *inputs: Shape) -> Iterator[Unmet]:
        """Rank, list lengths and room for the kernel."""
        yield from needs_map(inputs[0], (1, 2, 3), self.kind)
        yield from needs_per_axis(inputs[0], kernel=self.kernel, stride=self.stride)
        yield from needs_room(self._axes(inputs[0]), paddable=False)

    def output(self, *inputs: Shape) -> Shape:
        """Filters x positions."""
        return (self.filters, *(axis.positions() for axis in self._axes(inputs[0])))

    def weights(self, *inputs: Shape) -> tuple[Weight, ...]:
        """Weight [filters, channels, kernel..., positions...] and bias [filters, positions...]."""
        (x,) = inputs
        output = self.output(x)
        weight = Weight("weight", (self.filters, x[0], *expand(self.kernel, rank(x)), *output[1:]))
        return (weight, Weight("bias", output)) if self.bias else (weight,)

    def ops(self, inputs: tuple[Shape, ...], output: Shape) -> Ops:
        """Every weight once."""
        return Ops(macs=self.weights(*inputs)[0].elements, adds=elements(output) if self.bias else 0)

    def reach(self, inputs: tuple[Shape, ...], output: Shape) -> Reach | tuple[Tap, ...]:
        """The window."""
        return tuple(axis.tap() for axis in self._axes(inputs[0]))

    def operations(self, inputs: tuple[Shape, ...], output: Shape, training: bool) -> tuple[Operation, ...]:
        """Unfold each axis into patches, bmm with each position's weights, add the bias."""
        program = self.program(inputs)
        program.unshared(0, [(axis.kernel, axis.stride) for axis in self._axes(inputs[0])], self.filters, self.bias)
        return program.done()
