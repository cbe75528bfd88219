"""Dense layers behind maps: how many inputs they need, for which image they were made, and as convolutions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, NamedTuple

from cnncalc.analysis.analyze import analyze_spec
from cnncalc.analysis.sizes import sizes_where, symbolic_graph
from cnncalc.core.dims import compare, is_symbolic
from cnncalc.core.dims import text as dim_text
from cnncalc.core.shapes import Shape, elements, shape_text
from cnncalc.graph.expand import expand
from cnncalc.graph.model import Graph, Node
from cnncalc.solve.answer import Answer, Line, Verdict
from cnncalc.solve.derivation import line
from cnncalc.solve.figures import count_verdict, seen, weights_of
from cnncalc.solve.given import stop
from cnncalc.solve.networks import one_layer
from cnncalc.spec.model import Call, Spec, Stack
from cnncalc.spec.shipped import shipped_block

MOST = 40
"""No more maps than this are looked back from."""


class Flattened(NamedTuple):
    """The first dense layer, and the map in front of it."""

    dense: Node
    map: Shape
    path: str
    """The layer that gives the map; an input's name where there is none."""


def flattened(graph: Graph) -> Flattened:
    """The first dense layer that reads a flattened map. Raises SpecError where there is none."""
    for node in graph.nodes:
        if node.kind != "dense":
            continue
        at = node.inputs[0]
        while at >= 0 and len(graph.shape(at) or ()) == 1:
            at = graph.nodes[at].inputs[0]
        shape = graph.shape(at)
        if shape is not None and len(shape) > 1:
            return Flattened(node, shape, graph.path(at))
    stop(f"{graph.spec.name} has no dense layer behind a map", remedy="ask about a network with flatten and dense")


def in_features(spec: Spec, *, features: int | None = None, claim: Any = None) -> Answer:
    """How many inputs the first dense layer needs; with `features`, which input sizes give it so many.

    Each solution of the inverse question is a map and, per input axis, the sizes that lead to it. Raises SpecError.
    """
    if features is not None:
        return _made_for(spec, features, claim)
    graph = expand(spec, shipped_block)
    found = flattened(graph)
    count = graph.shape(found.dense.inputs[0])
    assert count is not None
    names = ("C", "H", "W") if len(found.map) == 3 else ("C", *(f"n_{i}" for i in range(1, len(found.map))))
    from cnncalc.solve.derivation import named

    flat = line("in_features", elements(tuple(named(name, size) for name, size in zip(names, found.map, strict=True))))
    known = {"in_features": count[0]}
    if is_symbolic(count[0]) or flat.value != count[0]:
        # a pooling stands between the map and the dense layer
        flat = Line("in_features", value=count[0])
    verdict = None
    if claim is not None:
        stated = str(claim).replace("_", "").replace(",", "")
        right = stated == str(count[0])
        forgotten = [] if right else [words for value, words in _features_slips(found.map) if str(value) == stated]
        verdict = Verdict(str(claim), right, tuple(forgotten[:1]), dim_text(count[0]))
    question = f"How many in_features does {found.dense.path}, the first dense layer of {spec.name}, need?"
    notes = (f"it reads the {shape_text(found.map)} map of {found.path}",)
    return Answer(question, (known,), (flat,), notes=notes, verdict=verdict)


def _features_slips(shape: Shape) -> Iterator[tuple[Any, str]]:
    yield elements(shape[1:]), "the channels were forgotten"
    yield shape[0], "the map's positions were forgotten"
    if len(shape) == 3:
        yield shape[0] * shape[1], "one axis of the map was forgotten"
    yield elements(shape) + 1, "a bias was counted as an input"


