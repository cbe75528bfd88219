"""Memory on the page of an analysis: the figures side by side, where the peaks are, the device, and on request the rest.

On request (`detail`) come what the peaks consist of, the largest tensors alive then, and what would need less.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from cnncalc.analysis.result import Analysis, DeviceMemory, Figure, Memory
from cnncalc.core.dims import Dim
from cnncalc.core.dims import text as dim_text
from cnncalc.report import figures
from cnncalc.report.doc import (
    EMPTY,
    Block,
    Cell,
    Column,
    Fact,
    Facts,
    Heading,
    Line,
    Style,
    Table,
)
from cnncalc.report.views.layers import without_empty_columns
from cnncalc.report.views.peak import chart, summary

FIGURES = (
    Column("figure", "text", 9),
    Column("prediction B", "bytes", 8),
    Column("MB", "megabytes", 2),
    Column("MiB", "mebibytes", 4),
    Column("training B", "bytes", 8),
    Column("MB", "megabytes", 3),
    Column("MiB", "mebibytes", 5),
)


class _Row(NamedTuple):
    """One kind of figure; an empty text where prediction has none."""

    name: str
    prediction: Figure | str
    training: Figure
    style: Style = "plain"


def memory_blocks(analysis: Analysis, detail: bool = False) -> Iterator[Block]:
    """The part of the page that is about memory."""
    memory = analysis.memory
    rows = list(_rows(analysis))
    yield Heading("Memory")
    if all(type(value) is int or not value for row in rows for value in (row.prediction, row.training)):
        yield without_empty_columns(Table(FIGURES, tuple(map(_line, rows))))
    else:  # formulas have no room side by side
        yield Facts(tuple(_one_by_one(rows)))
    yield Facts(tuple(_explanations(memory, analysis.batch)))
    peak = memory.torch.training_peak
    if peak is not None:
        yield chart("memory over a training step", peak)
    if detail:
        from cnncalc.report.views.memory_details import details

        yield from details(memory)


# -- the figures ---------------------------------------------------------------------------------------------------


def _rows(analysis: Analysis) -> Iterator[_Row]:
    memory, totals = analysis.memory, analysis.totals
    textbook, torch, device = memory.textbook, memory.torch, memory.device
    yield _Row("textbook", textbook.inference_bytes, textbook.training_bytes)
    yield _Row("  with gradients", "", textbook.training_with_gradients_bytes)
    if torch.training_peak_bytes is not None:
        yield _Row("torch saved", "", torch.saved_bytes)
        yield _Row("torch peak", torch.inference_peak_bytes, torch.training_peak_bytes, "strong")
    if device is not None:
        yield _Row("device, estimate", device.inference_bytes, device.training_bytes)
    # layers that exist in training alone bring parameters that prediction does not have
    yield _Row("parameters", memory.parameter_bytes if totals.train_only_params == 0 else "", memory.parameter_bytes)
    yield _Row("gradients", "", memory.gradient_bytes)
    yield _Row(f"optimizer, {memory.optimizer}", "", memory.optimizer_bytes)


def _line(row: _Row) -> Line:
    cells = [Cell(row.name, row.style)]
    for value in (row.prediction, row.training):
        unit = Cell(value, "dim") if type(value) is int and value else EMPTY
        cells += [Cell(value, row.style), unit, unit]
    return Line(tuple(cells))


def _one_by_one(rows: list[_Row]) -> Iterator[Fact]:
    for name, prediction, training, _ in rows:
        if prediction != "" and prediction != training:
            yield Fact(f"{name.strip()}, prediction", prediction, "bytes")
            yield Fact(f"{name.strip()}, training", training, "bytes")
        else:
            yield Fact(name.strip(), training, "bytes")


def _explanations(memory: Memory, batch: Dim) -> Iterator[Fact]:
    textbook, torch, device = memory.textbook, memory.torch, memory.device
    place = f", at {textbook.inference_at}" if textbook.inference_at else ""
    yield _said("textbook, prediction", f"parameters + the largest map with its inputs{place}")
    yield _said("textbook, training", f"parameters + {dim_text(batch)} x (input + all counted maps)")
    if torch.training_peak_bytes is None:
        yield _said("torch", f"unknown: {torch.reason}" if torch.reason else "unknown")
    if torch.inference_peak is not None and torch.training_peak is not None:
        yield _said("torch peak, prediction", summary(torch.inference_peak))
        yield _said("torch peak, training", summary(torch.training_peak))
    if memory.conditions:
        yield _said("training, as stated", "; ".join(memory.conditions))
    if torch.estimate:
        yield _said("torch, estimate", torch.estimate)
    if device is not None:
        yield _said("device, estimate", _device_rule(device))
        if device.unknown:
            yield _said("target", f"{device.unknown}; so nothing is said of what fits")
        if device.memory_bytes is not None:
            yield from _verdicts(device)


def _said(key: str, sentence: str) -> Fact:
    return Fact(key, sentence, "text")


def _device_rule(device: DeviceMemory) -> str:
    return (
        "what CUDA would take, not measured: the torch peak, each tensor in blocks of 512 B, "
        f"{figures.in_unit(device.context_bytes)} for the context and {figures.in_unit(device.workspace_bytes)} for workspaces"
    )


def _verdicts(device: DeviceMemory) -> Iterator[Fact]:
    """Whether it fits, and how many images would."""
    where = f"{device.name} ({device.memory_bytes:,} B)"
    yield _said("fits, training", _fits(where, device.training_fits, device.largest_training_batch, device.train_batch))
    yield _said("fits, prediction", _fits(where, device.inference_fits, device.largest_inference_batch, None))


def _fits(where: str, fits: bool | None, largest: int | None, stated: int | None) -> str:
    most = f"the largest batch is {largest:,}" if largest else "not even one image does"
    said = f"{'yes, into' if fits else 'no, not into'} {where}; {most}"
    if stated is None or largest is None:
        return said
    return f"{said}; train.batch {stated:,} {'fits' if stated <= largest else 'does not fit'}"
