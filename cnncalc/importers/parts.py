"""Which steps are the trunk's and which each head's, and the names that layers may have."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import NamedTuple

from cnncalc.importers.sketch import Output, Ref, Sketch

_BAD = re.compile(r"[^A-Za-z0-9_-]+")


class Part(NamedTuple):
    """The trunk or a head: its output and the steps that no part before has, in order of execution."""

    output: Output
    steps: tuple[Ref, ...]


def parts(sketch: Sketch) -> list[Part]:
    """The trunk first, then the heads."""
    taken: set[Ref] = set()
    found = []
    for output in sketch.outputs:
        own: set[Ref] = set()
        waiting = [output.value]
        while waiting:
            ref = waiting.pop()
            if ref >= 0 and ref not in taken:
                taken.add(ref)
                own.add(ref)
                waiting += sketch.steps[ref].inputs
        found.append(Part(output, tuple(sorted(own))))
    return found


def in_order(sketch: Sketch) -> Sketch:
    """The sketch with the trunk's steps before the heads', and weights owned by the first of their users."""
    order = [ref for part in parts(sketch) for ref in part.steps]
    places = {ref: index for index, ref in enumerate(order)}
    owners: dict[tuple[str, ...], Ref] = {}
    steps = []
    for index, ref in enumerate(order):
        step = sketch.steps[ref]
        inputs = tuple(places[one] if one >= 0 else one for one in step.inputs)
        share = None
        if step.weights:
            owner = owners.setdefault(step.weights, index)
            share = owner if owner != index else None
        steps.append(step._replace(inputs=inputs, share=share))
    outputs = tuple(one._replace(value=places[one.value] if one.value >= 0 else one.value) for one in sketch.outputs)
    return replace(sketch, steps=tuple(steps), outputs=outputs)


def valid(name: str) -> str:
    """A name as the language allows it: letters, digits, _ and -.

    >>> valid("layer1.0.conv1"), valid("-x"), valid("a b")
    ('layer1_0_conv1', 'x', 'a_b')
    """
    return _BAD.sub("_", name).lstrip("-") or "layer"


class Names:
    """Names that are given once each."""

    def __init__(self, *taken: str) -> None:
        self._taken = set(taken)

    def unique(self, wanted: str) -> str:
        """The name, with a number behind it where it is taken."""
        name, number = wanted, 1
        while name in self._taken:
            number += 1
            name = f"{wanted}{'_' if wanted[-1:].isdigit() else ''}{number}"
        self._taken.add(name)
        return name


def head_name(sketch: Sketch, part: Part, number: int) -> str:
    """A head's name: the structure that all its steps belong to, else the result's place."""
    scopes = [sketch.steps[ref].scope for ref in part.steps]
    if scopes and scopes[0] and all(scope[:1] == scopes[0][:1] for scope in scopes):
        return valid(scopes[0][0].name)
    name = part.output.name
    return f"output{name}" if name.isdigit() else valid(name) if name else f"output{number}"
