"""Runs operations as eager PyTorch does, and notes who is born and who is freed.

Three things keep a storage alive: a value (a name in some frame), a node of the autograd graph that saved it, a gradient
on its way. This makes the values and nodes; `engine` is backward, `checkpoint` what saves differently inside a
checkpoint. Source: torch 2.13 (torch/csrc/autograd), and measurement.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnncalc.analysis.torch_memory import layouts
from cnncalc.analysis.torch_memory.liveness import last_reads
from cnncalc.analysis.torch_memory.strides import Shape, Strides, image, ordered, viewed
from cnncalc.analysis.torch_memory.trace import Trace
from cnncalc.analysis.torch_memory.values import NO_GRADIENT, OverwriteError, Saved, Value, ViewOverwriteError
from cnncalc.layers.operations import RESULT, UNSAFE, VOLUME, Operation, Size

if TYPE_CHECKING:
    from cnncalc.analysis.torch_memory.checkpoint import Frame, Replay

NONE: list[int] = []


class Machine:
    """One process: storages with reference counts, and the autograd graph.

    `sample` is the batch whose strides are followed: 1, or 2 for every larger one. `leaves` trainable parameters are the
    first nodes of the autograd graph; the residents have been made.
    """

    def __init__(self, trace: Trace, width: int, sample: int, leaves: int = 0, recording: bool = True) -> None:
        self.trace = trace
        self._storages, self._events = trace.storages, trace.events
        self.width = width
        self.digits = width
        """Bytes per number in a convolution."""
        self.sample = sample
        self.references = [1] * len(trace.storages)
        self.leaves = leaves
        self.nodes: list[Saved | None] = [None] * leaves
        self.recording = recording
        self.frame: Frame | None = None
        """The checkpoint that what is run now belongs to."""
        self.replay: Replay | None = None
        """Who collects what is saved while a checkpoint is computed again."""
        self.owned: dict[int, int] = {}
        """Storage that backward keeps -> the layer that saved it first."""
        self.guards: dict[int, int] = {}
        """Storage that torch finds out about when it is overwritten -> a layer that keeps it."""
        self.lent: dict[int, Frame] = {}
        """Storage that only a checkpoint whose forward pass still runs guards -> that checkpoint."""
        self.guarding = False
        """Whether it is noticed that something overwrites what is kept: what holds of one pass holds of the next."""
        self.casts: dict[int, Value] = {}
        """Storage of a parameter -> its copy in low precision, kept until autocast is left."""
        self.layer = -1
        self.strided = False
        """Whether any value so far was not contiguous."""
        self.doubt = ("", -1)
        """What else decides how a layer runs, and that layer: the first of which there is such a thing."""
        self._last_reads: dict[int, tuple[list[list[int]], object]] = {}
        """A program's id -> when its results are read for the last time; and itself, lest another one gets its id."""
        self._lone: dict[int, tuple[tuple[int, int] | None, object]] = {}
        """An operation's id -> the bytes of its result, where that is all that it makes or touches; and itself."""

    # -- storages -------------------------------------------------------------------------------------------------

    def hold(self, constant: int, each: int, kind: str, layer: int, what: str) -> int:
        """A storage that exists from the start and never goes."""
        self.references.append(1)
        return self.trace.hold(constant, each, kind, layer, what)

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

    def leave(self) -> None:
        """Autocast is left: its copies of parameters go."""
        for copy in self.casts.values():
            self.drop(copy.storage)
        self.casts = {}

    def real(self, shape: Shape) -> Shape:
        """A shape with the sample's batch."""
        return tuple([length if length >= 0 else -length * self.sample for length in shape])

    # -- operations -----------------------------------------------------------------------------------------------

    def run(self, program: tuple[Operation, ...], inputs: list[Value], weights: list[Value], layer: int) -> Value:
        """A layer's operations; gives its result. The caller's frame keeps the inputs."""
        self.layer = layer
        if not program:
            self.references[inputs[0].storage] += 1
            return inputs[0]
        operation = program[0]
        if operation.ways is not None:
            program = self._way(program, inputs[0], weights[0])
        elif len(program) == 1:
            return self.operate(operation, [inputs[r] if r >= 0 else weights[-1 - r] for r in operation.reads])
        count, values = len(inputs), list(inputs)
        last = self._last_reads.get(id(program))
        if last is None:
            last = self._last_reads[id(program)] = (last_reads(program, count), program)
        held: list[int] = []
        for operation, finished in zip(program, last[0], strict=True):
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
        references = self.references
        if not self.strided and self.replay is None:
            lone = self._lone.get(id(operation))
            if lone is None:
                lone = self._lone[id(operation)] = (self._alone(operation), operation)
            if lone[0] is not None:
                storage = len(references)
                self._storages.append((*lone[0], "transients", self.layer, operation.name))
                self._events.append(storage)
                references.append(1)
                return Value(storage, self._record(operation, reads, storage, NONE) if self.recording else NO_GRADIENT)
        if operation.view is not None:
            return self._view(operation, *reads)
        if self.replay is not None:
            self.replay.ahead(self, operation, reads)
        if operation.inplace:
            storage = self._overwrite(operation, reads[0])
            references[storage] += 1
        else:
            volume = _convolves_volumes(operation)
            size = layouts.room(operation, self.real, self.digits) if volume else operation.size
            if volume and not self.doubt[0]:
                self.doubt = (layouts.doubt(operation, reads[0].strides, self.real, self.digits), self.layer)
            storage = self.make(size, operation.width, "transients", operation.name)
        own = NONE
        if operation.own and not (operation.lazy and not self._needed(operation, reads)):
            own = [self.make(*one, "transients", operation.name) for one in operation.own]
        strides: Strides = None
        if self.strided and reads and any(read.strides is not None for read in reads):
            strides = layouts.forward(operation, tuple([read.strides for read in reads]), self.real, self.digits)
            if operation.straight and not self._needed(operation, reads):
                strides = None
                if not ordered(self.real(operation.shapes[0]), reads[0].strides):
                    own = [*own, self.make(operation.sizes[0], 0, "transients", "contiguous")]
        node = self._record(operation, reads, storage, own) if self.recording else NO_GRADIENT
        for extra in own:
            self.drop(extra)
        return Value(storage, node, strides, False)

    def _alone(self, operation: Operation) -> tuple[int, int] | None:
        """The bytes of a result that is a new tensor and, where all lies in order, the only one; else None."""
        if operation.view is not None or operation.inplace or operation.own or _convolves_volumes(operation):
            return None
        (constant, each), width = operation.size, operation.width or self.width
        return constant * width, each * width

    def _needed(self, operation: Operation, reads: list[Value]) -> bool:
        """Whether the result needs a gradient."""
        return self.recording and max(self.edges(operation, reads), default=NO_GRADIENT) >= 0

    def edges(self, operation: Operation, reads: list[Value]) -> tuple[int, ...]:
        """Per operand the node that its gradient goes to, or NO_GRADIENT."""
        edges = tuple([read.node for read in reads])
        if operation.partial:
            pairs = zip(edges, operation.gradients, strict=True)
            return tuple([NO_GRADIENT if gradient is None else edge for edge, gradient in pairs])
        return edges

    def _overwrite(self, operation: Operation, read: Value) -> int:
        """The storage that an operation writes its result into. Raises OverwriteError where torch would not train."""
        storage = read.storage
        keeper = self.guards.get(storage) if self.guarding else None
        if keeper is not None:
            frame = self.lent.get(storage)
            if frame is None:
                raise OverwriteError(keeper, self.layer)
            frame.conflict = (frame.layer, self.layer)
        if self.recording and read.viewed and read.node >= 0:
            raise ViewOverwriteError(self.layer)
        return storage

    def _view(self, operation: Operation, read: Value, like: Value | None = None) -> Value:
        assert operation.view is not None
        strides: Strides | bool = None
        if like is not None:
            return self._settled(operation, read, like)
        if operation.view.kind == "sibling":
            self.references[read.storage] += 1
            return read
        order: Strides = None
        if operation.view.kind in ("contiguous", "suggested"):
            if operation.view.kind == "suggested":
                shape = self.real(operation.shape)
                order = image(shape, shape, read.strides)
            if self._lies(operation, read.strides, order):
                self.references[read.storage] += 1
                return read
            strides = False
        elif read.strides is not None or operation.view.kind != "reshape":
            source, shape = self.real(operation.shapes[0]), self.real(operation.shape)
            strides = viewed(operation.view, source, read.strides, shape)
        shared = strides is not False and operation.name != UNSAFE
        if strides is False:  # reshape copies: a clone, then a view of it that nobody else knows
            storage = self.make(operation.size, operation.width, "transients", "clone")
            strides = order
        else:
            storage = read.storage
            self.references[storage] += 1
        assert not isinstance(strides, bool)
        if strides is not None:
            self.strided = True
        node = self._record(operation, [read], storage, NONE) if self.recording else NO_GRADIENT
        return Value(storage, node, strides, shared)

    def _settled(self, operation: Operation, read: Value, like: Value) -> Value:
        self.references[read.storage] += 1
        strides = layouts.settled(operation, like.strides, self.real)
        if strides is None:
            return read
        node = self._record(operation, [read, like], read.storage, NONE) if self.recording else NO_GRADIENT
        return Value(read.storage, node, strides, read.viewed)

    def _way(self, program: tuple[Operation, ...], read: Value, weight: Value) -> tuple[Operation, ...]:
        """What a product along an axis runs on an input that lies like this."""
        ways = program[0].ways
        assert ways is not None
        shape, strides = layouts.moved(self.real(program[0].shapes[0]), read.strides, ways.axes)
        if ordered(shape, strides):
            return program
        return ways.frozen if weight.node < 0 and not layouts.folds(shape, strides) else ways.strided

    def _lies(self, operation: Operation, strides: Strides, order: Strides) -> bool:
        """Whether a tensor's numbers lie as wanted already."""
        return strides == order or (order is None and ordered(self.real(operation.shape), strides))

    def _record(self, operation: Operation, reads: list[Value], storage: int, own: list[int]) -> int:
        """The autograd node of an operation, with what it saves; NO_GRADIENT where nothing needs one."""
        edges = self.edges(operation, reads) if operation.partial else tuple([read.node for read in reads])
        if not edges or max(edges) < 0:
            return NO_GRADIENT
        kept: list[int] = NONE
        frame = self.frame
        if operation.saves:
            kept = [
                reads[what].storage if what >= 0 else storage if what == RESULT else own[-2 - what]
                for what, when in operation.saves
                if when < 0 or edges[when] >= 0
            ]
            if self.replay is not None:
                self.replay.collect(self, kept)
                return 0  # the new graph is thrown away: only whether there is a gradient matters
            if frame is not None:
                kept = frame.pack(kept)
            else:
                references, owned, layer = self.references, self.owned, self.layer
                for one in kept:
                    references[one] += 1
                    owned.setdefault(one, layer)
                if self.guarding:
                    for one in kept:
                        self.guards.setdefault(one, layer)
        elif self.replay is not None:
            return 0
        nodes = self.nodes
        strides = tuple([read.strides for read in reads]) if self.strided else None
        nodes.append(Saved(operation, edges, kept, strides, self.layer, frame))
        return len(nodes) - 1


def _convolves_volumes(operation: Operation) -> bool:
    """Whether it is a convolution for which torch chooses among kernels that lay things out in different ways."""
    return operation.name == "conv" and len(operation.shape) == VOLUME
