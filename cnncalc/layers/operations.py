"""What a layer does in PyTorch, told as the short sequence of torch operations that its docstring states.

An `Operation` says how large its result is, what it keeps for backward and how each gradient comes to be: enough to
follow every tensor's life without torch. A kind writes its sequence with a `Program` (layers.program), in the words of torch (`conv`,
`linear`, `pad`, `mul`, `cat`); the analysis runs it. Nothing here knows batch, dtype or the graph: a shape's batch axis
is BATCH, a width of 0 bytes is the network's own number format. Source: the operations' derivatives in torch 2.13
(tools/autograd/derivatives.yaml), and measurement.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from math import prod
from typing import Any, NamedTuple

BATCH = -1
"""The batch axis in a tensor's shape; an axis of k images is k * BATCH. A tensor without it (a weight, a statistic) does
not grow with the batch."""

VOLUME = 5
"""The axes of a batch of volumes."""
Size = tuple[int, int]
"""How many numbers a tensor holds: a constant, and a number per image."""
INDEX, BOOL = 8, 1
"""Bytes of torch's int64 and bool."""


def size(shape: Sequence[Any]) -> Size:
    """The size of a tensor.

    >>> size((BATCH, 64, 2, 2)), size((64, 3))
    ((0, 256), (192, 0))
    """
    count = prod(shape)
    return (0, -count) if count < 0 else (count, 0)


class Form(Enum):
    """How backward makes the gradient of an operand from the result's gradient."""

    NEW = "a tensor of its own"
    SAME = "the very gradient that arrives"
    VIEW = "a view of it, undoing the operation's view"
    PART = "a view of a part of it (concat)"
    SPREAD = "a view of it that repeats its numbers (sum)"


class Layout(Enum):
    """In which order a result's numbers lie in memory."""

    FOLLOW = "as the operands' (elementwise)"
    NUMBER = "the same, where a number is one more operand"
    PICKED = "as the operand's, but for the axis that an index picks from"
    LIKE = "the very strides of the first operand (made with empty_like)"
    IMAGE = "channels last if the operand is, else contiguous (windows)"
    PLAIN = "contiguous"


class Gradient(NamedTuple):
    """The gradient of one operand. `temporaries` (size, bytes per number) are alive while it is made; a `wide` one is
    made at the result's size and then summed to the operand's. One that is made in another number format than the
    operand's has a `between`: its size there, before it is cast.
    """

    form: Form = Form.NEW
    temporaries: tuple[tuple[Size, int], ...] = ()
    wide: bool = False
    between: Size | None = None


class View(NamedTuple):
    """A result that shares its operand's storage: reshape, permute (axes), narrow (axis), unfold (axis, size, step),
    contiguous (a copy where need be), suggested (the same, but channels last may stay), sibling (a further piece of a split: its operand is the first),
    settled (channels last where the second operand is; else nothing happens).
    """

    kind: str
    axes: tuple[int, ...] = ()


RESULT = -1
"""In `saves`: the result itself. 0 and up are operands, -2 and down the operation's own tensors."""


class Operation(NamedTuple):
    """One torch operation.

    Operands are slots: the layer's inputs from 0 on, then the results of the operations before; parameters are -1, -2,
    ... in the order of the layer's weights.
    """

    name: str
    reads: tuple[int, ...]
    shape: tuple[int, ...]
    size: Size
    shapes: tuple[tuple[int, ...], ...]
    """The operands'."""
    sizes: tuple[Size, ...]
    gradients: tuple[Gradient | None, ...]
    saves: tuple[tuple[int, int], ...] = ()
    """(what, for the gradient of which operand; -1: for any)."""
    own: tuple[tuple[Size, int], ...] = ()
    """Further tensors that it makes: indices, statistics, masks (size, bytes per number)."""
    view: View | None = None
    layout: Layout = Layout.FOLLOW
    named: bool = False
    """Held by a name in the layer's forward function until that returns."""
    lazy: bool = False
    """Makes its own tensors only where it needs a gradient."""
    paired: bool = False
    """Backward makes every operand's gradient, needed or not."""
    tidy: bool = False
    """Backward copies a gradient that lies otherwise in memory than the operand."""
    width: int = 0
    inplace: bool = False
    """Writes its result into its operand."""
    partial: bool = False
    """Some operand gets no gradient."""
    wide: bool = False
    """Some gradient is not made in the operand's size and number format at once."""
    straight: bool = False
    """Without a gradient another kernel runs, which copies an operand that lies out of order."""
    ways: Ways | None = None
    """Of a sequence's first operation: what runs instead."""


class Ways(NamedTuple):
    """What a product along an axis runs instead where its input, with its axes moved so, does not lie in order."""

    axes: tuple[int, ...]
    strided: tuple[Operation, ...]
    frozen: tuple[Operation, ...]
    """Where the weight needs no gradient either, and the axes before the last do not fold into one."""


PADS = {"reflect": "reflection_pad", "replicate": "replication_pad"}
"""How torch calls the pads that look at their input."""
UNSAFE = "_unsafe_view"
"""A view that autograd does not know as one."""
NEW, SAME = Gradient(), Gradient(Form.SAME)
VIEWED = Gradient(Form.VIEW)


def overwritten(program: tuple[Operation, ...], keeps: str) -> tuple[Operation, ...]:
    """A sequence whose last operation writes its result into its operand.

    Where it saved its input it `keeps` its result instead, or a copy of the input (made where it needs a gradient).
    """
    if not program:
        return program
    last = program[-1]._replace(inplace=True)
    if keeps == "copy":
        last = last._replace(saves=((-2, 0),), own=((last.size, 0),), lazy=True)
    else:
        last = last._replace(saves=tuple([(RESULT if what == 0 else what, when) for what, when in last.saves]))
    return (*program[:-1], last)
