"""The whole file: imports, small definitions where torch has no module, a class per block, the network."""

from __future__ import annotations

import re
from functools import partial

from cnncalc.exporters.classes import Body, Class, Module, classes
from cnncalc.exporters.code import broken, identifier, literal, unique, written
from cnncalc.exporters.flow import Step, forward
from cnncalc.exporters.names import branch, label
from cnncalc.exporters.torch.helpers import HELPERS
from cnncalc.exporters.torch.layers import piece
from cnncalc.exporters.units import Unit, units
from cnncalc.graph.model import Graph, Node, Ref
from cnncalc.layers import ACTIVATIONS

_TRAINING = "if self.training: "

_CALL = re.compile(r"\{own\}\(\{0\}\)|(F|torch)\.\w+\(\{0\}(, [^{}]*)?\)")
"""A plain application to one input."""
_JOINING = frozenset({*ACTIVATIONS, "batchnorm", "groupnorm", "instancenorm", "dropout", "spatial_dropout"})
"""Kinds that stand on their input's line where they are a plain application."""


def torch_source(graph: Graph, heading: str) -> str:
    """PyTorch source of a network whose sizes are known; `heading` is the network's docstring."""
    root = units(graph)
    found, of_unit = classes(root, partial(_body, graph))
    helpers = sorted({name for one in found for name in one.body.helpers}, key=list(HELPERS).index)
    parts = [_imports(found, helpers, heading), *(HELPERS[name].strip() for name in helpers)]
    parts += [_class(one, graph, root, of_unit, one is of_unit[id(root)]) for one in found]
    return "\n\n\n".join(parts) + "\n"


def _imports(found: list[Class], helpers: list[str], heading: str) -> str:
    text = "\n".join([line for one in found for line in one.body.lines] + [HELPERS[name] for name in helpers])
    lines = ["import torch", "from torch import Tensor, nn"]
    if "math." in text:
        lines[:0] = ["import math", ""]
    if "F." in text:
        lines.append("from torch.nn import functional as F")
    return f'"""{heading}"""\n\n' + "\n".join(lines)


def _body(graph: Graph, unit: Unit, made: dict[int, Class]) -> Body:
    """A unit's modules and forward pass."""
    names = _attributes(unit, graph)
    modules: list[Module] = []
    steps: list[Step] = []
    helpers: set[str] = set()
    wholly = _wholly(unit, graph)
    for step in unit.steps:
        if isinstance(step, Unit):
            _add_unit(step, unit, graph, made, names, modules, steps)
            continue
        node = graph.nodes[step]
        part = piece(node.layer, tuple(graph.shape(ref) or () for ref in node.inputs), node.output or ())
        helpers.update(part.helpers)
        own = names[node.index]
        attributes = {suffix: own if suffix == "own" else f"{own}_{suffix}" for suffix, _ in part.modules}
        modules += [Module(attributes[suffix], (construct,)) for suffix, construct in part.modules]
        joins = node.kind in _JOINING and _CALL.fullmatch(part.forward) is not None
        expression = _placed(part.forward, attributes)
        steps.append(
            Step(
                expression,
                node.inputs,
                (node.index,),
                own,
                branch(node.path, unit),
                joins,
                node.train_only and not wholly,
            )
        )
    parameters = _parameters(unit, graph)
    variables = dict(parameters)
    lines = forward(steps, variables, unit.outputs)
    results = [variables[ref] for ref in _results(unit, graph)]
    train_only = {ref for ref in unit.outputs if graph.nodes[ref].train_only and not wholly}
    shown = _returned([*lines, *_return(unit, graph, results, train_only)])
    returns = (len(results) - len(train_only), *([len(results)] if train_only else []))
    return Body(tuple(modules), tuple(parameters.values()), shown, returns, frozenset(helpers))


