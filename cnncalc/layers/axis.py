"""Naming an axis: channels, height, width, ... or last."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from cnncalc.core.shapes import AXES as SPATIAL
from cnncalc.core.shapes import Shape, rank, shape_text
from cnncalc.layers.base import Unmet
from cnncalc.layers.fields import OneOf

AXIS_NAMES = ("channels", "depth", "height", "width", "length", "last")
AxisName = Annotated[str, OneOf(*AXIS_NAMES)]


def axis_index(name: str, spatial: int) -> int | None:
    """The position of the axis in a shape with that many spatial axes; None when it has no such axis.

    >>> axis_index("width", 2), axis_index("last", 0), axis_index("depth", 2)
    (2, 0, None)
    """
    if name == "channels":
        return 0
    if name == "last":
        return spatial
    names = SPATIAL[spatial]
    return names.index(name) + 1 if name in names else None


def needs_axis(shape: Shape, name: str) -> Iterator[Unmet]:
    """Requires the shape to have the named axis."""
    if axis_index(name, rank(shape)) is None:
        known = ", ".join(("channels", *SPATIAL[rank(shape)]))
        yield Unmet(None, f"{shape_text(shape)} has no axis {name}", f"one of {known}", name, f"its axes are {known}")
