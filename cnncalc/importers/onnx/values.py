"""What a value of the graph is for the translation: a map, a constant, or nothing that is known."""

from __future__ import annotations

from typing import Any, NamedTuple

from cnncalc.importers.maps import Map, NotUnderstoodError, plain
from cnncalc.importers.onnx.graph import Tensor


class Unknown(NamedTuple):
    """The result of something that was not understood, which has been reported; or that nothing gives."""


class Picked(NamedTuple):
    """Positions of a map picked one by one, on their way to a layer (see `ops.indexing`)."""

    x: Map
    axes: tuple[str, ...]
    """What each of the tensor's axes is: the batch, the channels, or places."""
    index: Any
    """[places..., terms]: which of the map's positions are added up for each place, as an array."""
    factor: Any
    """With which factors."""
    flat: bool = False
    """Whether the positions are counted through all images and channels."""


class Sequence(NamedTuple):
    """A list of maps; None is one that nothing reads."""

    maps: tuple[Map | None, ...]


Value = Map | Tensor | Picked | Sequence | Unknown

__all__ = ["Map", "NotUnderstoodError", "Picked", "Sequence", "Unknown", "Value", "plain"]
