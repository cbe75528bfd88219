"""Activation checkpointing as torch.utils.checkpoint does it with use_reentrant=False.

Inside a checkpoint nothing that backward needs is kept: it gets a place in the checkpoint's frame. The inputs are kept,
and the state of the random numbers. The first node that asks for something has the whole checkpoint computed again, up
to the last thing that was saved; what is found then lives until its node has used it. The frame goes, with the inputs,
when the last of its nodes has gone. A checkpoint inside another one saves its inputs in that one's frame. Source: torch
2.13, torch/utils/checkpoint.py, and measurement.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from cnncalc.analysis.torch_memory.values import NO_GRADIENT, OverwriteError, Value
from cnncalc.layers.operations import RESULT, Operation, Size

if TYPE_CHECKING:
    from cnncalc.analysis.torch_memory.machine import Machine

RANDOM_STATE: Size = (5056, 0)
"""Bytes of the state of the CPU's random numbers."""
NOTHING = -1
"""Where a storage would be."""
Run = Callable[[list[Value]], list[Value]]


class ReplayDoneError(Exception):
    """Everything that backward needs has been computed again."""


class Replay:
    """Collects what would be saved while a checkpoint is computed again."""

    def __init__(self, total: int, gone: set[int]) -> None:
        self.total = total
        self.gone = gone
        """Places that nobody holds any more."""
        self.found: list[int] = []

    def ahead(self, machine: Machine, operation: Operation, reads: list[Value]) -> None:
        """Before an operation: the one that saves the last thing runs no further than to that.

        Where its operands are the last, it does not run at all; a result that is not saved is no more than its scratch.
        """
        if not operation.saves or len(self.found) + len(operation.saves) < self.total:
            return
        edges = machine.edges(operation, reads)
        if max(edges, default=NO_GRADIENT) < 0:
            return
        kept = [what for what, when in operation.saves if when < 0 or edges[when] >= 0]
        if len(self.found) + len(kept) == self.total:
            self.collect(machine, [self._made(machine, operation, reads, what) for what in kept])

    def _made(self, machine: Machine, operation: Operation, reads: list[Value], what: int) -> int:
        """The storage of an operand, of the result or of one of the operation's own tensors."""
        if what >= 0:
            return reads[what].storage
        if what == RESULT:
            if operation.inplace:
                return reads[0].storage
            return machine.make(operation.size, operation.width, "transients", operation.name)
        return machine.make(*operation.own[-2 - what], "transients", operation.name)

    def collect(self, machine: Machine, storages: list[int]) -> None:
        """Keeps what would be saved. Raises ReplayDoneError after the last one."""
        for one in storages:
            if len(self.found) not in self.gone:
                machine.references[one] += 1
                self.found.append(one)
            else:
                self.found.append(NOTHING)
        if len(self.found) >= self.total:
            raise ReplayDoneError


class Discarded(Replay):
    """For a checkpoint inside one that is computed again: its own frame keeps nothing."""

    def ahead(self, machine: Machine, operation: Operation, reads: list[Value]) -> None:
        """It never ends here."""

    def collect(self, machine: Machine, storages: list[int]) -> None:
        """Nothing is kept, but that something would be is noted."""
        self.total += len(storages)


