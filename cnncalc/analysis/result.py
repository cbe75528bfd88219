"""The result of an analysis: frozen values, ready to be read, reported and compared. Computes nothing.

A figure is an int, a sympy expression (symbolic sizes) or None (unknown). Bytes are bytes; every figure but a shape is
for `Analysis.batch` images.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any, NamedTuple

from cnncalc.core.diagnostic import Diagnostic
from cnncalc.core.dims import Dim
from cnncalc.core.shapes import Shape
from cnncalc.core.source import Span
from cnncalc.graph.model import Group as Group

Figure = Dim | None


class ReceptiveField(NamedTuple):
    """What one unit sees of the network's input, per input axis.

    `size` is the longest path's extent in input pixels, unclipped; `min_size` the shortest path's. Unit i of the map
    sees the input from `start + i * jump` on (0 is the first pixel, a negative start lies in the padding). After
    flatten, dense or global pooling size is the whole input, jump and start are 0.
    """

    size: tuple[Dim, ...]
    min_size: tuple[Dim, ...]
    jump: tuple[Dim | Fraction, ...]
    start: tuple[Dim | Fraction, ...]


class Row(NamedTuple):
    """One layer. Counts are for the whole batch; `output` is one image's shape, channels first."""

    name: str
    path: str
    kind: str
    inputs: tuple[str, ...]
    output: Shape | None
    params: Figure
    trainable_params: Figure
    buffers: Figure
    macs: Figure
    flops_torch: Figure
    flops: Figure
    output_bytes: Figure
    saved_bytes: Figure
    receptive_field: ReceptiveField | None
    train_only: bool
    shared_with: str | None
    is_activation_of: str | None
    span: Span


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums over the network. `params`, `buffers` and `training_macs` include train_only layers; the others do not."""

    params: Figure
    trainable_params: Figure
    train_only_params: Figure
    buffers: Figure
    macs: Figure
    training_macs: Figure
    flops_torch: Figure
    flops: Figure
    weight_layers: int


@dataclass(frozen=True, slots=True)
class Textbook:
    """The memory rule that courses teach, in bytes (see analysis.memory)."""

    inference_bytes: Figure
    training_bytes: Figure
    training_with_gradients_bytes: Figure
    inference_at: str | None
    """The path of the layer at which the prediction figure is reached."""


class LiveTensor(NamedTuple):
    """A tensor that is alive at a peak: the layer it belongs to (empty: none), what it is, what it is for, its bytes."""

    path: str
    what: str
    part: str
    bytes: int


class Peak(NamedTuple):
    """The worst moment of a prediction or of a training step."""

    bytes: int
    phase: str
    """start, forward, loss, backward or optimizer."""
    path: str
    """The layer at work; empty in the loss and in the optimizer."""
    parts: dict[str, int]
    """Bytes by purpose: parameters, buffers, inputs, optimizer, gradients, saved activations, transients."""
    largest: tuple[LiveTensor, ...]
    """The ten largest tensors that are alive then."""
    timeline: tuple[tuple[str, str, int], ...]
    """Per turn of a layer: phase, path, the most bytes alive in it."""


@dataclass(frozen=True, slots=True)
class TorchMemory:
    """What eager PyTorch holds, in bytes at tensor level (see analysis.torch_memory). None: unknown, never a guess."""

    inference_peak_bytes: Figure = None
    saved_bytes: Figure = None
    training_peak_bytes: Figure = None
    inference_peak: Peak | None = None
    """None where the batch is a symbol."""
    training_peak: Peak | None = None
    reason: str = ""
    """Why the figures are unknown."""
    estimate: str = ""
    """What is not measured, where the figures are an estimate; empty: exact."""


@dataclass(frozen=True, slots=True)
class DeviceMemory:
    """What a CUDA device would need, in bytes, and whether it has that: an estimate (see analysis.fit)."""

    inference_bytes: Figure
    training_bytes: Figure
    context_bytes: int
    """Of these, what is allowed for the CUDA context."""
    workspace_bytes: int
    """Of these, what is allowed for cuDNN and cuBLAS."""
    name: str = ""
    """The device, or the amount of memory; empty: none was named, and what follows is unknown."""
    memory_bytes: int | None = None
    inference_fits: bool | None = None
    training_fits: bool | None = None
    largest_inference_batch: int | None = None
    largest_training_batch: int | None = None
    train_batch: int | None = None
    """The spec's `train.batch`; it fits if it is no larger than the largest training batch."""
    unknown: str = ""
    """Why the spec's target is neither a device nor an amount of memory; empty: it is one, or there is none."""


class Remedy(NamedTuple):
    """A change, and what the changed network needs; found by running the model on it. Bytes at tensor level."""

    key: str
    what: str
    inference_bytes: int
    inference_saved_bytes: int
    training_bytes: int
    training_saved_bytes: int
    training_macs: Figure
    """What a training step of the changed network computes."""
    largest_training_batch: int | None = None
    """What the device would then hold; None where no device was named, and for a smaller batch."""
    estimate: str = ""
    """What is not measured, where the changed network's figures are an estimate; empty: exact."""


@dataclass(frozen=True, slots=True)
class Memory:
    """The memory figures, in bytes, side by side and never mixed."""

    textbook: Textbook
    torch: TorchMemory
    parameter_bytes: Figure
    gradient_bytes: Figure
    optimizer_bytes: Figure
    optimizer: str
    device: DeviceMemory | None = None
    """None where the torch figures are no numbers."""
    remedies: tuple[Remedy, ...] | None = None
    """The changes that help, those that save most in training first; None: not asked for."""
    conditions: tuple[str, ...] = ()
    """How the training step differs from torch's defaults, in words."""


@dataclass(frozen=True, slots=True)
class ClaimResult:
    """An `expect` and its verdict: True, False or None (undecided). `finding` is False for errata that (rightly) do not
    hold and for claims that are false only because an earlier one is.
    """

    path: str
    what: str
    stated: str
    computed: Any
    holds: bool | None
    erratum: str | None
    follows: str | None
    finding: bool
    span: Span


@dataclass(frozen=True, slots=True)
class Analysis:
    """Everything that cnncalc knows about a network at one batch size and dtype."""

    name: str
    source: str
    file: str
    batch: Dim
    dtype: str
    inputs: dict[str, Shape]
    totals: Totals
    memory: Memory
    rows: tuple[Row, ...]
    groups: tuple[Group, ...]
    claims: tuple[ClaimResult, ...]
    assumptions: tuple[str, ...]
    faults: tuple[Diagnostic, ...]

    @property
    def exit_code(self) -> int:
        """1 when a shape is faulty, a claim is false or an erratum holds; else 0."""
        return 1 if self.faults or any(claim.finding for claim in self.claims) else 0

    def row(self, path: str) -> Row:
        """The row of that path; KeyError names the path."""
        for row in self.rows:
            if row.path == path:
                return row
        raise KeyError(path)
