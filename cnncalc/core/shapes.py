"""Shapes: channels first, without the batch axis. A map is (C, H, W), a signal (C, L), a volume (C, D, H, W), a vector (n,)."""

from __future__ import annotations

import re
from typing import TypeAlias

from cnncalc.core.digits import whole
from cnncalc.core.dims import Dim, prod, text

Shape: TypeAlias = tuple[Dim, ...]

AXES: dict[int, tuple[str, ...]] = {
    0: (),
    1: ("length",),
    2: ("height", "width"),
    3: ("depth", "height", "width"),
}


_ATOM = re.compile(r"\w+|(?:ceil|floor)\((?:[^()]|\([^()]*\))*\)")


def rank(shape: Shape) -> int:
    """The number of spatial axes: 0 for a vector, 2 for an image."""
    return len(shape) - 1


def elements(shape: Shape) -> Dim:
    """How many numbers one image's map holds.

    >>> elements((96, 55, 55))
    290400
    """
    return prod(shape)


def read_sizes(written: str) -> list[int | str]:
    """The parts of `3x224xW`: whole numbers as ints, everything else as text.

    >>> read_sizes("3x224xW")
    [3, 224, 'W']
    """
    parts: list[int | str] = []
    for part in written.replace(" ", "").split("x"):
        number = whole(part)
        parts.append(part if number is None else number)
    return parts


def shape_text(shape: Shape | None) -> str:
    """`96x55x55`; symbolic axes with an operator in them are put in brackets.

    >>> shape_text((96, 55, 55))
    '96x55x55'
    """
    if shape is None:
        return "unknown"
    return "x".join(_axis(dim) for dim in shape)


def _axis(dim: Dim) -> str:
    shown = text(dim)
    return shown if _ATOM.fullmatch(shown) else f"({shown})"


def axis_name(index: int, spatial_rank: int) -> str:
    """The name of spatial axis `index` (from 0) of a map with that many spatial axes.

    >>> axis_name(0, 2)
    'height'
    """
    return AXES[spatial_rank][index]
