"""An analysis as a page: what is wrong, the table of layers, totals, memory, claims, assumptions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from cnncalc.analysis.result import Analysis
from cnncalc.core.diagnostic import Diagnostic
from cnncalc.core.dims import text as dim_text
from cnncalc.core.shapes import Shape, shape_text
from cnncalc.report.doc import Block, Doc, Fact, Facts, Heading, Notice, Text, text
from cnncalc.report.views import claims
from cnncalc.report.views.layers import layer_table
from cnncalc.report.views.memory import memory_blocks

Layout = Literal["chw", "hwc"]


def analysis_doc(
    analysis: Analysis, *, layout: Layout = "chw", expand: bool = False, limit: int = 200, memory: bool = False
) -> Doc:
    """The page of one network.

    `layout` orders the axes of shapes; `expand` shows every repeat and every row, else blocks are closed where the
    table would have more than `limit` lines; `memory` shows what the peaks consist of and what would need less.
    """
    return Doc(analysis.name, tuple(_blocks(analysis, layout, expand, limit, memory)))


def problem(diagnostic: Diagnostic) -> Notice:
    """A shape fault, or an error in a spec's text."""
    facts = (("expected", diagnostic.expected), ("received", diagnostic.received), ("remedy", diagnostic.remedy))
    words = f"{diagnostic.path}: {diagnostic.message}" if diagnostic.path else diagnostic.message
    return Notice("error", words, diagnostic.place, tuple(fact for fact in facts if fact[1]))


def _blocks(analysis: Analysis, layout: Layout, expand: bool, limit: int, memory: bool) -> Iterator[Block]:
    yield Heading(analysis.name, 1)
    yield _subtitle(analysis, layout)
    yield from map(problem, analysis.faults)
    if analysis.rows:
        table, legend = layer_table(analysis, layout=layout, expand=expand, limit=limit)
        yield table
        yield from legend
    yield Heading("Totals")
    yield Facts(tuple(_totals(analysis)))
    yield from memory_blocks(analysis, memory)
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


def _claims(analysis: Analysis) -> Iterator[Block]:
    verdict = claims.verdict(analysis.claims)
    if verdict is None:
        return
    yield Heading("Claims")
    yield verdict
    whole = claims.worth_telling(claim for claim in analysis.claims if not claim.path)
    yield from (claims.remark(claim, analysis, at="") for claim in whole)
