"""Normalisation. None changes the shape; the counts of arithmetic are those of training's forward pass."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, ClassVar

from cnncalc.core.dims import text
from cnncalc.core.shapes import Shape, elements, rank, shape_text
from cnncalc.core.tensors import Ops, Weight
from cnncalc.layers.base import Layer, Reach, Unmet, needs_map, unmet
from cnncalc.layers.fields import Count, Flag, Number, OneOf, Positive
from cnncalc.layers.operations import BATCH, Layout, Operation

Over = Annotated[str, OneOf("channels", "all")]


def _affine(shape: Shape) -> tuple[Weight, ...]:
    return (Weight("weight", shape), Weight("bias", shape))


def _normalise(x: Shape, affine: bool) -> Ops:
    """Mean, variance, and (x - mean) / deviation; scale and shift when affine: a fixed number per element."""
    count = elements(x)
    return Ops(
        adds=(4 if affine else 3) * count,
        multiplies=(2 if affine else 1) * count,
        divisions=count,
    )


class BatchNorm(Layer):
    """Batch normalisation per channel over batch and positions, then a learned scale and shift.

    Output: as the input. Parameters: 2 per channel; buffers: running mean and variance, 2 per channel (Keras counts all
    4). Source: course document 003, line 536 (Keras summary: 384 = 4 * 96).

    >>> [weight.name for weight in BatchNorm().weights((96, 55, 55))]
    ['weight', 'bias', 'running_mean', 'running_var']
    """

    kind: ClassVar[str] = "batchnorm"
    phased: ClassVar[bool] = True

    affine: Flag = True
    """Learn a scale and a shift per channel."""
    track_stats: Flag = True
    """Keep running mean and variance for prediction."""

    def weights(self, *inputs: Shape) -> tuple[Weight, ...]:
        """weight, bias, running_mean, running_var, each [C]."""
        shape = (inputs[0][0],)
        stats = (Weight("running_mean", shape, buffer=True), Weight("running_var", shape, buffer=True))
        return (*(_affine(shape) if self.affine else ()), *(stats if self.track_stats else ()))

    def ops(self, inputs: tuple[Shape, ...], output: Shape) -> Ops:
        """Statistics, normalisation, scale and shift."""
        return _normalise(inputs[0], self.affine)

    def operations(self, inputs: tuple[Shape, ...], output: Shape, training: bool) -> tuple[Operation, ...]:
        """One operation; where it computes statistics they are kept: mean and deviation per channel."""
        program = self.program(inputs)
        program.norm("batch_norm", 0, inputs[0][:1], 2 * self.affine, training or not self.track_stats)
        return program.done()


class LayerNorm(Layer):
    """Layer normalisation: over the channels of each position, or over all numbers of an image.

    Output: as the input. Parameters: 2 per channel (over channels) or 2 per number of the map (over all). Source: Ba,
    Kiros, Hinton 2016; over channels as in ConvNeXt.

    >>> LayerNorm().weights((96, 56, 56))[0].shape
    (96,)
    """

    kind: ClassVar[str] = "layernorm"
    short: ClassVar[str] = "over"

    over: Over = "channels"
    """channels (of each position) or all."""
    affine: Flag = True
    """Learn a scale and a shift."""

    def weights(self, *inputs: Shape) -> tuple[Weight, ...]:
        """Weight and bias, each [C] or the map's shape."""
        (x,) = inputs
        return _affine(x if self.over == "all" else x[:1]) if self.affine else ()

    def ops(self, inputs: tuple[Shape, ...], output: Shape) -> Ops:
        """Statistics, normalisation, scale and shift."""
        return _normalise(inputs[0], self.affine)

    def reach(self, inputs: tuple[Shape, ...], output: Shape) -> Reach:
        """The own position, or everything."""
        return Reach.WHOLE if self.over == "all" and rank(inputs[0]) else Reach.POINT

    def operations(self, inputs: tuple[Shape, ...], output: Shape, training: bool) -> tuple[Operation, ...]:
        """One operation over all axes; over the channels of a map they are moved to the end and back."""
        program = self.program(inputs)
        weights = 2 * self.affine
        if self.over == "all" or rank(inputs[0]) == 0:
            program.norm("layer_norm", 0, (BATCH,), weights, layout=Layout.PLAIN)
        else:
            statistics = (BATCH, *inputs[0][1:])
            program.first(program.norm("layer_norm", program.last(0), statistics, weights, layout=Layout.PLAIN))
        return program.done()


