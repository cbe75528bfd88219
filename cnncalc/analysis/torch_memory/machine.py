"""Runs operations forward and backward as eager PyTorch does, and notes who is born and who is freed.

Three things keep a storage alive: a value (a name in some frame), a node of the autograd graph that saved it, a gradient
on its way. Forward makes values and nodes. Backward takes the nodes in descending order of creation, which is what the
engine's ready queue comes to, because a node's consumers are always younger. A node's incoming gradient lives until its
outputs exist, then is freed; then what the node saved; then the outputs are handed on. Where gradients meet, the second
is added into the first only if nobody else holds the first's storage and it has no holes. Source: torch 2.13,
torch/csrc/autograd (engine.cpp, input_buffer.cpp, functions/accumulate_grad.h), and measurement.
"""

from __future__ import annotations

from typing import NamedTuple

from cnncalc.analysis.torch_memory.liveness import last_reads
from cnncalc.analysis.torch_memory.strides import (
    Shape,
    Strides,
    contiguous,
    dense,
    follow,
    image,
    known,
    result,
    undone,
    viewed,
)
from cnncalc.analysis.torch_memory.trace import Trace
from cnncalc.layers.operations import RESULT, Form, Gradient, Layout, Operation, Size

NO_GRADIENT = -1
NONE: list[int] = []


class Value(NamedTuple):
    """A tensor that a frame names: its storage, the autograd node that made it (or NO_GRADIENT), its strides."""

    storage: int
    node: int
    strides: Strides = None


class Grad:
    """A gradient on its way. `handles`: how many hold this very tensor; its storage may have further views."""

    __slots__ = ("handles", "shape", "size", "storage", "strides")

    def __init__(self, storage: int, strides: Strides, shape: Shape, size: Size) -> None:
        self.storage = storage
        self.strides = strides
        self.shape = shape
        self.size = size
        self.handles = 1


class Saved(NamedTuple):
    """An autograd node: where its gradients go, what it keeps, and at which layer it was made."""

    operation: Operation
    edges: tuple[int, ...]
    storages: list[int]
    strides: list[Strides]
    layer: int


def _node(value: Value) -> int:
    return value.node


