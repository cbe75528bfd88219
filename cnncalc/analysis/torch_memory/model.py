"""The model of one graph: its traces, and every figure read off them at a batch.

The figures hold for the CPU's kernels in torch 2.13 with one process and no other users of the memory; wrapped Python
numbers (8 bytes each, for an instant) are left out. Known not to be exact: after a permutation (permute, layer norm over
channels, dense along an axis) and with one image per batch, whether a convolution's weight gradient is laid out channels
last, and then copied, depends on the kernel that torch picks by size and thread count; the error is one such gradient.
"""

from __future__ import annotations

from collections.abc import Callable
from heapq import nlargest
from typing import NamedTuple

from cnncalc.analysis.result import LiveTensor, Peak, TorchMemory
from cnncalc.analysis.torch_memory.engine import Engine
from cnncalc.analysis.torch_memory.machine import OverwriteError, ViewOverwriteError
from cnncalc.analysis.torch_memory.network import Simulation
from cnncalc.analysis.torch_memory.optimizers import state, update
from cnncalc.analysis.torch_memory.plan import plans
from cnncalc.analysis.torch_memory.residents import Programs, Residents
from cnncalc.analysis.torch_memory.trace import Trace
from cnncalc.core.dims import Dim, is_symbolic, maximum, total
from cnncalc.graph.model import Graph

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
    apart: bool = False
    """Gradients that meet are never added in place: torch watched by a dispatch mode, as verify has to on device meta."""
    accumulate: int = 1
    """How many times forward and backward run before the optimizer does; the batch is that of one time."""


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
    residents = Residents(graph, programs, width)
    sample = 1 if type(batch) is int and batch == 1 else 2
    turns, training_turns = plans(graph)
    prediction = Simulation(graph, programs, residents, width, sample, turns)
    prediction.forward()
    step = Simulation(graph, programs, residents, width, sample, training_turns)
    machine = step.machine
    engine = Engine(machine, [layer for _, layer in residents.parameters], training.apart)
    state(step, training.optimizer)
    if training.zeroed:
        step.keep_gradients()
        engine.keep_gradients()
    targets = step.targets()
    for _ in range(min(training.accumulate, 2)):  # from the second pass on they are alike
        root = step.loss(step.forward(), targets)
        if root >= 0:
            engine.backward(root)
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
    return _refused(graph) if any(node.inplace for node in graph.nodes) else ""


def _refused(graph: Graph) -> str:
    """Why torch does not train a network whose layers overwrite their inputs, or why that cannot be followed."""
    try:
        memory_model(graph, 4, 2, Training())
    except OverwriteError as conflict:
        writer, keeper = graph.nodes[conflict.writer].path, graph.nodes[conflict.keeper].path
        return f"torch refuses to train it: {writer} overwrites what {keeper} keeps for backward"
    except ViewOverwriteError as view:
        path = graph.nodes[view.writer].path
        return (
            f"{path} overwrites a view of another map (a reshape, a permutation): how torch trains that is not modelled"
        )
    return ""


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
    amounts = trace.amounts(batch)
    levels = trace.sums(amounts)
    most = max(levels)
    moment = levels.index(most)
    _, phase, node = trace.at(moment)
    alive, storages = trace.alive(moment), trace.storages
    kept = model.saved if trace is model.training else {}
    parts = dict.fromkeys(PARTS, 0)
    for storage in alive:
        parts[_part(storages[storage][2], storage, kept)] += amounts[storage]
    largest = tuple(
        [
            LiveTensor(_path(model, made), what, _part(kind, storage, kept), amounts[storage])
            for storage in nlargest(LARGEST, alive, key=amounts.__getitem__)
            for _, _, kind, made, what in (storages[storage],)
        ]
    )
    return Peak(most, phase, _path(model, node), parts, largest, _timeline(model, trace, levels))


def _part(kind: str, storage: int, kept: dict[int, int]) -> str:
    return "saved activations" if kind == "transients" and storage in kept else kind


def _path(model: MemoryModel, node: int) -> str:
    return model.paths[node] if node >= 0 else ""


def _timeline(model: MemoryModel, trace: Trace, levels: list[int]) -> tuple[tuple[str, str, int], ...]:
    """Per turn of a layer: phase, path, and the most bytes that were alive in it."""
    stops = [*[mark[0] for mark in trace.marks], len(levels) - 1][1:]
    paths = model.paths
    return tuple(
        [
            (phase, paths[node] if node >= 0 else "", max(levels[start : stop + 1]))
            for (start, phase, node), stop in zip(trace.marks, stops, strict=True)
        ]
    )
