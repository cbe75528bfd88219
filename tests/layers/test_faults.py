"""What each kind refuses, in which words, and that the remedy it names works.

A fault is a requirement that certainly does not hold; with symbolic sizes it may be undecided, which is an assumption.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from cnncalc.core.dims import ceildiv, floordiv, text
from cnncalc.core.shapes import Shape
from cnncalc.core.symbolic import symbol
from cnncalc.layers import KINDS, layer_class
from cnncalc.layers.base import Layer, Unmet


class Fault(NamedTuple):
    """A layer on inputs that it cannot take."""

    kind: str
    inputs: str
    message: str
    code: str
    fields: dict[str, Any]


def fault(kind: str, inputs: str, message: str, code: str = "CN001", **fields: Any) -> Fault:
    """A line of the table; the layer's fields are keywords."""
    return Fault(kind, inputs, message, code, fields)


FAULTS = [
    # the number of axes
    fault("conv", "100", "conv takes a 1-D or 2-D or 3-D map", filters=4, kernel=3),
    fault("conv1d", "3x8x8", "conv1d takes a 1-D map", filters=4, kernel=3),
    fault("conv2d", "3x100", "conv2d takes a 2-D map", filters=4, kernel=3),
    fault("conv2d", "3x8x8x8", "conv2d takes a 2-D map", filters=4, kernel=3),
    fault("conv3d", "3x8x8", "conv3d takes a 3-D map", filters=4, kernel=3),
    fault("depthwise_conv", "100", "depthwise_conv takes a", kernel=3),
    fault("transposed_conv", "100", "transposed_conv takes a", filters=4, kernel=3),
    fault("locally_connected", "100", "locally_connected takes a", filters=4, kernel=3),
    fault("maxpool", "100", "maxpool takes a", kernel=2),
    fault("avgpool", "100", "avgpool takes a", kernel=2),
    fault("lppool", "100", "lppool takes a", kernel=2),
    fault("global_maxpool", "100", "global_maxpool takes a"),
    fault("global_avgpool", "100", "global_avgpool takes a"),
    fault("adaptive_maxpool", "100", "adaptive_maxpool takes a", size=2),
    fault("adaptive_avgpool", "100", "adaptive_avgpool takes a", size=2),
    fault("depth_pool", "100", "depth_pool takes a", kernel=2),
    fault("instancenorm", "100", "instancenorm takes a"),
    fault("instancenorm", "8x1x1", "8x1x1 has only one"),
    fault("lrn", "100", "lrn takes a"),
    fault("crop", "100", "crop takes a", size=2),
    fault("pad", "100", "pad takes a", amount=2),
    fault("upsample", "100", "nearest upsample takes a", factor=2),
    fault("upsample", "3x100", "bicubic upsample takes a 2-D map", factor=2, mode="bicubic"),
    fault("upsample", "3x8x8x8", "bicubic upsample takes a 2-D map", factor=2, mode="bicubic"),
    fault("pixel_shuffle", "4x100", "pixel_shuffle takes a 2-D map", factor=2),
    fault("pixel_unshuffle", "4x100", "pixel_unshuffle takes a 2-D map", factor=2),
    fault("permute", "3x8x8", "order names 2 axes but 3x8x8 has 3", order=[1, 0]),
    # a dense layer on a map
    fault("dense", "256x6x6", "dense takes a vector but is fed the map 256x6x6", "CN004", units=10),
    fault("rbf", "84x1x1", "rbf takes a vector but is fed the map 84x1x1", "CN004", units=10),
    # lists and sides that do not fit the axes
    fault("conv", "3x8x8", "kernel has 3 values but the map has 2 spatial axes", filters=4, kernel=[3, 3, 3]),
    fault("conv", "3x8x8", "stride has 1 values", filters=4, kernel=3, stride=[2]),
    fault("conv", "3x8x8", "padding has 3 values", filters=4, kernel=3, padding=[1, 1, 1]),
    fault("conv", "3x8x8", "dilation has 1 values", filters=4, kernel=3, dilation=[2]),
    fault("conv", "3x8x8", "padding names sides that a 2-D map", filters=4, kernel=3, padding={"front": 1}),
    fault("conv", "3x100", "padding names sides that a 1-D map", filters=4, kernel=3, padding={"left": 1, "top": 1}),
    fault("depthwise_conv", "3x8x8", "kernel has 1 values", kernel=[3]),
    fault("transposed_conv", "3x8x8", "output_padding has 1 values", filters=4, kernel=3, output_padding=[1]),
    fault("transposed_conv", "3x8x8", "kernel has 3 values", filters=4, kernel=[3, 3, 3]),
    fault("transposed_conv", "3x8", "padding names sides that a 1-D", filters=4, kernel=3, padding={"bottom": 1}),
    fault("locally_connected", "3x8x8", "stride has 3 values", filters=4, kernel=3, stride=[1, 1, 1]),
    fault("maxpool", "3x8x8", "stride has 1 values", kernel=2, stride=[2]),
    fault("maxpool", "3x8x8", "dilation has 3 values", kernel=2, dilation=[1, 1, 1]),
    fault("avgpool", "3x8x8", "padding has 1 values", kernel=2, padding=[1]),
    fault("lppool", "3x8x8", "kernel has 3 values", kernel=[2, 2, 2]),
    fault("adaptive_avgpool", "3x8x8", "size has 3 values", size=[2, 2, 2]),
    fault("adaptive_maxpool", "3x8", "size has 2 values", size=[2, 2]),
    fault("crop", "3x8x8", "size has 1 values", size=[4]),
    fault("pad", "3x8x8", "amount has 3 values", amount=[1, 1, 1]),
    fault("pad", "3x8x8", "amount names sides that a 2-D map", amount={"back": 1}),
    fault("upsample", "3x8x8", "factor has 1 values", factor=[2]),
    fault("upsample", "3x8x8", "size has 3 values", size=[2, 2, 2]),
    # room for the kernel
    fault("conv", "3x10x20", "kernel 11 exceeds the height 10", filters=4, kernel=11),
    fault("conv", "3x20x10", "kernel 11 exceeds the width 10", filters=4, kernel=11),
    fault("conv", "3x3x3", "kernel 7 exceeds the padded height 5 (3 + 1 + 1)", filters=4, kernel=7, padding=1),
    fault("conv", "3x100", "kernel 101 exceeds the length 100", filters=4, kernel=101),
    fault("conv", "3x2x8x8", "kernel 3 exceeds the depth 2", filters=4, kernel=3),
    fault("conv", "3x8x8", "kernel 4 (effective 10, dilation 3) exceeds the height 8", filters=4, kernel=4, dilation=3),
    fault("conv", "3x8x8", "(effective 9, dilation 8) exceeds the height 8", filters=4, kernel=2, dilation=8),
    fault("conv", "3x3x30", "(3 + 5 + 0)", filters=4, kernel=10, padding={"top": 5}),
    fault("conv", "3x3x30", "(3 + 0 + 5)", filters=4, kernel=10, padding={"bottom": 5}),
    fault("conv", "3x3x30", "(3 + 2 + 1)", filters=4, kernel=9, padding={"top": 2, "bottom": 1}),
    fault("conv", "3x3x30", "(3 + 1 + 2)", filters=4, kernel=9, padding={"top": 1, "bottom": 2}),
    fault("depthwise_conv", "3x4x9", "kernel 5 exceeds the height 4", kernel=5),
    fault("locally_connected", "3x4x9", "kernel 5 exceeds the height 4", filters=4, kernel=5),
    fault("maxpool", "3x1x9", "kernel 2 exceeds the height 1", kernel=2),
    fault("maxpool", "3x1x1", "kernel 7 exceeds the padded height 5 (1 + 2 + 2)", kernel=7, padding=2),
    fault("maxpool", "3x8x20", "kernel 4 (effective 10, dilation 3) exceeds the height 8", kernel=4, dilation=3),
    fault(
        "maxpool", "3x2x9", "kernel 3 exceeds the height 2: no window starts on it", kernel=3, stride=1, ceil_mode=True
    ),
    fault(
        "maxpool", "3x1x9", "kernel 3 exceeds the height 1: no window starts on it", kernel=3, stride=2, ceil_mode=True
    ),
    fault("avgpool", "3x7x7", "kernel 8 exceeds the height 7", kernel=8),
    fault("lppool", "3x7", "kernel 8 exceeds the length 7", kernel=8),
    fault("depth_pool", "6x8x8", "kernel 7 exceeds the 6 channels", kernel=7),
    # padding of at most half the pooling kernel, as torch demands: dilated or not
    fault("maxpool", "3x20x20", "padding 2 is more than half the pooling kernel 3", kernel=3, padding=2),
    fault("maxpool", "3x9x1", "apart and the width is 1", kernel=2, padding=1, dilation=2),
    fault("maxpool", "3x1x9", "apart and the height is 1", kernel=2, padding="same", dilation=2),
    fault("maxpool", "3x20x20", "padding 1 is more than half the pooling kernel 1", kernel=1, padding=1),
    fault("maxpool", "3x20x20", "padding 2 is more than half the pooling kernel 3", kernel=3, dilation=2, padding=2),
    fault("avgpool", "3x20x20", "padding 3 is more than half", kernel=4, padding={"bottom": 3}),
    fault("lppool", "3x20x20", "padding 2 is more than half", kernel=3, padding="full"),
    # groups
    fault("conv", "10x8x8", "10 input channels do not divide into 4 groups", filters=8, kernel=3, groups=4),
    fault("conv", "8x8x8", "10 filters do not divide into 4 groups", filters=10, kernel=3, groups=4),
    fault("transposed_conv", "10x8x8", "10 input channels do not divide into 4", filters=8, kernel=3, groups=4),
    fault("groupnorm", "10x8x8", "10 channels do not divide into 4 groups", groups=4),
    fault("channel_shuffle", "10x8x8", "10 channels do not divide into 4 groups", groups=4),
    fault("maxout", "10x8x8", "10 channels do not divide into pieces of 4", pieces=4),
    fault("pixel_shuffle", "10x8x8", "10 channels do not divide by 4 (2 squared)", factor=2),
    fault("pixel_unshuffle", "3x9x8", "height 9 does not divide by 2", factor=2),
    fault("pixel_unshuffle", "3x8x9", "width 9 does not divide by 2", factor=2),
    # what padding may hold
    fault("conv", "3x3x9", "reflect padding of 3", filters=4, kernel=3, padding=3, padding_mode="reflect"),
    fault("conv", "3x3x9", "circular padding of 4", filters=4, kernel=3, padding=4, padding_mode="circular"),
    fault("pad", "3x3x9", "reflect padding of 3", amount=3, mode="reflect"),
    fault("pad", "3x9x3", "circular padding of 4", amount={"right": 4}, mode="circular"),
    # the connection table
    fault("conv", "2x8x8", "the connection table has 1 rows for 2 filters", filters=2, kernel=3, connections=[[0, 1]]),
    fault("conv", "2x8x8", "names input channel 2 but the input has 2", filters=1, kernel=3, connections=[[0, 2]]),
    fault("conv", "2x8x8", "exclude each other", filters=2, kernel=3, connections=[[0], [1]], groups=2),
    # transposed convolution
    fault("transposed_conv", "3x8x8", "padding full has no meaning", filters=4, kernel=3, padding="full"),
    fault(
        "transposed_conv",
        "3x8x8",
        "padding same fixes the output",
        filters=4,
        kernel=3,
        padding="same",
        output_padding=1,
    ),
    fault(
        "transposed_conv", "3x8x8", "output_padding 2 is not smaller", filters=4, kernel=3, stride=2, output_padding=2
    ),
    fault("transposed_conv", "3x8x8", "output_padding 1 is not smaller", filters=4, kernel=3, output_padding=[0, 1]),
    fault("transposed_conv", "3x1x9", "the height of the result would be 0", filters=4, kernel=2, stride=2, padding=1),
    fault("transposed_conv", "3x9x1", "the width of the result would be -1", filters=4, kernel=3, padding={"left": 4}),
    # axes by name
    fault("softmax", "10", "10 has no axis height", axis="height"),
    fault("log_softmax", "3x8x8", "3x8x8 has no axis depth", axis="depth"),
    fault("slice", "3x8x8", "3x8x8 has no axis length", axis="length", stop=2),
    fault("concat", "3x8x8 3x8x8", "3x8x8 has no axis length", axis="length"),
    # moving numbers
    fault("reshape", "16x5x5", "cannot reshape 16x5x5 (400 numbers) to 401 (401 numbers)", shape=401),
    fault("slice", "3x8x8", "slice ends at 9 but the width are 8", axis="width", stop=9),
    fault("slice", "3x8x8", "slice from 2 to 2 is empty", start=2, stop=2),
    fault("slice", "3x8x8", "slice from 3 to 3 is empty", start=3),
    fault("crop", "3x8x8", "cannot crop height 8 to 9", size=9),
    fault("crop", "3x8x8 3x4x9", "cannot crop width 8 to 9", like="up"),
    fault("crop", "3x8x8", "crop needs size or like"),
    fault("crop", "3x8x8 3x8", "crop cannot cut 3x8x8 to the sides of 3x8", like="up"),
    fault("upsample", "3x8x8", "upsample takes either factor or size"),
    fault("upsample", "3x8x8", "upsample takes either factor or size", factor=2, size=9),
    # joining
    fault("add", "3x8x8", "add joins at least two inputs", "CN002"),
    fault("add", "3x8x8 4x8x8", "input 1 is 3x8x8 and input 2 is 4x8x8", "CN002"),
    fault("add", "3x8x8 3x8x8 3x8x7", "input 1 is 3x8x8 and input 3 is 3x8x7", "CN002"),
    fault("add", "3x8x8 3", "add needs equal shapes", "CN002"),
    fault("maximum", "3x8x8 3x1x1", "maximum needs equal shapes", "CN002"),
    fault("maximum", "3x8x8", "maximum joins at least two inputs", "CN002"),
    fault("multiply", "3x8x8", "multiply joins at least two inputs", "CN002"),
    fault("multiply", "3x8x8 4", "multiply cannot join 3x8x8 and 4", "CN002"),
    fault("multiply", "3x8x8 3x8x7", "multiply cannot join 3x8x8 and 3x8x7", "CN002"),
    fault("multiply", "3x8x8 3x8", "their ranks differ", "CN002"),
    fault("multiply", "10 9", "multiply cannot join 10 and 9", "CN002"),
    fault("concat", "3x8x8", "concat joins at least two inputs", "CN002"),
    fault("concat", "3x8x8 3x9x8", "the height differs", "CN002"),
    fault("concat", "3x8x8 3x8x8 3x8x9", "(input 3): the width differs", "CN002"),
    fault("concat", "3x8x8 4x9x8", "the channels differ", "CN002", axis="height"),
    fault("concat", "3x8x8 3", "their ranks differ", "CN002"),
    fault("scale", "3x8x8", "scale learns nothing", weight=False),
    fault("opaque", "3x8x8", "opaque was measured on 3x9x9, not on 3x8x8", shape=[4, 4], input=[3, 9, 9]),
    fault("highway", "3x8x8 3x8x8 3x8x7", "highway (inputs: transform, gate, input) needs equal shapes", "CN002"),
]

