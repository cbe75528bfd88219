"""Twins of the normalisations."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from cnncalc.verify.twins.dense import Along
from cnncalc.verify.twins.edges import Apply, factory, needs_rank, spatial

_BATCH = (nn.BatchNorm1d, nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)
_INSTANCE = (nn.InstanceNorm1d, nn.InstanceNorm2d, nn.InstanceNorm3d)


def batchnorm(layer: Any, x: Tensor) -> nn.Module:
    """nn.BatchNorm."""
    module = _BATCH[spatial(x)]
    return module(x.shape[1], affine=layer.affine, track_running_stats=layer.track_stats, **factory(x))


def layernorm(layer: Any, x: Tensor) -> nn.Module:
    """nn.LayerNorm over all axes, or over the channels, which are moved to the end and back."""
    if layer.over == "all":
        return nn.LayerNorm(x.shape[1:], elementwise_affine=layer.affine, **factory(x))
    norm = nn.LayerNorm(x.shape[1], elementwise_affine=layer.affine, **factory(x))
    return Along(norm) if spatial(x) > 0 else norm


def groupnorm(layer: Any, x: Tensor) -> nn.Module:
    """nn.GroupNorm."""
    return GroupNorm(layer.groups, x.shape[1], affine=layer.affine, **factory(x))


class GroupNorm(nn.GroupNorm):
    """nn.GroupNorm; a channels-last input that wants no gradient is copied to channels-first.

    Torch's kernel for the CPU (2.13) writes the input's gradient of a channels-last map even where none was asked for,
    and the process dies. It takes a map of one position for channels-last when the strides of the axes of length 1 say
    so, which `contiguous` leaves as they are.
    """

    def forward(self, x: Tensor) -> Tensor:
        """As the input."""
        if torch.is_grad_enabled() and not x.requires_grad:
            x = x.contiguous().as_strided(x.shape, torch.empty(x.shape, device="meta").stride())
        return super().forward(x)


def instancenorm(layer: Any, x: Tensor) -> nn.Module:
    """nn.InstanceNorm without running statistics."""
    return _INSTANCE[needs_rank(x, 1, 2, 3) - 1](x.shape[1], affine=layer.affine, **factory(x))


def lrn(layer: Any, x: Tensor) -> nn.Module:
    """nn.LocalResponseNorm; a volume is made contiguous first, since torch views its last two axes as one."""
    norm = nn.LocalResponseNorm(layer.size, layer.alpha, layer.beta, layer.k)
    return Apply(lambda y: norm(y.contiguous())) if spatial(x) == 3 else norm
