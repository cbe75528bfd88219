"""The whole Keras file: imports, small definitions, a function per block, and one that gives the model."""

from __future__ import annotations

import re
from functools import partial

from cnncalc.core.diagnostic import Diagnostic, SpecError
from cnncalc.core.shapes import Shape
from cnncalc.exporters.bodies import Style, body
from cnncalc.exporters.classes import Class, Module, Row, classes
from cnncalc.exporters.code import Arg, Construct, broken, identifier, literal, unique
from cnncalc.exporters.keras.definitions import HELPERS
from cnncalc.exporters.keras.layers import WITHOUT, MissingError, piece
from cnncalc.exporters.piece import Piece
from cnncalc.exporters.units import Unit, units
from cnncalc.graph.model import Graph, Node

_ACTIVATED = re.compile(r"layers\.((Depthwise)?Conv\dD(Transpose)?|Dense)")
_MARK = re.compile(r"«(\w+)»")
_CALL = re.compile(r"«(\w+)»\((\[?[\w, ]*\]?)\)")


def keras_source(graph: Graph, heading: str) -> str:
    """Keras source of a network whose sizes are known. Raises SpecError that names all that Keras has nothing for."""
    _check(graph)
    root = units(graph)
    style = Style(_piece, "«{}»", joins=lambda node, text: False, alone="inputs", conditional=False, takes=_activated)
    found, of_unit = classes(root, partial(body, style, graph))
    helpers = sorted({name for one in found for name in one.body.helpers}, key=list(HELPERS).index)
    variables = {line.partition(" = ")[0] for one in found for line in one.body.lines}
    functions = {one.name: _snake(one.name) for one in found}
    # a variable of that name would hide the function
    functions = {name: f"{word}_block" if word in variables else word for name, word in functions.items()}
    own = of_unit[id(root)].name
    others = [word for name, word in functions.items() if name != own]
    functions[own] = unique(identifier(graph.spec.name.lower(), "network"), others)
    made = [_function(one, graph, root, functions, one is of_unit[id(root)]) for one in found]
    text = "\n".join([*made, *(HELPERS[name] for name in helpers)])
    imported = ", ".join(name for name in ("layers", "ops") if f"{name}." in text)
    lines = ["import keras", *([f"from keras import {imported}"] if imported else [])]
    note = "Maps are channels last; a flattened map has its numbers in another order than channels first."
    top = "\n".join([f'"""{heading}', "", note, '"""', "", *lines])
    return "\n\n\n".join([top, *(HELPERS[name].strip() for name in helpers), *made]) + "\n"


def _piece(node: Node, inputs: tuple[Shape, ...], output: Shape) -> Piece:
    made = piece(node.layer, inputs, output)
    if node.trainable or not node.layer.weights(*inputs):
        return made
    frozen = Arg(False, "trainable", "trainable", True)
    modules = tuple((suffix, item._replace(args=(*item.args, frozen))) for suffix, item in made.modules)
    return made._replace(modules=modules)


def _activated(before: Construct, piece: Piece) -> Construct | None:
    """A convolution or dense layer with its activation, where Keras has a word for that."""
    (_, activation), *_ = piece.modules or (("", None),)
    if activation is None or activation.function != "layers.Activation" or not _ACTIVATED.fullmatch(before.function):
        return None
    word = activation.args[0].value
    return before._replace(args=(*before.args, Arg(word, "activation", "activation", None)))


def _check(graph: Graph) -> None:
    problems = []
    for node in graph.nodes:
        reason = "shared weights" if node.share is not None and node.layer.weights(*_shapes(node, graph)) else ""
        try:
            piece(node.layer, _shapes(node, graph), node.output or ())
        except MissingError as missing:
            reason = WITHOUT.get(node.kind, f"Keras has nothing for {missing}")
        if reason:
            remedy = "export to torch, or replace the layer"
            message = f"{node.kind} cannot be exported to Keras: {reason}"
            problems.append(Diagnostic(message, path=node.path, remedy=remedy, span=node.span, file=graph.spec.file))
    if problems:
        raise SpecError(*problems)


