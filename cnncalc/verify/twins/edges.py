"""Padding as torch operations: what lies around a map, computed from the tensor itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch import Tensor, nn
from torch.nn import functional

from cnncalc.layers.fields import Sides, expand

Pairs = list[tuple[int, int]]
"""(before, after) per spatial axis, outermost first."""

_MODES = {"zeros": "constant", "constant": "constant"}
_SIDES = (("left", "right"), ("top", "bottom"), ("front", "back"))


def spatial(x: Tensor) -> int:
    """The number of spatial axes of a batch: 2 for images."""
    axes: int = x.dim() - 2
    return axes


def needs_rank(x: Tensor, *ranks: int) -> int:
    """The number of spatial axes. Raises where it is another one: torch would take C x H x W for a batch."""
    if spatial(x) not in ranks:
        raise ValueError(f"expected a map with {' or '.join(map(str, ranks))} spatial axes, got {tuple(x.shape[1:])}")
    return spatial(x)


def per_axis(value: Any, axes: int) -> tuple[int, ...]:
    """One number per spatial axis. Raises when a list has another length."""
    numbers = tuple(expand(value, axes))
    if len(numbers) != axes:
        raise ValueError(f"expected {axes} numbers, got {numbers}")
    return numbers


def spans(kernel: Sequence[int], dilation: Sequence[int]) -> tuple[int, ...]:
    """From a dilated kernel's first tap to its last, both included."""
    return tuple((k - 1) * d + 1 for k, d in zip(kernel, dilation, strict=True))


def sides(padding: Any, x: Tensor, span: Sequence[int], stride: Sequence[int]) -> Pairs:
    """What a window's padding adds to this tensor, per axis (before, after)."""
    axes = spatial(x)
    if padding == "same":
        return [_same(n, k, s) for n, k, s in zip(x.shape[2:], span, stride, strict=True)]
    if padding == "valid":
        return [(0, 0)] * axes
    if padding == "full":
        return [(k - 1, k - 1) for k in span]
    return amounts(padding, axes)


def amounts(amount: Any, axes: int) -> Pairs:
    """A padding in numbers, per axis (before, after)."""
    if not isinstance(amount, Sides):
        return [(value, value) for value in per_axis(amount, axes)]
    pairs = [(getattr(amount, first), getattr(amount, last)) for first, last in _SIDES]
    if any(value for pair in pairs[axes:] for value in pair):
        raise ValueError(f"a map with {axes} spatial axes has no such side: {amount}")
    return pairs[:axes][::-1]


def _same(n: int, span: int, stride: int) -> tuple[int, int]:
    """TensorFlow's rule (its documentation of tf.nn, "Notes on padding"): the odd position goes to the end."""
    rest = n % stride
    total = max(span - (stride if rest == 0 else rest), 0)
    return total // 2, total - total // 2


def even(pairs: Pairs) -> bool:
    """Whether both sides of every axis are equal, so that torch's own padding argument can say it."""
    return all(before == after for before, after in pairs)


def surround(x: Tensor, pairs: Pairs, mode: str = "zeros", value: float = 0.0) -> Tensor:
    """The map with its padding."""
    if not any(before or after for before, after in pairs):
        return x
    flat = [side for pair in reversed(pairs) for side in pair]
    kind = _MODES.get(mode, mode)
    return functional.pad(x, flat, kind, value) if kind == "constant" else functional.pad(x, flat, kind)


class Surrounded(nn.Module):
    """A padding, then a module that pads nothing itself."""

    def __init__(self, inner: nn.Module, pairs: Pairs, mode: str) -> None:
        super().__init__()
        self.inner = inner
        self.pairs = pairs
        self.mode = mode

    def forward(self, x: Tensor) -> Tensor:
        """Pad, then apply."""
        return self.inner(surround(x, self.pairs, self.mode))


class Apply(nn.Module):
    """A function without parameters as a module."""

    def __init__(self, function: Any) -> None:
        super().__init__()
        self.function = function

    def forward(self, *inputs: Tensor) -> Tensor:
        """The function of the inputs."""
        return self.function(*inputs)


def factory(x: Tensor) -> dict[str, Any]:
    """Where a twin's parameters live: device and dtype of the tensor."""
    return {"device": x.device, "dtype": x.dtype}
