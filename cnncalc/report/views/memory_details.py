"""What the peaks consist of, the largest tensors that are alive then, and what would need less: asked for by --memory."""

from __future__ import annotations

from collections.abc import Iterator

from cnncalc.analysis.result import Memory, Peak, Remedy
from cnncalc.report.doc import EMPTY, Block, Cell, Column, Heading, Line, Remark, Table
from cnncalc.report.doc import text as words
from cnncalc.report.views.layers import without_empty_columns
from cnncalc.report.views.peak import chart, where


def details(memory: Memory) -> Iterator[Block]:
    """The part of the page that comes on request."""
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
        Column("training B", "bytes", 2),
        Column("prediction saves B", "bytes", 5),
        Column("prediction B", "bytes", 1),
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
    for one in remedies:
        if one.estimate:
            yield words((f"{one.what}: an estimate, {one.estimate}.", "dim"))
    yield words(("Each alone, found by analysing the changed network; what it does to accuracy is not said.", "dim"))
