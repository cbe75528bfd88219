"""A network as a picture: boxes with sizes, blocks as clusters, arrows, skips marked. Mermaid and dot draw the same one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from cnncalc.core.dims import text
from cnncalc.core.shapes import shape_text
from cnncalc.exporters.units import Unit, units
from cnncalc.graph.model import Graph, Node, Ref
from cnncalc.layers import MERGES

MOST = 2_000
"""More boxes than this nobody can read, and no program lays out."""


class Box(NamedTuple):
    """A layer, an input, or a block that is not opened."""

    name: str
    lines: tuple[str, ...]
    role: str
    """`input`, `merge`, `block` or `layer`."""


class Cluster(NamedTuple):
    """A block with what is inside."""

    title: str
    parts: tuple[Box | Cluster, ...]


class Arrow(NamedTuple):
    """From one box to another; a skip passes by the box before its target."""

    source: str
    target: str
    skip: bool


class Diagram(NamedTuple):
    """The picture."""

    title: str
    parts: tuple[Box | Cluster, ...]
    arrows: tuple[Arrow, ...]


def diagram(graph: Graph, depth: int | None = None) -> Diagram:
    """The network's picture; blocks nested deeper than `depth` are one box each. Raises ValueError when it is too large."""
    places: dict[Ref, str] = {}
    boxes = [
        Box(f"in{index}", (name, shape_text(shape)), "input")
        for index, (name, shape) in enumerate(graph.inputs.items())
    ]
    places.update((-1 - index, box.name) for index, box in enumerate(boxes))
    inner = tuple(_parts(units(graph), graph, depth, places))
    count = len(boxes) + len(set(places.values()))
    if count > MOST:
        raise ValueError(f"{count:,} boxes; a diagram has at most {MOST:,}: draw fewer levels")
    return Diagram(graph.spec.name, (*boxes, *inner), tuple(_arrows(graph, places)))


def _parts(unit: Unit, graph: Graph, depth: int | None, places: dict[Ref, str]) -> Iterator[Box | Cluster]:
    for step in unit.steps:
        if isinstance(step, int):
            node = graph.nodes[step]
            if node.activation_of is not None and node.activation_of in places:
                places[step] = places[node.activation_of]
                continue
            places[step] = f"n{step}"
            yield Box(f"n{step}", _lines(node, graph), "merge" if node.kind in MERGES else "layer")
        elif depth == 0:
            name = f"b{step.start}"
            places.update((index, name) for index in range(step.start, step.stop))
            shape = graph.nodes[step.outputs[-1]].output if step.outputs else None
            yield Box(name, (_title(step, unit), *([shape_text(shape)] if shape else [])), "block")
        else:
            deeper = None if depth is None else depth - 1
            yield Cluster(_title(step, unit), tuple(_parts(step, graph, deeper, places)))


def _title(unit: Unit, around: Unit) -> str:
    name = unit.path[len(around.path) + 1 :] if around.path else unit.path
    return name if unit.kind in ("head", "stack", *MERGES) else f"{name}: {unit.kind}"


def _lines(node: Node, graph: Graph) -> tuple[str, ...]:
    after = graph.nodes[node.index + 1] if node.index + 1 < len(graph.nodes) else None
    shorthand = f" + {after.kind}" if after is not None and after.activation_of == node.index else ""
    what = " ".join([node.kind, *_window(node.layer)]) + shorthand
    name = node.path.rpartition(".")[2]
    first = what if name.startswith(node.kind) else f"{name}: {what}"
    return (first, shape_text(node.output) if node.output else "?")


def _window(layer: Any) -> Iterator[str]:
    """Kernel and stride, as 3x3 /2."""
    kernel = getattr(layer, "kernel", None)
    if kernel is not None:
        sizes = kernel if isinstance(kernel, tuple) else (kernel, kernel)
        yield "x".join(map(text, sizes))
    stride = getattr(layer, "stride", None)
    if stride is not None and stride != 1:
        yield f"/{'x'.join(map(text, stride)) if isinstance(stride, tuple) else text(stride)}"


def _arrows(graph: Graph, places: dict[Ref, str]) -> Iterator[Arrow]:
    """Between different boxes, each once. A skip goes to a merge past a layer that reads the same output."""
    seen: set[tuple[str, str]] = set()
    first: dict[Ref, int] = {}
    for node in graph.nodes:
        for ref in node.inputs:
            first.setdefault(ref, node.index)
            pair = places[ref], places[node.index]
            if pair[0] != pair[1] and pair not in seen:
                seen.add(pair)
                yield Arrow(*pair, skip=len(node.inputs) > 1 and first[ref] < node.index)
