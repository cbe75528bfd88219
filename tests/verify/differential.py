"""One random spec against torch: every figure of a valid one, and of a faulty one that torch refuses the same layer."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import NamedTuple

import torch

from cnncalc.analysis.analyze import analyze_graph
from cnncalc.core.source import Source
from cnncalc.graph.expand import expand
from cnncalc.graph.model import Graph
from cnncalc.spec.load import load_source
from cnncalc.spec.shipped import shipped_block
from cnncalc.verify.build import BuildError, grow
from cnncalc.verify.compare import checks, held
from cnncalc.verify.measure import images, measure
from cnncalc.verify.memory import observe
from cnncalc.verify.state import untouched
from cnncalc.verify.training import stated
from cnncalc.verify.values import compare_values

CPU = torch.device("cpu")

STRICTER: tuple[tuple[str, str, str], ...] = (
    (
        "dense",
        "dense takes a vector but is fed the map",
        "Linear would work along the last axis; a spec must say which is meant",
    ),
    ("slice", "is empty", "an empty map is never meant"),
    (
        "(max|avg|lp)pool",
        "is more than half the pooling kernel",
        "torch's own rule, which a pad before the pooling evades",
    ),
    ("maxpool", "a window reads padding alone", "its maximum is minus infinity, and torch's backward writes outside"),
    ("conv.*", "the connection table has .* rows for", "filters would be ignored"),
    (
        "conv.*",
        "a connection table and groups exclude|do not divide into .* groups",
        "with a table, groups would be ignored",
    ),
    ("transposed_conv", "padding same fixes the output", "output_padding would be ignored"),
    ("transposed_conv", "of the result would be 0", "an empty map is never meant"),
)
"""(kind, message, why): what we refuse although torch, asked in the twin's way, does not."""


class Outcome(NamedTuple):
    """What became of a spec: valid or faulty, and where torch disagrees."""

    valid: bool
    problems: tuple[str, ...]
    layers: int
    stricter: str = ""
    estimate: str = ""
    """Why what we say of memory is no more than an estimate."""


def graph_of(text: str) -> Graph:
    """The unrolled network."""
    return replace(expand(load_source(Source("drawn", text), "drawn", shipped_block), shipped_block), sites=())


def compare(text: str, values: bool = False) -> Outcome:
    """Runs a spec in torch and lists every disagreement; with `values` the numbers are compared too."""
    graph = graph_of(text)
    with untouched(CPU, threads=1):  # on little maps a second thread only waits
        return _faulty(graph) if graph.faults else _valid(graph, values)


def _valid(graph: Graph, values: bool) -> Outcome:
    measured = measure(graph, images(graph.inputs.values(), 2, CPU))
    if values and measured.network is not None:
        compare_values(graph, measured.network, measured.inputs, measured.observed)
    found = checks(graph, analyze_graph(graph, 2, "float32", "sgd"), measured.observed)
    # a window of a dilated maximum may lie in the padding alone, which gives minus infinity: no matter of shapes
    problems = tuple(str(check) for check in found if check.status == "mismatch" and check.what != "finite")
    return Outcome(True, problems, len(graph.nodes))


def hold(
    text: str, batch: int, optimizer: str, device: torch.device = CPU, dtype: str = "float32", threads: int = 2
) -> Outcome:
    """Runs a spec in torch and lists every disagreement about memory."""
    graph = graph_of(text)
    if graph.faults or not graph.nodes:
        return Outcome(not graph.faults, (), len(graph.nodes))
    analysis = analyze_graph(graph, batch, dtype, optimizer)
    mine = analysis.memory.torch
    setup = stated(graph.spec, optimizer)
    # with one thread torch takes another kernel for 1x1 convolutions, which lays volumes out otherwise
    with untouched(device, threads=threads):
        inputs = tuple([one.to(getattr(torch, dtype)) for one in images(graph.inputs.values(), batch, device)])
        try:
            seen = observe(graph, inputs, setup)
        except BuildError as error:
            known = mine.reason or excused(str(error), batch, mine.estimate)
            return Outcome(True, () if known else (str(error),), len(graph.nodes), estimate=mine.estimate)
    checks = [*held(graph, analysis, seen)]
    problems = [str(check) for check in checks if check.status == "mismatch"]
    assert seen.memory is not None
    refused = set(seen.memory.reasons.values())
    if mine.reason.startswith("torch refuses to train it"):
        if not refused:
            problems.append(f"torch trains it: {mine.reason}")
    elif device.type == "cpu" and not mine.reason:
        problems += [why for why in refused if not excused(why, batch, mine.estimate)]
    return Outcome(True, tuple(problems), len(graph.nodes), estimate=mine.estimate or mine.reason)


EXCUSES = (
    ("ran on a copy of its input", "our own group norm's, see verify/twins/norm.py"),
    ("all elements of input should be between 0 and 1", "an output that was drawn is no probability"),
    ("grad_input must be contiguous", "torch's nll of maps that lie channels last has no backward"),
)
"""Why torch need not run or show what we give a figure for."""


def excused(why: str, batch: int, estimate: str) -> bool:
    """Whether torch need not run or show this."""
    if "not implemented for" in why:
        return "torch does not run" in estimate
    return alone(why, batch) or any(words in why for words, _ in EXCUSES)


def alone(why: str, batch: int) -> bool:
    """Whether one image has no batch statistics."""
    return batch == 1 and ("more than 1 value" in why or "more than 1 spatial element" in why)


def _faulty(graph: Graph) -> Outcome:
    first = next(node.index for node in graph.nodes for fault in graph.faults if fault.path == node.path)
    fault = next(fault for fault in graph.faults if fault.path == graph.nodes[first].path)
    kind = graph.nodes[first].kind
    with torch.no_grad():
        try:
            for index, _, _ in grow(graph, images(graph.inputs.values(), 2, CPU)):
                if index == first:
                    break
        except BuildError as error:
            if error.index == first:
                return Outcome(False, (), len(graph.nodes))
            return Outcome(
                False, (f"torch refuses {graph.nodes[error.index].path} and we do not: {error}",), len(graph.nodes)
            )
    for stricter, message, _ in STRICTER:
        if re.fullmatch(stricter, kind) and re.search(message, fault.message):
            return Outcome(False, (), len(graph.nodes), f"{stricter}: {message}")
    return Outcome(False, (f"we refuse {kind} and torch does not: {fault.message}",), len(graph.nodes))
