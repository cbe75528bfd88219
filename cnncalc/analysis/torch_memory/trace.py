"""The lives of storages, in order, and what they add up to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import accumulate
from typing import NamedTuple

Bytes = tuple[int, int]
"""Bytes of a storage: a constant, and bytes per image."""


class Mark(NamedTuple):
    """From event `start` on, this layer is at work in this phase. Node -1: none (loss, optimizer)."""

    start: int
    phase: str
    node: int


class Trace:
    """Storages, and the order in which they are made and freed.

    An event is a storage's number, or its complement where it is freed. Storages that exist before the first event are
    `resident`: parameters, buffers, inputs, targets, optimizer state.
    """

    __slots__ = ("births", "events", "kinds", "marks", "nodes", "resident", "sizes", "whats")

    def __init__(self) -> None:
        self.sizes: list[Bytes] = []
        self.kinds: list[str] = []
        """parameters, buffers, inputs, optimizer, gradients, activations or transients."""
        self.nodes: list[int] = []
        self.whats: list[str] = []
        self.events: list[int] = []
        self.resident: list[int] = []
        self.marks: list[Mark] = []

    def hold(self, bytes_: Bytes, kind: str, node: int, what: str) -> int:
        """A storage that exists from the start."""
        self.resident.append(self._new(bytes_, kind, node, what))
        return self.resident[-1]

    def _new(self, bytes_: Bytes, kind: str, node: int, what: str) -> int:
        self.sizes.append(bytes_)
        self.kinds.append(kind)
        self.nodes.append(node)
        self.whats.append(what)
        return len(self.sizes) - 1

    def born(self, bytes_: Bytes, kind: str, node: int, what: str) -> int:
        """A storage that is made now."""
        self.sizes.append(bytes_)
        self.kinds.append(kind)
        self.nodes.append(node)
        self.whats.append(what)
        storage = len(self.kinds) - 1
        self.events.append(storage)
        return storage

    def freed(self, storage: int) -> None:
        """The storage is freed now."""
        self.events.append(~storage)

    def mark(self, phase: str, node: int) -> None:
        """A layer begins its work."""
        self.marks.append(Mark(len(self.events), phase, node))

    # -- replays --------------------------------------------------------------------------------------------------

    def amounts(self, batch: int, rounded: Callable[[int], int] | None = None) -> list[int]:
        """The bytes of every storage at a batch, rounded as an allocator does."""
        if rounded is None:
            return [constant + batch * each for constant, each in self.sizes]
        return [rounded(constant + batch * each) for constant, each in self.sizes]

    def levels(self, batch: int, rounded: Callable[[int], int] | None = None) -> list[int]:
        """The bytes that are alive: before the first event, and after each."""
        amounts = self.amounts(batch, rounded)
        base = sum([amounts[storage] for storage in self.resident])
        changes = [amounts[event] if event >= 0 else -amounts[~event] for event in self.events]
        return list(accumulate(changes, initial=base))

    def peak(self, batch: int, rounded: Callable[[int], int] | None = None) -> int:
        """The most bytes that are alive at once."""
        return max(self.levels(batch, rounded))

    def lines(self) -> list[Bytes]:
        """The upper envelope of the levels as lines a + b N over N >= 1, by rising slope: the peak is their maximum."""
        constants = self._sums(0)
        slopes = self._sums(1)
        best: dict[int, int] = {}
        for constant, slope in zip(constants, slopes, strict=True):
            if constant > best.get(slope, -1):
                best[slope] = constant
        return envelope((constant, slope) for slope, constant in best.items())

    def _sums(self, part: int) -> list[int]:
        sizes = [one[part] for one in self.sizes]
        base = sum([sizes[storage] for storage in self.resident])
        return list(accumulate([sizes[e] if e >= 0 else -sizes[~e] for e in self.events], initial=base))

    def alive(self, moment: int) -> list[int]:
        """The storages that are alive after that many events."""
        living = dict.fromkeys(self.resident)
        for event in self.events[:moment]:
            if event >= 0:
                living[event] = None
            else:
                living.pop(~event, None)
        return list(living)

    def at(self, moment: int) -> Mark:
        """Who was at work when that many events had happened."""
        found = Mark(0, "start", -1)
        for mark in self.marks:
            if mark.start >= moment:
                break
            found = mark
        return found


def envelope(lines: Iterator[Bytes]) -> list[Bytes]:
    """The lines that are largest somewhere on N >= 1, by rising slope.

    >>> envelope(iter([(10, 1), (0, 3), (5, 1), (1, 2)]))
    [(10, 1), (0, 3)]
    """
    kept: list[Bytes] = []
    for line in sorted(lines, key=lambda one: (one[1], one[0])):
        while kept and kept[-1][0] + kept[-1][1] <= line[0] + line[1]:
            kept.pop()  # the steeper line is above it from N = 1 on
        while len(kept) > 1 and _hidden(kept[-2], kept[-1], line):
            kept.pop()
        kept.append(line)
    return kept


def _hidden(low: Bytes, middle: Bytes, high: Bytes) -> bool:
    """Whether the middle line is nowhere above the other two."""
    return (low[0] - high[0]) * (middle[1] - low[1]) <= (low[0] - middle[0]) * (high[1] - low[1])
