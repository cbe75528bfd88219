"""The model of one graph: its traces, and every figure read off them at a batch.

The figures hold for the CPU's kernels in torch 2.13 with one process and no other users of the memory; wrapped Python
numbers (8 bytes each, for an instant) are left out. With a single thread torch runs some 1x1x1 convolutions in another
kernel: where that tells, the figures say so.
"""

from __future__ import annotations

from collections.abc import Callable
from heapq import nlargest
from typing import NamedTuple

from cnncalc.analysis.result import LiveTensor, Peak, TorchMemory
from cnncalc.analysis.torch_memory.autocast import CastPrograms
from cnncalc.analysis.torch_memory.engine import Engine
from cnncalc.analysis.torch_memory.network import Simulation
from cnncalc.analysis.torch_memory.optimizers import state, update
from cnncalc.analysis.torch_memory.plan import plans
from cnncalc.analysis.torch_memory.residents import Programs, Residents
from cnncalc.analysis.torch_memory.trace import Trace
from cnncalc.analysis.torch_memory.values import OverwriteError, Value, ViewOverwriteError
from cnncalc.core.dims import Dim, is_symbolic, maximum, total
from cnncalc.graph.model import Graph
from cnncalc.spec.model import Spec, Train

SAVED, TRANSIENTS = "saved activations", "transients"
PARTS = ("parameters", "buffers", "inputs", "optimizer", "gradients", SAVED, TRANSIENTS)
"""What memory is for. Inputs include the targets; transients are everything that neither stays nor is saved."""
LARGEST = 10
PASSES = 2
"""Of accumulated gradients: from the second forward and backward on, all are alike."""


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
    autocast: str = ""
    """The number format that torch.autocast casts to, in prediction, forward passes and losses; empty: none."""
    hosted: bool = False
    """The network is on a device, and the optimizer's step counters stay in the host's memory."""


def stated(spec: Spec, optimizer: str | None = None) -> Training:
    """How a spec says that its network is trained; another optimizer may be asked for."""
    train = spec.train or Train()
    return Training(
        optimizer or train.optimizer or "sgd",
        train.weight_decay or 0,
        bool(train.foreach),
        train.set_to_none is False,
        accumulate=train.accumulate or 1,
        autocast=train.autocast or "",
    )


class MemoryModel(NamedTuple):
    """The traces of a prediction and of a training step."""

    prediction: Trace
    training: Trace
    saved: dict[int, int]
    """Storage that backward keeps -> the layer that saved it first."""
    paths: tuple[str, ...]
    first: int
    """How many storages there were when the first forward and backward had run."""
    estimate: str = ""
    """What may be otherwise in torch; empty: nothing that is known."""

    def saved_bytes(self, batch: Dim) -> list[Dim]:
        """Per layer the bytes that it keeps for backward and no earlier layer did."""
        result: list[Dim] = [0] * len(self.paths)
        storages = self.training.storages
        for storage, layer in self.saved.items():
            if storage >= self.first:
                continue
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
    programs = CastPrograms(graph) if training.autocast else Programs(graph)
    residents = Residents(graph, programs, width)
    sample = 1 if type(batch) is int and batch == 1 else 2
    turns, training_turns = plans(graph)
    prediction = Simulation(graph, programs, residents, sample, turns)
    prediction.forward()
    step = Simulation(graph, programs, residents, sample, training_turns)
    machine = step.machine
    engine = Engine(machine, [layer for _, layer in residents.parameters], training.apart)
    state(step, training)
    if training.zeroed:
        step.keep_gradients()
        engine.keep_gradients()
    targets = step.targets()
    machine.guarding = any(node.inplace for node in graph.nodes)
    before: Value | None = None
    first = 0
    for _ in range(min(training.accumulate, PASSES)):
        loss = step.loss(step.forward(), targets)
        if before is None:
            first = len(step.trace.storages)
        else:
            machine.drop(before.storage)
        if loss.node >= 0:
            engine.backward(loss.node)
        before, machine.guarding = loss, False
    update(step, training)
    saved = {storage: layer for storage, layer in machine.owned.items() if layer >= 0 and _counts(step.trace, storage)}
    paths = tuple([node.path for node in graph.nodes])
    why, layer = machine.doubt
    return MemoryModel(prediction.trace, step.trace, saved, paths, first, why.format(paths[layer]))


def _counts(trace: Trace, storage: int) -> bool:
    """Parameters and buffers are saved by reference: they cost nothing more."""
    return trace.storages[storage][2] not in ("parameters", "buffers")


