"""In which order the numbers of results and gradients lie, operation by operation, and what a kernel of torch's does to it.

Source: torch 2.13, ATen/TensorIterator.cpp, ATen/native/Convolution.cpp, and measurement.
"""

from __future__ import annotations

from collections.abc import Callable
from math import prod

from cnncalc.analysis.torch_memory.derivatives import FORMULAS, derived
from cnncalc.analysis.torch_memory.strides import (
    NUMBER,
    Operand,
    Shape,
    Strides,
    arranged,
    contiguous,
    dense,
    elementwise,
    image,
    known,
    like,
    ordered,
    picked,
)
from cnncalc.layers.operations import RESULT, VOLUME, Layout, Operation, Size

NATIVE = 20_480
"""Up to so many numbers of one image torch convolves with its own kernels instead of oneDNN's."""
STRAIGHTENED = frozenset({"upsample_bicubic2d", "upsample_nearest3d"})
"""Whose backward kernels give channels first whatever they are given."""
SIGNAL = 3
"""The axes of a batch of signals."""
FLOAT32 = 4
THREADS = "torch with a single thread runs {} in another kernel, which lays volumes out otherwise: the figures are for several threads"
PROCESSOR = "it depends on the processor in which kernel torch runs {} in 16 bits, which lays volumes out otherwise: the figures are for one that has instructions for them"
ELEMENTWISE = (Layout.FOLLOW, Layout.NUMBER, Layout.LIKE)
Real = Callable[[Shape], Shape]
"""A shape with the batch's number."""


def forward(operation: Operation, strides: tuple[Strides, ...], real: Real, digits: int) -> Strides:
    """The strides of a result whose operands lie like this."""
    if operation.inplace:
        return strides[0]
    if operation.layout is Layout.PLAIN:
        return None
    shape = real(operation.shape)
    shapes = [real(one) for one in operation.shapes]
    if operation.layout is Layout.LIKE:
        return like(shape, strides[0])
    if operation.layout in ELEMENTWISE:
        # what a call only holds (sizes of 0) is none of its operands
        operands = [
            one for one, size in zip(zip(shapes, strides, strict=True), operation.sizes, strict=True) if any(size)
        ]
        if operation.layout is Layout.NUMBER:
            operands.append(NUMBER)
        return elementwise(shape, operands)
    if operation.layout is Layout.PICKED:
        return None if strides[0] is None else picked(shape, strides[0])
    if operation.name == "cat" and any(
        image(shape, one, mine) is None for one, mine in zip(shapes, strides, strict=True)
    ):
        return None
    if operation.name == "conv":
        return None if plain(operation, real, digits) else convolved(shape, shapes[0], strides[0])
    if operation.name == "batch_norm":
        return normed(shape, strides[0])
    return image(shape, shapes[0], strides[0])


def backward(
    operation: Operation, position: int, strides: tuple[Strides, ...], incoming: Strides, real: Real, digits: int
) -> Strides:
    """The strides of a new gradient, that of one operand."""
    shape = real(operation.shapes[position])
    mine = strides[position]
    if operation.name == "conv":
        fed = real(operation.shapes[0])
        return None if plain(operation, real, digits) else convolved(shape, fed, strides[0])
    if operation.layout in ELEMENTWISE or operation.name in FORMULAS:
        whole = real(operation.shape)
        kept: list[Operand] = []
        for what, when in operation.saves:
            if when in (-1, position):
                if what >= 0:
                    kept.append((real(operation.shapes[what]), strides[what]))
                elif what == RESULT:
                    kept.append((whole, forward(operation, strides, real, digits)))
                else:  # made by the operation: a copy of the operand, or what lies in order
                    kept.append((whole, None if operation.layout is Layout.PLAIN else like(whole, strides[0])))
        return derived(operation, whole, incoming, tuple(kept))
    if operation.name in STRAIGHTENED:
        return None
    if operation.layout is Layout.IMAGE and not operation.saves:
        # nothing is known of the operand by now: only the gradient that comes in can be asked
        whole = real(operation.shape)
        if operation.name == "pad":  # undone by a copy of a part
            return like(shape, contiguous(whole) if incoming is None else incoming)
        return image(shape, whole, incoming)
    if mine is None:
        return None
    if operation.name == "batch_norm" and alike(shape, mine, incoming):
        return normed(shape, mine)
    if operation.layout is Layout.IMAGE:
        return image(shape, shape, mine)
    # a product's gradient is laid out as its factor is, so that a transposed weight's needs no copy
    return mine if operation.name in ("mm", "addmm") and dense(shape, mine) else None


