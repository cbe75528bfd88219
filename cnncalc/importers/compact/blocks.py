"""Containers of the same form become calls of a block: the largest saving first, until nothing is saved any more."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from cnncalc.importers.compact.form import DEFAULTS, Form, complete, form, may_differ
from cnncalc.importers.compact.parameters import Parameters, parameters
from cnncalc.importers.compact.repeat import fold_repeats
from cnncalc.importers.compact.tree import Item, Readers, every
from cnncalc.importers.sketch import ANY, Ref, Sketch
from cnncalc.layers import KINDS
from cnncalc.spec.model import COMMON_KEYS

CONTAINERS = ("torch.nn.modules.container.", "collections.", ANY)
"""Types that say nothing of what is inside."""


@dataclass(slots=True)
class Definition:
    """A block: its parameters and its body, in which fields refer to them."""

    name: str
    doc: str
    parameters: dict[str, Any]
    body: Item
    outside: dict[Ref, str] = field(default_factory=dict)
    """Values from outside that the body reads, by parameter."""
    wanted: str = ""
    """Its name without the number that tells it from others."""


class Extraction:
    """Takes blocks out of trees."""

    def __init__(self, sketch: Sketch, trees: list[list[Item]], readers: Readers, read_outside: frozenset[Ref]) -> None:
        self.sketch = sketch
        self.trees = trees
        self.readers = readers
        self.read_outside = read_outside
        """Steps that something far away refers to by name: a block may not hide them."""
        self.definitions: dict[str, Definition] = {}

    def run(self) -> None:
        """Until no block saves lines."""
        self._fold()
        while True:
            best = max(self._classes(), key=_saving, default=None)
            if best is None or _saving(best) < 1:
                return
            self._extract(best)
            self._fold()

    def _fold(self) -> None:
        for tree in [*self.trees, *([one.body] for one in self.definitions.values())]:
            for items in list(every(tree)):
                fold_repeats(items, self.readers)

    def _classes(self) -> Iterable[list[tuple[Item, Form, bool]]]:
        """Containers by form; True where they stand in a block's body."""
        found: dict[Any, list[tuple[Item, Form, bool]]] = defaultdict(list)
        places = [(tree, False) for tree in self.trees]
        places += [(items, True) for one in self.definitions.values() for items in one.body.lists]
        for tree, inside in places:
            for items in every(tree):
                for item in items:
                    if item.kind == "stack" and not item.block and len(item.steps) > 1:
                        one = form(item)
                        if not self._bound(item):
                            found[one.key].append((item, one, inside))
        return [instances for instances in found.values() if len(instances) > 1]

    def _bound(self, item: Item) -> bool:
        """Whether something inside is referred to from elsewhere, or shares weights."""
        inner = item.steps - {item.step}
        return bool(inner & self.read_outside) or any(one.share is not None for items in every([item]) for one in items)

    def _extract(self, instances: list[tuple[Item, Form, bool]]) -> None:
        items = [item for item, _, _ in instances]
        channels = [None if inside else self._channels(item.source) for item, _, inside in instances]
        found = parameters([one.slots for _, one, _ in instances], channels)
        first = items[0]
        wanted = self._name(items)
        name = _free(wanted, {*KINDS, "stack", *COMMON_KEYS, *self.definitions})
        outside = {ref: _free(f"other{index or ''}", found.names) for index, ref in enumerate(instances[0][1].outside)}
        doc = next((item.type for item in items if item.type and not item.type.startswith(CONTAINERS)), "")
        body = Item(first.kind, first.step, first.source, "", lists=first.lists, type=first.type, steps=first.steps)
        given = {**found.defaults, **dict.fromkeys(outside.values())}
        calls = [
            self._call(name, item, one, values, outside)
            for (item, one, _), values in zip(instances, found.values, strict=True)
        ]
        for item, values in zip(calls, found.values, strict=True):
            item.fields = {key: value for key, value in values.items() if value != found.defaults[key]}
        _fill(body, found)
        self.definitions[name] = Definition(name, doc, given, body, outside, wanted)

    def _call(self, name: str, item: Item, one: Form, values: dict[str, Any], outside: dict[Ref, str]) -> Item:
        item.kind, item.block = name, True
        item.extra = dict(zip(outside.values(), one.outside, strict=True))
        item.lists = [list(items) for items in item.lists]
        return item

    def _channels(self, ref: Ref) -> int:
        return int(self.sketch.shape(ref)[0])

    def _name(self, items: list[Item]) -> str:
        wanted = ""
        for item in items:
            if item.type and not item.type.startswith(CONTAINERS):
                wanted = snake(item.type.rpartition(".")[2])
                break
        named = [item.name for item in items if item.name and not item.name[-1].isdigit()]
        return wanted or (snake(max(named, key=named.count)) if named else "unit")


def _free(wanted: str, taken: Iterable[str]) -> str:
    known, name, number = set(taken), wanted, 1
    while name in known:
        number += 1
        name = f"{wanted}{number}"
    return name


def snake(name: str) -> str:
    """`BasicConv2d` as `basic_conv2d`.

    >>> snake("BasicConv2d"), snake("SEBlock"), snake("_DenseLayer")
    ('basic_conv2d', 'se_block', 'dense_layer')
    """
    text = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()
    text = re.sub(r"\W+|_+", "_", text).strip("_")
    return text if text[:1].isalpha() else f"unit_{text}"


def _saving(instances: list[tuple[Item, Form, bool]]) -> int:
    """Lines that a block saves."""
    size = max(item.size for item, _, _ in instances)
    return (len(instances) - 1) * size - size // 4 - 4


def _fill(body: Item, found: Parameters) -> None:
    """Puts numbers and expressions into the body's fields, in the order in which the form read them."""
    values = iter(found.body)

    def walk(items: list[Item]) -> list[Item]:
        return [one(item) for item in items]

    def one(item: Item) -> Item:
        # the calls keep the items of this instance, so that the body gets copies of its own
        copy = Item(
            item.kind, item.step, item.source, item.name, {}, item.inputs, [], item.type, item.steps, item.repeat,
            item.block, dict(item.extra), item.label, item.trainable, item.share, item.inplace,
        )  # fmt: skip
        copy.lists = [list(items) for items in item.lists] if item.block else [walk(items) for items in item.lists]
        return copy

    def fill(item: Item, original: Item) -> None:
        # in the form's order: inner lists first, then the item's own fields
        if not original.block:
            for inner, old in zip(item.lists, original.lists, strict=True):
                for a, b in zip(inner, old, strict=True):
                    fill(a, b)
        defaults = DEFAULTS.get(item.kind, {})
        full = complete(original)
        new: dict[str, Any] = {}
        for key, value in sorted(full.items()):
            new[key] = next(values) if may_differ(value) else value
        ordered = [*original.fields, *(key for key in new if key not in original.fields)]
        item.fields = {key: new[key] for key in ordered if key not in defaults or new[key] != defaults[key]}

    originals = body.lists
    body.lists = [walk(items) for items in originals]
    for inner, old in zip(body.lists, originals, strict=True):
        for a, b in zip(inner, old, strict=True):
            fill(a, b)
