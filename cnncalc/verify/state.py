"""Leaves the user's torch as it was, whatever happens in between."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import torch


@contextmanager
def untouched(device: torch.device, *, threads: int | None = None, seed: int = 0) -> Iterator[None]:
    """A seeded torch without autocast or inference mode; afterwards everything is as before.

    Random states (of the CPU and the device), the number of threads, gradient mode, the default dtype, cuDNN's flags and
    the deterministic switch are put back. Inside, gradient mode is on and every tensor names its device and dtype.
    """
    flags = _flags()
    with ExitStack() as stack:
        stack.callback(_restore, flags)
        # torch warns of odd fields; whether they work is what the checks say
        stack.enter_context(warnings.catch_warnings())
        warnings.simplefilter("ignore")
        stack.enter_context(_random_states(device))
        stack.enter_context(torch.inference_mode(False))
        stack.enter_context(torch.enable_grad())
        for kind in {"cpu", device.type} - {"meta"}:
            # switched off, not nested: autocast inside would keep its copies until the outer one is left
            stack.callback(torch.set_autocast_enabled, kind, torch.is_autocast_enabled(kind))
            torch.set_autocast_enabled(kind, False)
        torch.use_deterministic_algorithms(False)
        if threads is not None:
            torch.set_num_threads(threads)
        _seed(device, seed)
        yield


def _seed(device: torch.device, seed: int) -> None:
    """Seeds the CPU and this device; torch.manual_seed would seed all the others too."""
    torch.random.default_generator.manual_seed(seed)
    if device.type == "cuda":
        with torch.cuda.device(device):
            torch.cuda.manual_seed(seed)
    elif device.type == "mps":
        torch.mps.manual_seed(seed)


@contextmanager
def _random_states(device: torch.device) -> Iterator[None]:
    # fork_rng knows CUDA; Apple's device has a state of its own
    places = [device] if device.type == "cuda" else []
    apple = torch.mps.get_rng_state() if device.type == "mps" else None
    with torch.random.fork_rng(devices=places):
        try:
            yield
        finally:
            if apple is not None:
                torch.mps.set_rng_state(apple)


def _flags() -> dict[str, Any]:
    return {
        "threads": torch.get_num_threads(),
        "dtype": torch.get_default_dtype(),
        "deterministic": torch.are_deterministic_algorithms_enabled(),
        "warn_only": torch.is_deterministic_algorithms_warn_only_enabled(),
        "benchmark": torch.backends.cudnn.benchmark,
        "cudnn_deterministic": torch.backends.cudnn.deterministic,
    }


def _restore(flags: dict[str, Any]) -> None:
    if torch.get_num_threads() != flags["threads"]:
        torch.set_num_threads(flags["threads"])
    torch.set_default_dtype(flags["dtype"])
    torch.use_deterministic_algorithms(flags["deterministic"], warn_only=flags["warn_only"])
    torch.backends.cudnn.benchmark = flags["benchmark"]
    torch.backends.cudnn.deterministic = flags["cudnn_deterministic"]
