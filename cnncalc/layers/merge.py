"""Kinds that join several inputs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import ClassVar

from cnncalc.core.dims import Dim, maximum, text, total
from cnncalc.core.shapes import Shape, axis_name, elements, rank, shape_text
from cnncalc.core.tensors import Ops
from cnncalc.layers.axis import AxisName, axis_index, needs_axis
from cnncalc.layers.base import Layer, Reach, Unmet, unmet
from cnncalc.layers.operations import Operation


def _needs_inputs(kind: str, inputs: tuple[Shape, ...]) -> Iterator[Unmet]:
    if len(inputs) < 2:
        yield Unmet(
            None,
            f"{kind} joins at least two inputs",
            "two or more inputs",
            str(len(inputs)),
            "add a branch ([] is the identity)",
            "CN002",
        )


def _needs_equal(kind: str, inputs: tuple[Shape, ...]) -> Iterator[Unmet]:
    first = inputs[0]
    for number, other in enumerate(inputs[1:], start=2):
        message = (
            f"{kind} needs equal shapes but input 1 is {shape_text(first)} and input {number} is {shape_text(other)}"
        )
        if len(other) != len(first):
            yield Unmet(None, message, shape_text(first), shape_text(other), "bring both to the same rank", "CN002")
        for index, (one, two) in enumerate(zip(first, other, strict=False)):
            remedy = (
                "put a 1x1 conv with the right filters on the shorter branch"
                if index == 0
                else "give the branches the same strides and paddings, or put a 1x1 conv with the stride on the shorter one"
            )
            yield from unmet(two, "==", one, message, expected=shape_text(first), remedy=remedy, code="CN002")


def _is_one(dim: Dim) -> bool:
    return type(dim) is int and dim == 1


def _chain(join: Callable[[int, int], int], slots: list[int]) -> None:
    """The first two, then each further one with what came before."""
    joined = slots[0]
    for slot in slots[1:]:
        joined = join(joined, slot)


class _Join(Layer):
    counted: ClassVar[bool] = True
    inputs: ClassVar[int | None] = None

    def requires(self, *inputs: Shape) -> Iterator[Unmet]:
        """Two or more inputs of equal shape."""
        yield from _needs_inputs(self.kind, inputs)
        yield from _needs_equal(self.kind, inputs)


class Add(_Join):
    """The sum of its inputs, number by number.

    Output: as the inputs, which have equal shapes. One add per number and further input. Source: residual connections,
    course document 000, line 898.

    >>> Add().output((64, 56, 56), (64, 56, 56))
    (64, 56, 56)
    """

    kind: ClassVar[str] = "add"

    def ops(self, inputs: tuple[Shape, ...], output: Shape) -> Ops:
        """Inputs - 1 adds per number."""
        return Ops(adds=(len(inputs) - 1) * elements(output))

    def operations(self, inputs: tuple[Shape, ...], output: Shape, training: bool) -> tuple[Operation, ...]:
        """A chain of adds."""
        program = self.program(inputs)
        _chain(program.plus, list(range(len(inputs))))
        return program.done()


class Maximum(_Join):
    """The largest of its inputs, number by number.

    Output: as the inputs, which have equal shapes. One comparison per number and further input. Source: the two-unit
    maxout of Goodfellow and others 2013.

    >>> Maximum().output((8, 4, 4), (8, 4, 4))
    (8, 4, 4)
    """

    kind: ClassVar[str] = "maximum"

    def ops(self, inputs: tuple[Shape, ...], output: Shape) -> Ops:
        """Inputs - 1 comparisons per number."""
        return Ops(comparisons=(len(inputs) - 1) * elements(output))

    def operations(self, inputs: tuple[Shape, ...], output: Shape, training: bool) -> tuple[Operation, ...]:
        """A chain of maxima."""
        program = self.program(inputs)
        _chain(program.maximum, list(range(len(inputs))))
        return program.done()


class Multiply(Layer):
    """The product of its inputs, number by number; a vector [C] and axes of size 1 are spread over the map.

    Output: on every axis the size that is not 1. One multiplication per number and further input. Source: squeeze-and-
    excitation, Hu and others 2017.

    >>> Multiply().output((256, 56, 56), (256,))
    (256, 56, 56)
    """

    kind: ClassVar[str] = "multiply"
    counted: ClassVar[bool] = True
    inputs: ClassVar[int | None] = None

    def _spread(self, inputs: tuple[Shape, ...]) -> list[Shape]:
        width = max(len(shape) for shape in inputs)
        return [shape + (1,) * (width - len(shape)) if len(shape) == 1 else shape for shape in inputs]

    def requires(self, *inputs: Shape) -> Iterator[Unmet]:
        """Two or more inputs that agree on every axis or have size 1 there."""
        yield from _needs_inputs(self.kind, inputs)
        spread = self._spread(inputs)
        shown = " and ".join(shape_text(shape) for shape in inputs)
        if len({len(shape) for shape in spread}) > 1:
            yield Unmet(
                None,
                f"multiply cannot join {shown}: their ranks differ",
                "equal ranks, or a vector [C]",
                shown,
                "bring both to the same rank",
                "CN002",
            )
        for dims in zip(*spread, strict=False):
            large = [dim for dim in dims if not _is_one(dim)]
            for other in large[1:]:
                yield from unmet(
                    other,
                    "==",
                    large[0],
                    f"multiply cannot join {shown}",
                    expected=f"{text(large[0])} or 1",
                    remedy="give both the same number of channels and equal sides (or size 1)",
                    code="CN002",
                )

    def output(self, *inputs: Shape) -> Shape:
        """The broadcast shape."""
        return tuple(maximum(*dims) for dims in zip(*self._spread(inputs), strict=True))

    def ops(self, inputs: tuple[Shape, ...], output: Shape) -> Ops:
        """Inputs - 1 multiplications per number."""
        return Ops(multiplies=(len(inputs) - 1) * elements(output))

    def operations(self, inputs: tuple[Shape, ...], output: Shape, training: bool) -> tuple[Operation, ...]:
        """A chain of products; a vector is viewed as [C, 1, ...] just before its turn."""
        program = self.program(inputs)

        def spread(slot: int) -> int:
            shape = program.shape(slot)
            ones = (1,) * (len(output) + 1 - len(shape))
            return program.view(slot, (*shape, *ones)) if len(shape) == 2 else slot

        joined = spread(0)
        for slot in range(1, len(inputs)):
            joined = program.multiply(joined, spread(slot))
        return program.done()


class Concat(Layer):
    """Its inputs one after the other along an axis (the channels).

    Output: the sum along the axis; all other axes are equal. No arithmetic. Source: the inception module's depth
    concatenation, course document 002, line 257.

    >>> Concat().output((64, 28, 28), (128, 28, 28), (32, 28, 28))
    (224, 28, 28)
    """

    kind: ClassVar[str] = "concat"
    counted: ClassVar[bool] = True
    inputs: ClassVar[int | None] = None

    axis: AxisName = "channels"
    """The axis along which the inputs are lined up."""

    def requires(self, *inputs: Shape) -> Iterator[Unmet]:
        """Two or more inputs that agree on all other axes."""
        yield from _needs_inputs(self.kind, inputs)
        first = inputs[0]
        yield from needs_axis(first, self.axis)
        along = axis_index(self.axis, rank(first))
        for number, other in enumerate(inputs[1:], start=2):
            shown = f"concat along the {self.axis} cannot join {shape_text(first)} (input 1) and {shape_text(other)} (input {number})"
            if len(other) != len(first):
                yield Unmet(
                    None,
                    f"{shown}: their ranks differ",
                    shape_text(first),
                    shape_text(other),
                    "bring both to the same rank",
                    "CN002",
                )
            for index, (one, two) in enumerate(zip(first, other, strict=False)):
                if index != along:
                    name = "channels" if index == 0 else axis_name(index - 1, rank(first))
                    yield from unmet(
                        two,
                        "==",
                        one,
                        f"{shown}: the {name} differ{'s' if index else ''}",
                        expected=f"{name} {text(one)}",
                        remedy="give the branches the same strides and SAME padding, or crop the larger one",
                        code="CN002",
                    )

    def output(self, *inputs: Shape) -> Shape:
        """The sum along the axis."""
        along = axis_index(self.axis, rank(inputs[0])) or 0
        joined: Dim = total(shape[along] for shape in inputs)
        return (*inputs[0][:along], joined, *inputs[0][along + 1 :])

    def operations(self, inputs: tuple[Shape, ...], output: Shape, training: bool) -> tuple[Operation, ...]:
        """One cat."""
        program = self.program(inputs)
        program.concat(tuple(range(len(inputs))), (axis_index(self.axis, rank(inputs[0])) or 0) + 1)
        return program.done()

    def reach(self, inputs: tuple[Shape, ...], output: Shape) -> Reach:
        """The own position; along a spatial axis positions come from different inputs and lose their meaning."""
        return Reach.POINT if axis_index(self.axis, rank(inputs[0])) == 0 else Reach.WHOLE


class Highway(Layer):
    """A gated mixture of a transform and its input: y = F * T + x * (1 - T).

    Written as `highway: {layers: [...], gate: [...]}`, with F the transform's output and T the gate's; inside the graph
    it is a merge of (F, T, x), which have equal shapes. As torch operations: F * T, 1 - T, x * (1 - T), and their sum.
    No parameters of its own; two multiplications and two adds per number. Source: course document 004, lines 263-297
    (Srivastava and others 2015).

    >>> Highway().output((64, 8, 8), (64, 8, 8), (64, 8, 8))
    (64, 8, 8)
    """

    kind: ClassVar[str] = "highway"
    counted: ClassVar[bool] = True
    inputs: ClassVar[int | None] = None

    def requires(self, *inputs: Shape) -> Iterator[Unmet]:
        """Transform, gate and input of equal shape."""
        yield from _needs_equal("highway (inputs: transform, gate, input)", inputs)

    def ops(self, inputs: tuple[Shape, ...], output: Shape) -> Ops:
        """Two multiplications and two adds per number."""
        count = elements(output)
        return Ops(adds=2 * count, multiplies=2 * count)

    def operations(self, inputs: tuple[Shape, ...], output: Shape, training: bool) -> tuple[Operation, ...]:
        """F * T, 1 - T, x * (1 - T), and their sum."""
        program = self.program(inputs)
        carried = program.multiply(0, 1)
        program.plus(carried, program.multiply(2, program.scalar("rsub", 1)))
        return program.done()
