"""What torch showed, in plain numbers: filled by `measure`, read by `compare`. Knows neither torch nor our figures."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

TOLERANCE = 1e-6
"""Largest difference to the reference that counts as equal; both compute in float64."""


@dataclass(slots=True)
class Seen:
    """One layer as it ran. None: not measured."""

    output: tuple[int, ...] | None = None
    """Channels first, without the batch."""
    batch: int | None = None
    params: int | None = None
    trainable: int | None = None
    buffers: int | None = None
    """Running statistics without their step counter."""
    macs: int | None = None
    finite: bool | None = None
    saved: int | None = None
    """Bytes that autograd keeps for the backward pass and no earlier layer made it keep."""
    with_gradient: int | None = None
    """How many numbers of trainable parameters have a gradient after one backward pass."""
    difference: float | None = None
    """Largest difference to the slow reference, as a part of the largest number that the layer reads or gives."""
    padding: float | None = None
    """The same for one channel of the layer's window, where the padding is `same`."""
    error: str = ""
    """Why torch could not run it."""


@dataclass(slots=True)
class MemorySeen:
    """What the whole network held, in bytes. None: not measured."""

    optimizer: str
    way: Literal["", "events", "ledger", "counter"] = ""
    """How the peaks were measured: allocation events (CPU), a ledger of tensors (device meta), counters (CUDA)."""
    saved: int | None = None
    inference_peak: int | None = None
    training_peak: int | None = None
    inference_allocated: int | None = None
    """The peak as the allocator sees it, with the scratch of kernels; on CUDA in whole blocks."""
    training_allocated: int | None = None
    reason: str = ""
    """Why a network that otherwise ran was counted on device meta."""
    foreach: bool = False
    """Whether the optimizer updated all parameters at once."""
    settings: str = ""
    """How it was trained, in words."""
    reasons: dict[str, str] = field(default_factory=dict)
    """Figure -> why it could not be measured."""

    def refuse(self, reason: str, *figures: str) -> None:
        """These cannot be measured; the first reason counts."""
        for figure in figures:
            self.reasons.setdefault(figure, reason)


@dataclass(slots=True)
class Observed:
    """A network as it ran."""

    layers: list[Seen]
    params: int | None = None
    trainable: int | None = None
    train_only: int | None = None
    buffers: int | None = None
    macs: int | None = None
    output: tuple[int, ...] | None = None
    finite: bool | None = None
    memory: MemorySeen | None = None
    """None: nobody asked."""
    difference: float | None = None
    """Of the result, after the whole stack, as a part of the largest number anywhere."""
    trained: bool = False
    """Whether a backward pass ran through everything, or was tried."""
    training_error: str = ""
    """Why the pass in training mode stopped."""
    reference: str = ""
    """Why there was no comparison with the slow reference, or for which layers."""
