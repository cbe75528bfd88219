"""The truth that the memory model is held against: what PyTorch allocates on the CPU, event by event.

The profiler's allocation events do not disturb the run (a dispatch mode would: fan-in sums become out of place). What is
born and freed inside one atomic operation is the kernel's scratch and is left out, so what remains is the tensor level.
This file knows torch and the twins; it never looks at the model's predictions.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.profiler import ProfilerActivity, profile, record_function

from cnncalc.graph.model import Graph
from cnncalc.verify.build import Network, grow

LOSSES: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "cross_entropy": functional.cross_entropy,
    "nll": functional.nll_loss,
    "binary_cross_entropy": functional.binary_cross_entropy,
    "bce_with_logits": functional.binary_cross_entropy_with_logits,
    "mse": functional.mse_loss,
    "l1": functional.l1_loss,
}
OPTIMIZERS: dict[str, Callable[..., torch.optim.Optimizer]] = {
    "sgd": lambda p, **k: torch.optim.SGD(p, lr=1e-3, **k),
    "momentum": lambda p, **k: torch.optim.SGD(p, lr=1e-3, momentum=0.9, **k),
    "nesterov": lambda p, **k: torch.optim.SGD(p, lr=1e-3, momentum=0.9, nesterov=True, **k),
    "adam": lambda p, **k: torch.optim.Adam(p, lr=1e-5, **k),
    "adamw": lambda p, **k: torch.optim.AdamW(p, lr=1e-5, **({"weight_decay": 0.0} | k)),
    "rmsprop": lambda p, **k: torch.optim.RMSprop(p, lr=1e-5, **k),
}


RUN = "run "
"""How the profiled runs are marked."""


class Event(NamedTuple):
    """An allocation (bytes > 0) or a release (bytes < 0), and the operations that it happened in, outermost first."""

    bytes: int
    operations: tuple[str, ...]


class Truth(NamedTuple):
    """What was measured, in bytes."""

    saved: int
    prediction_peak: int
    training_peak: int
    prediction: tuple[Event, ...]
    training: tuple[Event, ...]


@lru_cache(maxsize=None)
def atomic(name: str) -> bool:
    """Whether an `aten::` operation has a kernel of its own (a composite one only calls others)."""
    namespace, _, base = name.partition("::")
    if namespace != "aten":
        return False
    packet = getattr(torch.ops.aten, base, None)
    if packet is None:
        return False
    return False in _kinds(name)


@lru_cache(maxsize=None)
def _kinds(name: str) -> frozenset[bool | None]:
    packet = getattr(torch.ops.aten, name.partition("::")[2])
    ordinary = [overload for overload in packet.overloads() if not overload.endswith("out")]
    return frozenset(_composite(getattr(packet, overload).name()) for overload in ordinary)


def _calls_itself(node: Any) -> bool:
    """Whether it is a composite overload that calls the kernel of the same name."""
    return True in _kinds(node.name) and any(
        str(child.typed[0]) == "_EventType.TorchOp" and child.name == node.name for child in node.children
    )


def _composite(name: str) -> bool | None:
    try:
        return bool(torch._C._dispatch_has_kernel_for_dispatch_key(name, "CompositeImplicitAutograd"))
    except RuntimeError:  # an overload of TorchScript's alone
        return None


class _Raw(NamedTuple):
    time: int
    pointer: int
    bytes: int
    scope: int
    operations: tuple[str, ...]


def _walk(nodes: Any) -> Iterator[_Raw]:
    stack = [(node, -1, ()) for node in nodes]
    while stack:
        node, scope, path = stack.pop()
        kind = str(node.typed[0])
        if kind == "_EventType.Allocation":
            fields = node.typed[1]
            yield _Raw(node.start_time_ns, fields.ptr, fields.alloc_size, scope, path)
            continue
        if kind == "_EventType.TorchOp":
            path = (*path, node.name)
            if scope < 0 and atomic(node.name) and not _calls_itself(node):
                scope = id(node)
        stack += [(child, scope, path) for child in node.children]


def events(*runs: Callable[[], Any]) -> list[tuple[Event, ...]]:
    """The tensor-level allocations and releases of each run, in order. One session, because starting one is slow."""
    gc.disable()
    try:
        with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as profiler:
            for number, run in enumerate(runs):
                with record_function(f"{RUN}{number}"):
                    run()
    finally:
        gc.enable()
    tree = profiler.profiler.kineto_results.experimental_event_tree()
    raw = sorted(_walk(tree), key=lambda event: event.time)
    return [_tensors([event for event in raw if f"{RUN}{number}" in event.operations]) for number in range(len(runs))]


def _tensors(raw: list[_Raw]) -> tuple[Event, ...]:
    """Without what is born and freed inside one kernel."""
    born: dict[int, int] = {}
    scratch: set[int] = set()
    for index, event in enumerate(raw):
        if event.bytes > 0:
            born[event.pointer] = index
        elif event.pointer in born:
            start = born.pop(event.pointer)
            kernel = event.scope >= 0 and raw[start].scope == event.scope
            if kernel or _python_number(raw[start]):
                scratch |= {start, index}
    return tuple(Event(one.bytes, one.operations[1:]) for index, one in enumerate(raw) if index not in scratch)


def _python_number(event: _Raw) -> bool:
    """Whether it is a Python number (8 bytes) on its way into an operation: made by no operation."""
    return event.bytes == 8 and not any(name.startswith("aten::") for name in event.operations)


def peak(base: int, trace: tuple[Event, ...]) -> int:
    """The most bytes that are alive at once."""
    most = live = base
    for event in trace:
        live += event.bytes
        most = max(most, live)
    return most


def distinct(tensors: Any) -> int:
    """The bytes of the tensors' storages, each counted once."""
    storages = {t.untyped_storage()._cdata: t.untyped_storage().nbytes() for t in tensors}
    return sum(storages.values())


