"""Small networks that a question speaks of, made of values instead of text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from cnncalc.core.diagnostic import Diagnostic, SpecError, did_you_mean
from cnncalc.core.shapes import Shape
from cnncalc.graph.expand import expand
from cnncalc.graph.model import Graph, Node
from cnncalc.spec.model import Call, Spec, Stack
from cnncalc.spec.shipped import shipped_block


def network(layers: Iterable[tuple[str, Mapping[str, Any]]], shape: Shape) -> Graph:
    """A chain of layers, given as kinds and fields, on an input."""
    calls = tuple(Call(kind, dict(fields)) for kind, fields in layers)
    return expand(Spec("question", {"input": shape}, Stack(calls)), shipped_block)


def find_node(graph: Graph, path: str) -> Node:
    """The layer of that path; of a block its last one. Raises SpecError."""
    for node in graph.nodes:
        if node.path == path:
            return node
    for group in graph.groups:
        if group.path == path and group.start < group.stop:
            return graph.nodes[group.stop - 1]
    known = [*(node.path for node in graph.nodes), *(group.path for group in graph.groups)]
    raise SpecError(
        Diagnostic(
            f"there is no layer {path}",
            expected="a layer's path",
            received=path,
            remedy=did_you_mean(path, known),
            file=graph.spec.file,
        )
    )


def one_layer(kind: str, fields: Mapping[str, Any], shape: Shape) -> Graph:
    """A single layer on an input."""
    return network([(kind, fields)], shape)
