"""Receptive fields: size, smallest size, jump and start, by the recursion of course document 000 and by hand.

The published sizes are those of Araujo, Norris and Sim, "Computing receptive fields of convolutional neural networks"
(Distill, 2019), table 1.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from spec.written import analyzed, written

from cnncalc.core.symbolic import symbol

from .zoo import numeric


def field(*layers: str, path: str | None = None, input: str = "3x64x64", **sections: str) -> tuple[Any, ...]:
    analysis = analyzed(written(*layers, input=input, **sections))
    assert not analysis.faults, [str(fault) for fault in analysis.faults]
    row = analysis.rows[-1] if path is None else analysis.row(path)
    return tuple(row.receptive_field)  # type: ignore[arg-type]


def square(size: Any, jump: Any, start: Any, least: Any = None) -> tuple[Any, ...]:
    return ((size, size), (size if least is None else least,) * 2, (jump, jump), (start, start))


CHAINS: list[tuple[list[str], tuple[Any, ...]]] = [
    (["relu"], square(1, 1, 0)),
    (["conv: {filters: 4, kernel: 3}"], square(3, 1, 0)),
    (["conv: {filters: 4, kernel: 3, padding: 1}"], square(3, 1, -1)),
    (["conv: {filters: 4, kernel: 3}", "conv: {filters: 4, kernel: 3}"], square(5, 1, 0)),
    # three stacked 3x3 see 7x7 (course document 000, line 830)
    (["conv: {filters: 4, kernel: 3, padding: 1, repeat: 3}"], square(7, 1, -3)),
    (["conv: {filters: 4, kernel: 3, stride: 2}", "conv: {filters: 4, kernel: 3}"], square(7, 2, 0)),
    (["conv: {filters: 4, kernel: 3, dilation: 4}"], square(9, 1, 0)),
    (["conv: {filters: 4, kernel: 3, dilation: 2}", "conv: {filters: 4, kernel: 3, dilation: 2}"], square(9, 1, 0)),
    (
        ["conv: {filters: 4, kernel: 7, stride: 2, padding: 3}", "maxpool: {kernel: 3, stride: 2, padding: 1}"],
        square(11, 4, -5),
    ),
    # SAME on 64 with kernel 3 and stride 2 pads one pixel, at the end
    (["conv: {filters: 4, kernel: 3, stride: 2, padding: same}"], square(3, 2, 0)),
    (["conv: {filters: 4, kernel: 4, padding: same}"], square(4, 1, -1)),
    (["pad: 3"], square(1, 1, -3)),
    (["crop: 60"], square(1, 1, 2)),
    (["avgpool: 2", "upsample: 2"], square(2, 1, 0)),
    (["maxpool: 4", "upsample: 2"], square(4, 2, 0)),
    (["upsample: 2"], square(1, Fraction(1, 2), 0)),
    # 4 positions of the fine grid: 2 pixels from an even one on, 3 from an odd one
    (["upsample: 2", "conv: {filters: 4, kernel: 4}"], square(3, Fraction(1, 2), 0)),
    # 4 positions of the fine grid, always from an even one: 2 pixels
    (["upsample: 2", "conv: {filters: 4, kernel: 3}", "maxpool: 2"], square(2, 1, 0)),
    (["pixel_unshuffle: 2"], square(2, 2, 0)),
    (["conv: {filters: 4, kernel: 1}", "pixel_shuffle: 2"], square(1, Fraction(1, 2), 0)),
    (["depthwise_conv: 5", "batchnorm", "dropout: 0.5", "channel_shuffle: 3"], square(5, 1, 0)),
    (["lrn: 3", "depth_pool: 3"], square(1, 1, 0)),
    (["dense: {units: 4, axis: channels}"], square(1, 1, 0)),
    (["layernorm"], square(1, 1, 0)),
    # what sees everything: the whole input, and no position any more
    (["conv: {filters: 4, kernel: 3}", "flatten"], square(64, 0, 0)),
    (["conv: {filters: 4, kernel: 3}", "global_avgpool"], square(64, 0, 0)),
    (["global_avgpool: {keepdims: true}"], square(64, 0, 0)),
    (["conv: {filters: 4, kernel: 3}", "flatten", "dense: 10", "softmax"], square(64, 0, 0)),
    (["dense: {units: 10, axis: last}"], square(64, 0, 0)),
    (["groupnorm: 3"], square(64, 0, 0)),
    (["instancenorm"], square(64, 0, 0)),
    (["layernorm: all"], square(64, 0, 0)),
    (["adaptive_avgpool: 16"], square(4, 4, 0)),
    (["adaptive_avgpool: 1"], square(64, 0, 0)),
]


@pytest.mark.parametrize(("layers", "expected"), CHAINS, ids=["; ".join(row[0]) for row in CHAINS])
def test_chain(layers: list[str], expected: tuple[Any, ...]) -> None:
    assert field(*layers) == expected


def test_each_axis_on_its_own() -> None:
    got = field("conv: {filters: 4, kernel: [3, 5], stride: [1, 2], padding: {top: 1, left: 3}}", "maxpool: [1, 2]")
    assert got == ((3, 7), (3, 7), (1, 4), (-1, -3))


def test_one_and_three_axes() -> None:
    assert field("conv: {filters: 4, kernel: 3, repeat: 2}", input="1x16000") == ((5,), (5,), (1,), (0,))
    assert field("conv: {filters: 4, kernel: [1, 3, 5]}", input="1x16x16x16") == (
        (1, 3, 5),
        (1, 3, 5),
        (1, 1, 1),
        (0, 0, 0),
    )


def test_a_vector_has_none() -> None:
    assert field("dense: 10", input="84") == ((), (), (), ())


def test_permuted_axes_keep_their_history() -> None:
    # after [0, 2, 1] the first spatial axis is the width
    got = field("conv: {filters: 4, kernel: [3, 5]}", "permute: [0, 2, 1]", "conv: {filters: 4, kernel: [7, 1]}")
    assert got == ((3, 11), (3, 11), (1, 1), (0, 0))


def test_channels_permuted_into_an_axis_have_no_field_of_their_own() -> None:
    got = field("permute: [2, 1, 0]", "conv: {filters: 4, kernel: [3, 2]}", input="3x8x8")
    # the last axis now is the channels: a window over it sees no further pixel; all widths meet in the channels
    assert got[0][0] == 3


def test_a_slice_and_a_crop_move_the_start() -> None:
    assert field("slice: {axis: height, start: 5, stop: 9}", "conv: {filters: 4, kernel: 3}")[3] == (5, 0)
    assert field("conv: {filters: 4, kernel: 3, stride: 2}", "slice: {axis: width, start: 5}")[3] == (0, 10)
    assert field("slice: {axis: channels, start: 1, stop: 2}")[3] == (0, 0)


def test_branches_count_the_longest_path_and_keep_the_shortest() -> None:
    got = field("add: [[conv: {filters: 3, kernel: 3, padding: 1, repeat: 2}], []]")
    assert got == square(5, 1, -2, least=1)
    got = field(
        "concat: [[conv: {filters: 3, kernel: 3, padding: 1}], [conv: {filters: 3, kernel: 5, padding: 2}]]",
        "conv: {filters: 4, kernel: 3}",
    )
    assert got == square(7, 1, -2, least=5)


def test_branches_may_differ_per_axis() -> None:
    got = field(
        "concat: [[conv: {filters: 3, kernel: [1, 7], padding: [0, 3]}], [conv: {filters: 3, kernel: [5, 1], padding: [2, 0]}]]"
    )
    assert got == ((5, 7), (1, 1), (1, 1), (-2, -3))


def test_squeeze_and_excitation_sees_everything_through_its_gate() -> None:
    got = field("conv: {filters: 4, kernel: 3}", "squeeze_excite: 2")
    # the gate sees the whole input; the identity path has a position, and the smallest field
    assert got == ((64, 64), (3, 3), (1, 1), (0, 0))


def test_upsampled_branch_meets_the_fine_one() -> None:
    got = field("concat: [[], [maxpool: 2, conv: {filters: 4, kernel: 3, padding: 1}, upsample: 2]]")
    # 2 + 2 * 2 = 6 pixels on the coarse path
    assert got[0] == (6, 6)
    assert got[1] == (1, 1)
    assert got[2] == (1, 1)


def test_transposed_convolution() -> None:
    # kernel 2, stride 2: each output reads one input; kernel 4, stride 2: two; kernel 3, stride 1: three
    assert field("transposed_conv: {filters: 4, kernel: 2, stride: 2}")[0] == (1, 1)
    assert field("transposed_conv: {filters: 4, kernel: 4, stride: 2, padding: 1}")[0] == (2, 2)
    assert field("transposed_conv: {filters: 4, kernel: 3}")[0] == (3, 3)
    assert field("transposed_conv: {filters: 4, kernel: 2, stride: 2}")[2] == (Fraction(1, 2), Fraction(1, 2))


def test_two_inputs() -> None:
    text = written(
        "concat: {from: [left, right]}", "conv: {filters: 4, kernel: 3}", "flatten", input="{left: 3x8x9, right: 3x8x9}"
    )
    rows = analyzed(text).rows
    assert tuple(rows[1].receptive_field) == square(3, 1, 0)  # type: ignore[arg-type]
    assert rows[2].receptive_field.size == (8, 9)  # type: ignore[union-attr]


def test_symbols() -> None:
    h, w = symbol("H"), symbol("W")
    assert field("conv: {filters: 4, kernel: 3}", "flatten", input="3xHxW") == ((h, w), (h, w), (0, 0), (0, 0))
    assert field("conv: {filters: 4, kernel: 3, stride: 2}", input="3xHxW") == square(3, 2, 0)


PUBLISHED = [
    ("alexnet", "pool5", 195, 32),
    ("vgg-d", "conv5.maxpool1", 212, 32),
    ("resnet50", "conv5_x.rest[1].relu1", 483, 32),
    ("resnet101", "conv5_x.rest[1].relu1", 1027, 32),
    ("resnet152", "conv5_x.rest[1].relu1", 1507, 32),
]


@pytest.mark.parametrize(("name", "path", "size", "jump"), PUBLISHED)
def test_published(name: str, path: str, size: int, jump: int) -> None:
    row = numeric(name).row(path)
    assert row.receptive_field is not None
    assert row.receptive_field.size == (size, size)
    assert row.receptive_field.jump == (jump, jump)


@pytest.mark.parametrize("name", ["alexnet", "resnet50", "googlenet", "unet", "densenet121", "mobilenet-v2"])
def test_fields_never_shrink_and_contain_the_smallest(name: str) -> None:
    rows = {row.path: row for row in numeric(name).rows}
    for row in rows.values():
        field_ = row.receptive_field
        assert field_ is not None
        assert all(small <= large for small, large in zip(field_.min_size, field_.size, strict=True))
        for source in row.inputs[:1] if row.kind == "crop" else row.inputs:  # of `like` only the shape is read
            before = rows[source].receptive_field if source in rows else None
            # after flatten or global pooling (jump 0) it is the input, however far the windows reached
            if before is not None and any(field_.jump):
                assert all(one >= other for one, other in zip(field_.size, before.size, strict=True))  # type: ignore[union-attr]
