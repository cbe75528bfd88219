"""Times the convolutions of a network one by one, all together, and the whole network.

A convolution is timed alone, on the input that it gets in the network; equal ones (same fields, same input size) are
timed once. Its share is measured inside the running network. Traps (measured): large first layers are bound by page
faults of fresh memory, noise is large on shared machines, so every time has its spread and rates are compared with
limits measured in the same run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from itertools import pairwise
from time import perf_counter
from typing import TYPE_CHECKING, Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from cnncalc.core.diagnostic import Diagnostic, SpecError
from cnncalc.graph.model import Graph
from cnncalc.verify.build import FAILURES, Network, check_memory
from cnncalc.verify.ceiling import bandwidth, matmul_rate
from cnncalc.verify.clock import spread, summary
from cnncalc.verify.result import ConvTiming, Run, Spread, Timing

if TYPE_CHECKING:
    from cnncalc.verify.measure import Tick
    from cnncalc.verify.verify import TimingOptions

CORE = frozenset({"conv", "conv1d", "conv2d", "conv3d", "depthwise_conv", "transposed_conv", "locally_connected"})
"""The kinds that make up the conv core."""

DTYPES = {"float32": torch.float32, "float64": torch.float64, "bfloat16": torch.bfloat16, "float16": torch.float16}
_CHANNELS_LAST = {4: torch.channels_last, 5: torch.channels_last_3d}
_PROFILES = 5
_NOTE = (
    "Large maps early in a network are bound by page faults of fresh memory; raising MALLOC_MMAP_THRESHOLD_, "
    "MALLOC_TRIM_THRESHOLD_ and MALLOC_TOP_PAD_ before the start shows them without."
)


class Conv(NamedTuple):
    """A convolution with the tensors to time it on."""

    node: int
    module: nn.Module
    inputs: tuple[Tensor, ...]
    key: Any
    """Equal for convolutions that need not be timed twice."""
    first: bool
    """Nothing trainable comes before it: it needs no input gradient."""


def time_network(
    graph: Graph, network: Network, inputs: tuple[Tensor, ...], device: torch.device, options: TimingOptions, tick: Tick
) -> Timing:
    """All times, and the machine's limits. Converts the network to the number format in place. SpecError where the device cannot run it."""
    dtype = DTYPES[options.dtype]
    torch.backends.cudnn.benchmark = True
    tick("measuring the machine's limits", 0, 1)
    notes = [_NOTE] if device.type == "cpu" else []
    try:
        matmul, matmul_text = matmul_rate(device, dtype, options.seconds)
        network.to(dtype)
        runs = tuple(_run(graph, network, inputs, device, layout, options, tick, notes) for layout in options.layouts)
    except FAILURES as error:
        check_memory(error)
        message = f"{device} cannot run this in {options.dtype}: {first_line(error)}"
        raise SpecError(
            Diagnostic(
                message,
                expected="a number format that the device has",
                received=options.dtype,
                remedy="use --dtype float32",
            )
        ) from error
    return Timing(
        runs=runs,
        dtype=options.dtype,
        threads=torch.get_num_threads(),
        matmul=matmul,
        matmul_text=matmul_text,
        bandwidth=bandwidth(device, options.seconds),
        settings=tuple(_settings(device)),
        notes=tuple(notes),
    )


def first_line(error: Exception) -> str:
    """An error in one line."""
    return (str(error).splitlines() or [type(error).__name__])[0]


def _settings(device: torch.device) -> Iterator[str]:
    if device.type != "cuda":
        return
    tf32 = "unknown"
    with suppress(RuntimeError):  # torch refuses the old question after the new setting was used
        matmul, cudnn = torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32
        tf32 = f"{'on' if cudnn else 'off'} in convolutions, {'on' if matmul else 'off'} in matrix products"
    yield f"TF32 {tf32}"
    yield f"cudnn.benchmark {'on' if torch.backends.cudnn.benchmark else 'off'}"


def _run(
    graph: Graph,
    network: Network,
    inputs: tuple[Tensor, ...],
    device: torch.device,
    layout: str,
    options: TimingOptions,
    tick: Tick,
    notes: list[str],
) -> Run:
    last = layout == "nhwc"
    _arrange(network, last)
    dtype = DTYPES[options.dtype]
    images = tuple(arranged(value.to(dtype), last) for value in inputs)
    network.eval()
    with torch.no_grad():
        convs = _convolutions(graph, network, images)
    layers = _layers(graph, convs, device, layout, options, tick)
    tick(f"timing the network ({layout})", 0, 1)
    shares = _shares(network, images, device)
    return Run(
        layout,
        tuple(layer._replace(share=shares[conv.node]) for layer, conv in zip(layers, convs, strict=True)),
        spread(lambda: _forward(convs), device, options.seconds),
        _core_backward(convs, device, options.seconds),
        spread(lambda: _predict(network, images), device, options.seconds),
        _network_backward(network, images, device, options.seconds),
        _compiled(network, images, device, options.seconds, notes) if options.compile else None,
    )


def arranged(tensor: Tensor, last: bool) -> Tensor:
    """The tensor with channels last (or first) in memory."""
    if last and tensor.dim() in _CHANNELS_LAST:
        return tensor.contiguous(memory_format=_CHANNELS_LAST[tensor.dim()])
    return tensor.contiguous()


def _arrange(network: Network, last: bool) -> None:
    for parameter in network.parameters():
        parameter.data = arranged(parameter.data, last)


