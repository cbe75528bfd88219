"""Families of kinds, and following the wires through layers that change nothing of what a rule asks about."""

from __future__ import annotations

from collections.abc import Iterator

from cnncalc.analysis.borders import CONVOLUTIONS
from cnncalc.core.dims import text
from cnncalc.graph.model import Node
from cnncalc.layers.fields import expand
from cnncalc.lint.finding import Edit, Fix
from cnncalc.lint.network import Network

CONVS = CONVOLUTIONS | {"transposed_conv"}
LINEAR = CONVS | {"dense"}
NORMS = frozenset({"batchnorm", "layernorm", "groupnorm", "instancenorm"})
DROPS = frozenset({"dropout", "spatial_dropout", "drop_path"})
VIEWS = frozenset({"flatten", "identity", "reshape", "permute"})
MERGES = frozenset({"add", "multiply", "maximum", "concat", "highway"})
SPATIAL = frozenset({"crop", "pad", "slice", "upsample", "pixel_shuffle", "pixel_unshuffle", "channel_shuffle"})
AVERAGES = frozenset({"avgpool", "global_avgpool", "adaptive_avgpool"})
SATURATING = frozenset({"sigmoid", "tanh", "hardsigmoid"})
SOFTMAXES = frozenset({"softmax", "log_softmax"})
DEPTHWISE = "depthwise_conv"


def source(network: Network, node: Node, through: frozenset[str]) -> Node | None:
    """The layer that feeds it, looking back through some kinds; None at the network's input or a merge of several."""
    at = node
    while len(at.inputs) == 1 and at.inputs[0] >= 0:
        at = network.nodes[at.inputs[0]]
        if at.kind not in through:
            return at
    return None


def sink(network: Network, node: Node, through: frozenset[str]) -> Node | None:
    """The layer that it alone feeds, looking ahead through some kinds; None where it has several readers or none."""
    at = network.next(node)
    while at is not None and at.kind in through:
        at = network.next(at)
    return at


def weighted(network: Network, node: Node) -> bool:
    """Whether layers with weights come after it on some path."""
    seen = {node.index}
    pending = list(network.after(node))
    while pending:
        one = pending.pop()
        if one.index in seen:
            continue
        if one.layer.weighted:
            return True
        seen.add(one.index)
        pending += network.after(one)
    return False


def kernel(node: Node, axes: int = 2) -> tuple[int, ...]:
    """The kernel per axis; all ones where there is none or it is symbolic."""
    sides = expand(getattr(node.layer, "kernel", 1), axes)
    return tuple(side if type(side) is int else 1 for side in sides)


def side_text(values: tuple[object, ...]) -> str:
    """`3`, or `3x5` where the axes differ."""
    shown = [text(value) for value in values]
    return shown[0] if len(set(shown)) == 1 else "x".join(shown)


def is_depthwise(node: Node, channels: object) -> bool:
    """Whether every filter sees one channel."""
    return node.kind == DEPTHWISE or (channels != 1 and getattr(node.layer, "groups", 1) == channels)


def numeric(*values: object) -> bool:
    """Whether all values are ints."""
    return all(type(value) is int for value in values)


def logits(network: Network) -> Iterator[Node]:
    """The outputs that a loss reads: the trunk's last layer and those of the heads."""
    ends = {network.graph.result}
    ends.update(group.stop - 1 for group in network.graph.groups if group.kind == "head" and group.stop > group.start)
    for index in sorted(ends):
        if index >= 0:
            yield network.nodes[index]


def share(part: int, whole: int) -> str:
    """A percentage.

    >>> share(1, 4)
    '25 %'
    """
    return f"{round(100 * part / whole)} %" if whole else "0 %"


def written_field(node: Node, *fields: str) -> str | None:
    """The first of these fields that the layer's text names."""
    return next((name for name in fields if name in node.call.spans), None)


def fix_of(network: Network, node: Node, edits: tuple[Edit, ...], title: str, safe: bool = True) -> Fix | None:
    """A fix of a layer that stands in the spec's own text; none for layers of shipped blocks."""
    return Fix(safe, edits, title) if edits and network.written(node) else None
