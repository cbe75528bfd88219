"""Which steps are the trunk's and which each head's, and the names that layers may have."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from typing import NamedTuple

from cnncalc.importers.sketch import Output, Ref, Sketch

_BAD = re.compile(r"[^A-Za-z0-9_-]+")


class Part(NamedTuple):
    """The trunk or a head: its output and the steps that no part before has, in order of execution."""

    output: Output
    steps: tuple[Ref, ...]


def parts(sketch: Sketch) -> list[Part]:
    """The trunk first, then the heads.

    The trunk ends in the first result unless others are computed from that: then in the first that none is computed from.
    What several heads need is the trunk's, for a head feeds nothing.
    """
    behind = [_behind(sketch, output.value) for output in sketch.outputs]
    number = next((index for index in range(len(behind)) if _ends(sketch, behind, index)), 0)
    trunk = behind[number] | _shared(behind, number)
    end = sketch.outputs[number].value
    order = [*sorted(trunk - {end}), end] if end in trunk else sorted(trunk)
    heads = [
        Part(output, tuple(sorted(steps - trunk)))
        for index, (output, steps) in enumerate(zip(sketch.outputs, behind, strict=True))
        if index != number
    ]
    return [Part(sketch.outputs[number], tuple(order)), *heads]


def _behind(sketch: Sketch, value: Ref) -> frozenset[Ref]:
    """The steps that a value is computed from, its own too."""
    found: set[Ref] = set()
    waiting = [value]
    while waiting:
        ref = waiting.pop()
        if ref >= 0 and ref not in found:
            found.add(ref)
            waiting += sketch.steps[ref].inputs
    return frozenset(found)


def _shared(behind: list[frozenset[Ref]], number: int) -> frozenset[Ref]:
    """The steps that several results need beside one of them."""
    count = Counter(ref for index, steps in enumerate(behind) if index != number for ref in steps - behind[number])
    return frozenset(ref for ref, uses in count.items() if uses > 1)


def _ends(sketch: Sketch, behind: list[frozenset[Ref]], number: int) -> bool:
    """Whether the trunk can end in a result: there are layers before it, and no other result is computed from it."""
    output = sketch.outputs[number]
    if output.train_only or not behind[number]:
        return False
    others = [index for index, one in enumerate(sketch.outputs) if one.value != output.value and not one.train_only]
    return not any(output.value in behind[index] for index in others)


LATER = (
    "heads run after the trunk here, where the original computes them in between: sizes, counts and saved bytes are the "
    "same, the peaks can differ"
)


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
    notes = sketch.notes if order == sorted(order) else (*sketch.notes, LATER)
    return replace(sketch, steps=tuple(steps), outputs=outputs, notes=notes)


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
        self._numbers: dict[str, int] = {}

    def unique(self, wanted: str) -> str:
        """The name, with a number behind it where it is taken."""
        name, number = wanted, self._numbers.get(wanted, 1)
        while name in self._taken:
            number += 1
            name = f"{wanted}{'_' if wanted[-1:].isdigit() else ''}{number}"
        self._numbers[wanted] = number
        self._taken.add(name)
        return name


def head_name(sketch: Sketch, part: Part, number: int) -> str:
    """A head's name: the structure that all its steps and no others belong to, else the result's place."""
    scopes = [sketch.steps[ref].scope for ref in part.steps]
    own = set(part.steps)
    first = scopes[0][:1] if scopes else ()
    if (
        first
        and all(scope[:1] == first for scope in scopes)
        and not any(step.scope[:1] == first for ref, step in enumerate(sketch.steps) if ref not in own)
    ):
        return valid(first[0].name)
    name = part.output.name
    return f"output{name}" if name.isdigit() else valid(name) if name else f"output{number}"
