"""Strides: which order a tensor's numbers lie in. None means contiguous, which nearly every tensor is."""

from __future__ import annotations

from cnncalc.layers.operations import Layout, View

Strides = tuple[int, ...] | None
Shape = tuple[int, ...]


def contiguous(shape: Shape) -> tuple[int, ...]:
    """The strides of a contiguous tensor.

    >>> contiguous((2, 3, 4))
    (12, 4, 1)
    """
    result, step = [], 1
    for length in reversed(shape):
        result.append(step)
        step *= length
    return tuple(reversed(result))


def known(shape: Shape, strides: tuple[int, ...]) -> Strides:
    """None where these strides are contiguous but for axes of length 1."""
    expected = 1
    for length, stride in zip(reversed(shape), reversed(strides), strict=True):
        if length != 1:
            if stride != expected:
                return strides
            expected *= length
    return None


def dense(shape: Shape, strides: Strides) -> bool:
    """Whether the numbers fill their memory without holes or overlaps, in whatever order."""
    if strides is None:
        return True
    expected = 1
    for stride, length in sorted((stride, length) for stride, length in zip(strides, shape, strict=True) if length > 1):
        if stride != expected:
            return False
        expected *= length
    return True


def arranged(shape: Shape, order: tuple[int, ...]) -> Strides:
    """Dense strides with the axes in this order, outermost first."""
    result, step = [0] * len(shape), 1
    for axis in reversed(order):
        result[axis] = step
        step *= shape[axis]
    return known(shape, tuple(result))


def follow(shape: Shape, strides: Strides) -> Strides:
    """The strides of an elementwise result: dense, in the operand's order."""
    if strides is None:
        return None
    if dense(shape, strides):
        return strides
    order = sorted(range(len(shape)), key=lambda axis: (-strides[axis], axis))
    return None if 0 in strides else arranged(shape, tuple(order))


def image(shape: Shape, source: Shape, strides: Strides) -> Strides:
    """The strides of a window's result: channels last where the operand is, else contiguous."""
    if strides is None or len(shape) not in (4, 5) or len(source) != len(shape):
        return None
    order = (0, *range(2, len(shape)), 1)
    last = channels_last(source, strides)
    return arranged(shape, order) if last else None


def channels_last(shape: Shape, strides: tuple[int, ...]) -> bool:
    """Torch's test for the channels-last format of images and volumes."""
    least = 0
    if strides[1] == 0:
        return False
    for axis in (1, *range(len(shape) - 1, 1, -1), 0):
        if shape[axis] == 0 or strides[axis] < least:
            return False
        if axis == 0 and least == strides[1]:
            return False
        least = strides[axis]
        if shape[axis] > 1:
            least *= shape[axis]
    return True


def result(layout: Layout, shape: Shape, source: Shape, strides: Strides) -> Strides:
    """The strides of a new result."""
    if strides is None or layout is Layout.PLAIN:
        return None
    if layout is Layout.FOLLOW:
        return follow(shape, strides) if shape == source else None
    return image(shape, source, strides)


def reshaped(source: Shape, strides: Strides, shape: Shape) -> Strides | bool:
    """The strides of a view under another shape; False where only a copy can have it (torch's computeStride)."""
    if strides is None:
        return None
    fresh = [0] * len(shape)
    axis = len(shape) - 1
    step = strides[-1]
    source_numbers = view_numbers = 1
    for index in range(len(source) - 1, -1, -1):
        source_numbers *= source[index]
        if index == 0 or (source[index - 1] != 1 and strides[index - 1] != source_numbers * step):
            while axis >= 0 and (view_numbers < source_numbers or shape[axis] == 1):
                fresh[axis] = view_numbers * step
                view_numbers *= shape[axis]
                axis -= 1
            if view_numbers != source_numbers:
                return False
            if index > 0:
                step = strides[index - 1]
                source_numbers = view_numbers = 1
    return known(shape, tuple(fresh)) if axis == -1 else False


def viewed(view: View, source: Shape, strides: Strides, shape: Shape) -> Strides | bool:
    """The strides of a view; False where reshape has to copy."""
    if view.kind == "reshape":
        return reshaped(source, strides, shape)
    full = contiguous(source) if strides is None else strides
    if view.kind == "permute":
        return known(shape, tuple(full[axis] for axis in view.axes))
    if view.kind == "narrow":
        return known(shape, full)
    axis, _, step = view.axes
    return known(shape, (*full[:axis], full[axis] * step, *full[axis + 1 :], full[axis]))


def undone(view: View, source: Shape, grad_shape: Shape, strides: Strides) -> Strides | bool:
    """The strides of a gradient once the view is undone; False where that takes a copy."""
    if view.kind == "reshape":
        return reshaped(grad_shape, strides, source)
    full = contiguous(grad_shape) if strides is None else strides
    back = tuple(full[view.axes.index(axis)] for axis in range(len(source)))
    return known(source, back)
