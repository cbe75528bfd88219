"""Layers whose units see everything: dense and radial basis functions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, ClassVar

from pydantic import PlainValidator, WithJsonSchema

from cnncalc.core.dims import Dim, prod, text
from cnncalc.core.shapes import Shape, elements, rank, shape_text
from cnncalc.core.tensors import Ops, Weight
from cnncalc.layers.base import Layer, Reach, Unmet
from cnncalc.layers.fields import Count, Flag, wrong
from cnncalc.layers.operations import BATCH, Operation, Ways


def _axis(value: Any) -> str | None:
    if value not in (None, "channels", "last"):
        raise wrong("channels or last", value)
    result: str | None = value
    return result


Axis = Annotated[Any, PlainValidator(_axis), WithJsonSchema({"enum": ["channels", "last"]})]


class Dense(Layer):
    """Fully connected layer: every unit reads every input number.

    Output: `units` numbers. Parameters: (n + 1) * units. MACs: n * units. On a map it needs to know the axis that it
    works along: `axis: channels` (a 1x1 convolution) or `axis: last`. Source: course document 001, line 60.

    >>> Dense(units=4096).output((9216,))
    (4096,)
    """

    kind: ClassVar[str] = "dense"
    short: ClassVar[str] = "units"
    counted: ClassVar[bool] = True
    weighted: ClassVar[bool] = True

    units: Count
    """How many outputs."""
    bias: Flag = True
    """One learned offset per unit."""
    axis: Axis = None
    """On a map: the axis whose numbers the units read, channels or last."""

    def requires(self, *inputs: Shape) -> Iterator[Unmet]:
        """A vector, or an axis."""
        (x,) = inputs
        if rank(x) and self.axis is None:
            flat = text(elements(x))
            yield Unmet(
                None,
                f"dense takes a vector but is fed the map {shape_text(x)}",
                "a vector",
                shape_text(x),
                f"put flatten (giving {flat}) or global_avgpool (giving {text(x[0])}) before it, or set axis: channels",
                "CN004",
            )

    def _index(self, x: Shape) -> int:
        return len(x) - 1 if self.axis == "last" else 0

    def output(self, *inputs: Shape) -> Shape:
        """The input with the axis replaced by units."""
        (x,) = inputs
        index = self._index(x)
        return (*x[:index], self.units, *x[index + 1 :])

    def weights(self, *inputs: Shape) -> tuple[Weight, ...]:
        """Weight [units, n] and bias [units]."""
        (x,) = inputs
        weight = Weight("weight", (self.units, x[self._index(x)]))
        return (weight, Weight("bias", (self.units,))) if self.bias else (weight,)

    def ops(self, inputs: tuple[Shape, ...], output: Shape) -> Ops:
        """Every weight once per position; the bias is one add per output number."""
        macs = elements(inputs[0]) * self.units
        return Ops(macs=macs, adds=elements(output) if self.bias else 0)

    def reach(self, inputs: tuple[Shape, ...], output: Shape) -> Reach:
        """Everything; along the channels of a map only the own position."""
        if rank(inputs[0]) and self._index(inputs[0]) == 0:
            return Reach.POINT
        return Reach.WHOLE

    def operations(self, inputs: tuple[Shape, ...], output: Shape, training: bool) -> tuple[Operation, ...]:
        """Linear along the last axis; for the channels of a map they are moved to the end and back."""
        if rank(inputs[0]) == 0:
            program = self.program(inputs)
            program.linear(0, (BATCH, *output), self.bias)
            return program.done()
        first, *others = self._along(inputs, "plain")
        axes = first.view.axes if first.view is not None else ()
        ways = Ways(axes, self._along(inputs, "strided"), self._along(inputs, "frozen"))
        return (first._replace(ways=ways), *others)

    def _along(self, inputs: tuple[Shape, ...], way: str) -> tuple[Operation, ...]:
        program = self.program(inputs)
        program.linear_along(self.units, self.bias, self._index(inputs[0]) == 0, way)
        return program.done()


class Rbf(Layer):
    """Radial basis functions: the squared Euclidean distance between the input and one centre per unit.

    As torch operations: input [1, n] minus centres [units, n], squared, summed over n. Output: `units` numbers.
    Parameters: n * units (the centres), no bias. No MACs; n subtractions, n squares and n - 1 adds per unit. Source:
    LeNet-5's output layer, course document 000, line 728.

    >>> Rbf(units=10).output((84,))
    (10,)
    """

    kind: ClassVar[str] = "rbf"
    short: ClassVar[str] = "units"
    counted: ClassVar[bool] = True

    units: Count
    """How many centres, that is, outputs."""

    def requires(self, *inputs: Shape) -> Iterator[Unmet]:
        """A vector."""
        (x,) = inputs
        if rank(x):
            yield Unmet(
                None,
                f"rbf takes a vector but is fed the map {shape_text(x)}",
                "a vector",
                shape_text(x),
                "put flatten before it",
                "CN004",
            )

    def output(self, *inputs: Shape) -> Shape:
        """Units."""
        return (self.units,)

    def weights(self, *inputs: Shape) -> tuple[Weight, ...]:
        """Centres [units, n]."""
        return (Weight("centres", (self.units, inputs[0][0])),)

    def ops(self, inputs: tuple[Shape, ...], output: Shape) -> Ops:
        """N subtractions, n squares and n - 1 adds per unit."""
        pairs: Dim = prod((self.units, inputs[0][0]))
        return Ops(adds=2 * pairs - self.units, multiplies=pairs)

    def reach(self, inputs: tuple[Shape, ...], output: Shape) -> Reach:
        """Everything."""
        return Reach.WHOLE

    def operations(self, inputs: tuple[Shape, ...], output: Shape, training: bool) -> tuple[Operation, ...]:
        """Unsqueeze, sub (broadcast), square, sum."""
        program = self.program(inputs)
        rows = program.view(0, (BATCH, 1, *inputs[0]), "unsqueeze")
        program.total(program.power(program.minus(rows, -1)), (BATCH, *output))
        return program.done()
