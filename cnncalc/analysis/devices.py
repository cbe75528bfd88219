"""Does it fit on a device: the tensors' peak rounded as CUDA's caching allocator rounds, plus named allowances.

An estimate, and labelled as one: the tensor peak is that of the CPU's kernels; the rounding is the allocator's rule (each
storage to a multiple of 512 bytes; torch's CUDA notes on memory management); what cuDNN, cuBLAS and the CUDA context take
is not modelled but allowed for, and the user can set it. Fragmentation is left out.
"""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files
from json import loads
from typing import NamedTuple

from cnncalc.analysis.torch_memory.model import MemoryModel
from cnncalc.core.diagnostic import did_you_mean
from cnncalc.spec.quantity import parse_quantity

BLOCK = 512
"""Bytes that the caching allocator rounds to."""
MIB = 2**20


class Device(NamedTuple):
    """A GPU: memory in bytes (nominal), bandwidth in GB/s, dense float32 TFLOP/s, and where the numbers come from."""

    name: str
    memory: int
    bandwidth: float | None = None
    float32: float | None = None
    source: str = ""


class Allowances(NamedTuple):
    """Bytes taken by what the model does not follow."""

    context: int = 512 * MIB
    """The CUDA context and the libraries' kernels; varies with driver and device, so measure it where it matters."""
    workspace: int = 256 * MIB
    """cuDNN's and cuBLAS' workspaces."""


class Fit(NamedTuple):
    """Whether a training step and a prediction fit, and how many images would. Bytes; an estimate."""

    device: Device
    training_bytes: int
    inference_bytes: int
    training_fits: bool
    inference_fits: bool
    largest_training_batch: int
    largest_inference_batch: int
    allowances: Allowances


def rounded(bytes_: int) -> int:
    """A storage as the caching allocator rounds it.

    >>> rounded(1), rounded(512), rounded(513), rounded(0)
    (512, 512, 1024, 0)
    """
    return -(-bytes_ // BLOCK) * BLOCK


@lru_cache(maxsize=None)
def devices() -> dict[str, Device]:
    """The known devices by key."""
    table = loads(files("cnncalc.analysis").joinpath("devices.json").read_text(encoding="utf-8"))
    return {
        key: Device(
            one["name"],
            int(one["memory_gib"]) * 2**30,
            one["bandwidth_gb_per_s"],
            one["float32_tflops"],
            one["source"],
        )
        for key, one in table.items()
    }


def device(text: str) -> Device:
    """A device by its key (`a100-40gb`), or any amount of memory (`24 GiB`). Raises ValueError for neither.

    >>> device("24 GiB").memory
    25769803776
    """
    known = devices().get(text.lower())
    if known is not None:
        return known
    quantity = parse_quantity(text)
    if quantity is None or not quantity.bytes:
        raise ValueError(f"unknown device {text}; {did_you_mean(text, devices())}")
    return Device(text, int(quantity.value))


def fit(model: MemoryModel, batch: int, where: Device, allowances: Allowances | None = None) -> Fit:
    """Whether it fits, and the largest batches that do, by search on the model."""
    extra = allowances or Allowances()
    room = where.memory - sum(extra)
    training = model.training.peak(batch, rounded)
    inference = model.prediction.peak(batch, rounded)
    return Fit(
        where,
        training + sum(extra),
        inference + sum(extra),
        training <= room,
        inference <= room,
        model.largest_batch(room, rounded),
        model.largest_batch(room, rounded, training=False),
        extra,
    )
