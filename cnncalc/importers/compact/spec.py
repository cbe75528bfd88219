"""The folded tree as a Spec: names, references and calls."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from typing import Any

from cnncalc.graph.names import stack_names
from cnncalc.importers.compact.blocks import Definition, Extraction
from cnncalc.importers.compact.nest import nest
from cnncalc.importers.compact.repeat import fold_repeats
from cnncalc.importers.compact.tree import Item, Readers, build, container, dissolve, every, fold_activations
from cnncalc.importers.flat import HIGHWAY, carried
from cnncalc.importers.parts import Names, Part, head_name, parts, valid
from cnncalc.importers.sketch import Ref, Sketch
from cnncalc.layers import KINDS, MERGES
from cnncalc.spec.calls import form_of_kind
from cnncalc.spec.model import Block, Call, Head, Spec, Stack

_RESULT = -(10**9)
"""The reader of the network's results."""


MOST_HIDDEN = 200
"""Names that may be changed because an inner layer of the same name hides them; each takes a new try."""


class _HiddenError(Exception):
    """A layer that something refers to is hidden by another one of its name; it has been renamed."""


class UnfoldableError(Exception):
    """A reference that the folded form cannot express."""


def compact(sketch: Sketch) -> Spec:
    """The readable spec of a sketch whose steps are in order. Raises UnfoldableError where it cannot be said."""
    found = parts(sketch)
    readers = _readers(sketch)
    counts = {ref: len(those) for ref, those in readers.items()}
    trees = [build(sketch, part.steps) for part in found]
    for tree in trees:
        fold_activations(tree, counts)
        nest(tree, readers)
    _name_alone(sketch, found, trees)
    _drop_plain_names(trees)
    extraction = Extraction(sketch, trees, readers, _far(sketch, trees, readers))
    extraction.run()
    bodies = [items for one in extraction.definitions.values() for items in one.body.lists]
    for items in (*trees, *bodies):
        dissolve(items)
        for inner in list(every(items)):
            fold_repeats(inner, readers)
            _rename(inner)
    definitions = _numbered(trees, extraction.definitions)
    for _ in range(MOST_HIDDEN):
        with suppress(_HiddenError):
            return Writer(sketch, found, trees, definitions).spec()
    raise UnfoldableError("too many layers hide others of the same name")


def _numbered(trees: list[list[Item]], definitions: dict[str, Definition]) -> dict[str, Definition]:
    """The blocks of one name numbered in the order in which they are first used."""
    used: dict[str, None] = {}
    calls: list[Item] = []
    waiting = [item for tree in reversed(trees) for item in reversed(tree)]
    while waiting:
        item = waiting.pop()
        if item.block:
            calls.append(item)
        if not item.block or item.kind not in used:
            lists = definitions[item.kind].body.lists if item.block else item.lists
            waiting += [one for items in reversed(lists) for one in reversed(items)]
        if item.block:
            used[item.kind] = None
    families: dict[str, list[str]] = defaultdict(list)
    for name in used:
        families[definitions[name].wanted].append(name)
    names = {
        old: new for family in families.values() for old, new in zip(family, sorted(family, key=_age), strict=True)
    }
    for item in calls:
        item.kind = names[item.kind]
    return {names[old]: replace(definitions[old], name=names[old]) for old in used}


def _age(name: str) -> tuple[int, str]:
    """Names with smaller numbers first."""
    return len(name), name


def _readers(sketch: Sketch) -> Readers:
    found: dict[Ref, set[Ref]] = defaultdict(set)
    for index, step in enumerate(sketch.steps):
        for ref in step.inputs:
            found[ref].add(index)
    for output in sketch.outputs:
        found[output.value].add(_RESULT)
    return defaultdict(frozenset, {ref: frozenset(those) for ref, those in found.items()})


def _name_alone(sketch: Sketch, found: list[Part], trees: list[list[Item]]) -> None:
    """The only layer of a head, out of a structure that other parts have layers of too, has its whole name."""
    for part, tree in list(zip(found, trees, strict=True))[1:]:
        step = sketch.steps[part.steps[0]] if part.steps else None
        if step is None or len(tree) != 1 or tree[0].lists or not step.scope:
            continue
        around, own = step.scope[0], set(part.steps)
        if any(one.scope[:1] == (around,) for ref, one in enumerate(sketch.steps) if ref not in own):
            path = [*(scope.name for scope in step.scope), *([step.name] if step.name else [])]
            while len(path) > 1 and path[-1].isdigit() and path[-2].isdigit():
                path.pop()
            tree[0].name = valid(".".join(path))