WRONG_FIELDS = [
    # kind, fields, what is expected, the remedy
    ("conv", {"filters": 4, "kernel": 3, "stride": 0}, "a whole number of at least 1", ""),
    ("conv", {"filters": 4, "kernel": [3, 0]}, "a whole number of at least 1", ""),
    ("conv", {"filters": 4, "kernel": []}, "a list with one per axis (1 to 3)", ""),
    ("conv", {"filters": 4, "kernel": [1, 1, 1, 1]}, "a list with one per axis (1 to 3)", ""),
    ("conv", {"filters": 4, "kernel": 3.0}, "a whole number of at least 1", "write 3"),
    ("conv", {"filters": 4, "kernel": 2.5}, "a whole number of at least 1", ""),
    ("conv", {"filters": True, "kernel": 3}, "a whole number of at least 1", ""),
    ("conv", {"filters": None, "kernel": 3}, "a whole number of at least 1", ""),
    ("conv", {"filters": "wide", "kernel": 3}, "a whole number of at least 1", "define it under variables:"),
    ("conv", {"filters": 10**12 + 1, "kernel": 3}, "of at most 10^12", ""),
    ("conv", {"filters": 4, "kernel": 3, "padding": -1}, "a whole number of at least 0", ""),
    ("conv", {"filters": 4, "kernel": 3, "padding": "sane"}, "valid, same, full", "did you mean same?"),
    (
        "conv",
        {"filters": 4, "kernel": 3, "padding": {"lefft": 1}},
        "the sides top, bottom, left, right",
        "did you mean left?",
    ),
    ("conv", {"filters": 4, "kernel": 3, "padding": {"left": -1}}, "a whole number of at least 0", ""),
    ("conv", {"filters": 4, "kernel": 3, "padding_mode": "mirror"}, "one of zeros, reflect, replicate, circular", ""),
    ("conv", {"filters": 4, "kernel": 3, "bias": 1}, "true or false", ""),
    ("conv", {"filters": 4, "kernel": 3, "connections": [[]]}, "for each filter, the list of input channels", ""),
    ("conv", {"filters": 4, "kernel": 3, "connections": 7}, "for each filter, the list of input channels", ""),
    ("conv", {"filters": 4, "kernel": 3, "connections": [[0, -1]]}, "for each filter, the list of input channels", ""),
    ("conv", {"filters": 4, "kernel": 3, "connections": [[0, 0]]}, "each input channel at most once", ""),
    ("dense", {"units": 0}, "a whole number of at least 1", ""),
    ("dense", {"units": 4, "axis": "height"}, "channels or last", ""),
    ("depth_pool", {"kernel": 2, "mode": "maximum"}, "one of max, average", ""),
    ("depth_pool", {"kernel": 2, "stride": [2, 2]}, "a whole number of at least 1", ""),
    ("dropout", {"rate": 1.0}, "a rate of at least 0 and below 1", ""),
    ("dropout", {"rate": -0.1}, "a rate of at least 0 and below 1", ""),
    ("dropout", {"rate": "half"}, "a rate of at least 0 and below 1", "define it under variables:"),
    ("lrn", {"k": 0}, "a number above 0", ""),
    ("lppool", {"kernel": 2, "p": 0}, "a number above 0", ""),
    ("permute", {"order": [0, 2]}, "each axis once, from 0", ""),
    ("permute", {"order": [0, 1, 1]}, "each axis once, from 0", ""),
    ("permute", {"order": ["0", "1"]}, "each axis once, from 0", ""),
    ("permute", {"order": 2}, "each axis once, from 0", ""),
    ("reshape", {"shape": [1, 2, 3, 4, 5]}, "a list of sizes, channels first", ""),
    ("reshape", {"shape": [0, 4]}, "a size of at least 1", ""),
    ("softmax", {"axis": "widht"}, "one of channels, depth, height, width, length, last", "did you mean width?"),
    ("upsample", {"factor": 2, "mode": "cubic"}, "one of nearest, bilinear, bicubic", "did you mean bicubic?"),
    ("crop", {"like": 7}, "a name", ""),
]

