"""torch.autocast on a CPU: which operations cast, and the copies that casting makes.

An operation of the list below has its operands cast to the low precision, another list has them cast to float32;
everything else takes what it gets, and the widest operand decides. A cast is a node of the autograd graph, whose
gradient is cast back. The copy of a trainable parameter is kept until autocast is left. So a layer's sequence is
rewritten for the formats of its inputs, with the casts in it and with all sizes in bytes; the machine that runs it
counts one byte per number. Source: torch 2.13 (ATen/autocast_mode.cpp), and measurement.
"""

from __future__ import annotations

from collections.abc import Sequence

from cnncalc.analysis.torch_memory.machine import Machine
from cnncalc.analysis.torch_memory.residents import Programs
from cnncalc.analysis.torch_memory.trace import Trace
from cnncalc.analysis.torch_memory.values import Value
from cnncalc.graph.model import Graph, Node
from cnncalc.layers.operations import NEW, PADS, Form, Gradient, Layout, Operation, Size, size

FULL, LOW = 4, 2
"""Bytes of float32, the format of parameters and images, and of bfloat16 and float16, which cast the same."""
LOSSES = ("cross_entropy", "binary_cross_entropy", "bce_with_logits", "mse", "l1")
"""Losses that run in float32 as a whole."""
CLASSES = ("nll", "cross_entropy")
"""Losses whose target is no number."""
LOWERED = ("conv", "addmm", "mm", "bmm", "prelu")
LINEAR = ("t", "reshape")
INSIDE = {"addmm": LINEAR, "mm": LINEAR, "bmm": LINEAR, "prelu": ("view",)}
"""Views that belong to the operation: what is cast is what is viewed."""
NORMS = ("batch_norm", "layer_norm", "group_norm")
"""Their weights and buffers stay float32, and so then do the statistics; the result is in the input's format."""
Typed = tuple[tuple[Operation, ...], int]
"""A sequence with its casts, and the bytes per number of its result."""


class Machine16(Machine):
    """A process inside autocast, which keeps the copies of parameters."""

    def __init__(self, trace: Trace, sample: int, leaves: int, recording: bool) -> None:
        super().__init__(trace, 1, sample, leaves, recording)
        self.digits = LOW

    def operate(self, operation: Operation, reads: list[Value]) -> Value:
        """One operation; a parameter that was cast before is not cast again."""
        if operation.name != "to" or operation.reads[0] >= 0 or reads[0].node < 0:
            return super().operate(operation, reads)
        known = self.casts.get(reads[0].storage)
        if known is None:
            known = self.casts[reads[0].storage] = super().operate(operation, reads)
        self.references[known.storage] += 1
        return known

    def _way(self, program: tuple[Operation, ...], read: Value, weight: Value) -> tuple[Operation, ...]:
        """As for other processes; the casts come before the operation that reads the map."""
        reading = next(one for one in program if one.view is not None)
        plain = (reading._replace(ways=program[0].ways),)
        chosen = super()._way(plain, read, weight)
        return program if chosen is plain else chosen


class CastPrograms(Programs):
    """Every layer's operations under autocast."""

    def __init__(self, graph: Graph) -> None:
        super().__init__(graph)
        self.widths = dict.fromkeys(range(-len(graph.inputs), 0), FULL)
        """Bytes per number of the images and of each layer's output."""
        self._typed: dict[tuple[int, tuple[int, ...]], Typed] = {}
        self._loss = self._total = FULL
        """Bytes of the last loss and of the sum so far."""

    def operations(self, node: Node, training: bool) -> tuple[Operation, ...]:
        """What the layer does in torch; the layers that it reads have been asked before."""
        plain = super().operations(node, training)
        widths = tuple([self.widths[ref] for ref in node.inputs])
        key = (id(plain), widths)
        known = self._typed.get(key)
        if known is None:
            buffers = any(one.buffer for one in self.tensors(node))
            known = self._typed[key] = cast(plain, widths, buffers=buffers)
        self.widths[node.index] = known[1]
        return known[0]

    def loss(self, name: str, program: tuple[Operation, ...], ref: int, first: bool) -> tuple[Operation, ...]:
        """What a loss on an output does; its target is in float32."""
        classes = name in CLASSES
        operations, self._loss = cast(program, (self.widths[ref], 0 if classes else FULL), full=name in LOSSES)
        self._total = self._loss if first else self._total
        return operations

    def sum(self, operation: Operation) -> Operation:
        """The sum of the losses so far and the last one."""
        operations, self._total = cast((operation,), (self._total, self._loss))
        return operations[0]


