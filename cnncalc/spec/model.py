"""The Spec: what a file says, checked for form but not yet expanded. Frozen values; positions do not count in comparisons.

A field's value is what YAML gave (None, bool, int, float, str, list, dict) or a Stack; text may be a name or an
expression, which `graph.expand` evaluates where it is used.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from cnncalc.core.source import NOWHERE, Span

COMMON_KEYS: tuple[str, ...] = (
    "name",
    "from",
    "expect",
    "repeat",
    "if",
    "trainable",
    "train_only",
    "checkpoint",
    "inplace",
    "share",
)
"""The keys that every layer takes; block parameters may not use these names."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A statement about a figure: `expect: {params: 34_944}`."""

    what: str
    stated: Any
    erratum: str | None = None
    follows: str | None = None
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Call:
    """One use of a layer kind or block in a stack."""

    kind: str
    fields: dict[str, Any]
    name: str | None = None
    sources: tuple[str, ...] = ()
    """The `from` names; empty: the layer before."""
    expect: tuple[Claim, ...] = ()
    repeat: Any = None
    condition: Any = None
    trainable: Any = None
    train_only: Any = None
    checkpoint: Any = None
    inplace: Any = None
    share: str | None = None
    span: Span = field(default=NOWHERE, compare=False)
    spans: dict[str, Span] = field(default_factory=dict, compare=False)

    @property
    def flagged(self) -> bool:
        """Whether it sets any of trainable, train_only, checkpoint, inplace."""
        return not (
            self.trainable is None and self.train_only is None and self.checkpoint is None and self.inplace is None
        )


@dataclass(frozen=True, slots=True)
class Stack:
    """Layers in order."""

    calls: tuple[Call, ...]
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Block:
    """A named stack with parameters; a parameter whose default is None is required."""

    name: str
    parameters: dict[str, Any]
    layers: Stack
    doc: str = ""
    span: Span = field(default=NOWHERE, compare=False)
    spans: dict[str, Span] = field(default_factory=dict, compare=False)
    file: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Head:
    """An output of its own: layers that start from a named one and never feed the trunk."""

    name: str
    source: str
    layers: Stack
    train_only: Any = None
    expect: tuple[Claim, ...] = ()
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Task:
    """What the network is for."""

    classes: Any = None
    loss: str | None = None


@dataclass(frozen=True, slots=True)
class Train:
    """How it is trained; serves lint, fit and the claims about training memory."""

    batch: int | None = None
    optimizer: str | None = None
    dtype: str | None = None
    accumulate: int | None = None
    """How many batches' gradients are added up before the optimizer steps (1)."""
    weight_decay: int | float | None = None
    """The optimizer's weight decay (0)."""
    foreach: bool | None = None
    """Whether the optimizer updates all parameters at once (false, as torch does on a CPU)."""
    set_to_none: bool | None = None
    """Whether gradients go between steps (true, as torch does); else they are set to zero and stay."""
    autocast: str | None = None
    """The number format of torch.autocast, under which forward pass and loss run (none); parameters stay as they are."""


@dataclass(frozen=True, slots=True)
class Spec:
    """A network as written."""

    name: str
    inputs: dict[str, tuple[Any, ...]]
    """Per input the sizes, channels first: ints, or text for symbols and expressions."""
    layers: Stack
    source: str = ""
    variables: dict[str, Any] = field(default_factory=dict)
    blocks: dict[str, Block] = field(default_factory=dict)
    heads: dict[str, Head] = field(default_factory=dict)
    expect: tuple[Claim, ...] = ()
    task: Task | None = None
    train: Train | None = None
    budget: dict[str, Any] = field(default_factory=dict)
    target: dict[str, Any] = field(default_factory=dict)
    file: str = field(default="", compare=False)
    text: str = field(default="", compare=False, repr=False)
    spans: dict[str, Span] = field(default_factory=dict, compare=False, repr=False)
