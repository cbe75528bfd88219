"""Twins of dense and rbf."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from cnncalc.verify.twins.edges import factory, spatial


def dense(layer: Any, x: Tensor) -> nn.Module:
    """nn.Linear along the last axis; for the channels of a map they are moved to the end and back."""
    along = 1 if layer.axis == "channels" else -1
    linear = nn.Linear(x.shape[along], layer.units, bias=layer.bias, **factory(x))
    return Along(linear) if along == 1 and spatial(x) > 0 else linear


class Along(nn.Module):
    """A module that works on the last axis, applied to the channels."""

    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.inner = inner

    def forward(self, x: Tensor) -> Tensor:
        """Channels last, apply, channels first."""
        return self.inner(x.movedim(1, -1)).movedim(-1, 1)


def rbf(layer: Any, x: Tensor) -> nn.Module:
    """[N, 1, n] minus centres [units, n], squared, summed over n."""
    if x.dim() != 2:
        raise ValueError(f"expected a vector, got {tuple(x.shape[1:])}")
    return Rbf(layer, x)


class Rbf(nn.Module):
    """Squared distances to centres."""

    def __init__(self, layer: Any, x: Tensor) -> None:
        super().__init__()
        self.centres = nn.Parameter(torch.empty(layer.units, x.shape[1], **factory(x)).uniform_(-1, 1))

    def forward(self, x: Tensor) -> Tensor:
        """[N, units]."""
        return (x.unsqueeze(1) - self.centres).square().sum(2)
