"""How deep a stack may or must be: unpadded layers on a side of n pixels, layers until a field of F pixels is seen."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cnncalc.analysis.receptive import receptive_fields
from cnncalc.core.dims import text as dim_text
from cnncalc.graph.expand import expand
from cnncalc.graph.model import Graph
from cnncalc.solve.answer import Answer, Line, Verdict
from cnncalc.solve.fieldchain import field_after, field_steps, layers_within
from cnncalc.solve.given import stop
from cnncalc.solve.networks import find_node
from cnncalc.solve.recorded import window_lines
from cnncalc.solve.search import Window, forward
from cnncalc.solve.wording import plural
from cnncalc.spec.model import Spec
from cnncalc.spec.shipped import shipped_block

MOST_LINES = 12


def depth(*, input: int, kernel: int = 3, stride: int = 1, dilation: int = 1, claim: Any = None) -> Answer:
    """How many equal layers without padding a side of `input` pixels lets through: as many as keep a position.

    A unit of the last layer sees no more than the side, so the deepest stack is the one whose field still fits.

    >>> depth(input=32, kernel=3).solutions
    ({'layers': 15, 'output': 2},)
    """
    most = layers_within(input, kernel, stride, dilation)
    if most is None:
        stop("a kernel of 1 takes nothing off a side: any number of layers fits", "a kernel of at least 2", str(kernel))
    sizes = list(_sizes(input, kernel, stride, dilation, min(most, MOST_LINES)))
    last = _last(input, most, kernel, stride, dilation)
    lines = tuple(_lines(sizes, most))
    field = field_after(most, kernel, stride, dilation)
    next_field = field_after(most + 1, kernel, stride, dilation)
    notes = (f"{plural(most, 'layer')} see {field} of the {input} pixels; one more would have to see {next_field}",)
    question = f"How many layers {_window(kernel, stride, dilation)} without padding fit on a side of {input}?"
    verdict = None if claim is None else _count_verdict(claim, most)
    return Answer(question, ({"layers": most, "output": last},), lines, notes=notes, verdict=verdict)


def _sizes(size: int, kernel: int, stride: int, dilation: int, layers: int) -> Iterator[Window]:
    for _ in range(layers):
        window = Window(size, 0, kernel, stride, dilation)
        length = forward("conv", window)
        yield window._replace(output=length)
        size = length


def _last(size: int, layers: int, kernel: int, stride: int, dilation: int) -> int:
    """The side behind the last layer: of stride 1 what one kernel of the stack's field would leave."""
    if stride == 1:
        return forward("conv", Window(size, 0, field_after(layers, kernel, 1, dilation))) if layers else size
    for window in _sizes(size, kernel, stride, dilation, layers):
        size = window.output
    return size


def _lines(sizes: list[Window], most: int) -> Iterator[Line]:
    for number, window in enumerate(sizes, start=1):
        (one,) = window_lines("conv", (window,))
        yield one._replace(name=f"n_{number}")
    if most > len(sizes):
        yield Line(words=f"and so on, {plural(most - len(sizes), 'more layer')}")


def _window(kernel: int, stride: int, dilation: int) -> str:
    parts = [f"k{kernel}"] + ([f"s{stride}"] if stride != 1 else []) + ([f"d{dilation}"] if dilation != 1 else [])
    return " ".join(parts)


def _count_verdict(claim: Any, right: int) -> Verdict:
    text = str(claim).replace("_", "").replace(",", "").strip()
    if not text.isdigit():
        stop(f"the claim {claim} cannot be read", "a number of layers", str(claim), "write --claim 15")
    slips = {
        right + 1: "the input was counted as a layer, or the layer that no longer fits",
        right - 1: "the last layer that still fits was left out",
    }
    stated = int(text)
    found = () if stated == right or stated not in slips else (slips[stated],)
    return Verdict(str(claim), stated == right, found, f"{right:,}")


