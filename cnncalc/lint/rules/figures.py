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
    from cnncalc.analysis.result import Remedy


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
    """What a network needs on its target, in bytes, the largest batch that would fit, and what would need less."""

    bytes: int
    training: bool
    batch: int
    largest_batch: int
    remedies: tuple[Remedy, ...]


def needed(network: Network, room: int) -> Need | None:
    """Training at `train.batch`, or prediction of one image without a `train` section; None where it is unknown.

    What would need less is only found where it does not fit.
    """
    from cnncalc.analysis.changes import Setup
    from cnncalc.analysis.fit import rule_steps
    from cnncalc.analysis.remedies import remedies
    from cnncalc.analysis.torch_memory.model import unknown

    train = network.spec.train or Train()
    training, batch, dtype = network.spec.train is not None, train.batch or 1, train.dtype or "float32"
    if unknown(network.graph, dtype):
        return None
    steps = rule_steps(network.graph, "torch", train.optimizer, dtype)
    peak = steps.bytes(batch, training)
    if peak <= room:
        return Need(peak, training, batch, steps.largest(room, training), ())
    changed = remedies(Setup(network.spec, batch, train.optimizer or "sgd", dtype))
    return Need(peak, training, batch, steps.largest(room, training), changed)


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