class Frame:
    """One checkpoint of one forward pass."""

    def __init__(self, machine: Machine, inputs: Sequence[Value], run: Run) -> None:
        self.places = 0
        """How many things have been saved."""
        self.alive = 0
        """How many of them nodes still hold."""
        self.open = True
        """Its forward pass still runs."""
        self.gone: set[int] = set()
        """Places whose holder is gone."""
        self.found: list[int] = []
        """The storage in each place, once computed again."""
        self.run = run
        self.conflict: tuple[int, int] | None = None
        """Two layers, of which the second overwrites an input that the checkpoint kept at the first."""
        self.lent: list[int] = []
        """Inputs that nobody guarded before."""
        self.inputs = list(inputs)
        self.outer = machine.frame
        self.layer = machine.layer
        """The first layer inside."""
        self.random = machine.make(RANDOM_STATE, 1, "transients", "random state")
        self.kept: list[int] = []
        """The places of its inputs in the frame around it."""
        storages = [value.storage for value in inputs]
        if self.outer is not None:
            self.kept = self.outer.pack(storages)
            return
        for one in storages:
            machine.references[one] += 1
            machine.owned.setdefault(one, self.layer)
            if machine.guarding and one not in machine.guards:
                machine.guards[one] = self.layer
                machine.lent[one] = self
                self.lent.append(one)

    def close(self, machine: Machine) -> None:
        """The forward pass is over. Raises OverwriteError where torch would not train; ends where nothing was saved."""
        for one in self.lent:
            del machine.lent[one]
        self.open = False
        if not self.alive:
            for one in self.lent:
                del machine.guards[one]
            self.end(machine)
        elif self.conflict is not None:
            raise OverwriteError(*self.conflict)

    def pack(self, storages: list[int]) -> list[int]:
        """Places instead of storages."""
        first = self.places
        self.places += len(storages)
        self.alive += len(storages)
        return list(range(first, self.places))

    def unpack(self, machine: Machine, places: list[int]) -> list[int]:
        """The storages in these places; their references are the caller's from now on."""
        if not self.found:
            self._again(machine)
        return [self.found[place] for place in places]

    def release(self, machine: Machine, places: list[int]) -> None:
        """Who held these places is gone."""
        self.alive -= len(places)
        self.gone.update(places)
        if self.alive == 0 and not self.open:
            self.end(machine)

    def end(self, machine: Machine) -> None:
        """Nobody holds anything of the checkpoint any more."""
        machine.drop(self.random)
        if self.outer is not None:
            self.outer.release(machine, self.kept)
            return
        for value in self.inputs:
            machine.drop(value.storage)

    def _again(self, machine: Machine) -> None:
        """Computes the checkpoint again."""
        inputs = self.inputs
        if self.outer is not None:
            again = self.outer.unpack(machine, self.kept)
            inputs = [value._replace(storage=one) for value, one in zip(inputs, again, strict=True)]
        outside = machine.frame, machine.replay, machine.layer, machine.casts
        held = {value.storage: machine.references[value.storage] for value in inputs}
        first = len(machine.references)
        machine.make(RANDOM_STATE, 1, "transients", "random state")
        machine.frame, machine.replay, machine.casts = None, Replay(self.places, self.gone), {}
        found = machine.replay.found
        with suppress(ReplayDoneError):
            self.run(inputs)
        machine.frame, machine.replay, machine.layer, machine.casts = outside
        self._unwind(machine, first, held, Counter(found))
        self.found = found
        if self.outer is not None:
            for value in inputs:
                machine.drop(value.storage)

    @staticmethod
    def _unwind(machine: Machine, first: int, held: dict[int, int], found: Counter[int]) -> None:
        """The second computation's names are gone: what is left is what was found and what was there before."""
        references = machine.references
        for storage in range(first, len(references)):
            if references[storage] and storage not in found:
                references[storage] = 1
                machine.drop(storage)
            references[storage] = found[storage]
        for storage, count in held.items():
            references[storage] = count + found[storage]


def checkpointed(machine: Machine, inputs: list[Value], run: Run) -> list[Value]:
    """The results of `run` inside a checkpoint; the call holds its inputs until it returns."""
    if not machine.recording:
        return run(inputs)
    for value in inputs:
        machine.references[value.storage] += 1
    outside = machine.frame, machine.replay
    if machine.replay is not None:
        random = machine.make(RANDOM_STATE, 1, "transients", "random state")
        machine.replay.collect(machine, [value.storage for value in inputs])
        inside = machine.replay = Discarded(0, set())
        outputs = run(inputs)
        if not inside.total:
            machine.drop(random)
    else:
        frame = machine.frame = Frame(machine, inputs, run)
        outputs = run(inputs)
        frame.close(machine)
    machine.frame, machine.replay = outside
    for value in inputs:
        machine.drop(value.storage)
    return outputs
