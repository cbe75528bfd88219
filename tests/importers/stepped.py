"""A module run operation by operation, each value freed after its last use: for prediction, and for a training step.

The operations are torch.fx's where it can follow the module, with whole layers as operations, else torch.export's, which
also sees loops over sizes and branches. The peaks are torch's own: what its profiler sees of the run.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, fx, nn
from torch.utils._pytree import tree_leaves

from cnncalc.verify.events import record


class Peaks(NamedTuple):
    """Bytes of all tensors alive at once, parameters and buffers among them."""

    prediction: int
    training: int


def followed(module: nn.Module, inputs: tuple[Tensor, ...], training: bool) -> fx.GraphModule:
    """The module's operations, in this mode, as a graph that fx can run one by one."""
    module.train(training)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            graph = fx.symbolic_trace(module)
        except (fx.proxy.TraceError, TypeError):
            graph = torch.export.export(module, inputs, strict=False).module(check_guards=False)
    return behind_trunk(graph)


def behind_trunk(module: fx.GraphModule) -> fx.GraphModule:
    """The graph with what only other results than the first need at its end, result by result, as a spec has its heads."""
    end = next(node for node in module.graph.nodes if node.op == "output")
    results = end.all_input_nodes
    made = [node for node in results if isinstance(node.target, type)]
    # a named tuple is made by an operation of its own
    results = [*made[0].all_input_nodes, *made] if made else results
    known = needed(results[0])
    for result in results[1:]:
        own = needed(result) - known
        for node in [node for node in module.graph.nodes if node in own]:
            end.prepend(node)
        known |= own
    module.recompile()
    return module


def needed(result: fx.Node) -> set[fx.Node]:
    """The operations that a value is computed from, and its own."""
    found, waiting = set(), [result]
    while waiting:
        node = waiting.pop()
        if node not in found:
            found.add(node)
            waiting += node.all_input_nodes
    return found


def peaks(module: nn.Module, inputs: tuple[Tensor, ...]) -> Peaks:
    """Of a prediction and of a second training step with Adam: cross-entropy of vectors, the sum of maps."""
    graphs = {mode: followed(module, inputs, mode) for mode in (True, False)}
    parameters = list(module.parameters())
    optimizer = torch.optim.Adam(parameters, lr=0.0, foreach=False)

    def run(training: bool) -> list[Any]:
        module.train(training)
        return tree_leaves(fx.Interpreter(graphs[training]).run(*inputs))

    aims = [torch.zeros(len(one), dtype=torch.int64) if one.dim() == 2 else None for one in run(True)]

    def predict() -> None:
        with torch.no_grad():
            run(False)

    def step() -> None:
        optimizer.zero_grad()
        loss = total(run(True), aims)
        loss.backward()
        optimizer.step()

    step()
    optimizer.zero_grad()
    # a prediction needs nothing of heads that exist in training only
    fewer = [*graphs[False].parameters(), *graphs[False].buffers(), *inputs]
    held = [*parameters, *module.buffers(), *inputs, *(aim for aim in aims if aim is not None)]
    held += [value for state in optimizer.state.values() for value in state.values()]
    first, second = record(predict, step)
    return Peaks(first.peak(distinct(fewer)), second.peak(distinct(held)))


def total(outputs: list[Tensor], aims: Sequence[Tensor | None]) -> Tensor:
    """The sum of the losses; nothing names an output that has its loss."""
    whole: Tensor | None = None
    for aim in aims:
        output = outputs.pop(0)
        one = output.sum() if aim is None else F.cross_entropy(output, aim)
        del output
        whole = one if whole is None else whole + one
    assert whole is not None
    return whole


def distinct(tensors: Sequence[Tensor]) -> int:
    """Bytes of the tensors' storages, each counted once."""
    storages = {one.untyped_storage()._cdata: one.untyped_storage().nbytes() for one in tensors}
    return sum(storages.values())