def normed(shape: Shape, strides: Strides) -> Strides:
    """The strides of what a batch norm makes of a map: those of the format that it fills without holes, if it does."""
    if strides is None or ordered(shape, strides):
        return None
    last = (0, *range(2, len(shape)), 1)
    return arranged(shape, last) if _formats(shape, strides) else image(shape, shape, strides)


def alike(shape: Shape, strides: Strides, incoming: Strides) -> bool:
    """Whether a map and the gradient of its norm both fill a format without holes, and pass for the same one."""
    filled = all(one is None or prod(shape) == 1 or _formats(shape, one) for one in (strides, incoming))
    return filled and (image(shape, shape, strides) is None) == (image(shape, shape, incoming) is None)


def _formats(shape: Shape, strides: tuple[int, ...]) -> bool:
    """Whether a map lies in order: channels first, or channels last as images and volumes may."""
    last = (0, *range(2, len(shape)), 1)
    return ordered(shape, strides) or (len(shape) > SIGNAL and ordered(shape, strides, last))


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


def convolved(shape: Shape, fed: Shape, strides: Strides) -> Strides:
    """The strides of what a convolution makes, fed with a map that lies like this; a signal, put in order, as an image of height 1."""
    if len(fed) != SIGNAL or len(shape) != SIGNAL:
        return image(shape, fed, strides)
    if strides is None or not ordered(fed, strides):
        return None
    batch, channels, length = strides
    found = image((*shape[:2], 1, shape[2]), (*fed[:2], 1, fed[2]), (batch, channels, length * fed[2], length))
    return None if found is None else known(shape, (found[0], found[1], found[3]))


def native(operation: Operation, real: Real, digits: int) -> bool:
    """Whether a convolution of numbers of so many bytes runs in torch's own kernels: in float64 any, in float32 one of a small image.

    In 16 bits that depends on the processor; taken is one that has instructions for them.
    """
    if digits != FLOAT32:
        return digits > FLOAT32
    fed, weight = (real(one) for one in operation.shapes[:2])
    inputs = fed[1] if weight[0] == operation.shape[1] else operation.shape[1]
    large = len(weight) > 3 and min(weight[-2:]) > 3
    return weight[1] == inputs and not large and fed[0] == 1 and prod(fed[:4]) <= NATIVE


def doubt(operation: Operation, strides: Strides, real: Real, digits: int) -> str:
    """What decides, besides the network, in which kernel a convolution of volumes runs; empty where that does not tell.

    With a single thread torch takes its own in float32 where the kernel ends in 1x1, neither strided nor dilated, for
    less than 16 images.
    """
    fed, weight = real(operation.shapes[0]), operation.shapes[1]
    transposed = weight[0] != operation.shape[1]
    smaller = transposed and operation.sizes[0] > operation.size
    if digits > FLOAT32 or not (smaller or image(fed, fed, strides) is not None):
        return ""
    if digits < FLOAT32:
        return PROCESSOR
    grouped = weight[1] != (operation.shape[1] if transposed else fed[1])
    return "" if grouped or weight[-2:] != (1, 1) or native(operation, real, digits) else THREADS


def plain(operation: Operation, real: Real, digits: int) -> bool:
    """Whether a kernel gives channels first whatever it is given: torch's own for volumes does."""
    return operation.name == "conv" and len(operation.shape) == VOLUME and native(operation, real, digits)


def room(operation: Operation, real: Real, digits: int) -> Size:
    """How large the storage of a result is.

    Torch's own transposed convolution of a volume makes an empty tensor of the input's size and lets it grow.
    """
    if operation.name == "conv" and operation.shapes[1][0] != operation.shape[1] and plain(operation, real, digits):
        return max(operation.size, operation.sizes[0])
    return operation.size
