"""The model's figures next to what torch holds on the CPU (cnncalc.verify measures)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cnncalc.analysis.torch_memory.model import Training, figures, memory_model
from cnncalc.graph.expand import expand
from cnncalc.graph.model import Graph
from cnncalc.spec.read import load
from cnncalc.spec.shipped import shipped_block
from cnncalc.spec.words import DTYPES

ROOT = Path(__file__).parents[2]


def graph(spec: Any) -> Graph:
    """The unrolled network of a file or an inline notation."""
    return expand(load(spec), shipped_block)


def observed(network: Graph, batch: int, training: Training, dtype: str = "float32", threads: int = 1) -> Any:
    """What torch showed of its memory (cnncalc.verify.observed.MemorySeen); skips where torch is not installed."""
    torch = pytest.importorskip("torch")
    from cnncalc.verify.measure import images
    from cnncalc.verify.memory import observe
    from cnncalc.verify.state import untouched
    from cnncalc.verify.training import Setup

    setup = Setup(
        training.optimizer,
        training.weight_decay,
        training.foreach,
        training.zeroed,
        training.accumulate,
        training.autocast,
    )
    with untouched(torch.device("cpu"), threads=threads):
        inputs = images(network.inputs.values(), batch, torch.device("cpu"))
        return observe(network, tuple(one.to(getattr(torch, dtype)) for one in inputs), setup).memory


def both(
    network: Graph, batch: int, optimizer: str = "sgd", dtype: str = "float32", **options: Any
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """(saved, prediction peak, training peak): predicted and measured, in bytes. `options` are those of Training.

    Raises ValueError where torch does not train the network.
    """
    training = Training(optimizer, **options)
    mine = figures(memory_model(network, DTYPES[dtype], batch, training), batch)
    # a second thread only waits on little maps; with one, some convolutions of volumes run in another kernel
    seen = observed(network, batch, training, dtype, threads=2 if mine.estimate else 1)
    if seen.reasons:
        raise ValueError(next(iter(seen.reasons.values())))
    predicted = (mine.saved_bytes, mine.inference_peak_bytes, mine.training_peak_bytes)
    return predicted, (seen.saved, seen.inference_peak, seen.training_peak)
