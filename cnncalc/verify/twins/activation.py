"""Twins of the activations."""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn

from cnncalc.verify.twins.edges import Apply, factory, spatial

_AXES = {"channels": 1, "depth": -3, "height": -2, "width": -1, "length": -1, "last": -1}
_RANKS = {"depth": (3,), "height": (2, 3), "width": (2, 3), "length": (1,)}


def axis(name: str, x: Tensor) -> int:
    """The tensor axis of that name. Raises where the map has none."""
    if name in _RANKS and spatial(x) not in _RANKS[name]:
        raise ValueError(f"{tuple(x.shape[1:])} has no axis {name}")
    return _AXES[name]


def relu(layer: Any, x: Tensor) -> nn.Module:
    """nn.ReLU."""
    return nn.ReLU()


def relu6(layer: Any, x: Tensor) -> nn.Module:
    """nn.ReLU6."""
    return nn.ReLU6()


def silu(layer: Any, x: Tensor) -> nn.Module:
    """nn.SiLU."""
    return nn.SiLU()


def gelu(layer: Any, x: Tensor) -> nn.Module:
    """nn.GELU, the exact one."""
    return nn.GELU()


def mish(layer: Any, x: Tensor) -> nn.Module:
    """nn.Mish."""
    return nn.Mish()


def hardswish(layer: Any, x: Tensor) -> nn.Module:
    """nn.Hardswish."""
    return nn.Hardswish()


def hardsigmoid(layer: Any, x: Tensor) -> nn.Module:
    """nn.Hardsigmoid."""
    return nn.Hardsigmoid()


def softplus(layer: Any, x: Tensor) -> nn.Module:
    """nn.Softplus."""
    return nn.Softplus()


def sigmoid(layer: Any, x: Tensor) -> nn.Module:
    """nn.Sigmoid."""
    return nn.Sigmoid()


def tanh(layer: Any, x: Tensor) -> nn.Module:
    """nn.Tanh."""
    return nn.Tanh()


def leaky_relu(layer: Any, x: Tensor) -> nn.Module:
    """nn.LeakyReLU."""
    return nn.LeakyReLU(layer.slope)


def elu(layer: Any, x: Tensor) -> nn.Module:
    """nn.ELU."""
    return nn.ELU(layer.alpha)


def selu(layer: Any, x: Tensor) -> nn.Module:
    """nn.SELU."""
    return nn.SELU()


def rrelu(layer: Any, x: Tensor) -> nn.Module:
    """nn.RReLU."""
    return nn.RReLU(layer.lower, layer.upper)


def prelu(layer: Any, x: Tensor) -> nn.Module:
    """nn.PReLU with one slope per channel, or one."""
    return nn.PReLU(x.shape[1] if layer.per == "channel" else 1, **factory(x))


def softmax(layer: Any, x: Tensor) -> nn.Module:
    """nn.Softmax."""
    return nn.Softmax(axis(layer.axis, x))


def log_softmax(layer: Any, x: Tensor) -> nn.Module:
    """nn.LogSoftmax."""
    return nn.LogSoftmax(axis(layer.axis, x))


def maxout(layer: Any, x: Tensor) -> nn.Module:
    """View [N, C / pieces, pieces, ...], then amax over the pieces."""
    pieces = layer.pieces
    return Apply(lambda y: y.unflatten(1, (-1, pieces)).amax(2))
