"""What the simulated process handles: values, autograd nodes and gradients on their way."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from cnncalc.analysis.torch_memory.strides import Shape, Strides
from cnncalc.layers.operations import Operation, Size

if TYPE_CHECKING:
    from cnncalc.analysis.torch_memory.checkpoint import Frame

NO_GRADIENT = -1


class OverwriteError(Exception):
    """Torch refuses to train: a layer writes over what another one keeps for backward.

    `keeper` and `writer`: the two layers.
    """

    def __init__(self, keeper: int, writer: int) -> None:
        self.keeper = keeper
        self.writer = writer
        super().__init__()


class ViewOverwriteError(Exception):
    """A layer writes into a view, of whose backward the model knows nothing. `writer`: that layer."""

    def __init__(self, writer: int) -> None:
        self.writer = writer
        super().__init__()


class Value(NamedTuple):
    """A tensor that a frame names: its storage, the autograd node that made it (or NO_GRADIENT), its strides."""

    storage: int
    node: int
    strides: Strides = None
    viewed: bool = False
    """Autograd knows it as a view of another tensor."""


class Saved(NamedTuple):
    """An autograd node: where its gradients go, what it keeps, and at which layer it was made."""

    operation: Operation
    edges: tuple[int, ...]
    kept: list[int]
    """Storages; inside a checkpoint places in its frame."""
    strides: tuple[Strides, ...] | None
    """Of the operands; None where all are contiguous."""
    layer: int
    frame: Frame | None = None


class Grad:
    """A gradient on its way. `handles`: how many hold this very tensor; its storage may have further views.

    `viewed`: it is a view itself, and so holds the tensor that it views.
    """

    __slots__ = ("handles", "shape", "size", "storage", "strides", "viewed")

    def __init__(self, storage: int, strides: Strides, shape: Shape, size: Size, viewed: bool = False) -> None:
        self.storage = storage
        self.strides = strides
        self.shape = shape
        self.size = size
        self.handles = 1
        self.viewed = viewed
