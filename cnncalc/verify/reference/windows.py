"""Kinds that walk a window over a map."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product
from math import ceil, floor, prod
from typing import Any, TypeAlias

import numpy as np

Array: TypeAlias = Any
"""A numpy array; its static types know nothing of axes."""


def _list(value: Any, axes: int) -> list[int]:
    return list(value) if isinstance(value, tuple) else [value] * axes


def _around(
    padding: Any, sizes: list[int], kernel: list[int], stride: list[int], dilation: list[int]
) -> list[tuple[int, int]]:
    """(before, after) per axis."""
    axes = len(sizes)
    reach = [d * (k - 1) for k, d in zip(kernel, dilation, strict=True)]  # from the first tap to the last
    if padding == "valid":
        return [(0, 0)] * axes
    if padding == "full":
        return [(r, r) for r in reach]
    if padding == "same":
        # ceil(n / s) windows, the first and the last as far out as each other, or the last one further
        missing = [max((ceil(n / s) - 1) * s + r + 1 - n, 0) for n, r, s in zip(sizes, reach, stride, strict=True)]
        return [(floor(m / 2), ceil(m / 2)) for m in missing]
    if hasattr(padding, "top"):
        every = [(padding.front, padding.back), (padding.top, padding.bottom), (padding.left, padding.right)]
        return every[3 - axes :]
    return [(p, p) for p in _list(padding, axes)]


_SOURCES: dict[str, Callable[[int, int], int]] = {
    "reflect": lambda i, n: -i if i < 0 else 2 * (n - 1) - i if i >= n else i,
    "replicate": lambda i, n: min(max(i, 0), n - 1),
    "circular": lambda i, n: i % n,
}


def surround(x: Array, pairs: list[tuple[int, int]], mode: str = "zeros", value: float = 0.0) -> Array:
    """The map with its padding, each new position taken from the map or filled."""
    for axis, (before, after) in enumerate(pairs, start=2):
        n = x.shape[axis]
        wanted = range(-before, n + after)
        if mode in _SOURCES:
            x = x.take([_SOURCES[mode](i, n) for i in wanted], axis)
            continue
        filled = np.full((*x.shape[:axis], len(wanted), *x.shape[axis + 1 :]), value, x.dtype)
        filled[(slice(None),) * axis + (slice(before, before + n),)] = x
        x = filled
    return x


def _walk(
    starts: list[range], kernel: list[int], dilation: list[int]
) -> Iterator[tuple[tuple[int, ...], list[list[int]]]]:
    """Each output position with, per axis, the input positions that its window covers."""
    for where in product(*(range(len(s)) for s in starts)):
        yield (
            where,
            [[s[o] + j * d for j in range(k)] for s, o, k, d in zip(starts, where, kernel, dilation, strict=True)],
        )


def _starts(n: int, span: int, stride: int) -> range:
    """Where a window that stays inside n positions may start."""
    return range(0, n - span + 1, stride)


def _patch(x: Array, indices: list[list[int]]) -> Array:
    for axis, wanted in enumerate(indices, start=2):
        x = x.take(wanted, axis)
    return x


def conv(layer: Any, weights: dict[str, Array], x: Array) -> Array:
    """Every output number is the sum of a window's numbers times a filter, plus the filter's bias."""
    axes = x.ndim - 2
    kernel, stride, dilation = (_list(value, axes) for value in (layer.kernel, layer.stride, layer.dilation))
    pairs = _around(layer.padding, list(x.shape[2:]), kernel, stride, dilation)
    x = surround(x, pairs, getattr(layer, "padding_mode", "zeros"))
    table, filters = _table(layer, weights["weight"], x.shape[1])
    spans = [(k - 1) * d + 1 for k, d in zip(kernel, dilation, strict=True)]
    starts = [_starts(n, span, s) for n, span, s in zip(x.shape[2:], spans, stride, strict=True)]
    y: Array = np.zeros((x.shape[0], len(table), *map(len, starts)), x.dtype)
    for where, indices in _walk(starts, kernel, dilation):
        window = _patch(x, indices)
        for number, (channels, coefficients) in enumerate(zip(table, filters, strict=True)):
            y[(slice(None), number, *where)] = (window[:, channels] * coefficients).reshape(x.shape[0], -1).sum(1)
    return _biased(y, weights)


def _table(layer: Any, weight: Array, channels: int) -> tuple[list[list[int]], list[Array]]:
    """For each filter the channels that it reads, and its coefficients."""
    rows = getattr(layer, "connections", None)
    if rows is not None:
        ends = np.cumsum([len(row) for row in rows])
        return [list(row) for row in rows], np.split(weight, ends[:-1])
    groups = channels if layer.kind == "depthwise_conv" else layer.groups
    inside, outside = channels // groups, weight.shape[0] // groups
    first = [number // outside * inside for number in range(weight.shape[0])]
    return [list(range(start, start + inside)) for start in first], list(weight)


def _biased(y: Array, weights: dict[str, Array]) -> Array:
    bias = weights.get("bias")
    return y if bias is None else y + bias.reshape(-1, *(1,) * (y.ndim - 2))


def transposed_conv(layer: Any, weights: dict[str, Array], x: Array) -> Array:
    """Every input number writes its multiple of a filter into the output, stride positions further each time."""
    axes = x.ndim - 2
    kernel, stride, dilation = (_list(value, axes) for value in (layer.kernel, layer.stride, layer.dilation))
    spans = [(k - 1) * d + 1 for k, d in zip(kernel, dilation, strict=True)]
    extra = _list(layer.output_padding, axes)
    cuts = [(0, 0)] * axes
    if layer.padding == "same":
        surplus = [span - s for span, s in zip(spans, stride, strict=True)]
        extra = [max(-more, 0) for more in surplus]
        cuts = [(floor(max(more, 0) / 2), ceil(max(more, 0) / 2)) for more in surplus]
    elif layer.padding != "valid":
        cuts = _around(layer.padding, list(x.shape[2:]), kernel, stride, dilation)
    lengths = [(n - 1) * s + span + e for n, s, span, e in zip(x.shape[2:], stride, spans, extra, strict=True)]
    weight = weights["weight"]
    inside, per_group = x.shape[1] // layer.groups, weight.shape[1]
    y: Array = np.zeros((x.shape[0], per_group * layer.groups, *lengths), x.dtype)
    for where in product(*(range(n) for n in x.shape[2:])):
        column = x[(slice(None), slice(None), *where)]
        for channel in range(x.shape[1]):
            first = channel // inside * per_group
            for tap in product(*(range(k) for k in kernel)):
                place = tuple(o * s + j * d for o, s, j, d in zip(where, stride, tap, dilation, strict=True))
                target = (slice(None), slice(first, first + per_group), *place)
                y[target] += column[:, channel, None] * weight[(channel, slice(None), *tap)]
    kept = tuple(slice(before, length - after) for length, (before, after) in zip(lengths, cuts, strict=True))
    return _biased(y[(slice(None), slice(None), *kept)], weights)


def locally_connected(layer: Any, weights: dict[str, Array], x: Array) -> Array:
    """As conv, but every position has coefficients and biases of its own."""
    axes = x.ndim - 2
    kernel, stride = _list(layer.kernel, axes), _list(layer.stride, axes)
    starts = [_starts(n, k, s) for n, k, s in zip(x.shape[2:], kernel, stride, strict=True)]
    weight = weights["weight"]
    y: Array = np.zeros((x.shape[0], weight.shape[0], *map(len, starts)), x.dtype)
    for where, indices in _walk(starts, kernel, [1] * axes):
        window = _patch(x, indices).reshape(x.shape[0], -1)
        y[(slice(None), slice(None), *where)] = window @ weight[(..., *where)].reshape(weight.shape[0], -1).T
    return y + weights["bias"] if "bias" in weights else y


def _pool(layer: Any, x: Array, combine: Callable[[Array, int, int], Array]) -> Array:
    """`combine` gets the window's numbers, how many positions it has inside the padding, and how many in all."""
    axes = x.ndim - 2
    kernel = _list(layer.kernel, axes)
    stride = kernel if layer.stride is None else _list(layer.stride, axes)
    dilation = _list(getattr(layer, "dilation", 1), axes)
    sizes = list(x.shape[2:])
    pairs = _around(layer.padding, sizes, kernel, stride, dilation)
    starts, ends = [], []
    for n, k, s, d, (before, after) in zip(sizes, kernel, stride, dilation, pairs, strict=True):
        room = before + n + after - ((k - 1) * d + 1)
        count = ceil(n / s) if layer.padding == "same" else (ceil if layer.ceil_mode else floor)(room / s) + 1
        # a window must start inside the map or the padding before it
        starts.append(range(-before, min(count * s - before, n), s))
        ends.append(n + after)
    y: Array = np.zeros((*x.shape[:2], *map(len, starts)), x.dtype)
    for where, indices in _walk(starts, kernel, dilation):
        padded = prod(sum(i < end for i in wanted) for wanted, end in zip(indices, ends, strict=True))
        real = [[i for i in wanted if 0 <= i < n] for wanted, n in zip(indices, sizes, strict=True)]
        y[(slice(None), slice(None), *where)] = combine(_patch(x, real).reshape(*x.shape[:2], -1), padded, prod(kernel))
    return y


