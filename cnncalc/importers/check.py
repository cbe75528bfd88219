"""The spec against the original: every figure that the importer measured must be the spec's."""

from __future__ import annotations

from cnncalc.analysis.analyze import analyze_spec
from cnncalc.analysis.result import Analysis
from cnncalc.core.diagnostic import Diagnostic, SpecError
from cnncalc.core.shapes import shape_text
from cnncalc.importers.sketch import Sketch
from cnncalc.spec.model import Spec


class DifferenceError(SpecError):
    """The spec has another size or another figure than the original."""


def check(sketch: Sketch, spec: Spec) -> Analysis:
    """The analysis of a sketch's flat spec. Raises DifferenceError, naming the layers, where it differs from the original."""
    analysis = analyze_spec(spec)
    problems = [*_shapes(sketch, analysis), *_totals(sketch, analysis)]
    if problems:
        raise DifferenceError(*problems)
    return analysis


def _shapes(sketch: Sketch, analysis: Analysis) -> list[Diagnostic]:
    """Faults, and maps of another size than was measured."""
    if analysis.faults:
        return [
            Diagnostic(f"{sketch.name}: the imported layer is faulty: {one.message}", one.code, one.path)
            for one in analysis.faults
        ]
    # the only layers within a layer are those that carry its inputs into a highway
    within = (".transform.identity1", ".gate.identity1")
    rows = [row for row in analysis.rows if row.is_activation_of is None and not row.path.endswith(within)]
    found = []
    for step, row in zip(sketch.steps, rows, strict=True):
        if row.output != step.shape:
            message = f"the spec gives {step.kind} another size than the module has"
            found.append(
                Diagnostic(message, path=step.origin, expected=shape_text(step.shape), received=shape_text(row.output))
            )
    return found


def _totals(sketch: Sketch, analysis: Analysis) -> list[Diagnostic]:
    wanted, totals = sketch.measured, analysis.totals
    found = []
    for what, one, other in (
        ("parameters", wanted.params, totals.params),
        ("trainable parameters", wanted.trainable, totals.trainable_params),
        ("numbers in buffers", wanted.buffers, totals.buffers),
        ("multiply-adds (MACs) of one image", wanted.macs, totals.macs),
    ):
        if one is not None and one != other:
            message = f"{sketch.name} has {one:,} {what}, the imported spec {other:,}"
            idle = ", ".join(sketch.unused[:5]) + (f" and {len(sketch.unused) - 5} more" if sketch.unused[5:] else "")
            remedy = (
                f"a call does not use {idle}: remove what is not used" if sketch.unused and "MACs" not in what else ""
            )
            found.append(Diagnostic(message, remedy=remedy))
    return found


def equal(one: Analysis, other: Analysis) -> bool:
    """Whether two analyses tell the same of every layer, names apart."""
    if (one.totals, one.memory.textbook.inference_bytes, one.memory.textbook.training_bytes) != (
        other.totals,
        other.memory.textbook.inference_bytes,
        other.memory.textbook.training_bytes,
    ):
        return False
    first, second = one.memory.torch, other.memory.torch
    peaks = (first.inference_peak_bytes, first.saved_bytes, first.training_peak_bytes)
    if peaks != (second.inference_peak_bytes, second.saved_bytes, second.training_peak_bytes):
        return False
    rows = [
        [
            (row.kind, row.output, row.params, row.buffers, row.macs, row.flops, row.train_only)
            for row in each.rows
            if row.kind != "identity"
        ]
        for each in (one, other)
    ]
    return rows[0] == rows[1]
