"""What a network holds in memory while it runs, measured. Knows neither our analysis nor our formulas.

What autograd saves is seen by its own hooks; the peaks by the allocator's events on a CPU, by a ledger of tensors on
device meta, and by the allocator's counters on CUDA. The step that is measured is the second one: the first also creates
the optimizer's state.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from cnncalc.graph.model import Graph
from cnncalc.verify import counter, events, ledger
from cnncalc.verify.build import FAILURES, Network, check_memory, grow
from cnncalc.verify.measure import Tick, note_gradients
from cnncalc.verify.observed import MemorySeen, Observed, Seen
from cnncalc.verify.training import Setup, Training

FIGURES = ("saved_bytes", "inference_peak_bytes", "training_peak_bytes")
TRAINING = ("saved_bytes", "training_peak_bytes")
BLOCK = 512
"""CUDA's allocator gives out whole blocks of so many bytes."""
COPIED = "ran on a copy of its input, because torch's group norm dies of a channels-last one that wants no gradient"
RANDOM = "a checkpoint keeps the state of random numbers in the CPU's memory, which nobody sees from device meta"
AUTOCAST = "autocast is modelled, and measured, on a CPU only"

Run = tuple[Callable[[], None], list[Tensor]]
"""What runs, and what exists before."""


def measure_memory(
    graph: Graph,
    network: Network,
    inputs: tuple[Tensor, ...],
    observed: Observed,
    setup: Setup,
    tick: Tick = lambda what, done, of: None,
) -> None:
    """Notes what each layer saves for backward, the peaks of a prediction and of a training step, and its gradients.

    Where torch does not get through a step, the reason is noted. Raises MemoryError where it does not fit.
    """
    seen = observed.memory = MemorySeen(setup.optimizer, settings=setup.text, foreach=setup.foreach)
    if setup.autocast and inputs[0].device.type != "cpu":
        seen.refuse(AUTOCAST, *FIGURES)
        for layer in observed.layers:
            layer.saved = None
        return
    training = Training(graph, network, inputs, setup)
    tick("what is saved for backward", 0, 3)
    try:
        training.prime(_save(graph, training, observed, seen))
    except FAILURES as error:
        check_memory(error)
        seen.refuse(f"torch refuses to train it: {type(error).__name__}: {error}", *TRAINING)
        training.clear()
    if inputs[0].is_meta and graph.checkpoints:
        seen.refuse(RANDOM, TRAINING[-1])
    tick("peaks of memory", 1, 3)
    try:
        _peaks(inputs[0].device, training, seen)
        if seen.training_peak is not None and not setup.zeroed:  # zeros would be there without a backward pass
            note_gradients(network, observed)
            observed.trained = True
    except FAILURES as error:
        check_memory(error)
        seen.refuse(f"torch refuses to run it: {type(error).__name__}: {error}", *FIGURES[1:])
    finally:
        training.clear()
        network.eval()


def observe(graph: Graph, inputs: tuple[Tensor, ...], setup: Setup) -> Observed:
    """Builds a network on these inputs and measures its memory, nothing else.

    Raises BuildError where torch cannot build it, MemoryError where it does not fit.
    """
    observed = Observed([Seen() for _ in graph.nodes])
    network = Network(graph)
    with torch.no_grad():
        for _, module, _ in grow(graph, inputs):
            network.twins.append(module)
    measure_memory(graph, network, inputs, observed, setup)
    return observed


def unmeasured(observed: Observed, setup: Setup, reason: str) -> None:
    """Notes why nothing was measured."""
    observed.memory = MemorySeen(setup.optimizer, settings=setup.text)
    observed.memory.refuse(reason, *FIGURES)


