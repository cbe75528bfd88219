"""Every kind of layer against numbers from elsewhere: output, parameters, buffers, multiply-adds and FLOPs.

The outputs, parameters, buffers and multiply-adds of this table were measured with torch 2.13 (modules on zeros, and
its FlopCounterMode halved) or follow from the arithmetic in the comment; the FLOPs are counted on paper from the kinds'
definitions: 2 per multiply-add, one per bias add, comparison, exponential and so on. A map is written as in a spec,
several inputs with spaces between.
"""

from __future__ import annotations

import subprocess
import sys
from typing import Any, NamedTuple

import numpy
import pytest

from cnncalc.core.dims import total
from cnncalc.core.shapes import Shape
from cnncalc.core.symbolic import symbol
from cnncalc.layers import KINDS, layer_class
from cnncalc.layers.base import Layer, Unmet


class Row(NamedTuple):
    """One layer on one image, and what it must come to."""

    inputs: str
    output: str
    params: int
    buffers: int
    macs: int
    flops: int
    fields: dict[str, Any]


def row(inputs: str, output: str, params: int, buffers: int, macs: int, flops: int, **fields: Any) -> Row:
    """A line of the table; the layer's fields are keywords."""
    return Row(inputs, output, params, buffers, macs, flops, fields)


# which of the 6 maps of S2 each of the 16 maps of C3 reads (LeCun and others 1998, table I)
LENET5_TABLE = [
    *[[0, 1, 2], [1, 2, 3], [2, 3, 4], [3, 4, 5], [0, 4, 5], [0, 1, 5]],
    *[[0, 1, 2, 3], [1, 2, 3, 4], [2, 3, 4, 5], [0, 3, 4, 5], [0, 1, 4, 5], [0, 1, 2, 5]],
    *[[0, 1, 3, 4], [1, 2, 4, 5], [0, 2, 3, 5], [0, 1, 2, 3, 4, 5]],
]

