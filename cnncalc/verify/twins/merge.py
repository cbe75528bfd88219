"""Twins of the kinds that join several inputs."""

from __future__ import annotations

from functools import reduce
from typing import Any

import torch
from torch import Tensor, nn

from cnncalc.verify.twins.activation import axis
from cnncalc.verify.twins.edges import Apply


def add(layer: Any, *inputs: Tensor) -> nn.Module:
    """A + b + ... on equal shapes (torch alone would broadcast)."""
    return _join(inputs, torch.add)


def maximum(layer: Any, *inputs: Tensor) -> nn.Module:
    """torch.maximum on equal shapes."""
    return _join(inputs, torch.maximum)


def _join(inputs: tuple[Tensor, ...], operation: Any) -> nn.Module:
    _several(inputs)
    if len({tuple(x.shape) for x in inputs}) > 1:
        raise ValueError(f"expected equal shapes, got {[tuple(x.shape[1:]) for x in inputs]}")
    return Apply(lambda *values: reduce(operation, values))


def _several(inputs: tuple[Tensor, ...]) -> None:
    if len(inputs) < 2:
        raise ValueError("expected at least two inputs")


def multiply(layer: Any, *inputs: Tensor) -> nn.Module:
    """A * b * ..., broadcast; a vector [C] is viewed as [C, 1, ...]."""
    _several(inputs)
    axes = max(x.dim() for x in inputs)

    def spread(x: Tensor) -> Tensor:
        return x.reshape(*x.shape, *(1,) * (axes - 2)) if x.dim() == 2 else x

    if len({spread(x).dim() for x in inputs}) > 1:
        raise ValueError(f"expected equal ranks or vectors, got {[tuple(x.shape[1:]) for x in inputs]}")
    return Apply(lambda *values: reduce(torch.mul, map(spread, values)))


def concat(layer: Any, *inputs: Tensor) -> nn.Module:
    """torch.cat."""
    _several(inputs)
    along = axis(layer.axis, inputs[0])
    return Apply(lambda *values: torch.cat(values, along))


def highway(layer: Any, *inputs: Tensor) -> nn.Module:
    """F * T, 1 - T, x * (1 - T), and their sum."""
    if len({tuple(x.shape) for x in inputs}) > 1:
        raise ValueError(f"expected equal shapes, got {[tuple(x.shape[1:]) for x in inputs]}")
    return Apply(lambda transform, gate, x: transform * gate + x * (1 - gate))
