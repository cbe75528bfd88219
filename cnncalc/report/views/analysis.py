"""An analysis as a page: what is wrong, the table of layers, totals, memory, claims, assumptions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from cnncalc.analysis.result import Analysis, Memory
from cnncalc.core.diagnostic import Diagnostic
from cnncalc.core.dims import text as dim_text
from cnncalc.core.shapes import Shape, shape_text
from cnncalc.report.doc import Block, Doc, Fact, Facts, Heading, Notice, Text, text
from cnncalc.report.views import claims
from cnncalc.report.views.layers import layer_table

Layout = Literal["chw", "hwc"]


def analysis_doc(analysis: Analysis, *, layout: Layout = "chw", expand: bool = False, limit: int = 200) -> Doc:
    """The page of one network.

    `layout` orders the axes of shapes; `expand` shows every repeat and every row, else blocks are closed where the
    table would have more than `limit` lines.
    """
    return Doc(analysis.name, tuple(_blocks(analysis, layout, expand, limit)))


def problem(diagnostic: Diagnostic) -> Notice:
    """A shape fault, or an error in a spec's text."""
    facts = (("expected", diagnostic.expected), ("received", diagnostic.received), ("remedy", diagnostic.remedy))
    words = f"{diagnostic.path}: {diagnostic.message}" if diagnostic.path else diagnostic.message
    return Notice("error", words, diagnostic.place, tuple(fact for fact in facts if fact[1]))


def _blocks(analysis: Analysis, layout: Layout, expand: bool, limit: int) -> Iterator[Block]:
    yield Heading(analysis.name, 1)
    yield _subtitle(analysis, layout)
    yield from map(problem, analysis.faults)
    if analysis.rows:
        table, legend = layer_table(analysis, layout=layout, expand=expand, limit=limit)
        yield table
        yield from legend
    yield Heading("Totals")
    yield Facts(tuple(_totals(analysis)))
    yield Heading("Memory")
    yield Facts(tuple(_memory(analysis.memory, analysis.batch)))
    yield from _claims(analysis)
    if analysis.assumptions:
        yield Heading("Assumptions")
        yield text(", ".join(analysis.assumptions))


def _subtitle(analysis: Analysis, layout: Layout) -> Text:
    alone = len(analysis.inputs) == 1
    shapes = ", ".join(_input(name, shape, layout, alone) for name, shape in analysis.inputs.items())
    source = analysis.source or analysis.file
    return text(
        "input ",
        (shapes, "strong"),
        f", batch {dim_text(analysis.batch)}, {analysis.dtype}",
        (f"; {source}" if source else "", "dim"),
    )


def _input(name: str, shape: Shape, layout: Layout, alone: bool) -> str:
    arranged = (*shape[1:], shape[0]) if layout == "hwc" else shape
    return shape_text(arranged) if alone else f"{name} {shape_text(arranged)}"


def _totals(analysis: Analysis) -> Iterator[Fact]:
    totals = analysis.totals
    yield Fact("parameters", totals.params)
    if totals.trainable_params != totals.params:
        yield Fact("trainable", totals.trainable_params)
    if totals.train_only_params != 0:
        yield Fact("train only", totals.train_only_params, note="heads and layers that prediction drops")
    if totals.buffers != 0:
        yield Fact("buffers", totals.buffers, note="running means and variances")
    yield Fact("MACs", totals.macs, note="multiply-adds of convolutions and dense layers")
    yield Fact("MACs, training", totals.training_macs, note="forward, and the gradients of weights and inputs")
    yield Fact("FLOPs, torch", totals.flops_torch, note="2 x MACs, as torch's FlopCounterMode counts")
    yield Fact("FLOPs, all", totals.flops, note="every operation: bias, norm, activation, pooling too")
    yield Fact("weight layers", totals.weight_layers, note="convolutions and dense layers on the longest path")


def _memory(memory: Memory, batch: object) -> Iterator[Fact]:
    textbook, torch = memory.textbook, memory.torch
    place = f", at {textbook.inference_at}" if textbook.inference_at else ""
    largest = f"parameters + the largest map with its inputs{place}"
    every = f"parameters + {dim_text(batch)} x (input + all counted maps)"
    yield Fact("prediction, textbook", textbook.inference_bytes, "bytes", largest)
    yield Fact("training, textbook", textbook.training_bytes, "bytes", every)
    yield Fact("with gradients", textbook.training_with_gradients_bytes, "bytes", "and a gradient for each parameter")
    yield Fact("parameters", memory.parameter_bytes, "bytes")
    yield Fact("gradients", memory.gradient_bytes, "bytes")
    yield Fact(f"optimizer, {memory.optimizer}", memory.optimizer_bytes, "bytes")
    yield from (
        Fact(key, value, "bytes", note)
        for key, value, note in (
            ("prediction, torch", torch.inference_peak_bytes, "the peak of an eager forward pass"),
            ("saved, torch", torch.saved_bytes, "what autograd keeps for backward"),
            ("training, torch", torch.training_peak_bytes, "the peak of an eager training step"),
        )
        if value is not None
    )


def _claims(analysis: Analysis) -> Iterator[Block]:
    verdict = claims.verdict(analysis.claims)
    if verdict is None:
        return
    yield Heading("Claims")
    yield verdict
    whole = claims.worth_telling(claim for claim in analysis.claims if not claim.path)
    yield from (claims.remark(claim, analysis, at="") for claim in whole)