ROWS: dict[str, list[Row]] = {
    "conv": [
        # AlexNet C1: (11*11*3 + 1) * 96
        row("3x227x227", "96x55x55", 34_944, 0, 105_415_200, 211_120_800, filters=96, kernel=11, stride=4),
        # ResNet's stem: floor((224 + 6 - 7)/2) + 1
        row("3x224x224", "64x112x112", 9_472, 0, 118_013_952, 236_830_720, filters=64, kernel=7, stride=2, padding=3),
        row("64x56x56", "64x56x56", 36_864, 0, 115_605_504, 231_211_008, filters=64, kernel=3, padding=1, bias=False),
        row("256x28x28", "32x28x28", 8_224, 0, 6_422_528, 12_870_144, filters=32, kernel=1),  # (256 + 1) * 32
        # SAME: 200/2, 300/2
        row(
            "3x200x300",
            "100x100x150",
            2_800,
            0,
            40_500_000,
            82_500_000,
            filters=100,
            kernel=3,
            stride=2,
            padding="same",
        ),
        # SAME: ceil(13/5) = 3
        row("3x13x13", "4x3x3", 436, 0, 3_888, 7_812, filters=4, kernel=6, stride=5, padding="same"),
        # even kernel: one position, at the end
        row("2x5x5", "3x5x5", 27, 0, 600, 1_275, filters=3, kernel=2, padding="same"),
        # even kernel, odd size: ceil(7/2)
        row("2x7x7", "3x4x4", 99, 0, 1_536, 3_120, filters=3, kernel=4, stride=2, padding="same"),
        row("2x8x8", "3x4x4", 99, 0, 1_536, 3_120, filters=3, kernel=4, stride=2, padding="same"),
        # ceil(7/3) = ceil(8/3) = 3
        row("2x7x8", "3x3x3", 57, 0, 486, 999, filters=3, kernel=3, stride=3, padding="same"),
        # stride > kernel: nothing to pad
        row("2x7x7", "3x4x4", 9, 0, 96, 240, filters=3, kernel=1, stride=2, padding="same"),
        row("2x2x3", "3x2x3", 153, 0, 900, 1_818, filters=3, kernel=5, padding="same"),  # kernel larger than the map
        row("2x9x9", "3x9x9", 57, 0, 4_374, 8_991, filters=3, kernel=3, padding="same", dilation=3),
        row("2x8x9", "3x4x5", 57, 0, 1_080, 2_220, filters=3, kernel=3, stride=2, padding="same", dilation=2),
        row("1x5x5", "1x7x7", 10, 0, 441, 931, filters=1, kernel=3, padding="full"),  # 5 + 2*2 - 3 + 1
        # 5 + 2*2 - 3 + 1, 6 + 2*4 - 5 + 1
        row("1x5x6", "1x7x10", 7, 0, 420, 910, filters=1, kernel=[2, 3], padding="full", dilation=2),
        # floor((5 + 4 - 3)/2) + 1
        row("1x5x5", "2x4x4", 20, 0, 288, 608, filters=2, kernel=3, stride=2, padding="full"),
        # 10 + 3 - 3 + 1, 10 + 3 - 3 + 1
        row(
            "3x10x10",
            "4x11x11",
            112,
            0,
            13_068,
            26_620,
            filters=4,
            kernel=3,
            padding={"top": 1, "bottom": 2, "left": 3, "right": 0},
        ),
        row("3x10x11", "4x4x5", 196, 0, 3_840, 7_760, filters=4, kernel=4, stride=2, padding={"bottom": 1, "right": 2}),
        # Inception v3's 1x7
        row("8x17x17", "8x17x17", 456, 0, 129_472, 261_256, filters=8, kernel=[1, 7], padding=[0, 3]),
        row("8x17x17", "8x17x9", 456, 0, 68_544, 138_312, filters=8, kernel=[7, 1], padding=[3, 0], stride=[1, 2]),
        row("3x64x64", "8x60x60", 224, 0, 777_600, 1_584_000, filters=8, kernel=3, dilation=2),  # effective kernel 5
        row("3x32x40", "8x32x40", 368, 0, 460_800, 931_840, filters=8, kernel=[3, 5], dilation=[2, 3], padding=[2, 6]),
        row("4x12x12", "8x12x12", 80, 0, 10_368, 21_888, filters=8, kernel=3, groups=4, padding=1),  # (3*3*1 + 1) * 8
        # AlexNet C2 on two GPUs
        row("96x27x27", "256x27x27", 307_456, 0, 223_948_800, 448_084_224, filters=256, kernel=5, padding=2, groups=2),
        # LeNet-5 C3: 60 * 25 + 16
        row("6x14x14", "16x10x10", 1_516, 0, 150_000, 301_600, filters=16, kernel=5, connections=LENET5_TABLE),
        row(
            "6x14x14",
            "16x10x10",
            1_500,
            0,
            150_000,
            300_000,
            filters=16,
            kernel=5,
            connections=LENET5_TABLE,
            bias=False,
        ),
        row("3x9x9", "2x11x11", 56, 0, 6_534, 13_310, filters=2, kernel=3, padding=2, padding_mode="reflect"),
        row("3x3x3", "2x7x7", 56, 0, 2_646, 5_390, filters=2, kernel=3, padding=3, padding_mode="circular"),
        row("1x16000", "64x3981", 5_184, 0, 20_382_720, 41_020_224, filters=64, kernel=80, stride=4),  # 1-D
        row("2x20", "4x20", 28, 0, 480, 1_040, filters=4, kernel=3, dilation=4, padding={"left": 8}),  # causal
        row("1x16x64x64", "4x16x64x64", 112, 0, 7_077_888, 14_417_920, filters=4, kernel=3, padding=1),  # 3-D
        row(
            "2x8x9x10",
            "3x5x8x4",
            39,
            0,
            5_760,
            12_000,
            filters=3,
            kernel=[1, 2, 3],
            stride=[2, 1, 3],
            padding={"front": 1, "right": 2},
        ),
        row(
            "2x7x8x9", "4x4x4x5", 100, 0, 7_680, 15_680, filters=4, kernel=[2, 3, 4], stride=2, padding="same", groups=2
        ),
    ],
    "conv1d": [
        row("1x16000", "1x15998", 4, 0, 47_994, 111_986, filters=1, kernel=3),
        row("4x100", "8x50", 168, 0, 8_000, 16_400, filters=8, kernel=[5], stride=2, padding="same"),
        row(
            "6x50",
            "6x47",
            48,
            0,
            2_256,
            4_512,
            filters=6,
            kernel=4,
            groups=3,
            padding={"left": 1, "right": 2},
            dilation=2,
            bias=False,
        ),
    ],
    "conv2d": [
        row("1x32x32", "6x28x28", 156, 0, 117_600, 239_904, filters=6, kernel=5),  # LeNet-5 C1
        # (5*5*3 + 1) * 200
        row("3x300x400", "200x300x400", 15_200, 0, 1_800_000_000, 3_624_000_000, filters=200, kernel=5, padding="same"),
        row(
            "3x15x20",
            "5x8x5",
            185,
            0,
            7_200,
            14_600,
            filters=5,
            kernel=[3, 4],
            stride=[2, 3],
            padding=[1, 0],
            dilation=[1, 2],
        ),
    ],
    "conv3d": [
        # C3D's first
        row("3x16x112x112", "64x16x112x112", 5_248, 0, 1_040_449_536, 2_093_744_128, filters=64, kernel=3, padding=1),
        row("1x9x9x9", "2x5x5x5", 54, 0, 6_750, 13_500, filters=2, kernel=3, stride=2, padding="same", bias=False),
        row("4x5x6x7", "6x5x7x9", 78, 0, 22_680, 47_250, filters=6, kernel=[1, 2, 3], groups=2, padding="full"),
    ],
    "depthwise_conv": [
        row("32x112x112", "32x112x112", 320, 0, 3_612_672, 7_626_752, kernel=3, padding="same"),  # (3*3 + 1) * 32
        row("64x112x112", "64x56x56", 576, 0, 1_806_336, 3_612_672, kernel=3, stride=2, padding=1, bias=False),
        row("8x9x10", "16x7x7", 208, 0, 9_408, 19_600, kernel=[3, 4], multiplier=2),
        row("4x30", "4x30", 24, 0, 600, 1_320, kernel=5, dilation=2, padding={"left": 8}),
        row("3x6x7x8", "9x3x4x4", 81, 0, 3_456, 7_344, kernel=2, stride=2, padding="same", multiplier=3),
        row("5x6x6", "5x8x8", 50, 0, 2_880, 6_080, kernel=3, padding="full"),
    ],
    "transposed_conv": [
        # U-Net's up-convolution
        row("128x28x28", "64x56x56", 32_832, 0, 25_690_112, 51_580_928, filters=64, kernel=2, stride=2),
        row("100x1x1", "512x4x4", 819_200, 0, 819_200, 1_638_400, filters=512, kernel=4, bias=False),  # DCGAN's first
        # DCGAN's second: 3*2 + 4 - 2
        row(
            "512x4x4",
            "256x8x8",
            2_097_152,
            0,
            33_554_432,
            67_108_864,
            filters=256,
            kernel=4,
            stride=2,
            padding=1,
            bias=False,
        ),
        # 6*2 + 3 - 2 + 1
        row("8x7x7", "4x14x14", 292, 0, 14_112, 29_008, filters=4, kernel=3, stride=2, padding=1, output_padding=1),
        row("8x7x7", "4x14x14", 292, 0, 14_112, 29_008, filters=4, kernel=3, stride=2, padding="same"),  # 7 * 2
        # stride > kernel: 5 * 3, 6 * 3
        row("8x5x6", "4x15x18", 132, 0, 3_840, 8_760, filters=4, kernel=2, stride=3, padding="same"),
        row("8x5x6", "4x5x6", 804, 0, 24_000, 48_120, filters=4, kernel=5, padding="same"),  # stride 1
        # one position cut, after the map
        row("2x4x4", "2x12x12", 66, 0, 1_024, 2_336, filters=2, kernel=4, stride=3, padding="same"),
        row(
            "4x5x6",
            "6x16x13",
            78,
            0,
            2_160,
            5_568,
            filters=6,
            kernel=[2, 3],
            stride=[3, 2],
            output_padding=[2, 0],
            groups=2,
        ),
        # output padding below the dilation
        row("2x5x5", "3x13x13", 57, 0, 1_350, 3_207, filters=3, kernel=3, dilation=3, output_padding=2),
        row(
            "2x5x5",
            "3x10x8",
            57,
            0,
            1_350,
            2_940,
            filters=3,
            kernel=3,
            stride=2,
            padding={"top": 1, "left": 2, "right": 1},
        ),
        row("4x10", "2x40", 32, 0, 320, 640, filters=2, kernel=4, stride=4, bias=False),
        row("2x3x4x5", "3x6x8x10", 51, 0, 2_880, 7_200, filters=3, kernel=2, stride=2),
        row(
            "2x3x4x5",
            "3x3x8x12",
            147,
            0,
            8_640,
            18_144,
            filters=3,
            kernel=[3, 2, 4],
            stride=[1, 2, 3],
            padding=[1, 0, 2],
        ),
    ],
    "locally_connected": [
        # AlexNet C1 without sharing: 55*55*96 * 364
        row("3x227x227", "96x55x55", 105_705_600, 0, 105_415_200, 211_120_800, filters=96, kernel=11, stride=4),
        row("1x32x32", "6x28x28", 117_600, 0, 117_600, 235_200, filters=6, kernel=5, bias=False),
        row("2x20", "3x6", 162, 0, 144, 306, filters=3, kernel=4, stride=3),
        row("2x5x6", "3x4x2", 312, 0, 288, 600, filters=3, kernel=[2, 3], stride=[1, 2]),
        row("1x4x5x6", "2x2x2x3", 216, 0, 192, 408, filters=2, kernel=2, stride=2),
    ],
    "dense": [
        row("9216", "4096", 37_752_832, 0, 37_748_736, 75_501_568, units=4096),  # AlexNet FC6
        row("4096", "1000", 4_097_000, 0, 4_096_000, 8_193_000, units=1000),
        row("784", "10", 7_840, 0, 7_840, 15_680, units=10, bias=False),
        row("256x6x6", "10x6x6", 2_570, 0, 92_160, 184_680, units=10, axis="channels"),  # a 1x1 convolution
        row("4x5x6", "4x5x7", 49, 0, 840, 1_820, units=7, axis="last"),
        row("12x50", "12x3", 150, 0, 1_800, 3_600, units=3, axis="last", bias=False),
        row("36000000", "2", 72_000_002, 0, 72_000_000, 144_000_002, units=2),  # a 2000x6000x3 image, flat
        row("84", "10", 850, 0, 840, 1_690, units=10, axis="channels"),
    ],
    "rbf": [
        row("84", "10", 840, 0, 0, 2_510, units=10),  # LeNet-5's output: n - centre, squared, summed
        row("1", "3", 3, 0, 0, 6, units=3),
        row("100", "1", 100, 0, 0, 299, units=1),
    ],
    "maxpool": [
        row("96x55x55", "96x27x27", 0, 0, 0, 559_872, kernel=3, stride=2),  # AlexNet
        row("64x224x224", "64x112x112", 0, 0, 0, 2_408_448, kernel=2),
        row("64x112x112", "64x56x56", 0, 0, 0, 1_605_632, kernel=3, stride=2, padding=1),  # ResNet
        row("2x13x13", "2x7x7", 0, 0, 0, 784, kernel=3, stride=2, padding="same"),
        # Inception's pool branch
        row("192x28x28", "192x28x28", 0, 0, 0, 1_204_224, kernel=3, stride=1, padding="same"),
        row("2x6x7", "2x3x4", 0, 0, 0, 72, kernel=2, stride=2, ceil_mode=True),
        row("64x112x112", "64x56x56", 0, 0, 0, 1_605_632, kernel=3, stride=2, ceil_mode=True),  # GoogLeNet: 56, not 55
        row("2x3x3", "2x1x1", 0, 0, 0, 0, kernel=1, stride=3, ceil_mode=True),  # a window beyond the map is dropped
        # ceil((5 + 2 - 2)/2) + 1 = 4, the last starts beyond the map
        row("2x5x5", "2x3x3", 0, 0, 0, 54, kernel=2, stride=2, padding=1, ceil_mode=True),
        row("2x4x4", "2x3x3", 0, 0, 0, 54, kernel=2, stride=2, padding=1, ceil_mode=True),
        row("2x10x10", "2x4x4", 0, 0, 0, 256, kernel=3, stride=3, padding=1, ceil_mode=True),
        row("2x7x9", "2x3x3", 0, 0, 0, 54, kernel=2, stride=3, ceil_mode=True),
        row("2x2x2", "2x1x1", 0, 0, 0, 16, kernel=3, stride=2, ceil_mode=True),  # one partial window
        row("2x2x5", "2x1x2", 0, 0, 0, 32, kernel=3, ceil_mode=True),
        row("2x20x20", "2x16x16", 0, 0, 0, 4_096, kernel=3, stride=1, dilation=2),
        row("2x20x21", "2x10x9", 0, 0, 0, 1_440, kernel=3, stride=2, padding=1, dilation=[2, 3], ceil_mode=True),
        row("2x20x21", "2x19x10", 0, 0, 0, 1_900, kernel=[2, 3], stride=[1, 2]),
        row("2x20x21", "2x10x10", 0, 0, 0, 1_600, kernel=3, padding={"bottom": 1, "right": 1}, stride=2),
        row("4x100", "4x25", 0, 0, 0, 300, kernel=4),
        row("2x8x9x10", "2x4x4x5", 0, 0, 0, 480, kernel=[1, 2, 2], stride=2),
        row("2x8x9x10", "2x4x5x5", 0, 0, 0, 1_400, kernel=2, padding="same"),
    ],
    "avgpool": [
        row("6x28x28", "6x14x14", 0, 0, 0, 4_704, kernel=2),  # LeNet-5's S2 without its weights
        row("1024x7x7", "1024x1x1", 0, 0, 0, 50_176, kernel=7, stride=1),  # GoogLeNet
        row("8x9x9", "8x5x5", 0, 0, 0, 1_800, kernel=3, stride=2, padding=1, count_include_pad=False),
        row("8x10x10", "8x5x5", 0, 0, 0, 1_800, kernel=3, stride=2, ceil_mode=True),
        row("8x9x10", "8x5x5", 0, 0, 0, 1_200, kernel=[2, 3], padding="same", stride=[2, 2]),
        row("4x101", "4x34", 0, 0, 0, 408, kernel=3, padding=1),
        row("2x8x9x10", "2x4x4x5", 0, 0, 0, 1_280, kernel=2),
        row("2x1x2x2", "2x1x1x1", 0, 0, 0, 16, kernel=2, padding={"back": 1}),  # padded before: the padding is room
    ],
    "lppool": [
        row("8x10x10", "8x5x5", 0, 0, 0, 1_600, kernel=2),
        row("3x11x12", "3x5x5", 0, 0, 0, 1_350, kernel=3, stride=2, p=3),
        row("4x30", "4x14", 0, 0, 0, 448, kernel=4, stride=2),
        row("4x8x8", "4x4x4", 0, 0, 0, 1_152, kernel=3, stride=2, ceil_mode=True),
        row("2x5x6x7", "2x5x5x5", 0, 0, 0, 3_000, kernel=[1, 2, 3], stride=1, p=1),
        row("2x1x2x2", "2x1x2x2", 0, 0, 0, 128, kernel=2, padding=1),  # 8 numbers out: 7 adds, 8 powers, a root each
    ],
    "global_maxpool": [
        row("512x7x7", "512", 0, 0, 0, 24_576),
        row("512x7x7", "512x1x1", 0, 0, 0, 24_576, keepdims=True),
        row("16x100", "16", 0, 0, 0, 1_584),
        row("4x3x4x5", "4x1x1x1", 0, 0, 0, 236, keepdims=True),
    ],
    "global_avgpool": [
        row("1024x7x7", "1024", 0, 0, 0, 50_176),
        row("2048x7x7", "2048x1x1", 0, 0, 0, 100_352, keepdims=True),
        row("16x100", "16x1", 0, 0, 0, 1_600, keepdims=True),
        row("4x3x4x5", "4", 0, 0, 0, 240),
    ],
    "adaptive_maxpool": [
        row("512x14x14", "512x7x7", 0, 0, 0, 75_264, size=7),
        row("8x10x13", "8x3x4", 0, 0, 0, 1_440, size=[3, 4]),  # windows of ceil(10/3) x ceil(13/4)
        row("8x100", "8x6", 0, 0, 0, 768, size=6),
        row("2x4x5x6", "2x2x5x3", 0, 0, 0, 180, size=[2, 5, 3]),
    ],
    "adaptive_avgpool": [
        row("256x6x6", "256x6x6", 0, 0, 0, 9_216, size=6),
        row("512x14x14", "512x7x7", 0, 0, 0, 100_352, size=[7, 7]),
        row("3x2x2", "3x5x5", 0, 0, 0, 75, size=5),  # more outputs than inputs
        row("2048x7x7", "2048x1x1", 0, 0, 0, 100_352, size=1),
        row("8x100", "8x7", 0, 0, 0, 840, size=7),
    ],
    "depth_pool": [
        row("96x55x55", "32x55x55", 0, 0, 0, 193_600, kernel=3),
        row("10x4x4", "4x4x4", 0, 0, 0, 128, kernel=3, stride=2),
        row("20x8", "5x8", 0, 0, 0, 160, kernel=4, mode="average"),
        row("7x3x3", "3x3x3", 0, 0, 0, 27, kernel=2),  # the last channel is dropped
        row("6x2x3x4", "1x2x3x4", 0, 0, 0, 144, kernel=6, stride=1, mode="average"),
    ],
    "batchnorm": [
        row("96x55x55", "96x55x55", 192, 192, 0, 2_032_800),  # Keras counts 4 * 96 = 384
        row("64x112x112", "64x112x112", 0, 128, 0, 4_014_080, affine=False),
        row("100", "100", 200, 200, 0, 700),
        row("32x50", "32x50", 64, 0, 0, 11_200, track_stats=False),
        row("8x4x5x6", "8x4x5x6", 0, 0, 0, 4_800, affine=False, track_stats=False),
    ],
    "layernorm": [
        row("96x56x56", "96x56x56", 192, 0, 0, 2_107_392),  # ConvNeXt
        row("96x7x7", "96x7x7", 9_408, 0, 0, 32_928, over="all"),  # 2 * 96*7*7
        row("768", "768", 1_536, 0, 0, 5_376),
        row("96x7x7", "96x7x7", 0, 0, 0, 23_520, over="all", affine=False),
        row("16x50", "16x50", 0, 0, 0, 4_000, affine=False),
    ],
    "groupnorm": [
        row("64x32x32", "64x32x32", 128, 0, 0, 458_752, groups=8),
        row("64x32x32", "64x32x32", 0, 0, 0, 327_680, groups=1, affine=False),
        row("30", "30", 60, 0, 0, 210, groups=5),
        row("12x20", "12x20", 24, 0, 0, 1_680, groups=12),
    ],
    "instancenorm": [
        row("64x32x32", "64x32x32", 0, 0, 0, 327_680),
        row("64x32x32", "64x32x32", 128, 0, 0, 458_752, affine=True),
        row("3x100", "3x100", 6, 0, 0, 2_100, affine=True),
        row("3x4x5x6", "3x4x5x6", 0, 0, 0, 1_800),
    ],
    "lrn": [
        row("96x55x55", "96x55x55", 0, 0, 0, 2_613_600),  # AlexNet: n + 4 operations
        row("96x55x55", "96x55x55", 0, 0, 0, 2_613_600, size=5, alpha=2e-05, beta=0.75, k=2),
        row("8x20", "8x20", 0, 0, 0, 1_120, size=3),
        row("10x4x4", "10x4x4", 0, 0, 0, 800, size=1),
    ],
    "relu": [
        row("96x55x55", "96x55x55", 0, 0, 0, 290_400),
        row("4096", "4096", 0, 0, 0, 4_096),
        row("8x4x5x6", "8x4x5x6", 0, 0, 0, 960),
    ],
    "relu6": [
        row("32x112x112", "32x112x112", 0, 0, 0, 802_816),
        row("1280", "1280", 0, 0, 0, 2_560),
        row("8x100", "8x100", 0, 0, 0, 1_600),
    ],
    "silu": [
        row("32x112x112", "32x112x112", 0, 0, 0, 1_204_224),
        row("1280", "1280", 0, 0, 0, 3_840),
        row("8x100", "8x100", 0, 0, 0, 2_400),
    ],
    "gelu": [
        row("384x56x56", "384x56x56", 0, 0, 0, 6_021_120),
        row("768", "768", 0, 0, 0, 3_840),
        row("8x100", "8x100", 0, 0, 0, 4_000),
    ],
    "mish": [
        row("32x10x10", "32x10x10", 0, 0, 0, 16_000),
        row("8", "8", 0, 0, 0, 40),
        row("8x100", "8x100", 0, 0, 0, 4_000),
    ],
    "hardswish": [
        row("16x112x112", "16x112x112", 0, 0, 0, 1_003_520),
        row("1280", "1280", 0, 0, 0, 6_400),
        row("8x100", "8x100", 0, 0, 0, 4_000),
    ],
    "hardsigmoid": [
        row("16x1x1", "16x1x1", 0, 0, 0, 64),
        row("16", "16", 0, 0, 0, 64),
        row("8x100", "8x100", 0, 0, 0, 3_200),
    ],
    "softplus": [
        row("8x10x10", "8x10x10", 0, 0, 0, 2_400),
        row("8", "8", 0, 0, 0, 24),
        row("8x100", "8x100", 0, 0, 0, 2_400),
    ],
    "sigmoid": [
        row("1x64x64", "1x64x64", 0, 0, 0, 12_288),
        row("10", "10", 0, 0, 0, 30),
        row("8x100", "8x100", 0, 0, 0, 2_400),
    ],
    "tanh": [
        row("6x28x28", "6x28x28", 0, 0, 0, 4_704),
        row("84", "84", 0, 0, 0, 84),
        row("8x100", "8x100", 0, 0, 0, 800),
    ],
    "leaky_relu": [
        row("64x32x32", "64x32x32", 0, 0, 0, 131_072, slope=0.2),
        row("100", "100", 0, 0, 0, 200),
        row("8x100", "8x100", 0, 0, 0, 1_600),
    ],
    "elu": [
        row("64x32x32", "64x32x32", 0, 0, 0, 262_144),
        row("100", "100", 0, 0, 0, 400, alpha=0.5),
        row("8x100", "8x100", 0, 0, 0, 3_200),
    ],
    "selu": [
        row("64x32x32", "64x32x32", 0, 0, 0, 327_680),
        row("100", "100", 0, 0, 0, 500),
        row("8x100", "8x100", 0, 0, 0, 4_000),
    ],
    "rrelu": [
        row("64x32x32", "64x32x32", 0, 0, 0, 131_072),
        row("100", "100", 0, 0, 0, 200, lower=0.1, upper=0.3),
        row("8x100", "8x100", 0, 0, 0, 1_600),
    ],
    "prelu": [
        row("64x32x32", "64x32x32", 64, 0, 0, 131_072),
        row("64x32x32", "64x32x32", 1, 0, 0, 131_072, per="layer"),
        row("100", "100", 100, 0, 0, 200),
        row("8x50", "8x50", 8, 0, 0, 800, per="channel"),
    ],
    "softmax": [
        row("1000", "1000", 0, 0, 0, 5_000),
        row("21x32x32", "21x32x32", 0, 0, 0, 107_520),
        row("8x50", "8x50", 0, 0, 0, 2_000, axis="last"),
        row("4x5x6", "4x5x6", 0, 0, 0, 600, axis="height"),
        row("10", "10", 0, 0, 0, 50, axis="last"),
    ],
    "log_softmax": [
        row("1000", "1000", 0, 0, 0, 5_000),
        row("21x32x32", "21x32x32", 0, 0, 0, 107_520),
        row("8x4x5x6", "8x4x5x6", 0, 0, 0, 4_800, axis="width"),
    ],
    "maxout": [
        row("64x32x32", "32x32x32", 0, 0, 0, 32_768, pieces=2),
        row("240", "48", 0, 0, 0, 192, pieces=5),
        row("12x50", "4x50", 0, 0, 0, 400, pieces=3),
        row("7x2x2", "7x2x2", 0, 0, 0, 0, pieces=1),
    ],
    "dropout": [
        row("4096", "4096", 0, 0, 0, 0),
        row("256x13x13", "256x13x13", 0, 0, 0, 0, rate=0.2),
        row("8x100", "8x100", 0, 0, 0, 0, rate=0),
    ],
    "spatial_dropout": [
        row("64x28x28", "64x28x28", 0, 0, 0, 0, rate=0.1),
        row("64x28x28", "64x28x28", 0, 0, 0, 0),
        row("8x4x5x6", "8x4x5x6", 0, 0, 0, 0),
    ],
    "drop_path": [
        row("96x56x56", "96x56x56", 0, 0, 0, 0, rate=0.2),
        row("96x56x56", "96x56x56", 0, 0, 0, 0),
        row("96", "96", 0, 0, 0, 0, rate=0.0),
    ],
    "flatten": [
        row("256x6x6", "9216", 0, 0, 0, 0),
        row("16x5x5", "400", 0, 0, 0, 0),  # LeNet-5
        row("10", "10", 0, 0, 0, 0),
        row("3x4x5x6", "360", 0, 0, 0, 0),
    ],
    "identity": [
        row("64x56x56", "64x56x56", 0, 0, 0, 0),
        row("10", "10", 0, 0, 0, 0),
        row("3x4x5x6", "3x4x5x6", 0, 0, 0, 0),
    ],
    "reshape": [
        row("400", "16x5x5", 0, 0, 0, 0, shape=[16, 5, 5]),
        row("16x5x5", "400", 0, 0, 0, 0, shape=400),
        row("6x4x4", "24x2x2", 0, 0, 0, 0, shape="24x2x2"),
        row("64x8", "2x4x8x8", 0, 0, 0, 0, shape=[2, 4, 8, 8]),
    ],
    "permute": [
        row("96x56x48", "56x48x96", 0, 0, 0, 0, order=[1, 2, 0]),
        row("3x100", "100x3", 0, 0, 0, 0, order=[1, 0]),
        row("2x3x4x5", "2x5x3x4", 0, 0, 0, 0, order=[0, 3, 1, 2]),
        row("10", "10", 0, 0, 0, 0, order=[0]),
    ],
    "slice": [
        row("116x28x28", "58x28x28", 0, 0, 0, 0, axis="channels", stop=58),
        row("116x28x28", "58x28x28", 0, 0, 0, 0, start=58),
        row("3x32x40", "3x28x40", 0, 0, 0, 0, axis="height", start=2, stop=30),
        row("3x32x40", "3x32x1", 0, 0, 0, 0, axis="width", start=39),
        row("3x100", "3x1", 0, 0, 0, 0, axis="length", start=10, stop=11),
        row("10", "4", 0, 0, 0, 0, stop=4),
        row("2x3x4x5", "2x1x4x5", 0, 0, 0, 0, axis="depth", stop=1),
        row("2x3x4x5", "2x3x4x4", 0, 0, 0, 0, axis="last", start=1),
    ],
    "crop": [
        row("512x64x64", "512x56x56", 0, 0, 0, 0, size=56),
        row("512x64x64 512x56x54", "512x56x54", 0, 0, 0, 0, like="up"),  # to the sides of another map
        row("3x33x40", "3x32x39", 0, 0, 0, 0, size=[32, 39]),
        row("3x100", "3x99", 0, 0, 0, 0, size=99),
        row("3x8x9x10", "3x8x8x8", 0, 0, 0, 0, size=8),
    ],
    "pad": [
        row("1x28x28", "1x32x32", 0, 0, 0, 0, amount=2),
        row("3x224x224", "3x225x225", 0, 0, 0, 0, amount={"top": 1, "left": 1}),  # a row and a column before the map
        row("3x10x10", "3x12x14", 0, 0, 0, 0, amount=[1, 2], mode="reflect"),
        row("3x10", "3x14", 0, 0, 0, 0, amount={"left": 3, "right": 1}, mode="replicate"),
        row("3x4x5x6", "3x7x8x6", 0, 0, 0, 0, amount={"front": 1, "back": 2, "bottom": 3}, mode="circular"),
        row("3x4x5", "3x6x7", 0, 0, 0, 0, amount=1, mode="constant", value=-1.0),
        row("3x4x5", "3x4x5", 0, 0, 0, 0, amount=0),
    ],
    "upsample": [
        row("256x28x28", "256x56x56", 0, 0, 0, 0, factor=2),
        row("21x16x16", "21x512x512", 0, 0, 0, 38_535_168, factor=32, mode="bilinear"),  # 3 adds, 4 multiplications
        row("8x10x11", "8x20x33", 0, 0, 0, 163_680, factor=[2, 3], mode="bicubic"),  # 15 adds, 16 multiplications
        row("8x10x11", "8x7x30", 0, 0, 0, 0, size=[7, 30]),
        row("4x20", "4x80", 0, 0, 0, 960, factor=4, mode="bilinear"),  # 1 add, 2 multiplications
        row("4x3x4x5", "4x6x8x10", 0, 0, 0, 28_800, factor=2, mode="bilinear"),  # 7 adds, 8 multiplications
        row("3x9x9", "3x5x5", 0, 0, 0, 525, size=5, mode="bilinear"),
    ],
    "pixel_shuffle": [
        row("256x14x14", "64x28x28", 0, 0, 0, 0, factor=2),
        row("27x10x20", "3x30x60", 0, 0, 0, 0, factor=3),
        row("5x4x4", "5x4x4", 0, 0, 0, 0, factor=1),
    ],
    "pixel_unshuffle": [
        row("64x28x28", "256x14x14", 0, 0, 0, 0, factor=2),
        row("3x30x60", "27x10x20", 0, 0, 0, 0, factor=3),
        row("3x224x224", "48x56x56", 0, 0, 0, 0, factor=4),
    ],
    "channel_shuffle": [
        row("116x28x28", "116x28x28", 0, 0, 0, 0, groups=2),
        row("24x50", "24x50", 0, 0, 0, 0, groups=3),
        row("12x2x3x4", "12x2x3x4", 0, 0, 0, 0, groups=12),
    ],
    "add": [
        row("64x56x56 64x56x56", "64x56x56", 0, 0, 0, 200_704),
        row("8x4x4 8x4x4 8x4x4", "8x4x4", 0, 0, 0, 256),  # two adds per number
        row("10 10", "10", 0, 0, 0, 10),
        row("2x3x4x5 2x3x4x5", "2x3x4x5", 0, 0, 0, 120),
    ],
    "multiply": [
        row("256x56x56 256", "256x56x56", 0, 0, 0, 802_816),  # squeeze and excitation
        row("256x56x56 256x1x1", "256x56x56", 0, 0, 0, 802_816),
        row("1x8x8 16x8x8", "16x8x8", 0, 0, 0, 1_024),  # spatial attention
        row("4x1x6 4x5x1", "4x5x6", 0, 0, 0, 120),
        row("10 10", "10", 0, 0, 0, 10),
        row("8x20 8 8x1", "8x20", 0, 0, 0, 320),
    ],
    "maximum": [
        row("8x4x4 8x4x4", "8x4x4", 0, 0, 0, 128),
        row("10 10 10", "10", 0, 0, 0, 20),
        row("3x7 3x7", "3x7", 0, 0, 0, 21),
    ],
    "concat": [
        row("64x28x28 128x28x28 32x28x28 32x28x28", "256x28x28", 0, 0, 0, 0),  # GoogLeNet 3a
        row("3x10x8 3x6x8", "3x16x8", 0, 0, 0, 0, axis="height"),
        row("100 28", "128", 0, 0, 0, 0),
        row("4x10 4x3", "4x13", 0, 0, 0, 0, axis="last"),
        row("2x3x4x5 2x1x4x5", "2x4x4x5", 0, 0, 0, 0, axis="depth"),
    ],
    "highway": [
        row("64x8x8 64x8x8 64x8x8", "64x8x8", 0, 0, 0, 16_384),  # F*T, 1-T, x*(1-T), sum
        row("50 50 50", "50", 0, 0, 0, 200),
        row("4x9 4x9 4x9", "4x9", 0, 0, 0, 144),
    ],
    "scale": [
        row("6x14x14", "6x14x14", 12, 0, 0, 2_352, bias=True),  # LeNet-5's S2
        row("96x56x56", "96x56x56", 96, 0, 0, 301_056),
        row("10", "10", 20, 0, 0, 20, bias=True),
        row("3x7", "3x7", 3, 0, 0, 21),
        row("4x5x5", "4x5x5", 1, 0, 0, 100, per="layer"),  # ReZero: one number for the whole map
        row("4x5x5", "4x5x5", 100, 0, 0, 100, weight=False, bias=True, per="number"),  # a position embedding
    ],
    "opaque": [
        # its parameters and multiply-adds are fields
        Row(
            "64x7x7", "8x7x7", 100, 16, 5_000, 10_000, {"shape": [8, 7, 7], "params": 100, "buffers": 16, "macs": 5_000}
        ),
        row("10", "10", 0, 0, 0, 0, shape=10),
        Row("3x9", "4x2x2", 7, 0, 0, 0, {"shape": "4x2x2", "params": 7}),
    ],
    "rescale": [
        row("320x35x35", "320x35x35", 0, 0, 0, 392_000, factor=0.17),  # Inception-ResNet's residual
        row("3x8x8", "3x8x8", 0, 0, 0, 384, factor=2, offset=-1),
        row("10", "10", 0, 0, 0, 10, factor=-1, offset=1),  # 1 - x is one subtraction
        row("3x7", "3x7", 0, 0, 0, 0, factor=1),
    ],
}


