"""What a tensor of the exported graph is for the translation: a map, weights, drawn numbers, or nothing that is known."""

from __future__ import annotations

from typing import NamedTuple

from cnncalc.core.shapes import Shape
from cnncalc.importers.maps import Map
from cnncalc.importers.sketch import Ref


class Weight(NamedTuple):
    """A parameter or buffer, or a view of one; `made` when it was computed from them."""

    names: tuple[str, ...]
    shape: Shape
    made: bool = False


class Noise(NamedTuple):
    """Numbers drawn for this call: a dropout mask in the making. `kept` is the share of ones, when it is known."""

    shape: Shape
    kept: float | None = None


class Piece(NamedTuple):
    """A part of an axis that a view cut into several."""

    axis: int
    """Of the layer's output, 0 the channels."""
    place: int
    """Which part of it, outermost first."""
    size: int


class Split(NamedTuple):
    """A map seen through more axes than a layer may have: parts of its axes, None for those of size 1."""

    ref: Ref
    pieces: tuple[Piece | None, ...]


class Unknown(NamedTuple):
    """The result of something that was not understood, which has been reported."""


Value = Map | Split | Weight | Noise | Unknown | tuple  # type: ignore[type-arg]
