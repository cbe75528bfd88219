"""How the gradient of an elementwise operation lies in memory: its derivative's calls, one after the other.

Which operand a call names first, and whether a number takes part, decides where axes of length 1, holes or repeated
numbers leave torch a choice. Source: torch 2.13, tools/autograd/derivatives.yaml, FunctionsManual.cpp, and measurement.
"""

from __future__ import annotations

from collections.abc import Callable

from cnncalc.analysis.torch_memory.strides import NUMBER, Operand, Shape, Strides, elementwise, like
from cnncalc.layers.operations import Layout, Operation

Formula = Callable[[Shape, Operand, tuple[Operand, ...]], Strides]
"""Strides from the shape, the incoming gradient and what was saved for this operand, in the order of `saves`."""


def derived(operation: Operation, shape: Shape, incoming: Strides, kept: tuple[Operand, ...]) -> Strides:
    """The strides of a gradient that is made at the result's shape."""
    if operation.layout is Layout.NUMBER:
        kept = (*kept, NUMBER)
    return FORMULAS.get(operation.name, _product)(shape, (shape, incoming), kept)


def _call(shape: Shape, *operands: Operand) -> Operand:
    return shape, elementwise(shape, operands)


def _product(shape: Shape, grad: Operand, kept: tuple[Operand, ...]) -> Strides:
    return elementwise(shape, (grad, *kept))


def _kept_first(shape: Shape, grad: Operand, kept: tuple[Operand, ...]) -> Strides:
    return elementwise(shape, (*kept, grad))


def _negated(shape: Shape, grad: Operand, kept: tuple[Operand, ...]) -> Strides:
    return elementwise(shape, (grad,))


def _alike(shape: Shape, grad: Operand, kept: tuple[Operand, ...]) -> Strides:
    """The zeros of a sign, a cast back."""
    return like(shape, grad[1])


def _absolute(shape: Shape, grad: Operand, kept: tuple[Operand, ...]) -> Strides:
    """Grad * sgn(x)."""
    return elementwise(shape, (grad, _call(shape, *kept)))


def _power(shape: Shape, grad: Operand, kept: tuple[Operand, ...]) -> Strides:
    """Grad * (p * x^(p - 1))."""
    return elementwise(shape, (grad, _call(shape, _call(shape, *kept), NUMBER)))


def _quotient(shape: Shape, grad: Operand, kept: tuple[Operand, ...]) -> Strides:
    """Grad / b; for b: -grad * ((a / b) / b)."""
    if len(kept) == 1:
        return _product(shape, grad, kept)
    b, a = kept
    return elementwise(shape, (_call(shape, grad), _call(shape, _call(shape, a, b), b)))


def _larger(shape: Shape, grad: Operand, kept: tuple[Operand, ...]) -> Strides:
    """Where(a == b, grad / 2, grad), then zeros written into it."""
    return elementwise(shape, (_call(shape, *kept), _call(shape, grad, NUMBER), grad))


def _drawn(shape: Shape, grad: Operand, kept: tuple[Operand, ...]) -> Strides:
    """Slopes * grad."""
    return elementwise(shape, (kept[1], grad))


FORMULAS: dict[str, Formula] = {
    "relu": _kept_first,
    "leaky_relu": _kept_first,
    "prelu": _kept_first,
    "rsub": _negated,
    "sign": _alike,
    "to": _alike,
    "abs": _absolute,
    "pow": _power,
    "div": _quotient,
    "maximum": _larger,
    "rrelu_with_noise": _drawn,
}
"""By the operation's name; any other's is the gradient times what was saved."""
