"""The same network with twice the channels: every layer as it is, only wider."""

from __future__ import annotations

from copy import copy
from dataclasses import replace
from typing import Any

from cnncalc.core.diagnostic import Diagnostic, SpecError
from cnncalc.core.shapes import Shape
from cnncalc.graph.model import Graph, Node
from cnncalc.graph.shape import Shapes
from cnncalc.layers.base import Layer

COLOURS = 4
"""An input of so many channels or fewer is an image: its colours do not multiply."""
FULLY_CONNECTED = ("dense", "rbf")


class WideningError(SpecError):
    """A network whose channels cannot be doubled, and why."""


def wider(graph: Graph, factor: int = 2) -> Graph:
    """The graph with `factor` times the filters of every convolution and the units of every dense layer.

    What stays: the colours of an image (inputs of up to four channels) and the outputs of the dense layers behind which
    no weights follow, because these are the classes. A convolution with as many groups as input channels stays one.
    Faults are the graph's own; `sites` are dropped, since claims speak of the network as it is written. Raises WideningError.
    """
    last = last_dense(graph)
    inputs = {
        name: shape if is_image(shape) else (factor * shape[0], *shape[1:]) for name, shape in graph.inputs.items()
    }
    sources = tuple(inputs.values())
    shapes, made, nodes = Shapes(), dict[Any, Layer](), list[Node]()
    for node in graph.nodes:
        read: list[Shape | None] = [nodes[ref].output if ref >= 0 else sources[-1 - ref] for ref in node.inputs]
        before = graph.shape(node.inputs[0])
        known = tuple(shape for shape in read if shape is not None)
        if node.output is None or len(known) < len(read) or before is None:
            raise _refusal(node, "its shape is unknown")
        key = (id(node.layer), before, node.index in last)
        layer = made.setdefault(key, node.layer if node.index in last else _wider(node, before, known[0], factor))
        found = shapes.infer(layer, known)
        if found.output is None:
            assert found.fault is not None
            raise _refusal(node, found.fault.message)
        twin = copy(node)
        twin.layer, twin.output, twin.alike = layer, found.output, found.number
        nodes.append(twin)
    return replace(graph, inputs=inputs, nodes=tuple(nodes), sites=())


def _wider(node: Node, before: Shape, now: Shape, factor: int) -> Layer:
    layer: Any = node.layer
    if getattr(layer, "connections", None) is not None:
        raise _refusal(node, "its connection table is made for its own channels")
    fields = {name: factor * getattr(layer, name) for name in ("filters", "units") if getattr(layer, name, None)}
    if getattr(layer, "groups", 1) == before[0] and before[0] != 1 and node.kind.startswith("conv"):
        fields["groups"] = now[0]
    wide: Layer = layer.model_copy(update=fields) if fields else layer
    return wide


def is_image(shape: Shape) -> bool:
    """Whether an input's channels are the colours of an image."""
    return type(shape[0]) is int and shape[0] <= COLOURS


def last_dense(graph: Graph) -> set[int]:
    """The dense layers behind which no layer has weights."""
    followed: set[int] = set()
    for node in reversed(graph.nodes):
        if node.layer.weighted or node.kind in FULLY_CONNECTED or node.index in followed:
            followed.update(node.inputs)
    return {node.index for node in graph.nodes if node.kind in FULLY_CONNECTED and node.index not in followed}


def _refusal(node: Node, why: str) -> WideningError:
    return WideningError(Diagnostic(f"with twice the channels {node.path} does not work: {why}", path=node.path))
