"""Which input sizes a network takes, exactly and for all sizes: a minimum and residues, with what demands them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from cnncalc.analysis.sizes import (
    AxisSizes,
    Located,
    ValidSizes,
    border_conditions,
    layer_conditions,
    pixel_conditions,
    sizes_where,
    symbolic_graph,
)
from cnncalc.core.dims import Condition, compare, is_symbolic, text
from cnncalc.core.shapes import read_sizes
from cnncalc.graph.expand import expand
from cnncalc.graph.model import Graph, Node
from cnncalc.solve.answer import Answer, Line, Verdict
from cnncalc.solve.given import stop
from cnncalc.solve.networks import find_node
from cnncalc.solve.wording import listed
from cnncalc.spec.model import Spec
from cnncalc.spec.shipped import shipped_block

MOST_LINES = 12
"""No more demands than this are listed."""


def sizes(
    spec: Spec,
    *,
    output: int | tuple[int, ...] | None = None,
    at: str | None = None,
    no_drop: bool = False,
    tiles: bool = False,
    square: bool = False,
    claim: Any = None,
) -> Answer:
    """The input sizes with which every layer of a network works: kernels fit and branches meet.

    `output` also wants this map (one number, or one per axis) at the layer `at` (by default the last map of the
    network); `no_drop` that no window leaves a pixel at the far border unread; `tiles` that every window ends exactly at
    the padded border; `square` takes all axes as one size. Each solution is an axis: its sizes are n >= minimum with
    n mod modulus in residues, and the few in `also`. The answer's faults are those of the sizes that the spec states.
    Raises SpecError.
    """
    graph = symbolic_graph(spec, square=square)
    demands: list[Located] = list(layer_conditions(graph))
    wishes = []
    if output is not None:
        node = find_node(graph, at) if at is not None else _last_map(graph)
        output = output if isinstance(output, tuple) else (output,) * len(node.output[1:] if node.output else ())
        demands += _wanted(node, output)
        wishes.append(f"a {_sizes_text(output)} map at {node.path}")
    elif at is not None:
        stop("a layer is named but no map that it should have", remedy="add --output 7x7")
    if no_drop:
        demands += pixel_conditions(graph)
        wishes.append("every pixel at the far border read")
    if tiles:
        demands += border_conditions(graph)
        wishes.append("windows that end exactly at the border")
    faults = tuple(f"{fault.path}: {fault.message}" for fault in graph.faults)
    found = sizes_where(graph, [*graph.conditions, *(one.condition for one in demands)], faults)
    possible = not found.faults
    solutions = tuple(_solution(axis) for axis in found.axes) if possible else ()
    lines = tuple(_lines(graph, demands, found)) if possible else ()
    notes = tuple(_notes(graph, found, no_drop, tiles, output))
    wish = f" with {listed(wishes)}" if wishes else ""
    verdict = None if claim is None else _verdict(claim, found)
    rows = tuple({"sizes": str(axis)} for axis in found.axes) if possible else ()
    return Answer(
        f"Which input sizes does {spec.name} take{wish}?",
        solutions,
        lines,
        "pixels",
        notes,
        verdict,
        faults=expand(spec, shipped_block).faults,
        rows=rows,
    )


def _solution(axis: AxisSizes) -> dict[str, Any]:
    return {
        "axis": axis.symbol,
        "minimum": axis.minimum if axis.residues else (axis.also[0] if axis.also else 0),
        "modulus": axis.modulus,
        "residues": list(axis.residues),
        "also": list(axis.also),
        "exact": axis.exact,
    }


def _last_map(graph: Graph) -> Node:
    """The last layer of the trunk whose output has spatial axes that follow the input's."""
    at = graph.result
    while at >= 0:
        node = graph.nodes[at]
        if node.output is not None and any(is_symbolic(dim) for dim in node.output[1:]):
            return node
        at = node.inputs[0]
    stop(f"{graph.spec.name} has no map whose size follows the input", remedy="name a layer: --at conv1")


def _wanted(node: Node, wanted: tuple[int, ...]) -> Iterator[Located]:
    dims = () if node.output is None else node.output[1:]
    if not dims:
        stop(f"{node.path} gives a vector, not a map", remedy="name a layer before the flattening: --at conv1")
    if len(wanted) != len(dims):
        stop(f"the map at {node.path} has {len(dims)} axes", f"{len(dims)} sizes", _sizes_text(wanted))
    for dim, size in zip(dims, wanted, strict=True):
        condition = compare(dim, "==", size)
        if condition is not None:
            yield Located(node.path, condition)


def _sizes_text(output: tuple[int, ...]) -> str:
    return "x".join(map(str, output))


# -- the proof -----------------------------------------------------------------------------------------------------


