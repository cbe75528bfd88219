"""A torch module as a Sketch: traced in training mode, where heads and dropout exist, else in prediction mode."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import torch
from torch import nn

from cnncalc.core.diagnostic import Diagnostic, SpecError
from cnncalc.core.shapes import Shape, shape_text
from cnncalc.importers.maps import Map
from cnncalc.importers.parts import valid
from cnncalc.importers.sketch import Output, Sketch
from cnncalc.importers.tidy import tidy
from cnncalc.importers.torch.measure import COUNTER, Prediction, count
from cnncalc.importers.torch.partial import regions
from cnncalc.importers.torch.rules import COMPOSITES, RULES
from cnncalc.importers.torch.trace import TraceError, device_of, dtype_of, images, trace
from cnncalc.importers.torch.translate import Module, Translator


class Reading(NamedTuple):
    """What a module is called and where it comes from."""

    name: str
    source: str


_KEEP = "--partial (partial=True) keeps the submodules around what is not understood as opaque layers"


def sketch(
    module: nn.Module,
    shapes: Sequence[Shape],
    reading: Reading,
    training: bool,
    prediction: Prediction,
    partial: bool = False,
) -> Sketch:
    """The module as traced in one mode. Raises SpecError for what is not understood, all of it.

    `partial` keeps that as opaque layers, and leaves out parameters that nothing uses.
    """
    inputs = images(shapes, device_of(module), dtype_of(module))
    try:
        traced = trace(module, inputs, training)
    except TraceError as error:
        # the run had no numbers: only what does not complain of that says that the call is wrong
        if prediction.failure and "meta" not in prediction.failure:
            given = " and ".join(shape_text(shape) for shape in shapes)
            message = f"{reading.name} cannot be run on {given}: {error}"
            remedy = "check the inputs' shapes and the callable's arguments"
        else:
            mode = "training" if training else "prediction"
            message = f"{reading.name} cannot be followed in {mode} mode: {error}"
            remedy = "torch.export must be able to trace it: no decisions that depend on a tensor's numbers"
        raise SpecError(Diagnostic(message, remedy=remedy)) from None
    translator = Translator(traced, facts(module), RULES, COMPOSITES)
    translator.run()
    used = _behind(traced, [node for _, node in traced.outputs])
    refused = {node: problem for node, problem in translator.refused.items() if node in used}
    if refused and partial:
        translator = _with_regions(translator, used, prediction)
        refused = {node: problem for node, problem in translator.refused.items() if node in used}
    outputs = _results(translator, prediction, training)
    if refused:
        *first, last = refused.values()
        raise SpecError(*first, last if partial else replace(last, remedy=_KEEP))
    if not outputs:
        raise SpecError(
            Diagnostic(f"{reading.name} returns no batch of maps or vectors", received=str(prediction.outputs))
        )
    notes = list(translator.notes)
    if prediction.failure:
        notes.append(f"the multiply-adds could not be compared with torch's count: {prediction.failure}")
    names = ("input",) if len(traced.inputs) == 1 else tuple(valid(name) for name in traced.inputs)
    sizes = dict(zip(names, translator.shapes, strict=True))
    measured = count(module, prediction)
    whole = Sketch(reading.name, reading.source, sizes, tuple(translator.steps), outputs, measured, tuple(notes))
    return _without_use(tidy(whole, translator.module.leaves), translator.module, partial)


def _without_use(sketch: Sketch, known: Module, partial: bool) -> Sketch:
    """The sketch with the names of what it does not use; partial imports leave that out of the count."""
    used = {name for step in sketch.steps for name in step.weights}
    unused = [name for name in dict.fromkeys(known.keys.values()) if name not in used and not name.endswith(COUNTER)]
    if not partial or not unused:
        return replace(sketch, unused=tuple(unused))
    params = sum(known.sizes[name] for name in unused if name in known.parameters)
    trainable = sum(known.sizes[name] for name in unused if name in known.parameters - known.frozen)
    buffers = sum(known.sizes[name] for name in unused if name not in known.parameters)
    full = sketch.measured
    measured = full._replace(
        params=(full.params or 0) - params,
        trainable=(full.trainable or 0) - trainable,
        buffers=(full.buffers or 0) - buffers,
    )
    note = f"{params:,} parameters and {buffers:,} numbers in buffers that a call does not use are left out"
    return replace(sketch, measured=measured, notes=(*sketch.notes, note))


def facts(module: nn.Module) -> Module:
    """What the translation must know of the module beyond the graph."""
    keys: dict[int, str] = {}
    names: dict[str, str] = {}
    every = [*module.named_parameters(remove_duplicate=False), *module.named_buffers(remove_duplicate=False)]
    for name, tensor in every:
        names[name] = keys.setdefault(id(tensor), name)
    parameters = {names[name] for name, _ in module.named_parameters(remove_duplicate=False)}
    frozen = {names[name] for name, one in module.named_parameters(remove_duplicate=False) if not one.requires_grad}
    places: dict[int, list[str]] = {}
    leaves = set()
    for name, one in module.named_modules(remove_duplicate=False):
        places.setdefault(id(one), []).append(name)
        if name and next(one.children(), None) is None:
            leaves.add(name)
    aliases = {name: tuple(all_) for all_ in places.values() if len(all_) > 1 for name in all_}
    sizes = {names[name]: 0 if name.endswith(COUNTER) else tensor.numel() for name, tensor in every}
    return Module(names, frozenset(parameters), frozenset(frozen), sizes, frozenset(leaves), aliases)


def _with_regions(translator: Translator, used: set[Any], prediction: Prediction) -> Translator:
    """Further walks, in which what was refused is kept as opaque layers; the last one where that cannot be.

    What comes after something unknown is looked at only once that is kept, so it takes a walk for each in a row.
    """
    reasons: dict[Any, str] = {}
    while True:
        fresh = {node for node in translator.refused if node in used} - set(reasons)
        if not fresh:
            return translator
        reasons |= {node: node.target._schema.name.partition("::")[2] for node in fresh}
        found = regions(translator.traced, translator.scope, reasons)
        if found is None:
            return translator
        calls = Counter(".".join(one.name for one in region.scope) for region in set(found.values()))
        translator = Translator(translator.traced, translator.module, RULES, COMPOSITES)
        translator.regions = found
        translator.macs = lambda path, calls=calls: prediction.inside.get(path, 0) // calls[path]  # type: ignore[misc]
        translator.run()


def _results(translator: Translator, prediction: Prediction, training: bool) -> tuple[Output, ...]:
    """The trunk's result and the heads. What a prediction does not return exists in training only."""
    found: list[Output] = []
    single = len(prediction.outputs) == 1
    for index, (name, node) in enumerate(translator.traced.outputs):
        value = translator.values.get(node)
        if not isinstance(value, Map):
            continue
        apart = training and not prediction.failure and index > 0 and (single or name not in prediction.outputs)
        translator.node = node
        found.append(Output(name or "output", translator.plain(value), apart))
    # further results in the order in which they are computed, whatever the order in which they are returned
    return (*found[:1], *sorted(found[1:], key=lambda output: output.value))


def _behind(traced: Any, nodes: list[Any]) -> set[Any]:
    """The operations that the results depend on."""
    seen: set[Any] = set()
    waiting = list(nodes)
    while waiting:
        node = waiting.pop()
        if node not in seen:
            seen.add(node)
            waiting += node.all_input_nodes
    return seen


def torch_version() -> str:
    """The version of torch, without its build."""
    return str(torch.__version__).partition("+")[0]