def _shapes(node: Node, graph: Graph) -> tuple[Shape, ...]:
    return tuple(graph.shape(ref) or () for ref in node.inputs)


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def _function(one: Class, graph: Graph, root: Unit, functions: dict[str, str], outermost: bool) -> str:
    given = () if outermost else (*one.body.parameters, *one.parameters)
    lines = broken(f"def {functions[one.name]}({', '.join(given)}):", 0)
    made = _made(one, functions)
    if outermost:
        for name, shape in zip(one.body.parameters, graph.inputs.values(), strict=True):
            sizes = literal((*shape[1:], shape[0]))
            more = f', name="{name}"' if len(graph.inputs) > 1 else ""
            lines.append(f"    {name} = keras.Input({sizes}{more})")
    for line in _ending(one, graph, outermost):
        lines += _statement(line, made, {module.attribute: module for module in one.body.modules})
    return "\n".join(lines)


def _ending(one: Class, graph: Graph, outermost: bool) -> list[str]:
    """The lines with what is returned; the last assignment and the return are one where nothing else is."""
    names = one.body.returns[0]
    if outermost:
        inputs = one.body.parameters
        given = inputs[0] if len(inputs) == 1 else f"[{', '.join(inputs)}]"
        results = names[0] if len(names) == 1 else f"[{', '.join(names)}]"
        name = re.sub(r"[^A-Za-z0-9_.-]+", "_", graph.spec.name, flags=re.ASCII).strip("_.-") or "network"
        return [*one.body.lines, f'return keras.Model({given}, {results}, name="{name}")']
    *lines, last = one.body.lines or ("",)
    target, _, expression = last.partition(" = ")
    mark = _MARK.search(last)
    loop = mark is not None and any(module.listed for module in one.body.modules if module.attribute == mark[1])
    if names == (target,) and not loop:
        return [*lines, f"return {expression}"]
    return [*one.body.lines, f"return {', '.join(names)}"]


def _made(one: Class, functions: dict[str, str]) -> dict[str, Row]:
    """Attribute -> its layers or calls as text."""
    values = iter(one.values)
    made: dict[str, Row] = {}
    for module in one.body.modules:
        row = module.row(values)
        texts = []
        for item, text in zip(module.constructs, row.texts, strict=False):
            texts.append(functions[item.function] + text[len(item.function) :] if item.function in functions else text)
        made[module.attribute] = row._replace(texts=texts)
    return made


def _statement(line: str, made: dict[str, Row], modules: dict[str, Module]) -> list[str]:
    """A line with its layers filled in; repeated calls are a loop or a line each."""
    mark = _MARK.search(line)
    if mark is None:
        return broken(line, 4)
    module = modules[mark[1]]
    target, _, expression = line.partition(" = ")
    if not module.listed:
        line = _CALL.sub(lambda found: _applied(made[found[1]].texts[0], found[2]), line)
        return broken(_MARK.sub(lambda found: made[found[1]].texts[0], line), 4)
    source = expression[expression.index("(") + 1 : -1]
    first = [] if source == target else [f"    {target} = {source}"]
    texts, count, variable = made[mark[1]]
    applied = [f"{target} = {_applied(text, target)}" for text in texts]
    if count:
        return [*first, f"    for {variable} in range({count}):", *broken(applied[0], 8)]
    return [*first, *(row for text in applied for row in broken(text, 4))]


def _applied(text: str, inputs: str) -> str:
    """A layer on its inputs: `layers.Dense(10)(x)`; a block's function takes them first: `residual(x, filters=64)`."""
    if text.startswith("layers.") or text[0].isupper():
        return f"{text}({inputs})"
    name, _, arguments = text.partition("(")
    rest = arguments[:-1]
    return f"{name}({inputs}, {rest})" if rest else f"{name}({inputs})"
