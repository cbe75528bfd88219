"""A layer that does not work, as lines: the requirement in symbols and numbers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cnncalc.graph.model import Graph, Node
from cnncalc.solve.answer import Line
from cnncalc.solve.derivation import condition
from cnncalc.solve.lang import say
from cnncalc.solve.shadow import named_inputs, recorded


def fault_lines(node: Node, graph: Graph, lang: str) -> Iterator[Line]:
    """The requirement that fails here, or that something before it does; in words only where it is no comparison."""
    shapes: Any = tuple(graph.shape(ref) for ref in node.inputs)
    if None in shapes:
        yield Line(words=say("fault-before", lang))
        return
    for unmet in recorded(node.layer, shapes[0]).requires(*named_inputs(shapes)):
        failing = unmet.condition
        if failing is None or failing.holds is False:
            if failing is not None:
                words = say("holds-not", lang)
                yield condition(say("required", lang), failing.left, failing.relation, failing.right, words)
                return
            break
    for fault in graph.faults:
        if fault.path == node.path:
            yield Line(words=say("fault-here", lang, message=fault.message))
