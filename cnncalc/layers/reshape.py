"""Kinds that move numbers without computing: flatten, reshape, permute, slice, crop, pad."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, ClassVar

from pydantic import PlainValidator, WithJsonSchema

from cnncalc.core.dims import Dim, floordiv, text
from cnncalc.core.shapes import Shape, axis_name, elements, rank, read_sizes, shape_text
from cnncalc.layers.axis import AxisName, axis_index, needs_axis
from cnncalc.layers.base import Layer, Reach, Tap, Unmet, needs_map, unmet
from cnncalc.layers.fields import Amount, Name, Natural, Number, OneOf, OptionalCounts, expand, integer, wrong
from cnncalc.layers.operations import BATCH, Operation
from cnncalc.layers.window import needs_per_axis, pairs

PadMode = Annotated[str, OneOf("zeros", "constant", "reflect", "replicate", "circular")]


def _shape(value: Any) -> Shape:
    expected = "a list of sizes, channels first, like [16, 8, 8]"
    if isinstance(value, str) and "x" in value:
        value = read_sizes(value)
    if not isinstance(value, list | tuple):
        value = [value]
    if not 1 <= len(value) <= 4:
        raise wrong(expected, value)
    return tuple(integer(item, 1, "a size of at least 1") for item in value)


def _order(value: Any) -> tuple[int, ...]:
    whole = isinstance(value, list | tuple) and all(type(item) is int for item in value)
    if not whole or sorted(value) != list(range(len(value))):
        raise wrong("each axis once, from 0 (the channels), like [1, 2, 0]", value)
    return tuple(value)


Sizes = Annotated[
    Any, PlainValidator(_shape), WithJsonSchema({"anyOf": [{"type": "array"}, {"type": "string"}, {"type": "integer"}]})
]
Order = Annotated[Any, PlainValidator(_order), WithJsonSchema({"type": "array", "items": {"type": "integer"}})]
OptionalNatural = Annotated[
    Any,
    PlainValidator(lambda value: None if value is None else integer(value, 0, "a whole number of at least 0")),
    WithJsonSchema({"anyOf": [{"type": "integer"}, {"type": "string"}]}),
]
OptionalName = Annotated[
    Any,
    PlainValidator(lambda value: None if value is None else Name.__metadata__[0].func(value)),
    WithJsonSchema({"type": "string"}),
]


class Flatten(Layer):
    """All numbers of a map as one vector, channels outermost.

    Output: C * H * W numbers. No parameters, no arithmetic. Source: course document 003, line 309.

    >>> Flatten().output((256, 6, 6))
    (9216,)
    """

    kind: ClassVar[str] = "flatten"

    def output(self, *inputs: Shape) -> Shape:
        """One axis."""
        return (elements(inputs[0]),)

    def reach(self, inputs: tuple[Shape, ...], output: Shape) -> Reach:
        """A position of the vector is no position of the image any more."""
        return Reach.WHOLE if rank(inputs[0]) else Reach.POINT

    def operations(self, inputs: tuple[Shape, ...], output: Shape, training: bool) -> tuple[Operation, ...]:
        """A view; a vector stays as it is."""
        program = self.program(inputs)
        program.flat(0)
        return program.done()


class Identity(Layer):
    """Its input, unchanged.

    >>> Identity().output((64, 56, 56))
    (64, 56, 56)
    """

    kind: ClassVar[str] = "identity"


class Reshape(Layer):
    """The same numbers in the same order under another shape, channels first.

    Output: `shape`, which has as many numbers as the input. No parameters, no arithmetic.

    >>> Reshape(shape=[16, 5, 5]).output((400,))
    (16, 5, 5)
    """

    kind: ClassVar[str] = "reshape"
    short: ClassVar[str] = "shape"

    shape: Sizes
    """The new sizes, channels first: [16, 5, 5] or 16x5x5."""

    def requires(self, *inputs: Shape) -> Iterator[Unmet]:
        """As many numbers as before."""
        have, want = elements(inputs[0]), elements(self.shape)
        yield from unmet(
            want,
            "==",
            have,
            f"cannot reshape {shape_text(inputs[0])} ({text(have)} numbers) to {shape_text(self.shape)} ({text(want)} numbers)",
            expected=f"{text(have)} numbers",
            remedy=f"choose sizes whose product is {text(have)}",
        )

    def output(self, *inputs: Shape) -> Shape:
        """The new shape."""
        result: Shape = self.shape
        return result

    def reach(self, inputs: tuple[Shape, ...], output: Shape) -> Reach:
        """Positions lose their meaning, unless nothing changes."""
        return Reach.POINT if output == inputs[0] else Reach.WHOLE

    def operations(self, inputs: tuple[Shape, ...], output: Shape, training: bool) -> tuple[Operation, ...]:
        """A view."""
        program = self.program(inputs)
        program.view(0, (BATCH, *output))
        return program.done()


class Permute(Layer):
    """The axes in another order.

    Output: axis i is the input's axis order[i]; 0 is the channels. No parameters, no arithmetic.

    >>> Permute(order=[1, 2, 0]).output((96, 56, 48))
    (56, 48, 96)
    """

    kind: ClassVar[str] = "permute"
    short: ClassVar[str] = "order"

    order: Order
    """Which input axis each output axis takes, 0 the channels."""

    def requires(self, *inputs: Shape) -> Iterator[Unmet]:
        """One entry per axis."""
        if len(self.order) != len(inputs[0]):
            yield Unmet(
                None,
                f"order names {len(self.order)} axes but {shape_text(inputs[0])} has {len(inputs[0])}",
                f"{len(inputs[0])} axes",
                f"{len(self.order)}",
                "name each axis once, from 0",
            )

    def output(self, *inputs: Shape) -> Shape:
        """The permuted shape."""
        return tuple(inputs[0][axis] for axis in self.order)

    def reach(self, inputs: tuple[Shape, ...], output: Shape) -> Reach:
        """The own position, on other axes."""
        return Reach.PERMUTED

    def operations(self, inputs: tuple[Shape, ...], output: Shape, training: bool) -> tuple[Operation, ...]:
        """A view."""
        program = self.program(inputs)
        program.permute(0, (0, *(axis + 1 for axis in self.order)))
        return program.done()


class Slice(Layer):
    """The positions from `start` up to `stop` (exclusive) along an axis.

    Output: stop - start positions on that axis. No parameters, no arithmetic.

    >>> Slice(axis="channels", stop=58).output((116, 28, 28))
    (58, 28, 28)
    """

    kind: ClassVar[str] = "slice"

    axis: AxisName = "channels"
    """The axis that is cut."""
    start: Natural = 0
    """The first position that is kept, from 0."""
    stop: OptionalNatural = None
    """The first position that is not kept; the end when left out."""

    def _range(self, x: Shape) -> tuple[Dim, Dim]:
        index = axis_index(self.axis, rank(x)) or 0
        return self.start, x[index] if self.stop is None else self.stop

    def requires(self, *inputs: Shape) -> Iterator[Unmet]:
        """The axis exists and 0 <= start < stop <= its size."""
        (x,) = inputs
        yield from needs_axis(x, self.axis)
        start, stop = self._range(x)
        size = x[axis_index(self.axis, rank(x)) or 0]
        yield from unmet(
            size,
            ">=",
            stop,
            f"slice ends at {text(stop)} but the {self.axis} are {text(size)}",
            remedy=f"use stop <= {text(size)}",
        )
        yield from unmet(
            stop, ">=", start + 1, f"slice from {text(start)} to {text(stop)} is empty", remedy="use start < stop"
        )

    def output(self, *inputs: Shape) -> Shape:
        """Stop - start on the axis."""
        (x,) = inputs
        index = axis_index(self.axis, rank(x)) or 0
        start, stop = self._range(x)
        return (*x[:index], stop - start, *x[index + 1 :])

    def reach(self, inputs: tuple[Shape, ...], output: Shape) -> Reach | tuple[Tap, ...]:
        """The own position, shifted by start on a spatial axis."""
        index = axis_index(self.axis, rank(inputs[0]))
        return tuple(Tap(1, 1, self.start if axis == index else 0) for axis in range(1, len(output)))

    def operations(self, inputs: tuple[Shape, ...], output: Shape, training: bool) -> tuple[Operation, ...]:
        """A view; its gradient is put into zeros of the input's size."""
        program = self.program(inputs)
        index = axis_index(self.axis, rank(inputs[0])) or 0
        program.narrow(0, index + 1, output[index])
        return program.done()


