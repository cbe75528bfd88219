"""A whole graph through prediction and through a training step, as traces.

Prediction: parameters, buffers (train_only layers left out) and inputs are resident; each value is freed after its last
use. A training step, the second one: gradients are None (or kept as zeros), forward, loss, backward, optimizer.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from cnncalc.analysis.torch_memory.losses import loss_name, loss_program, target_bytes
from cnncalc.analysis.torch_memory.machine import NO_GRADIENT, Machine, Value
from cnncalc.analysis.torch_memory.trace import Trace
from cnncalc.core.shapes import Shape
from cnncalc.graph.model import Graph, Node
from cnncalc.layers.operations import BATCH, SAME, Layout, Operation, size
from cnncalc.layers.program import Program

COUNTER = 8
"""Bytes of a batch norm's step counter (int64)."""


NOTHING: list[Value] = []


class Tensor(NamedTuple):
    """A layer's own tensor: its name, how many numbers it holds, whether it is a buffer."""

    name: str
    numbers: int
    buffer: bool


class Step(NamedTuple):
    """One layer's turn: the values it reads, and those that nobody needs afterwards."""

    node: Node
    reads: tuple[int, ...]
    finished: tuple[int, ...]


class Run(NamedTuple):
    """A finished simulation."""

    trace: Trace
    saved: dict[int, int]
    """Storage that backward keeps -> the layer that saved it first (-1: the loss)."""


def plan(graph: Graph, training: bool) -> tuple[list[Step], list[int]]:
    """The turns in order, and the values that remain: the trunk's result and what nothing reads (heads)."""
    nodes = [node for node in graph.nodes if training or not node.train_only]
    read = {ref for node in nodes for ref in node.inputs}
    kept = list(dict.fromkeys([graph.result, *(node.index for node in nodes if node.index not in read)]))
    needed = set(kept)
    steps = []
    for node in reversed(nodes):
        finished = tuple([ref for ref in dict.fromkeys(node.inputs) if ref not in needed])
        needed.update(finished)
        steps.append(Step(node, node.inputs, finished))
    return steps[::-1], kept


class Programs:
    """Every layer's operations and tensors, worked out once for each (layer, input shapes)."""

    def __init__(self, graph: Graph) -> None:
        inputs, nodes = tuple(graph.inputs.values()), graph.nodes
        self._keys: list[tuple[int, tuple[Shape, ...]]] = [
            (id(node.layer), tuple([nodes[r].output if r >= 0 else inputs[-1 - r] for r in node.inputs]))  # type: ignore[misc]
            for node in nodes
        ]
        self._operations: dict[bool, dict[tuple[int, tuple[Shape, ...]], tuple[Operation, ...]]] = {False: {}, True: {}}
        self._tensors: dict[tuple[int, tuple[Shape, ...]], tuple[Tensor, ...]] = {}

    def operations(self, node: Node, training: bool) -> tuple[Operation, ...]:
        """What the layer does in torch."""
        key = self._keys[node.index]
        known = self._operations[training].get(key)
        if known is None:
            assert node.output is not None
            known = self._operations[training][key] = node.layer.operations(key[1], node.output, training)
        return known

    def tensors(self, node: Node) -> tuple[Tensor, ...]:
        """The layer's own tensors."""
        key = self._keys[node.index]
        known = self._tensors.get(key)
        if known is None:
            weights = node.layer.weights(*key[1])
            known = self._tensors[key] = tuple([Tensor(one.name, size(one.shape)[0], one.buffer) for one in weights])
        return known


class Simulation:
    """One graph in one process."""

    def __init__(self, graph: Graph, programs: Programs, width: int, sample: int, training: bool) -> None:
        self.graph = graph
        self.programs = programs
        self.training = training
        self.trace = Trace()
        self.machine = Machine(self.trace, width, sample)
        self.machine.recording = training
        self.steps, self.kept = plan(graph, training)
        self.weights: dict[int, list[Value]] = {}
        self.parameters: list[tuple[int, int]] = []
        """Trainable parameters in order: numbers, layer."""
        self.values: dict[int, Value] = {}
        self._reside()

    def _reside(self) -> None:
        """Parameters, buffers and inputs."""
        machine = self.machine
        for node in [step.node for step in self.steps]:
            if node.share is not None:
                self.weights[node.index] = self.weights[node.share]
                continue
            own = []
            for weight in self.programs.tensors(node):
                if weight.buffer:
                    machine.hold(weight.numbers * machine.width, 0, "buffers", node.index, weight.name)
                    continue
                trainable = self.training and node.trainable
                own.append(machine.parameter(weight.numbers, node.index, weight.name, trainable))
                if trainable:
                    self.parameters.append((weight.numbers, node.index))
            self.weights[node.index] = own if own else NOTHING
            if node.kind == "batchnorm" and node.layer.track_stats:  # type: ignore[attr-defined]
                machine.hold(COUNTER, 0, "buffers", node.index, "num_batches_tracked")
        for number, shape in enumerate(self.graph.inputs.values()):
            constant, each = size((BATCH, *shape))
            storage = machine.hold(constant, each * machine.width, "inputs", -1, list(self.graph.inputs)[number])
            self.values[-1 - number] = Value(storage, NO_GRADIENT)

    def keep_gradients(self) -> None:
        """Gradients of the step before, set to zero."""
        for numbers, layer in self.parameters:
            self.machine.hold(numbers * self.machine.width, 0, "gradients", layer, "gradient")

    def forward(self) -> None:
        """Every layer in turn; a value goes after its last use."""
        machine, values, mark = self.machine, self.values, self.trace.mark
        for node, reads, finished in self.steps:
            mark("forward", node.index)
            program = self.programs.operations(node, self.training)
            inputs = [values[ref] for ref in reads]
            values[node.index] = machine.run(program, inputs, self.weights[node.index], node.index)
            for ref in finished:
                value = values.pop(ref)
                if ref >= 0:
                    machine.drop(value.storage)

    def loss(self, targets: Sequence[Value]) -> int:
        """The sum of the outputs' losses; gives its autograd node."""
        machine = self.machine
        total = one = None
        for ref, goal in zip(self.kept, targets, strict=True):
            shape = self.graph.shape(ref)
            assert shape is not None
            self.trace.mark("loss", -1)
            output = self.values.pop(ref)
            before, one = one, machine.run(loss_program(self._loss(shape), shape), [output, goal], [], -1)
            if ref >= 0:
                machine.drop(output.storage)
            if before is not None and before is not total:
                machine.drop(before.storage)
            partial, total = total, one if total is None else machine.operate(_SUM, [total, one])
            if partial is not None:
                machine.drop(partial.storage)
        assert total is not None
        if one is not None and one is not total:
            machine.drop(one.storage)
        return total.node

    def _loss(self, shape: Shape) -> str:
        task = self.graph.spec.task
        return loss_name(task.loss if task is not None else None, shape)

    def targets(self) -> list[Value]:
        """What each output is compared with."""
        result = []
        for ref in self.kept:
            shape = self.graph.shape(ref)
            assert shape is not None
            constant, each = target_bytes(self._loss(shape), shape, self.machine.width)
            result.append(Value(self.machine.hold(constant, each, "inputs", -1, "target"), NO_GRADIENT))
        return result


def _sum() -> Operation:
    program = Program(((), ()))
    program.add("add", (0, 1), (1,), (SAME, SAME), layout=Layout.PLAIN)
    return program.operations[0]


_SUM = _sum()
