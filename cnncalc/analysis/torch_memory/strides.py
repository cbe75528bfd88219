"""Strides: which order a tensor's numbers lie in, as torch writes them, axes of length 1 included.

None stands for those of a fresh contiguous tensor, which nearly every tensor has. Others may be in order as well, where
only axes of length 1 differ: torch asks some questions of the numbers and some of the strides.
"""

from __future__ import annotations

from collections.abc import Sequence

from cnncalc.layers.operations import View

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
    """None where these are the strides of a fresh contiguous tensor."""
    return None if strides == contiguous(shape) else strides


def ordered(shape: Shape, strides: Strides, axes: tuple[int, ...] = ()) -> bool:
    """Whether the numbers lie in order, whatever the strides of axes of length 1; `axes`: in that order, outermost first."""
    if strides is None and not axes:
        return True
    full, expected = strides or contiguous(shape), 1
    for axis in reversed(axes or range(len(shape))):
        if shape[axis] != 1:
            if full[axis] != expected:
                return False
            expected *= shape[axis]
    return True


LAST = (0, 2, 3, 1)
"""The axes of an image, channels last."""


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


Operand = tuple[Shape, Strides]
NUMBER: Operand = ((), None)
"""A number among the operands: a tensor without axes."""


def elementwise(shape: Shape, operands: Sequence[Operand]) -> Strides:
    """The strides of an elementwise result (torch's TensorIterator): dense, in the order of the first operand that tells.

    Operands that all have the result's shape and lie in order, channels last, or alike without holes are not sorted
    out: only then do axes of length 1 get the strides of a fresh tensor, or keep theirs. A NUMBER has another shape.
    """
    given = [strides or contiguous(one) for one, strides in operands]
    if all(one == shape for one, _ in operands):
        if all(ordered(shape, strides) for strides in given):
            return None
        if len(shape) == len(LAST) and all(ordered(shape, strides, LAST) for strides in given):
            return arranged(shape, LAST)
        if given.count(given[0]) == len(given) and dense(shape, given[0]):
            return given[0]
    order = list(range(len(shape)))[::-1]
    wide = [_broadcast(shape, one, strides) for (one, _), strides in zip(operands, given, strict=True)]
    for index in range(1, len(order)):
        place = index
        for before in range(index - 1, -1, -1):
            swap = _swap(shape, wide, order[before], order[place])
            if swap < 0:
                break
            if swap > 0:
                order[before], order[place] = order[place], order[before]
                place = before
    return arranged(shape, tuple(reversed(order)))


def _broadcast(shape: Shape, source: Shape, strides: tuple[int, ...]) -> tuple[int, ...]:
    missing = (0,) * (len(shape) - len(source))
    pairs = zip(strides, source, shape[len(missing) :], strict=True)
    return (*missing, *[stride if one == n else 0 for stride, one, n in pairs])


def _swap(shape: Shape, operands: list[tuple[int, ...]], inner: int, outer: int) -> int:
    """Whether two axes should change places: 1 yes, -1 no, 0 undecided."""
    for strides in operands:
        one, two = strides[inner], strides[outer]
        if one == 0 or two == 0:
            continue
        if one != two:
            return 1 if one > two else -1
        if shape[inner] > shape[outer]:
            return 1
    return 0


def like(shape: Shape, strides: Strides) -> Strides:
    """The strides of an empty tensor made after another one (empty_like, to): the very same where that has no holes."""
    return strides if dense(shape, strides) else elementwise(shape, ((shape, strides), NUMBER))


def picked(shape: Shape, strides: tuple[int, ...]) -> Strides:
    """The strides of what an index picks along axis 1: in the order of the other axes, whatever that one's stride."""
    places = (1, shape[1], *(1 for _ in shape[2:]))
    return elementwise(shape, ((shape, (strides[0], 0, *strides[2:])), (places, None)))


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
