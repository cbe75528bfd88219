"""Memory of a run on CUDA, by the counters of torch's caching allocator: what was asked of it, and what it gave out.

Both contain the work spaces of cuDNN and cuBLAS, which are no tensors of the network. What is given out is whole blocks
of 512 B, and of a large block up to 1 MiB may be left unused.
Source: torch 2.13, torch.cuda.memory_stats and c10/cuda/CUDACachingAllocator.cpp.
"""

from __future__ import annotations

import gc
from collections.abc import Callable
from typing import Any, NamedTuple

import torch


class Counted(NamedTuple):
    """The most bytes besides those before the run."""

    requested: int
    allocated: int
    """In whole blocks."""


def silent() -> str:
    """Why the allocator does not say what is asked of it; empty where it does."""
    backend = torch.cuda.get_allocator_backend()
    return "" if backend == "native" else f"torch's allocator {backend} does not count what is asked of it"


def count(run: Callable[[], Any], device: torch.device) -> Counted:
    """Counts one run. Whoever asks has run it before: at the first time libraries take work spaces that they keep."""
    gc.collect()  # garbage that went in the middle of the run would be taken for room
    torch.cuda.synchronize(device)
    torch.cuda.reset_peak_memory_stats(device)
    before = torch.cuda.memory_stats(device)
    run()
    torch.cuda.synchronize(device)
    after = torch.cuda.memory_stats(device)
    return Counted(*(_more(what, before, after) for what in ("requested_bytes", "allocated_bytes")))


def _more(what: str, before: dict[str, Any], after: dict[str, Any]) -> int:
    return int(after[f"{what}.all.peak"] - before[f"{what}.all.current"])
