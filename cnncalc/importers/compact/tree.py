"""The tree that is folded: layers, and containers of layers, in order of execution."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from cnncalc.importers.parts import valid
from cnncalc.importers.sketch import Ref, Scope, Sketch
from cnncalc.layers import ACTIVATIONS, SHORTHAND

Readers = dict[Ref, frozenset[Ref]]
"""Value -> the steps that read it; the network's results count as one."""


class Expression(str):
    """A field's value that refers to a block's parameters."""

    __slots__ = ()


@dataclass(eq=False, slots=True)
class Item:
    """A layer, a merge with its branches, a stack, or the call of a block."""

    kind: str
    step: Ref
    """The step whose value it gives."""
    source: Ref
    """The value that it starts from: a layer's first input, what a container's lists begin with."""
    name: str = ""
    fields: dict[str, Any] = field(default_factory=dict)
    inputs: tuple[Ref, ...] = ()
    """A layer's inputs."""
    lists: list[list[Item]] = field(default_factory=list)
    """A merge's branches, a stack's layers; of a block call those of its definition."""
    type: str = ""
    steps: frozenset[Ref] = frozenset()
    """All steps inside."""
    repeat: int = 1
    block: bool = False
    extra: dict[str, Ref] = field(default_factory=dict)
    """A block call's further inputs by parameter."""
    label: str = ""
    """What it is called in paths."""
    trainable: bool = True
    share: Ref | None = None
    inplace: bool = False

    @property
    def reads(self) -> tuple[Ref, ...]:
        """The values from outside that it uses, in order of first use."""
        if not self.lists or self.block:
            return (self.source, *self.extra.values()) if self.block else self.inputs
        found = [ref for items in self.lists for item in items for ref in item.reads if ref not in self.steps]
        return tuple(dict.fromkeys(found or [self.source]))

    @property
    def size(self) -> int:
        """About how many lines it takes."""
        if self.block:
            return 1
        return 1 + sum(max(sum(item.size for item in items), 1) for items in self.lists)


def build(sketch: Sketch, refs: Sequence[Ref]) -> list[Item]:
    """The tree of some of a sketch's steps, by the structures around them."""
    return _level(sketch, list(refs), 0, "")


def _level(sketch: Sketch, refs: list[Ref], depth: int, prefix: str) -> list[Item]:
    runs: list[tuple[Scope | None, list[Ref]]] = []
    for ref in refs:
        scope = sketch.steps[ref].scope
        own = scope[depth] if len(scope) > depth else None
        if own is not None and runs and runs[-1][0] == own:
            runs[-1][1].append(ref)
        else:
            runs.append((own, [ref]))
    heads = [own for own, _ in runs if own is not None]
    items: list[Item] = []
    for own, inside in runs:
        if own is None:
            items += [_leaf(sketch, ref, prefix) for ref in inside]
        elif not own.type and (heads.count(own) > 1 or _apart(sketch, inside, depth + 1)):
            # a list whose members are called in turn with others, or side by side, is no structure of its own
            items += _level(sketch, inside, depth + 1, f"{prefix}{own.name}_")
        else:
            items += _group(sketch, own, _level(sketch, inside, depth + 1, ""), prefix)
    return items


def _apart(sketch: Sketch, refs: list[Ref], depth: int) -> bool:
    """Whether a member of a numbered list reads nothing of the members before it."""
    seen: set[Ref] = set()
    before: set[Ref] = set()
    own = ""
    reads = True
    for ref in refs:
        step = sketch.steps[ref]
        member = step.scope[depth].name if len(step.scope) > depth else step.name
        if not member.isdigit():
            return False
        if member != own:
            if not reads:
                return True
            own, before, reads = member, set(seen), not seen
        seen.add(ref)
        reads = reads or any(one in before for one in sketch.steps[ref].inputs)
    return not reads


def _leaf(sketch: Sketch, ref: Ref, prefix: str) -> Item:
    step = sketch.steps[ref]
    name = "" if step.name.isdigit() and not prefix else step.name
    return Item(
        step.kind,
        ref,
        step.inputs[0],
        "" if name in ("", step.kind) else valid(f"{prefix}{name}"),
        dict(step.fields),
        step.inputs,
        steps=frozenset((ref,)),
        trainable=step.trainable,
        share=step.share,
        inplace=step.inplace,
    )


def _group(sketch: Sketch, scope: Scope, items: list[Item], prefix: str) -> list[Item]:
    """A container, with what joins several values before it starts put in front of it."""
    lifted: list[Item] = []
    while len(items) > 1 and not items[0].lists and len(set(items[0].inputs)) > 1:
        lifted.append(items.pop(0))
    name = "" if scope.name.isdigit() and not prefix else valid(f"{prefix}{scope.name}")
    if len(items) == 1:
        (only,) = items
        only.name = name or only.name
        only.type = only.type or scope.type
        return [*lifted, only]
    return [*lifted, container("stack", name, scope.type, [items])]


def container(kind: str, name: str, type_: str, lists: list[list[Item]]) -> Item:
    """A container of these lists; its value is the last one's of the last list."""
    steps = frozenset(ref for items in lists for item in items for ref in item.steps)
    last = next(items[-1] for items in reversed(lists) if items)
    made = Item(kind, last.step, last.source, name, lists=lists, type=type_, steps=steps)
    made.source = made.reads[0]
    return made


def every(items: Sequence[Item]) -> Iterator[list[Item]]:
    """Every list of items, outer ones first; a block's body is not entered."""
    found = items if isinstance(items, list) else list(items)
    yield found
    for item in found:
        if not item.block:
            for inner in item.lists:
                yield from every(inner)


def dissolve(items: list[Item]) -> None:
    """Stacks without a name give way to what is in them."""
    kept: list[Item] = []
    taken = {item.name for item in items if item.name}
    for item in items:
        if item.block:
            kept.append(item)
            continue
        for inner in item.lists:
            dissolve(inner)
        bare = item.kind == "stack" and not item.name and item.repeat == 1 and item.trainable
        if bare and not any(one.name in taken for one in item.lists[0] if one.name):
            kept += item.lists[0]
        else:
            kept.append(item)
    items[:] = kept


def fold_activations(items: list[Item], readers: dict[Ref, int]) -> None:
    """Nameless activations go into the layer before them, where nothing else reads it."""
    kept: list[Item] = []
    for item in items:
        for inner in item.lists:
            fold_activations(inner, readers)
        before = kept[-1] if kept else None
        if before is not None and _takes(before, item) and readers.get(before.step, 0) == 1:
            before.fields["activation"] = item.kind if not item.fields else {item.kind: dict(item.fields)}
            before.step, before.steps = item.step, before.steps | item.steps
        else:
            kept.append(item)
    items[:] = kept


def _takes(before: Item, item: Item) -> bool:
    """Whether an activation can be written into a layer."""
    plain = item.kind in ACTIVATIONS and not item.name and item.inputs == (before.step,) and item.share is None
    open_ = before.kind in SHORTHAND and "activation" not in before.fields and not before.lists and before.share is None
    return plain and open_ and not item.inplace and item.trainable == before.trainable
