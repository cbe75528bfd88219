"""Questions about windows and receptive fields that several rules ask."""

from __future__ import annotations

from cnncalc.graph.model import Node
from cnncalc.lint.network import Network
from cnncalc.lint.rules.wiring import SATURATING, VIEWS, numeric


def read_elsewhere(network: Network, node: Node) -> bool:
    """Whether another layer reads the whole of what this window reads in part."""
    ref = node.inputs[0]
    if ref < 0:
        readers = [one for one in network.nodes if ref in one.inputs]
    else:
        readers = list(network.after(network.nodes[ref]))
    for other in readers:
        if other.index == node.index:
            continue
        axes = network.unread[other.index]
        if not any(axis.border or axis.between for axis in axes):
            return True
    return False


def image_sizes(network: Network) -> tuple[int, ...] | None:
    """The spatial sizes of the only input; None with several inputs, symbols or a flat input."""
    shapes = list(network.graph.inputs.values())
    sizes = shapes[0][1:]
    if len(shapes) != 1 or not sizes or not numeric(*sizes):
        return None
    return tuple(int(size) for size in sizes)


def gates(network: Network, node: Node) -> bool:
    """Whether a pooled vector becomes a gate: a sigmoid that is multiplied with a map."""
    pending = list(network.after(node))
    for _ in range(12):
        if not pending:
            return False
        one = pending.pop(0)
        if one.kind in ("multiply", "highway"):
            return True
        if one.kind in SATURATING | VIEWS or one.layer.weighted or network.is_activation(one):
            pending += network.after(one)
    return False
