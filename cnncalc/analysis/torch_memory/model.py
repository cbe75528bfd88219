"""The model of one graph: its traces, and every figure read off them at a batch.

The figures hold for the CPU's kernels in torch 2.13 with one process and no other users of the memory; wrapped Python
numbers (8 bytes each, for an instant) are left out. Known not to be exact: after a permutation (permute, layer norm over
channels, dense along an axis) and with one image per batch, whether a convolution's weight gradient is laid out channels
last, and then copied, depends on the kernel that torch picks by size and thread count; the error is one such gradient.
"""

from __future__ import annotations

from collections.abc import Callable
from heapq import nsmallest
from typing import Any, NamedTuple

from cnncalc.analysis.result import LiveTensor, Peak, TorchMemory
from cnncalc.analysis.torch_memory.network import Programs, Simulation
from cnncalc.analysis.torch_memory.optimizers import state, update
from cnncalc.analysis.torch_memory.trace import Trace
from cnncalc.core.dims import Dim, is_symbolic, maximum, total
from cnncalc.graph.model import Graph
from cnncalc.spec.model import Spec, Stack

PARTS = ("parameters", "buffers", "inputs", "optimizer", "gradients", "saved activations", "transients")
"""What memory is for. Inputs include the targets; transients are everything that neither stays nor is saved."""
LARGEST = 10


class Training(NamedTuple):
    """How the network is trained."""

    optimizer: str = "sgd"
    weight_decay: float = 0
    foreach: bool = False
    zeroed: bool = False
    """Gradients are set to zero between steps, not to None."""


class MemoryModel(NamedTuple):
    """The traces of a prediction and of a training step."""

    prediction: Trace
    training: Trace
    saved: dict[int, int]
    """Storage that backward keeps -> the layer that saved it first."""
    paths: tuple[str, ...]

    def saved_bytes(self, batch: Dim) -> list[Dim]:
        """Per layer the bytes that it keeps for backward and no earlier layer did."""
        result: list[Dim] = [0] * len(self.paths)
        storages = self.training.storages
        for storage, layer in self.saved.items():
            constant, each, *_ = storages[storage]
            result[layer] = result[layer] + constant + batch * each
        return result

    def largest_batch(self, capacity: int, rounded: Callable[[int], int] | None = None, training: bool = True) -> int:
        """The largest batch whose peak fits into that many bytes; 0 when not even one image does."""
        trace = self.training if training else self.prediction
        low, high = 0, 1
        while trace.peak(high, rounded) <= capacity:
            low, high = high, 2 * high
            if high > capacity:
                return low
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if trace.peak(middle, rounded) <= capacity else (low, middle)
        return low


def memory_model(graph: Graph, width: int, batch: Dim, training: Training) -> MemoryModel:
    """Simulates a graph whose sizes are all known. Only whether the batch is 1 matters here."""
    programs = Programs(graph)
    sample = 1 if type(batch) is int and batch == 1 else 2
    prediction = Simulation(graph, programs, width, sample, training=False)
    prediction.forward()
    step = Simulation(graph, programs, width, sample, training=True)
    machine = step.machine
    state(step, training.optimizer)
    if training.zeroed:
        step.keep_gradients()
    targets = step.targets()
    step.forward()
    root = step.loss(targets)
    if root >= 0:
        machine.backward(root, zeroed=training.zeroed)
    update(step, training)
    saved = {storage: layer for storage, layer in machine.owned.items() if layer >= 0 and _counts(step.trace, storage)}
    return MemoryModel(prediction.trace, step.trace, saved, tuple([node.path for node in graph.nodes]))


def _counts(trace: Trace, storage: int) -> bool:
    """Parameters and buffers are saved by reference: they cost nothing more."""
    return trace.storages[storage][2] not in ("parameters", "buffers")


def unknown(graph: Graph) -> str:
    """Why the model has no answer; empty where it has one."""
    if graph.faults:
        return "a layer's shape is unknown"
    shapes = [*graph.inputs.values(), *(node.output for node in graph.nodes)]
    if any(is_symbolic(dim) for shape in shapes for dim in shape or ()):
        return "sizes are symbolic: which tensors set the peak depends on them (only the batch may be a symbol)"
    if not graph.nodes:
        return "there are no layers"
    return "in-place layers and checkpoints are not modelled" if _flagged(graph.spec) else ""


def _flagged(spec: Spec) -> bool:
    """Whether any call asks for what the model does not follow."""
    stacks: list[Any] = [spec.layers, *(block.layers for block in spec.blocks.values())]
    stacks += [head.layers for head in spec.heads.values()]
    while stacks:
        one = stacks.pop()
        if isinstance(one, Stack):
            for call in one.calls:
                if call.flagged and (call.inplace or call.checkpoint):
                    return True
                stacks += call.fields.values()
        elif isinstance(one, tuple | list):
            stacks += one
    return False


def figures(model: MemoryModel, batch: Dim) -> TorchMemory:
    """The figures at a batch; for a symbolic one formulas for two images or more."""
    saved = total(model.saved_bytes(batch))
    if type(batch) is not int:
        return TorchMemory(_formula(model.prediction, batch), saved, _formula(model.training, batch))
    prediction, training = peak(model, model.prediction, batch), peak(model, model.training, batch)
    return TorchMemory(prediction.bytes, saved, training.bytes, prediction, training)


def _formula(trace: Trace, batch: Dim) -> Dim:
    """The peak as a maximum of lines."""
    lines = trace.lines()
    return maximum(*(constant + batch * each for constant, each in lines))


def peak(model: MemoryModel, trace: Trace, batch: int) -> Peak:
    """Where the peak is and what it consists of."""
    levels = trace.levels(batch)
    most = max(levels)
    moment = levels.index(most)
    _, phase, node = trace.at(moment)
    saved = model.saved if trace is model.training else {}
    parts = dict.fromkeys(PARTS, 0)
    alive: list[tuple[int, int, str]] = []
    for storage in trace.alive(moment):
        constant, each, kind, _, _ = trace.storages[storage]
        bytes_ = constant + batch * each
        part = "saved activations" if kind == "transients" and storage in saved else kind
        parts[part] += bytes_
        alive.append((-bytes_, storage, part))
    largest = tuple([_tensor(model, trace, *one) for one in nsmallest(LARGEST, alive)])
    return Peak(most, phase, _path(model, node), parts, largest, _timeline(model, trace, levels))


def _path(model: MemoryModel, node: int) -> str:
    return model.paths[node] if node >= 0 else ""


def _tensor(model: MemoryModel, trace: Trace, minus: int, storage: int, part: str) -> LiveTensor:
    _, _, _, node, what = trace.storages[storage]
    return LiveTensor(_path(model, node), what, part, -minus)


def _timeline(model: MemoryModel, trace: Trace, levels: list[int]) -> tuple[tuple[str, str, int], ...]:
    """Per turn of a layer: phase, path, and the most bytes that were alive in it."""
    starts = [mark[0] for mark in trace.marks]
    stops = [*starts, len(levels) - 1][1:]
    paths = model.paths
    return tuple(
        [
            (phase, paths[node] if node >= 0 else "", max(levels[start : stop + 1]))
            for (start, phase, node), stop in zip(trace.marks, stops, strict=True)
        ]
    )
