"""Kinds that work on each number, on each position's channels, or on an image's statistics."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from math import erf, sqrt
from typing import Any, TypeAlias

import numpy as np

Array: TypeAlias = Any
"""A numpy array; its static types know nothing of axes."""

_EPSILON = 1e-5  # torch's default in every norm
_AXES = {"channels": 1, "last": -1, "length": 2, "width": -1, "height": -2, "depth": -3}


def _per_channel(values: Array, x: Array) -> Array:
    return values.reshape(-1, *(1,) * (x.ndim - 2))


def _affine(y: Array, weights: dict[str, Array]) -> Array:
    if "weight" in weights:
        y = y * _per_channel(weights["weight"], y)
    return y + _per_channel(weights["bias"], y) if "bias" in weights else y


def scale(layer: Any, weights: dict[str, Array], x: Array) -> Array:
    """Coefficients and offsets per channel; one for all or one for each number are spread by numpy's own rules."""
    if layer.per == "channel":
        return _affine(x, weights)
    y = x * weights["weight"] if "weight" in weights else x
    return y + weights["bias"] if "bias" in weights else y


def _standard(x: Array, axes: tuple[int, ...]) -> Array:
    mean = x.mean(axes, keepdims=True)
    return (x - mean) / np.sqrt(((x - mean) ** 2).mean(axes, keepdims=True) + _EPSILON)


def batchnorm(layer: Any, weights: dict[str, Array], x: Array) -> Array:
    """Running statistics, or the batch's where none are kept."""
    if layer.track_stats:
        mean, variance = (_per_channel(weights[name], x) for name in ("running_mean", "running_var"))
        y = (x - mean) / np.sqrt(variance + _EPSILON)
    else:
        y = _standard(x, (0, *range(2, x.ndim)))
    return _affine(y, weights)


def layernorm(layer: Any, weights: dict[str, Array], x: Array) -> Array:
    """Over the channels of a position, or over everything."""
    if layer.over == "channels":
        return _affine(_standard(x, (1,)), weights)
    y = _standard(x, tuple(range(1, x.ndim)))
    return y * weights["weight"] + weights["bias"] if layer.affine else y


def groupnorm(layer: Any, weights: dict[str, Array], x: Array) -> Array:
    """Over a group of channels and all positions."""
    groups = x.reshape(x.shape[0], layer.groups, -1)
    return _affine(_standard(groups, (2,)).reshape(x.shape), weights)


def instancenorm(layer: Any, weights: dict[str, Array], x: Array) -> Array:
    """Over all positions of a channel."""
    return _affine(_standard(x, tuple(range(2, x.ndim))), weights)


def dense(layer: Any, weights: dict[str, Array], x: Array) -> Array:
    """Along the last axis, or along the channels."""
    x = np.moveaxis(x, 1, -1) if layer.axis == "channels" else x
    y = np.einsum("...n,un->...u", x, weights["weight"])
    y = y + weights["bias"] if "bias" in weights else y
    return np.moveaxis(y, -1, 1) if layer.axis == "channels" else y


def rbf(layer: Any, weights: dict[str, Array], x: Array) -> Array:
    """Squared distances."""
    return np.stack([((x - centre) ** 2).sum(1) for centre in weights["centres"]], 1)


def softmax(layer: Any, weights: dict[str, Array], x: Array) -> Array:
    """e^x over its sum."""
    axis = _AXES[layer.axis]
    powers = np.exp(x - x.max(axis, keepdims=True))
    return powers / powers.sum(axis, keepdims=True)


def log_softmax(layer: Any, weights: dict[str, Array], x: Array) -> Array:
    """Its logarithm."""
    axis = _AXES[layer.axis]
    shifted = x - x.max(axis, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis, keepdims=True))


def maxout(layer: Any, weights: dict[str, Array], x: Array) -> Array:
    """The largest of neighbouring channels."""
    return np.stack([x[:, first : first + layer.pieces].max(1) for first in range(0, x.shape[1], layer.pieces)], 1)


def prelu(layer: Any, weights: dict[str, Array], x: Array) -> Array:
    """A learned slope below zero."""
    slope = weights["weight"]
    return np.where(x > 0, x, x * (_per_channel(slope, x) if layer.per == "channel" else slope))


def multiply(layer: Any, weights: dict[str, Array], *inputs: Array) -> Array:
    """Number by number; a vector has one number per channel."""
    rank = max(x.ndim for x in inputs)
    spread = [x.reshape(*x.shape, *(1,) * (rank - 2)) if x.ndim == 2 else x for x in inputs]
    return reduce(np.multiply, spread)


def _sigmoid(x: Array) -> Array:
    return 1 / (1 + np.exp(-x))


def _softplus(x: Array) -> Array:
    return np.logaddexp(x, 0)


def _elu(x: Array, alpha: float) -> Array:
    return np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0)))


def _leaky(x: Array, slope: float) -> Array:
    return np.where(x > 0, x, slope * x)


_SCALE, _ALPHA = 1.0507009873554805, 1.6732632423543772  # Klambauer and others 2017

_POINTWISE: dict[str, Callable[[Any, Array], Array]] = {
    "relu": lambda layer, x: np.maximum(x, 0),
    "relu6": lambda layer, x: np.clip(x, 0, 6),
    "silu": lambda layer, x: x * _sigmoid(x),
    "gelu": lambda layer, x: x * 0.5 * (1 + np.vectorize(erf, otypes=[x.dtype])(x / sqrt(2))),
    "mish": lambda layer, x: x * np.tanh(_softplus(x)),
    "hardswish": lambda layer, x: x * np.clip(x + 3, 0, 6) / 6,
    "hardsigmoid": lambda layer, x: np.clip(x + 3, 0, 6) / 6,
    "softplus": lambda layer, x: _softplus(x),
    "sigmoid": lambda layer, x: _sigmoid(x),
    "tanh": lambda layer, x: np.tanh(x),
    "leaky_relu": lambda layer, x: _leaky(x, layer.slope),
    "elu": lambda layer, x: _elu(x, layer.alpha),
    "selu": lambda layer, x: _SCALE * _elu(x, _ALPHA),
    "rrelu": lambda layer, x: _leaky(x, (layer.lower + layer.upper) / 2),
    "dropout": lambda layer, x: x,
    "spatial_dropout": lambda layer, x: x,
    "drop_path": lambda layer, x: x,
}


def _pointwise(function: Callable[[Any, Array], Array]) -> Callable[..., Array]:
    return lambda layer, weights, x: function(layer, x)


RULES: dict[str, Callable[..., Array]] = {
    **{kind: _pointwise(function) for kind, function in _POINTWISE.items()},
    "batchnorm": batchnorm,
    "layernorm": layernorm,
    "groupnorm": groupnorm,
    "instancenorm": instancenorm,
    "dense": dense,
    "rbf": rbf,
    "softmax": softmax,
    "log_softmax": log_softmax,
    "maxout": maxout,
    "prelu": prelu,
    "scale": scale,
    "rescale": lambda layer, weights, x: layer.factor * x + layer.offset,
    "add": lambda layer, weights, *inputs: reduce(np.add, inputs),
    "maximum": lambda layer, weights, *inputs: reduce(np.maximum, inputs),
    "multiply": multiply,
    "concat": lambda layer, weights, *inputs: np.concatenate(inputs, _AXES[layer.axis]),
    "highway": lambda layer, weights, transform, gate, x: transform * gate + x * (1 - gate),
}
