"""A unit's body: its modules, and the lines of its forward pass, in any language of functions and assignments."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from cnncalc.core.shapes import Shape
from cnncalc.exporters.classes import Body, Class, Module
from cnncalc.exporters.code import Construct, identifier
from cnncalc.exporters.flow import Step, forward
from cnncalc.exporters.names import branch, label
from cnncalc.exporters.piece import Piece
from cnncalc.exporters.units import Unit
from cnncalc.graph.model import Graph, Node, Ref


class Style(NamedTuple):
    """What differs between targets."""

    piece: Callable[[Node, tuple[Shape, ...], Shape], Piece]
    """What a layer becomes."""
    use: str
    """How a module is named in an expression, with {} for the attribute."""
    joins: Callable[[Node, str], bool]
    """Whether a layer with that expression stands on its input's line."""
    alone: str
    """The name of the network's only input."""
    conditional: bool
    """Whether train_only layers are skipped in prediction."""
    takes: Callable[[Construct, Piece], Construct | None] = lambda before, piece: None
    """The module before with an activation of this piece built in; None where it cannot be."""


def body(style: Style, graph: Graph, unit: Unit, made: dict[int, Class]) -> Body:
    """The unit's modules and lines, given the classes of the units within."""
    names = attributes(unit, graph)
    modules: list[Module] = []
    steps: list[Step] = []
    helpers: set[str] = set()
    conditional = style.conditional and not wholly_train_only(unit, graph)
    for step in unit.steps:
        if isinstance(step, Unit):
            construct = made[id(step)].construct(step)
            skipped = conditional and wholly_train_only(step, graph)
            _add(step, construct, names[key(step)], style.use, branch(step.place, unit), skipped, modules, steps)
            continue
        node = graph.nodes[step]
        part = style.piece(node, tuple(graph.shape(ref) or () for ref in node.inputs), node.output or ())
        helpers.update(part.helpers)
        if node.activation_of is not None and steps[-1].outputs == (node.activation_of,):
            place, (construct,), _ = modules[-1]
            whole = style.takes(construct, part) if _bare(steps[-1].expression, style.use.format(place)) else None
            if whole is not None:
                modules[-1], steps[-1].outputs = Module(place, (whole,)), (step,)
                continue
        own = names[step]
        places = {suffix: own if suffix == "own" else f"{own}_{suffix}" for suffix, _ in part.modules}
        modules += [Module(places[suffix], (construct,)) for suffix, construct in part.modules]
        expression = part.forward
        for suffix, place in places.items():
            expression = expression.replace(f"{{{suffix}}}", style.use.format(place))
        joins = style.joins(node, part.forward)
        skipped = conditional and node.train_only
        steps.append(Step(expression, node.inputs, (step,), own, branch(node.path, unit), joins, skipped))
    given = parameters(unit, graph, style.alone)
    variables = dict(given)
    lines = forward(steps, variables, unit.outputs)
    found = results(unit, graph)
    always = tuple(variables[ref] for ref in found if not (conditional and graph.nodes[ref].train_only))
    every = tuple(variables[ref] for ref in found)
    outcomes = (always,) if always == every else (every, always)
    return Body(tuple(modules), tuple(given.values()), tuple(lines), outcomes, frozenset(helpers))


def _bare(expression: str, module: str) -> bool:
    """Whether an expression is no more than a module's application."""
    return expression.startswith(f"{module}(") and expression.endswith(")")


def _add(
    inner: Unit,
    construct: Construct,
    attribute: str,
    use: str,
    within: str,
    skipped: bool,
    modules: list[Module],
    steps: list[Step],
) -> None:
    """A unit within a unit; the rounds of a repeated call are one listed module."""
    if in_row(inner) and modules and modules[-1].attribute == attribute:
        modules[-1] = Module(attribute, (*modules[-1].constructs, construct), listed=True)
        steps[-1].outputs = inner.outputs
        return
    modules.append(Module(attribute, (construct,), listed=in_row(inner)))
    expression = f"{use.format(attribute)}({{all}})"
    steps.append(Step(expression, inner.inputs, inner.outputs, attribute, within, False, skipped))


def key(unit: Unit) -> str:
    """What names an inner unit: its path; for the rounds of a repeated call in a chain, the call's."""
    return unit.series if in_row(unit) else unit.place


def in_row(unit: Unit) -> bool:
    """Whether it is a round of a repeated call that passes one value on."""
    return bool(unit.series)


def attributes(unit: Unit, graph: Graph) -> dict[int | str, str]:
    """Node index, or inner unit's key -> name in the source."""
    names: dict[int | str, str] = {}
    for step in unit.steps:
        if isinstance(step, Unit):
            place: int | str = key(step)
            path, kind = str(place), step.kind
        else:
            place, path, kind = step, graph.nodes[step].path, graph.nodes[step].kind
        if place not in names:
            names[place] = label(path, unit, kind, names.values())
    return names


def parameters(unit: Unit, graph: Graph, alone: str) -> dict[Ref, str]:
    """The names of the inputs: x, then skip; the network's: `alone` if there is one, else the spec's names."""
    if unit.kind != "network":
        words = ["x", "skip", *(f"skip_{number}" for number in range(2, len(unit.inputs)))]
        return dict(zip(unit.inputs, words, strict=False))
    if len(graph.inputs) == 1:
        return {-1: alone}
    return {-1 - index: identifier(name, "input") for index, name in enumerate(graph.inputs)}


def results(unit: Unit, graph: Graph) -> list[Ref]:
    """What the unit gives; the network's trunk first and what training alone has last."""
    if unit.kind != "network":
        return list(unit.outputs)
    others = [ref for ref in unit.outputs if ref != graph.result]
    return [graph.result, *sorted(others, key=lambda ref: ref >= 0 and graph.nodes[ref].train_only)]


def wholly_train_only(unit: Unit, graph: Graph) -> bool:
    """Whether all its layers are for training only."""
    return all(graph.nodes[index].train_only for index in range(unit.start, unit.stop))
