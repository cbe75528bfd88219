"""Every kind has a twin and a reference, and both give numbers that were worked out by hand."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy
import pytest
import torch

from cnncalc.layers import KINDS, layer_class
from cnncalc.verify import reference
from cnncalc.verify.build import own
from cnncalc.verify.twins import TWINS, twin


def test_every_kind_has_a_twin_and_a_reference() -> None:
    assert set(TWINS) == set(KINDS)
    assert set(reference.RULES) == set(KINDS) - {"opaque"}  # nobody knows what it computes


def both(kind: str, fields: dict[str, Any], *inputs: Any, **weights: Any) -> Any:
    """The output of the twin for a batch of one, after asserting that the reference gives the same."""
    layer = layer_class(kind)(**fields)
    tensors = [torch.tensor(x, dtype=torch.float64).unsqueeze(0) for x in inputs]
    module = twin(kind, layer, *tensors).eval()
    given = own(module)
    assert set(weights) <= set(given)
    with torch.no_grad():
        for name, value in weights.items():
            given[name].copy_(torch.tensor(value, dtype=torch.float64).expand_as(given[name]))
        result = module(*tensors).numpy()
    arrays = {name: tensor.detach().numpy() for name, tensor in given.items()}
    expected = reference.apply(kind, layer, arrays, *(tensor.numpy() for tensor in tensors))
    numpy.testing.assert_allclose(result, expected, rtol=1e-12, atol=1e-12)
    return result[0]


ROW = [[float(n) for n in range(1, 14)]]  # one channel: 1 .. 13


# What each figure comes from: SAME on 13 positions, kernel 6, stride 5 pads 1 before and 2 after (course document 002,
# line 124), so the windows hold 0+1..5, 5..10 and 10..13+0+0.
@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"kernel": 6, "stride": 5, "padding": "same"}, [15, 45, 46]),
        ({"kernel": 6, "stride": 5}, [21, 51]),
        ({"kernel": 2, "padding": "same"}, [3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 13]),  # the odd zero at the end
        ({"kernel": 3, "stride": 4, "padding": "full"}, [1, 12, 24, 36]),  # windows from -2, 2, 6, 10
        ({"kernel": 2, "dilation": 3, "stride": 3}, [5, 11, 17, 23]),
        ({"kernel": 3, "stride": 6, "padding": 1, "padding_mode": "reflect"}, [5, 21, 37]),  # 2+1+2, 6+7+8, 12+13+12
        ({"kernel": 3, "stride": 6, "padding": 1, "padding_mode": "replicate"}, [4, 21, 38]),
        ({"kernel": 3, "stride": 6, "padding": 1, "padding_mode": "circular"}, [16, 21, 26]),
        ({"kernel": 3, "stride": 7, "padding": {"left": 2}}, [1, 21]),  # windows from -2 and 5
    ],
)
def test_convolution_of_ones(fields: dict[str, Any], expected: list[float]) -> None:
    assert both("conv", {"filters": 1, **fields}, ROW, weight=1.0, bias=0.0).tolist() == [expected]


def test_connection_table() -> None:
    x = [[1.0, 2.0], [10.0, 20.0], [100.0, 200.0]]
    layer = {"filters": 3, "kernel": 1, "connections": [[0, 2], [1], [2, 1, 0]]}
    assert both("conv", layer, x, weight=1.0, bias=[0.0, 1.0, 0.0]).tolist() == [[101, 202], [11, 21], [111, 222]]


def test_transposed() -> None:
    x = [[1.0, 2.0]]
    # each number writes 1, 1, 1 from its place times 2 on: 1 1 1+2 2 2
    assert both("transposed_conv", {"filters": 1, "kernel": 3, "stride": 2}, x, weight=1.0, bias=0.0).tolist() == [
        [1, 1, 3, 2, 2]
    ]
    # SAME keeps n * stride of them; one is cut, behind
    same = {"filters": 1, "kernel": 3, "stride": 2, "padding": "same"}
    assert both("transposed_conv", same, x, weight=1.0, bias=0.0).tolist() == [[1, 1, 3, 2]]
    # kernel 1, stride 2: zeros between and behind
    same = {"filters": 1, "kernel": 1, "stride": 2, "padding": "same"}
    assert both("transposed_conv", same, x, weight=1.0, bias=0.0).tolist() == [[1, 0, 2, 0]]


def test_locally_connected() -> None:
    weight = [[[[1.0, 10.0]]]]  # one filter, one channel, kernel 1, two positions
    layer = {"filters": 1, "kernel": 1}
    assert both("locally_connected", layer, [[3.0, 4.0]], weight=weight, bias=[[0.5, 0.0]]).tolist() == [[3.5, 40]]


@pytest.mark.parametrize(
    ("kind", "fields", "expected"),
    [
        ("maxpool", {"kernel": 2, "padding": "same"}, [-2, -3]),  # padding never wins
        ("maxpool", {"kernel": 3, "stride": 3, "padding": "same"}, [-2]),
        ("avgpool", {"kernel": 2, "padding": "same"}, [-3, -3]),  # the padding does not count: -3 / 1
        ("avgpool", {"kernel": 3, "stride": 1, "padding": 1}, [-2, -3, -7 / 3]),  # zeros count
        ("avgpool", {"kernel": 3, "stride": 1, "padding": 1, "count_include_pad": False}, [-3, -3, -3.5]),
        ("avgpool", {"kernel": 2, "ceil_mode": True}, [-3, -3]),  # the last window has one number
        ("avgpool", {"kernel": 2, "padding": {"left": 1}}, [-1, -3.5]),  # (0 - 2)/2, (-4 - 3)/2
        ("avgpool", {"kernel": 2, "padding": {"left": 1}, "count_include_pad": False}, [-2, -3.5]),
        ("lppool", {"kernel": 3}, [29**0.5]),
        ("lppool", {"kernel": 2, "padding": {"left": 1}}, [2, 5]),
        ("global_avgpool", {}, -3),
        ("global_maxpool", {"keepdims": True}, [-2]),
        ("adaptive_avgpool", {"size": 2}, [-3, -3.5]),  # positions 0-1 and 1-2
        ("adaptive_maxpool", {"size": 2}, [-2, -3]),
    ],
)
def test_pooling(kind: str, fields: dict[str, Any], expected: Any) -> None:
    numpy.testing.assert_allclose(both(kind, fields, [[-2.0, -4.0, -3.0]])[0], expected)


def test_depth_pool_and_maxout() -> None:
    x = [[1.0], [4.0], [2.0], [3.0]]
    assert both("depth_pool", {"kernel": 2}, x).tolist() == [[4], [3]]
    assert both("depth_pool", {"kernel": 3, "stride": 1, "mode": "average"}, x).tolist() == [[7 / 3], [3]]
    assert both("maxout", {"pieces": 2}, x).tolist() == [[4], [3]]


def test_rbf_dense_scale() -> None:
    assert both("rbf", {"units": 2}, [1.0, 2.0], centres=[[0.0, 0.0], [1.0, 4.0]]).tolist() == [5, 4]
    assert both("dense", {"units": 1}, [1.0, 2.0], weight=[[3.0, 4.0]], bias=[5.0]).tolist() == [16]
    x = [[1.0, 2.0], [10.0, 20.0]]
    assert both("dense", {"units": 1, "axis": "channels"}, x, weight=[[1.0, 1.0]], bias=[0.0]).tolist() == [[11, 22]]
    assert both("dense", {"units": 1, "axis": "last"}, x, weight=[[1.0, 1.0]], bias=[0.0]).tolist() == [[3], [30]]
    assert both("scale", {"bias": True}, x, weight=[2.0, 3.0], bias=[0.0, 1.0]).tolist() == [[2, 4], [31, 61]]


def test_norms() -> None:
    x = [[1.0, 3.0], [5.0, 11.0]]
    small = 1e-5
    normal = both(
        "batchnorm", {}, x, weight=[1.0, 2.0], bias=[0.0, 1.0], running_mean=[1.0, 1.0], running_var=[4.0, 1.0]
    )
    numpy.testing.assert_allclose(
        normal, [[0, 2 / (4 + small) ** 0.5], [1 + 8 / (1 + small) ** 0.5, 1 + 20 / (1 + small) ** 0.5]]
    )
    # over the channels of a position: (1, 5) has mean 3 and variance 4, (3, 11) mean 7 and variance 16
    over = both("layernorm", {"affine": False}, x)
    numpy.testing.assert_allclose(
        over, [[-2 / (4 + small) ** 0.5, -4 / (16 + small) ** 0.5], [2 / (4 + small) ** 0.5, 4 / (16 + small) ** 0.5]]
    )
    numpy.testing.assert_allclose(
        both("layernorm", {"over": "all", "affine": False}, x), (numpy.array(x) - 5) / (14 + small) ** 0.5
    )
    numpy.testing.assert_allclose(
        both("groupnorm", {"groups": 1, "affine": False}, x), (numpy.array(x) - 5) / (14 + small) ** 0.5
    )
    numpy.testing.assert_allclose(
        both("instancenorm", {}, x),
        [[-1 / (1 + small) ** 0.5, 1 / (1 + small) ** 0.5], [-3 / (9 + small) ** 0.5, 3 / (9 + small) ** 0.5]],
    )
    # size 2: the number itself and the channel before; alpha is divided by the size
    lrn = both("lrn", {"size": 2, "alpha": 2.0, "beta": 1.0, "k": 1}, [[1.0], [2.0]])
    numpy.testing.assert_allclose(lrn, [[1 / (1 + 1)], [2 / (1 + 5)]])


def test_activations() -> None:
    e = 2.718281828459045
    x = [-1.0, 0.0, 1.0, 7.0]
    known = {
        "relu": [0, 0, 1, 7],
        "relu6": [0, 0, 1, 6],
        "leaky_relu": [-0.01, 0, 1, 7],
        "elu": [1 / e - 1, 0, 1, 7],
        "hardsigmoid": [1 / 3, 0.5, 2 / 3, 1],
        "hardswish": [-1 / 3, 0, 2 / 3, 7],
        "sigmoid": [1 / (1 + e), 0.5, e / (1 + e), 1 / (1 + e**-7)],
        "rrelu": [-(1 / 8 + 1 / 3) / 2, 0, 1, 7],
    }
    for kind, expected in known.items():
        numpy.testing.assert_allclose(both(kind, {}, x), expected, err_msg=kind)
    for kind in ("silu", "gelu", "mish", "softplus", "tanh", "selu", "softmax", "log_softmax"):
        both(kind, {}, x)  # against the reference, which is written from the definitions
    both("prelu", {}, x)
    assert both("prelu", {"per": "layer"}, [-2.0, 2.0], weight=[0.5]).tolist() == [-1, 2]


def test_merges() -> None:
    a, b = [[1.0, 2.0]], [[10.0, -20.0]]
    assert both("add", {}, a, b, a).tolist() == [[12, -16]]
    assert both("maximum", {}, a, b).tolist() == [[10, 2]]
    assert both("multiply", {}, a, b).tolist() == [[10, -40]]
    assert both("multiply", {}, [[1.0, 2.0], [3.0, 4.0]], [10.0, 100.0]).tolist() == [
        [10, 20],
        [300, 400],
    ]  # a vector is per channel
    assert both("concat", {}, a, b).tolist() == [[1, 2], [10, -20]]
    assert both("concat", {"axis": "length"}, a, b).tolist() == [[1, 2, 10, -20]]
    assert both("highway", {}, [[8.0]], [[0.25]], [[4.0]]).tolist() == [[5]]  # 8/4 + 4 * 3/4


def test_moving_numbers() -> None:
    image = [[[1.0, 2.0], [3.0, 4.0]], [[5.0, 6.0], [7.0, 8.0]]]
    assert both("flatten", {}, image).tolist() == [1, 2, 3, 4, 5, 6, 7, 8]
    assert both("reshape", {"shape": [4, 2]}, image).tolist() == [[1, 2], [3, 4], [5, 6], [7, 8]]
    assert both("permute", {"order": [1, 2, 0]}, image).tolist() == [[[1, 5], [2, 6]], [[3, 7], [4, 8]]]
    assert both("slice", {"axis": "width", "start": 1}, image).tolist() == [[[2], [4]], [[6], [8]]]
    assert both("crop", {"size": 1}, ROW).tolist() == [[7]]
    assert both("crop", {"size": 2}, [[1.0, 2.0, 3.0]]).tolist() == [[1, 2]]  # the odd position goes behind
    assert both("crop", {"like": "other"}, [[1.0, 2.0, 3.0]], [[0.0]]).tolist() == [[2]]
    assert both("pad", {"amount": {"left": 1, "right": 2}, "mode": "constant", "value": 9}, [[1.0]]).tolist() == [
        [9, 1, 9, 9]
    ]
    assert both("pad", {"amount": 1, "mode": "reflect"}, [[1.0, 2.0, 3.0]]).tolist() == [[2, 1, 2, 3, 2]]
    assert both("upsample", {"factor": 2}, [[1.0, 2.0]]).tolist() == [[1, 1, 2, 2]]
    assert both("upsample", {"factor": 2, "mode": "bilinear"}, [[1.0, 2.0]]).tolist() == [[1, 1.25, 1.75, 2]]
    both("upsample", {"size": [3, 5], "mode": "bicubic"}, image)
    four = [[[1.0]], [[2.0]], [[3.0]], [[4.0]]]
    assert both("pixel_shuffle", {"factor": 2}, four).tolist() == [[[1, 2], [3, 4]]]
    assert both("pixel_unshuffle", {"factor": 2}, [[[1.0, 2.0], [3.0, 4.0]]]).tolist() == four
    assert both("channel_shuffle", {"groups": 2}, four).tolist() == [[[1]], [[3]], [[2]], [[4]]]
    for kind in ("identity", "dropout", "spatial_dropout", "drop_path"):
        assert both(kind, {}, image).tolist() == image


@pytest.mark.parametrize("kind", ["dropout", "spatial_dropout", "drop_path"])
def test_dropping_happens_in_training(kind: str) -> None:
    torch.manual_seed(1)
    x = torch.ones(64, 8, 5, 5)
    module = twin(kind, layer_class(kind)(rate=0.5), x).train()
    y = module(x)
    assert set(y.unique().tolist()) == {0.0, 2.0}  # what is kept is scaled
    whole = {
        "dropout": y,
        "spatial_dropout": y.amax((2, 3)) - y.amin((2, 3)),
        "drop_path": y.amax((1, 2, 3)) - y.amin((1, 2, 3)),
    }[kind]
    assert kind == "dropout" or not whole.any()  # a channel, or an image, is dropped as one


@pytest.mark.parametrize(
    ("kind", "fields", "shape"),
    [
        ("conv2d", {"filters": 3, "kernel": 3}, (3, 3, 8)),  # torch would read 3 channels without a batch
        ("maxpool", {"kernel": 2}, (2, 8)),
        ("instancenorm", {}, (2, 8)),
        ("add", {}, (2, 3, 4)),
        ("softmax", {"axis": "depth"}, (2, 3, 4, 4)),
    ],
)
def test_what_torch_would_take_for_something_else_is_refused(
    kind: str, fields: dict[str, Any], shape: tuple[int, ...]
) -> None:
    with pytest.raises((ValueError, IndexError, TypeError)):
        twin(kind, layer_class(kind)(**fields), torch.zeros(shape))


def test_dilated_max_pooling_of_small_maps() -> None:
    """Refused exactly where torch refuses, or gives minus infinity since a window reads padding alone."""
    cases = product(range(1, 8), range(1, 5), (1, 2, 3), (2, 3, 5), (0, 1, 2, "same"), (False, True))
    for size, kernel, stride, dilation, padding, ceil in cases:
        layer = layer_class("maxpool")(kernel=kernel, stride=stride, dilation=dilation, padding=padding, ceil_mode=ceil)
        try:
            finite = twin("maxpool", layer, torch.zeros(1, 1, size))(torch.zeros(1, 1, size)).isfinite().all().item()
        except RuntimeError:
            finite = False
        assert finite == (not any(layer.requires((1, size)))), (size, kernel, stride, dilation, padding, ceil)
