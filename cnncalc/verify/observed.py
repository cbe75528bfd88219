"""What torch showed, in plain numbers: filled by `measure`, read by `compare`. Knows neither torch nor our figures."""

from __future__ import annotations

from dataclasses import dataclass

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
    with_gradient: int | None = None
    """How many numbers of trainable parameters have a gradient after one backward pass."""
    difference: float | None = None
    """Largest difference to the slow reference, as a part of the largest number that the layer reads or gives."""
    padding: float | None = None
    """The same for one channel of the layer's window, where the padding is `same`."""
    error: str = ""
    """Why torch could not run it."""


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
    difference: float | None = None
    """Of the result, after the whole stack, as a part of the largest number anywhere."""
    training_error: str = ""
    """Why the pass in training mode stopped."""
    reference: str = ""
    """Why there was no comparison with the slow reference, or for which layers."""
