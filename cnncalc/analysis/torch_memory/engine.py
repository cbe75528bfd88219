"""Backward as torch's autograd engine runs it.

The nodes' turns come in descending order of creation, which is what the engine's ready queue comes to, because a node's
consumers are always younger. A node's incoming gradient lives until its outputs exist, are summed and cast to fit its
operands, then is freed; then what the node saved; then the outputs are handed on. Where gradients meet, the second is added into the first only if nobody else holds
the first's storage (a view holds what it views) and it has no holes. Source: torch 2.13, torch/csrc/autograd (engine.cpp, input_buffer.cpp,
functions/accumulate_grad.h), and measurement.
"""

from __future__ import annotations

from cnncalc.analysis.torch_memory import layouts
from cnncalc.analysis.torch_memory.machine import NONE, Machine
from cnncalc.analysis.torch_memory.strides import (
    Shape,
    Strides,
    contiguous,
    dense,
    elementwise,
    known,
    like,
    ordered,
    undone,
)
from cnncalc.analysis.torch_memory.values import Grad, Saved
from cnncalc.layers.operations import Form, Operation, Size


class Engine:
    """Backward passes of one process."""

    def __init__(self, machine: Machine, layers: list[int], apart: bool = False) -> None:
        self.machine = machine
        self.layers = layers
        """The layer of each trainable parameter."""
        self.kept: set[int] = set()
        """Trainable parameters whose gradient exists."""
        self.apart = apart
        self._buffers: list[Grad | None] = []
        self._waiting: list[int] = []
        self._pieces: dict[int, list[Grad]] = {}
        """Gradients that wait for the others of a split."""

    def keep_gradients(self) -> None:
        """All gradients exist from the start: they are added to."""
        self.kept.update(range(self.machine.leaves))

    def backward(self, root: int) -> None:
        """From a loss's node to the leaves."""
        machine = self.machine
        nodes, drop, references, mark = machine.nodes, machine.drop, machine.references, machine.trace.mark
        self._waiting = self._consumers(root)
        buffers: list[Grad | None] = [None] * len(nodes)
        self._buffers = buffers
        loss = nodes[root]
        assert loss is not None
        one = loss.operation.size
        seed = machine.make(one, 0, "transients", "seed of backward")
        references[seed] += 1  # backward() itself keeps it to the end
        buffers[root] = Grad(seed, None, (), one)
        layer = machine.layer
        for index in range(root, machine.leaves - 1, -1):
            node, incoming = nodes[index], buffers[index]
            if incoming is None or node is None:
                continue
            if node.layer != layer:
                layer = machine.layer = node.layer
                mark("backward", layer)
            kept, frame = node.kept, node.frame
            if frame is not None and kept:
                again = not frame.found
                kept = frame.unpack(machine, kept)
                if again:
                    mark("backward", layer)
            buffers[index] = None
            made = self._gradients(node, incoming)
            if frame is not None:  # what was computed again is the backward function's own
                for storage in kept:
                    drop(storage)
            if node.operation.wide:
                made = [(position, self._fitted(node.operation, position, grad)) for position, grad in made]
            self._release(incoming)
            if self._pieces:
                for piece in self._pieces.pop(index, ()):
                    self._release(piece)
            if frame is None:
                for storage in kept:
                    drop(storage)
            elif kept:
                frame.release(machine, node.kept)
            nodes[index] = None
            self._hand_on([(node.edges[position], grad) for position, grad in made])
        drop(seed)

    def _consumers(self, root: int) -> list[int]:
        """How many gradients each node has to wait for."""
        nodes = self.machine.nodes
        waiting = [0] * len(nodes)
        waiting[root] = 1
        for index in range(root, -1, -1):
            if waiting[index]:
                node = nodes[index]
                if node is not None:
                    for edge in node.edges:
                        if edge >= 0:
                            waiting[edge] += 1
        return waiting

    def _release(self, grad: Grad) -> None:
        grad.handles -= 1
        self.machine.drop(grad.storage)

    # -- one node -------------------------------------------------------------------------------------------------

    def _gradients(self, node: Saved, incoming: Grad) -> list[tuple[int, Grad]]:
        """The gradients of a node's operands by position, all alive at once."""
        operation, edges = node.operation, node.edges
        machine = self.machine
        made: list[tuple[int, Grad]] = []
        copy = None
        if operation.tidy and not layouts.tidy(operation, self._strides(node)[0], incoming.strides, machine.real):
            copy = machine.make(operation.size, 0, "transients", "contiguous gradient")
        for position in range(len(edges) - 1, -1, -1):  # torch computes that of `other` before that of `self`
            if edges[position] >= 0:
                made.append((position, self._gradient(node, position, incoming)))
        made.reverse()
        if copy is not None:
            machine.drop(copy)
        if operation.paired and len(made) < len(edges):
            machine.drop(machine.make(operation.size, 0, "transients", "gradient that nobody needs"))
        return made

    @staticmethod
    def _strides(node: Saved) -> tuple[Strides, ...]:
        """The strides of a node's operands."""
        return node.strides or (None,) * len(node.operation.reads)

    def _fitted(self, operation: Operation, position: int, grad: Grad) -> Grad:
        """A gradient in its operand's size, and then in its operand's number format."""
        gradient, real = operation.gradients[position], self.machine.real
        assert gradient is not None
        shape, size = operation.shapes[position], operation.sizes[position]
        # one image on one position may broadcast nothing
        if gradient.wide and real(shape) != real(operation.shape):
            grad = self._replaced(grad, shape, gradient.between or size, None)
            grad.viewed = len(shape) < len(operation.shape)  # summed with all axes kept, then viewed without the first
        if gradient.between is not None:
            whole = real(shape)
            grad = self._replaced(grad, shape, size, like(whole, grad.strides))
        return grad

    def _replaced(self, grad: Grad, shape: Shape, size: Size, strides: Strides) -> Grad:
        storage = self.machine.make(size, 0, "transients", "gradient")
        self._release(grad)
        return Grad(storage, strides, shape, size)

    def _gradient(self, node: Saved, position: int, incoming: Grad) -> Grad:
        operation, machine = node.operation, self.machine
        gradient = operation.gradients[position]
        assert gradient is not None
        form = gradient.form
        shape, size = operation.shapes[position], operation.sizes[position]
        if form is Form.NEW:
            temporaries = NONE
            if gradient.temporaries:
                made = gradient.temporaries
                temporaries = [machine.make(one, width, "transients", operation.name) for one, width in made]
            if gradient.wide:
                shape, size = operation.shape, operation.size
            elif gradient.between is not None:
                size = gradient.between
            storage = machine.make(size, 0, "transients", "gradient")
            for temporary in temporaries:
                machine.drop(temporary)
            if node.strides is None and incoming.strides is None:
                return Grad(storage, None, shape, size)
            laid = layouts.backward(
                operation, position, self._strides(node), incoming.strides, machine.real, machine.digits
            )
            return Grad(storage, laid, shape, size)
        if form is Form.VIEW:
            return self._undo(operation, shape, size, incoming)
        machine.references[incoming.storage] += 1
        if form is Form.SAME:
            incoming.handles += 1
            return incoming
        if form is Form.PART:
            whole = machine.real(operation.shape)
            strides = contiguous(whole) if incoming.strides is None else incoming.strides
            return Grad(incoming.storage, known(machine.real(shape), strides), shape, size, viewed=True)
        return Grad(incoming.storage, (0,) * len(shape), shape, size, viewed=True)

    def _undo(self, operation: Operation, shape: Shape, size: Size, incoming: Grad) -> Grad:
        assert operation.view is not None
        machine = self.machine
        if incoming.strides is None and operation.view.kind == "reshape":
            strides: Strides | bool = None
        else:
            strides = undone(operation.view, machine.real(shape), machine.real(operation.shape), incoming.strides)
        if strides is False:
            return Grad(machine.make(size, 0, "transients", "gradient"), None, shape, size)
        assert not isinstance(strides, bool)
        machine.references[incoming.storage] += 1
        return Grad(incoming.storage, strides, shape, size, viewed=True)

    # -- between nodes --------------------------------------------------------------------------------------------

    def _hand_on(self, outgoing: list[tuple[int, Grad]]) -> None:
        buffers, waiting, leaves = self._buffers, self._waiting, self.machine.leaves
        ready = []
        for edge, grad in outgoing:
            waiting[edge] -= 1
            before = buffers[edge]
            if before is None:
                buffers[edge] = grad
            elif edge >= leaves and self._splits(edge):
                self._pieces.setdefault(edge, []).append(grad)
            else:
                buffers[edge] = self._meet(before, grad)
            if edge < leaves and waiting[edge] == 0:
                ready.append(edge)
        for leaf in ready:
            gradient = buffers[leaf]
            assert gradient is not None
            buffers[leaf] = None
            self._accumulate(leaf, gradient)

    def _splits(self, index: int) -> bool:
        node = self.machine.nodes[index]
        return node is not None and node.operation.name == "split"

    def _meet(self, before: Grad, grad: Grad) -> Grad:
        """Two gradients for one tensor: added in place where only this buffer holds the first one's storage."""
        machine = self.machine
        if (
            not self.apart
            and not before.viewed
            and machine.references[before.storage] == 1
            and (before.strides is None or dense(machine.real(before.shape), before.strides))
        ):
            self._release(grad)
            return before
        storage = machine.make(grad.size, 0, "transients", "sum of gradients")
        self._release(before)
        self._release(grad)
        shape = machine.real(grad.shape)
        laid = elementwise(shape, [(shape, before.strides), (shape, grad.strides)])
        return Grad(storage, laid, grad.shape, grad.size)

    def _accumulate(self, leaf: int, grad: Grad) -> None:
        """A parameter's gradient: added to the one that exists, taken over if nobody else holds it, else copied."""
        if leaf in self.kept:
            self._release(grad)
            return
        storages = self.machine.trace.storages
        storage = grad.storage
        if grad.handles > 1 or not (grad.strides is None or ordered(grad.shape, grad.strides)):
            storage = self.machine.make(grad.size, 0, "gradients", "gradient")
            self._release(grad)
        made = storages[storage]
        storages[storage] = (made[0], made[1], "gradients", self.layers[leaf], "gradient")
        self.kept.add(leaf)
