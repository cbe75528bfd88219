"""Pooling: windows over positions, over everything, to a given size, and across channels."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, ClassVar

from cnncalc.core.dims import Dim, ceildiv, compare, floordiv, minimum, prod, text
from cnncalc.core.shapes import Shape, axis_name, elements, rank
from cnncalc.core.tensors import Ops
from cnncalc.layers.base import Layer, Tap, Unmet, needs_map, unmet
from cnncalc.layers.fields import Counts, Flag, OneOf, OptionalCounts, Padding, Positive, expand
from cnncalc.layers.operations import BATCH, Operation
from cnncalc.layers.program import Program
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
        inside = self._inside(axes)
        x = 0 if inside else program.surround(0, tuple(axis.pads for axis in axes))
        lengths = output[1:] if inside else tuple(self._uncut(axis) for axis in axes)
        y = self._pooled(program, x, (BATCH, output[0], *lengths), axes)
        if self.ceil_mode and self.padding != "same" and not inside:
            for index, length in enumerate(output[1:], start=2):
                y = program.narrow(y, index, length)
        return program.done()

    def _inside(self, axes: tuple[Axis, ...]) -> bool:
        """Whether torch's own padding argument can say it."""
        return all(before == after for before, after in (axis.pads for axis in axes))

    def _uncut(self, axis: Axis) -> Dim:
        """The windows that torch finds on a map that was padded before."""
        if not self.ceil_mode or axis.padding == "same":
            return axis.positions()
        return minimum(ceildiv(axis.padded - axis.reach, axis.stride), floordiv(axis.padded - 1, axis.stride)) + 1

    def _pooled(self, program: Program, x: int, shape: Shape, axes: tuple[Axis, ...]) -> int:
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

    def requires(self, *inputs: Shape) -> Iterator[Unmet]:
        """As for every pool; and no dilated window may step over the map, from padding to padding."""
        yield from super().requires(*inputs)
        for index, axis in enumerate(self.axes(inputs[0])):
            if axis.dilation == 1 or axis.pads == (0, 0):
                continue
            least = axis.least_seen(self._positions(axis))
            name = axis_name(index, rank(inputs[0]))
            yield from unmet(
                axis.size,
                ">=",
                least,
                f"a window reads padding alone: its positions lie {text(axis.dilation)} apart and the {name} is {text(axis.size)}",
                expected=f"a {name} of at least {text(least)}",
                remedy="use a smaller dilation: the maximum of padding is minus infinity",
            )

    def ops(self, inputs: tuple[Shape, ...], output: Shape) -> Ops:
        """K * k - 1 comparisons per output number."""
        return Ops(comparisons=(self._window(inputs[0]) - 1) * elements(output))

    def _inside(self, axes: tuple[Axis, ...]) -> bool:
        # torch refuses more padding than half the kernel, even of a dilated one
        wide = self.padding == "same" and any(2 * axis.pads[0] > axis.kernel for axis in axes)
        return super()._inside(axes) and not wide

    def _pooled(self, program: Program, x: int, shape: Shape, axes: tuple[Axis, ...]) -> int:
        return program.lifted(x, shape, lambda y, wide: program.max_pool(y, wide, lazy=len(shape) == 3))


def _needs_bare_room(axes: tuple[Axis, ...], inside: bool) -> Iterator[Unmet]:
    """Requires the kernel to fit a volume as torch's average pooling sees it: without the padding it adds itself."""
    for index, axis in enumerate(axes if len(axes) == 3 else ()):
        size = axis.size if inside else axis.padded
        if axis.padding == "same" or compare(size, ">=", axis.kernel) is None:
            continue
        name = axis_name(index, 3)
        yield from unmet(
            size,
            ">=",
            axis.kernel,
            f"kernel {text(axis.kernel)} exceeds the {name} {text(size)}, and 3-D average pooling does not count padding as room",
            expected=f"a {name} of at least {text(axis.kernel)}",
            remedy=f"use kernel <= {text(size)}, or add a pad layer before",
        )


class AvgPool(Pool):
    """The mean of each window; channels are kept.

    Output: as for maxpool. No parameters; k * k - 1 adds and one division per output number. In PyTorch, where the sides of
    the padding differ: a pad with zeros, the pooling, and, where padding does not count, a division by each window's share
    of real positions. Source: course document 003, line 241.

    >>> AvgPool(kernel=2).output((6, 28, 28))
    (6, 14, 14)
    """

    kind: ClassVar[str] = "avgpool"

    count_include_pad: Flag = True
    """Whether padded zeros count in the mean (torch's default); with padding same they never do, as in TensorFlow."""

    def requires(self, *inputs: Shape) -> Iterator[Unmet]:
        """As for every pool; in 3-D the kernel must fit the map without even padding."""
        yield from super().requires(*inputs)
        axes = self.axes(inputs[0])
        yield from _needs_bare_room(axes, super()._inside(axes))

    def ops(self, inputs: tuple[Shape, ...], output: Shape) -> Ops:
        """K * k - 1 adds and one division per output number."""
        return Ops(adds=(self._window(inputs[0]) - 1) * elements(output), divisions=elements(output))

    def _inside(self, axes: tuple[Axis, ...]) -> bool:
        # torch refuses a volume smaller than the kernel, whatever its padding
        small = len(axes) == 3 and any(axis.size < axis.kernel for axis in axes)
        return super()._inside(axes) and not (self.padding == "same" and small)

    def _pooled(self, program: Program, x: int, shape: Shape, axes: tuple[Axis, ...]) -> int:
        mean = program.averaged(x, shape)
        if self._inside(axes) or (self.count_include_pad and self.padding != "same"):
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
        """As for every pool; in 3-D the kernel must fit the padded map even with ceil_mode."""
        yield from super().requires(*inputs)
        yield from _needs_bare_room(self.axes(inputs[0]), inside=False)

    def ops(self, inputs: tuple[Shape, ...], output: Shape) -> Ops:
        """K * k powers, k * k - 1 adds, one root per output number."""
        window, count = self._window(inputs[0]), elements(output)
        return Ops(adds=(window - 1) * count, special=(window + 1) * count)

    def _inside(self, axes: tuple[Axis, ...]) -> bool:
        return False

    def _pooled(self, program: Program, x: int, shape: Shape, axes: tuple[Axis, ...]) -> int:
        return program.norm_pool(x, shape)
