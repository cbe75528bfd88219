"""Whether it fits, and how many images would: exact, by search on the very figure that is asked about.

Three rules say what a batch needs. `textbook`: the rule that courses teach. `torch`: the peak of the tensors that eager
PyTorch holds. `device`: that peak with every storage rounded up to 512 bytes as CUDA's caching allocator does, with the
optimizer updating all parameters at once (foreach, torch's default on CUDA, unless the spec says how), plus an allowance
for the CUDA context and one for the libraries' workspaces.

The device figure is an estimate, not measured on a device: the segments that the allocator takes from the driver (2 MiB
for requests up to 1 MiB, 20 MiB up to 10 MiB, beyond that multiples of 2 MiB) and their fragmentation are left out, and
kernels are taken to save what those of the CPU save (dropout's mask is a byte per number on CUDA, a float on the CPU).
Source: torch 2.13, c10/core/AllocatorConfig.h and torch/optim.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from cnncalc.analysis.cost import costs
from cnncalc.analysis.memory import textbook
from cnncalc.analysis.result import DeviceMemory
from cnncalc.core.diagnostic import Diagnostic, SpecError
from cnncalc.graph.expand import expand
from cnncalc.graph.model import Graph
from cnncalc.layers.fields import LARGEST
from cnncalc.spec.model import Spec
from cnncalc.spec.shipped import shipped_block
from cnncalc.spec.words import DTYPES

if TYPE_CHECKING:
    from cnncalc.analysis.devices import Device
    from cnncalc.analysis.torch_memory.model import MemoryModel
    from cnncalc.analysis.torch_memory.trace import Trace

RULES = ("textbook", "torch", "device")
MIB = 2**20
BLOCK = 512
"""Bytes that CUDA's caching allocator rounds every request to."""

Gauge = Callable[[int], int]
"""Batch -> bytes; never falls from two images on (one image may be laid out otherwise, and need a little more)."""


class Allowances(NamedTuple):
    """Bytes on a device that the model does not follow, so that they are allowed for by name."""

    context: int = 512 * MIB
    """The CUDA context and the libraries' kernels; it varies with driver and device, so measure it where it matters."""
    workspace: int = 256 * MIB
    """What cuDNN and cuBLAS take to work in."""


