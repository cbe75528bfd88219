"""Twins of the kinds that change resolution or trade positions for channels."""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn
from torch.nn import functional

from cnncalc.verify.twins.edges import Apply, needs_rank, per_axis

_LINEAR = ("linear", "bilinear", "trilinear")


def upsample(layer: Any, x: Tensor) -> nn.Module:
    """F.interpolate; `bilinear` is linear in 1-D and trilinear in 3-D."""
    axes = needs_rank(x, *((2,) if layer.mode == "bicubic" else (1, 2, 3)))
    mode = _LINEAR[axes - 1] if layer.mode == "bilinear" else layer.mode
    size = None if layer.size is None else per_axis(layer.size, axes)
    factor = None if layer.factor is None else tuple(float(value) for value in per_axis(layer.factor, axes))
    return Apply(lambda y: functional.interpolate(y, size=size, scale_factor=factor, mode=mode))


def pixel_shuffle(layer: Any, x: Tensor) -> nn.Module:
    """nn.PixelShuffle."""
    needs_rank(x, 2)
    return nn.PixelShuffle(layer.factor)


def pixel_unshuffle(layer: Any, x: Tensor) -> nn.Module:
    """nn.PixelUnshuffle."""
    needs_rank(x, 2)
    return nn.PixelUnshuffle(layer.factor)


def channel_shuffle(layer: Any, x: Tensor) -> nn.Module:
    """View [N, groups, C / groups, ...], swap the two axes, view back."""
    groups = layer.groups
    return Apply(lambda y: y.unflatten(1, (groups, -1)).transpose(1, 2).flatten(1, 2))
