"""A layer that does not work, as lines: the requirement in symbols and numbers, and what would help."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cnncalc.graph.model import Graph, Node
from cnncalc.solve.answer import Line
from cnncalc.solve.derivation import condition
from cnncalc.solve.lang import say
from cnncalc.solve.shadow import named_inputs, recorded


def fault_lines(node: Node, graph: Graph, lang: str) -> Iterator[Line]:
    """What is wrong at the layer, or that something before it is."""
    shapes: Any = tuple(graph.shape(ref) for ref in node.inputs)
    if None in shapes:
        yield Line(words=say("fault-before", lang))
        return
    inputs = named_inputs(shapes)
    for unmet in recorded(node.layer, shapes[0]).requires(*inputs):
        if unmet.condition is not None:
            one = unmet.condition
            yield condition(say("required", lang), one.left, one.relation, one.right, say("holds-not", lang))
        if unmet.condition is None or unmet.condition.holds is False:
            break
    for fault in graph.faults:
        if fault.path == node.path:
            yield Line(words=say("fault-here", lang, message=fault.message))
            if fault.remedy:
                yield Line(words=say("remedy", lang, remedy=fault.remedy.rstrip(".")))
