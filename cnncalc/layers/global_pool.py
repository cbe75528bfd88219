"""Pooling over everything, to a given size, and across channels."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from math import gcd
from typing import Annotated, Any, ClassVar

from cnncalc.core.dims import Dim, ceildiv, floordiv, prod, ratio, text
from cnncalc.core.shapes import Shape, elements, rank
from cnncalc.core.tensors import Ops
from cnncalc.layers.base import Layer, Reach, Tap, Unmet, needs_map, unmet
from cnncalc.layers.fields import Count, Counts, Flag, OneOf, OptionalCount, expand
from cnncalc.layers.operations import BATCH, Operation
from cnncalc.layers.window import needs_per_axis

Mode = Annotated[str, OneOf("max", "average")]


class _GlobalPool(Layer):
    counted: ClassVar[bool] = True

    keepdims: Flag = False
    """Keep the spatial axes with size 1 ([C, 1, 1]) instead of giving a vector [C]."""

    def requires(self, *inputs: Shape) -> Iterator[Unmet]:
        """A map."""
        yield from needs_map(inputs[0], (1, 2, 3), self.kind)

    def output(self, *inputs: Shape) -> Shape:
        """[C], or [C, 1, ...] with keepdims."""
        (x,) = inputs
        return (x[0], *(1 for _ in x[1:])) if self.keepdims else (x[0],)

    def reach(self, inputs: tuple[Shape, ...], output: Shape) -> Reach:
        """Everything."""
        return Reach.WHOLE


class GlobalMaxPool(_GlobalPool):
    """The maximum of each channel over all positions.

    Output: one number per channel. No parameters; positions - 1 comparisons per channel. In PyTorch: adaptive max pooling
    to one position, then flatten unless keepdims. Source: global pooling, course document 002, line 281.

    >>> GlobalMaxPool().output((512, 7, 7))
    (512,)
    """

    kind: ClassVar[str] = "global_maxpool"

    def ops(self, inputs: tuple[Shape, ...], output: Shape) -> Ops:
        """Positions - 1 comparisons per channel."""
        return Ops(comparisons=elements(inputs[0]) - inputs[0][0])

    def operations(self, inputs: tuple[Shape, ...], output: Shape, training: bool) -> tuple[Operation, ...]:
        """Adaptive max pooling to one position, then flatten unless keepdims."""
        program = self.program(inputs)
        one = (BATCH, output[0], *(1 for _ in inputs[0][1:]))
        y = program.lifted(0, one, program.adaptive_max_pool)
        if not self.keepdims:
            program.flat(y)
        return program.done()


class GlobalAvgPool(_GlobalPool):
    """The mean of each channel over all positions.

    Output: one number per channel. No parameters; positions - 1 adds and one division per channel. In PyTorch: adaptive
    average pooling to one position, which runs as a mean, then flatten unless keepdims. Source: course documents 002,
    line 281, and 004, line 229.

    >>> GlobalAvgPool().output((1024, 7, 7))
    (1024,)
    """

    kind: ClassVar[str] = "global_avgpool"

    def ops(self, inputs: tuple[Shape, ...], output: Shape) -> Ops:
        """Positions - 1 adds and one division per channel."""
        return Ops(adds=elements(inputs[0]) - inputs[0][0], divisions=inputs[0][0])

    def operations(self, inputs: tuple[Shape, ...], output: Shape, training: bool) -> tuple[Operation, ...]:
        """The mean over all positions (torch's adaptive pooling to one position), then flatten unless keepdims."""
        program = self.program(inputs)
        y = program.lifted(0, (BATCH, output[0], *(1 for _ in inputs[0][1:])), program.whole_mean)
        if not self.keepdims:
            program.flat(y)
        return program.done()


class _AdaptivePool(Layer):
    short: ClassVar[str] = "size"
    counted: ClassVar[bool] = True

    size: Counts
    """The wanted output size, one number or one per axis."""

    def requires(self, *inputs: Shape) -> Iterator[Unmet]:
        """A map with as many axes as sizes."""
        yield from needs_map(inputs[0], (1, 2, 3), self.kind)
        yield from needs_per_axis(inputs[0], size=self.size)

    def output(self, *inputs: Shape) -> Shape:
        """Channels x size."""
        return (inputs[0][0], *expand(self.size, rank(inputs[0])))

    def reach(self, inputs: tuple[Shape, ...], output: Shape) -> Reach | tuple[Tap, ...]:
        """Output o of m reads the inputs floor(o n / m) to ceil((o + 1) n / m) - 1: windows where m divides n."""
        if all(type(m) is int and m == 1 for m in output[1:]):
            return Reach.WHOLE
        sizes = list(zip(inputs[0][1:], output[1:], strict=True))
        # how wide the windows are depends on the remainder, which a symbol does not tell
        known = all(type(n) is int and type(m) is int for n, m in sizes)
        return tuple(self._tap(n, m) for n, m in sizes) if known else Reach.UNKNOWN

    def _tap(self, n: int, m: int) -> Tap:
        # o n mod m runs over the multiples of gcd(n, m); the widest window starts at the last of them
        widest = 1 - (-(n - gcd(n, m)) // m)
        step = Fraction(n, m)
        return Tap(widest, ratio(n, m), 0, (0, step - Fraction(1, step.denominator)))

    def _window(self, x: Shape, output: Shape) -> Dim:
        return prod(ceildiv(n, m) for n, m in zip(x[1:], output[1:], strict=True))


class AdaptiveMaxPool(_AdaptivePool):
    """Maximum pooling to a given output size, whatever the input's.

    Output o of m reads inputs floor(o n / m) to ceil((o + 1) n / m) - 1. No parameters. Counted as windows of
    ceil(n / m) positions. Source: torch.nn.AdaptiveMaxPool2d.

    >>> AdaptiveMaxPool(size=7).output((512, 14, 14))
    (512, 7, 7)
    """

    kind: ClassVar[str] = "adaptive_maxpool"

    def ops(self, inputs: tuple[Shape, ...], output: Shape) -> Ops:
        """Window - 1 comparisons per output number."""
        return Ops(comparisons=(self._window(inputs[0], output) - 1) * elements(output))

    def operations(self, inputs: tuple[Shape, ...], output: Shape, training: bool) -> tuple[Operation, ...]:
        """One operation with int64 indices."""
        program = self.program(inputs)
        program.lifted(0, (BATCH, *output), program.adaptive_max_pool)
        return program.done()


class AdaptiveAvgPool(_AdaptivePool):
    """Average pooling to a given output size, whatever the input's.

    Output o of m reads inputs floor(o n / m) to ceil((o + 1) n / m) - 1. No parameters. Counted as windows of
    ceil(n / m) positions. Source: torch.nn.AdaptiveAvgPool2d.

    >>> AdaptiveAvgPool(size=[7, 7]).output((512, 14, 14))
    (512, 7, 7)
    """

    kind: ClassVar[str] = "adaptive_avgpool"

    def ops(self, inputs: tuple[Shape, ...], output: Shape) -> Ops:
        """Window - 1 adds and one division per output number."""
        return Ops(adds=(self._window(inputs[0], output) - 1) * elements(output), divisions=elements(output))

    def operations(self, inputs: tuple[Shape, ...], output: Shape, training: bool) -> tuple[Operation, ...]:
        """One operation that saves its input; to one position it runs as a mean, which saves nothing."""
        program = self.program(inputs)
        if all(length == 1 for length in output[1:]):
            program.lifted(0, (BATCH, *output), program.whole_mean)
        else:
            program.averaged(0, (BATCH, *output))
        return program.done()


class DepthPool(Layer):
    """Pooling across channels at every position: the map's sides stay, the channels shrink.

    Output: floor((C - k) / s) + 1 channels. No parameters; k - 1 operations per output number. PyTorch has no such module:
    unfold the channels into windows, then amax or mean over each. Source: depth-wise pooling, course document 000, line
    520.

    >>> DepthPool(kernel=3).output((96, 55, 55))
    (32, 55, 55)
    """

    kind: ClassVar[str] = "depth_pool"
    short: ClassVar[str] = "kernel"
    counted: ClassVar[bool] = True

    kernel: Count
    """How many neighbouring channels a window takes."""
    stride: OptionalCount = None
    """Step across the channels; the kernel when left out."""
    mode: Mode = "max"
    """max or average."""

    def effective(self, field: str) -> Any:
        """A field's value; the stride is the kernel when left out."""
        return self.kernel if field == "stride" and self.stride is None else super().effective(field)

    def requires(self, *inputs: Shape) -> Iterator[Unmet]:
        """A map with at least as many channels as the kernel."""
        (x,) = inputs
        yield from needs_map(x, (1, 2, 3), self.kind)
        yield from unmet(
            x[0],
            ">=",
            self.kernel,
            f"kernel {text(self.kernel)} exceeds the {text(x[0])} channels",
            expected=f"at least {text(self.kernel)} channels",
            remedy=f"use kernel <= {text(x[0])}",
        )

    def output(self, *inputs: Shape) -> Shape:
        """Windows x positions."""
        (x,) = inputs
        return (floordiv(x[0] - self.kernel, self.effective("stride")) + 1, *x[1:])

    def ops(self, inputs: tuple[Shape, ...], output: Shape) -> Ops:
        """K - 1 comparisons, or k - 1 adds and one division, per output number."""
        count = (self.kernel - 1) * elements(output)
        return Ops(comparisons=count) if self.mode == "max" else Ops(adds=count, divisions=elements(output))

    def operations(self, inputs: tuple[Shape, ...], output: Shape, training: bool) -> tuple[Operation, ...]:
        """Unfold the channels into windows, then amax or mean over each."""
        program = self.program(inputs)
        windows = program.unfold(0, 1, self.kernel, self.effective("stride"))
        (program.amax if self.mode == "max" else program.mean)(windows, (BATCH, *output))
        return program.done()
