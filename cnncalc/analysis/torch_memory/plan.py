"""Whose turn it is when: the layers in order, checkpoints as one turn each, and what nobody needs after each turn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from cnncalc.graph.model import Graph, Node


class Step(NamedTuple):
    """One layer's turn: the values it reads, and those that nobody needs afterwards."""

    node: Node
    reads: tuple[int, ...]
    finished: tuple[int, ...]


class Section(NamedTuple):
    """A checkpoint's turn: the values that it reads from outside, those that it gives, and who is inside."""

    reads: tuple[int, ...]
    finished: tuple[int, ...]
    results: tuple[int, ...]
    steps: tuple[Step | Section, ...]


class Plan(NamedTuple):
    """The turns in order, and the values that remain: the trunk's result and what nothing reads (heads)."""

    steps: tuple[Step | Section, ...]
    kept: tuple[int, ...]
    training: bool


Item = Node | list["Item"]
"""A layer, or the layers of a checkpoint."""


def plans(graph: Graph) -> tuple[Plan, Plan]:
    """The turns of a prediction, in which checkpoints are of no effect, and of a training step."""
    training = _plan(graph, True)
    if graph.checkpoints or any(node.train_only for node in graph.nodes):
        return _plan(graph, False), training
    return training._replace(training=False), training


def _plan(graph: Graph, training: bool) -> Plan:
    nodes = [node for node in graph.nodes if training or not node.train_only]
    read = {ref for node in nodes for ref in node.inputs}
    kept = dict.fromkeys([graph.result, *[node.index for node in nodes if node.index not in read]])
    if graph.result >= 0 and graph.nodes[graph.result].train_only and not training:
        del kept[graph.result]
    items: list[Item] = [*nodes]
    if training and graph.checkpoints:
        items = _nested(nodes, [(one.start, one.stop) for one in graph.checkpoints])
    return Plan(_steps(items, set(kept)), tuple(kept), training)


def _nested(nodes: Sequence[Node], ranges: list[tuple[int, int]]) -> list[Item]:
    """The layers with those of each checkpoint in a list of their own."""
    result: list[Item] = []
    open_: list[tuple[int, list[Item]]] = [(len(nodes), result)]
    starts = sorted(ranges, key=lambda one: (one[0], -one[1]), reverse=True)
    for node in nodes:
        while open_[-1][0] <= node.index:
            open_.pop()
        while starts and starts[-1][0] == node.index:
            inside: list[Item] = []
            open_[-1][1].append(inside)
            open_.append((starts.pop()[1], inside))
        open_[-1][1].append(node)
    return result


def _steps(items: list[Item], needed: set[int]) -> tuple[Step | Section, ...]:
    """The turns; `needed` is what must remain after the last one."""
    steps: list[Step | Section] = []
    for item in reversed(items):
        reads = _outside(item) if isinstance(item, list) else item.inputs
        finished: tuple[int, ...]
        if len(reads) == 1:
            finished = reads if reads[0] not in needed else ()
        else:
            finished = tuple([ref for ref in dict.fromkeys(reads) if ref not in needed])
        if isinstance(item, list):
            results = tuple([one.index for one in _nodes(item) if one.index in needed])
            steps.append(Section(reads, finished, results, _steps(item, {*results, *reads})))
        else:
            steps.append(Step(item, reads, finished))
        needed.update(finished)
    return tuple(steps[::-1])


def _nodes(items: list[Item]) -> list[Node]:
    return [node for item in items for node in (_nodes(item) if isinstance(item, list) else [item])]


def _outside(items: list[Item]) -> tuple[int, ...]:
    """What the layers of a checkpoint read of others."""
    nodes = _nodes(items)
    own = {node.index for node in nodes}
    return tuple(dict.fromkeys([ref for node in nodes for ref in node.inputs if ref not in own]))
