"""What our model says of memory, for the way in which it was measured. Free of torch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from cnncalc.analysis.result import Analysis, Figure
from cnncalc.analysis.torch_memory.model import MemoryModel, memory_model, stated
from cnncalc.graph.model import Graph
from cnncalc.spec.words import DTYPES
from cnncalc.verify.observed import MemorySeen

SAVED, INFERENCE, TRAINING = "saved_bytes", "inference_peak_bytes", "training_peak_bytes"

RELEASE = "2.13"
"""The torch whose tensors the model follows."""


class Predicted(NamedTuple):
    """Bytes by figure (None: the model has no answer), and what has to be said about them."""

    figures: Mapping[str, Figure]
    notes: Mapping[str, str]


def predicted(graph: Graph, analysis: Analysis, seen: MemorySeen) -> Predicted:
    """The three figures of the whole network."""
    mine = analysis.memory.torch
    figures = {SAVED: mine.saved_bytes, INFERENCE: mine.inference_peak_bytes, TRAINING: mine.training_peak_bytes}
    if mine.reason:
        return Predicted(figures, dict.fromkeys(figures, f"no prediction: {mine.reason}"))
    if seen.way == "ledger":
        watched = _model(graph, analysis, seen, apart=True).training.peak(int(analysis.batch))
        note = f"watched on device meta, torch adds no gradients in place; when it really runs it is {mine.training_peak_bytes:,} B"
        notes = {TRAINING: note} if watched != mine.training_peak_bytes else {}
        return Predicted({**figures, TRAINING: watched}, notes)
    if seen.way == "counter":
        model = _model(graph, analysis, seen, apart=False)
        figures[INFERENCE] = model.prediction.peak(int(analysis.batch))
        figures[TRAINING] = model.training.peak(int(analysis.batch))
    return Predicted(figures, {})


def _model(graph: Graph, analysis: Analysis, seen: MemorySeen, apart: bool) -> MemoryModel:
    how = stated(graph.spec, seen.optimizer)._replace(apart=apart, foreach=seen.foreach, hosted=seen.way == "counter")
    return memory_model(graph, DTYPES[analysis.dtype], analysis.batch, how)


def other_release(torch: str) -> str:
    """What has to be said of a torch that the model does not follow; empty for the one it follows."""
    if torch.split(".")[:2] == RELEASE.split("."):
        return ""
    return f"the rules of memory were measured with torch {RELEASE}; torch {torch.split('+')[0]} may hold other tensors"
