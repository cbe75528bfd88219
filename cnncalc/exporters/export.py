"""One function for every target, and what all of them ask of a network first."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from cnncalc.core.diagnostic import Diagnostic, SpecError
from cnncalc.core.shapes import shape_text
from cnncalc.graph.expand import expand
from cnncalc.graph.model import Graph
from cnncalc.spec.dump import dump_spec
from cnncalc.spec.model import Spec
from cnncalc.spec.shipped import shipped_block

TARGETS = ("torch", "keras", "onnx", "mermaid", "dot", "spec")
"""What a spec can be exported to."""


class FaultyError(SpecError):
    """The network has a fault: nothing is exported (exit code 1)."""


def export_spec(
    spec: Spec,
    to: str,
    *,
    inputs: Mapping[str, tuple[Any, ...]] | None = None,
    variables: Mapping[str, Any] | None = None,
    depth: int | None = None,
) -> str | bytes:
    """The network as source, diagram, YAML or, for onnx, a file's bytes.

    `inputs` replaces input sizes, `variables` the spec's variables; `depth` is how many levels of blocks a diagram opens.
    Raises FaultyError where the network has a fault, SpecError where source would need a size that is a symbol, and where the target
    has nothing for a kind.
    """
    if to == "spec":
        return dump_spec(spec)
    graph = expand(spec, shipped_block, dict(inputs or {}), dict(variables or {}))
    if graph.faults:
        raise FaultyError(*graph.faults)
    return _WRITERS[to](graph, depth)


def _source(write: Callable[[Graph, str], str]) -> Callable[[Graph, int | None], str]:
    def make(graph: Graph, depth: int | None) -> str:
        return write(numeric(graph), heading(graph))

    return make


def _torch(graph: Graph, heading: str) -> str:
    from cnncalc.exporters.torch.source import torch_source

    return torch_source(graph, heading)


def _keras(graph: Graph, heading: str) -> str:
    from cnncalc.exporters.keras.source import keras_source

    return keras_source(graph, heading)


def _onnx(graph: Graph, depth: int | None) -> bytes:
    from cnncalc.exporters.onnx import onnx_bytes

    return onnx_bytes(numeric(graph), heading(graph))


def _drawn(graph: Graph, depth: int | None, to: str) -> str:
    from cnncalc.exporters.diagram import diagram
    from cnncalc.exporters.dot import dot
    from cnncalc.exporters.mermaid import mermaid

    try:
        picture = diagram(graph, depth)
    except ValueError as error:
        raise SpecError(Diagnostic(f"the diagram would have {error}", remedy="use --depth 1 or --depth 0")) from None
    return mermaid(picture) if to == "mermaid" else dot(picture)


_WRITERS: dict[str, Callable[[Graph, int | None], str | bytes]] = {
    "torch": _source(_torch),
    "keras": _source(_keras),
    "onnx": _onnx,
    "mermaid": lambda graph, depth: _drawn(graph, depth, "mermaid"),
    "dot": lambda graph, depth: _drawn(graph, depth, "dot"),
}


def numeric(graph: Graph) -> Graph:
    """The graph itself. Raises SpecError where a size is a symbol: code has numbers."""
    for name, shape in graph.inputs.items():
        if not all(type(size) is int for size in shape):
            remedy = f"give a size: --input {name + '=' if len(graph.inputs) > 1 else ''}3x224x224"
            message = f"the size of {name} is {shape_text(shape)}: source code needs numbers"
            raise SpecError(
                Diagnostic(
                    message,
                    expected="sizes in numbers",
                    received=shape_text(shape),
                    remedy=remedy,
                    file=graph.spec.file,
                )
            )
    for node in graph.nodes:
        if node.output is None or not all(type(size) is int for size in node.output):
            received = "unknown" if node.output is None else shape_text(node.output)
            raise SpecError(
                Diagnostic(
                    f"the size of the result is {received}: source code needs numbers",
                    span=node.span,
                    file=graph.spec.file,
                    path=node.path,
                    expected="sizes in numbers",
                    received=received,
                    remedy="give the variable a value: --set NAME=VALUE",
                )
            )
    return graph


def heading(graph: Graph) -> str:
    """The first line of exported source: the network, from which size to which."""
    inputs = ", ".join(shape_text(shape) for shape in graph.inputs.values())
    results = shape_text(graph.shape(graph.result) or ())
    # the only text of a spec that source holds as it is: it must not end the docstring
    name = " ".join(graph.spec.name.replace("\\", "/").replace('"', "'").split())
    return f"{name}: {inputs} to {results}."
