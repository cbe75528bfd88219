"""Kinds that trade positions for channels or change resolution: upsample, pixel shuffle, channel shuffle."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Annotated, Any, ClassVar

from cnncalc.core.dims import exactdiv, floordiv, is_symbolic, ratio, text
from cnncalc.core.shapes import Shape, axis_name, elements, rank
from cnncalc.core.tensors import Ops
from cnncalc.layers.base import Layer, Tap, Unmet, needs_map, unmet
from cnncalc.layers.fields import Count, OneOf, OptionalCounts, expand
from cnncalc.layers.operations import BATCH, Operation
from cnncalc.layers.window import needs_per_axis

UpsampleMode = Annotated[str, OneOf("nearest", "bilinear", "bicubic")]
TORCH_NAMES = {
    "nearest": ("upsample_nearest1d", "upsample_nearest2d", "upsample_nearest3d"),
    "bilinear": ("upsample_linear1d", "upsample_bilinear2d", "upsample_trilinear3d"),
    "bicubic": ("", "upsample_bicubic2d", ""),
}
"""Torch's operation per mode and number of axes."""


class Upsample(Layer):
    """Interpolation to a multiple of the sides, or to a size.

    Output: n * factor positions per axis, or `size`. No parameters; nearest computes nothing, bilinear counts 3 adds and
    4 multiplications per output number (in two axes), bicubic 15 and 16. Source: torch.nn.functional.interpolate,
    align_corners false.

    >>> Upsample(factor=2).output((256, 28, 28))
    (256, 56, 56)
    """

    kind: ClassVar[str] = "upsample"
    short: ClassVar[str] = "factor"
    counted: ClassVar[bool] = True

    factor: OptionalCounts = None
    """How many times larger each side becomes, one number or one per axis."""
    size: OptionalCounts = None
    """The wanted sides, instead of a factor."""
    mode: UpsampleMode = "nearest"
    """nearest, bilinear (linear in 1-D, trilinear in 3-D) or bicubic (2-D only)."""

    def requires(self, *inputs: Shape) -> Iterator[Unmet]:
        """A map, and either factor or size."""
        (x,) = inputs
        yield from needs_map(x, (2,) if self.mode == "bicubic" else (1, 2, 3), f"{self.mode} upsample")
        if (self.factor is None) == (self.size is None):
            given = "neither" if self.factor is None else "both"
            yield Unmet(
                None,
                "upsample takes either factor or size",
                "one of factor and size",
                given,
                "write upsample: 2 or upsample: {size: 56}",
            )
        yield from needs_per_axis(x, factor=self.factor, size=self.size)

    def output(self, *inputs: Shape) -> Shape:
        """Channels x new sides."""
        (x,) = inputs
        if self.size is not None:
            return (x[0], *expand(self.size, rank(x)))
        return (x[0], *(n * factor for n, factor in zip(x[1:], expand(self.factor, rank(x)), strict=True)))

    @property
    def _taps(self) -> int:
        return {"nearest": 1, "bilinear": 2, "bicubic": 4}[self.mode]

    def ops(self, inputs: tuple[Shape, ...], output: Shape) -> Ops:
        """Taps multiplications and taps - 1 adds per output number; nothing for nearest."""
        if self._taps == 1:
            return Ops()
        taps = self._taps ** rank(output)
        return Ops(adds=(taps - 1) * elements(output), multiplies=taps * elements(output))

    def reach(self, inputs: tuple[Shape, ...], output: Shape) -> tuple[Tap, ...]:
        """1, 2 or 4 neighbours on a finer grid."""
        return tuple(self._tap(ratio(n, m)) for n, m in zip(inputs[0][1:], output[1:], strict=True))

    def _tap(self, step: Any) -> Tap:
        if self._taps == 1:
            return Tap(1, step, 0, (0, 0))
        if is_symbolic(step):
            return Tap(self._taps, step, -(self._taps // 2))
        # output o lies at (o + 1/2) step - 1/2: between two positions, unless the step is odd
        if step % 2 == 1:
            return Tap(1, step, (step - 1) // 2)
        left, middle = self._taps // 2 - 1, (step - 1) * Fraction(1, 2)
        # the right neighbour of a position that is hit exactly has no weight
        right = 1 - Fraction(1, 2 * Fraction(step).denominator) + left
        return Tap(self._taps, step, (step - 1) // 2 - left, (middle - left, middle + right))

    def operations(self, inputs: tuple[Shape, ...], output: Shape, training: bool) -> tuple[Operation, ...]:
        """One interpolation, which saves nothing."""
        program = self.program(inputs)
        program.image(TORCH_NAMES[self.mode][rank(output) - 1], 0, (BATCH, *output))
        return program.done()


class PixelShuffle(Layer):
    """Channels become positions: C * f * f channels at a position become an f x f patch of C channels.

    Output: C / (f * f) channels, sides times f. No parameters, no arithmetic. Source: Shi and others 2016.

    >>> PixelShuffle(factor=2).output((256, 14, 14))
    (64, 28, 28)
    """

    kind: ClassVar[str] = "pixel_shuffle"
    short: ClassVar[str] = "factor"
    counted: ClassVar[bool] = True

    factor: Count
    """How many times larger each side becomes."""

    def requires(self, *inputs: Shape) -> Iterator[Unmet]:
        """An image whose channels divide by factor squared."""
        (x,) = inputs
        yield from needs_map(x, (2,), self.kind)
        square = self.factor * self.factor
        yield from unmet(
            x[0],
            "divisible by",
            square,
            f"{text(x[0])} channels do not divide by {text(square)} ({text(self.factor)} squared)",
            expected=f"a multiple of {text(square)}",
            remedy="give the layer before it a multiple of factor squared",
        )

    def output(self, *inputs: Shape) -> Shape:
        """Fewer channels, longer sides."""
        (x,) = inputs
        return (exactdiv(x[0], self.factor * self.factor), *(n * self.factor for n in x[1:]))

    def reach(self, inputs: tuple[Shape, ...], output: Shape) -> tuple[Tap, ...]:
        """The position that holds the patch."""
        return tuple(Tap(1, ratio(1, self.factor), 0, (0, 0)) for _ in output[1:])

    def operations(self, inputs: tuple[Shape, ...], output: Shape, training: bool) -> tuple[Operation, ...]:
        """One operation, which copies."""
        program = self.program(inputs)
        program.image("pixel_shuffle", 0, (BATCH, *output))
        return program.done()


class PixelUnshuffle(Layer):
    """Positions become channels: an f x f patch of C channels becomes C * f * f channels at one position.

    Output: C * f * f channels, sides divided by f. No parameters, no arithmetic. Source: the inverse of pixel_shuffle.

    >>> PixelUnshuffle(factor=2).output((64, 28, 28))
    (256, 14, 14)
    """

    kind: ClassVar[str] = "pixel_unshuffle"
    short: ClassVar[str] = "factor"
    counted: ClassVar[bool] = True

    factor: Count
    """How many times smaller each side becomes."""

    def requires(self, *inputs: Shape) -> Iterator[Unmet]:
        """An image whose sides divide by factor."""
        (x,) = inputs
        yield from needs_map(x, (2,), self.kind)
        for index, n in enumerate(x[1:]):
            yield from unmet(
                n,
                "divisible by",
                self.factor,
                f"{axis_name(index, rank(x))} {text(n)} does not divide by {text(self.factor)}",
                expected=f"a multiple of {text(self.factor)}",
                remedy="pad or crop the map first",
            )

    def output(self, *inputs: Shape) -> Shape:
        """More channels, shorter sides."""
        (x,) = inputs
        return (x[0] * self.factor * self.factor, *(exactdiv(n, self.factor) for n in x[1:]))

    def reach(self, inputs: tuple[Shape, ...], output: Shape) -> tuple[Tap, ...]:
        """The patch."""
        return tuple(Tap(self.factor, self.factor, 0) for _ in output[1:])

    def operations(self, inputs: tuple[Shape, ...], output: Shape, training: bool) -> tuple[Operation, ...]:
        """One operation, which copies."""
        program = self.program(inputs)
        program.image("pixel_unshuffle", 0, (BATCH, *output))
        return program.done()


class ChannelShuffle(Layer):
    """Channels of `groups` groups, interleaved: the groups' first channels, then their second ones, and so on.

    As torch operations: view [groups, C / groups, ...], swap the two axes, view back. Output: as the input. No
    parameters, no arithmetic. Source: Zhang and others 2017 (ShuffleNet).

    >>> ChannelShuffle(groups=2).output((116, 28, 28))
    (116, 28, 28)
    """

    kind: ClassVar[str] = "channel_shuffle"
    short: ClassVar[str] = "groups"

    groups: Count
    """How many groups are interleaved."""

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

    def operations(self, inputs: tuple[Shape, ...], output: Shape, training: bool) -> tuple[Operation, ...]:
        """Unflatten, transpose, and flatten, which copies."""
        program = self.program(inputs)
        x = inputs[0]
        split = program.view(0, (BATCH, self.groups, floordiv(x[0], self.groups), *x[1:]), "unflatten")
        swapped = program.permute(split, (0, 2, 1, *range(3, len(x) + 2)), "transpose")
        program.view(swapped, (BATCH, *x), "flatten")
        return program.done()