def _drop_plain_names(trees: list[list[Item]]) -> None:
    """Names that stand twice in a list are made unique; those of repeated uses go."""
    for tree in trees:
        for items in every(tree):
            counts = Counter(item.name for item in items if item.name)
            for item in items:
                if counts[item.name] > 1:
                    item.name = ""


def _rename(items: list[Item]) -> None:
    """Names that folding made equal get numbers."""
    names = Names()
    for item in items:
        if item.name:
            item.name = names.unique(item.name)


def _far(sketch: Sketch, trees: list[list[Item]], readers: Readers) -> frozenset[Ref]:
    """Values inside a container that are read outside it, and weights that another layer uses."""
    found: set[Ref] = {step.share for step in sketch.steps if step.share is not None}
    found |= {output.value for output in sketch.outputs}
    for tree in trees:
        for items in every(tree):
            for item in items:
                if item.lists:
                    found |= {ref for ref in item.steps if ref != item.step and not readers[ref] <= item.steps}
    return frozenset(found)


class Writer:
    """Writes one spec."""

    def __init__(
        self, sketch: Sketch, found: list[Part], trees: list[list[Item]], definitions: dict[str, Definition]
    ) -> None:
        self.sketch = sketch
        self.parts = found
        self.trees = trees
        self.definitions = definitions
        self.frames: list[list[Item]] = []
        self.outside: dict[Ref, str] = {}
        self.used: set[str] = set()

    def spec(self) -> Spec:
        """The whole."""
        sketch = self.sketch
        self.outside = {-1 - index: name for index, name in enumerate(sketch.inputs)}
        for tree in self.trees:
            self._label(tree)
        for one in self.definitions.values():
            self._label(one.body.lists[0])
        names = Names(*sketch.inputs, *(item.label for item in self.trees[0]))
        layers = self._stack(self.trees[0], -1 if len(sketch.inputs) == 1 else None)
        heads = {}
        for number, (part, tree) in enumerate(list(zip(self.parts, self.trees, strict=True))[1:], start=1):
            name = names.unique(head_name(sketch, part, number))
            source = tree[0].source if tree else part.output.value
            if len(tree) == 1 and tree[0].name == name:
                tree[0].name = ""
                if tree[0].kind == "stack" and tree[0].repeat == 1:
                    tree[:] = tree[0].lists[0]
                self._label(tree)
            self.frames = [self.trees[0]]
            where = self._name(source)
            stack = self._stack(tree, source)
            heads[name] = Head(name, where, stack, True if part.output.train_only else None)
        # bodies come last: what they are called with must have been named
        order = _by_use((layers, *(head.layers for head in heads.values())), self.definitions)
        blocks = {name: self._block(self.definitions[name]) for name in order}
        return Spec(sketch.name, dict(sketch.inputs), layers, sketch.source, blocks=blocks, heads=heads)

    # -- names -----------------------------------------------------------------------------------------------------

    def _label(self, items: list[Item]) -> None:
        """What every item of a list and of the lists inside is called in paths."""
        calls = tuple(Call(item.kind, {}, item.name or None) for item in items)
        for item, label in zip(items, stack_names(Stack(calls)), strict=True):
            item.label = label
            if not item.block:
                for inner in item.lists:
                    self._label(inner)

    def _name(self, ref: Ref, leaf: bool = False) -> str:
        """How a value is referred to from here: a name of this list or of one around it."""
        hidden: set[str] = set()
        for frame in reversed(self.frames):
            for item in frame:
                path = _path(item, ref, leaf)
                if path is not None:
                    if path[0] in hidden:
                        item.name = f"{item.label}_outer"
                        raise _HiddenError
                    return ".".join(path)
            hidden.update(item.label for item in frame)
        if ref in self.outside:
            self.used.add(self.outside[ref])
            return self.outside[ref]
        raise UnfoldableError("a value is not in sight")

    # -- calls -----------------------------------------------------------------------------------------------------

    def _stack(self, items: list[Item], before: Ref | None) -> Stack:
        self.frames.append([])
        calls = []
        for item in items:
            calls.append(self._call(item, before))
            self.frames[-1].append(item)
            before = item.step
        self.frames.pop()
        # a name may have become explicit after its call was made
        named = [
            call if item.name == (call.name or "") else _named(call, item.name)
            for call, item in zip(calls, items, strict=True)
        ]
        return Stack(tuple(named))

    def _call(self, item: Item, before: Ref | None) -> Call:
        fields: dict[str, Any] = _in_order(item)
        inner: list[Stack] = []
        if item.lists and not item.block:
            inner = self._lists(item)
        if item.kind in MERGES and item.lists:
            fields["branches"] = tuple(inner)
        elif item.kind == "stack":
            fields["layers"] = inner[0]
        reads = (item.source,) if item.lists else item.inputs
        if item.kind == "highway":
            *named, source = reads
            fields |= dict(zip(HIGHWAY, inner or [carried(self._name(ref)) for ref in named], strict=True))
            reads = (source,)
        for name, ref in item.extra.items():
            fields[name] = self._name(ref)
        sources = () if reads == (before,) else tuple(self._name(ref) for ref in reads)
        return Call(
            item.kind,
            fields,
            item.name or None,
            sources,
            repeat=item.repeat if item.repeat > 1 else None,
            trainable=None if item.trainable else False,
            inplace=item.inplace or None,
            share=None if item.share is None else self._name(item.share, leaf=True),
        )

    def _lists(self, item: Item) -> list[Stack]:
        """The lists of a container; a merge's later branches see its earlier ones by their names."""
        self.frames.append([])
        written = []
        for number, items in enumerate(item.lists, start=1):
            written.append(self._stack(items, item.source))
            if item.kind != "stack" and items:
                seen = container("branch", "", "", [items])
                seen.label = _branch(item.kind, number)
                self.frames[-1].append(seen)
        self.frames.pop()
        return written

    def _block(self, one: Definition) -> Block:
        self.frames = []
        entry = Names(*(item.label for items in every(one.body.lists[0]) for item in items)).unique("entry")
        self.outside = {**one.outside, one.body.source: entry}
        layers = self._stack(one.body.lists[0], one.body.source)
        if entry in self.used:
            # the language has no name for what a block reads
            layers = Stack((Call("identity", {}, entry), *layers.calls))
        return Block(one.name, dict(one.parameters), layers, one.doc)