def unknown(graph: Graph, dtype: str = "float32") -> str:
    """Why the model has no answer for parameters in that format; empty where it has one."""
    if graph.faults:
        return "a layer's shape is unknown"
    shapes = {*graph.inputs.values(), *[node.output for node in graph.nodes]}
    if any(is_symbolic(dim) for shape in shapes for dim in shape or ()):
        return "sizes are symbolic: which tensors set the peak depends on them (only the batch may be a symbol)"
    if not graph.nodes:
        return "there are no layers"
    if dtype != "float32" and stated(graph.spec).autocast:
        return f"autocast is modelled for float32 parameters, not for {dtype}: leave out one of the two"
    opaque = [node.path for node in graph.nodes if not node.layer.modelled]
    if opaque:
        return f"what torch keeps of {opaque[0]} is not known: it is opaque"
    return _refused(graph) if any(node.inplace for node in graph.nodes) else ""


def _refused(graph: Graph) -> str:
    """Why torch does not train a network whose layers overwrite their inputs, or why that cannot be followed."""
    try:
        memory_model(graph, 4, 2, stated(graph.spec))
    except OverwriteError as conflict:
        writer, keeper = graph.nodes[conflict.writer].path, graph.nodes[conflict.keeper].path
        return f"torch refuses to train it: {writer} overwrites what {keeper} keeps for backward"
    except ViewOverwriteError as view:
        path = graph.nodes[view.writer].path
        return (
            f"{path} overwrites a view of another map (a reshape, a permutation): how torch trains that is not modelled"
        )
    return ""


WINDOWS = {"lrn": 2, "avgpool": 3, "lppool": 3}
CANNOT: dict[str, dict[str, int]] = {"bfloat16": WINDOWS, "float16": {**WINDOWS, "rrelu": 0}}
"""What torch 2.13 does not run on a CPU in a number format, so that nothing could be measured: kind -> from how many
spatial axes on. Autocast runs the windows in float32."""


def unmeasured(graph: Graph, dtype: str) -> str:
    """Why the figures are an estimate; empty: they are what torch was seen to hold."""
    train = graph.spec.train or Train()
    cannot = CANNOT.get(train.autocast or dtype, {})
    for node in graph.nodes:
        least = cannot.get(node.kind)
        if least is None or (train.autocast and node.kind in WINDOWS) or len(node.output or ()) <= least:
            continue
        how = f"{dtype} on a CPU" if not train.autocast else f"{train.autocast} on a CPU, which autocast may ask for"
        return f"torch does not run {node.kind} in {how} ({node.path}): scaled by the width, not measured"
    return ""


def figures(model: MemoryModel, batch: Dim, kept: list[Dim] | None = None) -> TorchMemory:
    """The figures at a batch (`kept`: its `saved_bytes`, if known); for a symbolic one formulas for two images or more."""
    saved = total(model.saved_bytes(batch) if kept is None else kept)
    if type(batch) is not int:
        return TorchMemory(
            _formula(model.prediction, batch), saved, _formula(model.training, batch), estimate=model.estimate
        )
    prediction, training = peak(model, model.prediction, batch), peak(model, model.training, batch)
    return TorchMemory(prediction.bytes, saved, training.bytes, prediction, training, estimate=model.estimate)


def one_image(graph: Graph, width: int, batch: Dim, training: Training, model: MemoryModel) -> str:
    """What must be said of the formulas where a batch of one does not follow them; empty: they hold for it too."""
    single = memory_model(graph, width, 1, training)
    mine = [trace.peak(1) for trace in (model.prediction, model.training)]
    theirs = [trace.peak(1) for trace in (single.prediction, single.training)]
    if mine == theirs and total(model.saved_bytes(1)) == total(single.saved_bytes(1)):
        return ""
    peaks = f"a prediction takes {theirs[0]:,} B and a training step {theirs[1]:,} B"
    return f"the formulas hold for {batch} >= 2; with one image {peaks}"


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
        part = storages[storage][2]
        parts[SAVED if storage in kept and part == TRANSIENTS else part] += amounts[storage]
    largest = []
    for storage in nlargest(LARGEST, alive, key=amounts.__getitem__):
        _, _, part, made, what = storages[storage]
        part = SAVED if storage in kept and part == TRANSIENTS else part
        largest.append(LiveTensor(_path(model, made), what, part, amounts[storage]))
    return Peak(most, phase, _path(model, node), parts, tuple(largest), _timeline(model, trace, levels))


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
