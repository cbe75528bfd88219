"""Memory on the page of an analysis: the figures side by side, where the peaks are, the device, and on request the rest.

On request (`detail`) come what the peaks consist of, the largest tensors alive then, and what would need less.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import NamedTuple

from cnncalc.analysis.result import Analysis, DeviceMemory, Figure, Memory, Peak, Remedy
from cnncalc.core.dims import Dim
from cnncalc.core.dims import text as dim_text
from cnncalc.report import figures
from cnncalc.report.doc import (
    EMPTY,
    Block,
    Cell,
    Chart,
    Column,
    Fact,
    Facts,
    Heading,
    Line,
    Remark,
    Stretch,
    Style,
    Table,
)
from cnncalc.report.doc import text as words
from cnncalc.report.views.layers import without_empty_columns

FIGURES = (
    Column("figure", "text", 9),
    Column("prediction B", "bytes", 8),
    Column("MB", "megabytes", 2),
    Column("MiB", "mebibytes", 4),
    Column("training B", "bytes", 8),
    Column("MB", "megabytes", 3),
    Column("MiB", "mebibytes", 5),
)
_TOLD = 0.005
"""Parts below half a per cent are not worth a word in a sentence."""
_PHASES = {
    "start": "before the first layer",
    "forward": "in the forward pass",
    "loss": "in the loss",
    "backward": "in the backward pass",
    "optimizer": "in the optimizer's step",
}


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
        yield from _details(memory)


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
        yield _said("torch peak, prediction", _summary(torch.inference_peak))
        yield _said("torch peak, training", _summary(torch.training_peak))
    if torch.estimate:
        yield _said("torch, estimate", torch.estimate)
    if device is not None:
        yield _said("device, estimate", _device_rule(device))
        if device.memory_bytes is not None:
            yield from _verdicts(device)


def _said(key: str, sentence: str) -> Fact:
    return Fact(key, sentence, "text")


def where(peak: Peak) -> str:
    """The moment of a peak: `in the backward pass at conv1`."""
    return f"{_PHASES[peak.phase]} at {peak.path}" if peak.path else _PHASES[peak.phase]


def _summary(peak: Peak) -> str:
    """Where the peak is and what it consists of, the largest part first."""
    parts = sorted(peak.parts.items(), key=lambda part: -part[1])
    told = [f"{100 * bytes_ / peak.bytes:.0f} % {part}" for part, bytes_ in parts if bytes_ >= _TOLD * peak.bytes]
    return f"{where(peak)}: {', '.join(told)}"


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


# -- over time -----------------------------------------------------------------------------------------------------


def chart(title: str, peak: Peak) -> Chart:
    """The memory in every turn of a layer, by phase."""
    stretches = []
    for phase, turns in groupby(peak.timeline, key=lambda turn: turn[0]):
        stretches.append(Stretch(phase, tuple([bytes_ for _, _, bytes_ in turns])))
    return Chart(title, tuple(stretches))


# -- the details ---------------------------------------------------------------------------------------------------


def _details(memory: Memory) -> Iterator[Block]:
    prediction, training = memory.torch.inference_peak, memory.torch.training_peak
    if prediction is None or training is None:
        reason = memory.torch.reason or "it depends on the batch (--batch 32)"
        yield Remark("unknown", words(f"what the peaks consist of is unknown: {reason}"))
        return
    yield Heading("What the peaks consist of")
    yield _parts(prediction, training)
    for title, peak in (("training step", training), ("prediction", prediction)):
        yield Heading(f"Largest tensors at the peak of a {title}, {where(peak)}")
        yield _tensors(peak)
    yield chart("memory over a prediction", prediction)
    if memory.remedies is not None:
        yield Heading("What would need less")
        yield from _remedies(memory.remedies)


def _parts(prediction: Peak, training: Peak) -> Table:
    columns = (
        Column("part", "text", 9),
        Column("prediction B", "bytes", 8),
        Column("%", "percent", 6),
        Column("training B", "bytes", 8),
        Column("%", "percent", 6),
    )
    lines = [
        Line((Cell(part), *_share(prediction.parts[part], prediction), *_share(training.parts[part], training)))
        for part in training.parts
    ]
    total = Line((Cell("peak", "strong"), *_share(prediction.bytes, prediction), *_share(training.bytes, training)))
    return Table(columns, tuple(lines), total)


def _share(bytes_: int, peak: Peak) -> tuple[Cell, Cell]:
    return Cell(bytes_, "plain" if bytes_ else "dim"), Cell(bytes_ / peak.bytes, "dim") if bytes_ else EMPTY


def _tensors(peak: Peak) -> Table:
    columns = (
        Column("layer", "text", 9),
        Column("tensor", "text", 6),
        Column("part", "text", 5),
        Column("B", "bytes", 8),
        Column("MiB", "mebibytes", 4),
        Column("%", "percent", 3),
    )
    lines = [
        Line(
            (
                Cell(one.path),
                Cell(one.what, "dim"),
                Cell(one.part, "dim"),
                Cell(one.bytes),
                Cell(one.bytes, "dim"),
                share,
            )
        )
        for one in peak.largest
        for share in [Cell(one.bytes / peak.bytes, "dim")]
    ]
    return Table(columns, tuple(lines))


def _remedies(remedies: tuple[Remedy, ...]) -> Iterator[Block]:
    if not remedies:
        yield words("none of the usual changes lowers a peak")
        return
    columns = (
        Column("change", "text", 9),
        Column("training saves B", "bytes", 8),
        Column("training B", "bytes", 6),
        Column("prediction saves B", "bytes", 5),
        Column("prediction B", "bytes", 2),
        Column("MACs, training", "count", 3),
        Column("largest batch", "count", 7),
    )
    lines = [
        Line(
            (
                Cell(one.what),
                Cell(one.training_saved_bytes),
                Cell(one.training_bytes, "dim"),
                Cell(one.inference_saved_bytes),
                Cell(one.inference_bytes, "dim"),
                Cell(one.training_macs, "dim"),
                EMPTY if one.largest_training_batch is None else Cell(one.largest_training_batch),
            )
        )
        for one in remedies
    ]
    yield without_empty_columns(Table(columns, tuple(lines)))
    yield words(("Each alone, found by analysing the changed network; what it does to accuracy is not said.", "dim"))
