"""Equal neighbours become one with `repeat`."""

from __future__ import annotations

from typing import Any

from cnncalc.importers.compact.form import complete
from cnncalc.importers.compact.tree import Item


def fold_repeats(items: list[Item]) -> None:
    """Folds runs of equal block calls, merges and stacks of a list, each reading the one before."""
    kept: list[Item] = []
    for item in items:
        before = kept[-1] if kept else None
        if before is not None and _follows(before, item) and exact(before) == exact(item):
            before.repeat += item.repeat
            before.step, before.steps = item.step, before.steps | item.steps
            before.name = _common(before.name, item.name)
        else:
            kept.append(item)
    items[:] = kept


def _follows(before: Item, item: Item) -> bool:
    """Whether an item is a container that reads just the one before it."""
    return bool(before.lists and item.lists) and item.reads == (before.step,) and len(before.reads) == 1


def _common(one: str, other: str) -> str:
    """What two names begin with, without what numbers them."""
    length = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    return one[:length].rstrip("0123456789_-")


def exact(item: Item) -> Any:
    """What must be equal for two items to be repeats of each other; names of the items themselves apart."""
    order = {ref: index for index, ref in enumerate(sorted(item.steps))}
    return (item.kind, item.trainable, _fields(item), _inner(item, order, item.source))


def _inner(item: Item, order: dict[int, int], source: int) -> Any:
    if item.block:
        return tuple(item.extra)
    return tuple(
        tuple(
            (
                one.kind,
                one.name,
                one.repeat,
                one.trainable,
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