H, W, C, n = symbol("H"), symbol("W"), symbol("C"), symbol("n")

ASSUMPTIONS: list[tuple[str, dict[str, Any], tuple[Shape, ...], list[str]]] = [
    ("conv", {"filters": 96, "kernel": 11, "stride": 4}, ((3, H, W),), ["H >= 11", "W >= 11"]),
    ("conv", {"filters": 8, "kernel": 7, "padding": 1}, ((3, H, 20),), ["H >= 5"]),
    ("conv", {"filters": 8, "kernel": 3, "dilation": 2}, ((3, H),), ["H >= 5"]),
    ("conv", {"filters": 8, "kernel": 3, "padding": "same"}, ((3, H, W),), []),
    ("conv", {"filters": 8, "kernel": 3, "padding": 1}, ((3, H, W),), []),
    ("conv", {"filters": 8, "kernel": 3}, ((3, ceildiv(H, 4), 9),), ["H >= 9"]),
    ("conv", {"filters": 8, "kernel": 1, "groups": 4}, ((C, 9, 9),), ["C % 4 == 0"]),
    ("conv", {"filters": 8, "kernel": 1, "groups": 4}, ((4 * C, 9, 9),), []),
    ("conv", {"filters": 1, "kernel": 1, "connections": [[0, 5]]}, ((C, 9, 9),), ["C >= 6"]),
    ("conv", {"filters": 1, "kernel": 1, "padding": 3, "padding_mode": "reflect"}, ((1, H),), ["H >= 4"]),
    ("depthwise_conv", {"kernel": 3, "padding": "same"}, ((C, H, W),), []),
    ("transposed_conv", {"filters": 8, "kernel": 2, "stride": 2, "padding": 1}, ((3, H),), ["H >= 2"]),
    ("transposed_conv", {"filters": 8, "kernel": 2, "stride": 2}, ((3, H, W),), []),
    ("locally_connected", {"filters": 8, "kernel": 3}, ((3, H),), ["H >= 3"]),
    ("maxpool", {"kernel": 3, "stride": 2}, ((64, H, W),), ["H >= 3", "W >= 3"]),
    ("maxpool", {"kernel": 2}, ((64, floordiv(H, 2)),), ["H >= 4"]),
    ("maxpool", {"kernel": 2, "padding": 1, "dilation": 2, "stride": 1}, ((64, H),), ["H >= 2"]),
    ("depth_pool", {"kernel": 3}, ((C, 4, 4),), ["C >= 3"]),
    ("groupnorm", {"groups": 8}, ((C, 4, 4),), ["C % 8 == 0"]),
    ("pixel_shuffle", {"factor": 2}, ((C, H, W),), ["C % 4 == 0"]),
    ("pixel_unshuffle", {"factor": 2}, ((3, H, 2 * W),), ["H % 2 == 0"]),
    ("reshape", {"shape": [16, 5, 5]}, ((n,),), ["400 == n"]),
    ("slice", {"axis": "width", "stop": 5}, ((3, H, W),), ["W >= 5"]),
    ("slice", {"axis": "width", "start": 5}, ((3, H, W),), ["W >= 6"]),
    ("crop", {"size": 56}, ((3, H, W),), ["H >= 56", "W >= 56"]),
    ("pad", {"amount": 2, "mode": "circular"}, ((3, H),), ["H >= 2"]),
    ("add", {}, ((64, H, W), (64, H, W)), []),
    ("add", {}, ((64, H), (64, W)), ["W == H"]),
    ("add", {}, ((8, ceildiv(ceildiv(H, 2), 2)), (8, ceildiv(H, 4))), []),
    ("multiply", {}, ((C, H, W), (C,)), []),
    ("concat", {}, ((C, H), (C, ceildiv(H, 2))), ["ceil(H/2) == H"]),
]