def cast(program: tuple[Operation, ...], inputs: Sequence[int], full: bool = False, buffers: bool = False) -> Typed:
    """A sequence on inputs of so many bytes per number; `full`: it begins by casting them to float32.

    `buffers`: its layer has some, which stay float32.
    """
    operations, width = Rewriting(program, inputs, buffers).done(full)
    ways = program[0].ways if program else None
    if ways is not None:
        ways = ways._replace(strided=cast(ways.strided, inputs)[0], frozen=cast(ways.frozen, inputs)[0])
        operations = (operations[0]._replace(ways=ways), *operations[1:])
    return operations, width


class Rewriting:
    """One sequence on its way."""

    def __init__(self, program: tuple[Operation, ...], inputs: Sequence[int], buffers: bool = False) -> None:
        self._program = program
        self._buffers = buffers
        self._count = len(inputs)
        self._widths = list(inputs)
        """Per slot of the new sequence; 0: no floating-point numbers."""
        self._slots = {slot: slot for slot in range(self._count)}
        """Old slot -> new slot; parameters keep theirs unless they are cast."""
        self._first = dict(self._slots)
        """Old slot -> new slot before any cast."""
        self._new: list[Operation] = []

    def done(self, full: bool) -> Typed:
        """The new sequence."""
        if not self._program:
            return (), self._widths[0]
        if full:
            shapes = {r: s for one in self._program for r, s in zip(one.reads, one.shapes, strict=True)}
            for slot in reversed(range(self._count)):
                self._cast(slot, shapes[slot], FULL, named=True)
        ahead: dict[int, list[tuple[int, tuple[int, ...], bool]]] = {}
        for index, operation in enumerate(self._program):
            if operation.name in LOWERED:
                first, operands = self._operands(index)
                ahead[first] = operands
        for index, operation in enumerate(self._program):
            for slot, shape, named in ahead.get(index, ()):
                self._cast(slot, shape, LOW, named)
            self._add(index, operation)
        return tuple(self._new), self._widths[-1]

    def _operands(self, index: int) -> tuple[int, list[tuple[int, tuple[int, ...], bool]]]:
        """Where the casts of an operation's operands come, and of what: the last operand first."""
        operation = self._program[index]
        views, first = INSIDE.get(operation.name, ()), index
        operands = []
        for slot, shape in zip(reversed(operation.reads), reversed(operation.shapes), strict=True):
            named = False
            while slot >= self._count and (before := self._program[slot - self._count]).name in views:
                first = min(first, slot - self._count)
                slot, shape = before.reads[0], before.shapes[0]
                named = before.name == "reshape"
            operands.append((slot, shape, named))
        for later in self._program[index + 1 :]:
            if later.inplace and later.reads[1] < 0:  # a bias that the product's own function adds
                operands.insert(0, (later.reads[1], later.shapes[1], False))
        return first, operands

    def _width(self, slot: int) -> int:
        """Bytes per number of an old slot."""
        new = self._slots.get(slot, slot)
        return self._widths[new] if new >= 0 else FULL

    def _cast(self, slot: int, shape: tuple[int, ...], width: int, named: bool = False) -> None:
        before = self._width(slot)
        if before in (0, width):
            return
        read = self._slots.get(slot, slot)
        numbers = size(shape)
        operation = Operation(
            "to",
            (read,),
            shape,
            _times(numbers, width),
            (shape,),
            (_times(numbers, before),),
            (NEW,),
            layout=Layout.LIKE,
        )
        self._slots[slot] = self._append(operation._replace(named=named), width)

    def _append(self, operation: Operation, width: int) -> int:
        self._new.append(operation)
        self._widths.append(width)
        return self._count + len(self._new) - 1

    def _add(self, index: int, operation: Operation) -> None:
        """An operation on whatever its operands have become."""
        if operation.name == "cat" or _in_full(operation):
            widest = FULL if _in_full(operation) else max(self._width(slot) for slot in operation.reads)
            for slot, shape in zip(reversed(operation.reads), reversed(operation.shapes), strict=True):
                self._cast(slot, shape, widest)
        widths = [self._width(slot) for slot in operation.reads]
        normed = operation.name in NORMS
        width = widths[0] if normed or operation.inplace else max(widths, default=self._widths[0])
        mixed = normed and (self._buffers or len(widths) > 1)
        typed = _typed(operation, widths, width, FULL if mixed else width)
        reads = tuple([self._slots.get(slot, slot) for slot in operation.reads])
        typed = self._holding(typed._replace(reads=reads, ways=None), operation.reads)
        slot = self._count + index
        self._slots[slot] = self._first[slot] = self._append(typed, 0 if operation.width else width)

    def _holding(self, operation: Operation, before: tuple[int, ...]) -> Operation:
        """With the results that were cast for it as further operands: the call holds them until it returns."""
        held = [self._first[slot] for slot in before if slot >= self._count and self._first[slot] != self._slots[slot]]
        if not held or operation.view is not None:
            return operation
        return operation._replace(
            reads=(*operation.reads, *held),
            shapes=(*operation.shapes, *((1,) for _ in held)),
            sizes=(*operation.sizes, *((0, 0) for _ in held)),
            gradients=(*operation.gradients, *(None for _ in held)),
            partial=True,
        )