def _in_order(item: Item) -> dict[str, Any]:
    """A layer's fields in the order in which its kind has them."""
    if item.kind not in KINDS:
        return dict(item.fields)
    order = form_of_kind(item.kind).fields
    return {key: item.fields[key] for key in order if key in item.fields}


def _by_use(stacks: Iterable[Stack], definitions: dict[str, Definition]) -> list[str]:
    """The blocks in the order in which they are first used, a block's own after it."""
    found: dict[str, None] = {}
    waiting: list[Any] = list(reversed([*stacks]))
    while waiting:
        one = waiting.pop()
        if isinstance(one, Stack):
            waiting += reversed(one.calls)
        elif isinstance(one, Call):
            if one.kind in definitions and one.kind not in found:
                found[one.kind] = None
                waiting += reversed(definitions[one.kind].body.lists[0])
            waiting += reversed(list(one.fields.values()))
        elif isinstance(one, Item):
            if one.kind in definitions and one.kind not in found:
                found[one.kind] = None
                waiting += reversed(definitions[one.kind].body.lists[0])
            elif not one.block:
                waiting += [item for items in reversed(one.lists) for item in reversed(items)]
        elif isinstance(one, tuple):
            waiting += reversed(one)
    return list(found)


def _named(call: Call, name: str) -> Call:
    return replace(call, name=name)


def _branch(kind: str, number: int) -> str:
    """What a merge's or a highway's list of that number is called in paths."""
    return ("transform", "gate")[number - 1] if kind == "highway" else f"branch{number}"


def _path(item: Item, ref: Ref, leaf: bool) -> list[str] | None:
    """The path of a value (or of the very layer) from the list that an item stands in; names that are used become explicit."""
    if (item.step == ref and not (leaf and item.lists)) or (not item.lists and ref in item.steps):
        item.name = item.label
        return [item.label]
    if ref not in item.steps or item.block or item.repeat > 1 or not item.lists:
        return None
    for number, items in enumerate(item.lists, start=1):
        for inner in items:
            path = _path(inner, ref, leaf)
            if path is not None:
                item.name = item.label
                return [item.label, *([_branch(item.kind, number)] if item.kind != "stack" else []), *path]
    return None
