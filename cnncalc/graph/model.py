"""The graph: nodes in execution order, the groups that they were written in, and what is known of their shapes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from cnncalc.core.diagnostic import Diagnostic
from cnncalc.core.dims import Condition, Dim
from cnncalc.core.shapes import Shape
from cnncalc.core.source import Span
from cnncalc.layers.base import Layer
from cnncalc.spec.model import Call, Claim, Spec

Ref = int
"""An output: a node's index, or -1 - i for input i."""


@dataclass(frozen=True, slots=True)
class Group:
    """A block call, stack, merge, branch, head or repeat: the rows `start:stop` in execution order, nested by range.

    `kind` is the block's or structural kind's name, or `branch`, `head`. `repeat` is the index within a repeated call,
    else None; the call itself is a group too, with `count` = how often it is repeated (1 when it is not).
    """

    path: str
    name: str
    kind: str
    start: int
    stop: int
    depth: int
    repeat: int | None = None
    count: int = 1


class Node:
    """One layer of the unrolled network."""

    __slots__ = (
        "activation_of",
        "alike",
        "call",
        "channels",
        "index",
        "inplace",
        "inputs",
        "kind",
        "layer",
        "name",
        "output",
        "path",
        "share",
        "span",
        "train_only",
        "trainable",
    )

    def __init__(
        self,
        index: int,
        name: str,
        path: str,
        kind: str,
        layer: Layer,
        inputs: tuple[Ref, ...],
        output: Shape | None,
        channels: Dim | None,
        call: Call,
        span: Span,
        trainable: bool,
        train_only: bool,
        share: int | None,
        activation_of: int | None,
        inplace: bool = False,
        alike: int = -1,
    ) -> None:
        self.index = index
        self.name = name
        self.path = path
        self.kind = kind
        self.layer = layer
        self.inputs = inputs
        self.output = output
        self.channels = channels
        self.call = call
        self.span = span
        self.trainable = trainable
        self.train_only = train_only
        self.share = share
        self.activation_of = activation_of
        self.inplace = inplace
        self.alike = alike
        """The number, from 0 on without gaps, that nodes with the same layer and input shapes share; -1: a shape is unknown."""


class Checkpoint(NamedTuple):
    """A call with `checkpoint: true` (one repeat of it): the rows `start:stop`, which training computes again."""

    path: str
    start: int
    stop: int


class ClaimSite(NamedTuple):
    """A claim with what it speaks of: the rows that are summed, the output it means, and the layer whose fields it may name."""

    path: str
    claim: Claim
    rows: range | tuple[int, ...]
    result: Ref | None
    source: Ref | None
    layer: Layer | None
    stated: Any


@dataclass(frozen=True, slots=True)
class Graph:
    """The unrolled network."""

    spec: Spec
    inputs: dict[str, Shape]
    nodes: tuple[Node, ...]
    groups: tuple[Group, ...]
    sites: tuple[ClaimSite, ...]
    faults: tuple[Diagnostic, ...]
    conditions: tuple[Condition, ...]
    """What had to be assumed of symbols."""
    notes: tuple[str, ...] = ()
    """Assumptions that `if` conditions made, as text."""
    result: Ref = -1
    """The trunk's last output."""
    environment: dict[str, Any] = field(default_factory=dict)
    checkpoints: tuple[Checkpoint, ...] = ()

    def shape(self, ref: Ref) -> Shape | None:
        """The shape of an output; None when it is unknown."""
        return self.nodes[ref].output if ref >= 0 else tuple(self.inputs.values())[-1 - ref]

    def path(self, ref: Ref) -> str:
        """The path of an output's layer, or the input's name."""
        return self.nodes[ref].path if ref >= 0 else tuple(self.inputs)[-1 - ref]
