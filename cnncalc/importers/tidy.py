"""A sketch without what the original leaves lying about: unread steps, reshapes that undo each other, empty structures.

Every step that remains is one that the original computes; the order of execution is kept.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import replace

from cnncalc.importers.sketch import Ref, Scope, Sketch, Step


def tidy(sketch: Sketch, leaves: Collection[str] = ()) -> Sketch:
    """The sketch made neat. `leaves` are the dotted paths of structures without inner ones: with one step they name it."""
    return _told(_named(_without_unread(_chained(_folded(sketch))), leaves))


def _told(sketch: Sketch) -> Sketch:
    """With the notes of its steps, each once."""
    notes = dict.fromkeys((*sketch.notes, *(step.note for step in sketch.steps if step.note)))
    return replace(sketch, notes=tuple(notes))


def _folded(sketch: Sketch) -> Sketch:
    """Global pooling that keeps its axes, then flattened, is global pooling that does not; and the other way round."""
    readers = _readers(sketch)
    steps = list(sketch.steps)
    moved: dict[Ref, Ref] = {}
    for index, step in enumerate(steps):
        if step.kind not in ("flatten", "reshape") or step.inputs[0] < 0:
            continue
        pool = steps[step.inputs[0]]
        kept = len(step.shape) > 1
        if (
            not pool.kind.startswith("global_")
            or readers[step.inputs[0]] != 1
            or kept == bool(pool.fields.get("keepdims"))
        ):
            continue
        if (
            step.shape[0] == pool.shape[0]
            and set(step.shape[1:]) <= {1}
            and (not kept or len(step.shape) == _axes(sketch, pool))
        ):
            fields = {key: value for key, value in pool.fields.items() if key != "keepdims"}
            fields |= {"keepdims": True} if kept else {}
            steps[step.inputs[0]] = pool._replace(fields=fields, shape=step.shape)
            moved[index] = step.inputs[0]
    return _redirected(replace(sketch, steps=tuple(steps)), moved) if moved else sketch


def _axes(sketch: Sketch, pool: Step) -> int:
    """How many axes a global pooling has when it keeps them."""
    return len(sketch.shape(pool.inputs[0]))


CHAINED = (
    "a concatenation that grows map by map is written as concat of the one before and the new map: sizes, counts and "
    "saved bytes are the same, the peak can be lower"
)


def _chained(sketch: Sketch) -> Sketch:
    """concat(a, b, c) after concat(a, b) is concat(that, c): dense blocks become repeats."""
    known: dict[tuple[str, tuple[Ref, ...]], Ref] = {}
    steps = list(sketch.steps)
    changed = False
    for index, step in enumerate(steps):
        if step.kind != "concat":
            continue
        axis, inputs = str(step.fields.get("axis", "")), step.inputs
        before = known.get((axis, inputs[:-1])) if len(inputs) > 2 else None
        if before is not None:
            steps[index] = step._replace(inputs=(before, inputs[-1]))
            changed = True
        known.setdefault((axis, inputs), index)
    if not changed:
        return sketch
    return replace(sketch, steps=tuple(steps), notes=(*sketch.notes, CHAINED))


def _readers(sketch: Sketch) -> Counter[Ref]:
    read = Counter(ref for step in sketch.steps for ref in step.inputs)
    read.update(output.value for output in sketch.outputs)
    return read


def _redirected(sketch: Sketch, moved: dict[Ref, Ref]) -> Sketch:
    """Readers of one value read another one."""

    def to(ref: Ref) -> Ref:
        while ref in moved:
            ref = moved[ref]
        return ref

    steps = tuple(step._replace(inputs=tuple(to(ref) for ref in step.inputs)) for step in sketch.steps)
    outputs = tuple(output._replace(value=to(output.value)) for output in sketch.outputs)
    return replace(sketch, steps=steps, outputs=outputs)


def _without_unread(sketch: Sketch) -> Sketch:
    """Only the steps that a result depends on."""
    needed: set[Ref] = set()
    waiting = [output.value for output in sketch.outputs]
    while waiting:
        ref = waiting.pop()
        if ref >= 0 and ref not in needed:
            needed.add(ref)
            waiting += sketch.steps[ref].inputs
    # a layer whose weights another one uses stays the owner only if it is there; else the first reader owns them
    order = sorted(needed)
    places = {ref: index for index, ref in enumerate(order)}
    owners: dict[Ref, Ref] = {}
    steps: list[Step] = []
    for ref in order:
        step = sketch.steps[ref]
        share = step.share
        if share is not None and share not in places:
            share = owners.get(step.share) if step.share is not None else None
            if share is None and step.share is not None:
                owners[step.share] = ref
        inputs = tuple(places[one] if one >= 0 else one for one in step.inputs)
        steps.append(step._replace(inputs=inputs, share=None if share is None else places[share]))
    outputs = tuple(one._replace(value=places[one.value] if one.value >= 0 else one.value) for one in sketch.outputs)
    return replace(sketch, steps=tuple(steps), outputs=outputs)


def _named(sketch: Sketch, leaves: Collection[str]) -> Sketch:
    """A structure without inner ones that holds a single step gives it its name."""
    count: Counter[tuple[Scope, ...]] = Counter(step.scope for step in sketch.steps)
    steps = []
    for step in sketch.steps:
        path = ".".join(one.name for one in step.scope)
        if step.scope and not step.name and count[step.scope] == 1 and path in leaves:
            step = step._replace(name=step.scope[-1].name, scope=step.scope[:-1])
        steps.append(step)
    return replace(sketch, steps=tuple(steps))
