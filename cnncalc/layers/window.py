"""Window arithmetic: kernel, stride, padding and dilation on one to three axes, shared by convolutions and poolings.

For one axis of n inputs, a kernel of effective extent k' = d (k - 1) + 1, stride s and padding p before and q after,

    output = floor((n + p + q - k') / s) + 1

(course document 001, line 714, with p + q the total padding). SAME gives ceil(n / s), with TensorFlow's placement: the
odd position of padding goes to the end (course document 002, line 124).
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any, NamedTuple

from cnncalc.core.dims import Dim, ceildiv, compare, floordiv, maximum, text
from cnncalc.core.shapes import Shape, axis_name, rank
from cnncalc.layers.base import Tap, Unmet, unmet
from cnncalc.layers.fields import Sides, expand


def extent(kernel: Dim, dilation: Dim) -> Dim:
    """The effective extent of a dilated kernel.

    >>> extent(3, 4)
    9
    """
    return dilation * (kernel - 1) + 1


def same_padding(size: Dim, reach: Dim, stride: Dim) -> tuple[Dim, Dim]:
    """(before, after) that SAME adds to an axis for a kernel of extent `reach`.

    >>> same_padding(13, 6, 5)
    (1, 2)
    """
    needed = same_total(size, reach, stride)
    before = floordiv(needed, 2)
    return before, needed - before


def same_total(size: Dim, reach: Dim, stride: Dim) -> Dim:
    """How many positions SAME adds to an axis, so that ceil(size / stride) windows fit.

    >>> same_total(13, 6, 5)
    3
    """
    return maximum((ceildiv(size, stride) - 1) * stride + reach - size, 0)


class Axis(NamedTuple):
    """One axis of a window: all that the formulas need."""

    size: Dim
    kernel: Dim
    stride: Dim
    dilation: Dim
    padding: Any
    """`same`, or (before, after)."""

    @property
    def reach(self) -> Dim:
        """The effective kernel extent."""
        return extent(self.kernel, self.dilation)

    @property
    def pads(self) -> tuple[Dim, Dim]:
        """(before, after) in positions."""
        if self.padding == "same":
            return same_padding(self.size, self.reach, self.stride)
        before, after = self.padding
        return before, after

    @property
    def padded(self) -> Dim:
        """The axis' length with its padding."""
        before, after = self.pads
        return self.size + before + after

    def positions(self) -> Dim:
        """How many places the window takes: the output's length."""
        if self.padding == "same":
            return ceildiv(self.size, self.stride)
        return floordiv(self.padded - self.reach, self.stride) + 1

    def least_seen(self, positions: Dim) -> Dim:
        """The least size at which every window reads a real position, if none starts behind the map.

        A window that starts at o s - p < 0 reads the map first at (o s - p) mod d. Where that is not known in numbers,
        the dilation is enough.
        """
        before, _ = self.pads
        values = (self.size, before, self.stride, self.dilation, positions)
        if not all(type(value) is int for value in values) or self.dilation <= self.size:
            return self.dilation
        outside = range(min(positions, ceildiv(before, self.stride), self.dilation))
        return 1 + max([(index * self.stride - before) % self.dilation for index in outside], default=0)

    def tap(self) -> Tap:
        """What an output position reads."""
        return Tap(self.reach, self.stride, -self.pads[0])


def pairs(padding: Any, reaches: tuple[Dim, ...]) -> tuple[Any, ...]:
    """Per axis `same` or (before, after), for a kernel of these extents."""
    axes = len(reaches)
    if isinstance(padding, str):
        by_word: dict[str, tuple[Any, ...]] = {
            "same": ("same",) * axes,
            "valid": ((0, 0),) * axes,
            "full": tuple([(reach - 1, reach - 1) for reach in reaches]),
        }
        return by_word[padding]
    if isinstance(padding, Sides):
        return padding.pairs(axes)
    return tuple((value, value) for value in expand(padding, axes))


def axes_of(shape: Shape, kernel: Any, stride: Any, padding: Any, dilation: Any = 1) -> tuple[Axis, ...]:
    """The window's axes on a map of this shape."""
    if all(type(size) is int for size in shape):
        try:
            return _axes_of(shape, kernel, stride, padding, dilation)
        except TypeError:  # arrays cannot be keys
            pass
    return _axes_of.__wrapped__(shape, kernel, stride, padding, dilation)


@lru_cache(maxsize=1024)
def _axes_of(shape: Shape, kernel: Any, stride: Any, padding: Any, dilation: Any) -> tuple[Axis, ...]:
    count = rank(shape)
    kernels, strides, dilations = expand(kernel, count), expand(stride, count), expand(dilation, count)
    sides = pairs(padding, tuple([extent(k, d) for k, d in zip(kernels, dilations, strict=True)]))
    return tuple([Axis(*values) for values in zip(shape[1:], kernels, strides, dilations, sides, strict=True)])


def needs_per_axis(shape: Shape, **fields: Any) -> Iterator[Unmet]:
    """Requires lists and sides to fit the number of spatial axes."""
    count = rank(shape)
    for name, value in fields.items():
        if isinstance(value, tuple) and not isinstance(value, Sides) and len(value) != count:
            yield Unmet(
                None,
                f"{name} has {len(value)} values but the map has {count} spatial axes",
                f"{count} values",
                f"{len(value)} values",
                f"give one value per axis ({', '.join(axis_name(i, count) for i in range(count))}) or a single number",
            )
        if isinstance(value, Sides) and any(side != 0 for side in value[2 * count :]):
            yield Unmet(
                None,
                f"{name} names sides that a {count}-D map does not have",
                f"the sides {', '.join(Sides._fields[: 2 * count])}",
                f"{', '.join(side for side, amount in zip(Sides._fields, value, strict=True) if amount != 0)}",
                "leave out the sides of axes that are not there",
            )


def needs_room(axes: tuple[Axis, ...], paddable: bool = True) -> Iterator[Unmet]:
    """Requires the (padded) map to be as large as the kernel on every axis; `paddable`: more padding is a remedy."""
    for index, axis in enumerate(axes):
        if axis.padding == "same" or compare(axis.padded, ">=", axis.reach) is None:
            continue
        before, after = axis.pads
        padded = axis.padded
        pads = f" ({text(axis.size)} + {text(before)} + {text(after)})" if before != 0 or after != 0 else ""
        name = axis_name(index, len(axes))
        dilated = f" (effective {text(axis.reach)}, dilation {text(axis.dilation)})" if axis.dilation != 1 else ""
        yield from unmet(
            padded,
            ">=",
            axis.reach,
            f"kernel {text(axis.kernel)}{dilated} exceeds the {'padded ' if pads else ''}{name} {text(padded)}{pads}",
            expected=f"a {'padded ' if pads else ''}{name} of at least {text(axis.reach)}",
            remedy=_smaller(axis, paddable),
        )


def _smaller(axis: Axis, paddable: bool) -> str:
    if type(axis.padded) is not int or type(axis.reach) is not int or type(axis.dilation) is not int:
        return "use a smaller kernel or more padding" if paddable else "use a smaller kernel"
    fits = (axis.padded - 1) // axis.dilation + 1
    smaller = f"kernel <= {fits}" if fits >= 1 else "a larger input"
    if not paddable or type(axis.size) is not int:
        # a pooling kernel must stay at least twice its padding
        tight = type(axis.pads[0]) is int and 2 * max(axis.pads) > fits
        return "use a smaller kernel and less padding" if tight else f"use {smaller}"
    return f"use {smaller} or padding >= {-(-(axis.reach - axis.size) // 2)}"