def _save(graph: Graph, training: Training, observed: Observed, seen: MemorySeen) -> list[Tensor]:
    """The first half of a step, noting what autograd keeps, at the layer that saves it first; gives the outputs."""
    network = training.network
    own = {tensor.untyped_storage()._cdata for tensor in (*network.parameters(), *network.buffers())}
    # storages, no tensors: those name the graph, which names its hooks, and nothing of it would ever be freed
    kept: dict[int, torch.UntypedStorage] = {}
    fresh: list[int] = []

    def pack(tensor: Tensor) -> Tensor | None:
        storage = tensor.untyped_storage()
        if storage._cdata not in own and storage._cdata not in kept:
            kept[storage._cdata] = storage
            fresh.append(storage.nbytes())
        # what a graph keeps of its own results is freed by a backward pass alone
        return tensor if training.recomputes else None

    outputs: dict[int, Tensor] = {}
    network.train()
    _, results = network.plans[True]
    doubts: dict[int, str] = {}
    hooks = torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor)
    with _watched(graph, network, doubts), hooks, training.casting():
        for index, _, value in network.turns(*training.inputs):
            observed.layers[index].saved = sum(fresh)
            fresh.clear()
            if index in results:
                outputs[index] = value
    seen.saved = sum(storage.nbytes() for storage in kept.values())
    for layer in observed.layers:
        if layer.saved is None:  # inside a checkpoint nothing is kept, so those layers had no turn
            layer.saved = 0
    for index, why in doubts.items():
        observed.layers[index].saved = None
        seen.refuse(f"{graph.nodes[index].path} {why}", *(TRAINING if why == COPIED else FIGURES))
    found = [outputs[index] for index in results]
    training.aim(found)
    return found


@contextmanager
def _watched(graph: Graph, network: Network, doubts: dict[int, str]) -> Iterator[None]:
    """Notes the layers that do not hold here what they would hold for a user."""

    def look(index: int, x: Tensor) -> None:
        node = graph.nodes[index]
        if copies(network.twins[index], x):
            doubts[index] = COPIED
        elif x.is_meta and (why := ledger.otherwise(node.kind, node.layer, x)):
            doubts[index] = f"runs otherwise on device meta: {why}"

    hooks = [
        module.register_forward_pre_hook(lambda _, read, index=index: look(index, read[0]))
        for index, module in enumerate(network.twins)
    ]
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()


def copies(module: nn.Module, x: Tensor) -> bool:
    """Whether the twin of a group norm has to copy its input (see twins.norm): a memory of ours, not of the layer's."""
    return isinstance(module, nn.GroupNorm) and not x.requires_grad and not x.is_contiguous()


def _peaks(device: torch.device, training: Training, seen: MemorySeen) -> None:
    """Prediction, then the second step (only the former where torch does not train this network)."""
    trains = TRAINING[-1] not in seen.reasons
    if device.type == "cuda" and trains:
        training.settle()
    runs: list[Run] = [(training.predict, training.resident_for_prediction())]
    if trains:
        runs.append((training.step, training.resident()))
    if device.type == "meta":
        seen.way = "ledger"
        peaks = [distinct(there) + ledger.most(run, there) for run, there in runs]
    elif device.type == "cuda":
        _counted(runs, device, seen)
        return
    elif device.type == "cpu":
        seen.way = "events"
        found = events.record(*(run for run, _ in runs))
        bases = [distinct(there) for _, there in runs]
        peaks = [one.peak(base) for one, base in zip(found, bases, strict=True)]
        allocated = [base + one.allocated for one, base in zip(found, bases, strict=True)]
        seen.inference_allocated, seen.training_allocated = (*allocated, None)[:2]
    else:
        seen.refuse(f"torch does not say what a device {device.type} allocates", *FIGURES[1:])
        return
    seen.inference_peak, seen.training_peak = (*peaks, None)[:2]


def _counted(runs: list[Run], device: torch.device, seen: MemorySeen) -> None:
    """The peaks by CUDA's own counters."""
    if why := counter.silent():
        seen.refuse(why, *FIGURES[1:])
        return
    seen.way = "counter"
    peaks, allocated = [], []
    for run, there in runs:
        # step counters of an optimizer stay in the host's memory
        resident = [tensor for tensor in there if tensor.device == device]
        found = counter.count(run, device)
        peaks.append(distinct(resident) + found.requested)
        allocated.append(distinct(resident, BLOCK) + found.allocated)
    seen.inference_peak, seen.training_peak = (*peaks, None)[:2]
    seen.inference_allocated, seen.training_allocated = (*allocated, None)[:2]


def distinct(tensors: Iterable[Tensor], block: int = 1) -> int:
    """The bytes of the tensors' storages, each counted once, in whole blocks."""
    storages = {t.untyped_storage()._cdata: t.untyped_storage().nbytes() for t in tensors}
    return sum(-(-size // block) * block for size in storages.values())
