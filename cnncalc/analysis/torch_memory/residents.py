"""What is there before the first operation: parameters, buffers, inputs."""

from __future__ import annotations

from typing import NamedTuple

from cnncalc.analysis.torch_memory.trace import Storage
from cnncalc.analysis.torch_memory.values import NO_GRADIENT, Value
from cnncalc.core.shapes import Shape
from cnncalc.graph.model import Graph, Node
from cnncalc.layers.operations import BATCH, Operation, overwritten, size

COUNTER = 8
"""Bytes of a batch norm's step counter (int64)."""
NOTHING: list[Value] = []


class Tensor(NamedTuple):
    """A layer's own tensor: its name, how many numbers it holds, whether it is a buffer."""

    name: str
    numbers: int
    buffer: bool


class Programs:
    """Every layer's operations and tensors, worked out once for each (layer, input shapes)."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._operations: dict[tuple[int, bool, bool], tuple[Operation, ...]] = {}
        self._tensors: dict[int, tuple[Tensor, ...]] = {}

    def operations(self, node: Node, training: bool) -> tuple[Operation, ...]:
        """What the layer does in torch."""
        key = (node.alike, node.inplace, training)
        known = self._operations.get(key)
        if known is None:
            assert node.output is not None
            layer = node.layer
            known = None if layer.phased else self._operations.get((node.alike, node.inplace, not training))
            if known is None:
                known = layer.operations(self._shapes(node), node.output, training)
                if node.inplace:
                    known = overwritten(known, layer.overwrites)
            self._operations[key] = known
        return known

    def _shapes(self, node: Node) -> tuple[Shape, ...]:
        """Those of what the layer reads."""
        return tuple([self._graph.shape(ref) for ref in node.inputs])  # type: ignore[misc]

    def loss(self, name: str, program: tuple[Operation, ...], ref: int, first: bool) -> tuple[Operation, ...]:
        """What a loss on an output does; the `first` one begins their sum."""
        return program

    def sum(self, operation: Operation) -> Operation:
        """The sum of the losses so far and the last one."""
        return operation

    def tensors(self, node: Node) -> tuple[Tensor, ...]:
        """The layer's own tensors."""
        known = self._tensors.get(node.alike)
        if known is None:
            weights = node.layer.weights(*self._shapes(node))
            known = tuple([Tensor(one.name, size(one.shape)[0], one.buffer) for one in weights])
            self._tensors[node.alike] = known
        return known


class Residents:
    """Parameters, buffers and inputs as storages that never go. The trainable parameters are the first autograd nodes."""

    def __init__(self, graph: Graph, programs: Programs, width: int) -> None:
        self.width = width
        """Bytes per number."""
        self.storages: list[Storage] = []
        self.weights: list[list[Value]] = []
        """Per node its parameters."""
        self.parameters: list[tuple[int, int]] = []
        """The trainable ones in order: numbers, layer."""
        self.inputs: dict[int, Value] = {}
        self._training_only: set[int] = set()
        for node in graph.nodes:
            if node.share is not None:
                self.weights.append(self.weights[node.share])
                continue
            first = len(self.storages)
            self.weights.append(self._own(node, programs.tensors(node), width))
            if node.train_only:
                self._training_only.update(range(first, len(self.storages)))
        for number, (name, shape) in enumerate(graph.inputs.items()):
            constant, each = size((BATCH, *shape))
            self.inputs[-1 - number] = Value(len(self.storages), NO_GRADIENT)
            self.storages.append((constant, each * width, "inputs", -1, name))

    def _own(self, node: Node, tensors: tuple[Tensor, ...], width: int) -> list[Value]:
        """A layer's parameters; its buffers as well become storages."""
        if not tensors and node.kind != "batchnorm":
            return NOTHING
        storages, parameters, index, trainable = self.storages, self.parameters, node.index, node.trainable
        own = []
        for name, numbers, buffer in tensors:
            if not buffer:
                own.append(Value(len(storages), len(parameters) if trainable else NO_GRADIENT))
                if trainable:
                    parameters.append((numbers, index))
            storages.append((numbers * width, 0, "buffers" if buffer else "parameters", index, name))
        if node.kind == "batchnorm" and node.layer.track_stats:  # type: ignore[attr-defined]
            storages.append((COUNTER, 0, "buffers", index, "num_batches_tracked"))
        return own

    def present(self, training: bool) -> list[int]:
        """The storages that exist in training, or in prediction (train_only layers left out)."""
        everything = range(len(self.storages))
        if training or not self._training_only:
            return list(everything)
        return [storage for storage in everything if storage not in self._training_only]
