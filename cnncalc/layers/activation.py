"""Activations: elementwise, except softmax (over an axis) and maxout (over groups of channels)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, ClassVar

from cnncalc.core.dims import exactdiv, text
from cnncalc.core.shapes import Shape, elements, rank
from cnncalc.core.tensors import Ops, Weight
from cnncalc.layers.axis import AxisName, axis_index, needs_axis
from cnncalc.layers.base import Layer, Reach, Unmet, unmet
from cnncalc.layers.fields import Count, Number, OneOf
from cnncalc.layers.operations import BATCH, Layout, Operation

Per = Annotated[str, OneOf("channel", "layer")]


class _Elementwise(Layer):
    cost: ClassVar[Ops] = Ops()
    """The operations per number; DESIGN's table of FLOPs is made of these."""
    keeps: ClassVar[str] = "input"
    """What torch saves for backward: input or result."""
    layout: ClassVar[Layout] = Layout.FOLLOW
    """How torch lays the result out."""

    def ops(self, inputs: tuple[Shape, ...], output: Shape) -> Ops:
        """A fixed number of operations per output number."""
        count = elements(output)
        return Ops(*(each * count for each in self.cost))

    def operations(self, inputs: tuple[Shape, ...], output: Shape, training: bool) -> tuple[Operation, ...]:
        """One elementwise operation."""
        program = self.program(inputs)
        program.unary(self.kind, 0, self.keeps, layout=self.layout)
        return program.done()


class Relu(_Elementwise):
    """max(0, x). One comparison per number. Source: course document 001, line 1007.

    >>> Relu().output((96, 55, 55))
    (96, 55, 55)
    """

    kind: ClassVar[str] = "relu"
    overwrites: ClassVar[str] = "result"
    keeps: ClassVar[str] = "result"
    cost: ClassVar[Ops] = Ops(comparisons=1)


class Relu6(_Elementwise):
    """min(max(0, x), 6). Two comparisons per number. Source: MobileNet (Howard and others 2017).

    >>> Relu6().output((32, 112, 112))
    (32, 112, 112)
    """

    kind: ClassVar[str] = "relu6"
    overwrites: ClassVar[str] = "copy"
    layout: ClassVar[Layout] = Layout.LIKE
    cost: ClassVar[Ops] = Ops(comparisons=2)


class Silu(_Elementwise):
    """x / (1 + e^-x), also called swish. Source: Elfwing and others 2017.

    >>> Silu().output((32, 112, 112))
    (32, 112, 112)
    """

    kind: ClassVar[str] = "silu"
    overwrites: ClassVar[str] = "copy"
    cost: ClassVar[Ops] = Ops(adds=1, divisions=1, special=1)


class Gelu(_Elementwise):
    """x / 2 * (1 + erf(x / sqrt 2)). Source: Hendrycks, Gimpel 2016.

    >>> Gelu().output((384, 56, 56))
    (384, 56, 56)
    """

    kind: ClassVar[str] = "gelu"
    cost: ClassVar[Ops] = Ops(adds=1, multiplies=3, special=1)


class Mish(_Elementwise):
    """x * tanh(ln(1 + e^x)). Source: Misra 2019.

    >>> Mish().output((8,))
    (8,)
    """

    kind: ClassVar[str] = "mish"
    overwrites: ClassVar[str] = "copy"
    cost: ClassVar[Ops] = Ops(adds=1, multiplies=1, special=3)


class Hardswish(_Elementwise):
    """x * min(max(x + 3, 0), 6) / 6. Source: MobileNetV3 (Howard and others 2019).

    >>> Hardswish().output((16, 112, 112))
    (16, 112, 112)
    """

    kind: ClassVar[str] = "hardswish"
    overwrites: ClassVar[str] = "copy"
    cost: ClassVar[Ops] = Ops(adds=1, multiplies=1, divisions=1, comparisons=2)


class Hardsigmoid(_Elementwise):
    """min(max(x + 3, 0), 6) / 6. Source: MobileNetV3 (Howard and others 2019).

    >>> Hardsigmoid().output((16,))
    (16,)
    """

    kind: ClassVar[str] = "hardsigmoid"
    overwrites: ClassVar[str] = "copy"
    cost: ClassVar[Ops] = Ops(adds=1, divisions=1, comparisons=2)


