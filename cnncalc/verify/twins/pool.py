"""Twins of the pooling kinds.

Where torch's even padding cannot say the spec's, the map is padded before: with minus infinity for the maximum, with
zeros for the others. Then torch's rule for `ceil_mode` (a window must start inside the map or the padding before it)
would see the padding behind as map, so windows that start there are cut off.
"""

from __future__ import annotations

from math import inf
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from cnncalc.verify.twins.edges import Apply, Pairs, even, needs_rank, per_axis, sides, spans, spatial, surround

_MAX = (functional.max_pool1d, functional.max_pool2d, functional.max_pool3d)
_AVERAGE = (functional.avg_pool1d, functional.avg_pool2d, functional.avg_pool3d)
_POWER = (functional.lp_pool1d, functional.lp_pool2d, functional.lp_pool3d)
_ADAPTIVE_MAX = (nn.AdaptiveMaxPool1d, nn.AdaptiveMaxPool2d, nn.AdaptiveMaxPool3d)
_ADAPTIVE_AVERAGE = (nn.AdaptiveAvgPool1d, nn.AdaptiveAvgPool2d, nn.AdaptiveAvgPool3d)


class Window(nn.Module):
    """What the three window poolings share: kernel, stride, dilation and padding on this tensor."""

    def __init__(self, layer: Any, x: Tensor) -> None:
        super().__init__()
        axes = needs_rank(x, 1, 2, 3)
        self.kernel = per_axis(layer.kernel, axes)
        self.stride = self.kernel if layer.stride is None else per_axis(layer.stride, axes)
        self.dilation = per_axis(getattr(layer, "dilation", 1), axes)
        self.pairs: Pairs = sides(layer.padding, x, spans(self.kernel, self.dilation), self.stride)
        self.ceil = layer.ceil_mode and layer.padding != "same"
        self.inside = tuple(before for before, _ in self.pairs)

    def trim(self, y: Tensor, x: Tensor) -> Tensor:
        """Without the windows that start in the padding behind the map."""
        if not self.ceil:
            return y
        for axis, ((before, _), stride) in enumerate(zip(self.pairs, self.stride, strict=True), start=2):
            starts = -(-(x.shape[axis] + before) // stride)
            y = y.narrow(axis, 0, min(starts, y.shape[axis]))
        return y


class MaxPool(Window):
    """F.max_pool, after a pad with minus infinity where the padding is uneven.

    F.max_pool refuses more padding than half the kernel, even of a dilated one: SAME then is a pad before, too.
    """

    def __init__(self, layer: Any, x: Tensor) -> None:
        super().__init__(layer, x)
        wide = layer.padding == "same" and any(2 * p > k for p, k in zip(self.inside, self.kernel, strict=True))
        self.native = even(self.pairs) and not wide

    def forward(self, x: Tensor) -> Tensor:
        """The maximum of each window."""
        pool = _MAX[spatial(x) - 1]
        if self.native:
            return pool(x, self.kernel, self.stride, self.inside, self.dilation, self.ceil)
        padded = surround(x, self.pairs, value=-inf)
        return self.trim(pool(padded, self.kernel, self.stride, 0, self.dilation, self.ceil), x)


class AvgPool(Window):
    """F.avg_pool. Uneven padding: a pad with zeros before; where padding does not count, window sums over window counts.

    F.avg_pool3d refuses a map smaller than the kernel, whatever its padding: SAME then is a pad before, too.
    """

    def __init__(self, layer: Any, x: Tensor) -> None:
        super().__init__(layer, x)
        self.count_pad = layer.count_include_pad and layer.padding != "same"
        small = spatial(x) == 3 and any(n < k for n, k in zip(x.shape[2:], self.kernel, strict=True))
        self.native = even(self.pairs) and not (layer.padding == "same" and small)

    def forward(self, x: Tensor) -> Tensor:
        """The mean of each window."""
        pool = _AVERAGE[spatial(x) - 1]
        if self.native:
            return pool(x, self.kernel, self.stride, self.inside, self.ceil, self.count_pad)
        mean = pool(surround(x, self.pairs), self.kernel, self.stride, 0, self.ceil)
        if not self.count_pad:
            real = surround(torch.ones_like(x[:1, :1]), self.pairs)
            mean = mean / pool(real, self.kernel, self.stride, 0, self.ceil)
        return self.trim(mean, x)


class LpPool(Window):
    """A pad with zeros, then F.lp_pool (which has no padding of its own)."""

    def __init__(self, layer: Any, x: Tensor) -> None:
        super().__init__(layer, x)
        self.p = layer.p
        # lp_pool1d alone wants plain numbers
        self.window: Any = (self.kernel[0], self.stride[0]) if spatial(x) == 1 else (self.kernel, self.stride)

    def forward(self, x: Tensor) -> Tensor:
        """The p-norm of each window."""
        pool: Any = _POWER[spatial(x) - 1]
        return self.trim(pool(surround(x, self.pairs), self.p, *self.window, self.ceil), x)


def maxpool(layer: Any, x: Tensor) -> nn.Module:
    """See MaxPool."""
    return MaxPool(layer, x)


def avgpool(layer: Any, x: Tensor) -> nn.Module:
    """See AvgPool."""
    return AvgPool(layer, x)


def lppool(layer: Any, x: Tensor) -> nn.Module:
    """See LpPool."""
    return LpPool(layer, x)


def global_maxpool(layer: Any, x: Tensor) -> nn.Module:
    """nn.AdaptiveMaxPool to one position, then flatten unless keepdims."""
    return _global(_ADAPTIVE_MAX, layer, x)


def global_avgpool(layer: Any, x: Tensor) -> nn.Module:
    """nn.AdaptiveAvgPool to one position, then flatten unless keepdims."""
    return _global(_ADAPTIVE_AVERAGE, layer, x)


def _global(table: tuple[Any, ...], layer: Any, x: Tensor) -> nn.Module:
    pool: nn.Module = table[needs_rank(x, 1, 2, 3) - 1](1)
    return pool if layer.keepdims else nn.Sequential(pool, nn.Flatten())


def adaptive_maxpool(layer: Any, x: Tensor) -> nn.Module:
    """nn.AdaptiveMaxPool."""
    axes = needs_rank(x, 1, 2, 3)
    return _ADAPTIVE_MAX[axes - 1](per_axis(layer.size, axes))


def adaptive_avgpool(layer: Any, x: Tensor) -> nn.Module:
    """nn.AdaptiveAvgPool."""
    axes = needs_rank(x, 1, 2, 3)
    return _ADAPTIVE_AVERAGE[axes - 1](per_axis(layer.size, axes))


def depth_pool(layer: Any, x: Tensor) -> nn.Module:
    """Unfold the channels into windows, then amax or mean over each."""
    needs_rank(x, 1, 2, 3)
    kernel, stride = layer.kernel, layer.kernel if layer.stride is None else layer.stride
    if layer.mode == "max":
        return Apply(lambda y: y.unfold(1, kernel, stride).amax(-1))
    return Apply(lambda y: y.unfold(1, kernel, stride).mean(-1))
