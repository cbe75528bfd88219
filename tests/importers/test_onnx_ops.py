"""The importer from ONNX, operator by operator: kinds, fields, sizes and parameters worked out by hand."""

from pathlib import Path
from typing import Any, NamedTuple

import numpy
import pytest

from cnncalc import analyze, from_onnx
from tests.importers.onnx_files import build, calls, node, save, whole, zeros

F = numpy.float32


class Row(NamedTuple):
    """One operator: its node, the map it gets, what else it gets; the layer (or the layers) that must come of it."""

    op: Any
    x: tuple[int, ...]
    tensors: dict[str, Any]
    kind: str | list[str]
    fields: dict[str, Any] | list[dict[str, Any]]
    output: tuple[int, ...]
    params: int = 0
    buffers: int = 0
    opset: int = 20


W = {"w": zeros(8, 3, 3, 3)}
WB = {**W, "b": zeros(8)}
ROWS: dict[str, Row] = {
    # (224 + 2 - 3) // 2 + 1 = 112; 8 * 3 * 9 + 8 = 224
    "conv": Row(
        node("Conv", "x w b", "y", strides=[2, 2], pads=[1, 1, 1, 1]),
        (3, 224, 224),
        WB,
        "conv",
        {"filters": 8, "kernel": 3, "stride": 2, "padding": 1},
        (8, 112, 112),
        224,
    ),
    # begin 0, end 1 on both axes: (10 + 1 - 3) // 2 + 1 = 5
    "conv uneven": Row(
        node("Conv", "x w", "y", strides=[2, 2], pads=[0, 0, 1, 1]),
        (3, 10, 10),
        W,
        "conv",
        {"filters": 8, "kernel": 3, "stride": 2, "padding": {"bottom": 1, "right": 1}, "bias": False},
        (8, 5, 5),
        216,
    ),
    "conv same upper": Row(
        node("Conv", "x w", "y", strides=[2, 2], auto_pad="SAME_UPPER"),
        (3, 10, 9),
        W,
        "conv",
        {"filters": 8, "kernel": 3, "stride": 2, "padding": "same", "bias": False},
        (8, 5, 5),
        216,
    ),
    # ceil(10 / 2) = 5 windows need (5 - 1) * 2 + 3 - 10 = 1: SAME_LOWER puts it before; ceil(9 / 2) = 5 need 2: one each
    "conv same lower": Row(
        node("Conv", "x w", "y", strides=[2, 2], auto_pad="SAME_LOWER"),
        (3, 10, 9),
        W,
        "conv",
        {"filters": 8, "kernel": 3, "stride": 2, "padding": {"top": 1, "left": 1, "right": 1}, "bias": False},
        (8, 5, 5),
        216,
    ),
    "conv valid": Row(
        node("Conv", "x w", "y", auto_pad="VALID"),
        (3, 10, 9),
        W,
        "conv",
        {"filters": 8, "kernel": 3, "bias": False},
        (8, 8, 7),
        216,
    ),
    "conv dilated": Row(
        node("Conv", "x w", "y", dilations=[2, 3], pads=[2, 3, 2, 3]),
        (3, 10, 10),
        W,
        "conv",
        {"filters": 8, "kernel": 3, "padding": [2, 3], "dilation": [2, 3], "bias": False},
        (8, 10, 10),
        216,
    ),
    "conv 1-D": Row(
        node("Conv", "x w", "y"),
        (3, 100),
        {"w": zeros(4, 3, 5)},
        "conv",
        {"filters": 4, "kernel": 5, "bias": False},
        (4, 96),
        60,
    ),
    "conv 3-D": Row(
        node("Conv", "x w", "y"),
        (2, 8, 9, 10),
        {"w": zeros(4, 2, 1, 2, 3)},
        "conv",
        {"filters": 4, "kernel": [1, 2, 3], "bias": False},
        (4, 8, 8, 8),
        48,
    ),
    "conv grouped": Row(
        node("Conv", "x w", "y", group=2),
        (6, 5, 5),
        {"w": zeros(4, 3, 1, 1)},
        "conv",
        {"filters": 4, "kernel": 1, "groups": 2, "bias": False},
        (4, 5, 5),
        12,
    ),
    "conv depthwise": Row(
        node("Conv", "x w", "y", group=3),
        (3, 5, 5),
        {"w": zeros(6, 1, 3, 3)},
        "depthwise_conv",
        {"kernel": 3, "multiplier": 2, "bias": False},
        (6, 3, 3),
        54,
    ),
    # (7 - 1) * 2 + 4 - 2 = 14; 16 * 8 * 16 + 8 = 2056
    "transposed": Row(
        node("ConvTranspose", "x w b", "y", strides=[2, 2], pads=[1, 1, 1, 1]),
        (16, 7, 7),
        {"w": zeros(16, 8, 4, 4), "b": zeros(8)},
        "transposed_conv",
        {"filters": 8, "kernel": 4, "stride": 2, "padding": 1},
        (8, 14, 14),
        2056,
    ),
    "transposed more": Row(
        node("ConvTranspose", "x w", "y", strides=[2, 2], pads=[1, 1, 1, 1], output_padding=[1, 1]),
        (4, 7, 7),
        {"w": zeros(4, 2, 3, 3)},
        "transposed_conv",
        {"filters": 2, "kernel": 3, "stride": 2, "padding": 1, "output_padding": 1, "bias": False},
        (2, 14, 14),
        72,
    ),
    # the full result is (7 - 1) * 2 + 3 = 15, one too many: without SAME_UPPER the larger half is cut before
    "transposed to a size": Row(
        node("ConvTranspose", "x w", "y", strides=[2, 2], output_shape=[14, 14]),
        (4, 7, 7),
        {"w": zeros(4, 2, 3, 3)},
        "transposed_conv",
        {"filters": 2, "kernel": 3, "stride": 2, "padding": {"top": 1, "left": 1}, "bias": False},
        (2, 14, 14),
        72,
    ),
    "gemm": Row(
        node("Gemm", "x w b", "y", transB=1), (10,), {"w": zeros(4, 10), "b": zeros(4)}, "dense", {"units": 4}, (4,), 44
    ),
    "gemm the other way": Row(
        node("Gemm", "x w", "y"), (10,), {"w": zeros(10, 4)}, "dense", {"units": 4, "bias": False}, (4,), 40
    ),
    "matmul along the last axis": Row(
        node("MatMul", "x w", "y"),
        (5, 10),
        {"w": zeros(10, 4)},
        "dense",
        {"units": 4, "bias": False, "axis": "last"},
        (5, 4),
        40,
    ),
    "batchnorm": Row(
        node("BatchNormalization", "x s b m v", "y"),
        (6, 4, 4),
        {"s": zeros(6), "b": zeros(6), "m": zeros(6), "v": zeros(6)},
        "batchnorm",
        {},
        (6, 4, 4),
        12,
        12,
    ),
    "instancenorm": Row(
        node("InstanceNormalization", "x s b", "y"),
        (6, 4, 4),
        {"s": zeros(6), "b": zeros(6)},
        "instancenorm",
        {"affine": True},
        (6, 4, 4),
        12,
    ),
    "layernorm": Row(
        node("LayerNormalization", "x s b", "y", axis=1),
        (6, 4, 4),
        {"s": zeros(6, 4, 4), "b": zeros(6, 4, 4)},
        "layernorm",
        {"over": "all"},
        (6, 4, 4),
        192,
    ),
    "groupnorm": Row(
        node("GroupNormalization", "x s b", "y", num_groups=3),
        (6, 4, 4),
        {"s": zeros(6), "b": zeros(6)},
        "groupnorm",
        {"groups": 3},
        (6, 4, 4),
        12,
        opset=21,
    ),
    "lrn": Row(
        node("LRN", "x", "y", size=5, alpha=2e-4, beta=0.75, bias=2.0),
        (6, 4, 4),
        {},
        "lrn",
        {"size": 5, "alpha": 0.0002, "k": 2},
        (6, 4, 4),
    ),
    # ceil((6 + 0 - 3) / 2) + 1 = 3 with ceil_mode, 2 without
    "maxpool": Row(
        node("MaxPool", "x", "y", kernel_shape=[3, 3], strides=[2, 2]),
        (6, 6, 6),
        {},
        "maxpool",
        {"kernel": 3, "stride": 2},
        (6, 2, 2),
    ),
    "maxpool up": Row(
        node("MaxPool", "x", "y", kernel_shape=[3, 3], strides=[2, 2], ceil_mode=1),
        (6, 6, 6),
        {},
        "maxpool",
        {"kernel": 3, "stride": 2, "ceil_mode": True},
        (6, 3, 3),
    ),
    "maxpool of stride 1": Row(
        node("MaxPool", "x", "y", kernel_shape=[2, 2]), (6, 6, 6), {}, "maxpool", {"kernel": 2, "stride": 1}, (6, 5, 5)
    ),
    "avgpool": Row(
        node("AveragePool", "x", "y", kernel_shape=[3, 3], strides=[1, 1], pads=[1, 1, 1, 1]),
        (6, 6, 6),
        {},
        "avgpool",
        {"kernel": 3, "stride": 1, "padding": 1, "count_include_pad": False},
        (6, 6, 6),
    ),
    "avgpool with padding": Row(
        node("AveragePool", "x", "y", kernel_shape=[3, 3], strides=[1, 1], pads=[1, 1, 1, 1], count_include_pad=1),
        (6, 6, 6),
        {},
        "avgpool",
        {"kernel": 3, "stride": 1, "padding": 1},
        (6, 6, 6),
    ),
    "lppool": Row(
        node("LpPool", "x", "y", kernel_shape=[2, 2], strides=[2, 2], p=3),
        (6, 6, 6),
        {},
        "lppool",
        {"kernel": 2, "p": 3},
        (6, 3, 3),
    ),
    "global avgpool": Row(
        node("GlobalAveragePool", "x", "y"), (6, 5, 4), {}, "global_avgpool", {"keepdims": True}, (6, 1, 1)
    ),
    "global maxpool": Row(
        node("GlobalMaxPool", "x", "y"), (6, 5, 4), {}, "global_maxpool", {"keepdims": True}, (6, 1, 1)
    ),
    "mean over positions": Row(
        node("ReduceMean", "x", "y", axes=[2, 3], keepdims=1),
        (6, 5, 4),
        {},
        "global_avgpool",
        {"keepdims": True},
        (6, 1, 1),
        opset=13,
    ),
    "mean over channels": Row(
        node("ReduceMean", "x a", "y"),
        (6, 5, 4),
        {"a": whole(1)},
        "depth_pool",
        {"kernel": 6, "mode": "average"},
        (1, 5, 4),
    ),
    "maximum over the height": Row(
        node("ReduceMax", "x a", "y"), (6, 5, 4), {"a": whole(-2)}, "maxpool", {"kernel": [5, 1]}, (6, 1, 4)
    ),
    "sum over positions": Row(
        node("ReduceSum", "x a", "y"),
        (6, 5, 4),
        {"a": whole(2)},
        ["avgpool", "rescale"],
        [{"kernel": [5, 1]}, {"factor": 5}],
        (6, 1, 4),
    ),
    "pad of channels": Row(
        node("Pad", "x p", "y"),
        (6, 5, 4),
        {"p": whole(0, 1, 0, 0, 0, 2, 0, 0)},
        ["permute", "pad", "permute"],
        [{"order": [1, 0, 2]}, {"amount": {"top": 1, "bottom": 2}}, {"order": [1, 0, 2]}],
        (9, 5, 4),
    ),
    "leaky relu": Row(node("LeakyRelu", "x", "y", alpha=0.2), (6, 4, 4), {}, "leaky_relu", {"slope": 0.2}, (6, 4, 4)),
    "prelu": Row(node("PRelu", "x s", "y"), (6, 4, 4), {"s": zeros(6, 1, 1)}, "prelu", {}, (6, 4, 4), 6),
    "prelu of one slope": Row(
        node("PRelu", "x s", "y"), (6, 4, 4), {"s": zeros(1)}, "prelu", {"per": "layer"}, (6, 4, 4), 1
    ),
    "relu6": Row(node("Clip", "x low high", "y"), (6, 4, 4), {"low": F(0), "high": F(6)}, "relu6", {}, (6, 4, 4)),
    "relu6 of old": Row(node("Clip", "x", "y", min=0.0, max=6.0), (6, 4, 4), {}, "relu6", {}, (6, 4, 4), opset=10),
    "clip from 0": Row(node("Clip", "x low", "y"), (6, 4, 4), {"low": F(0)}, "relu", {}, (6, 4, 4)),
    "elu": Row(node("Elu", "x", "y", alpha=0.5), (6, 4, 4), {}, "elu", {"alpha": 0.5}, (6, 4, 4)),
    "softmax": Row(node("Softmax", "x", "y", axis=2), (6, 5, 4), {}, "softmax", {"axis": "height"}, (6, 5, 4)),
    "log softmax of old": Row(node("LogSoftmax", "x", "y"), (6,), {}, "log_softmax", {}, (6,), opset=11),
    "hard sigmoid": Row(node("HardSigmoid", "x", "y", alpha=1 / 6), (6, 4, 4), {}, "hardsigmoid", {}, (6, 4, 4)),
    "dropout": Row(
        node("Dropout", "x", "y", ratio=0.25), (6, 4, 4), {}, "dropout", {"rate": 0.25}, (6, 4, 4), opset=11
    ),
    "times a number": Row(node("Mul", "x c", "y"), (6, 4, 4), {"c": F(0.25)}, "rescale", {"factor": 0.25}, (6, 4, 4)),
    "a number minus": Row(
        node("Sub", "c x", "y"), (6, 4, 4), {"c": F(1)}, "rescale", {"factor": -1, "offset": 1}, (6, 4, 4)
    ),
    "by a number": Row(node("Div", "x c", "y"), (6, 4, 4), {"c": F(4)}, "rescale", {"factor": 0.25}, (6, 4, 4)),
    "layer scale": Row(
        node("Mul", "x net.gamma", "y"), (6, 4, 4), {"net.gamma": zeros(6, 1, 1)}, "scale", {}, (6, 4, 4), 6
    ),
    "a learned number": Row(
        node("Mul", "x net.gamma", "y"), (6, 4, 4), {"net.gamma": zeros(1)}, "scale", {"per": "layer"}, (6, 4, 4), 1
    ),
    "relu by maximum": Row(node("Max", "x c", "y"), (6, 4, 4), {"c": F(0)}, "relu", {}, (6, 4, 4)),
    "flatten": Row(node("Flatten", "x", "y"), (6, 4, 4), {}, "flatten", {}, (96,)),
    "reshape": Row(
        node("Reshape", "x s", "y"), (6, 4, 4), {"s": whole(0, 3, -1, 4)}, "reshape", {"shape": [3, 8, 4]}, (3, 8, 4)
    ),
    "transpose": Row(
        node("Transpose", "x", "y", perm=[0, 2, 3, 1]), (6, 5, 4), {}, "permute", {"order": [1, 2, 0]}, (5, 4, 6)
    ),
    "slice": Row(
        node("Slice", "x a b c", "y"),
        (6, 5, 4),
        {"a": whole(1), "b": whole(-1), "c": whole(2)},
        "slice",
        {"axis": "height", "start": 1, "stop": 4},
        (6, 3, 4),
    ),
    "gather": Row(
        node("Gather", "x i", "y", axis=1),
        (6, 5, 4),
        {"i": whole(2, 3, 4)},
        "slice",
        {"start": 2, "stop": 5},
        (3, 5, 4),
    ),
    "pad": Row(
        node("Pad", "x p", "y", mode="reflect"),
        (6, 5, 4),
        {"p": whole(0, 0, 1, 2, 0, 0, 1, 2)},
        "pad",
        {"amount": [1, 2], "mode": "reflect"},
        (6, 7, 8),
    ),
    "pad by less": Row(
        node("Pad", "x p", "y"),
        (6, 5, 4),
        {"p": whole(0, 0, 0, 0, 0, 0, -1, 0)},
        "slice",
        {"axis": "height", "stop": 4},
        (6, 4, 4),
    ),
    "resize": Row(
        node("Resize", "x _ f", "y", mode="linear"),
        (6, 5, 4),
        {"f": numpy.array([1, 1, 2, 3], F)},
        "upsample",
        {"factor": [2, 3], "mode": "bilinear"},
        (6, 10, 12),
    ),
    "resize to a size": Row(
        node("Resize", "x _ _ s", "y"), (6, 5, 4), {"s": whole(2, 6, 7, 7)}, "upsample", {"size": 7}, (6, 7, 7)
    ),
    "upsample": Row(
        node("Upsample", "x f", "y"),
        (6, 5, 4),
        {"f": numpy.array([1, 1, 2, 2], F)},
        "upsample",
        {"factor": 2},
        (6, 10, 8),
        opset=9,
    ),
    "depth to space": Row(
        node("DepthToSpace", "x", "y", blocksize=2, mode="CRD"),
        (8, 5, 4),
        {},
        "pixel_shuffle",
        {"factor": 2},
        (2, 10, 8),
    ),
    "space to depth": Row(
        node("SpaceToDepth", "x", "y", blocksize=2), (2, 10, 8), {}, "pixel_unshuffle", {"factor": 2}, (8, 5, 4)
    ),
}


@pytest.mark.parametrize("name", ROWS)
def test_operator(name: str, tmp_path: Path) -> None:
    row = ROWS[name]
    model = build([row.op], {"x": [2, *row.x]}, row.tensors, opset=row.opset)
    spec = from_onnx(save(model, tmp_path), flat=True)
    kinds, fields = (each if isinstance(each, list) else [each] for each in (row.kind, row.fields))
    assert [(call.kind, dict(call.fields)) for call in calls(spec)] == list(zip(kinds, fields, strict=True))
    analysis = analyze(spec)
    assert analysis.rows[-1].output == row.output
    assert (analysis.totals.params, analysis.totals.buffers) == (row.params, row.buffers)