def shapes(text: str) -> tuple[Shape, ...]:
    """`64x56x56 256` as shapes."""
    return tuple(tuple(int(size) for size in shape.split("x")) for shape in text.split())


def first_fault(layer: Layer, inputs: tuple[Shape, ...]) -> Unmet | None:
    """The first requirement that certainly does not hold; the ones after it need not make sense any more."""
    unmets: Iterator[Unmet] = layer.requires(*inputs)
    return next((unmet for unmet in unmets if unmet.condition is None or unmet.condition.holds is False), None)


every_fault = pytest.mark.parametrize("case", FAULTS, ids=lambda case: f"{case.kind}: {case.message}")


@every_fault
def test_fault(case: Fault) -> None:
    """The words, the code, and that something is said for what was expected and what to do."""
    found = first_fault(layer_class(case.kind)(**case.fields), shapes(case.inputs))
    assert found is not None
    assert case.message in found.message
    assert found.code == case.code
    assert found.expected
    assert found.remedy


def remedies(found: Unmet) -> list[tuple[str, str, int]]:
    """Every `field <= number` that a fault names, in its remedy or as what it expected."""
    named = re.findall(r"\b([a-z_]+) (<=|>=|<) (\d+)", f"{found.expected}; {found.remedy}")
    return [(field, relation, int(number)) for field, relation, number in named]


