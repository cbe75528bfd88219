"""The twins are blind: their source neither asks a layer for its formulas nor a node for its predicted sizes."""

from __future__ import annotations

import ast
from pathlib import Path

import cnncalc

ROOM = Path(cnncalc.__file__).parent / "verify"
MEASURING = ("build", "measure", "observed", "memory", "training", "ledger")
"""Not events: it knows torch's profiler, and neither graphs nor layers."""
BLIND = [*sorted((ROOM / "twins").glob("*.py")), *(ROOM / f"{name}.py" for name in MEASURING)]

FORMULAS = {"weights", "ops", "operations", "reach", "requires", "saves", "program", "axes", "effective"}
"""A layer's textbook entry: no attribute of these names, called or not."""
PREDICTED = {"channels", "result_shape"}
"""A node's predicted figures."""
CALLS = {"output", "shape"}
"""`layer.output(...)` and `graph.shape(...)`; `tensor.shape` is not called."""
MODULES = ("cnncalc.analysis", "cnncalc.layers.window", "cnncalc.verify.compare", "cnncalc.report")


def offences(source: str) -> list[str]:
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute) and node.attr in FORMULAS | PREDICTED:
            found.append(f"line {node.lineno}: .{node.attr}")
        if (
            isinstance(node, ast.Attribute)
            and node.attr == "output"
            and isinstance(node.value, ast.Name)
            and node.value.id in ("layer", "node")
        ):
            found.append(f"line {node.lineno}: {node.value.id}.output")
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in CALLS:
            found.append(f"line {node.lineno}: .{node.func.attr}(...)")
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        found += [f"line {node.lineno}: imports {name}" for name in names if name.startswith(MODULES)]
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "getattr":
            attribute = node.args[1]
            if isinstance(attribute, ast.Constant) and attribute.value in FORMULAS | PREDICTED | CALLS:
                found.append(f"line {node.lineno}: getattr {attribute.value}")
    return found


def test_twins_build_and_measure_are_blind() -> None:
    assert len(BLIND) == 12 + 6  # twelve files of twins
    for path in BLIND:
        assert not offences(path.read_text(encoding="utf-8")), path.name


def test_the_check_can_fail() -> None:
    for source in (
        "layer.output(x)",
        "y = layer.weights(x)",
        "f = layer.ops",
        "node.output[0]",
        "graph.shape(3)",
        "from cnncalc.layers.window import axes_of",
        "import cnncalc.analysis.cost",
        "getattr(layer, 'reach')",
        "node.channels",
    ):
        assert offences(source), source
    assert not offences("tuple(x.shape[1:]); layer.padding; y.shape")


def test_a_lying_formula_does_not_reach_the_twin() -> None:
    """Every method of a layer raises: the network is built and run all the same."""
    import torch

    from cnncalc.layers.base import Layer
    from cnncalc.verify.measure import images, measure

    from .differential import graph_of

    graph = graph_of(
        "cnncalc: 1\ninput: 3x9x9\nlayers: [{conv: {filters: 4, kernel: 3, stride: 2, padding: same}}, {maxpool: 2}, flatten, {dense: 5}]\n"
    )

    def lie(self: Layer, *arguments: object) -> None:
        raise AssertionError("a twin asked for a formula")

    kinds = {type(node.layer) for node in graph.nodes}
    kept = {
        (kind, name): getattr(kind, name)
        for kind in kinds
        for name in ("output", "weights", "ops", "reach", "requires")
    }
    try:
        for kind, name in kept:
            setattr(kind, name, lie)
        for node in graph.nodes:
            node.output = None
        measured = measure(graph, images(graph.inputs.values(), 2, torch.device("cpu")))
    finally:
        for (kind, name), method in kept.items():
            setattr(kind, name, method)
    # 9 -> ceil(9/2) = 5 -> floor(5/2) = 2; 4 * 2 * 2 = 16 numbers into 5 units
    assert [seen.output for seen in measured.observed.layers] == [(4, 5, 5), (4, 2, 2), (16,), (5,)]
    assert measured.observed.params == (3 * 9 + 1) * 4 + 17 * 5