def build(graph: Graph, inputs: tuple[Tensor, ...]) -> Network:
    """The network of a graph, grown on these inputs."""
    network = Network(graph)
    with torch.no_grad():
        for _, module, _ in grow(graph, inputs):
            network.twins.append(module)
    return network


def loss_name(graph: Graph, output: Tensor) -> str:
    """The spec's loss; else cross-entropy on a vector; else the sum."""
    task = graph.spec.task
    if task is not None and task.loss is not None:
        return str(task.loss)
    return "cross_entropy" if output.dim() == 2 else "sum"


def target(name: str, output: Tensor) -> Tensor | None:
    """What the output is compared with."""
    if name == "sum":
        return None
    if name in ("cross_entropy", "nll"):
        return torch.zeros(output.shape[0], *output.shape[2:], dtype=torch.int64)
    return torch.rand_like(output)


def measure(graph: Graph, batch: int, optimizer: str = "sgd", *, keep: bool = False, **options: Any) -> Truth:
    """Prediction, then the second training step (the first one also creates the optimizer's state).

    `keep`: gradients are set to zero instead of None. `options` go to the optimizer (weight_decay, foreach).
    """
    torch.manual_seed(0)
    inputs = tuple(torch.rand(batch, *map(int, shape)) for shape in graph.inputs.values())
    network = build(graph, inputs)
    held = [*network.parameters(), *network.buffers(), *inputs]
    network.train()
    with torch.no_grad():
        outputs = network(*inputs)
    names = [loss_name(graph, output) for output in outputs]
    targets = [target(name, output) for name, output in zip(names, outputs, strict=True)]
    del outputs
    saved = _saved(network, inputs, names, targets)
    trainable = [p for p in network.parameters() if p.requires_grad]
    options = {"foreach": False} | options
    chosen = OPTIMIZERS[optimizer](trainable, **options) if trainable else None

    def predict() -> None:
        network.eval()
        with torch.no_grad():
            network(*inputs)

    def step() -> None:
        network.train()
        if chosen is not None:
            chosen.zero_grad(set_to_none=not keep)
        loss = _loss(list(network(*inputs)), names, targets)
        if loss.requires_grad:
            loss.backward()
        if chosen is not None:
            chosen.step()

    step()
    if chosen is not None and not keep:
        chosen.zero_grad()
    prediction, training = events(predict, step)
    state = [v for one in (chosen.state.values() if chosen else ()) for v in one.values() if isinstance(v, Tensor)]
    held += [t for t in targets if t is not None] + state
    gradients = [p.grad for p in trainable if p.grad is not None] if keep else []
    return Truth(
        saved,
        peak(_prediction_base(network, inputs), prediction),
        peak(distinct([*held, *gradients]), training),
        prediction,
        training,
    )


def _prediction_base(network: Network, inputs: tuple[Tensor, ...]) -> int:
    kept = [module for index, module in enumerate(network.twins) if index not in network.train_only]
    return distinct([t for module in kept for t in (*module.parameters(), *module.buffers())] + list(inputs))


def _saved(network: nn.Module, inputs: tuple[Tensor, ...], names: list[str], targets: list[Any]) -> int:
    """Bytes that autograd keeps after the loss, each storage once, without parameters, buffers."""
    own = {t.untyped_storage()._cdata for t in (*network.parameters(), *network.buffers())}
    kept: dict[int, Tensor] = {}

    def pack(tensor: Tensor) -> Tensor:
        kept.setdefault(tensor.untyped_storage()._cdata, tensor)
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        network(*inputs)
    return sum(t.untyped_storage().nbytes() for key, t in kept.items() if key not in own)


def _loss(outputs: list[Tensor], names: list[str], targets: list[Any]) -> Tensor:
    """The sum of all outputs' losses; nothing names the outputs while backward runs."""
    total: Tensor | None = None
    for name, goal in zip(names, targets, strict=True):
        output = outputs.pop(0)
        one = output.sum() if name == "sum" else LOSSES[name](output, goal)
        del output
        total = one if total is None else total + one
    assert total is not None
    return total