def rounded(bytes_: int) -> int:
    """A storage as the caching allocator rounds it.

    >>> rounded(1), rounded(512), rounded(513), rounded(0)
    (512, 512, 1024, 0)
    """
    return -(-bytes_ // BLOCK) * BLOCK


def largest_batch(
    spec: Spec,
    memory: int,
    *,
    rule: str,
    training: bool,
    optimizer: str | None = None,
    dtype: str = "float32",
    allowances: Allowances | None = None,
    inputs: Mapping[str, tuple[Any, ...]] | None = None,
    variables: Mapping[str, Any] | None = None,
) -> int:
    """The largest batch that needs no more than `memory` bytes; 0 when not even one image fits, at most 10^12.

    `rule` is one of RULES; `training` asks for a training step, else a prediction; `optimizer` defaults to the spec's,
    else sgd (the textbook rule knows none); `allowances` serve the rule `device`; `inputs` and `variables` replace the
    spec's. Raises SpecError where the figure has no number: a shape fault, symbolic sizes.
    """
    graph = expand(spec, shipped_block, dict(inputs or {}), variables)
    if rule == "textbook":
        return largest_by_textbook(graph, memory, training, dtype)
    return rule_steps(graph, rule, optimizer, dtype).largest(memory, training, rule == "device", allowances)


def largest_by_textbook(graph: Graph, memory: int, training: bool, dtype: str) -> int:
    """`largest_batch` of a graph by the textbook rule."""
    return search(_textbook(graph, DTYPES[dtype], training), memory)


def needed(
    spec: Spec,
    batch: int,
    *,
    rule: str,
    training: bool,
    optimizer: str | None = None,
    dtype: str = "float32",
    allowances: Allowances | None = None,
    inputs: Mapping[str, tuple[Any, ...]] | None = None,
    variables: Mapping[str, Any] | None = None,
) -> int:
    """The bytes that a batch needs by a rule; everything else as in `largest_batch`."""
    graph = expand(spec, shipped_block, dict(inputs or {}), variables)
    if rule == "textbook":
        return _textbook(graph, DTYPES[dtype], training)(batch)
    return rule_steps(graph, rule, optimizer, dtype).bytes(batch, training, rule == "device", allowances)


def search(need: Gauge, memory: int, hint: int = 2) -> int:
    """The largest batch from 1 to 10^12 that needs no more than `memory` bytes; 0 where none does.

    Looks around `hint` first, in steps that double, then halves the gap.

    >>> [search(lambda batch: 100 + 7 * batch, memory) for memory in (128, 107, 106)]
    [4, 1, 0]
    """
    step, hint = 1, min(max(hint, 2), LARGEST)
    if need(hint) <= memory:
        low = hint
        while low + step <= LARGEST and need(low + step) <= memory:
            low, step = low + step, 2 * step
        high = min(low + step, LARGEST + 1)
    else:
        high = hint
        while high > step and need(high - step) > memory:
            high, step = high - step, 2 * step
        low = max(high - step, 0)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if need(middle) <= memory else (low, middle)
    return low


class Steps:
    """What PyTorch holds for a graph, for one image and for more; each simulated when it is first asked for.

    `known` is a model of the same set-up that exists already, and the batch that it was made for. Throughout, `device`
    asks for the figure of a CUDA device, with its allowances.
    """

    def __init__(self, graph: Graph, optimizer: str, dtype: str, known: tuple[int, MemoryModel] | None = None) -> None:
        self._graph = graph
        self._optimizer = optimizer
        self._width = DTYPES[dtype]
        self._models: dict[tuple[bool, bool, bool], MemoryModel] = {}
        if known is not None:
            batch, model = known
            train = graph.spec.train
            self._models[batch == 1, bool(train is not None and train.foreach), False] = model

    def bytes(self, batch: int, training: bool, device: bool = False, allowances: Allowances | None = None) -> int:
        """What a batch needs."""
        trace = self._trace(batch, training, device)
        return trace.peak(batch, rounded) + sum(allowances or Allowances()) if device else trace.peak(batch)

    def largest(self, memory: int, training: bool, device: bool = False, allowances: Allowances | None = None) -> int:
        """The largest batch that needs no more than `memory` bytes."""
        # without rounding the answer is that of straight lines, and never smaller
        room = memory - sum(allowances or Allowances()) if device else memory
        lines = self._trace(2, training, device).lines()
        hint = min(((room - constant) // each for constant, each in lines if each), default=LARGEST)
        return search(lambda batch: self.bytes(batch, training, device, allowances), memory, hint)

    def _trace(self, batch: int, training: bool, device: bool) -> Trace:
        from cnncalc.analysis.torch_memory.model import memory_model, stated
        from cnncalc.analysis.torch_memory.optimizers import OPTIMIZERS

        how, train = stated(self._graph.spec, self._optimizer), self._graph.spec.train
        kept = OPTIMIZERS[how.optimizer]
        if device and training and (train is None or train.foreach is None):
            # where an update takes nothing for itself, it is the same all at once
            how = how._replace(foreach=bool(how.weight_decay or kept.makes or kept.ahead or kept.lists))
        if device and training and kept.counter:
            how = how._replace(hosted=True)
        key = (batch == 1, how.foreach, how.hosted)
        if key not in self._models:
            self._models[key] = memory_model(self._graph, self._width, batch, how)
        model = self._models[key]
        return model.training if training else model.prediction


def device_memory(
    graph: Graph,
    batch: int,
    optimizer: str,
    dtype: str,
    device: Device | None = None,
    allowances: Allowances | None = None,
    known: MemoryModel | None = None,
) -> DeviceMemory:
    """What a CUDA device would need for a batch, and what it would hold at most; the graph's sizes are known."""
    extra = allowances or Allowances()
    steps = Steps(graph, optimizer, dtype, None if known is None else (batch, known))
    inference, training = (steps.bytes(batch, one, True, extra) for one in (False, True))
    train = graph.spec.train
    if device is None:
        return DeviceMemory(inference, training, extra.context, extra.workspace)
    return DeviceMemory(
        inference,
        training,
        extra.context,
        extra.workspace,
        device.name,
        device.memory,
        inference <= device.memory,
        training <= device.memory,
        steps.largest(device.memory, False, True, extra),
        steps.largest(device.memory, True, True, extra),
        train.batch if train is not None else None,
    )


def rule_steps(graph: Graph, rule: str, optimizer: str | None, dtype: str) -> Steps:
    """What a graph needs by the rule torch or device. Raises SpecError where that is no number."""
    if rule not in RULES:
        raise ValueError(f"the rule {rule} is none of {', '.join(RULES)}")
    from cnncalc.analysis.torch_memory.model import unknown

    reason = unknown(graph, dtype)
    if reason:
        raise unanswerable(graph, reason)
    stated = graph.spec.train.optimizer if graph.spec.train is not None else None
    return Steps(graph, optimizer or stated or "sgd", dtype)


def _textbook(graph: Graph, width: int, training: bool) -> Gauge:
    rule = textbook(graph, costs(graph))

    def need(batch: int) -> int:
        figures = rule.bytes(batch, width)
        found = figures.training_bytes if training else figures.inference_bytes
        if type(found) is not int:
            raise unanswerable(graph, "a layer's shape is unknown" if found is None else "sizes are symbolic")
        return found

    return need


def unanswerable(graph: Graph, reason: str) -> SpecError:
    """Why what fits has no number."""
    message, file = f"how many images fit has no number: {reason}", graph.spec.file
    if "symbolic" not in reason:
        return SpecError(Diagnostic(message, expected="a network of whose memory everything is known", file=file))
    remedy = "give every size: --input 3x224x224, --set classes=10"
    return SpecError(Diagnostic(message, expected="a network whose sizes are all known", remedy=remedy, file=file))