class Softplus(_Elementwise):
    """ln(1 + e^x). Source: Dugas and others 2001.

    >>> Softplus().output((8,))
    (8,)
    """

    kind: ClassVar[str] = "softplus"
    cost: ClassVar[Ops] = Ops(adds=1, special=2)


class Sigmoid(_Elementwise):
    """1 / (1 + e^-x). Source: course document 001, line 869.

    >>> Sigmoid().output((10,))
    (10,)
    """

    kind: ClassVar[str] = "sigmoid"
    keeps: ClassVar[str] = "result"
    cost: ClassVar[Ops] = Ops(adds=1, divisions=1, special=1)


class Tanh(_Elementwise):
    """(e^x - e^-x) / (e^x + e^-x), counted as one special function. Source: course document 001, line 869.

    >>> Tanh().output((6, 28, 28))
    (6, 28, 28)
    """

    kind: ClassVar[str] = "tanh"
    keeps: ClassVar[str] = "result"
    cost: ClassVar[Ops] = Ops(special=1)


class LeakyRelu(_Elementwise):
    """x for x > 0, else slope * x. Source: course document 001, line 1037.

    >>> LeakyRelu(slope=0.2).output((64, 32, 32))
    (64, 32, 32)
    """

    kind: ClassVar[str] = "leaky_relu"
    overwrites: ClassVar[str] = "result"
    short: ClassVar[str] = "slope"
    cost: ClassVar[Ops] = Ops(multiplies=1, comparisons=1)

    slope: Number = 0.01
    """Slope for negative x."""


class Elu(_Elementwise):
    """x for x > 0, else alpha * (e^x - 1). Source: Clevert and others 2015 (course document 003, line 211, misprints it).

    >>> Elu().output((64, 32, 32))
    (64, 32, 32)
    """

    kind: ClassVar[str] = "elu"
    overwrites: ClassVar[str] = "result"
    short: ClassVar[str] = "alpha"
    cost: ClassVar[Ops] = Ops(adds=1, multiplies=1, comparisons=1, special=1)

    alpha: Number = 1.0
    """Limit for large negative x is -alpha."""


class Selu(_Elementwise):
    """Scaled elu with fixed constants. Source: Klambauer and others 2017.

    >>> Selu().output((64,))
    (64,)
    """

    kind: ClassVar[str] = "selu"
    overwrites: ClassVar[str] = "result"
    cost: ClassVar[Ops] = Ops(adds=1, multiplies=2, comparisons=1, special=1)


class Rrelu(_Elementwise):
    """Leaky relu whose slope is drawn uniformly from [lower, upper] in training. Source: Xu and others 2015.

    >>> Rrelu().output((64, 32, 32))
    (64, 32, 32)
    """

    kind: ClassVar[str] = "rrelu"
    overwrites: ClassVar[str] = "result"
    cost: ClassVar[Ops] = Ops(multiplies=1, comparisons=1)

    lower: Number = 0.125
    """Smallest slope."""
    upper: Number = 0.3333333333333333
    """Largest slope."""

    def operations(self, inputs: tuple[Shape, ...], output: Shape, training: bool) -> tuple[Operation, ...]:
        """rrelu_with_noise: the drawn slopes are a tensor of the input's size, in prediction too."""
        program = self.program(inputs)
        program.noisy("rrelu_with_noise", 0)
        return program.done()


class Prelu(_Elementwise):
    """Leaky relu with a learned slope, one per channel or one per layer.

    Parameters: C, or 1. Source: He and others 2015.

    >>> Prelu(per="layer").weights((64, 32, 32))[0].shape
    (1,)
    """

    kind: ClassVar[str] = "prelu"
    short: ClassVar[str] = "per"
    cost: ClassVar[Ops] = Ops(multiplies=1, comparisons=1)

    per: Per = "channel"
    """channel or layer."""

    def weights(self, *inputs: Shape) -> tuple[Weight, ...]:
        """The slopes, [C] or [1]."""
        return (Weight("weight", inputs[0][:1] if self.per == "channel" else (1,)),)

    def operations(self, inputs: tuple[Shape, ...], output: Shape, training: bool) -> tuple[Operation, ...]:
        """The slopes as a view that fits the map, then one operation whose gradient of them is full size."""
        program = self.program(inputs)
        axes = len(output) - 1
        slopes = (
            program.view(-1, (1, program.shape(-1)[0], *(1,) * axes))
            if axes
            else program.view(-1, (1, program.shape(-1)[0]))
        )
        program.scaled("prelu", 0, slopes)
        return program.done()


