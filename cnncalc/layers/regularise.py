"""Kinds that only act in training (dropout and its kin), and the learned per-channel coefficient."""

from __future__ import annotations

from typing import ClassVar

from cnncalc.core.shapes import Shape, elements
from cnncalc.core.tensors import Ops, Weight
from cnncalc.layers.base import Layer
from cnncalc.layers.fields import Flag, Rate
from cnncalc.layers.operations import BATCH, Operation


class _Drop(Layer):
    short: ClassVar[str] = "rate"

    rate: Rate = 0.5
    """Share of what is dropped in training; nothing is dropped in prediction."""

    def _mask(self, x: Shape) -> Shape:
        """What is drawn for one image."""
        return x

    def operations(self, inputs: tuple[Shape, ...], output: Shape, training: bool) -> tuple[Operation, ...]:
        """In training, on the CPU: a mask of numbers, then a product; in prediction nothing."""
        program = self.program(inputs)
        if training and self.rate > 0:
            program.masked(0, (BATCH, *self._mask(inputs[0])))
        return program.done()


class Dropout(_Drop):
    """Sets each number to zero with probability `rate` in training and scales the rest.

    Output: as the input. No parameters, no arithmetic in prediction. Source: course document 002, line 228.

    >>> Dropout(rate=0.5).output((4096,))
    (4096,)
    """

    kind: ClassVar[str] = "dropout"
    overwrites: ClassVar[str] = "result"


class SpatialDropout(_Drop):
    """Drops whole channels in training.

    Output: as the input. No parameters, no arithmetic in prediction. Source: Tompson and others 2014.

    >>> SpatialDropout(rate=0.1).output((64, 28, 28))
    (64, 28, 28)
    """

    kind: ClassVar[str] = "spatial_dropout"
    overwrites: ClassVar[str] = "result"

    def _mask(self, x: Shape) -> Shape:
        return (x[0], *(1 for _ in x[1:])) if len(x) > 1 else x


class DropPath(_Drop):
    """Drops a residual branch for whole images in training (stochastic depth).

    Output: as the input. No parameters, no arithmetic in prediction. Source: Huang and others 2016.

    >>> DropPath(rate=0.2).output((96, 56, 56))
    (96, 56, 56)
    """

    kind: ClassVar[str] = "drop_path"

    def operations(self, inputs: tuple[Shape, ...], output: Shape, training: bool) -> tuple[Operation, ...]:
        """In training: a mask with one number per image, divided by the share that is kept, then a product."""
        program = self.program(inputs)
        if training and self.rate > 0:
            program.masked(0, (BATCH, *(1 for _ in inputs[0])), divided=True)
        return program.done()


class Scale(Layer):
    """A learned coefficient per channel, with `bias` also a learned offset.

    Output: as the input. Parameters: C, with bias 2 C. One multiplication (and one add) per number. Source: the
    trainable sub-sampling of LeNet-5, course document 000, line 695; layer scale, Touvron and others 2021.

    >>> Scale(bias=True).output((6, 14, 14))
    (6, 14, 14)
    """

    kind: ClassVar[str] = "scale"

    bias: Flag = False
    """Also learn an offset per channel."""

    def weights(self, *inputs: Shape) -> tuple[Weight, ...]:
        """Weight [C] and bias [C]."""
        weight = Weight("weight", inputs[0][:1])
        return (weight, Weight("bias", inputs[0][:1])) if self.bias else (weight,)

    def ops(self, inputs: tuple[Shape, ...], output: Shape) -> Ops:
        """One multiplication, and one add with bias, per number."""
        count = elements(output)
        return Ops(multiplies=count, adds=count if self.bias else 0)

    def operations(self, inputs: tuple[Shape, ...], output: Shape, training: bool) -> tuple[Operation, ...]:
        """Times the coefficients, plus the offsets, both viewed as [C, 1, ...]."""
        program = self.program(inputs)
        shape = (output[0], *(1 for _ in output[1:]))
        y = program.multiply(0, program.view(-1, shape))
        if self.bias:
            program.plus(y, program.view(-2, shape))
        return program.done()
