"""The lives of storages, in order, and what they add up to."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator
from itertools import accumulate

Bytes = tuple[int, int]
"""A constant, and bytes per image."""


Storage = tuple[int, int, str, int, str]
"""Bytes: a constant, and bytes per image; what it is for (parameters, buffers, inputs, optimizer, gradients or
transients); the layer that made it (-1: none); what it is.
"""
Mark = tuple[int, str, int]
"""From this event on, in this phase, this layer is at work (-1: none, in the loss and the optimizer)."""


class Trace:
    """Storages, and the order in which they are made and freed.

    An event is a storage's number, or its complement where it is freed. Storages that exist before the first event are
    `resident`: parameters, buffers, inputs, targets, optimizer state.
    """

    __slots__ = ("_amounts", "events", "marks", "resident", "storages")

    def __init__(self, storages: list[Storage], resident: list[int]) -> None:
        self.storages = storages
        self.events: list[int] = []
        self.resident = resident
        self.marks: list[Mark] = []
        self._amounts: tuple[int, int, list[int]] = (0, 0, [])
        """The last batch asked for, the number of storages then, and their bytes."""

    def hold(self, constant: int, each: int, kind: str, node: int, what: str) -> int:
        """A storage that exists from the start."""
        storage = len(self.storages)
        self.storages.append((constant, each, kind, node, what))
        self.resident.append(storage)
        return storage

    def mark(self, phase: str, node: int) -> None:
        """A layer begins its work."""
        self.marks.append((len(self.events), phase, node))

    # -- replays --------------------------------------------------------------------------------------------------

    def amounts(self, batch: int, rounded: Callable[[int], int] | None = None) -> list[int]:
        """The bytes of every storage at a batch, rounded as an allocator does."""
        of, count, sizes = self._amounts
        if of != batch or count != len(self.storages):
            sizes = [constant + batch * each for constant, each, _, _, _ in self.storages]
            self._amounts = (batch, len(sizes), sizes)
        if rounded is None:
            return sizes
        known = {one: rounded(one) for one in set(sizes)}
        return [known[one] for one in sizes]

    def levels(self, batch: int, rounded: Callable[[int], int] | None = None) -> list[int]:
        """The bytes that are alive: before the first event, and after each."""
        return self.sums(self.amounts(batch, rounded))

    def peak(self, batch: int, rounded: Callable[[int], int] | None = None) -> int:
        """The most bytes that are alive at once."""
        return max(self.levels(batch, rounded))

    def lines(self) -> list[Bytes]:
        """The upper envelope of the levels as lines a + b N over N >= 1, by rising slope: the peak is their maximum."""
        constants = self.sums([one[0] for one in self.storages])
        slopes = self.sums([one[1] for one in self.storages])
        best: dict[int, int] = {}
        for constant, slope in zip(constants, slopes, strict=True):
            if constant > best.get(slope, -1):
                best[slope] = constant
        return envelope((constant, slope) for slope, constant in best.items())

    def sums(self, sizes: list[int]) -> list[int]:
        """What is alive before the first event and after each, for storages of these sizes."""
        base = sum([sizes[storage] for storage in self.resident])
        signed = [*sizes, *[-one for one in reversed(sizes)]]  # the complement of an index counts from the end
        return list(accumulate(map(signed.__getitem__, self.events), initial=base))

    def alive(self, moment: int) -> list[int]:
        """The storages that are alive after that many events."""
        events = self.events[:moment]
        freed = {~event for event in events if event < 0}
        return [*self.resident, *[event for event in events if event >= 0 and event not in freed]]

    def at(self, moment: int) -> Mark:
        """Who was at work when that many events had happened."""
        place = bisect_left(self.marks, (moment,))
        return self.marks[place - 1] if place else (0, "start", -1)


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