def maxpool(layer: Any, weights: dict[str, Array], x: Array) -> Array:
    """The largest number of each window; a window that lies in the padding alone gives minus infinity, as in torch."""
    return _pool(layer, x, lambda window, padded, whole: window.max(2, initial=-np.inf))


def avgpool(layer: Any, weights: dict[str, Array], x: Array) -> Array:
    """The mean of each window, over its numbers or over padding too."""
    if layer.count_include_pad and layer.padding != "same":
        return _pool(layer, x, lambda window, padded, whole: window.sum(2) / padded)
    return _pool(layer, x, lambda window, padded, whole: window.mean(2))


def lppool(layer: Any, weights: dict[str, Array], x: Array) -> Array:
    """The p-th root of the sum of p-th powers; a window that ceil_mode cuts short is scaled up, as in torch."""
    p = layer.p
    with np.errstate(invalid="ignore"):  # torch too gives NaN for the root of a negative sum
        return _pool(layer, x, lambda window, padded, whole: ((window**p).sum(2) * whole / padded) ** (1 / p))


def _adaptive(layer: Any, x: Array, combine: Callable[[Array], Array]) -> Array:
    size = _list(layer.size, x.ndim - 2)
    y: Array = np.zeros((*x.shape[:2], *size), x.dtype)
    for where in product(*map(range, size)):
        window = x
        for axis, (o, m) in enumerate(zip(where, size, strict=True), start=2):
            n = x.shape[axis]
            window = window.take(range(floor(o * n / m), ceil((o + 1) * n / m)), axis)
        y[(slice(None), slice(None), *where)] = combine(window.reshape(*x.shape[:2], -1))
    return y


