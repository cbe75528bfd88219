"""The result of a verification: frozen values, ready to be reported. Free of torch, computes nothing but sums."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from cnncalc.core.diagnostic import Diagnostic

Status = Literal["ok", "mismatch", "unmeasured"]


class Check(NamedTuple):
    """One figure, as predicted and as torch showed it. `path` is empty for the whole network.

    `what` is output, params, trainable_params, train_only_params, buffers, macs, gradients (numbers of trainable
    parameters that get one), finite, values (largest relative difference to the slow reference), padding (the same for
    one channel of the window), saved_bytes (what autograd keeps), inference_peak_bytes or training_peak_bytes.
    """

    path: str
    what: str
    predicted: Any
    measured: Any
    status: Status
    note: str = ""


class Spread(NamedTuple):
    """A time in seconds over several runs."""

    median: float
    minimum: float
    iqr: float
    runs: int


class ConvTiming(NamedTuple):
    """One convolution alone, on the input that it had in the network. Rates are in operations (2 per multiply-add) per second."""

    path: str
    kind: str
    output: tuple[int, ...]
    flops: int
    """Of the forward pass, for the whole batch, as torch counts."""
    backward_flops: int
    bytes: int
    """Input, weights and output, once each."""
    forward: Spread
    backward: Spread
    share: float | None
    """Of the whole network's time, measured inside it."""
    same_as: str | None = None
    """An equal convolution that was timed in its stead."""

    @property
    def rate(self) -> float:
        """Operations per second at the minimum, when nothing else disturbed the machine."""
        return self.flops / self.forward.minimum

    @property
    def backward_rate(self) -> float:
        """Operations per second of the backward pass at the minimum."""
        return self.backward_flops / self.backward.minimum

    @property
    def intensity(self) -> float:
        """Operations per byte that must move at least."""
        return self.flops / self.bytes


class Run(NamedTuple):
    """Everything that was timed in one memory layout."""

    layout: str
    layers: tuple[ConvTiming, ...]
    core_forward: Spread
    core_backward: Spread
    network_forward: Spread
    network_backward: Spread | None
    compiled: Spread | None


@dataclass(frozen=True, slots=True)
class Timing:
    """Times, and the machine's limits measured in the same run."""

    runs: tuple[Run, ...]
    dtype: str
    threads: int
    matmul: float
    """Operations per second of a large matrix product."""
    matmul_text: str
    bandwidth: float
    """Bytes per second of a large copy, read and written."""
    settings: tuple[str, ...]
    """TF32, cudnn.benchmark and the like."""
    notes: tuple[str, ...]

    @property
    def ceiling(self) -> float:
        """The better of the matrix product and the best convolution."""
        return max([self.matmul, *(layer.rate for run in self.runs for layer in run.layers)])

    @property
    def ceiling_text(self) -> str:
        """What set the ceiling."""
        best = max((layer for run in self.runs for layer in run.layers), key=lambda layer: layer.rate, default=None)
        return self.matmul_text if best is None or best.rate <= self.matmul else f"the convolution {best.path}"

    def bound(self, layer: ConvTiming) -> str:
        """Whether arithmetic or memory limits a convolution on this machine (the roofline's two sides)."""
        return "compute" if layer.intensity * self.bandwidth >= self.ceiling else "memory"


class MemoryRun(NamedTuple):
    """How memory was measured, and what the allocator itself had out at most: kernels' scratch included, or (on CUDA) in whole blocks."""

    optimizer: str
    way: str
    """events: allocation events on a CPU; ledger: tensors counted on device meta; counter: CUDA's own; empty: not at all."""
    inference_allocated_bytes: int | None = None
    training_allocated_bytes: int | None = None
    settings: str = ""
    """The optimizer and what is unusual about the training, in words."""
    dtype: str = "float32"
    """The number format of parameters and maps."""


@dataclass(frozen=True, slots=True)
class Verification:
    """Every check of one network."""

    name: str
    file: str
    device: str
    torch: str
    batch: int
    mode: Literal["run", "meta", "none"]
    """run: real numbers; meta: shapes only; none: a shape is faulty and nothing was built."""
    reason: str
    """Why the mode is not `run`."""
    checks: tuple[Check, ...]
    kinds: tuple[tuple[str, str], ...] = ()
    """Path and kind of every layer, in execution order."""
    faults: tuple[Diagnostic, ...] = ()
    notes: tuple[str, ...] = ()
    timing: Timing | None = None
    memory: MemoryRun | None = None
    """None: nobody asked."""

    @property
    def mismatches(self) -> tuple[Check, ...]:
        """What torch refuted."""
        return tuple(check for check in self.checks if check.status == "mismatch")

    @property
    def confirmed(self) -> int:
        """How many checks torch confirmed."""
        return sum(check.status == "ok" for check in self.checks)

    @property
    def unmeasured(self) -> int:
        """How many figures torch could not show."""
        return sum(check.status == "unmeasured" for check in self.checks)

    @property
    def exit_code(self) -> int:
        """1 on a mismatch or a shape fault, else 0."""
        return 1 if self.mismatches or self.faults else 0