def check_remedies(kind: str, fields: dict[str, Any], inputs: tuple[Shape, ...]) -> int:
    """Applies each remedy with a number: it works, and one step less does not. Returns how many there were."""
    found = first_fault(layer_class(kind)(**fields), inputs)
    assert found is not None
    for field, relation, number in remedies(found):
        assert field in layer_class(kind).model_fields, f"{kind} has no {field}: {found.remedy}"
        value = number - 1 if relation == "<" else number
        left = first_fault(layer_class(kind)(**{**fields, field: value}), inputs)
        # too much padding may have hidden that the kernel is too large; a kernel that fits hides nothing
        assert left is None or ("more than half" in found.message and "exceeds" in left.message), found.remedy
        less = value - 1 if relation == ">=" else value + 1
        if less >= 0:
            assert first_fault(layer_class(kind)(**{**fields, field: less}), inputs) is not None, found.remedy
    return len(remedies(found))


@every_fault
def test_remedy_works(case: Fault) -> None:
    """`use kernel <= 5 or padding >= 2`: both do, and neither 6 nor 1 does."""
    check_remedies(case.kind, case.fields, shapes(case.inputs))


@every_fault
def test_expected_size_works(case: Fault) -> None:
    """`a padded height of at least 11`: with 11 there is no fault, with 10 there is (the other axes being large)."""
    layer, inputs = layer_class(case.kind)(**case.fields), shapes(case.inputs)
    found = first_fault(layer, inputs)
    assert found is not None
    named = re.fullmatch(r"a (padded )?(depth|height|width|length) of at least (\d+)", found.expected)
    if "exceeds the" not in found.message or "channels" in found.message or "no window starts" in found.message:
        return
    assert named, found.expected
    assert bool(named[1]) == ("padded" in found.message), "expected and received must speak of the same height"
    pads = re.search(r"\(\d+ \+ (\d+) \+ (\d+)\)", found.message)
    least = int(named[3]) - (int(pads[1]) + int(pads[2]) if pads else 0)
    axis = -1 if named[2] in ("width", "length") else ("depth", "height").index(named[2]) - 3

    def resized(size: int) -> tuple[Shape, ...]:
        shape = [inputs[0][0], *(50 for _ in inputs[0][1:])]
        shape[axis] = size
        return (tuple(shape),)

    assert first_fault(layer, resized(least)) is None
    assert first_fault(layer, resized(least - 1)) is not None


