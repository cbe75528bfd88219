"""Pooling: windows over positions, over everything, to a given size, and across channels."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from math import gcd
from typing import Annotated, Any, ClassVar

from cnncalc.core.dims import Dim, ceildiv, compare, floordiv, minimum, prod, ratio, text
from cnncalc.core.shapes import Shape, axis_name, elements, rank
from cnncalc.core.tensors import Ops
from cnncalc.layers.base import Layer, Reach, Tap, Unmet, needs_map, unmet
from cnncalc.layers.fields import Count, Counts, Flag, OneOf, OptionalCount, OptionalCounts, Padding, Positive, expand
from cnncalc.layers.operations import BATCH, Operation, Program
from cnncalc.layers.window import Axis, axes_of, needs_per_axis, needs_room

Mode = Annotated[str, OneOf("max", "average")]


class Pool(Layer):
    """The window shared by maxpool, avgpool and lppool."""

    short: ClassVar[str] = "kernel"
    counted: ClassVar[bool] = True

    kernel: Counts
    """Window size, one number or one per axis."""
    stride: OptionalCounts = None
    """Step of the window; the kernel when left out."""
    padding: Padding = "valid"
    """As for conv, at most half the kernel."""
    ceil_mode: Flag = False
    """Round the output up, so that a last partial window counts if it starts inside the map or the padding before it."""

    def effective(self, field: str) -> Any:
        """A field's value; the stride is the kernel when left out."""
        return self.kernel if field == "stride" and self.stride is None else super().effective(field)

    @property
    def _dilation(self) -> Any:
        return 1

    def axes(self, x: Shape) -> tuple[Axis, ...]:
        """The window on an input of this shape."""
        return axes_of(x, self.kernel, self.effective("stride"), self.padding, self._dilation)

    def requires(self, *inputs: Shape) -> Iterator[Unmet]:
        """Rank, list lengths, padding of at most half the kernel, room for the kernel."""
        (x,) = inputs
        yield from needs_map(x, (1, 2, 3), self.kind)
        yield from needs_per_axis(
            x, kernel=self.kernel, stride=self.stride, padding=self.padding, dilation=self._dilation
        )
        axes = self.axes(x)
        if not (isinstance(self.padding, str) and self.padding in ("same", "valid")):
            for axis in axes:
                half = floordiv(axis.kernel, 2)
                for side in axis.pads:
                    yield from unmet(
                        half,
                        ">=",
                        side,
                        f"padding {text(side)} is more than half the pooling kernel {text(axis.kernel)}",
                        expected=f"padding <= {text(half)}",
                        received=text(side),
                        remedy="a window would lie in the padding alone: pad less, or add a pad layer before",
                    )
        if not self.ceil_mode:
            yield from needs_room(axes, paddable=False)
            return
        for index, axis in enumerate(axes):
            yield from unmet(
                self._positions(axis),
                ">=",
                1,
                f"kernel {text(axis.kernel)} exceeds the {axis_name(index, rank(x))} {text(axis.size)}: no window starts on it",
                remedy="use a smaller kernel or a larger input",
            )

    def _positions(self, axis: Axis) -> Dim:
        if not self.ceil_mode or axis.padding == "same":
            return axis.positions()
        # a window that would start beyond the map and the padding before it is dropped, so the ceiling's slack is capped
        before, after = axis.pads
        slack = minimum(before + after - axis.reach + axis.stride - 1, before - 1)
        return floordiv(axis.size + slack, axis.stride) + 1

    def output(self, *inputs: Shape) -> Shape:
        """Channels x positions."""
        return (inputs[0][0], *(self._positions(axis) for axis in self.axes(inputs[0])))

    def reach(self, inputs: tuple[Shape, ...], output: Shape) -> tuple[Tap, ...]:
        """The window."""
        return tuple(axis.tap() for axis in self.axes(inputs[0]))

    def _window(self, x: Shape) -> Dim:
        return prod(expand(self.kernel, rank(x)))

    def operations(self, inputs: tuple[Shape, ...], output: Shape, training: bool) -> tuple[Operation, ...]:
        """A pad where torch's own padding cannot say it, the pooling, and a cut of windows that start in the padding."""
        program = self.program(inputs)
        axes = self.axes(inputs[0])
        even = self.kind != "lppool" and all(before == after for before, after in (axis.pads for axis in axes))
        x = 0 if even else program.surround(0, tuple(axis.pads for axis in axes))
        lengths = output[1:] if even else tuple(self._uncut(axis) for axis in axes)
        y = self._pooled(program, x, (BATCH, output[0], *lengths), axes, training)
        if self.ceil_mode and self.padding != "same" and not even:
            for index, length in enumerate(output[1:], start=2):
                y = program.narrow(y, index, length)
        return program.done()

    def _uncut(self, axis: Axis) -> Dim:
        """The windows that torch finds on a map that was padded before."""
        if not self.ceil_mode or axis.padding == "same":
            return axis.positions()
        return minimum(ceildiv(axis.padded - axis.reach, axis.stride), floordiv(axis.padded - 1, axis.stride)) + 1

    def _pooled(self, program: Program, x: int, shape: Shape, axes: tuple[Axis, ...], training: bool) -> int:
        """The pooling of a map that has its padding, to a tensor of that shape."""
        raise NotImplementedError


