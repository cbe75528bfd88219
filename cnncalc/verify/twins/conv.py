"""Twins of the convolutions."""

from __future__ import annotations

from math import prod
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from cnncalc.verify.twins.edges import (
    Pairs,
    Surrounded,
    amounts,
    even,
    factory,
    needs_rank,
    per_axis,
    sides,
    spans,
    spatial,
    surround,
)

_CONV = (nn.Conv1d, nn.Conv2d, nn.Conv3d)
_TRANSPOSED = (nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d)
_FUNCTION = (functional.conv1d, functional.conv2d, functional.conv3d)
_RANKS = {"conv": (1, 2, 3), "conv1d": (1,), "conv2d": (2,), "conv3d": (3,)}


def conv(layer: Any, x: Tensor) -> nn.Module:
    """nn.Conv; padding that it cannot say itself (uneven sides, other modes) is a pad before it."""
    needs_rank(x, *_RANKS[layer.kind])
    if layer.connections is not None:
        return Connected(layer, x)
    return _convolution(layer, x, layer.filters, layer.groups, layer.padding_mode)


def depthwise_conv(layer: Any, x: Tensor) -> nn.Module:
    """nn.Conv with one group per channel."""
    needs_rank(x, 1, 2, 3)
    return _convolution(layer, x, x.shape[1] * layer.multiplier, x.shape[1], "zeros")


def _convolution(layer: Any, x: Tensor, filters: int, groups: int, mode: str) -> nn.Module:
    kernel, stride, dilation, pairs = _window(layer, x)
    inside = mode == "zeros" and even(pairs)
    module = _CONV[spatial(x) - 1](
        x.shape[1],
        filters,
        kernel,
        stride,
        padding=tuple(before for before, _ in pairs) if inside else 0,
        dilation=dilation,
        groups=groups,
        bias=layer.bias,
        **factory(x),
    )
    return module if inside else Surrounded(module, pairs, mode)


def _window(layer: Any, x: Tensor) -> tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...], Pairs]:
    """Kernel, stride, dilation and padding per axis."""
    axes = spatial(x)
    kernel, stride, dilation = (per_axis(value, axes) for value in (layer.kernel, layer.stride, layer.dilation))
    return kernel, stride, dilation, sides(layer.padding, x, spans(kernel, dilation), stride)


class Connected(nn.Module):
    """A connection table: pad, then one convolution per filter on the channels that it reads, then concat."""

    def __init__(self, layer: Any, x: Tensor) -> None:
        super().__init__()
        kernel, self.stride, self.dilation, self.pairs = _window(layer, x)
        self.mode = layer.padding_mode
        self.rows = [list(row) for row in layer.connections]
        links = sum(len(row) for row in self.rows)
        bound = 1 / (prod(kernel) * max(len(row) for row in self.rows)) ** 0.5
        self.weight = nn.Parameter(torch.empty(links, *kernel, **factory(x)).uniform_(-bound, bound))
        bias = torch.empty(len(self.rows), **factory(x)).uniform_(-bound, bound) if layer.bias else None
        self.register_parameter("bias", None if bias is None else nn.Parameter(bias))

    def forward(self, x: Tensor) -> Tensor:
        """One map per filter."""
        padded = surround(x, self.pairs, self.mode)
        convolve = _FUNCTION[spatial(x) - 1]
        weights = self.weight.split([len(row) for row in self.rows])
        biases = [None] * len(self.rows) if self.bias is None else self.bias.split(1)
        maps = [
            convolve(padded[:, row], weight.unsqueeze(0), bias, self.stride, 0, self.dilation)
            for row, weight, bias in zip(self.rows, weights, biases, strict=True)
        ]
        return torch.cat(maps, 1)


def transposed_conv(layer: Any, x: Tensor) -> nn.Module:
    """nn.ConvTranspose; what torch's even padding cannot say is a full result of which the ends are cut off."""
    axes = needs_rank(x, 1, 2, 3)
    kernel, stride, dilation = (per_axis(value, axes) for value in (layer.kernel, layer.stride, layer.dilation))
    extra = per_axis(layer.output_padding, axes)
    if layer.padding == "full":
        raise ValueError("a transposed convolution has no full padding")
    if layer.padding == "same":
        # the map that SAME convolution with this stride brings back to the input: n * stride positions
        surplus = [span - s for span, s in zip(spans(kernel, dilation), stride, strict=True)]
        cuts = [(max(more, 0) // 2, max(more, 0) - max(more, 0) // 2) for more in surplus]
        extra = tuple(max(-more, 0) for more in surplus)
    else:
        cuts = [(0, 0)] * axes if layer.padding == "valid" else amounts(layer.padding, axes)
    module = _TRANSPOSED[axes - 1](
        x.shape[1],
        layer.filters,
        kernel,
        stride,
        padding=tuple(before for before, _ in cuts) if even(cuts) else 0,
        output_padding=extra,
        groups=layer.groups,
        bias=layer.bias,
        dilation=dilation,
        **factory(x),
    )
    return module if even(cuts) else Cut(module, cuts)


class Cut(nn.Module):
    """A module, then positions cut off at the ends of each axis."""

    def __init__(self, inner: nn.Module, cuts: Pairs) -> None:
        super().__init__()
        self.inner = inner
        self.cuts = cuts

    def forward(self, x: Tensor) -> Tensor:
        """Apply, then cut."""
        y = self.inner(x)
        for axis, (before, after) in enumerate(self.cuts, start=2):
            y = y.narrow(axis, before, y.shape[axis] - before - after)
        return y


def locally_connected(layer: Any, x: Tensor) -> nn.Module:
    """Unfold into patches, multiply each position's patches by its own weights (bmm), add its own bias."""
    needs_rank(x, 1, 2, 3)
    return LocallyConnected(layer, x)


class LocallyConnected(nn.Module):
    """Weights [filters, channels, kernel..., positions...], bias [filters, positions...]."""

    def __init__(self, layer: Any, x: Tensor) -> None:
        super().__init__()
        axes = spatial(x)
        self.kernel, self.stride = per_axis(layer.kernel, axes), per_axis(layer.stride, axes)
        positions = self._patches(x).shape[2 : 2 + axes]
        bound = 1 / (x.shape[1] * prod(self.kernel)) ** 0.5
        weight = torch.empty(layer.filters, x.shape[1], *self.kernel, *positions, **factory(x)).uniform_(-bound, bound)
        self.weight = nn.Parameter(weight)
        bias = torch.empty(layer.filters, *positions, **factory(x)).uniform_(-bound, bound) if layer.bias else None
        self.register_parameter("bias", None if bias is None else nn.Parameter(bias))

    def _patches(self, x: Tensor) -> Tensor:
        for axis, (kernel, stride) in enumerate(zip(self.kernel, self.stride, strict=True), start=2):
            x = x.unfold(axis, kernel, stride)
        return x  # [N, C, positions..., kernel...]

    def forward(self, x: Tensor) -> Tensor:
        """[N, filters, positions...]."""
        axes = spatial(x)
        patches = self._patches(x)
        positions = patches.shape[2 : 2 + axes]
        # to [positions, N, C * kernel] times [positions, C * kernel, filters]
        patches = patches.permute(*range(2, 2 + axes), 0, 1, *range(2 + axes, 2 + 2 * axes)).flatten(0, axes - 1)
        weight = self.weight.flatten(-axes).flatten(1, -2).permute(2, 1, 0)
        y = torch.bmm(patches.flatten(2), weight)
        y = y.permute(1, 2, 0).unflatten(2, positions)
        return y if self.bias is None else y + self.bias
