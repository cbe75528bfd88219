"""What a value of the graph is for the translation: a map, a constant, or nothing that is known."""

from __future__ import annotations

from typing import NamedTuple

from cnncalc.importers.maps import Map, plain
from cnncalc.importers.onnx.graph import Tensor


class NotUnderstoodError(Exception):
    """A rule cannot word a node; the message says why."""


class Unknown(NamedTuple):
    """The result of something that was not understood, which has been reported; or that nothing gives."""


Value = Map | Tensor | Unknown

__all__ = ["Map", "NotUnderstoodError", "Unknown", "Value", "plain"]
