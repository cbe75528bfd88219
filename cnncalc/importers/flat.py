"""A sketch as a Spec without blocks: one list of layers, each under its qualified name."""

from __future__ import annotations

from cnncalc.importers.parts import Names, Part, head_name, parts, valid
from cnncalc.importers.sketch import Ref, Sketch
from cnncalc.spec.model import Call, Head, Spec, Stack

HIGHWAY = ("layers", "gate")
"""The fields of a highway, which has lists of layers for all its inputs but the last one."""


def carried(name: str) -> Stack:
    """A list of layers that gives an earlier layer's output."""
    return Stack((Call("identity", {}, None, (name,)),))


def flat(sketch: Sketch) -> Spec:
    """The spec of a sketch whose steps are in order; its layers are the sketch's steps, one by one."""
    names = Names(*sketch.inputs)
    of_inputs = tuple(sketch.inputs)
    known: dict[Ref, str] = {-1 - index: name for index, name in enumerate(of_inputs)}
    trunk, *others = parts(sketch)
    for ref in (one for part in (trunk, *others) for one in part.steps):
        step = sketch.steps[ref]
        path = [scope.name for scope in step.scope] + [step.name or step.kind]
        known[ref] = names.unique(valid(".".join(path)))
    before = -1 if len(of_inputs) == 1 else None
    layers = _stack(sketch, trunk, known, before)
    heads = {}
    for number, part in enumerate(others, start=1):
        name = names.unique(head_name(sketch, part, number))
        source = sketch.steps[part.steps[0]].inputs[0] if part.steps else part.output.value
        stack = _stack(sketch, part, known, source)
        heads[name] = Head(name, known[source], stack, True if part.output.train_only else None)
    return Spec(sketch.name, dict(sketch.inputs), layers, sketch.source, heads=heads)


def _stack(sketch: Sketch, part: Part, known: dict[Ref, str], before: Ref | None) -> Stack:
    calls = []
    for ref in part.steps:
        step = sketch.steps[ref]
        fields, inputs = dict(step.fields), step.inputs
        if step.kind == "highway":
            *named, source = inputs
            fields |= {field: carried(known[one]) for field, one in zip(HIGHWAY, named, strict=True)}
            inputs = (source,)
        alone = len(inputs) == 1 and inputs[0] == before
        calls.append(
            Call(
                step.kind,
                fields,
                known[ref],
                () if alone else tuple(known[one] for one in inputs),
                trainable=None if step.trainable else False,
                inplace=step.inplace or None,
                share=None if step.share is None else known[step.share],
            )
        )
        before = ref
    return Stack(tuple(calls))
