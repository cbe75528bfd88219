"""The whole file: imports, small definitions where torch has no module, a class per block, the network."""

from __future__ import annotations

import re
from functools import partial

from cnncalc.core.diagnostic import Diagnostic, SpecError
from cnncalc.core.shapes import Shape
from cnncalc.exporters.bodies import Style, attributes, body, in_row, key
from cnncalc.exporters.classes import Class, classes
from cnncalc.exporters.code import Arg, broken
from cnncalc.exporters.piece import Piece
from cnncalc.exporters.torch.definitions import HELPERS
from cnncalc.exporters.torch.layers import piece
from cnncalc.exporters.units import Unit, units
from cnncalc.graph.model import Graph, Node
from cnncalc.layers import ACTIVATIONS

_TRAINING = "if self.training: "

_CALL = re.compile(r"\{own\}\(\{0\}\)|(F|torch)\.\w+\(\{0\}(, [^{}]*)?\)")
"""A plain application to one input."""
_JOINING = frozenset({*ACTIVATIONS, "batchnorm", "groupnorm", "instancenorm", "dropout", "spatial_dropout"})
"""Kinds that stand on their input's line where they are a plain application."""


def _joins(node: Node, expression: str) -> bool:
    return node.kind in _JOINING and _CALL.fullmatch(expression) is not None


def _piece(node: Node, inputs: tuple[Shape, ...], output: Shape) -> Piece:
    """A layer's piece; one in place says so, whether it is a module or a function."""
    made = piece(node.layer, inputs, output)
    if not node.inplace:
        return made
    if not made.modules:
        return made._replace(forward=f"{made.forward.removesuffix(')')}, inplace=True)")
    ((suffix, construct),) = made.modules
    flag = Arg(True, "inplace", "inplace", False)
    return made._replace(modules=((suffix, construct._replace(args=(*construct.args, flag))),))


_STYLE = Style(
    piece=_piece,
    use="self.{}",
    joins=_joins,
    alone="x",
    conditional=True,
)


def torch_source(graph: Graph, heading: str) -> str:
    """PyTorch source of a network whose sizes are known; `heading` is the network's docstring.

    Raises SpecError for layers of which only measurements are known.
    """
    message, remedy = "what an opaque layer computes is not known: it cannot be exported", "replace the layer"
    opaque = [node for node in graph.nodes if not node.layer.modelled]
    if opaque:
        file = graph.spec.file
        raise SpecError(
            *(Diagnostic(message, path=one.path, remedy=remedy, span=one.span, file=file) for one in opaque)
        )
    root = units(graph)
    found, of_unit = classes(root, partial(body, _STYLE, graph))
    helpers = sorted({name for one in found for name in one.body.helpers}, key=list(HELPERS).index)
    parts = [_imports(found, helpers, heading), *(HELPERS[name].strip() for name in helpers)]
    parts += [_class(one, graph, root, of_unit, one is of_unit[id(root)]) for one in found]
    return "\n\n\n".join(parts) + "\n"


def _imports(found: list[Class], helpers: list[str], heading: str) -> str:
    text = "\n".join([line for one in found for line in one.body.lines] + [HELPERS[name] for name in helpers])
    lines = [*(["import torch"] if "torch." in text else []), "from torch import Tensor, nn"]
    if "math." in text:
        lines[:0] = ["import math", ""]
    if "F." in text:
        lines.append("from torch.nn import functional as F")
    return f'"""{heading}"""\n\n' + "\n".join(lines)


def _class(one: Class, graph: Graph, root: Unit, of_unit: dict[int, Class], outermost: bool) -> str:
    arguments = ", ".join(["self", *(f"{name}: {_type(one, name)}" for name in one.parameters)])
    lines = [f"class {one.name}(nn.Module):", *broken(f"def __init__({arguments}) -> None:", 4)]
    lines += ["        super().__init__()", *_constructions(one)]
    if outermost:
        lines += [row for line in _ties(graph, root, of_unit) for row in broken(line, 8)]
    inputs = ", ".join(["self", *(f"{name}: Tensor" for name in one.body.parameters)])
    lines += ["", *broken(f"def forward({inputs}) -> {_result(one)}:", 4), *_statements(_forward(one))]
    return "\n".join(lines)


def _result(one: Class) -> str:
    """The type of what `forward` returns."""
    words = ("Tensor" if len(names) == 1 else "tuple[Tensor, ...]" for names in reversed(one.body.returns))
    return " | ".join(dict.fromkeys(words))


def _forward(one: Class) -> tuple[str, ...]:
    """The lines of `forward`; the last assignment and the return are one where nothing else is returned."""
    *training, always = (f"return {', '.join(names)}" for names in one.body.returns)
    lines = [*one.body.lines, *(f"{_TRAINING}{line}" for line in training)]
    if not lines:
        return (always,)
    target, _, expression = lines[-1].partition(" = ")
    if always == f"return {target}" and not lines[-1].startswith(_TRAINING):
        return (*lines[:-1], f"return {expression}")
    return (*lines, always)


def _type(one: Class, name: str) -> str:
    values = {type(row[one.parameters.index(name)]) for row in one.arguments.values()}
    if values == {bool}:
        return "bool"
    if values <= {int, bool}:
        return "int"
    if values <= {int, float}:
        return "float"
    if values == {tuple}:
        nested = any(
            isinstance(item, tuple) for row in one.arguments.values() for item in row[one.parameters.index(name)]
        )
        return "tuple[tuple[int, ...], ...]" if nested else "tuple[int, ...]"
    return "int | tuple[int, ...]" if values <= {int, tuple} else "object"


def _constructions(one: Class) -> list[str]:
    """The assignments of `__init__`."""
    values = iter(one.values)
    lines: list[str] = []
    for module in one.body.modules:
        target = f"self.{module.attribute} = "
        items, count, variable = module.row(values)
        if count == "1":
            line = f"{target}nn.Sequential({items[0]})"
        elif count:
            line = f"{target}nn.Sequential(*[{items[0]} for {variable} in range({count})])"
        else:
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
    names = attributes(unit, graph)
    rounds: dict[str, int] = {}
    for step in unit.steps:
        if isinstance(step, int):
            places[step] = f"{at}.{names[step]}"
            continue
        place = f"{at}.{names[key(step)]}"
        if in_row(step):
            number = rounds[step.series] = rounds.get(step.series, -1) + 1
            place = f"{place}[{number}]"
        _place(step, graph, of_unit, place, places)
