"""Checkpoints in torch: layers that run inside torch.utils.checkpoint while the network trains.

A checkpoint is one turn of the network's plan; inside it the layers run in order, each value freed after its last use.
Checkpoints may hold further ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from cnncalc.graph.model import Checkpoint


class Step(NamedTuple):
    """One twin's turn: which values it reads, and which nobody needs afterwards."""

    node: int
    inputs: tuple[int, ...]
    last: tuple[int, ...]


class Section(NamedTuple):
    """A checkpoint's turn: which values it reads from outside, which it gives, and which nobody needs afterwards."""

    inputs: tuple[int, ...]
    results: tuple[int, ...]
    last: tuple[int, ...]
    steps: tuple[Step | Section, ...]

    @property
    def first(self) -> int:
        """The first layer inside."""
        step = self.steps[0]
        return step.first if isinstance(step, Section) else step.node


def with_sections(
    steps: Sequence[Step], kept: Sequence[int], checkpoints: Sequence[Checkpoint]
) -> tuple[Step | Section, ...]:
    """The same turns with every checkpoint as one turn, from the last to the first so that the last reader is known."""
    ranges = sorted([(one.start, one.stop) for one in checkpoints], key=lambda one: (one[0], -one[1]))
    return _sections(list(steps), set(kept), ranges)


def _sections(steps: list[Step], needed: set[int], ranges: list[tuple[int, int]]) -> tuple[Step | Section, ...]:
    """`ranges`: those of the checkpoints, outer ones first; two of the same layers lie in each other, too."""
    result: list[Step | Section] = []
    deeper: dict[tuple[int, int], list[tuple[int, int]]] = {}
    for one in ranges:
        around = next((outer for outer in deeper if outer[0] <= one[0] and one[1] <= outer[1]), None)
        if around is None:
            deeper[one] = []
        else:
            deeper[around].append(one)
    position = len(steps)
    while position:
        step = steps[position - 1]
        inside = next((one for one in deeper if one[0] <= step.node < one[1]), None)
        if inside is None:
            position -= 1
            reads = step.inputs
        else:
            own = [one for one in steps if inside[0] <= one.node < inside[1]]
            position -= len(own)
            members = {one.node for one in own}
            reads = tuple(dict.fromkeys(ref for one in own for ref in one.inputs if ref not in members))
        last = tuple(ref for ref in dict.fromkeys(reads) if ref not in needed)
        if inside is None:
            result.append(Step(step.node, step.inputs, last))
        else:
            results = tuple(one.node for one in own if one.node in needed)
            result.append(Section(reads, results, last, _sections(own, {*results, *reads}, deeper[inside])))
        needed.update(last)
    return tuple(reversed(result))


def advance(twins: nn.ModuleList, steps: Sequence[Step | Section], values: dict[int, Tensor]) -> None:
    """Takes the turns; a value goes after its last use."""
    for step in steps:
        if isinstance(step, Section):
            values.update(zip(step.results, enter(twins, step, [values[ref] for ref in step.inputs]), strict=True))
        else:
            values[step.node] = twins[step.node](*[values[ref] for ref in step.inputs])
        for ref in step.last:
            del values[ref]


def enter(twins: nn.ModuleList, section: Section, inputs: list[Tensor]) -> tuple[Tensor, ...]:
    """The results of a checkpoint."""

    def inside(*given: Tensor) -> tuple[Tensor, ...]:
        values = dict(zip(section.inputs, given, strict=True))
        advance(twins, section.steps, values)
        return tuple([values[ref] for ref in section.results])

    results: tuple[Tensor, ...] = checkpoint(inside, *inputs, use_reentrant=False)
    return results
