"""In which order the numbers of results and gradients lie, operation by operation, and what a kernel of torch's does to it.

Source: torch 2.13, ATen/TensorIterator.cpp, ATen/native/Convolution.cpp, and measurement.
"""

from __future__ import annotations

from collections.abc import Callable
from math import prod

from cnncalc.analysis.torch_memory.strides import Shape, Strides, contiguous, dense, elementwise, image, ordered
from cnncalc.layers.operations import RESULT, Layout, Operation, Size

NATIVE = 20_480
"""Up to so many numbers of one image torch convolves with its own kernels instead of oneDNN's."""
VOLUME = 5
"""The axes of a batch of volumes."""
Real = Callable[[Shape], Shape]
"""A shape with the batch's number."""


def forward(operation: Operation, strides: tuple[Strides, ...], real: Real) -> Strides:
    """The strides of a result whose operands lie like this."""
    if operation.inplace:
        return strides[0]
    if operation.layout is Layout.PLAIN:
        return None
    shape = real(operation.shape)
    shapes = [real(one) for one in operation.shapes]
    if operation.layout is Layout.FOLLOW:
        return elementwise(shape, list(zip(shapes, strides, strict=True))) if shapes[0] == shape else None
    if operation.name == "cat" and any(
        image(shape, one, mine) is None for one, mine in zip(shapes, strides, strict=True)
    ):
        return None
    return None if plain(operation, real) else image(shape, shapes[0], strides[0])


def backward(
    operation: Operation, position: int, strides: tuple[Strides, ...], incoming: Strides, real: Real
) -> Strides:
    """The strides of a new gradient, that of one operand."""
    shape = real(operation.shapes[position])
    mine = strides[position]
    if operation.name == "conv":
        fed = real(operation.shapes[0])
        return None if strides[0] is None or plain(operation, real) else image(shape, fed, strides[0])
    if operation.layout is Layout.FOLLOW:
        whole = real(operation.shape)
        if real(operation.shapes[0]) != whole:
            return None
        kept = [what for what, when in operation.saves if when in (-1, position)]
        operands = [(real(operation.shapes[what]), strides[what]) for what in kept if what >= 0]
        if RESULT in kept:
            operands.append((whole, forward(operation, strides, real)))
        return elementwise(whole, [(whole, incoming), *operands])
    if operation.name == "upsample":
        # interpolation alone asks the gradient that comes in, not its operand
        return image(shape, real(operation.shape), incoming)
    if mine is None:
        return None
    if operation.layout is Layout.IMAGE:
        return image(shape, shape, mine)
    # a product's gradient is laid out as its factor is, so that a transposed weight's needs no copy
    return mine if operation.name in ("mm", "addmm") and dense(shape, mine) else None


def tidy(operation: Operation, strides: Strides, incoming: Strides, real: Real) -> bool:
    """Whether a gradient lies as an operation wants it: channels last where its operand does, else in order."""
    shape = real(operation.shape)
    wanted = image(shape, real(operation.shapes[0]), strides)
    if wanted is None:
        return ordered(shape, incoming)
    return ordered(shape, incoming, (0, *range(2, len(shape)), 1))


def settled(operation: Operation, strides: Strides, real: Real) -> Strides:
    """The strides of a mean over all positions once it is laid out as its map is; None: it stays."""
    return image(real(operation.shape), real(operation.shapes[1]), strides)


def moved(shape: Shape, strides: Strides, axes: tuple[int, ...]) -> tuple[Shape, tuple[int, ...]]:
    """A tensor whose axes are in another order (none: as they are)."""
    full = strides or contiguous(shape)
    axes = axes or tuple(range(len(shape)))
    return tuple([shape[axis] for axis in axes]), tuple([full[axis] for axis in axes])


def folds(shape: Shape, strides: tuple[int, ...]) -> bool:
    """Whether matmul takes all axes but the last as one."""
    return all(strides[axis] == strides[axis + 1] * shape[axis + 1] for axis in range(len(shape) - 2))


def native(operation: Operation, real: Real) -> bool:
    """Whether a convolution runs in torch's own kernels, as one of a small image does."""
    fed, weight = (real(one) for one in operation.shapes[:2])
    inputs = fed[1] if weight[0] == operation.shape[1] else operation.shape[1]
    large = len(weight) > 3 and min(weight[-2:]) > 3
    return weight[1] == inputs and not large and fed[0] == 1 and prod(fed[:4]) <= NATIVE


def threaded(operation: Operation, strides: Strides, real: Real) -> bool:
    """Whether torch with a single thread runs a convolution of volumes in its own kernel, and that tells.

    So it does where the kernel ends in 1x1, neither strided nor dilated, for less than 16 images.
    """
    if len(operation.shape) != VOLUME or operation.shapes[1][-2:] != (1, 1) or native(operation, real):
        return False
    fed, weight = real(operation.shapes[0]), operation.shapes[1]
    transposed = weight[0] != operation.shape[1]
    grouped = weight[1] != (operation.shape[1] if transposed else fed[1])
    smaller = transposed and operation.sizes[0] > operation.size
    return not grouped and (smaller or image(fed, fed, strides) is not None)


def plain(operation: Operation, real: Real) -> bool:
    """Whether a kernel gives channels first whatever it is given: torch's own for volumes does."""
    return operation.name == "conv" and len(operation.shape) == VOLUME and native(operation, real)


def room(operation: Operation, real: Real) -> Size:
    """How large the storage of a result is.

    Torch's own transposed convolution of a volume makes an empty tensor of the input's size and lets it grow.
    """
    if operation.name == "conv" and operation.shapes[1][0] != operation.shape[1] and plain(operation, real):
        return max(operation.size, operation.sizes[0])
    return operation.size
