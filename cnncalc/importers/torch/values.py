"""What a tensor of the exported graph is for the translation: a map, weights, drawn numbers, or nothing that is known."""

from __future__ import annotations

from math import prod
from typing import Any, NamedTuple

import torch

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


def sizes_of(node: Any) -> Shape:
    """The sizes of an operation's (first) result with the batch; none where it gives no tensor."""
    value = node.meta.get("val")
    if isinstance(value, list | tuple):
        value = value[0] if value else None
    return tuple(int(size) for size in value.shape) if isinstance(value, torch.Tensor) else ()


def computed(node: Any, inputs: list[Any]) -> Weight:
    """Something made of weights alone: a view of one, or a computed one."""
    names = tuple(dict.fromkeys(name for value in inputs for name in value.names))
    shape = sizes_of(node)
    view = len(inputs) == 1 and not inputs[0].made and prod(shape) == prod(inputs[0].shape) and _moves(node)
    return Weight(names, shape, made=not view)


_VIEWS = frozenset(
    {"view", "reshape", "unsqueeze", "squeeze", "flatten", "expand", "alias", "detach", "contiguous", "to"}
)


def _moves(node: Any) -> bool:
    return node.target._schema.name.partition("::")[2] in _VIEWS
