"""Twins of the kinds that act in training, and of the learned coefficient."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from cnncalc.verify.twins.edges import factory, spatial

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
    """X * weight [C, 1, ...], plus a bias of the same shape."""
    return Scale(layer, x)


class Scale(nn.Module):
    """A coefficient, and an offset, per channel."""

    def __init__(self, layer: Any, x: Tensor) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(x.shape[1], **factory(x)))
        self.register_parameter("bias", nn.Parameter(torch.zeros(x.shape[1], **factory(x))) if layer.bias else None)

    def forward(self, x: Tensor) -> Tensor:
        """Scaled and shifted."""
        shape = (-1, *(1,) * spatial(x))
        y = x * self.weight.view(shape)
        return y if self.bias is None else y + self.bias.view(shape)
