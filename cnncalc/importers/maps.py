"""A map while it is read from elsewhere: a layer's output, seen through the axes that the original's tensor has.

Shared by the readers whose tensors may be permuted or viewed (PyTorch, ONNX); knows neither.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from typing import NamedTuple

from cnncalc.core.shapes import Shape
from cnncalc.importers.sketch import Ref, Step

SUMMED = (
    "a sum over positions or channels is written as their mean times their number: the values, sizes and counts are the "
    "same, the peak can be higher"
)

STEPPED = (
    "every n-th position (a slice with a step) is written as a maxpool with kernel 1 and that stride: the values, sizes and "
    "counts are the same, the memory figures are larger"
)


class NotUnderstoodError(Exception):
    """A rule cannot word an operation or a node; the message says why."""


class Map(NamedTuple):
    """A batch of maps.

    `axes` tells for each of the tensor's axes but the batch which axis of the layer's output it is (0 the channels), so
    that permuted views (channels last) need no layer of their own; None is an axis of size 1 that only the tensor has.
    """

    ref: Ref
    axes: tuple[int | None, ...]
    stretched: bool = False
    """Expanded along axes of size 1 (`expand_as`), as a product does by itself."""


def plain(ref: Ref, rank: int) -> Map:
    """A map whose tensor has the layer's axes in their order."""
    return Map(ref, tuple(range(rank)))


def renamed(x: Map, own: Shape, shape: Shape) -> tuple[int | None, ...] | None:
    """The axes of a view of a map with sizes `own` where only axes of size 1 that no layer has come or go; else None."""
    waiting = [axis for axis in x.axes if axis is not None]
    if len(shape) < len(waiting) or prod(shape) != prod(own):
        return None
    axes: list[int | None] = []
    for place, size in enumerate(shape):
        left = len(shape) - place
        if waiting and own[waiting[0]] == size and (size != 1 or left == len(waiting)):
            axes.append(waiting.pop(0))
        elif size == 1 and left > len(waiting):
            axes.append(None)
        else:
            return None
    return None if waiting else tuple(axes)


def shuffled(x: Map, shape: Shape, steps: Sequence[Step], sizes: Callable[[Ref], Shape]) -> int:
    """The groups of a channel shuffle that ends here: as [groups, C / groups, ...], swapped, and back; else 0."""
    if x.ref < 0 or steps[x.ref].kind != "reshape" or x.axes[:2] != (1, 0):
        return 0
    if x.axes[2:] != tuple(range(2, len(x.axes))) or sizes(steps[x.ref].inputs[0]) != shape:
        return 0
    split = sizes(x.ref)
    return int(split[0]) if (split[0] * split[1], *split[2:]) == tuple(shape) else 0
