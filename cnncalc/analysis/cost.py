"""Parameters, buffers, arithmetic and map sizes of each node, for one image; each distinct layer is worked out once."""

from __future__ import annotations

from typing import NamedTuple

from cnncalc.analysis.result import Totals
from cnncalc.core.dims import Dim, known_total, times, total
from cnncalc.core.shapes import Shape, elements
from cnncalc.core.tensors import Ops, Weight
from cnncalc.graph.model import Graph, Node


class Cost(NamedTuple):
    """What one layer costs on one image. `weights` are its own tensors (none when it shares another layer's)."""

    weights: tuple[Weight, ...]
    params: Dim
    tensors: int
    """How many parameter tensors."""
    buffers: Dim
    ops: Ops
    flops: Dim
    elements: Dim
    """Numbers in the output map."""


def costs(graph: Graph) -> tuple[Cost | None, ...]:
    """The cost of every node; None where its shapes are unknown."""
    known: dict[tuple[int, bool], Cost] = {}
    inputs = tuple(graph.inputs.values())
    nodes = graph.nodes
    result: list[Cost | None] = []
    for node in nodes:
        if node.output is None:
            result.append(None)
            continue
        key = (node.alike, node.share is not None)
        cost = known.get(key)
        if cost is None:
            shapes = tuple([nodes[ref].output if ref >= 0 else inputs[-1 - ref] for ref in node.inputs])
            cost = known[key] = layer_cost(node, shapes)  # type: ignore[arg-type]
        result.append(cost)
    return tuple(result)


def layer_cost(node: Node, shapes: tuple[Shape, ...]) -> Cost:
    """The cost of one layer on inputs of these shapes."""
    assert node.output is not None
    weights = node.layer.weights(*shapes) if node.share is None else ()
    ops = node.layer.ops(shapes, node.output)
    return Cost(
        weights,
        total(weight.elements for weight in weights if not weight.buffer),
        sum(not weight.buffer for weight in weights),
        total(weight.elements for weight in weights if weight.buffer),
        ops,
        ops.flops,
        elements(node.output),
    )


def reads_weights(graph: Graph, cost: tuple[Cost | None, ...]) -> tuple[bool, ...]:
    """Per node whether what it reads depends on a trainable parameter, so that it needs a gradient."""
    reached: set[int] = set()
    result = []
    for node in graph.nodes:
        owner = graph.nodes[node.share] if node.share is not None else node
        own = cost[owner.index]
        before = not reached.isdisjoint(node.inputs)
        if before or (owner.trainable and own is not None and own.tensors > 0):
            reached.add(node.index)
        result.append(before)
    return tuple(result)


def computed_again(graph: Graph) -> list[int]:
    """Per node how many checkpoints it lies in: so often backward computes it again."""
    result = [0] * len(graph.nodes)
    for one in graph.checkpoints:
        for index in range(one.start, one.stop):
            result[index] += 1
    return result


def training_macs(graph: Graph, cost: tuple[Cost | None, ...]) -> Dim | None:
    """Multiply-adds of one training step for one image: forward, gradients of weights and of inputs.

    The gradient of an input is needed only where something trainable comes before it: the first layer needs none. Each
    checkpoint around a layer adds one forward (torch leaves out what the last saved tensor does not need).
    """
    again = computed_again(graph)
    terms: list[Dim] = []
    for node, own, before in zip(graph.nodes, cost, reads_weights(graph, cost), strict=True):
        if own is None:
            return None
        if own.ops.macs == 0:
            continue
        trainable = graph.nodes[node.share].trainable if node.share is not None else node.trainable
        terms.append((1 + int(trainable) + int(before) + again[node.index]) * own.ops.macs)
    return total(terms)


def weight_layers(graph: Graph) -> int:
    """The most conv, transposed conv and dense layers on one path of the prediction graph."""
    longest: list[int] = []
    for node in graph.nodes:
        before = max([longest[ref] for ref in node.inputs if ref >= 0], default=0)
        longest.append(before + int(node.layer.weighted and not node.train_only))
    return max((length for length, node in zip(longest, graph.nodes, strict=True) if not node.train_only), default=0)


def totals(graph: Graph, cost: tuple[Cost | None, ...]) -> Totals:
    """The sums over the network for one image; a sum is unknown as soon as one of its layers is."""
    pairs = list(zip(graph.nodes, cost, strict=True))
    steady = [own for node, own in pairs if not node.train_only]
    macs = known_total([None if own is None else own.ops.macs for own in steady])
    return Totals(
        params=known_total([None if own is None else own.params for own in cost]),
        trainable_params=known_total([None if own is None else own.params for node, own in pairs if node.trainable]),
        train_only_params=known_total([None if own is None else own.params for node, own in pairs if node.train_only]),
        buffers=known_total([None if own is None else own.buffers for own in cost]),
        macs=macs,
        training_macs=training_macs(graph, cost),
        flops_torch=times(2, macs),
        flops=known_total([None if own is None else own.flops for own in steady]),
        weight_layers=weight_layers(graph),
    )