class GroupNorm(Layer):
    """Normalisation over groups of channels and all positions of an image.

    Output: as the input. Parameters: 2 per channel. Source: Wu, He 2018.

    >>> len(GroupNorm(groups=8).weights((64, 32, 32)))
    2
    """

    kind: ClassVar[str] = "groupnorm"
    short: ClassVar[str] = "groups"

    groups: Count
    """How many groups the channels form."""
    affine: Flag = True
    """Learn a scale and a shift per channel."""

    def requires(self, *inputs: Shape) -> Iterator[Unmet]:
        """Channels that divide into the groups."""
        channels = inputs[0][0]
        yield from unmet(
            channels,
            "divisible by",
            self.groups,
            f"{text(channels)} channels do not divide into {text(self.groups)} groups",
            expected=f"a multiple of {text(self.groups)}",
            remedy=f"choose groups that divide {text(channels)}",
        )

    def weights(self, *inputs: Shape) -> tuple[Weight, ...]:
        """Weight and bias, each [C]."""
        return _affine(inputs[0][:1]) if self.affine else ()

    def ops(self, inputs: tuple[Shape, ...], output: Shape) -> Ops:
        """Statistics, normalisation, scale and shift."""
        return _normalise(inputs[0], self.affine)

    def reach(self, inputs: tuple[Shape, ...], output: Shape) -> Reach:
        """Everything on a map; a vector has no positions."""
        return Reach.WHOLE if rank(inputs[0]) else Reach.POINT

    def operations(self, inputs: tuple[Shape, ...], output: Shape, training: bool) -> tuple[Operation, ...]:
        """One operation with a mean and a deviation per group."""
        program = self.program(inputs)
        program.norm("group_norm", program.suggested(0), (BATCH, self.groups), 2 * self.affine, tidy=True)
        return program.done()


class InstanceNorm(Layer):
    """Normalisation of each channel of each image over its positions.

    Output: as the input. Parameters: none, or 2 per channel when affine. Source: Ulyanov, Vedaldi, Lempitsky 2016.

    >>> InstanceNorm().weights((64, 32, 32))
    ()
    """

    kind: ClassVar[str] = "instancenorm"

    affine: Flag = False
    """Learn a scale and a shift per channel."""

    def requires(self, *inputs: Shape) -> Iterator[Unmet]:
        """A map of more than one position: a single number has no deviation."""
        (x,) = inputs
        yield from needs_map(x, (1, 2, 3), self.kind)
        yield from unmet(
            elements(x[1:]),
            ">=",
            2,
            f"instancenorm normalises over positions, but {shape_text(x)} has only one",
            expected="at least 2 positions",
            remedy="normalise before the map shrinks to one position, or use layernorm",
        )

    def weights(self, *inputs: Shape) -> tuple[Weight, ...]:
        """Weight and bias, each [C], when affine."""
        return _affine(inputs[0][:1]) if self.affine else ()

    def ops(self, inputs: tuple[Shape, ...], output: Shape) -> Ops:
        """Statistics, normalisation, scale and shift when affine."""
        return _normalise(inputs[0], self.affine)

    def reach(self, inputs: tuple[Shape, ...], output: Shape) -> Reach:
        """Everything."""
        return Reach.WHOLE

    def operations(self, inputs: tuple[Shape, ...], output: Shape, training: bool) -> tuple[Operation, ...]:
        """The images' channels as channels of one image, batch norm with repeated scale and shift, and back."""
        program = self.program(inputs)
        program.instance_norm(0, self.affine)
        return program.done()


class Lrn(Layer):
    """Local response normalisation across neighbouring channels.

    b_c = a_c / (k + alpha / size * sum of a_j^2 over the window of `size` channels around c)^beta, as torch divides
    alpha by the size. Output: as the input. No parameters. Source: course documents 004, line 181, and 002, line 245
    (alpha = 2e-5 = 1e-4 / 5 is the same setting without the division).

    >>> Lrn(size=5).output((96, 55, 55))
    (96, 55, 55)
    """

    kind: ClassVar[str] = "lrn"
    short: ClassVar[str] = "size"

    size: Count = 5
    """How many neighbouring channels the window takes."""
    alpha: Number = 1e-4
    """Weight of the mean square."""
    beta: Number = 0.75
    """Exponent."""
    k: Positive = 1
    """Offset that keeps the divisor from zero."""

    def requires(self, *inputs: Shape) -> Iterator[Unmet]:
        """A map: torch's local response norm takes no vector."""
        yield from needs_map(inputs[0], (1, 2, 3), self.kind)

    def ops(self, inputs: tuple[Shape, ...], output: Shape) -> Ops:
        """Per number: a square, a window sum, scale and offset, a power, a division."""
        count = elements(output)
        return Ops(adds=self.size * count, multiplies=2 * count, divisions=count, special=count)

    def operations(self, inputs: tuple[Shape, ...], output: Shape, training: bool) -> tuple[Operation, ...]:
        """Square, view with an axis for the window, pad, average, view back; times alpha, plus k, power; divide.

        A volume's last two axes are viewed as one, so it is made contiguous first.
        """
        program = self.program(inputs)
        program.local_norm(program.contiguous(0) if rank(inputs[0]) == 3 else 0, self.size)
        return program.done()