def _returned(lines: list[str]) -> tuple[str, ...]:
    """The last assignment and the return in one line where nothing else is returned."""
    if len(lines) > 1 and not lines[-2].startswith(_TRAINING):
        target, _, expression = lines[-2].partition(" = ")
        if lines[-1] == f"return {target}":
            return (*lines[:-2], f"return {expression}")
    return tuple(lines)


def _placed(expression: str, attributes: dict[str, str]) -> str:
    for suffix, attribute in attributes.items():
        expression = expression.replace(f"{{{suffix}}}", f"self.{attribute}")
    return expression


def _wholly(unit: Unit, graph: Graph) -> bool:
    return all(graph.nodes[index].train_only for index in range(unit.start, unit.stop))


def _add_unit(
    inner: Unit,
    unit: Unit,
    graph: Graph,
    made: dict[int, Class],
    names: dict[int | str, str],
    modules: list[Module],
    steps: list[Step],
) -> None:
    """A unit within a unit: rounds of a repeated call that follow each other become one nn.Sequential."""
    construct = made[id(inner)].construct(inner)
    last = steps[-1] if steps else None
    chained = len(inner.inputs) == len(inner.outputs) == 1
    attribute = names[inner.series if inner.series and chained else inner.path]
    if inner.series and chained and modules and modules[-1].attribute == attribute and last is not None:
        if inner.inputs == last.outputs:
            modules[-1] = Module(attribute, (*modules[-1].constructs, construct), listed=True)
            last.outputs = inner.outputs
            return
        attribute = unique(attribute, {module.attribute for module in modules})
    modules.append(Module(attribute, (construct,), listed=bool(inner.series and chained)))
    expression = f"self.{attribute}({{all}})"
    steps.append(
        Step(
            expression,
            inner.inputs,
            inner.outputs,
            attribute,
            branch(inner.path, unit),
            False,
            _wholly(inner, graph) and not _wholly(unit, graph),
        )
    )


def _attributes(unit: Unit, graph: Graph) -> dict[int | str, str]:
    """Node index, or inner unit's path (or its series'), -> attribute."""
    names: dict[int | str, str] = {}
    for step in unit.steps:
        if isinstance(step, Unit):
            key: int | str = step.series if step.series and len(step.inputs) == len(step.outputs) == 1 else step.path
            path, kind = str(key), step.kind
        else:
            key, path, kind = step, graph.nodes[step].path, graph.nodes[step].kind
        if key not in names:
            names[key] = label(path, unit, kind, names.values())
    return names


def _parameters(unit: Unit, graph: Graph) -> dict[Ref, str]:
    """The names of the inputs: x; several: the spec's names, or x and skip."""
    if unit.kind == "network":
        refs = [-1 - index for index in range(len(graph.inputs))]
        if len(refs) == 1:
            return {-1: "x"}
        return {ref: identifier(name, "input") for ref, name in zip(refs, graph.inputs, strict=True)}
    words = ["x", "skip", *(f"skip_{number}" for number in range(2, len(unit.inputs)))]
    return dict(zip(unit.inputs, words, strict=False))


def _results(unit: Unit, graph: Graph) -> list[Ref]:
    """The trunk's result first."""
    if unit.kind != "network":
        return list(unit.outputs)
    return [graph.result, *(ref for ref in unit.outputs if ref != graph.result)]


def _return(unit: Unit, graph: Graph, results: list[str], train_only: set[Ref]) -> list[str]:
    refs = _results(unit, graph)
    always = [name for ref, name in zip(refs, results, strict=True) if ref not in train_only]
    training = [f"{_TRAINING}return {', '.join(results)}"] if train_only else []
    return [*training, f"return {', '.join(always)}"]


