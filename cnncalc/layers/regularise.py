"""Kinds that only act in training (dropout and its kin), and coefficients: learned ones, and fixed ones."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, ClassVar

from cnncalc.core.shapes import Shape, elements
from cnncalc.core.tensors import Ops, Weight
from cnncalc.layers.base import Layer, Unmet
from cnncalc.layers.fields import Flag, Number, OneOf, Rate
from cnncalc.layers.operations import BATCH, Operation

Per = Annotated[str, OneOf("channel", "layer", "number")]


class _Drop(Layer):
    short: ClassVar[str] = "rate"
    phased: ClassVar[bool] = True

    rate: Rate = 0.5
    """Share of what is dropped in training; nothing is dropped in prediction."""

    def _mask(self, x: Shape) -> Shape | None:
        """What is drawn for one image; None: for every number."""
        return None

    def operations(self, inputs: tuple[Shape, ...], output: Shape, training: bool) -> tuple[Operation, ...]:
        """In training, on the CPU: a mask of numbers, then a product; in prediction nothing."""
        program = self.program(inputs)
        if training and self.rate > 0:
            mask = self._mask(inputs[0])
            program.masked(0, None if mask is None else (BATCH, *mask))
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

    Output: as the input. No parameters, no arithmetic in prediction. In PyTorch: Dropout1d, 2d or 3d; on a vector, whose
    channels are single numbers, Dropout. Source: Tompson and others 2014.

    >>> SpatialDropout(rate=0.1).output((64, 28, 28))
    (64, 28, 28)
    """

    kind: ClassVar[str] = "spatial_dropout"
    overwrites: ClassVar[str] = "result"

    def _mask(self, x: Shape) -> Shape | None:
        return (x[0], *(1 for _ in x[1:])) if len(x) > 1 else None


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
    """A learned coefficient per channel, with `bias` also a learned offset; `per` layer: one for all, per number: one each.

    Output: as the input. Parameters: C (1, or as many as the map has numbers), with bias twice that, with bias alone
    (weight false) once. One multiplication (and one add) per number. Source: the trainable sub-sampling of LeNet-5,
    course document 000, line 695; layer scale, Touvron and others 2021.

    >>> Scale(bias=True).output((6, 14, 14))
    (6, 14, 14)
    """

    kind: ClassVar[str] = "scale"

    weight: Flag = True
    """Learn a coefficient."""
    bias: Flag = False
    """Also learn an offset."""
    per: Per = "channel"
    """channel (a coefficient each), layer (one for all) or number (one for every number of the map)."""

    def requires(self, *inputs: Shape) -> Iterator[Unmet]:
        """Something to learn."""
        if not self.weight and not self.bias:
            yield Unmet(None, "scale learns nothing", "weight or bias", "neither", "leave out weight: false")

    def weights(self, *inputs: Shape) -> tuple[Weight, ...]:
        """Weight and bias: [C], [1], or the map's shape."""
        (x,) = inputs
        shape = {"channel": x[:1], "layer": (1,), "number": x}[self.per]
        weight = (Weight("weight", shape),) if self.weight else ()
        return (*weight, Weight("bias", shape)) if self.bias else weight

    def ops(self, inputs: tuple[Shape, ...], output: Shape) -> Ops:
        """One multiplication, and one add with bias, per number."""
        count = elements(output)
        return Ops(multiplies=count if self.weight else 0, adds=count if self.bias else 0)

    def operations(self, inputs: tuple[Shape, ...], output: Shape, training: bool) -> tuple[Operation, ...]:
        """Times the coefficients, plus the offsets, both viewed as [C, 1, ...] where they are per channel."""
        program = self.program(inputs)

        def spread(slot: int) -> int:
            return program.view(slot, (output[0], *(1 for _ in output[1:]))) if self.per == "channel" else slot

        y = program.multiply(0, spread(-1)) if self.weight else 0
        if self.bias:
            program.plus(y, spread(-2 if self.weight else -1))
        return program.done()


class Rescale(Layer):
    """Times a fixed number, plus a fixed number: y = factor * x + offset.

    As torch operations: a multiplication unless the factor is 1, an add unless the offset is 0; with the factor -1 and an
    offset one subtraction, offset - x. Output: as the input. No parameters. Source: scaled residuals, Szegedy and others
    2016 (Inception-ResNet); keras.layers.Rescaling.

    >>> Rescale(factor=0.1).output((320, 35, 35))
    (320, 35, 35)
    """

    kind: ClassVar[str] = "rescale"
    short: ClassVar[str] = "factor"

    factor: Number = 1
    """What every number is multiplied by."""
    offset: Number = 0
    """What is added to it."""

    @property
    def _subtracts(self) -> bool:
        return self.factor == -1 and self.offset != 0

    def ops(self, inputs: tuple[Shape, ...], output: Shape) -> Ops:
        """One multiplication and one add per number, as far as they are there."""
        count = elements(output)
        multiplied = self.factor != 1 and not self._subtracts
        return Ops(multiplies=count if multiplied else 0, adds=count if self.offset != 0 else 0)

    def operations(self, inputs: tuple[Shape, ...], output: Shape, training: bool) -> tuple[Operation, ...]:
        """A product and a sum with numbers, or a number minus the input."""
        program = self.program(inputs)
        if self._subtracts:
            program.scalar("rsub", 0)
            return program.done()
        y = program.scalar("mul", 0) if self.factor != 1 else 0
        if self.offset != 0:
            program.shifted(y)
        return program.done()