CASES = [
    pytest.param(kind, case, id=f"{kind}-{number}")
    for kind, cases in ROWS.items()
    for number, case in enumerate(cases, start=1)
]
every_row = pytest.mark.parametrize(("kind", "case"), CASES)


def shapes(text: str) -> tuple[Shape, ...]:
    """`64x56x56 256` as shapes."""
    return tuple(tuple(int(size) for size in shape.split("x")) for shape in text.split())


def built(kind: str, case: Row) -> Layer:
    """The row's layer."""
    return layer_class(kind)(**case.fields)


def figures(layer: Layer, inputs: tuple[Shape, ...]) -> list[Any]:
    """Output, parameters, buffers, multiply-adds, FLOPs: one flat list."""
    output = layer.output(*inputs)
    weights = layer.weights(*inputs)
    ops = layer.ops(inputs, output)
    params = total(weight.elements for weight in weights if not weight.buffer)
    buffers = total(weight.elements for weight in weights if weight.buffer)
    return [*output, params, buffers, ops.macs, ops.flops]


def expected(case: Row) -> list[int]:
    """The same list, from the table."""
    return [*shapes(case.output)[0], case.params, case.buffers, case.macs, case.flops]


def faults(layer: Layer, inputs: tuple[Shape, ...]) -> list[Unmet]:
    """What certainly does not hold."""
    return [unmet for unmet in layer.requires(*inputs) if unmet.condition is None or unmet.condition.holds is False]