def _convolutions(graph: Graph, network: Network, images: tuple[Tensor, ...]) -> list[Conv]:
    """Every convolution of the prediction graph with its input."""
    found = []
    learned: set[int] = set()
    for index, inputs, _ in network.walk(*images):
        node = graph.nodes[index]
        first = not any(ref in learned for ref in node.inputs)
        if not first or any(p.requires_grad for p in network.twins[index].parameters()):
            learned.add(index)
        if node.kind in CORE:
            key = (node.layer, tuple(tuple(x.shape) for x in inputs), first)
            found.append(Conv(index, network.twins[index], tuple(x.detach() for x in inputs), key, first))
    return found


def _layers(
    graph: Graph, convs: Sequence[Conv], device: torch.device, layout: str, options: TimingOptions, tick: Tick
) -> list[ConvTiming]:
    known: dict[Any, ConvTiming] = {}
    layers = []
    for number, conv in enumerate(convs):
        tick(f"timing convolutions ({layout})", number, len(convs))
        node = graph.nodes[conv.node]
        if conv.key in known:
            timed = known[conv.key]
            layers.append(timed._replace(path=node.path, same_as=timed.path))
            continue
        layers.append(_layer(node.path, node.kind, conv, device, options.seconds))
        known[conv.key] = layers[-1]
    return layers


def _layer(path: str, kind: str, conv: Conv, device: torch.device, seconds: float) -> ConvTiming:
    module, inputs = conv.module, conv.inputs
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        result = module(*inputs)
    flops = counter.get_total_flops()
    moved = sum(tensor.numel() * tensor.element_size() for tensor in (*inputs, result, *module.parameters()))
    backward, wanted = _backward(conv)
    return ConvTiming(
        path,
        kind,
        tuple(result.shape[1:]),
        flops,
        flops * wanted,
        moved,
        spread(lambda: _call(module, inputs), device, seconds),
        spread(backward, device, seconds),
        None,
    )


def _call(module: nn.Module, inputs: tuple[Tensor, ...]) -> Tensor:
    with torch.no_grad():
        return module(*inputs)


def _backward(conv: Conv) -> tuple[Callable[[], object], int]:
    """The backward pass alone (of weights, and of the input unless it is the image), and how many products it takes."""
    inputs = tuple(x.detach().requires_grad_(not conv.first) for x in conv.inputs)
    parameters = [p.requires_grad_() for p in conv.module.parameters()]
    wanted = [*parameters, *(x for x in inputs if x.requires_grad)]
    result = conv.module(*inputs)
    seed = torch.ones_like(result)
    return lambda: torch.autograd.grad(result, wanted, seed, retain_graph=True), 1 if conv.first else 2


def _forward(convs: Sequence[Conv]) -> None:
    for conv in convs:
        _call(conv.module, conv.inputs)


def _core_backward(convs: Sequence[Conv], device: torch.device, seconds: float) -> Spread:
    calls = [_backward(conv)[0] for conv in convs]

    def all_of_them() -> None:
        for call in calls:
            call()

    return spread(all_of_them, device, seconds)


def _predict(network: Network, images: tuple[Tensor, ...]) -> None:
    with torch.no_grad():
        network(*images)


def _network_backward(
    network: Network, images: tuple[Tensor, ...], device: torch.device, seconds: float
) -> Spread | None:
    """The backward pass of the whole network in training mode; None where torch refuses to train it."""
    wanted = [p for p in network.parameters() if p.requires_grad]
    try:
        network.train()
        loss = torch.stack([value.float().sum() for value in network(*images)]).sum()
        if not wanted or not loss.requires_grad:
            return None
        return spread(lambda: torch.autograd.grad(loss, wanted, retain_graph=True, allow_unused=True), device, seconds)
    except FAILURES:
        return None
    finally:
        network.eval()


def _compiled(
    network: Network, images: tuple[Tensor, ...], device: torch.device, seconds: float, notes: list[str]
) -> Spread | None:
    """Under torch.compile; None with a note where that fails (it needs a C++ compiler or Triton)."""
    compiled: Any = torch.compile(network)
    try:
        _predict(compiled, images)
    except Exception as error:
        notes.append(f"torch.compile failed: {first_line(error)}")
        return None
    return spread(lambda: _predict(compiled, images), device, seconds)


def _shares(network: Network, images: tuple[Tensor, ...], device: torch.device) -> dict[int, float]:
    """Each layer's part of the network's time, the median over a few runs."""
    runs = [_profile(network, images, device) for _ in range(_PROFILES + 1)][1:]
    totals = [sum(run.values()) for run in runs]
    return {
        index: summary([run[index] / whole for run, whole in zip(runs, totals, strict=True)]).median
        for index in runs[0]
    }


def _profile(network: Network, images: tuple[Tensor, ...], device: torch.device) -> dict[int, float]:
    """Seconds of each layer in one run."""
    marks: list[tuple[int, Any]] = [(-1, _mark(device))]
    with torch.no_grad():
        for index, _, _ in network.walk(*images):
            marks.append((index, _mark(device)))
    if device.type == "cuda":
        torch.cuda.synchronize(device)
        return {index: before.elapsed_time(after) / 1000 for (_, before), (index, after) in pairwise(marks)}
    return {index: after - before for (_, before), (index, after) in pairwise(marks)}


def _mark(device: torch.device) -> Any:
    """A moment on the device's own time line."""
    if device.type == "cuda":
        event = torch.cuda.Event(enable_timing=True)
        event.record()
        return event
    if device.type == "mps":
        torch.mps.synchronize()
    return perf_counter()