class Machine:
    """One process: storages with reference counts, and the autograd graph.

    `sample` is the batch whose strides are followed: 1, or 2 for every larger one.
    """

    def __init__(self, trace: Trace, width: int, sample: int) -> None:
        self.trace = trace
        self._storages, self._events = trace.storages, trace.events
        self.width = width
        self.sample = sample
        self.references: list[int] = []
        self.leaves: list[int] = []
        """The storage of each trainable parameter; the first nodes of the autograd graph."""
        self.leaf_layers: list[int] = []
        self.nodes: list[Saved | None] = []
        self.recording = True
        self.owned: dict[int, int] = {}
        """Storage that backward keeps -> the layer that saved it first."""
        self.gradients: dict[int, int] = {}
        """Trainable parameter -> the storage of its gradient."""
        self.layer = -1
        self._pieces: dict[int, list[Grad]] = {}
        """Gradients that wait for the others of a split."""

    # -- storages -------------------------------------------------------------------------------------------------

    def hold(self, constant: int, each: int, kind: str, layer: int, what: str) -> int:
        """A storage that exists from the start and never goes."""
        self.references.append(1)
        return self.trace.hold(constant, each, kind, layer, what)

    def parameter(self, numbers: int, layer: int, what: str, trainable: bool) -> Value:
        """A parameter; a trainable one is a leaf of the autograd graph. All are made before the first operation."""
        storage = self.hold(numbers * self.width, 0, "parameters", layer, what)
        if not trainable:
            return Value(storage, NO_GRADIENT)
        self.leaves.append(storage)
        self.leaf_layers.append(layer)
        self.nodes.append(None)
        return Value(storage, len(self.leaves) - 1)

    def make(self, size: Size, width: int, kind: str, what: str) -> int:
        """A new storage with one reference."""
        width = width or self.width
        storage = len(self.references)
        self._storages.append((size[0] * width, size[1] * width, kind, self.layer, what))
        self._events.append(storage)
        self.references.append(1)
        return storage

    def drop(self, storage: int) -> None:
        """One reference less; the last one frees it."""
        references = self.references
        references[storage] -= 1
        if references[storage] == 0:
            self._events.append(~storage)

    def real(self, shape: Shape) -> Shape:
        """A shape with the sample's batch."""
        return tuple([length if length >= 0 else -length * self.sample for length in shape])

    # -- forward --------------------------------------------------------------------------------------------------

    def run(self, program: tuple[Operation, ...], inputs: list[Value], weights: list[Value], layer: int) -> Value:
        """A layer's operations; gives its result. The caller's frame keeps the inputs."""
        self.layer = layer
        count = len(inputs)
        if not program:
            self.references[inputs[0].storage] += 1
            return inputs[0]
        if len(program) == 1:
            operation = program[0]
            return self.operate(operation, [inputs[r] if r >= 0 else weights[-1 - r] for r in operation.reads])
        values = list(inputs)
        last = last_reads(program, count)
        held: list[int] = []
        for operation, finished in zip(program, last, strict=True):
            values.append(self.operate(operation, [values[r] if r >= 0 else weights[-1 - r] for r in operation.reads]))
            for slot in finished:
                if program[slot - count].named:
                    held.append(slot)
                else:
                    self.drop(values[slot].storage)
        for slot in held:
            self.drop(values[slot].storage)
        return values[-1]

    def operate(self, operation: Operation, reads: list[Value]) -> Value:
        """One operation."""
        if operation.view is not None:
            return self._view(operation, reads[0])
        if operation.inplace:
            storage = reads[0].storage
            self.references[storage] += 1
        else:
            storage = self.make(operation.size, operation.width, "transients", operation.name)
        own = NONE
        if operation.own and not (operation.lazy and max(reads, key=_node).node < 0):
            own = [self.make(*one, "transients", operation.name) for one in operation.own]
        strides: Strides = None
        if reads and reads[0].strides is not None:
            shape, source = self.real(operation.shape), self.real(operation.shapes[0])
            strides = result(operation.layout, shape, source, reads[0].strides)
        node = self._record(operation, reads, storage, own)
        for extra in own:
            self.drop(extra)
        return Value(storage, node, strides)

    def _view(self, operation: Operation, read: Value) -> Value:
        assert operation.view is not None
        strides: Strides | bool = None
        if operation.view.kind == "sibling":
            self.references[read.storage] += 1
            return read
        if operation.view.kind == "contiguous":
            if read.strides is None:
                self.references[read.storage] += 1
                return read
            strides = False
        elif read.strides is not None or operation.view.kind != "reshape":
            source, shape = self.real(operation.shapes[0]), self.real(operation.shape)
            strides = viewed(operation.view, source, read.strides, shape)
        if strides is False:  # reshape copies: a clone, then a view of it that nobody else knows
            storage = self.make(operation.size, operation.width, "transients", "clone")
            strides = None
        else:
            storage = read.storage
            self.references[storage] += 1
        assert not isinstance(strides, bool)
        return Value(storage, self._record(operation, [read], storage, NONE), strides)

    def _record(self, operation: Operation, reads: list[Value], storage: int, own: list[int]) -> int:
        """The autograd node of an operation, with what it saves; NO_GRADIENT where nothing needs one."""
        if not self.recording:
            return NO_GRADIENT
        edges = tuple([read.node for read in reads])
        if None in operation.gradients:
            pairs = zip(edges, operation.gradients, strict=True)
            edges = tuple([NO_GRADIENT if gradient is None else edge for edge, gradient in pairs])
        if max(edges, default=NO_GRADIENT) < 0:
            return NO_GRADIENT
        kept = []
        for what, when in operation.saves:
            if when < 0 or edges[when] >= 0:
                one = reads[what].storage if what >= 0 else storage if what == RESULT else own[-2 - what]
                kept.append(one)
                self.references[one] += 1
                if one not in self.owned:
                    self.owned[one] = self.layer
        self.nodes.append(Saved(operation, edges, kept, [read.strides for read in reads], self.layer))
        return len(self.nodes) - 1

    # -- backward -------------------------------------------------------------------------------------------------

    def backward(self, root: int, phase: str = "backward", zeroed: bool = False) -> None:
        """From a loss's node to the leaves. `zeroed`: gradients exist and are added to."""
        nodes, leaves = self.nodes, len(self.leaves)
        waiting = self._consumers(root)
        seed = self.make((1, 0), 0, "transients", "seed of backward")
        self.references[seed] += 1  # backward() itself keeps it to the end
        buffers: dict[int, Grad] = {root: Grad(seed, None, (), (1, 0))}
        for index in range(root, leaves - 1, -1):
            node = nodes[index]
            if index not in buffers or node is None:
                continue
            if node.layer != self.layer:
                self.layer = node.layer
                self.trace.mark(phase, node.layer)
            incoming = buffers.pop(index)
            outgoing = self._gradients(node, incoming)
            self._release(incoming)
            for piece in self._pieces.pop(index, ()):
                self._release(piece)
            for storage in node.storages:
                self.drop(storage)
            nodes[index] = None
            self._hand_on(outgoing, buffers, waiting, leaves, zeroed)
        self.drop(seed)

    def _consumers(self, root: int) -> list[int]:
        """How many gradients each node has to wait for."""
        waiting = [0] * len(self.nodes)
        waiting[root] = 1
        for index in range(root, -1, -1):
            node = self.nodes[index]
            if waiting[index] and node is not None:
                for edge in node.edges:
                    if edge >= 0:
                        waiting[edge] += 1
        return waiting

    def _release(self, grad: Grad) -> None:
        grad.handles -= 1
        self.drop(grad.storage)

    def _gradients(self, node: Saved, incoming: Grad) -> list[tuple[int, Grad]]:
        """The gradients of a node's operands, all alive at once; wide ones are summed when all exist."""
        operation, edges = node.operation, node.edges
        made: list[tuple[int, Grad]] = []
        wide = False
        copy = None
        if operation.tidy and incoming.strides is not None:
            copy = self.make(operation.size, 0, "transients", "contiguous gradient")
        for position in range(len(edges) - 1, -1, -1):  # torch computes that of `other` before that of `self`
            if edges[position] >= 0:
                gradient = operation.gradients[position]
                assert gradient is not None
                wide = wide or gradient.wide
                made.append((position, self._gradient(node, position, gradient, incoming)))
        made.reverse()
        if copy is not None:
            self.drop(copy)
        if operation.paired and len(made) < len(edges):
            self.drop(self.make(operation.size, 0, "transients", "gradient that nobody needs"))
        if wide:
            made = [(position, self._summed(operation, position, grad)) for position, grad in made]
        return [(edges[position], grad) for position, grad in made]

    def _summed(self, operation: Operation, position: int, grad: Grad) -> Grad:
        gradient = operation.gradients[position]
        if gradient is None or not gradient.wide:
            return grad
        storage = self.make(operation.sizes[position], 0, "transients", "gradient")
        self._release(grad)
        return Grad(storage, None, operation.shapes[position], operation.sizes[position])

    def _gradient(self, node: Saved, position: int, gradient: Gradient, incoming: Grad) -> Grad:
        operation = node.operation
        if gradient.form is Form.SAME:
            incoming.handles += 1
            self.references[incoming.storage] += 1
            return incoming
        shape, size = operation.shapes[position], operation.sizes[position]
        if gradient.form is Form.VIEW:
            return self._undo(operation, shape, size, incoming)
        if gradient.form is Form.PART:
            self.references[incoming.storage] += 1
            whole = self.real(operation.shape)
            strides = contiguous(whole) if incoming.strides is None else incoming.strides
            return Grad(incoming.storage, known(self.real(shape), strides), shape, size)
        if gradient.form is Form.SPREAD:
            self.references[incoming.storage] += 1
            return Grad(incoming.storage, (0,) * len(shape), shape, size)
        temporaries = [self.make(one, width, "transients", operation.name) for one, width in gradient.temporaries]
        if gradient.wide:
            shape, size = operation.shape, operation.size
        storage = self.make(size, 0, "transients", "gradient")
        for temporary in temporaries:
            self.drop(temporary)
        return Grad(storage, self._order(node, position, incoming), shape, size)

    def _order(self, node: Saved, position: int, incoming: Grad) -> Strides:
        """The strides of a new gradient."""
        operation, mine = node.operation, node.strides[position]
        if operation.name == "conv" and position == 1 and node.strides[0] is not None:
            weight = self.real(operation.shapes[1])
            return image(weight, self.real(operation.shapes[0]), node.strides[0])
        if operation.layout is Layout.FOLLOW:
            return follow(self.real(operation.shape), incoming.strides)
        if mine is None:
            return None
        shape = self.real(operation.shapes[position])
        if operation.layout is Layout.IMAGE:
            return image(shape, shape, mine)
        # a product's gradient is laid out as its factor is, so that a transposed weight's needs no copy
        return mine if operation.name in ("mm", "addmm") and dense(shape, mine) else None

    def _undo(self, operation: Operation, shape: Shape, size: Size, incoming: Grad) -> Grad:
        assert operation.view is not None
        if incoming.strides is None and operation.view.kind == "reshape":
            strides: Strides | bool = None
        else:
            strides = undone(operation.view, self.real(shape), self.real(operation.shape), incoming.strides)
        if strides is False:
            return Grad(self.make(size, 0, "transients", "gradient"), None, shape, size)
        assert not isinstance(strides, bool)
        self.references[incoming.storage] += 1
        return Grad(incoming.storage, strides, shape, size)

    def _hand_on(
        self,
        outgoing: list[tuple[int, Grad]],
        buffers: dict[int, Grad],
        waiting: list[int],
        leaves: int,
        zeroed: bool,
    ) -> None:
        ready = []
        for edge, grad in outgoing:
            waiting[edge] -= 1
            before = buffers.get(edge)
            if before is None:
                buffers[edge] = grad
            elif edge >= leaves and self._splits(edge):
                self._pieces.setdefault(edge, []).append(grad)
            else:
                buffers[edge] = self._meet(before, grad)
            if edge < leaves and waiting[edge] == 0:
                ready.append(edge)
        for leaf in ready:
            self._accumulate(leaf, buffers.pop(leaf), zeroed)

    def _splits(self, index: int) -> bool:
        node = self.nodes[index]
        return node is not None and node.operation.name == "split"

    def _meet(self, before: Grad, grad: Grad) -> Grad:
        """Two gradients for one tensor: added in place where only this buffer holds the first one's storage."""
        if self.references[before.storage] == 1 and dense(self.real(before.shape), before.strides):
            self._release(grad)
            return before
        storage = self.make(grad.size, 0, "transients", "sum of gradients")
        self._release(before)
        self._release(grad)
        return Grad(storage, None, grad.shape, grad.size)

    def _accumulate(self, leaf: int, grad: Grad, zeroed: bool) -> None:
        """A parameter's gradient: added to the one that exists, taken over if nobody else holds it, else copied."""
        if zeroed or leaf in self.gradients:
            self._release(grad)
            return
        storage = grad.storage
        if grad.handles > 1 or grad.strides is not None:
            storage = self.make(grad.size, 0, "gradients", "gradient")
            self._release(grad)
        constant, each, *_ = self._storages[storage]
        self._storages[storage] = (constant, each, "gradients", self.leaf_layers[leaf], "gradient")
        self.gradients[leaf] = storage
