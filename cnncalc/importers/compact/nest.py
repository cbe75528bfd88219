"""Forks become branches: a merge takes in what runs side by side before it, where the order of execution allows it."""

from __future__ import annotations

from cnncalc.importers.compact.tree import Item, Readers
from cnncalc.importers.sketch import Ref
from cnncalc.layers import MERGES


def nest(items: list[Item], readers: Readers) -> None:
    """Nests every merge of a list, and of the lists inside."""
    done: list[Item] = []
    for item in items:
        for inner in item.lists:
            nest(inner, readers)
        if item.kind in (*MERGES, "highway") and not item.lists:
            _absorb(done, item, readers)
        done.append(item)
    items[:] = done


def _absorb(done: list[Item], merge: Item, readers: Readers) -> None:
    """Moves the branches of a merge from the end of the list into it; leaves all as it is where that is impossible."""
    if len(set(merge.inputs)) < len(merge.inputs):
        return
    ordered = merge.kind in ("concat", "highway")
    places = {item.step: index for index, item in enumerate(done)}
    branches: dict[Ref, list[Item]] = {}
    end, source = len(done) - 1, None
    for ref in sorted(merge.inputs, key=lambda one: -places.get(one, -1)):
        if source is not None and ref == source:
            branches[ref] = []
            continue
        if places.get(ref) != end:
            return
        start = _start(done, end, merge, readers)
        entry = _entry(done[start : end + 1])
        if entry is None or (source is not None and entry != source):
            return
        source = entry
        branches[ref] = done[start : end + 1]
        end = start - 1
    order = [ref for ref in merge.inputs if branches[ref]]
    if order != sorted(order, key=lambda one: places[one]):
        if ordered:
            return
        order = sorted(merge.inputs, key=lambda one: places[one] if branches[one] else -1)
        merge.inputs = tuple(order)
    if merge.kind == "highway":
        *inner, carried = merge.inputs
        if branches[carried] or not all(branches[ref] for ref in inner):
            return
        merge.inputs = tuple(inner)
    del done[end + 1 :]
    merge.lists = [branches[ref] for ref in merge.inputs]
    merge.steps = merge.steps.union(*(item.steps for items in merge.lists for item in items))
    assert source is not None
    merge.source = source


def _start(done: list[Item], end: int, merge: Item, readers: Readers) -> int:
    """Where the branch that ends there begins: as far back as values are read inside the branch only."""
    if readers[done[end].step] != {merge.step}:
        return end + 1
    start, inside = end, done[end].steps
    while start > 0:
        before = done[start - 1]
        if not readers[before.step] <= inside:
            break
        start, inside = start - 1, inside | before.steps
    return start


def _entry(items: list[Item]) -> Ref | None:
    """The one value from outside that a branch reads; None where there are several."""
    inside = frozenset(ref for item in items for ref in item.steps)
    reads = {ref for item in items for ref in item.reads if ref not in inside}
    return reads.pop() if len(reads) == 1 and items and items[0].source not in inside else None
