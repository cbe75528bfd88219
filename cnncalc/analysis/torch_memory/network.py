"""A whole graph through prediction and through a training step, as traces.

Prediction: parameters, buffers (train_only layers left out) and inputs are resident; each value is freed after its last
use. A training step, the second one: gradients are None (or kept as zeros); then, as often as gradients are
accumulated, forward, loss and backward; then the optimizer.
"""

from __future__ import annotations

from collections.abc import Sequence

from cnncalc.analysis.torch_memory.autocast import CastPrograms, Machine16
from cnncalc.analysis.torch_memory.checkpoint import checkpointed
from cnncalc.analysis.torch_memory.losses import loss_name, loss_program, target_bytes
from cnncalc.analysis.torch_memory.machine import Machine
from cnncalc.analysis.torch_memory.plan import Plan, Section, Step
from cnncalc.analysis.torch_memory.residents import Programs, Residents
from cnncalc.analysis.torch_memory.trace import Trace
from cnncalc.analysis.torch_memory.values import NO_GRADIENT, Value, ViewOverwriteError
from cnncalc.core.shapes import Shape
from cnncalc.graph.model import Graph
from cnncalc.layers.operations import SAME, Layout, Operation
from cnncalc.layers.program import Program


class Simulation:
    """One graph in one process."""

    def __init__(self, graph: Graph, programs: Programs, residents: Residents, sample: int, order: Plan) -> None:
        self.graph = graph
        self.programs = programs
        self.residents = residents
        self.training = training = order.training
        self.trace = Trace(list(residents.storages), residents.present(training))
        leaves = len(residents.parameters) if training else 0
        if isinstance(programs, CastPrograms):  # its sizes are in bytes
            self.machine: Machine = Machine16(self.trace, sample, leaves, training)
        else:
            self.machine = Machine(self.trace, residents.width, sample, leaves, training)
        self.steps, self.kept = order.steps, order.kept
        self.phase = "forward"

    def keep_gradients(self) -> None:
        """Gradients of the step before, set to zero."""
        for numbers, layer in self.residents.parameters:
            self.machine.hold(numbers * self.residents.width, 0, "gradients", layer, "gradient")

    def forward(self) -> list[Value]:
        """Every layer in turn; a value goes after its last use. Gives the values that remain."""
        values = dict(self.residents.inputs)
        self._run(self.steps, values)
        return [values[ref] for ref in self.kept]

    def _run(self, steps: Sequence[Step | Section], values: dict[int, Value]) -> None:
        machine, marks, events, phase = self.machine, self.trace.marks, self.trace.events, self.phase
        weights, programs, training = self.residents.weights, self.programs.operations, self.training
        for step in steps:
            if isinstance(step, Section):
                self._section(step, values)
                finished = step.finished
            else:
                node, reads, finished = step
                index = node.index
                marks.append((len(events), phase, index))
                inputs = [values[ref] for ref in reads]
                values[index] = machine.run(programs(node, training), inputs, weights[index], index)
                if node.inplace:
                    self._overwritten(inputs[0], values[index], values)
            for ref in finished:
                value = values.pop(ref)
                if ref >= 0:
                    machine.drop(value.storage)

    def _overwritten(self, before: Value, after: Value, values: dict[int, Value]) -> None:
        """A tensor that was overwritten is the result under all of its names. Raises ViewOverwriteError for other tensors on its numbers."""
        for ref, value in values.items():
            if value is before:
                values[ref] = after
            elif value.storage == after.storage and value is not after and self.training:
                raise ViewOverwriteError(self.machine.layer)

    def _section(self, section: Section, values: dict[int, Value]) -> None:
        """A checkpoint, which may run again later, inside backward."""

        def run(inputs: list[Value]) -> list[Value]:
            before, self.phase = self.phase, "recomputation" if self.machine.replay is not None else "forward"
            inside = dict(zip(section.reads, inputs, strict=True))
            self._run(section.steps, inside)
            self.phase = before
            return [inside[ref] for ref in section.results]

        self.trace.mark(self.phase, _first(section))
        self.machine.layer = _first(section)
        outputs = checkpointed(self.machine, [values[ref] for ref in section.reads], run)
        values.update(zip(section.results, outputs, strict=True))

    def loss(self, outputs: list[Value], targets: Sequence[Value]) -> Value:
        """The sum of the outputs' losses, to which the caller gives a name."""
        machine = self.machine
        total = one = None
        for ref, output, goal in zip(self.kept, outputs, targets, strict=True):
            shape = self.graph.shape(ref)
            assert shape is not None
            self.trace.mark("loss", -1)
            name = self._loss(shape)
            program = self.programs.loss(name, loss_program(name, shape), ref, total is None)
            before, one = one, machine.run(program, [output, goal], [], -1)
            if ref >= 0:
                machine.drop(output.storage)
            if before is not None and before is not total:
                machine.drop(before.storage)
            partial, total = total, one if total is None else machine.operate(self.programs.sum(_SUM), [total, one])
            if partial is not None:
                machine.drop(partial.storage)
        assert total is not None
        if one is not None and one is not total:
            machine.drop(one.storage)
        machine.leave()
        return total

    def _loss(self, shape: Shape) -> str:
        task = self.graph.spec.task
        return loss_name(task.loss if task is not None else None, shape)

    def targets(self) -> list[Value]:
        """What each output is compared with."""
        result = []
        for ref in self.kept:
            shape = self.graph.shape(ref)
            assert shape is not None
            constant, each = target_bytes(self._loss(shape), shape, self.residents.width)
            result.append(Value(self.machine.hold(constant, each, "inputs", -1, "target"), NO_GRADIENT))
        return result


def _first(section: Section) -> int:
    step = section.steps[0]
    return _first(step) if isinstance(step, Section) else step.node.index


def _sum() -> Operation:
    program = Program(((), ()))
    program.add("add", (0, 1), (1,), (SAME, SAME), layout=Layout.PLAIN)
    return program.operations[0]._replace(shapes=((), ()), sizes=((1, 0), (1, 0)))


_SUM = _sum()