def opaque(inputs: tuple[Shape, ...], first_axis: int) -> tuple[tuple[Shape, ...], dict[Any, int]]:
    """A symbol for each size from `first_axis` on (equal sizes of an axis share one), and the symbols' values."""
    values: dict[Any, int] = {}

    def hidden(axis: int, size: Any) -> Any:
        if axis < first_axis or size == 1:  # a size of 1 is known: it broadcasts
            return size
        name = symbol(f"{'CDHW'[axis]}{size}")
        values[name] = size
        return name

    return tuple(tuple(hidden(*pair) for pair in enumerate(shape)) for shape in inputs), values


@every_row
def test_row(kind: str, case: Row) -> None:
    """The numbers, and ints stay ints."""
    layer, inputs = built(kind, case), shapes(case.inputs)
    assert faults(layer, inputs) == []
    found = figures(layer, inputs)
    assert found == expected(case)
    assert {type(value) for value in found} == {int}


@every_row
@pytest.mark.parametrize("first_axis", [0, 1], ids=["all", "spatial"])
def test_row_with_symbols(kind: str, case: Row, first_axis: int) -> None:
    """The same formulas on symbols, then the numbers put in."""
    layer = built(kind, case)
    inputs, values = opaque(shapes(case.inputs), first_axis)
    assert faults(layer, inputs) == []
    found = [value if isinstance(value, int) else int(value.xreplace(values)) for value in figures(layer, inputs)]
    assert found == expected(case)


