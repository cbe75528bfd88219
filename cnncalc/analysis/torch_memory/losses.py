"""The loss as torch operations, on an output and its target."""

from __future__ import annotations

from collections.abc import Callable
from math import prod

from cnncalc.core.shapes import Shape
from cnncalc.layers.operations import BATCH, INDEX, Form, Gradient, Layout, Operation, Size, View, size
from cnncalc.layers.program import Program

SCALAR = (1, 0)


def loss_program(name: str, shape: Shape) -> tuple[Operation, ...]:
    """The operations of a loss on an output of this shape (slot 0) and its target (slot 1, not differentiated)."""
    program = Program((shape, target_shape(name, shape)))
    LOSSES[name](program)
    return program.done()


def loss_name(stated: str | None, shape: Shape) -> str:
    """The spec's loss; else cross-entropy on a vector, else the sum of the output."""
    return stated or ("cross_entropy" if len(shape) == 1 else "sum")


def target_shape(name: str, shape: Shape) -> Shape:
    """What the output is compared with: a class per position, or a number per number."""
    return shape[1:] if name in ("cross_entropy", "nll") else shape


def target_bytes(name: str, shape: Shape, width: int) -> tuple[int, int]:
    """The target's bytes: int64 classes, or numbers; nothing for a sum."""
    if name == "sum":
        return (0, 0)
    constant, each = size((BATCH, *target_shape(name, shape)))
    width = INDEX if name in ("cross_entropy", "nll") else width
    return (constant * width, each * width)


def _reduced(
    program: Program, name: str, x: int, saves: tuple[int, ...], own: tuple[tuple[Size, int], ...] = ()
) -> None:
    """An operation of `x` and the target that gives one number."""
    gradient = (Gradient(), None)
    program.add(name, (x, 1), (1,), gradient, saves=tuple((one, -1) for one in saves), own=own, layout=Layout.PLAIN)


def _whole(program: Program, name: str) -> None:
    """The same by a kernel that makes a number for each of the output's, and then writes their mean in the first place."""
    gradient = (Gradient(), None)
    numbers = program.add(name, (0, 1), program.shape(0), gradient, saves=((0, -1), (1, -1)), layout=Layout.PLAIN)
    program.add("resize", (numbers,), (1,), (Gradient(Form.SPREAD),), view=View("reshape"), layout=Layout.PLAIN)


def _nll(program: Program, x: int = 0) -> None:
    images, classes, *sides = program.shape(x)
    if len(sides) in (1, 3):  # of a signal or a volume: as an image of height 1
        x = program.view(program.hold(program.contiguous(x)), (images, classes, 1, prod(sides)))
    _reduced(program, "nll_loss", x, (0, 1, -2), ((SCALAR, 0),))


def _cross_entropy(program: Program) -> None:
    _nll(program, program.unary("log_softmax", 0, "result", layout=Layout.PLAIN))


def _binary(program: Program) -> None:
    _whole(program, "binary_cross_entropy")


def _binary_logits(program: Program) -> None:
    _reduced(program, "binary_cross_entropy_with_logits", 0, (0, 1))


def _mse(program: Program) -> None:
    _whole(program, "mse_loss")


def _l1(program: Program) -> None:
    difference = program.hold(program.minus(0, 1))
    program.mean(program.unary("abs", difference, "input", 1), (1,))


def _sum(program: Program) -> None:
    program.total(0, (1,))


LOSSES: dict[str, Callable[[Program], None]] = {
    "cross_entropy": _cross_entropy,
    "nll": _nll,
    "binary_cross_entropy": _binary,
    "bce_with_logits": _binary_logits,
    "mse": _mse,
    "l1": _l1,
    "sum": _sum,
}
