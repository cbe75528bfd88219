"""Kernels that courses know by name, one channel each."""

from __future__ import annotations

from fractions import Fraction
from typing import TypeAlias

from cnncalc.solve.convolve.exact import Number

Matrix: TypeAlias = tuple[tuple[Number, ...], ...]


def _part(divisor: int, *rows: tuple[int, ...]) -> Matrix:
    return tuple(tuple(Fraction(value, divisor) for value in row) for row in rows)


_LINE = (0, 0, 0, 1, 0, 0, 0)
_EMPTY = (0,) * 7

KERNELS: dict[str, tuple[Matrix, str]] = {
    "edge": (((-1, -1, -1), (-1, 8, -1), (-1, -1, -1)), "edges in every direction; the sum is 0"),
    "sharpen": (((0, -1, 0), (-1, 5, -1), (0, -1, 0)), "sharpens; the sum is 1"),
    "gaussian": (_part(16, (1, 2, 1), (2, 4, 2), (1, 2, 1)), "blurs by a binomial weight; the sum is 1"),
    "box": (_part(9, (1, 1, 1), (1, 1, 1), (1, 1, 1)), "the mean of nine; the sum is 1"),
    "vertical": (((1, 0, -1), (1, 0, -1), (1, 0, -1)), "vertical edges, bright on the left"),
    "horizontal": (((1, 1, 1), (0, 0, 0), (-1, -1, -1)), "horizontal edges, bright above"),
    "vertical-line": ((_LINE,) * 7, "a 7x7 filter that sees vertical lines"),
    "horizontal-line": ((*(_EMPTY,) * 3, (1,) * 7, *(_EMPTY,) * 3), "a 7x7 filter that sees horizontal lines"),
    "identity": (((0, 0, 0), (0, 1, 0), (0, 0, 0)), "leaves the image as it is"),
}
"""Name -> the matrix and what it does."""
