"""One layer, as lines: the size of each output axis, each weight, MACs, FLOPs, memory.

Every formula is the layer's own method, or the analysis' own sum, run on named numbers (solve.shadow).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cnncalc.analysis.analyze import layer_figures
from cnncalc.analysis.borders import window_axes
from cnncalc.analysis.cost import layer_cost
from cnncalc.core.dims import is_symbolic
from cnncalc.core.recording import expression_of, named, value_of
from cnncalc.core.shapes import AXES, Shape
from cnncalc.graph.model import Node
from cnncalc.layers.operations import BOOL, INDEX, RESULT, Operation
from cnncalc.layers.window import same_total
from cnncalc.solve.answer import Line
from cnncalc.solve.derivation import line
from cnncalc.solve.lang import PHRASES, listed, say
from cnncalc.solve.shadow import Shadow, axis_symbols, is_plain_name, node_of


def size_lines(it: Shadow, lang: str) -> Iterator[Line]:
    """The output's size, axis by axis; padding where SAME works it out."""
    if it.node.output is None:
        return
    if _unchanged(it):
        yield Line(words=say("same-size", lang))
        return
    names = axis_symbols(it.node.output)
    for name, size in zip(names, it.derived, strict=True):
        yield Line(name, value=value_of(size)) if is_plain_name(size, name) else line(name, size)
    yield from _paddings(it, lang)


def _unchanged(it: Shadow) -> bool:
    """Whether every axis is the first input's own."""
    first = it.inputs[0]
    return len(first) == len(it.derived) and all(
        expression_of(size) == expression_of(before) for size, before in zip(it.derived, first, strict=True)
    )


def _paddings(it: Shadow, lang: str) -> Iterator[Line]:
    """What SAME adds, per axis."""
    axes = window_axes(it.layer, it.inputs[0])
    for index, axis in enumerate(axes):
        if axis.padding != "same":
            continue
        name = say("along", lang, name=say("padding", lang), axis=say(AXES[len(axes)][index], lang))
        before, after = (value_of(side) for side in axis.pads)
        words = say("placed", lang, before=before, after=after) if type(before) is type(after) is int else ""
        if words and before != after:
            words += say("odd-one", lang)
        yield line(name, same_total(axis.size, axis.reach, axis.stride), words=words)


def cost_lines(it: Shadow, batch: Any, width: int, lang: str) -> Iterator[Line]:
    """Each weight, parameters, buffers, MACs, FLOPs and the map's bytes, as the analysis sums them."""
    node = node_of(it)
    cost = layer_cost(node, it.inputs)
    table = getattr(node.layer, "connections", None)
    if table is not None:
        # the formula counts them as a number
        words = say("links", lang, count=sum(len(row) for row in table))
        yield Line(words=words, figure="params")
    several = len(cost.weights) > 1
    for weight in cost.weights if several else ():
        name = say(weight.name, lang) if weight.name in PHRASES else weight.name
        yield line(name, weight.elements)._replace(figure="buffers" if weight.buffer else "params")
    images = 1 if type(batch) is int and batch == 1 else named("N", batch)
    params, _, buffers, macs, _, flops, size = layer_figures(node, cost, images, named("b", width))  # type: ignore[arg-type]
    if cost.tensors:
        yield line(say("params", lang), params)._replace(figure="params")
        if not node.trainable:
            yield Line(words=say("frozen", lang), figure="params")
    elif node.share is None and node.layer.counted:
        yield Line(say("params", lang), value=0, figure="params")
    for phrase, figure in (("buffers", buffers), ("macs", macs), ("flops", flops)):
        if value_of(figure) != 0:
            yield line(say(phrase, lang), figure)._replace(figure=phrase)
    yield line(say("map", lang), size, "B")._replace(figure="output_bytes")


def kept_line(node: Node, shapes: tuple[Shape, ...], saved: Any, lang: str) -> Line | None:
    """What backward needs of a layer and no earlier layer keeps, with the reason from its torch operations."""
    if saved is None:
        return None
    if not is_symbolic(saved) and saved == 0:
        return Line(say("saved", lang), value=0, unit="B", words=say("kept-already", lang))
    what = listed([say(key, lang) for key in _kept(node, shapes)], lang)
    return Line(say("saved", lang), value=saved, unit="B", words=say("kept", lang, what=what) if what else "")


def _kept(node: Node, shapes: tuple[Shape, ...]) -> tuple[str, ...]:
    """The phrases for what the layer's operations save; views stand for what they show, weights are there anyway."""
    if node.output is None or not all(type(size) is int for shape in (*shapes, node.output) for size in shape):
        return ()
    operations = node.layer.operations(shapes, node.output, True)
    found: dict[str, None] = {}
    for place, operation in enumerate(operations):
        for what, _ in operation.saves:
            if what < RESULT:
                found[_OWN.get(operation.own[RESULT - 1 - what][1], "kept-0")] = None
                continue
            slot = len(shapes) + place if what == RESULT else operation.reads[what]
            while slot >= len(shapes) and (shown := operations[slot - len(shapes)]).view is not None:
                slot = shown.reads[0]
            if slot >= 0:
                found[_which(slot - len(shapes), operations)] = None
    return tuple(found)


_OWN = {INDEX: "kept-8", BOOL: "kept-1"}
"""What an operation's own tensor is, by its bytes per number; any other holds statistics."""


def _which(place: int, operations: tuple[Operation, ...]) -> str:
    """An input, the output, or the result of an operation in between."""
    if place < 0:
        return "kept-input"
    if place == len(operations) - 1:
        return "kept-output"
    return {"pad": "kept-padded", "bernoulli": "kept-1"}.get(operations[place].name, "kept-between")
