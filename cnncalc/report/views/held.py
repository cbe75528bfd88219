"""What PyTorch held in memory, as a table of predicted and measured bytes."""

from __future__ import annotations

from collections.abc import Iterator

from cnncalc.report.doc import EMPTY, Block, Cell, Column, Heading, Line, Remark, Style, Table, text
from cnncalc.verify.result import Check, MemoryRun, Verification

FIGURES = {
    "saved_bytes": "saved for backward",
    "inference_peak_bytes": "peak of a prediction",
    "training_peak_bytes": "peak of a training step",
}
_COLUMNS = (
    Column("", "text", 9),
    Column("predicted B", "count", 8),
    Column("measured B", "count", 8),
    Column("", "text", 7),
)
_WORDS: dict[str, tuple[str, Style]] = {
    "ok": ("equal", "good"),
    "mismatch": ("differs", "bad"),
    "unmeasured": ("not confirmed", "dim"),
}
_WAYS = {
    "events": "Tensors, from the profiler's allocation events",
    "ledger": "Tensors, counted on device meta",
    "counter": "What was asked of CUDA's allocator, work spaces of its libraries included",
    "": "Not measured",
}


def held_blocks(result: Verification) -> Iterator[Block]:
    """The three figures of the whole network; nothing where memory was not asked for."""
    run = result.memory
    checks = _whole(result)
    if run is None or not checks:
        return
    yield Heading("Memory that PyTorch holds")
    yield Table(_COLUMNS, (*(_line(check) for check in checks), *_scratch(run)))
    yield text((_told(run, result.batch), "dim"))
    notes = {check.note: None for check in checks if check.note}
    yield from (Remark("aside", text(note)) for note in notes)


def whole_memory(result: Verification) -> Cell:
    """The three figures of the whole network in one word; nothing where memory was not asked for."""
    checks = _whole(result)
    if not checks:
        return EMPTY
    if any(check.status == "mismatch" for check in checks):
        return Cell("differs", "bad")
    equal = sum(check.status == "ok" for check in checks)
    return Cell("equal", "good") if equal == len(checks) else Cell(f"{equal} of {len(checks)} equal", "dim")


def unconfirmed(result: Verification) -> Iterator[str]:
    """The figures of the whole network that torch could not show, each with the reason."""
    for check in _whole(result):
        if check.status == "unmeasured":
            yield f"{FIGURES[check.what]}: not confirmed: {check.note}"


def _whole(result: Verification) -> list[Check]:
    return [check for check in result.checks if not check.path and check.what in FIGURES]


def _line(check: Check) -> Line:
    word, style = _WORDS[check.status]
    return Line((Cell(FIGURES[check.what]), _bytes(check.predicted), _bytes(check.measured), Cell(word, style)))


def _bytes(value: object) -> Cell:
    return EMPTY if value is None else Cell(value)


def _scratch(run: MemoryRun) -> Iterator[Line]:
    """What the allocator had out, kernels' scratch included: nobody predicts it."""
    how = "in the allocator's blocks" if run.way == "counter" else "with kernels' scratch"
    allocated = (run.inference_allocated_bytes, run.training_allocated_bytes)
    for what, value in zip(("prediction", "training step"), allocated, strict=True):
        if value is not None:
            yield Line((Cell(f"  {what} {how}", "dim"), EMPTY, Cell(value, "dim"), Cell("told", "dim")))


def _told(run: MemoryRun, batch: int) -> str:
    words = f"{_WAYS[run.way]}; batch {batch}, {run.dtype}, the second training step: {run.settings or run.optimizer}."
    there = run.way == "events" and run.training_allocated_bytes is not None
    scratch = " Scratch is what one kernel makes and frees by itself." if there else ""
    return words + scratch
