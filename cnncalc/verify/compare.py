"""Predicted against measured: the only place that sees both sides. Free of torch."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cnncalc.analysis.result import Analysis, Row
from cnncalc.core.shapes import Shape
from cnncalc.graph.model import Graph
from cnncalc.verify.observed import TOLERANCE, MemorySeen, Observed, Seen
from cnncalc.verify.predicted import predicted
from cnncalc.verify.result import Check, Status

_UNCOUNTED = "torch's FlopCounterMode does not count this kind"
ESTIMATE = "predicted as an estimate"
_META = "device meta holds no numbers"
_CUDA = "predicted for the CPU's kernels and without the work spaces of CUDA's libraries, which torch counts"


def checks(graph: Graph, analysis: Analysis, observed: Observed) -> tuple[Check, ...]:
    """Every check: per layer in execution order, then the totals (with an empty path)."""
    pairs = zip(analysis.rows, observed.layers, strict=True)
    layers = [check for row, seen in pairs for check in _layer(analysis, row, seen, observed)]
    return (*layers, *_totals(analysis, graph.shape(graph.result), observed), *held(graph, analysis, observed))


def held(graph: Graph, analysis: Analysis, observed: Observed) -> Iterator[Check]:
    """Memory: what each layer saves, then what the whole network holds; nothing where it was not measured."""
    seen = observed.memory
    if seen is None:
        return
    for row, layer in zip(analysis.rows, observed.layers, strict=True):
        yield _bytes(row.path, "saved_bytes", row.saved_bytes, layer.saved, seen, doubt=analysis.memory.torch.estimate)
    yield from _memory(graph, analysis, seen)


def _layer(analysis: Analysis, row: Row, seen: Seen, observed: Observed) -> Iterator[Check]:
    if seen.error:
        yield Check(row.path, "output", row.output, None, "mismatch", f"torch refuses it: {seen.error}")
        return
    reached = seen.output is not None
    before = "" if reached else "a layer before it could not be built"
    yield _shape(row, seen, analysis.batch, before)
    yield _equal(row.path, "params", row.params, seen.params, before)
    yield _equal(row.path, "buffers", row.buffers, seen.buffers, before)
    if not reached:
        return
    yield _macs(row, seen)
    if row.params:
        yield _gradients(row, seen, observed)
    yield _finite(row.path, seen.finite)
    if seen.padding is not None:
        yield _close(row.path, "padding", seen.padding, "one channel of the window against the slow reference")
    if seen.difference is not None:
        yield _close(row.path, "values", seen.difference, "against the slow reference")


def _shape(row: Row, seen: Seen, batch: Any, before: str) -> Check:
    measured: Any = seen.output
    if seen.output is not None and seen.batch != batch:
        return Check(row.path, "output", row.output, measured, "mismatch", f"the batch became {seen.batch}")
    return _equal(row.path, "output", row.output, measured, before)


def _macs(row: Row, seen: Seen) -> Check:
    if not row.macs and not seen.macs:
        return Check(row.path, "macs", row.macs, None, "unmeasured", _UNCOUNTED)
    return _equal(row.path, "macs", row.macs, seen.macs)


def _gradients(row: Row, seen: Seen, observed: Observed) -> Check:
    if observed.training_error:
        return Check(row.path, "gradients", row.trainable_params, None, "unmeasured", "the training pass stopped")
    return _equal(row.path, "gradients", row.trainable_params, seen.with_gradient)


def _finite(path: str, finite: bool | None) -> Check:
    return Check(
        path,
        "finite",
        True,
        finite,
        "unmeasured" if finite is None else "ok" if finite else "mismatch",
        _META if finite is None else "",
    )


def _close(path: str, what: str, difference: float, note: str) -> Check:
    # written so that a NaN is a mismatch
    status: Status = "ok" if difference <= TOLERANCE else "mismatch"
    return Check(path, what, 0.0, difference, status, f"{note}; at most {TOLERANCE:g}")


def _equal(path: str, what: str, predicted: Any, measured: Any, note: str = "") -> Check:
    if measured is None:
        return Check(path, what, predicted, None, "unmeasured", note)
    return Check(path, what, predicted, measured, "ok" if predicted == measured else "mismatch", note)


def _totals(analysis: Analysis, result: Shape | None, observed: Observed) -> Iterator[Check]:
    totals = analysis.totals
    yield _equal("", "output", result, observed.output)
    yield _equal("", "params", totals.params, observed.params)
    yield _equal("", "trainable_params", totals.trainable_params, observed.trainable)
    if totals.train_only_params or observed.train_only:
        yield _equal("", "train_only_params", totals.train_only_params, observed.train_only)
    yield _equal("", "buffers", totals.buffers, observed.buffers)
    yield _equal("", "macs", totals.macs, observed.macs)
    if observed.output is not None:
        yield _finite("", observed.finite)
        yield _training(analysis, observed)
    if observed.difference is not None:
        yield _close(
            "", "values", observed.difference, "the whole stack against the slow reference, which runs it by itself"
        )


def _training(analysis: Analysis, observed: Observed) -> Check:
    """One backward pass through everything."""
    if not observed.training_error:
        with_gradient = sum(seen.with_gradient or 0 for seen in observed.layers)
        return _equal("", "gradients", analysis.totals.trainable_params, with_gradient)
    alone = analysis.batch == 1 and "more than 1 value" in observed.training_error
    remedy = "; a batch of one image has no batch statistics, use --batch 2" if alone else ""
    status: Status = "unmeasured" if alone else "mismatch"
    return Check(
        "",
        "gradients",
        analysis.totals.trainable_params,
        None,
        status,
        f"torch refuses to train it: {observed.training_error}{remedy}",
    )


def _memory(graph: Graph, analysis: Analysis, seen: MemorySeen) -> Iterator[Check]:
    """What the whole network holds: exactly, to the byte."""
    mine = predicted(graph, analysis, seen)
    measured = {
        "saved_bytes": seen.saved,
        "inference_peak_bytes": seen.inference_peak,
        "training_peak_bytes": seen.training_peak,
    }
    for what, value in measured.items():
        shown = None if what in seen.reasons else value
        doubt = analysis.memory.torch.estimate
        yield _bytes("", what, mine.figures[what], shown, seen, mine.notes.get(what, ""), doubt)


def _bytes(
    path: str, what: str, mine: Any, measured: int | None, seen: MemorySeen, note: str = "", doubt: str = ""
) -> Check:
    if measured is None:
        return Check(path, what, mine, None, "unmeasured", seen.reasons.get(what, "not measured"))
    if mine is None:
        return Check(path, what, None, measured, "unmeasured", note or "the model has no figure for this network")
    if seen.way == "counter" and measured != mine:
        return Check(path, what, mine, measured, "unmeasured", f"{_CUDA}: {measured - mine:+,} B")
    if doubt and measured != mine:
        return Check(path, what, mine, measured, "unmeasured", f"{ESTIMATE}, {measured - mine:+,} B off: {doubt}")
    return _equal(path, what, mine, measured, note)
