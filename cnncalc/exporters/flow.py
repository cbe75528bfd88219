"""The forward pass of a unit: which variable holds which value, one assignment per step, short chains on one line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from cnncalc.exporters.code import unique
from cnncalc.graph.model import Ref

FOLDED = 3
"""So many applications on one line: convolution, normalisation, activation."""


@dataclass
class Step:
    """One assignment: `targets = expression` of `inputs`."""

    expression: str
    """With {0}, {1} ... or {all} for the inputs."""
    inputs: tuple[Ref, ...]
    outputs: tuple[Ref, ...]
    label: str
    """The name to use where the value cannot be `x`."""
    branch: str = ""
    """The branch it belongs to: its values carry that name."""
    joins: bool = False
    """Whether it may take its input's expression in: `f({0})`."""
    train_only: bool = False
    depth: int = 1


class _Value(NamedTuple):
    """When a value is made and read, by step."""

    made: int
    reads: tuple[int, ...]


@dataclass
class _Names:
    held: dict[str, Ref] = field(default_factory=dict)
    of: dict[Ref, str] = field(default_factory=dict)


def forward(steps: Sequence[Step], parameters: dict[Ref, str], results: Sequence[Ref]) -> list[str]:
    """The assignments, without the return: every line with names filled in; `results` keep their names to the end."""
    steps = _folded(list(steps), results)
    values = _values(steps, parameters, results)
    names = _Names({name: ref for ref, name in parameters.items()}, dict(parameters))
    lines = []
    for number, step in enumerate(steps):
        read = [names.of[ref] for ref in step.inputs]
        expression = step.expression.format(*read, all=", ".join(read))
        for name, ref in list(names.held.items()):
            if max(values[ref].reads, default=-1) <= number:
                del names.held[name]
        targets = []
        for ref in step.outputs:
            name = _name(step, values[ref], number, names, told=ref in results and len(results) > 1)
            names.held[name] = ref
            names.of[ref] = name
            targets.append(name)
        if [expression] != targets:
            lines.append(f"{'if self.training: ' if step.train_only else ''}{', '.join(targets)} = {expression}")
    parameters.update({ref: names.of[ref] for ref in results})
    return lines


def _name(step: Step, value: _Value, number: int, names: _Names, told: bool) -> str:
    """`x` where only the next line reads it; one of several results is `told` apart by its label."""
    label = step.label.lower()
    near = all(read == number + 1 for read in value.reads) and not told
    wanted = step.branch or ("x" if near else label)
    if wanted in names.held and label not in names.held and not step.branch:
        wanted = label
    return unique(wanted, names.held)


def _values(steps: Sequence[Step], parameters: dict[Ref, str], results: Sequence[Ref]) -> dict[Ref, _Value]:
    made = dict.fromkeys(parameters, -1) | {ref: number for number, step in enumerate(steps) for ref in step.outputs}
    reads: dict[Ref, list[int]] = {ref: [] for ref in made}
    for number, step in enumerate(steps):
        for ref in step.inputs:
            reads[ref].append(number)
    for ref in results:
        reads[ref].append(len(steps))
    return {ref: _Value(made[ref], tuple(reads[ref])) for ref in made}


def _folded(steps: list[Step], results: Sequence[Ref]) -> list[Step]:
    """Each step into the next one where that is all that reads it and takes it in."""
    readers: dict[Ref, int] = {}
    for step in steps:
        for ref in step.inputs:
            readers[ref] = readers.get(ref, 0) + 1
    done: list[Step] = []
    for step in steps:
        before = done[-1] if done else None
        if (
            before is not None
            and step.joins
            and step.inputs == before.outputs
            and readers[step.inputs[0]] == 1
            and step.inputs[0] not in results
            and before.depth < FOLDED
            and before.train_only == step.train_only
        ):
            done[-1] = Step(
                step.expression.replace("{0}", before.expression),
                before.inputs,
                step.outputs,
                step.label,
                step.branch,
                before.joins,
                step.train_only,
                before.depth + 1,
            )
        else:
            done.append(step)
    return done