def layers_for(*, field: int, kernel: int = 3, stride: int = 1, dilation: int = 1, claim: Any = None) -> Answer:
    """How many equal layers it takes until a unit sees at least `field` pixels along an axis.

    >>> layers_for(field=7, kernel=3).solutions
    ({'layers': 3, 'receptive_field': 7},)
    """
    within = layers_within(field - 1, kernel, stride, dilation)
    if within is None:
        stop("a kernel of 1 never sees more than one pixel", "a kernel of at least 2", str(kernel))
    layers = within + 1 if field > 1 else 0
    reached = field_after(layers, kernel, stride, dilation)
    lines = tuple(field_steps(layers, kernel, stride, dilation))
    question = f"How many layers {_window(kernel, stride, dilation)} does it take to see {field} pixels?"
    verdict = None if claim is None else _count_verdict(claim, layers)
    before = field_after(layers - 1, kernel, stride, dilation) if layers else 0
    notes = (f"{plural(layers - 1, 'layer')} see {before}",) if layers else ()
    return Answer(question, ({"layers": layers, "receptive_field": reached},), lines, notes=notes, verdict=verdict)


def receptive_field(spec: Spec, at: str, *, claim: Any = None) -> Answer:
    """The receptive field, jump and start of a layer, with the recurrence along the layers that lead to it."""
    graph = expand(spec, shipped_block)
    node = find_node(graph, at)
    fields = receptive_fields(graph)
    field = fields[node.index]
    if field is None:
        stop(f"the receptive field of {at} is unknown", remedy="cnncalc analyze shows what is wrong before it")
    if not field.size:
        stop(f"{at} has no receptive field: its input is a vector")
    lines, titles = _field_lines(graph, node.index, fields)
    solution = {
        "size": list(field.size),
        "min_size": list(field.min_size),
        "jump": list(field.jump),
        "start": list(field.start),
    }
    rows = {"receptive field": "x".join(map(dim_text, field.size)), "jump": "x".join(map(dim_text, field.jump))}
    rows["start"] = ", ".join(map(dim_text, field.start))
    rows["effective padding"] = "x".join(dim_text(-1 * start) for start in field.start)
    if field.min_size != field.size:
        rows["shortest path"] = "x".join(map(dim_text, field.min_size))
    verdict = None
    if claim is not None:
        verdict = _field_verdict(graph, node.path, claim, rows["receptive field"])
    question = f"What does a unit of {node.path} see of the input of {spec.name}?"
    return Answer(question, (solution,), lines, "pixels", verdict=verdict, titles=titles, rows=(rows,))


def _field_verdict(graph: Graph, path: str, claim: Any, right: str) -> Verdict:
    from cnncalc.analysis.mistakes import judged
    from cnncalc.core.shapes import read_sizes

    parts = tuple(read_sizes(str(claim)))
    result, slip = judged(graph, "receptive_field", parts if len(parts) > 1 else parts[0], path)
    sentences = () if slip is None else slip.sentences
    return Verdict(str(claim), bool(result.holds), sentences, "" if result.holds else right)


def _field_lines(graph: Graph, index: int, fields: Any) -> tuple[tuple[Line, ...], dict[str, str]]:
    """The recurrence of every layer on the way whose window changes the field."""
    from cnncalc.solve.explain_field import Known, field_lines
    from cnncalc.solve.shadow import shadow

    known = Known(graph, fields, "en")
    wanted = _ancestors(graph, index)
    lines: list[Line] = []
    titles: dict[str, str] = {}
    for node in graph.nodes:
        before = [fields[ref] for ref in node.inputs if ref >= 0]
        it = shadow(node, graph) if node.index in wanted else None
        if it is None or (node.index != index and before and fields[node.index] == before[0]):
            continue
        titles[node.path] = f"{node.path} ({node.kind})"
        lines += [one._replace(path=node.path) for one in field_lines(it, known)]
    return tuple(lines), titles


def _ancestors(graph: Graph, index: int) -> set[int]:
    found, waiting = set(), [index]
    while waiting:
        at = waiting.pop()
        if at >= 0 and at not in found:
            found.add(at)
            waiting += graph.nodes[at].inputs
    return found