class Crop(Layer):
    """The centre of a map, cut to a size or to the sides of another layer's map.

    Output: channels x size; floor((n - size) / 2) positions are dropped before, the rest after. No parameters, no
    arithmetic. Source: the skip connections of U-Net, Ronneberger and others 2015.

    >>> Crop(size=56).output((512, 64, 64))
    (512, 56, 56)
    """

    kind: ClassVar[str] = "crop"
    short: ClassVar[str] = "size"
    inputs: ClassVar[int | None] = 1

    size: OptionalCounts = None
    """The wanted sides, one number or one per axis."""
    like: OptionalName = None
    """The layer whose map has the wanted sides."""

    def requires(self, *inputs: Shape) -> Iterator[Unmet]:
        """A map at least as large as the wanted size."""
        x = inputs[0]
        yield from needs_map(x, (1, 2, 3), self.kind)
        if self.size is not None and self.like is not None:
            yield Unmet(None, "crop takes either size or like", "one of size and like", "both", "leave out one of them")
        if self.size is None and len(inputs) < 2:
            yield Unmet(
                None, "crop needs size or like", "size or like", "neither", "give crop: 56 or crop: {like: name}"
            )
        if len(inputs) > 1 and len(inputs[1]) != len(x):
            yield Unmet(
                None,
                f"crop cannot cut {shape_text(x)} to the sides of {shape_text(inputs[1])}",
                "equal ranks",
                "",
                "name a map of the same rank",
            )
        yield from needs_per_axis(x, size=self.size)
        for index, (have, want) in enumerate(zip(x[1:], self.output(*inputs)[1:], strict=True)):
            name = axis_name(index, rank(x))
            yield from unmet(
                have,
                ">=",
                want,
                f"cannot crop {name} {text(have)} to {text(want)}",
                remedy="crop to a smaller size, or pad",
            )

    def output(self, *inputs: Shape) -> Shape:
        """Channels x size."""
        x = inputs[0]
        return (x[0], *(inputs[1][1:] if self.size is None else expand(self.size, rank(x))))

    def reach(self, inputs: tuple[Shape, ...], output: Shape) -> tuple[Tap, ...]:
        """The own position, shifted by what was cut before."""
        return tuple(Tap(1, 1, floordiv(n - m, 2)) for n, m in zip(inputs[0][1:], output[1:], strict=True))

    def operations(self, inputs: tuple[Shape, ...], output: Shape, training: bool) -> tuple[Operation, ...]:
        """A view, cut axis by axis."""
        program = self.program(inputs)
        y = 0
        for index, length in enumerate(output[1:], start=2):
            y = program.narrow(y, index, length)
        return program.done()


