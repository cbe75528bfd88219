"""Weights and arithmetic of a layer as lines, from the layer's own formulas, and claims about them."""

from __future__ import annotations

from typing import Any

from cnncalc.analysis.mistakes import judged
from cnncalc.core.dims import text as dim_text
from cnncalc.core.dims import total
from cnncalc.graph.model import Graph, Node
from cnncalc.solve.answer import Verdict
from cnncalc.solve.given import stop
from cnncalc.solve.shadow import Shadow, shadow
from cnncalc.spec.yaml import resolve


def seen(graph: Graph, index: int = 0) -> Shadow:
    """A layer of a small network through names. Raises SpecError where the layer does not take its input."""
    node: Node = graph.nodes[index]
    it = shadow(node, graph)
    if it is None:
        problem = graph.faults[0]
        stop(problem.message, problem.expected, problem.received, problem.remedy)
    return it


def weights_of(it: Shadow, bias: bool = True) -> Any:
    """The number of weights, with or without offsets, and the formula that gives it."""
    return total(
        one.elements for one in it.layer.weights(*it.inputs) if not one.buffer and (bias or one.name != "bias")
    )


def macs_of(it: Shadow) -> Any:
    """The multiply-adds, and the formula that gives them."""
    return it.layer.ops(it.inputs, it.output).macs


def count_verdict(claim: Any, known: dict[str, Any], graph: Graph, figures: dict[str, str]) -> Verdict:
    """A claimed count: right when it is one of the known ones, else judged as the figures of the network.

    `figures` says which known quantity is which claim's word (params, macs, receptive_field ...).
    """
    text = str(claim)
    name, equals, value = text.rpartition("=")
    name = name.strip().replace("-", "_").replace(" ", "_")
    if equals and name not in known:
        stop(f"the claim {text} names no quantity of this answer", f"one of {', '.join(known)}", name)
    stated = resolve(value.strip().replace(",", "").replace(" ", ""))
    wanted = [name] if equals else list(known)
    hits = [one for one in wanted if known[one] == stated]
    if hits:
        return Verdict(text if equals else f"{text} ({hits[0].replace('_', ' ')})", True)
    for one in wanted:
        if one in figures:
            result, slip = judged(graph, figures[one], stated)
            if result.holds:
                return Verdict(f"{text} ({one.replace('_', ' ')})", True)
            if slip is not None:
                return Verdict(text, False, slip.sentences, f"{dim_text(known[one])} {one.replace('_', ' ')}")
    return Verdict(text, False, (), dim_text(known[name]) if equals else "")