def _class(one: Class, graph: Graph, root: Unit, of_unit: dict[int, Class], outermost: bool) -> str:
    arguments = ", ".join(["self", *(f"{name}: {_type(one, name)}" for name in one.parameters)])
    lines = [f"class {one.name}(nn.Module):", *broken(f"def __init__({arguments}) -> None:", 4)]
    lines += ["        super().__init__()", *_constructions(one)]
    if outermost:
        lines += [row for line in _ties(graph, root, of_unit) for row in broken(line, 8)]
    inputs = ", ".join(["self", *(f"{name}: Tensor" for name in one.body.parameters)])
    lines += ["", *broken(f"def forward({inputs}) -> {_result(one.body.returns)}:", 4), *_statements(one.body.lines)]
    return "\n".join(lines)


def _result(returns: tuple[int, ...]) -> str:
    """The type of what `forward` returns."""
    words = ("Tensor" if count == 1 else "tuple[Tensor, ...]" for count in returns)
    return " | ".join(dict.fromkeys(words))


def _type(one: Class, name: str) -> str:
    values = {type(row[one.parameters.index(name)]) for row in one.arguments.values()}
    if values == {bool}:
        return "bool"
    if values <= {int, bool}:
        return "int"
    if values <= {int, float}:
        return "float"
    if values == {tuple}:
        return "tuple[int, ...]"
    return "int | tuple[int, ...]" if values <= {int, tuple} else "object"


def _constructions(one: Class) -> list[str]:
    """The assignments of `__init__`."""
    values = iter(one.values)
    lines: list[str] = []
    for module in one.body.modules:
        target = f"self.{module.attribute} = "
        if module.equal:
            item = written(module.constructs[0], [next(values) for _ in module.constructs[0].args])
            count = literal(next(values))
            line = (
                f"{target}nn.Sequential({item})"
                if count == "1"
                else f"{target}nn.Sequential(*[{item} for _ in range({count})])"
            )
        else:
            items = [written(item, [next(values) for _ in item.args]) for item in module.constructs]
            line = f"{target}nn.Sequential({', '.join(items)})" if module.listed else f"{target}{items[0]}"
        lines += broken(line, 8)
    return lines


def _statements(body: tuple[str, ...]) -> list[str]:
    """The lines of `forward`; neighbours that run in training only stand under one condition."""
    lines: list[str] = []
    conditional = False
    for line in body:
        inside = line.startswith(_TRAINING)
        if inside and not conditional:
            lines.append("        if self.training:")
        conditional = inside
        lines += broken(line.removeprefix(_TRAINING), 12 if inside else 8)
    return lines


def _ties(graph: Graph, root: Unit, of_unit: dict[int, Class]) -> list[str]:
    """Shared weights, then frozen ones."""
    places: dict[int, str] = {}
    _place(root, graph, of_unit, "self", places)
    lines = []
    for node in graph.nodes:
        if node.share is not None:
            lines += [f"{places[node.index]}.{leaf} = {places[node.share]}.{leaf}" for leaf in _leaves(node, graph)]
    for node in graph.nodes:
        if not node.trainable and node.share is None and _leaves(node, graph):
            lines.append(f"{places[node.index]}.requires_grad_(False)")
    return lines


def _leaves(node: Node, graph: Graph) -> list[str]:
    shapes = tuple(graph.shape(ref) or () for ref in node.inputs)
    return [weight.name for weight in node.layer.weights(*shapes)]


def _place(unit: Unit, graph: Graph, of_unit: dict[int, Class], at: str, places: dict[int, str]) -> None:
    """The expression for each layer's own module."""
    names = _attributes(unit, graph)
    rounds: dict[str, int] = {}
    for step in unit.steps:
        if isinstance(step, int):
            places[step] = f"{at}.{names[step]}"
            continue
        chained = len(step.inputs) == len(step.outputs) == 1
        if step.series and chained:
            number = rounds[step.series] = rounds.get(step.series, -1) + 1
            _place(step, graph, of_unit, f"{at}.{names[step.series]}[{number}]", places)
        else:
            _place(step, graph, of_unit, f"{at}.{names[step.path]}", places)