class Pad(Layer):
    """Positions added around a map.

    Output: n + before + after positions per axis. No parameters, no arithmetic. Source: zero padding, course document
    000, line 711; replication padding, 001, line 703.

    >>> Pad(amount=2).output((1, 28, 28))
    (1, 32, 32)
    """

    kind: ClassVar[str] = "pad"
    short: ClassVar[str] = "amount"

    amount: Amount
    """A number, [h, w] or {top, bottom, left, right}."""
    mode: PadMode = "zeros"
    """zeros, constant (with value), reflect, replicate or circular."""
    value: Number = 0.0
    """What constant padding holds."""

    def _sides(self, x: Shape) -> tuple[tuple[Dim, Dim], ...]:
        return pairs(self.amount, (1,) * rank(x))

    def requires(self, *inputs: Shape) -> Iterator[Unmet]:
        """A map, sides that it has, and enough positions to reflect or repeat."""
        (x,) = inputs
        yield from needs_map(x, (1, 2, 3), self.kind)
        yield from needs_per_axis(x, amount=self.amount)
        least = {"reflect": 1, "circular": 0}.get(self.mode)
        if least is None:
            return
        for index, sides in enumerate(self._sides(x)):
            for side in sides:
                yield from unmet(
                    x[index + 1],
                    ">=",
                    side + least,
                    f"{self.mode} padding of {text(side)} needs a larger {axis_name(index, rank(x))} than {text(x[index + 1])}",
                    remedy="pad less, or use mode zeros",
                )

    def output(self, *inputs: Shape) -> Shape:
        """Channels x padded sides."""
        (x,) = inputs
        return (x[0], *(n + before + after for n, (before, after) in zip(x[1:], self._sides(x), strict=True)))

    def reach(self, inputs: tuple[Shape, ...], output: Shape) -> tuple[Tap, ...]:
        """The own position, shifted by what was added before."""
        return tuple(Tap(1, 1, -before) for before, _ in self._sides(inputs[0]))

    def operations(self, inputs: tuple[Shape, ...], output: Shape, training: bool) -> tuple[Operation, ...]:
        """A larger copy; nothing where no side is padded."""
        program = self.program(inputs)
        program.surround(0, self._sides(inputs[0]), self.mode)
        return program.done()