@every_row
def test_row_with_arrays(kind: str, case: Row) -> None:
    """The same formulas on a million designs at once (here two)."""
    layer, one = built(kind, case), shapes(case.inputs)
    inputs = tuple(
        # a size of 1 is known: it broadcasts
        (shape[0], *(size if size == 1 else numpy.array([size, size]) for size in shape[1:]))
        for shape in one
    )
    found = figures(layer, inputs)
    assert [numpy.broadcast_to(value, 2).tolist() for value in found] == [[number] * 2 for number in expected(case)]


def test_every_kind_has_rows() -> None:
    """At least three rows for each kind, and no rows for what is no kind."""
    assert {kind for kind, cases in ROWS.items() if len(cases) >= 3} == set(KINDS)


def test_every_layer_knows_its_kind() -> None:
    """The table of kinds and the classes agree."""
    assert {kind: layer_class(kind).kind for kind in KINDS} == {kind: kind for kind in KINDS}


@pytest.mark.parametrize("kind", KINDS)
def test_short_form_names_a_field(kind: str) -> None:
    """`dropout: 0.5` fills a field that exists."""
    layer = layer_class(kind)
    assert layer.short is None or layer.short in layer.model_fields


def test_numbers_load_no_algebra() -> None:
    """Every kind, on numbers, without sympy, numpy or torch."""
    program = (
        "import sys\n"
        "from cnncalc.layers import KINDS, layer_class\n"
        "classes = [layer_class(kind) for kind in KINDS]\n"
        "layer = layer_class('conv')(filters=4, kernel=3, padding='same', stride=2)\n"
        "x = (3, 9, 9)\n"
        "assert not list(layer.requires(x))\n"
        "layer.ops((x,), layer.output(x)), layer.weights(x), layer.reach((x,), layer.output(x))\n"
        "print(*({'sympy', 'numpy', 'torch'} & set(sys.modules)))"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert run.stdout.split() == []