def _made_for(spec: Spec, features: int, claim: Any) -> Answer:
    graph = symbolic_graph(spec)
    found = flattened(graph)
    channels = found.map[0]
    count = (graph.shape(found.dense.inputs[0]) or (0,))[0]
    question = f"For which input size was {spec.name} made, if {found.dense.path} has {features:,} in_features?"
    if is_symbolic(channels) or compare(count, "==", elements(found.map)) is not None:
        stop(f"{found.dense.path} does not read the whole map of {found.path}", remedy="analyze the network instead")
    if not any(map(is_symbolic, found.map[1:])):
        stop(f"{found.dense.path} has {dim_text(count)} in_features whatever the input's size")
    lines = [
        Line(
            words=f"{found.dense.path} reads {dim_text(count)} numbers, from the {shape_text(found.map)} map of {found.path}"
        )
    ]
    if features % channels:
        note = f"{features:,} does not divide by the {channels:,} channels of {found.path}"
        near = [features // channels * channels, (features // channels + 1) * channels]
        return Answer(
            question, (), tuple(lines), notes=("there is none", note, f"nearest: {near[0]:,} and {near[1]:,}")
        )
    positions = features // channels
    lines.append(Line("positions", symbols=f"{features:,}/{channels:,}", value=positions))
    solutions = []
    for sides in _maps(positions, len(found.map) - 1):
        demands = [compare(dim, "==", side) for dim, side in zip(found.map[1:], sides, strict=True)]
        conditions = [*graph.conditions, *(one for one in demands if one is not None)]
        axes = sizes_where(graph, conditions)
        if not axes.faults and all(axis.also or axis.residues for axis in axes.axes):
            solutions.append({"map": list(sides), **{axis.symbol: _range(axis.also) for axis in axes.axes}})
        if len(solutions) >= MOST:
            break
    rows = tuple(
        {"map": "x".join(map(str, one["map"])), **{key: _shown(value) for key, value in one.items() if key != "map"}}
        for one in solutions
    )
    verdict = None if claim is None else _size_verdict(claim, solutions)
    notes = ("square maps first",) if len(solutions) > 1 else () if solutions else ("there is none",)
    return Answer(question, tuple(solutions), tuple(lines), "pixels", notes, verdict, rows=rows)


def _maps(positions: int, axes: int) -> Iterator[tuple[int, ...]]:
    """The maps of so many positions, the squarest first."""
    if axes == 1:
        yield (positions,)
        return
    divisors = [
        one for low in range(1, int(positions**0.5) + 1) if positions % low == 0 for one in {low, positions // low}
    ]
    if axes == 2:
        pairs = [(one, positions // one) for one in divisors]
        yield from sorted(pairs, key=lambda pair: (abs(pair[0] - pair[1]), -pair[0]))
        return
    triples = [(one, *rest) for one in divisors for rest in _maps(positions // one, 2)]
    yield from sorted(triples, key=lambda sides: (max(sides) - min(sides), sides))


def _range(also: tuple[int, ...]) -> list[int]:
    return list(also)


def _shown(sizes: list[int]) -> str:
    from cnncalc.analysis.sizes import runs

    return runs(sizes)


def _size_verdict(claim: Any, solutions: list[dict[str, Any]]) -> Verdict:
    parts = str(claim).split("x")
    if not all(part.isdigit() for part in parts):
        stop(f"the claim {claim} cannot be read", "a size like 224 or 224x224", str(claim))
    for solution in solutions:
        axes = [sizes for name, sizes in solution.items() if name != "map"]
        wanted = [int(part) for part in (parts if len(parts) == len(axes) else parts * len(axes))]
        if len(wanted) == len(axes) and all(size in sizes for size, sizes in zip(wanted, axes, strict=True)):
            return Verdict(str(claim), True)
    return Verdict(str(claim), False)


# -- as convolutions -----------------------------------------------------------------------------------------------


def dense_as_conv(*, input: Shape, units: int, claim: Any = None) -> Answer:
    """A dense layer on a flattened map as the convolution with the same weights.

    >>> dense_as_conv(input=(512, 7, 7), units=4096).solutions[0]["kernel"]
    [7, 7]
    """
    if len(input) < 2:
        stop("a vector is already a 1x1 map", "a map like 512x7x7", shape_text(input))
    conv = one_layer("conv", {"filters": units, "kernel": tuple(input[1:])}, input)
    dense = seen(one_layer("dense", {"units": units}, (elements(input),)))
    it = seen(conv)
    lines = (line("parameters, dense", weights_of(dense)), line("parameters, convolution", weights_of(it)))
    known = {
        "filters": units,
        "kernel": list(input[1:]),
        "output": list(it.node.output or ()),
        "parameters": lines[1].value,
    }
    notes = ("on a larger map the convolution gives a map of such outputs",)
    verdict = (
        None
        if claim is None
        else count_verdict(claim, {"parameters": known["parameters"]}, conv, {"parameters": "params"})
    )
    return Answer(
        f"Which convolution is a dense layer of {units:,} units on {shape_text(input)}?",
        (known,),
        lines,
        notes=notes,
        verdict=verdict,
    )


def network_as_conv(spec: Spec, *, size: tuple[int, ...] | None = None) -> Answer:
    """The network with its dense layers as convolutions, and what it gives for a larger image (channels first)."""
    graph = expand(spec, shipped_block)
    found = flattened(graph)
    converted = replace(spec, layers=_converted(spec, found), expect=())
    before, after = analyze_spec(spec), analyze_spec(converted)
    solution: dict[str, Any] = {
        "layer": found.dense.path,
        "kernel": list(found.map[1:]),
        "output": list(_result(after) or ()),
        "parameters": after.totals.params,
    }
    question = f"What is {spec.name} with its dense layers as convolutions?"
    lines = [
        Line("parameters, as written", value=before.totals.params),
        Line("parameters, as convolutions", value=after.totals.params),
    ]
    if size is not None:
        name = next(iter(spec.inputs))
        larger = analyze_spec(converted, inputs={name: size})
        if larger.faults:
            problem = larger.faults[0]
            stop(
                f"on {shape_text(size)}, {problem.path}: {problem.message}",
                problem.expected,
                problem.received,
                problem.remedy,
            )
        solution["input"] = list(size)
        solution["output"] = list(_result(larger) or ())
        at = next(row for row in larger.rows if row.path == found.path)
        lines.append(Line(f"map of {found.path}", value=shape_text(at.output), words=f"on {shape_text(size)}"))
        lines.append(Line("scores", value=shape_text(_result(larger)), words="a map of them"))
        question = f"What does {spec.name} give for {shape_text(size)}, with its dense layers as convolutions?"
    rows = {key: shape_text(tuple(value)) if isinstance(value, list) else value for key, value in solution.items()}
    return Answer(question, (solution,), tuple(lines), rows=(rows,))


def _result(analysis: Any) -> Shape | None:
    result: Shape | None = analysis.rows[-1].output
    return result


def _converted(spec: Spec, found: Flattened) -> Stack:
    """The trunk's layers: flatten gone, the first dense layer a convolution over the whole map, later ones 1x1."""
    calls: list[Call] = []
    kernel: tuple[Any, ...] | int = tuple(found.map[1:])
    dense = False
    for call in spec.layers.calls:
        if call.kind == "flatten" and not dense:
            continue
        if call.kind == "dense":
            fields = {
                **call.fields,
                "filters": call.fields["units"],
                "kernel": list(kernel) if isinstance(kernel, tuple) else kernel,
            }
            del fields["units"]
            fields.pop("axis", None)
            name = call.name or found.dense.name if not dense else call.name
            call, kernel, dense = replace(call, kind="conv", fields=fields, name=name, expect=()), 1, True
        calls.append(replace(call, expect=()))
    if not dense:
        stop(
            f"the dense layers of {spec.name} stand in a block or branch",
            "dense layers in the trunk",
            remedy="write them at the top level",
        )
    return Stack(tuple(calls), spec.layers.span)
