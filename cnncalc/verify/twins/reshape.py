"""Twins of the kinds that move numbers without computing."""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn

from cnncalc.verify.twins.activation import axis
from cnncalc.verify.twins.edges import Apply, amounts, needs_rank, per_axis, surround


def flatten(layer: Any, x: Tensor) -> nn.Module:
    """nn.Flatten."""
    return nn.Flatten()


def identity(layer: Any, x: Tensor) -> nn.Module:
    """nn.Identity."""
    return nn.Identity()


def reshape(layer: Any, x: Tensor) -> nn.Module:
    """Tensor.reshape of all axes but the batch."""
    shape = layer.shape
    return Apply(lambda y: y.reshape(y.shape[0], *shape))


def permute(layer: Any, x: Tensor) -> nn.Module:
    """Tensor.permute of all axes but the batch."""
    order = (0, *(index + 1 for index in layer.order))
    return Apply(lambda y: y.permute(order))


def slice_(layer: Any, x: Tensor) -> nn.Module:
    """Tensor.narrow."""
    along, start = axis(layer.axis, x), layer.start
    length = (x.shape[along] if layer.stop is None else layer.stop) - start
    return Apply(lambda y: y.narrow(along, start, length))


def crop(layer: Any, x: Tensor, *like: Tensor) -> nn.Module:
    """Tensor.narrow on every spatial axis; of an odd surplus the larger half is dropped behind."""
    axes = needs_rank(x, 1, 2, 3)
    if layer.size is not None:
        wanted = per_axis(layer.size, axes)
    elif not like or like[0].dim() != x.dim():
        raise ValueError("expected a size, or a map of the same rank")
    else:
        wanted = tuple(like[0].shape[2:])

    def cut(y: Tensor, *_: Tensor) -> Tensor:
        for along, size in enumerate(wanted, start=2):
            y = y.narrow(along, (y.shape[along] - size) // 2, size)
        return y

    return Apply(cut)


def pad(layer: Any, x: Tensor) -> nn.Module:
    """F.pad."""
    pairs = amounts(layer.amount, needs_rank(x, 1, 2, 3))
    mode, value = layer.mode, layer.value if layer.mode == "constant" else 0.0
    return Apply(lambda y: surround(y, pairs, mode, value))