def _global(layer: Any, y: Array, axes: int) -> Array:
    return y.reshape(*y.shape, *(1,) * axes) if layer.keepdims else y


def depth_pool(layer: Any, weights: dict[str, Array], x: Array) -> Array:
    """Windows of channels."""
    stride = layer.kernel if layer.stride is None else layer.stride
    windows = [x[:, first : first + layer.kernel] for first in _starts(x.shape[1], layer.kernel, stride)]
    return np.stack([w.max(1) if layer.mode == "max" else w.mean(1) for w in windows], 1)


def lrn(layer: Any, weights: dict[str, Array], x: Array) -> Array:
    """Each number divided by a power of the mean square of its neighbours; of an even window the larger half lies before."""
    channels = x.shape[1]
    y: Array = np.empty_like(x)
    for c in range(channels):
        first = c - layer.size // 2
        near = [j for j in range(first, first + layer.size) if 0 <= j < channels]
        square = (x[:, near] ** 2).sum(1)
        y[:, c] = x[:, c] / (layer.k + layer.alpha / layer.size * square) ** layer.beta
    return y


RULES: dict[str, Callable[..., Array]] = {
    "conv": conv,
    "conv1d": conv,
    "conv2d": conv,
    "conv3d": conv,
    "depthwise_conv": conv,
    "transposed_conv": transposed_conv,
    "locally_connected": locally_connected,
    "maxpool": maxpool,
    "avgpool": avgpool,
    "lppool": lppool,
    "global_maxpool": lambda layer, weights, x: _global(layer, x.reshape(*x.shape[:2], -1).max(2), x.ndim - 2),
    "global_avgpool": lambda layer, weights, x: _global(layer, x.reshape(*x.shape[:2], -1).mean(2), x.ndim - 2),
    "adaptive_maxpool": lambda layer, weights, x: _adaptive(layer, x, lambda window: window.max(2)),
    "adaptive_avgpool": lambda layer, weights, x: _adaptive(layer, x, lambda window: window.mean(2)),
    "depth_pool": depth_pool,
    "lrn": lrn,
}