class MaxPool(Pool):
    """The maximum of each window; channels are kept.

    Output per axis: floor((n + p - d(k - 1) - 1) / s) + 1; with ceil_mode the ceiling, less one where the last window
    would start beyond the map. No parameters; k * k - 1 comparisons per output number. Source: course documents 001,
    line 1082, and 002, line 152.

    >>> MaxPool(kernel=3, stride=2).output((96, 55, 55))
    (96, 27, 27)
    """

    kind: ClassVar[str] = "maxpool"

    dilation: Counts = 1
    """Distance between the positions of a window."""

    @property
    def _dilation(self) -> Any:
        return self.dilation

    def ops(self, inputs: tuple[Shape, ...], output: Shape) -> Ops:
        """K * k - 1 comparisons per output number."""
        return Ops(comparisons=(self._window(inputs[0]) - 1) * elements(output))

    def _pooled(self, program: Program, x: int, shape: Shape, axes: tuple[Axis, ...], training: bool) -> int:
        if len(shape) == 3 and not training:  # a signal's kernel, without indices
            return program.image("max_pool1d", x, shape)
        return program.lifted(x, shape, lambda y, wide: program.indexed("max_pool", y, wide))


def _needs_bare_room(axes: tuple[Axis, ...]) -> Iterator[Unmet]:
    """Requires the kernel to fit a volume without its padding: torch's average pooling in 3-D refuses it otherwise."""
    for index, axis in enumerate(axes if len(axes) == 3 else ()):
        if axis.padding == "same" or compare(axis.size, ">=", axis.kernel) is None:
            continue
        name = axis_name(index, 3)
        yield from unmet(
            axis.size,
            ">=",
            axis.kernel,
            f"kernel {text(axis.kernel)} exceeds the {name} {text(axis.size)}, and 3-D average pooling does not count padding as room",
            expected=f"a {name} of at least {text(axis.kernel)}",
            remedy=f"use kernel <= {text(axis.size)}, or add a pad layer before",
        )


class AvgPool(Pool):
    """The mean of each window; channels are kept.

    Output: as for maxpool. No parameters; k * k - 1 adds and one division per output number. Source: course document
    003, line 241.

    >>> AvgPool(kernel=2).output((6, 28, 28))
    (6, 14, 14)
    """

    kind: ClassVar[str] = "avgpool"

    count_include_pad: Flag = True
    """Whether padded zeros count in the mean (torch's default); with padding same they never do, as in TensorFlow."""

    def requires(self, *inputs: Shape) -> Iterator[Unmet]:
        """As for every pool; in 3-D the kernel must fit the map without its padding."""
        yield from super().requires(*inputs)
        yield from _needs_bare_room(self.axes(inputs[0]))

    def ops(self, inputs: tuple[Shape, ...], output: Shape) -> Ops:
        """K * k - 1 adds and one division per output number."""
        return Ops(adds=(self._window(inputs[0]) - 1) * elements(output), divisions=elements(output))

    def _pooled(self, program: Program, x: int, shape: Shape, axes: tuple[Axis, ...], training: bool) -> int:
        mean = program.averaged(x, shape)
        uneven = any(before != after for before, after in (axis.pads for axis in axes))
        if not uneven or (self.count_include_pad and self.padding != "same"):
            return mean
        return program.per_real(mean, tuple(axis.size for axis in axes), tuple(axis.padded for axis in axes))


class LpPool(Pool):
    """The p-norm of each window: the p-th root of the sum of p-th powers.

    Output: as for maxpool. No parameters; k * k powers, k * k - 1 adds and one root per output number. Source: power-
    average pooling as defined by torch.nn.LPPool2d.

    >>> LpPool(kernel=2).output((8, 10, 10))
    (8, 5, 5)
    """

    kind: ClassVar[str] = "lppool"

    p: Positive = 2
    """The norm's exponent."""

    def requires(self, *inputs: Shape) -> Iterator[Unmet]:
        """As for every pool; in 3-D the kernel must fit the map without its padding."""
        yield from super().requires(*inputs)
        yield from _needs_bare_room(self.axes(inputs[0]))

    def ops(self, inputs: tuple[Shape, ...], output: Shape) -> Ops:
        """K * k powers, k * k - 1 adds, one root per output number."""
        window, count = self._window(inputs[0]), elements(output)
        return Ops(adds=(window - 1) * count, special=(window + 1) * count)

    def _pooled(self, program: Program, x: int, shape: Shape, axes: tuple[Axis, ...], training: bool) -> int:
        return program.norm_pool(x, shape)


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

    Output: one number per channel. No parameters; positions - 1 comparisons per channel. Source: global pooling, course
    document 002, line 281.

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
        y = program.lifted(0, one, lambda x, wide: program.indexed("adaptive_max_pool", x, wide))
        if not self.keepdims:
            program.flat(y)
        return program.done()


class GlobalAvgPool(_GlobalPool):
    """The mean of each channel over all positions.

    Output: one number per channel. No parameters; positions - 1 adds and one division per channel. Source: course
    documents 002, line 281, and 004, line 229.

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
        y = program.lifted(0, (BATCH, output[0], *(1 for _ in inputs[0][1:])), program.mean)
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
        return tuple(self._tap(n, m) for n, m in zip(inputs[0][1:], output[1:], strict=True))

    def _tap(self, n: Dim, m: Dim) -> Tap:
        if type(n) is not int or type(m) is not int:
            # the most that any n allows: a window may start and end within a step
            return Tap(ceildiv(n, m) + 1, ratio(n, m), 0)
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
        program.lifted(0, (BATCH, *output), lambda x, wide: program.indexed("adaptive_max_pool", x, wide))
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
            program.lifted(0, (BATCH, *output), program.mean)
        else:
            program.averaged(0, (BATCH, *output))
        return program.done()


class DepthPool(Layer):
    """Pooling across channels at every position: the map's sides stay, the channels shrink.

    Output: floor((C - k) / s) + 1 channels. No parameters; k - 1 operations per output number. Source: depth-wise
    pooling, course document 000, line 520.

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