def _in_full(operation: Operation) -> bool:
    """Whether autocast runs it in float32: reflecting and replicating pads (but the former of a volume), windows of volumes, nll."""
    if operation.name == "nll_loss":
        return True
    volume = len(operation.shape) == 5 and bool(operation.reads) and len(operation.shapes[0]) == 5
    if operation.name in PADS.values():
        return not (volume and operation.name == PADS["reflect"])
    return volume and operation.name in ("avg_pool", "max_pool", "adaptive_max_pool", "mean")


def _typed(operation: Operation, widths: Sequence[int], width: int, statistics: int) -> Operation:
    """An operation with its sizes in bytes."""
    gradients = tuple(
        [
            None if gradient is None else _gradient(operation, position, gradient, widths[position] or width, width)
            for position, gradient in enumerate(operation.gradients)
        ]
    )
    return operation._replace(
        size=operation.size if operation.width else _times(operation.size, width),
        sizes=tuple([_times(one, mine) for one, mine in zip(operation.sizes, widths, strict=True)]),
        gradients=gradients,
        own=tuple([(one if each else _times(one, statistics), each) for one, each in operation.own]),
        wide=any(gradient is not None and (gradient.wide or gradient.between is not None) for gradient in gradients),
        ways=None,
    )


def _gradient(operation: Operation, position: int, gradient: Gradient, mine: int, width: int) -> Gradient:
    """Made in the result's format; where that is not the operand's, the engine casts it once all are there."""
    temporaries = tuple([(one if each else _times(one, width), each) for one, each in gradient.temporaries])
    apart = mine != width and gradient.form is not Form.VIEW and operation.name not in NORMS
    return gradient._replace(
        temporaries=temporaries, between=_times(operation.sizes[position], width) if apart else None
    )


def _times(numbers: Size, width: int) -> Size:
    return (numbers[0] * width, numbers[1] * width)
