"""The intermediate form of every importer: a network as a flat list of layers in execution order, with measured shapes.

A reader of a format (PyTorch, ONNX, Keras) makes a `Sketch`; `flat` and `compact` write it as a Spec, `check` compares
the Spec's figures with what the reader measured. Nothing here knows the format, and nothing computes a figure.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from cnncalc.core.shapes import Shape

Ref = int
"""A value: a step's index, or -1 - i for input i."""


ANY = "?"
"""The type of a structure that the original does not tell."""


class Scope(NamedTuple):
    """A structure of the original that steps belong to: a submodule, a name space, a nested model."""

    name: str
    """Its name within the structure around it."""
    type: str = ""
    """What it is an instance of (`models.resnet.Bottleneck`); equal types are likely to be equal blocks. Empty for a mere
    list of others."""
    call: int = 0
    """Which use of it, where the original uses one structure several times."""


class Step(NamedTuple):
    """One layer of the original, in the words of the language."""

    kind: str
    fields: dict[str, Any]
    inputs: tuple[Ref, ...]
    shape: Shape
    """The measured output, channels first, without the batch."""
    scope: tuple[Scope, ...] = ()
    """The structures around it, outermost first."""
    name: str = ""
    """Its own name within them; empty where the original has none (a function call, an operator)."""
    weights: tuple[str, ...] = ()
    """The original's names of its parameters and buffers, in the order of the kind's weights."""
    share: Ref | None = None
    """The earlier step of the same kind whose weights it uses."""
    trainable: bool = True
    origin: str = ""
    """Where it comes from, for messages: `layer1.0.conv1 (models.py:31)`."""
    note: str = ""
    """What the reader of the spec must know of how it is written."""
    inplace: bool = False
    """Whether it writes its result over its input."""


class Output(NamedTuple):
    """A result of the network. The first one is the trunk's; the others become heads."""

    name: str
    value: Ref
    train_only: bool = False


class Measured(NamedTuple):
    """What the original says of itself; the spec's figures must equal it. None: not measured."""

    params: int | None = None
    trainable: int | None = None
    buffers: int | None = None
    macs: int | None = None
    """Multiply-adds of one image's prediction."""


UNMEASURED = Measured()


@dataclass(frozen=True, slots=True)
class Sketch:
    """A network read from elsewhere."""

    name: str
    source: str
    inputs: dict[str, Shape]
    steps: tuple[Step, ...]
    outputs: tuple[Output, ...]
    measured: Measured = UNMEASURED
    notes: tuple[str, ...] = field(default=())
    """What the reader of the spec must know: what was left out, what is written in another way."""
    unused: tuple[str, ...] = field(default=())
    """The original's parameters and buffers that no step uses."""

    def shape(self, ref: Ref) -> Shape:
        """The measured shape of a value."""
        return self.steps[ref].shape if ref >= 0 else tuple(self.inputs.values())[-1 - ref]
