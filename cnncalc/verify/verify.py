"""From a Spec to its Verification: expand, analyze, build in torch, run, compare, and time on request."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from cnncalc.analysis.analyze import analyze_graph
from cnncalc.analysis.result import Analysis
from cnncalc.core.diagnostic import Diagnostic, SpecError
from cnncalc.core.dims import is_symbolic
from cnncalc.graph.expand import expand
from cnncalc.graph.model import Graph
from cnncalc.spec.model import Spec
from cnncalc.spec.read import load
from cnncalc.spec.shipped import shipped_block
from cnncalc.spec.words import DTYPES, OPTIMIZERS
from cnncalc.verify.compare import checks
from cnncalc.verify.device import available_bytes, choose, describe, need_torch
from cnncalc.verify.predicted import other_release
from cnncalc.verify.result import MemoryRun, Timing, Verification

if TYPE_CHECKING:
    import torch

    from cnncalc.verify.measure import Measured, Tick
    from cnncalc.verify.observed import Observed


class TimingOptions(NamedTuple):
    """How to time: memory layouts (nchw, nhwc), number format, threads (None: torch's), torch.compile."""

    layouts: tuple[str, ...] = ("nchw",)
    dtype: str = "float32"
    threads: int | None = None
    compile: bool = False
    seconds: float = 0.2
    """At least this long for each figure."""


def verify(
    spec: Spec | str | Path,
    *,
    device: str = "auto",
    batch: int = 2,
    meta: bool = False,
    memory: bool = True,
    optimizer: str | None = None,
    timing: bool = False,
    layout: str = "nchw",
    dtype: str = "float32",
    threads: int | None = None,
    compile: bool = False,
    inputs: Mapping[str, tuple[Any, ...]] | None = None,
    variables: Mapping[str, Any] | None = None,
) -> Verification:
    """Builds a network in PyTorch, runs it and compares every figure: a Spec, a file, `zoo:alexnet` or inline notation.

    `device` is auto, cpu, cuda or mps; `meta` runs shapes without numbers (chosen by itself for what does not fit).
    With `memory`, what it holds is measured too, in a training step with `optimizer` (the spec's, else sgd).
    With `timing`, convolutions and the whole network are timed: `layout` nchw, nhwc or both, `threads` as torch has them,
    `compile` also with torch.compile. `dtype` (float32, float64, bfloat16, float16) is the number format of memory and
    times; all else runs in float32. `inputs` and `variables` replace the spec's. Torch is left as it was. Raises SpecError when the spec cannot be read, or there is no torch or device.
    """
    loaded = spec if isinstance(spec, Spec) else load(spec)
    layouts = ("nchw", "nhwc") if layout == "both" else (layout,)
    options = TimingOptions(layouts, dtype, threads, compile) if timing else None
    return verify_spec(
        loaded,
        device=device,
        batch=batch,
        meta=meta,
        memory=memory,
        optimizer=optimizer,
        dtype=dtype,
        timing=options,
        inputs=inputs,
        variables=variables,
    )


def _silent(what: str, done: int, of: int) -> None:
    pass


def verify_spec(
    spec: Spec,
    *,
    device: str = "auto",
    batch: int = 2,
    meta: bool = False,
    memory: bool = True,
    optimizer: str | None = None,
    dtype: str = "float32",
    timing: TimingOptions | None = None,
    inputs: Mapping[str, tuple[Any, ...]] | None = None,
    variables: Mapping[str, Any] | None = None,
    tick: Tick = _silent,
) -> Verification:
    """Builds the spec in torch, runs it and compares every figure; `dtype` is that of memory. Torch is left as it was.

    Raises SpecError when there is no torch, no such device or optimizer, no graph, or sizes that are not numbers.
    """
    need_torch()
    chosen = choose(device)
    # claims are not judged here
    graph = replace(expand(spec, shipped_block, inputs, variables), sites=())
    _refuse_symbols(graph)
    # of its figures memory alone depends on the number format
    analysis = analyze_graph(graph, batch, _known("number format", dtype, DTYPES), _optimizer(spec, optimizer))
    start = _start(graph, chosen, batch)
    if graph.faults:
        return replace(
            start, mode="none", reason="a shape is faulty, so there is nothing to build", faults=graph.faults
        )
    reason = "asked for" if meta else _too_large(analysis, chosen)
    if not reason:
        try:
            return _run(graph, analysis, chosen, start, memory, timing, tick)
        except MemoryError as error:
            reason = f"it did not fit: {error}"
    return _shapes_only(graph, analysis, start, reason, memory, timing, tick)


def _start(graph: Graph, device: torch.device, batch: int) -> Verification:
    import torch

    return Verification(
        name=graph.spec.name,
        file=graph.spec.file,
        device=describe(device),
        torch=str(torch.__version__),
        batch=batch,
        mode="run",
        reason="",
        checks=(),
        kinds=tuple((node.path, node.kind) for node in graph.nodes),
    )


def _run(
    graph: Graph,
    analysis: Analysis,
    device: torch.device,
    start: Verification,
    memory: bool,
    timing: TimingOptions | None,
    tick: Tick,
) -> Verification:
    from cnncalc.verify.hold import hold
    from cnncalc.verify.measure import images, measure
    from cnncalc.verify.state import untouched
    from cnncalc.verify.values import compare_padding, compare_values

    with untouched(device):
        measured = measure(graph, images(graph.inputs.values(), start.batch, device), tick, backward=not memory)
        if measured.network is not None:
            tick("comparing numbers", 0, 1)
            compare_values(graph, measured.network, measured.inputs, measured.observed)
            compare_padding(graph, measured.inputs, measured.observed)
            if memory:
                hold(graph, analysis, measured, device, tick)
    result = _compared(graph, analysis, measured, start)
    if timing is None or measured.network is None:
        return result
    try:
        return replace(result, timing=_timed(graph, measured, device, timing, tick))
    except MemoryError as error:
        return replace(result, notes=(*result.notes, f"not timed: {error}"))


def _timed(graph: Graph, measured: Measured, device: torch.device, options: TimingOptions, tick: Tick) -> Timing:
    from cnncalc.verify.state import untouched
    from cnncalc.verify.timing import time_network

    assert measured.network is not None
    with untouched(device, threads=options.threads):
        return time_network(graph, measured.network, measured.inputs, device, options, tick)


def _compared(graph: Graph, analysis: Analysis, measured: Measured, start: Verification) -> Verification:
    """The checks, and how memory was measured."""
    seen = measured.observed.memory
    memory = None
    if seen is not None:
        allocated = (seen.inference_allocated, seen.training_allocated)
        memory = MemoryRun(seen.optimizer, seen.way, *allocated, seen.settings, analysis.dtype)
    found = checks(graph, analysis, measured.observed)
    return replace(start, checks=found, notes=tuple(_notes(measured.observed, start.torch)), memory=memory)


def _shapes_only(
    graph: Graph,
    analysis: Analysis,
    start: Verification,
    reason: str,
    memory: bool,
    timing: TimingOptions | None,
    tick: Tick,
) -> Verification:
    import torch

    from cnncalc.verify.hold import hold
    from cnncalc.verify.measure import images, measure
    from cnncalc.verify.state import untouched
    from cnncalc.verify.values import compare_padding

    device = torch.device("meta")
    with untouched(device):
        measured = measure(graph, images(graph.inputs.values(), start.batch, device), tick, backward=not memory)
        compare_padding(graph, measured.inputs, measured.observed)  # small and on the CPU
        if memory and measured.network is not None:
            hold(graph, analysis, measured, device, tick)
    result = _compared(graph, analysis, measured, replace(start, device="meta", mode="meta", reason=reason))
    if timing is None:
        return result
    return replace(result, notes=(*result.notes, "nothing is timed on device meta"))


def _notes(observed: Observed, torch: str) -> Iterator[str]:
    if observed.reference:
        yield observed.reference
    if observed.memory is not None and observed.memory.reason:
        yield f"memory was counted on device meta: {observed.memory.reason}"
    if observed.memory is not None and (release := other_release(torch)):
        yield release


def _optimizer(spec: Spec, wanted: str | None) -> str:
    """The caller's optimizer, else the spec's, else sgd. Raises SpecError where there is none of that name."""
    return _known(
        "optimizer", wanted or (spec.train.optimizer if spec.train is not None else None) or "sgd", OPTIMIZERS
    )


def _known(what: str, name: str, names: Iterable[str]) -> str:
    """The name. Raises SpecError where it is none of these."""
    if name not in names:
        message = f"unknown {what} {name}"
        raise SpecError(Diagnostic(message, expected=", ".join(names), received=name, remedy="choose one of these"))
    return name


def _refuse_symbols(graph: Graph) -> None:
    """Torch runs on numbers."""
    for name, shape in graph.inputs.items():
        free = [str(dim) for dim in shape if is_symbolic(dim)]
        if free:
            sizes = "x".join(str(dim) for dim in shape)
            example = "x".join("224" if is_symbolic(dim) else str(dim) for dim in shape)
            given = example if len(graph.inputs) == 1 else f"{name}={example}"
            which = "the input" if len(graph.inputs) == 1 else f"the input {name}"
            raise _symbol_error(graph, f"{which} is {sizes}", sizes, f"give numbers: --input {given}")
    for node in graph.nodes:
        for field, value in node.layer:
            free = [str(part) for part in _parts(value) if is_symbolic(part)]
            if free:
                name = "..." if not free[0].isidentifier() else free[0]
                raise _symbol_error(
                    graph, f"{node.path}: {field} is {free[0]}", free[0], f"give it a number: --set {name}=10"
                )


def _symbol_error(graph: Graph, message: str, received: str, remedy: str) -> SpecError:
    return SpecError(
        Diagnostic(
            f"{message}, and torch runs on numbers",
            expected="numbers",
            received=received,
            remedy=remedy,
            file=graph.spec.file,
        )
    )


def _parts(value: Any) -> Iterator[Any]:
    if isinstance(value, tuple):
        for item in value:
            yield from _parts(item)
    else:
        yield value


def _too_large(analysis: Analysis, device: torch.device) -> str:
    """Why the network had better not be built for real; empty when it fits."""
    free = available_bytes(device)
    maps = sum(row.output_bytes for row in analysis.rows if type(row.output_bytes) is int)
    # parameters and their gradients; maps and, in the backward pass, as much again
    needed = 2 * maps + 2 * int(analysis.memory.parameter_bytes or 0)
    needed = needed * DTYPES["float32"] // DTYPES[analysis.dtype]
    if free is None or needed <= 0.8 * free:
        return ""
    return f"running it takes about {needed / 1e9:.1f} GB and {free / 1e9:.1f} GB are free"
