"""The model's figures next to what torch allocates on the CPU (tools/memory_truth.py measures)."""

from __future__ import annotations

import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from cnncalc.analysis.torch_memory.model import Training, figures, memory_model
from cnncalc.graph.expand import expand
from cnncalc.graph.model import Graph
from cnncalc.spec.read import load
from cnncalc.spec.shipped import shipped_block

ROOT = Path(__file__).parents[2]


def measuring() -> ModuleType:
    """The measuring script; skips where torch is not installed."""
    pytest.importorskip("torch")
    known = sys.modules.get("memory_truth")
    if known is not None:
        return known
    found = spec_from_file_location("memory_truth", ROOT / "tools" / "memory_truth.py")
    assert found is not None
    assert found.loader is not None
    module = module_from_spec(found)
    sys.modules["memory_truth"] = module
    found.loader.exec_module(module)
    return module


def graph(spec: Any) -> Graph:
    """The unrolled network of a file or an inline notation."""
    return expand(load(spec), shipped_block)


def both(network: Graph, batch: int, optimizer: str = "sgd", **options: Any) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """(saved, prediction peak, training peak): predicted and measured, in bytes."""
    decay, foreach, keep = (options.get(name, 0) for name in ("weight_decay", "foreach", "keep"))
    model = memory_model(network, 4, batch, Training(optimizer, decay, bool(foreach), bool(keep)))
    mine = figures(model, batch)
    seen = measuring().measure(network, batch, optimizer, **options)
    predicted = (mine.saved_bytes, mine.inference_peak_bytes, mine.training_peak_bytes)
    return predicted, (seen.saved, seen.prediction_peak, seen.training_peak)
