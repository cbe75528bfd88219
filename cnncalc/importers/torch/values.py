"""What a tensor of the exported graph is for the translation: a map, weights, drawn numbers, or nothing that is known."""

from __future__ import annotations

from typing import NamedTuple

from cnncalc.core.shapes import Shape
from cnncalc.importers.sketch import Ref


class Map(NamedTuple):
    """A batch of maps.

    `axes` tells for each of the tensor's axes but the batch which axis of the layer's output it is (0 the channels), so
    that permuted views (channels last) need no layer of their own; None is an axis of size 1 that only the tensor has.
    """

    ref: Ref
    axes: tuple[int | None, ...]
    stretched: bool = False
    """Expanded along axes of size 1 (`expand_as`), as a product does by itself."""


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


def plain(ref: Ref, rank: int) -> Map:
    """A map whose tensor has the layer's axes in their order."""
    return Map(ref, tuple(range(rank)))
