"""How torch's kernels lay results and gradients out, whatever lies how, against torch: stride for stride."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from random import Random
from typing import Any

import pytest

from cnncalc.analysis.torch_memory import layouts
from cnncalc.analysis.torch_memory.strides import contiguous, known
from cnncalc.layers import layer_class
from cnncalc.layers.operations import Operation

IMAGE, VOLUME = (4, 4, 6), (4, 4, 6, 2)
KERNELS: dict[str, tuple[str, dict[str, Any], tuple[int, ...], str, dict[str, Any]]] = {
    "pixel shuffle": ("pixel_shuffle", {"factor": 2}, IMAGE, "pixel_shuffle", {"upscale_factor": 2}),
    "pixel unshuffle": ("pixel_unshuffle", {"factor": 2}, IMAGE, "pixel_unshuffle", {"downscale_factor": 2}),
    "nearest": ("upsample", {"factor": 2}, IMAGE, "interpolate", {"scale_factor": 2}),
    "bilinear": (
        "upsample",
        {"factor": 2, "mode": "bilinear"},
        IMAGE,
        "interpolate",
        {"scale_factor": 2, "mode": "bilinear"},
    ),
    "bicubic": (
        "upsample",
        {"factor": 2, "mode": "bicubic"},
        IMAGE,
        "interpolate",
        {"scale_factor": 2, "mode": "bicubic"},
    ),
    "nearest, volume": ("upsample", {"factor": 2}, VOLUME, "interpolate", {"scale_factor": 2}),
    "trilinear": (
        "upsample",
        {"factor": 2, "mode": "bilinear"},
        VOLUME,
        "interpolate",
        {"scale_factor": 2, "mode": "trilinear"},
    ),
    "pad": ("pad", {"amount": 1}, IMAGE, "pad", {"pad": (1,) * 4}),
    "pad, volume": ("pad", {"amount": 1}, VOLUME, "pad", {"pad": (1,) * 6}),
    "pad, reflect": ("pad", {"amount": 1, "mode": "reflect"}, IMAGE, "pad", {"pad": (1,) * 4, "mode": "reflect"}),
    "pad, replicate": (
        "pad",
        {"amount": 1, "mode": "replicate"},
        VOLUME,
        "pad",
        {"pad": (1,) * 6, "mode": "replicate"},
    ),
    "max pooling": ("maxpool", {"kernel": 2}, IMAGE, "max_pool2d", {"kernel_size": 2}),
    "max pooling, volume": ("maxpool", {"kernel": 2}, VOLUME, "max_pool3d", {"kernel_size": 2}),
    "average pooling": ("avgpool", {"kernel": 2}, IMAGE, "avg_pool2d", {"kernel_size": 2}),
    "average pooling, volume": ("avgpool", {"kernel": 2}, VOLUME, "avg_pool3d", {"kernel_size": 2}),
    "adaptive maximum": ("adaptive_maxpool", {"size": 2}, IMAGE, "adaptive_max_pool2d", {"output_size": 2}),
    "adaptive maximum, volume": ("adaptive_maxpool", {"size": 2}, VOLUME, "adaptive_max_pool3d", {"output_size": 2}),
    "adaptive mean": ("adaptive_avgpool", {"size": 2}, IMAGE, "adaptive_avg_pool2d", {"output_size": 2}),
    "adaptive mean, volume": ("adaptive_avgpool", {"size": 2}, VOLUME, "adaptive_avg_pool3d", {"output_size": 2}),
}


def laid(shape: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    """Strides: in order, channels last, and two orders that are neither."""
    axes = len(shape)
    for order in (range(axes), (0, *range(2, axes), 1), (0, 2, 1, *range(3, axes)), (0, *range(axes - 1, 0, -1))):
        strides, step = [0] * axes, 1
        for axis in reversed(order):
            strides[axis] = step
            step *= shape[axis]
        yield tuple(strides)


@pytest.mark.parametrize("batch", [1, 2])
@pytest.mark.parametrize("kernel", KERNELS)
def test_strides(kernel: str, batch: int) -> None:
    torch = pytest.importorskip("torch")
    kind, fields, shape, name, options = KERNELS[kernel]
    layer = layer_class(kind)(**fields)
    (operation,) = layer.operations((shape,), layer.output(shape), True)
    for mine in laid((batch, *shape)):
        x = torch.empty_strided((batch, *shape), mine).normal_().requires_grad_()
        y = getattr(torch.nn.functional, name)(x, **options)
        assert _forward(operation, mine, batch) == y.stride()
        for incoming in laid(tuple(y.shape)):
            (gradient,) = torch.autograd.grad(y, x, torch.empty_strided(y.shape, incoming).normal_(), retain_graph=True)
            assert _backward(operation, mine, incoming, batch) == gradient.stride(), (mine, incoming)


def drawn(shape: tuple[int, ...], random: Random) -> tuple[int, ...]:
    """Strides of some order, with others along axes of length 1."""
    axes = len(shape)
    order = random.choice([[*range(axes)], [0, *range(2, axes), 1], random.sample(range(axes), axes)])
    strides, step = [0] * axes, 1
    for axis in reversed(order):
        strides[axis] = step
        step *= shape[axis]
    odd = random.random() < 0.6
    return tuple(
        [random.choice([one, 3, step]) if odd and n == 1 else one for n, one in zip(shape, strides, strict=True)]
    )


def test_batch_norm_with_axes_of_length_1() -> None:
    torch = pytest.importorskip("torch")
    random, odd = Random(1), 0
    for _ in range(900):
        batch, channels, *sides = [random.choice([1, 1, 2, 3, 4]) for _ in range(random.choice([4, 5]))]
        shape = (batch, channels, *sides)
        if batch * prod(sides) < 2:
            continue
        (operation,) = layer_class("batchnorm")().operations((shape[1:],), shape[1:], True)
        mine, incoming = drawn(shape, random), drawn(shape, random)
        x = torch.empty_strided(shape, mine).normal_().requires_grad_()
        y = torch.nn.functional.batch_norm(x, torch.zeros(channels), torch.ones(channels), training=True)
        (gradient,) = torch.autograd.grad(y, x, torch.empty_strided(shape, incoming).normal_())
        assert _forward(operation, mine, batch) == y.stride(), (shape, mine)
        assert _backward(operation, mine, incoming, batch) == gradient.stride(), (shape, mine, incoming)
        odd += y.stride() != gradient.stride()
    assert odd > 20


def _forward(operation: Operation, mine: tuple[int, ...], batch: int) -> tuple[int, ...]:
    real = _real(batch)
    laid = (known(real(operation.shapes[0]), mine), *[None] * (len(operation.shapes) - 1))
    found = layouts.forward(operation, laid, real, 4)
    return found or contiguous(real(operation.shape))


def _backward(operation: Operation, mine: tuple[int, ...], incoming: tuple[int, ...], batch: int) -> tuple[int, ...]:
    real = _real(batch)
    fed, made = real(operation.shapes[0]), real(operation.shape)
    laid = (known(fed, mine), *[None] * (len(operation.shapes) - 1))
    return layouts.backward(operation, 0, laid, known(made, incoming), real, 4) or contiguous(fed)


def _real(batch: int) -> layouts.Real:
    return lambda shape: tuple([-length * batch if length < 0 else length for length in shape])
