"""Runs a network in torch and notes what can be seen: shapes, parameters, multiply-adds, gradients, finite numbers.

Knows neither our analysis nor our formulas: only the graph (which layer reads which) and the twins.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from cnncalc.graph.model import Graph
from cnncalc.verify.build import FAILURES, BuildError, Network, check_memory, grow
from cnncalc.verify.observed import Observed, Seen

Tick = Callable[[str, int, int], None]
"""Progress: what is being done, how many steps are done, how many there are."""

_COUNTER = "num_batches_tracked"


class Measured(NamedTuple):
    """What was seen, the network (None when torch could not build it) and the inputs it ran on."""

    observed: Observed
    network: Network | None
    inputs: tuple[Tensor, ...]


def images(shapes: Iterable[Sequence[int]], batch: int, device: torch.device, seed: int = 0) -> tuple[Tensor, ...]:
    """Random inputs."""
    generator = None if device.type == "meta" else torch.Generator(device="cpu").manual_seed(seed)
    host = torch.device("meta" if device.type == "meta" else "cpu")
    return tuple(
        torch.randn(batch, *shape, generator=generator, device=host, dtype=torch.float32).to(device) for shape in shapes
    )


def measure(
    graph: Graph,
    inputs: tuple[Tensor, ...],
    tick: Tick = lambda what, done, of: None,
    *,
    backward: bool = True,
) -> Measured:
    """Builds the network on these inputs, runs it for prediction, then once forward and backward for training.

    Without `backward` the last is left to whoever measures a training step. Raises MemoryError where it does not fit.
    """
    observed = Observed([Seen() for _ in graph.nodes])
    network = _build(graph, inputs, observed, tick)
    if network is not None:
        _sums(network, observed)
        tick("predicting", 0, 1)
        _predict(network, inputs, observed)
        if backward:
            tick("training", 0, 1)
            train(network, inputs, observed)
    return Measured(observed, network, inputs)


def _build(graph: Graph, inputs: tuple[Tensor, ...], observed: Observed, tick: Tick) -> Network | None:
    network = Network(graph)
    known: set[int] = set()
    # entered anew for each layer, and so starting from 0; not around the building, which it would slow down
    counter = FlopCounterMode(display=False)
    with torch.no_grad():
        try:
            for index, module, value in grow(graph, inputs, counter):
                tick("building", index, len(graph.nodes))
                network.twins.append(module)
                seen = observed.layers[index]
                _tensors(module, known, seen)
                seen.output, seen.batch = tuple(value.shape[1:]), value.shape[0]
                seen.finite = finite(value)
                seen.macs = counter.get_total_flops() // 2
        except BuildError as error:
            observed.layers[error.index].error = str(error)
            return None
    network.eval()
    return network


def _tensors(module: nn.Module, known: set[int], seen: Seen) -> None:
    """Counts the parameters and buffers that no earlier layer has."""
    params = [tensor for tensor in module.parameters() if id(tensor) not in known]
    buffers = [b for name, b in module.named_buffers() if not name.endswith(_COUNTER) and id(b) not in known]
    known.update(id(tensor) for tensor in (*params, *buffers))
    seen.params = _numbers(params)
    seen.trainable = _numbers(tensor for tensor in params if tensor.requires_grad)
    seen.buffers = _numbers(buffers)


def _numbers(tensors: Iterable[Tensor]) -> int:
    return sum(tensor.numel() for tensor in tensors)


def _sums(network: Network, observed: Observed) -> None:
    """Totals, counted by torch over the whole module (which knows each tensor once)."""
    params = list(network.parameters())
    observed.params = _numbers(params)
    observed.trainable = _numbers(tensor for tensor in params if tensor.requires_grad)
    observed.buffers = _numbers(b for name, b in network.named_buffers() if not name.endswith(_COUNTER))
    dropped = set(network.train_only)
    kept = {id(p) for index, module in enumerate(network.twins) if index not in dropped for p in module.parameters()}
    observed.train_only = _numbers(tensor for tensor in params if id(tensor) not in kept)


def _predict(network: Network, inputs: tuple[Tensor, ...], observed: Observed) -> None:
    """One forward pass as a user would run it: train_only layers do not take part."""
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        result = network.eval()(*inputs)[0]
    observed.macs = counter.get_total_flops() // 2
    observed.output = tuple(result.shape[1:])
    observed.finite = finite(result)


def finite(value: Tensor) -> bool | None:
    """Whether there is no infinity and no NaN in it; None on device meta."""
    if value.is_meta:
        return None
    # either would show in the sum, which is quick; finite numbers may add up to infinity
    return bool(value.sum().isfinite()) or bool(value.isfinite().all())


def train(network: Network, inputs: tuple[Tensor, ...], observed: Observed) -> None:
    """One backward pass from the sum of all outputs; then every trainable parameter must have a gradient.

    Raises MemoryError where it does not fit.
    """
    observed.trained = True
    try:
        network.train()
        with torch.enable_grad():
            loss = torch.stack([value.sum() for value in network(*inputs)]).sum()
            if loss.requires_grad:
                loss.backward()
    except FAILURES as error:
        check_memory(error)
        observed.training_error = f"{type(error).__name__}: {error}"
        return
    finally:
        network.eval()
    note_gradients(network, observed)
    network.zero_grad(set_to_none=True)


def note_gradients(network: Network, observed: Observed) -> None:
    """Notes how many numbers of each layer's parameters have a gradient; a shared one is its first layer's."""
    known: set[int] = set()
    for seen, module in zip(observed.layers, network.twins, strict=True):
        fresh = [tensor for tensor in module.parameters() if id(tensor) not in known]
        known.update(map(id, fresh))
        seen.with_gradient = _numbers(tensor for tensor in fresh if tensor.grad is not None)