class Softmax(Layer):
    """e^x_i / sum of e^x_j along an axis (the channels, or a vector's numbers).

    Per number a comparison and a subtraction (of the maximum, which keeps it stable), an exponential, an add and a
    division. Source: course document 001, line 1166.

    >>> Softmax().output((1000,))
    (1000,)
    """

    kind: ClassVar[str] = "softmax"
    short: ClassVar[str] = "axis"

    axis: AxisName = "channels"
    """The axis that sums to 1."""

    def requires(self, *inputs: Shape) -> Iterator[Unmet]:
        """An input that has the axis."""
        yield from needs_axis(inputs[0], self.axis)

    def ops(self, inputs: tuple[Shape, ...], output: Shape) -> Ops:
        """Stable softmax: subtract the maximum, exponentiate, sum, divide."""
        count = elements(output)
        return Ops(adds=2 * count, divisions=count, comparisons=count, special=count)

    def reach(self, inputs: tuple[Shape, ...], output: Shape) -> Reach:
        """The own position, or everything along a spatial axis."""
        return Reach.POINT if axis_index(self.axis, rank(inputs[0])) == 0 else Reach.WHOLE

    def operations(self, inputs: tuple[Shape, ...], output: Shape, training: bool) -> tuple[Operation, ...]:
        """One operation that saves its result."""
        program = self.program(inputs)
        program.unary(self.kind, 0, "result", layout=Layout.PLAIN)
        return program.done()


class LogSoftmax(Softmax):
    """The logarithm of softmax, computed stably.

    >>> LogSoftmax().output((1000,))
    (1000,)
    """

    kind: ClassVar[str] = "log_softmax"

    def ops(self, inputs: tuple[Shape, ...], output: Shape) -> Ops:
        """Subtract the maximum, exponentiate, sum, subtract the logarithm."""
        count = elements(output)
        return Ops(adds=3 * count, comparisons=count, special=count)


class Maxout(Layer):
    """The maximum over groups of `pieces` neighbouring channels.

    As torch operations: view [C / pieces, pieces, ...], then amax over the pieces. Output: C / pieces channels. No
    parameters; pieces - 1 comparisons per output number. Source: Goodfellow and others 2013; named in course document
    003.

    >>> Maxout(pieces=2).output((64, 32, 32))
    (32, 32, 32)
    """

    kind: ClassVar[str] = "maxout"
    short: ClassVar[str] = "pieces"

    pieces: Count
    """How many channels compete."""

    def requires(self, *inputs: Shape) -> Iterator[Unmet]:
        """Channels that divide into the pieces."""
        channels = inputs[0][0]
        yield from unmet(
            channels,
            "divisible by",
            self.pieces,
            f"{text(channels)} channels do not divide into pieces of {text(self.pieces)}",
            expected=f"a multiple of {text(self.pieces)}",
            remedy="give the layer before it a multiple of pieces",
        )

    def output(self, *inputs: Shape) -> Shape:
        """C / pieces x positions."""
        (x,) = inputs
        return (exactdiv(x[0], self.pieces), *x[1:])

    def ops(self, inputs: tuple[Shape, ...], output: Shape) -> Ops:
        """Pieces - 1 comparisons per output number."""
        return Ops(comparisons=(self.pieces - 1) * elements(output))

    def operations(self, inputs: tuple[Shape, ...], output: Shape, training: bool) -> tuple[Operation, ...]:
        """Unflatten, amax."""
        program = self.program(inputs)
        pieces = program.view(0, (BATCH, output[0], self.pieces, *output[1:]), "unflatten")
        program.amax(pieces, (BATCH, *output))
        return program.done()