@given(
    kind=st.sampled_from(["conv", "depthwise_conv", "locally_connected", "maxpool", "avgpool", "lppool"]),
    size=st.integers(1, 8),
    kernel=st.integers(2, 9),
    dilation=st.integers(1, 3),
    sides=st.tuples(st.integers(0, 3), st.integers(0, 3)),
)
def test_remedy_for_a_large_kernel(kind: str, size: int, kernel: int, dilation: int, sides: tuple[int, int]) -> None:
    """Whatever the kernel, dilation and sides: the sizes that the remedy names work, and no other remedy is named."""
    cls = layer_class(kind)
    options = {"filters": 2, "dilation": dilation, "padding": {"left": sides[0], "right": sides[1]}, "stride": 1}
    fields = {"kernel": kernel, **{name: value for name, value in options.items() if name in cls.model_fields}}
    if first_fault(cls(**fields), ((2, size),)) is not None:
        check_remedies(kind, fields, ((2, size),))


def test_dense_remedies_work() -> None:
    """`put flatten (giving 9216) or global_avgpool (giving 256) before it, or set axis: channels`."""
    found = first_fault(layer_class("dense")(units=10), ((256, 6, 6),))
    assert found is not None
    assert "flatten (giving 9216)" in found.remedy
    assert "global_avgpool (giving 256)" in found.remedy
    assert "axis: channels" in found.remedy
    assert first_fault(layer_class("dense")(units=10, axis="channels"), ((256, 6, 6),)) is None