def _lines(graph: Graph, demands: Iterable[Located], found: ValidSizes) -> Iterator[Line]:
    """What each axis has to meet, layer by layer, and why one period decides for all sizes."""
    spoken = False
    for axis in found.axes[: 1 if _alike(found.axes) else None]:
        told = list(_demands(graph, axis, demands))
        for path, condition, alone in told[:MOST_LINES]:
            yield Line(words=f"{path}: {condition}" + ("" if alone == condition else f"; so {alone}"))
        if len(told) > MOST_LINES:
            yield Line(words=f"and {len(told) - MOST_LINES} more of the kind")
        if told:
            spoken = True
            yield Line(words=_proof(axis))
    if spoken and _alike(found.axes) and len(found.axes) > 1:
        others = listed([axis.symbol for axis in found.axes[1:]])
        yield Line(words=f"the same for {others}")


def _alike(axes: tuple[AxisSizes, ...]) -> bool:
    return len({(axis.minimum, axis.modulus, axis.residues, axis.also) for axis in axes}) == 1


def _demands(graph: Graph, axis: AxisSizes, demands: Iterable[Located]) -> Iterator[tuple[str, str, str]]:
    """Per condition on one axis: the layer, the condition, and the sizes it allows; of mere minima the largest alone."""
    seen: dict[str, tuple[str, str, AxisSizes]] = {}
    for path, condition, words in demands:
        if _symbols(condition) == {axis.symbol} and str(condition) not in seen:
            (alone,) = [one for one in sizes_where(graph, [condition]).axes if one.symbol == axis.symbol]
            seen[str(condition)] = (path, words or str(condition), alone)
    minima = [one for one in seen.values() if not one[2].restricted and not one[2].also]
    largest = max((one[2].minimum for one in minima), default=0)
    told: set[tuple[Any, ...]] = set()
    for path, shown, alone in seen.values():
        key = (alone.minimum if alone.restricted else 0, alone.modulus, alone.residues, alone.also)
        binding = alone.restricted or alone.also or (alone.minimum == largest and largest > 1)
        if binding and key not in told:
            told.add(key)
            yield path, shown, str(alone)


def _symbols(condition: Condition) -> set[str]:
    sides = (condition.left, condition.right)
    return {str(one) for side in sides if is_symbolic(side) for one in side.free_symbols}


def _proof(axis: AxisSizes) -> str:
    if not axis.exact:
        return "this is no pattern that repeats: only the sizes that were tried one by one are sure"
    if axis.none:
        return "every size in the network is one floor of the input's and grows with it: beyond these it is too large"
    period = (
        f"the verdict on {axis.symbol} and on {axis.symbol} + {axis.modulus} is the same" if axis.modulus > 1 else ""
    )
    repeated = period or "from there on every size does"
    return f"every size in the network is one floor of the input's, so {repeated}: together {axis}"


def _notes(graph: Graph, found: ValidSizes, no_drop: bool, tiles: bool, output: Any) -> Iterator[str]:
    if not found.axes and not found.faults:
        yield "the input has no axes whose size could change"
    for fault in found.faults:
        yield f"no size mends this: {fault}"
    for condition in found.coupled:
        yield f"and, of several sizes at once: {condition}; --square solves it for square images"
    for node in graph.nodes:
        if node.kind == "dense" and node.output is not None and (features := graph.shape(node.inputs[0])) is not None:
            if any(map(is_symbolic, features)):
                yield f"{node.path} is trained for one size: it has {text(features[0])} inputs"
            break
    if found.faults or not found.axes or no_drop or tiles or output is not None:
        return
    conditions = list(graph.conditions)
    for words, more in (
        ("no window leaves a pixel at the far border unread", pixel_conditions(graph)),
        ("every window ends exactly at the padded border", border_conditions(graph)),
    ):
        narrower = sizes_where(graph, [*conditions, *(one.condition for one in more)])
        if narrower.faults:
            yield f"{words}: for no size"
        else:
            axes = narrower.axes[:1] if _alike(narrower.axes) else narrower.axes
            yield f"{words}: {'; '.join(map(str, axes))}"


def _verdict(claim: Any, found: ValidSizes) -> Verdict:
    """A claimed size is right when it is valid on every axis."""
    shown = str(claim)
    parts = read_sizes(shown)
    values = parts if len(parts) == len(found.axes) else parts * len(found.axes)
    if len(parts) not in (1, len(found.axes)) or not all(type(part) is int for part in parts):
        stop(f"the claim {shown} cannot be read", "a size, or one per axis", shown, "write --claim 572")
    if found.faults:
        return Verdict(shown, False)
    wrong = [
        f"{value} is not valid: {axis}"
        for axis, value in zip(found.axes, values, strict=True)
        if not axis.allows(int(value))
    ]
    return Verdict(shown, not wrong, tuple(dict.fromkeys(wrong)))
