"""What a tensor of the exported graph is for the translation: a map, weights, drawn numbers, or nothing that is known."""

from __future__ import annotations

from typing import NamedTuple

from cnncalc.core.shapes import Shape
from cnncalc.importers.maps import Map


class Weight(NamedTuple):
    """A parameter or buffer, or a view of one; `made` when it was computed from them."""

    names: tuple[str, ...]
    shape: Shape
    made: bool = False


class Noise(NamedTuple):
    """Numbers drawn for this call: a dropout mask in the making. `kept` is the share of ones, when it is known."""

    shape: Shape
    kept: float | None = None


class Unknown(NamedTuple):
    """The result of something that was not understood, which has been reported."""


Value = Map | Weight | Noise | Unknown | tuple  # type: ignore[type-arg]
