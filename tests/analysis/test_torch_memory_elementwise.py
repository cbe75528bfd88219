"""How results and gradients of elementwise operations lie in memory, operation by operation, against torch."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import product
from typing import Any

import pytest

from cnncalc.analysis.torch_memory import layouts
from cnncalc.analysis.torch_memory.strides import Shape, contiguous, known, picked
from cnncalc.layers.activation import LeakyRelu, Prelu, Relu, Relu6, Rrelu, Sigmoid, Silu
from cnncalc.layers.operations import Form
from cnncalc.layers.program import Program

torch = pytest.importorskip("torch")

LAID: dict[Shape, list[tuple[int, ...]]] = {
    (1, 3, 5, 11): [(3, 1, 33, 3), (165, 1, 33, 3), (7, 55, 11, 1), (165, 55, 11, 1), (0, 0, 0, 0), (330, 110, 22, 2)],
    (2, 1, 5, 4): [(20, 3, 4, 1), (20, 1, 1, 5), (20, 20, 4, 1), (40, 20, 4, 1), (20, 1, 0, 1)],
    (2, 3, 4): [(12, 1, 3), (12, 4, 1), (24, 1, 6), (1, 2, 6), (0, 4, 1)],
    (1, 3, 1, 1): [(1, 1, 3, 3), (3, 1, 1, 1), (3, 1, 3, 3)],
}
"""Shapes, and strides of it: channels last, transposed, with holes, repeated, and with axes of length 1 as views leave them."""
WRITTEN: dict[str, tuple[Callable[[Program], int], Callable[..., Any]]] = {
    "times a number": (lambda p: p.scalar("mul", 0), lambda x: x * 2.5),
    "by a number": (lambda p: p.scalar("div", 0), lambda x: x / 2.5),
    "a number minus": (lambda p: p.scalar("rsub", 0), lambda x: 1.5 - x),
    "plus a number": (lambda p: p.shifted(0), lambda x: x + 1.5),
    "power": (lambda p: p.power(0), lambda x: x.pow(3.0)),
    "sign": (lambda p: p.unary("sign", 0), lambda x: x.sign()),
    "absolute": (lambda p: p.unary("abs", 0, "input", 1), lambda x: x.abs()),
    "product": (lambda p: p.multiply(0, 1), lambda x, y: x * y),
    "sum": (lambda p: p.plus(0, 1), lambda x, y: x + y),
    "difference": (lambda p: p.minus(0, 1), lambda x, y: x - y),
    "quotient": (lambda p: p.divide(0, 1), lambda x, y: x / y),
    "maximum": (lambda p: p.maximum(0, 1), lambda x, y: torch.maximum(x, y)),
}
KINDS = {
    Relu: "relu",
    Relu6: "nn.functional.relu6",
    LeakyRelu: "nn.functional.leaky_relu",
    Sigmoid: "sigmoid",
    Silu: "nn.functional.silu",
}


def tensor(shape: Shape, strides: tuple[int, ...]) -> Any:
    """Positive numbers laid out so."""
    room = 1 + sum((length - 1) * stride for length, stride in zip(shape, strides, strict=True))
    return torch.as_strided(torch.rand(room) + 0.1, shape, strides)


def batched(batch: int, shape: Shape) -> Shape:
    """A shape with the batch's number."""
    return tuple(-length * batch if length < 0 else length for length in shape)


def check(operation: Any, function: Callable[..., Any], shape: Shape, laid: tuple[tuple[int, ...], ...]) -> None:
    """Strides of the result and, for every way in which its gradient comes in, of the operands' gradients."""
    real = partial(batched, shape[0])
    operands = [tensor(shape, strides).requires_grad_() for strides in laid]
    result = function(*operands)
    mine = tuple(known(shape, strides) for strides in laid)
    assert layouts.forward(operation, mine, real, 4) == known(shape, result.stride()), laid
    for strides in LAID[shape]:
        gradients = torch.autograd.grad(result, operands, tensor(shape, strides), retain_graph=True)
        for position, gradient in enumerate(gradients):
            if operation.gradients[position].form is Form.NEW:
                predicted = layouts.backward(operation, position, mine, known(shape, strides), real, 4)
                assert predicted == known(shape, gradient.stride()), (laid, strides, position)


@pytest.mark.parametrize("shape", LAID)
@pytest.mark.parametrize("name", WRITTEN)
def test_written_operations(name: str, shape: Shape) -> None:
    write, function = WRITTEN[name]
    count = function.__code__.co_argcount
    program = Program([shape[1:]] * count)
    write(program)
    for laid in product(LAID[shape], repeat=count):
        check(program.operations[-1], function, shape, laid)


@pytest.mark.parametrize("shape", LAID)
@pytest.mark.parametrize("kind", KINDS)
def test_activations(kind: Any, shape: Shape) -> None:
    function: Any = torch
    for part in KINDS[kind].split("."):
        function = getattr(function, part)
    (operation,) = kind().operations((shape[1:],), shape[1:], True)
    for strides in LAID[shape]:
        check(operation, function, shape, (strides,))


@pytest.mark.parametrize("shape", LAID)
def test_slopes(shape: Shape) -> None:
    """Drawn ones, and learned ones, of which there is one per channel."""
    (drawn,) = Rrelu().operations((shape[1:],), shape[1:], True)
    learned = Prelu().operations((shape[1:],), shape[1:], True)[-1]
    one = (1, shape[1], *(1 for _ in shape[2:]))
    for strides in LAID[shape]:
        check(drawn, torch.nn.RReLU().train(), shape, (strides,))
        x, mine = tensor(shape, strides).requires_grad_(), (known(shape, strides), None)
        result = torch.nn.functional.prelu(x, torch.rand(shape[1]))
        real = partial(batched, shape[0])
        assert learned.shapes[1] == one
        assert layouts.forward(learned, mine, real, 4) == known(shape, result.stride())
        for incoming in LAID[shape]:
            (gradient,) = torch.autograd.grad(result, x, tensor(shape, incoming), retain_graph=True)
            predicted = layouts.backward(learned, 0, mine, known(shape, incoming), real, 4)
            assert predicted == known(shape, gradient.stride()), (strides, incoming)


@pytest.mark.parametrize("shape", LAID)
def test_dropout(shape: Shape) -> None:
    program = Program([shape[1:]])
    program.masked(0, None)
    drawing, product_ = program.operations
    real = partial(batched, shape[0])
    for strides in LAID[shape]:
        x, mine = tensor(shape, strides).requires_grad_(), known(shape, strides)
        result = torch.nn.functional.dropout(x, 0.4)
        mask = layouts.forward(drawing, (mine,), real, 4)
        assert layouts.forward(product_, (mine, mask), real, 4) == known(shape, result.stride())
        for incoming in LAID[shape]:
            (gradient,) = torch.autograd.grad(result, x, tensor(shape, incoming), retain_graph=True)
            predicted = layouts.backward(product_, 0, (mine, mask), known(shape, incoming), real, 4)
            assert predicted == known(shape, gradient.stride()), (strides, incoming)


@pytest.mark.parametrize("shape", LAID)
def test_channels_picked_by_an_index(shape: Shape) -> None:
    for strides in LAID[shape]:
        if strides != contiguous(shape):
            for channels in range(1, shape[1] + 1):
                taken = tensor(shape, strides)[:, torch.arange(channels)]
                wanted = tuple(taken.shape)
                assert picked(wanted, strides) == known(wanted, taken.stride())
