"""Equal neighbours become one with `repeat`."""

from __future__ import annotations

from typing import Any

from cnncalc.importers.compact.form import complete
from cnncalc.importers.compact.tree import Item, Readers
from cnncalc.importers.sketch import Ref


def fold_repeats(items: list[Item], readers: Readers) -> None:
    """Folds runs of equal block calls, merges and stacks of a list, each reading the one before, which nothing else does."""
    kept: list[Item] = []
    for item in items:
        before = kept[-1] if kept else None
        if before is not None and _follows(before, item, readers) and exact(before) == exact(item):
            before.repeat += item.repeat
            before.step, before.steps = item.step, before.steps | item.steps
            _unify(before, item)
        else:
            kept.append(item)
    items[:] = kept


def _follows(before: Item, item: Item, readers: Readers) -> bool:
    """Whether an item is a container that reads just the one before it, as its only reader."""
    chained = item.reads == (before.step,) and len(before.reads) == 1
    apart = bool(before.lists and item.lists) and chained and readers[before.step] <= item.steps
    return apart and (before.block or all(_begins(items, before.source) for items in before.lists))


def _begins(items: list[Item], source: Ref) -> bool:
    """Whether only the beginning of a list reads a value: further on it would be named, the same in every repeat."""
    before = source
    for item in items:
        if before != source and source in ((item.source, *item.extra.values()) if item.lists else item.inputs):
            return False
        if not item.lists and source in item.inputs and item.inputs != (source,):
            return False
        if item.lists and not item.block and not all(_begins(inner, source) for inner in item.lists):
            return False
        before = item.step
    return True


def _unify(before: Item, item: Item) -> None:
    """Names that number the repeats lose their numbers."""
    before.name = _common(before.name, item.name)
    if not before.block:
        for ours, theirs in zip(before.lists, item.lists, strict=True):
            for one, other in zip(ours, theirs, strict=True):
                _unify(one, other)


def _common(one: str, other: str) -> str:
    """What two names begin with, without what numbers them; the first name where they begin differently.

    >>> _common("denselayer1", "denselayer12"), _common("Mixed_5c", "Mixed_5d"), _common("a", "a")
    ('denselayer', 'Mixed_5', 'a')
    """
    if one == other:
        return one
    length = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    rests = one[length:], other[length:]
    prefix = one[:length]
    if all(not rest or rest[0].isdigit() for rest in rests):
        prefix = prefix.rstrip("0123456789")
    return prefix.rstrip("_-") or one


def _stem(name: str) -> str:
    return name.rstrip("0123456789").rstrip("_-") or name


def exact(item: Item) -> Any:
    """What must be equal for two items to be repeats of each other; names of the items themselves apart."""
    order = {ref: index for index, ref in enumerate(sorted(item.steps))}
    return (item.kind, item.trainable, item.inplace, _fields(item), _inner(item, order, item.source))


def _inner(item: Item, order: dict[int, int], source: int) -> Any:
    if item.block:
        return tuple(item.extra)
    return tuple(
        tuple(
            (
                one.kind,
                _stem(one.name),
                one.repeat,
                one.trainable,
                one.inplace,
                None if one.share is None else one.step,
                _fields(one),
                tuple(order.get(ref, "source" if ref == source else ref) for ref in (one.inputs or (one.source,))),
                tuple((name, order.get(ref, ref)) for name, ref in one.extra.items()),
                _inner(one, order, source),
            )
            for one in items
        )
        for items in item.lists
    )


def _fields(item: Item) -> Any:
    return tuple(sorted((key, repr(value)) for key, value in complete(item).items()))