def test_every_requirement_has_a_fault() -> None:
    """A kind that requires something has a row here; the others take everything."""
    demanding = {kind for kind in KINDS if layer_class(kind).requires is not Layer.requires}
    assert {case.kind for case in FAULTS} == demanding


@pytest.mark.parametrize(("kind", "fields", "expected", "remedy"), WRONG_FIELDS)
def test_wrong_field(kind: str, fields: dict[str, Any], expected: str, remedy: str) -> None:
    """A value that does not fit its field, in the field's words."""
    with pytest.raises(ValidationError) as caught:
        layer_class(kind)(**fields)
    (error,) = caught.value.errors()
    assert error["type"] == "field"
    assert expected in error["msg"]
    assert remedy in error["ctx"]["remedy"]


def test_unknown_field() -> None:
    """Fields that a kind does not have are refused."""
    with pytest.raises(ValidationError, match="strides"):
        layer_class("conv")(filters=4, kernel=3, strides=2)


@pytest.mark.parametrize(("kind", "fields", "inputs", "conditions"), ASSUMPTIONS)
def test_assumptions(kind: str, fields: dict[str, Any], inputs: tuple[Shape, ...], conditions: list[str]) -> None:
    """With symbolic sizes: what must hold, solved for the symbol where possible; nothing that certainly holds."""
    unmets = list(layer_class(kind)(**fields).requires(*inputs))
    assert list(dict.fromkeys(str(unmet.condition) for unmet in unmets)) == conditions
    assert all(unmet.condition is not None and unmet.condition.holds is None for unmet in unmets)


def test_certainly_false_with_symbols() -> None:
    """A symbolic size can be certainly too small: H >= 1 is all that is known, and -H is below 1."""
    found = first_fault(layer_class("slice")(axis="height", stop=4 + H), ((3, H, W),))
    assert found is not None
    assert found.condition is not None
    assert text(found.condition.right) == "H + 4"
