"""Where the windows of a layer lie on a map, and what they hold: numbers of the map and of its padding."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from cnncalc.layers.window import Axis
from cnncalc.solve.convolve.exact import Number
from cnncalc.solve.convolve.kernels import Matrix
from cnncalc.solve.convolve.matrices import Volume


class Place(NamedTuple):
    """A window's position: its row and column in the output, and the input rows and columns that it reads.

    A coordinate of None lies in zero padding; with another padding mode it is the one that stands for it.
    """

    row: int
    column: int
    rows: tuple[int | None, ...]
    columns: tuple[int | None, ...]


class Grid(NamedTuple):
    """The windows of a layer on a map: how often the window moves along each axis, and what it reads."""

    vertical: Axis
    horizontal: Axis
    counts: tuple[int, int]
    mode: str = "zeros"

    def places(self) -> Iterator[Place]:
        """Row by row, left to right."""
        rows = [_taps(self.vertical, index, self.mode) for index in range(self.counts[0])]
        columns = [_taps(self.horizontal, index, self.mode) for index in range(self.counts[1])]
        for row, taps in enumerate(rows):
            for column, others in enumerate(columns):
                yield Place(row, column, taps, others)

    def padded(self, image: Volume) -> Volume:
        """The image with its padding, zeros where nothing else is said."""
        rows, columns = (_padded(axis, self.mode) for axis in (self.vertical, self.horizontal))
        return tuple(tuple(tuple(values(channel, row, columns)) for row in rows) for channel in image)

    @property
    def is_padded(self) -> bool:
        """Whether there is any padding."""
        return any(amount for axis in (self.vertical, self.horizontal) for amount in axis.pads)


def values(channel: Matrix, row: int | None, columns: tuple[int | None, ...]) -> list[Number]:
    """A row's numbers at these columns, 0 in the padding."""
    if row is None:
        return [0] * len(columns)
    line = channel[row]
    return [0 if column is None else line[column] for column in columns]


def _taps(axis: Axis, index: int, mode: str) -> tuple[int | None, ...]:
    """What a window reads; of a last partial one what lies on the padded map."""
    before, after = axis.pads
    first = index * axis.stride - before
    places = range(first, first + axis.reach, axis.dilation)
    return tuple(_source(at, axis.size, mode) for at in places if at < axis.size + after)


def _padded(axis: Axis, mode: str) -> tuple[int | None, ...]:
    before, after = axis.pads
    return tuple(_source(at, axis.size, mode) for at in range(-before, axis.size + after))


def _source(at: int, size: int, mode: str) -> int | None:
    """The position that stands at `at`, which may lie outside 0 to size - 1."""
    if 0 <= at < size:
        return at
    if mode == "replicate":
        return min(max(at, 0), size - 1)
    if mode == "circular":
        return at % size
    if mode == "reflect":
        return -at if at < 0 else 2 * (size - 1) - at
    return None
