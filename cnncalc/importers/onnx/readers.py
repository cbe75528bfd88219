"""Who reads a value: what only one node reads may be joined with it."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

from cnncalc.importers.onnx.graph import Network, Node


class Users(NamedTuple):
    """Who reads what."""

    counts: Counter[str]
    nodes: dict[str, list[Node]]


def users(network: Network) -> Users:
    """The readers of every value, results among them."""
    count: Counter[str] = Counter(network.outputs)
    nodes: dict[str, list[Node]] = {}
    for node in network.nodes:
        for name in node.inputs:
            count[name] += 1
            nodes.setdefault(name, []).append(node)
    # what bodies read from outside is read more than once: nothing may be joined with it
    waiting = [body for node in network.nodes for body in node.attributes.values() if hasattr(body, "node")]
    while waiting:
        body = waiting.pop()
        for one in body.node:
            count.update(dict.fromkeys(one.input, 2))
            waiting += [attribute.g for attribute in one.attribute if attribute.HasField("g")]
        count.update({one.name: 2 for one in body.output})
    return Users(count, nodes)
