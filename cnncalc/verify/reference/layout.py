"""Kinds that move numbers: reshaping, cutting, resampling."""

from __future__ import annotations

from collections.abc import Callable
from math import floor
from typing import Any, TypeAlias

import numpy as np

from cnncalc.verify.reference.points import _AXES
from cnncalc.verify.reference.windows import _around, _list, surround

Array: TypeAlias = Any
"""A numpy array; its static types know nothing of axes."""


def slice_(layer: Any, weights: dict[str, Array], x: Array) -> Array:
    """The wanted positions along an axis."""
    axis = _AXES[layer.axis]
    stop = x.shape[axis] if layer.stop is None else layer.stop
    return x.take(range(layer.start, stop), axis)


def crop(layer: Any, weights: dict[str, Array], x: Array, *like: Array) -> Array:
    """The middle positions."""
    wanted = like[0].shape[2:] if layer.size is None else _list(layer.size, x.ndim - 2)
    for axis, size in enumerate(wanted, start=2):
        first = floor((x.shape[axis] - size) / 2)
        x = x.take(range(first, first + size), axis)
    return x


def pad(layer: Any, weights: dict[str, Array], x: Array) -> Array:
    """More positions."""
    ones = [1] * (x.ndim - 2)
    pairs = _around(layer.amount, list(x.shape[2:]), ones, ones, ones)
    return surround(x, pairs, layer.mode, layer.value if layer.mode == "constant" else 0.0)


def _nearest(place: float, n: int) -> dict[int, float]:
    return {min(floor(place), n - 1): 1.0}


def _linear(place: float, n: int) -> dict[int, float]:
    place = max(place - 0.5, 0.0)
    low = floor(place)
    share = place - low
    weights = {min(low, n - 1): 1 - share}
    high = min(low + 1, n - 1)
    weights[high] = weights.get(high, 0.0) + share
    return weights


def _cubic(place: float, n: int) -> dict[int, float]:
    """Keys 1981 with a = -0.75, edges repeated."""
    place -= 0.5
    low, a = floor(place), -0.75
    weights: dict[int, float] = {}
    for tap in range(low - 1, low + 3):
        d = abs(place - tap)
        near = (a + 2) * d**3 - (a + 3) * d**2 + 1
        far = a * d**3 - 5 * a * d**2 + 8 * a * d - 4 * a
        source = min(max(tap, 0), n - 1)
        weights[source] = weights.get(source, 0.0) + (near if d <= 1 else far)
    return weights


_MIX = {"nearest": _nearest, "bilinear": _linear, "bicubic": _cubic}


def upsample(layer: Any, weights: dict[str, Array], x: Array) -> Array:
    """Axis by axis, each new position a mixture of old ones."""
    axes = x.ndim - 2
    sizes = list(x.shape[2:])
    wanted = (
        _list(layer.size, axes)
        if layer.size is not None
        else [n * f for n, f in zip(sizes, _list(layer.factor, axes), strict=True)]
    )
    mix = _MIX[layer.mode]
    for axis, (n, m) in enumerate(zip(sizes, wanted, strict=True), start=2):
        matrix = np.zeros((m, n), x.dtype)
        for o in range(m):
            place = o * n / m if layer.mode == "nearest" else (o + 0.5) * n / m
            for source, share in mix(place, n).items():
                matrix[o, source] += share
        x = np.moveaxis(np.tensordot(x, matrix, axes=(axis, 1)), -1, axis)
    return x


def pixel_shuffle(layer: Any, weights: dict[str, Array], x: Array) -> Array:
    """out[c, h f + i, w f + j] = in[c f f + i f + j, h, w]."""
    f = layer.factor
    n, channels, height, width = x.shape
    y: Array = np.zeros((n, channels // (f * f), height * f, width * f), x.dtype)
    for i in range(f):
        for j in range(f):
            y[:, :, i::f, j::f] = x[:, i * f + j :: f * f]
    return y


def pixel_unshuffle(layer: Any, weights: dict[str, Array], x: Array) -> Array:
    """The inverse."""
    f = layer.factor
    n, channels, height, width = x.shape
    y: Array = np.zeros((n, channels * f * f, height // f, width // f), x.dtype)
    for i in range(f):
        for j in range(f):
            y[:, i * f + j :: f * f] = x[:, :, i::f, j::f]
    return y


def channel_shuffle(layer: Any, weights: dict[str, Array], x: Array) -> Array:
    """The groups' first channels, then their second ones, and so on."""
    each = x.shape[1] // layer.groups
    return x.take([group * each + member for member in range(each) for group in range(layer.groups)], 1)


RULES: dict[str, Callable[..., Array]] = {
    "flatten": lambda layer, weights, x: x.reshape(x.shape[0], -1),
    "identity": lambda layer, weights, x: x,
    "reshape": lambda layer, weights, x: x.reshape(x.shape[0], *layer.shape),
    "permute": lambda layer, weights, x: x.transpose(0, *(axis + 1 for axis in layer.order)),
    "slice": slice_,
    "crop": crop,
    "pad": pad,
    "upsample": upsample,
    "pixel_shuffle": pixel_shuffle,
    "pixel_unshuffle": pixel_unshuffle,
    "channel_shuffle": channel_shuffle,
}
