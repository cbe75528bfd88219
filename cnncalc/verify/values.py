"""Numbers against numbers: torch's twins against the slow reference, in float64 where the device has it."""

from __future__ import annotations

from copy import deepcopy
from math import prod
from typing import Any

import numpy
import torch
from torch import Tensor

from cnncalc.graph.model import Graph, Node
from cnncalc.verify import reference
from cnncalc.verify.build import Network, own
from cnncalc.verify.observed import TOLERANCE, Observed
from cnncalc.verify.twins import twin

MOST_MACS = 3_000_000
MOST_NUMBERS = 300_000
"""The whole stack is compared up to this many multiply-adds and output numbers per image: about a second or two."""
MOST_POSITIONS = 5_000
"""One channel of a window is compared on at most this many input positions; larger sides are shortened."""


def compare_values(graph: Graph, network: Network, inputs: tuple[Tensor, ...], observed: Observed) -> None:
    """Runs the whole stack in the reference and notes each layer's largest difference, or why there is no comparison.

    A difference is a part of the largest number that the layer reads or gives.
    """
    batch = inputs[0].shape[0]
    macs = sum(seen.macs or 0 for seen in observed.layers) // batch
    numbers = sum(prod(seen.output or ()) for seen in observed.layers) + (observed.params or 0)
    if macs > MOST_MACS or numbers > MOST_NUMBERS:
        observed.reference = "too large for the slow reference: one channel of each padded window was compared instead"
        return
    # Apple's device has no float64
    exact = deepcopy(network).to("cpu").double().eval()
    exact.plans[False] = exact.plans[True]  # train_only layers too
    images = tuple(value[:2].cpu().double() for value in inputs)
    chain = {-1 - index: value.numpy() for index, value in enumerate(images)}
    largest = 1.0
    with torch.no_grad():
        for index, read, value in exact.walk(*images):
            node = graph.nodes[index]
            received = value.numpy()
            chain[index] = _reference(node, exact, [chain[ref] for ref in node.inputs])
            scale = max(_largest(array) for array in (received, *(x.numpy() for x in read)))
            apart = difference(chain[index], received, scale)
            if not apart <= TOLERANCE:
                # rounding that a norm has blown up, or this layer? on torch's own inputs it shows
                apart = difference(_reference(node, exact, [x.numpy() for x in read]), received, scale)
            observed.layers[index].difference = apart
            largest = max(largest, scale)
            if index == graph.result:
                observed.difference = difference(chain[index], received, largest)


def _reference(node: Node, network: Network, inputs: list[Any]) -> Any:
    weights = {name: tensor.detach().numpy() for name, tensor in own(network.twins[node.index]).items()}
    with numpy.errstate(over="ignore"):
        return reference.apply(node.kind, node.layer, weights, *inputs)


def _largest(array: Any) -> float:
    """The largest finite number, leaving out signs."""
    return float(numpy.abs(array[numpy.isfinite(array)]).max(initial=1e-30))


def difference(expected: Any, received: Any, scale: float) -> float:
    """The largest difference as a part of `scale`; infinite where the shapes differ.

    Equal infinities, and NaN in the same places, do not differ.
    """
    if expected.shape != received.shape:
        return float("inf")
    same = (expected == received) | (numpy.isnan(expected) & numpy.isnan(received))
    if same.all():
        return 0.0
    with numpy.errstate(invalid="ignore"):
        return float(numpy.abs(expected - received)[~same].max() / scale)


def compare_padding(graph: Graph, inputs: tuple[Tensor, ...], observed: Observed) -> None:
    """For each layer whose padding is `same`: one channel of its window, on a map of its size, against the reference."""
    known: dict[Any, float] = {}
    shapes: dict[int, tuple[int, ...]] = {-1 - index: tuple(value.shape[1:]) for index, value in enumerate(inputs)}
    for node, seen in zip(graph.nodes, observed.layers, strict=True):
        shapes[node.index] = seen.output or ()
        if getattr(node.layer, "padding", None) != "same":
            continue
        alone = _one_channel(node.layer)
        sizes = _shorter(shapes[node.inputs[0]][1:], alone)
        key = (alone, sizes)
        if key not in known:
            known[key] = _window_difference(node.kind, alone, sizes)
        seen.padding = known[key]


def _one_channel(layer: Any) -> Any:
    fields = type(layer).model_fields
    update = {name: value for name, value in {"filters": 1, "groups": 1, "connections": None}.items() if name in fields}
    return layer.model_copy(update=update)


def _shorter(sizes: tuple[int, ...], layer: Any) -> tuple[int, ...]:
    """Sides with few positions and the same remainders on division by the stride: SAME pads them alike."""
    axes = len(sizes)
    stride = layer.stride if getattr(layer, "stride", None) is not None else layer.kernel
    most = max(int(MOST_POSITIONS ** (1 / axes)), 1)
    steps = stride if isinstance(stride, tuple) else (stride,) * axes
    return tuple(n if n <= most else n - (n - most) // s * s for n, s in zip(sizes, steps, strict=True))


def _window_difference(kind: str, layer: Any, sizes: tuple[int, ...]) -> float:
    x = torch.randn(2, 1, *sizes, dtype=torch.float64, device="cpu")
    if kind == "lppool":
        x = x.abs()
    module = twin(kind, layer, x).eval()
    with torch.no_grad():
        received = module(x).numpy()
    weights = {name: tensor.detach().numpy() for name, tensor in own(module).items()}
    return difference(reference.apply(kind, layer, weights, x.numpy()), received, _largest(received))
