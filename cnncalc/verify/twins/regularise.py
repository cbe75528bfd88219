"""Twins of the kinds that act in training, and of the learned coefficient."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from cnncalc.verify.twins.edges import Apply, factory, spatial

_SPATIAL = (nn.Dropout, nn.Dropout1d, nn.Dropout2d, nn.Dropout3d)


def dropout(layer: Any, x: Tensor) -> nn.Module:
    """nn.Dropout."""
    return nn.Dropout(layer.rate)


def spatial_dropout(layer: Any, x: Tensor) -> nn.Module:
    """nn.Dropout1d, 2d or 3d; on a vector nn.Dropout (torch's 1d would take it for channels x length)."""
    return _SPATIAL[spatial(x)](layer.rate)


def drop_path(layer: Any, x: Tensor) -> nn.Module:
    """In training: times a mask with one draw per image, divided by what is kept."""
    return DropPath(layer.rate)


class DropPath(nn.Module):
    """Stochastic depth."""

    def __init__(self, rate: float) -> None:
        super().__init__()
        self.rate = rate

    def forward(self, x: Tensor) -> Tensor:
        """The input, or for dropped images zeros."""
        if not self.training or not self.rate:
            return x
        kept = 1 - self.rate
        mask = torch.empty(x.shape[0], *(1,) * (x.dim() - 1), device=x.device, dtype=x.dtype).bernoulli_(kept)
        return x * (mask / kept)


def scale(layer: Any, x: Tensor) -> nn.Module:
    """X * weight plus bias; per channel both are viewed as [C, 1, ...]."""
    return Scale(layer, x)


class Scale(nn.Module):
    """A coefficient, and an offset, per channel, for all numbers or for each number."""

    def __init__(self, layer: Any, x: Tensor) -> None:
        super().__init__()
        sizes = {"channel": x.shape[1:2], "layer": (1,), "number": x.shape[1:]}[layer.per]
        self.view = (-1, *(1,) * spatial(x)) if layer.per == "channel" else None
        if not layer.weight and not layer.bias:
            raise ValueError("expected a weight or a bias")
        self.register_parameter("weight", nn.Parameter(torch.ones(sizes, **factory(x))) if layer.weight else None)
        self.register_parameter("bias", nn.Parameter(torch.zeros(sizes, **factory(x))) if layer.bias else None)

    def forward(self, x: Tensor) -> Tensor:
        """Scaled and shifted."""
        if self.weight is not None:
            x = x * self._spread(self.weight)
        return x if self.bias is None else x + self._spread(self.bias)

    def _spread(self, weight: Tensor) -> Tensor:
        return weight if self.view is None else weight.view(self.view)


def rescale(layer: Any, x: Tensor) -> nn.Module:
    """Offset - x for the factor -1 with an offset, else x * factor + offset without what changes nothing."""
    factor, offset = layer.factor, layer.offset
    if factor == -1 and offset:
        return Apply(lambda y: offset - y)

    def forward(y: Tensor) -> Tensor:
        if factor != 1:
            y = y * factor
        return y + offset if offset else y

    return Apply(forward)
