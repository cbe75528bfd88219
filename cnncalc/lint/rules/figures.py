"""Figures of the whole as budgets and targets name them, looked up in the analysis and its memory model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cnncalc.core.shapes import elements
from cnncalc.graph.model import Node
from cnncalc.lint.network import Network
from cnncalc.spec.model import Train
from cnncalc.spec.words import BYTE_FIGURES, DTYPES

if TYPE_CHECKING:
    from cnncalc.analysis.devices import Device


def whole_figure(network: Network, figure: str) -> Any:
    """A total by its word; None where it is unknown. Training memory is for `train.batch`."""
    totals: Any = network.analysis.totals
    if figure == "receptive_field":
        field = network.analysis.rows[network.graph.result].receptive_field if network.graph.result >= 0 else None
        return None if field is None else field.size
    if figure == "layers":
        return totals.weight_layers
    if figure == "total_params":
        return None if None in (totals.params, totals.buffers) else totals.params + totals.buffers
    if figure == "non_trainable_params":
        known = None not in (totals.params, totals.buffers, totals.trainable_params)
        return totals.params + totals.buffers - totals.trainable_params if known else None
    return _bytes(network, figure) if figure in BYTE_FIGURES else getattr(totals, figure, None)


def _bytes(network: Network, figure: str) -> Any:
    """A memory figure; the analysis for training is only asked where it is needed."""
    if figure == "textbook_inference":
        return network.analysis.memory.textbook.inference_bytes
    memory = network.training.memory
    match figure:
        case "textbook_training":
            return memory.textbook.training_bytes
        case "textbook_training_with_gradients":
            return memory.textbook.training_with_gradients_bytes
        case "torch_inference":
            memory = network.analysis.memory
            return memory.torch.inference_peak_bytes
        case "torch_training":
            return memory.torch.training_peak_bytes
        case "saved" | "saved_bytes":
            return memory.torch.saved_bytes
    return getattr(memory, figure, None)


def find_device(named: str) -> Device | None:
    """The device of a name, or a memory written as a quantity (`8 GiB`); None when it is neither.

    >>> find_device("8 GiB") == find_device("no such thing")
    False
    """
    if not named:
        return None
    from cnncalc.analysis.devices import device

    try:
        return device(named)
    except ValueError:
        return None


@dataclass(frozen=True, slots=True)
class Need:
    """What a network needs on its target, and what would change it. Bytes."""

    bytes: int
    training: bool
    batch: int
    largest_batch: int
    half_numbers: int
    """The same with 16-bit numbers."""
    growth: int
    """What as many images again would add: the part that maps take."""
    heaviest: str
    heaviest_bytes: int


def needed(network: Network, room: int) -> Need | None:
    """Training at `train.batch`, or prediction of one image without a `train` section; None where it is unknown."""
    from cnncalc.analysis.torch_memory.model import Training, memory_model, unknown

    if unknown(network.graph):
        return None
    train = network.spec.train or Train()
    training, batch = network.spec.train is not None, train.batch or 1
    width, step = DTYPES[train.dtype or "float32"], Training(train.optimizer or "sgd")
    model, half = (memory_model(network.graph, one, batch, step) for one in (width, 2))
    trace, halved = (one.training if training else one.prediction for one in (model, half))
    peak = trace.peak(batch)
    saved: list[Any] = list(model.saved_bytes(batch))
    heavy = max(range(len(saved)), key=lambda index: saved[index])
    return Need(
        peak,
        training,
        batch,
        model.largest_batch(room, training=training),
        halved.peak(batch),
        trace.peak(2 * batch) - peak,
        model.paths[heavy] if training else "",
        saved[heavy],
    )


def intensity(network: Network, node: Node) -> float | None:
    """FLOP per byte of input, output and weights, at `train.batch`; None where sizes are unknown."""
    train = network.spec.train or Train()
    batch, width = train.batch or 1, DTYPES[train.dtype or "float32"]
    row: Any = network.row(node)
    shapes = [shape for shape in (*network.inputs(node), node.output) if shape is not None]
    numbers: list[Any] = [elements(shape) for shape in shapes]
    if len(shapes) < len(node.inputs) + 1 or any(type(value) is not int for value in (*numbers, row.macs, row.params)):
        return None
    return float(2 * batch * row.macs / (width * (batch * sum(numbers) + row.params)))


def mebibytes(count: int) -> str:
    """Bytes in the unit that suits them.

    >>> mebibytes(3 << 30), mebibytes(5 << 19)
    ('3.00 GiB', '2.50 MiB')
    """
    return f"{count / 2**30:.2f} GiB" if count >= 1 << 30 else f"{count / 2**20:.2f} MiB"
