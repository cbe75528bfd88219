"""Totals: sums of the rows, training's multiply-adds, weight layers; what scales with the batch and what does not."""

from __future__ import annotations

import pytest
from spec.written import analyzed, written

from cnncalc.analysis.result import Analysis

from .zoo import API, NAMES, numeric, spec

CHAIN = [
    "conv: {filters: 4, kernel: 3, activation: relu}",  # 3x8x8 -> 4x6x6: 112 parameters, 27 * 144 = 3888 MACs
    "batchnorm",
    "conv: {filters: 5, kernel: 3, stride: 2}",  # -> 5x2x2: 185 parameters, 36 * 20 = 720 MACs
    "flatten",
    "dense: {units: 10, bias: false}",  # 200 parameters and MACs
]


def net(*layers: str, **sections: str) -> Analysis:
    return analyzed(written(*layers, **{"input": "3x8x8", **sections}))


@pytest.mark.parametrize("name", [*NAMES, *API])
def test_totals_are_the_sums_of_the_rows(name: str) -> None:
    analysis = numeric(name)
    rows, totals = analysis.rows, analysis.totals
    steady = [row for row in rows if not row.train_only]
    for figure in ("params", "trainable_params", "buffers"):
        assert getattr(totals, figure) == sum(getattr(row, figure) for row in rows)
    for figure in ("macs", "flops_torch", "flops"):
        assert getattr(totals, figure) == sum(getattr(row, figure) for row in steady)
    assert totals.train_only_params == sum(row.params or 0 for row in rows if row.train_only)
    assert all(row.flops_torch == 2 * row.macs and row.flops >= row.flops_torch for row in rows)
    assert totals.training_macs <= 3 * sum(row.macs for row in rows)
    assert totals.training_macs >= 2 * totals.macs


@pytest.mark.parametrize("name", ["alexnet", "googlenet", "lenet5"])
@pytest.mark.parametrize("batch", [2, 50])
def test_what_scales_with_the_batch(name: str, batch: int) -> None:
    from cnncalc.analysis.analyze import analyze_spec

    one, many = numeric(name), analyze_spec(spec(name), batch=batch)
    for figure in ("params", "trainable_params", "train_only_params", "buffers", "weight_layers"):
        assert getattr(many.totals, figure) == getattr(one.totals, figure)
    for figure in ("macs", "training_macs", "flops_torch", "flops"):
        assert getattr(many.totals, figure) == batch * getattr(one.totals, figure)
    for first, other in zip(one.rows, many.rows, strict=True):
        assert (other.output, other.params, other.receptive_field) == (
            first.output,
            first.params,
            first.receptive_field,
        )
        assert (other.macs, other.flops, other.output_bytes) == (
            batch * first.macs,
            batch * first.flops,
            batch * first.output_bytes,
        )
    assert many.memory.parameter_bytes == one.memory.parameter_bytes
    # claims are per image, whatever the batch
    assert [claim.holds for claim in many.claims] == [claim.holds for claim in one.claims]
    assert [claim.computed for claim in many.claims] == [claim.computed for claim in one.claims]


@pytest.mark.parametrize(("dtype", "width"), [("float64", 8), ("float32", 4), ("bfloat16", 2), ("float16", 2)])
def test_bytes_follow_the_dtype(dtype: str, width: int) -> None:
    analysis = analyzed(written(*CHAIN, input="3x8x8"), dtype=dtype)
    assert [row.output_bytes for row in analysis.rows] == [width * size for size in (144, 144, 144, 20, 20, 10)]
    assert analysis.memory.parameter_bytes == width * 505
    assert analysis.memory.gradient_bytes == width * 505


# -- training's multiply-adds: forward, gradient of the weights, gradient of the input ----------------------------------


def test_the_first_layer_needs_no_input_gradient() -> None:
    assert net(*CHAIN).totals.training_macs == 2 * 3888 + 3 * 720 + 3 * 200


def test_what_follows_a_trainable_norm_needs_one() -> None:
    # batchnorm has parameters, so the first convolution after it passes the gradient on
    assert net("batchnorm", *CHAIN).totals.training_macs == 3 * 3888 + 3 * 720 + 3 * 200
    assert net("batchnorm: {affine: false}", *CHAIN).totals.training_macs == 2 * 3888 + 3 * 720 + 3 * 200
    assert net("relu", "maxpool: {kernel: 1}", *CHAIN).totals.training_macs == 2 * 3888 + 3 * 720 + 3 * 200


def test_a_frozen_trunk_is_only_run_forward() -> None:
    frozen = f"stack: {{trainable: false, layers: [{', '.join(CHAIN[:3])}]}}"
    analysis = net(frozen, *CHAIN[3:])
    assert analysis.totals.training_macs == 3888 + 720 + 2 * 200
    assert analysis.totals.trainable_params == 200


def test_a_frozen_layer_behind_a_trainable_one_passes_the_gradient_on() -> None:
    middle = "conv: {filters: 5, kernel: 3, stride: 2, trainable: false}"
    assert net(*CHAIN[:2], middle, *CHAIN[3:]).totals.training_macs == 2 * 3888 + 2 * 720 + 3 * 200


def test_everything_frozen() -> None:
    assert net(f"stack: {{trainable: false, layers: [{', '.join(CHAIN)}]}}").totals.training_macs == 3888 + 720 + 200


def test_branches_from_a_frozen_and_a_trainable_side() -> None:
    analysis = net(
        "conv: {name: a, filters: 4, kernel: 3, trainable: false}",
        "conv: {name: b, filters: 4, kernel: 3, from: input}",
        "add: {from: [a, b]}",
        "conv: {name: c, filters: 2, kernel: 1}",
        "conv: {name: d, filters: 2, kernel: 1, from: a}",
    )
    # a forward only; b is a first layer; c needs all three because of b; d reads only frozen maps
    assert analysis.totals.training_macs == 3888 + 2 * 3888 + 3 * 288 + 2 * 288


def test_rbf_centres_are_no_multiply_adds() -> None:
    assert net("flatten", "rbf: 10").totals.training_macs == 0


# -- weight layers: the longest path through conv, transposed conv and dense ------------------------------------------


@pytest.mark.parametrize(
    ("layers", "count"),
    [
        ([], 0),
        (["relu", "batchnorm", "maxpool: 2"], 0),
        (CHAIN, 3),
        (["conv: {filters: 4, kernel: 1, repeat: 7}"], 7),
        (
            [
                "depthwise_conv: 3",
                "transposed_conv: {filters: 3, kernel: 2}",
                "locally_connected: {filters: 2, kernel: 3}",
            ],
            3,
        ),
        (["flatten", "rbf: 10"], 0),
        # the longer branch counts
        (
            [
                "add: [[conv: {filters: 3, kernel: 1, repeat: 3}], [conv: {filters: 3, kernel: 1}]]",
                "conv: {filters: 3, kernel: 1}",
            ],
            4,
        ),
        (["highway: [conv: {filters: 3, kernel: 1, activation: relu}]"], 1),
        (["squeeze_excite: 2"], 2),
    ],
)
def test_weight_layers(layers: list[str], count: int) -> None:
    assert net(*layers).totals.weight_layers == count


@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("lenet5", 4),  # C1, C3, C5, F6; the rbf is none
        ("alexnet", 8),
        ("vgg-a", 11),
        ("vgg-d", 16),
        ("vgg-e", 19),
        ("googlenet", 22),
        ("resnet18", 18),
        ("resnet34", 34),
        ("resnet50", 50),
        ("resnet101", 101),
        ("resnet152", 152),
        ("densenet121", 121),
        ("plain34", 34),
    ],
)
def test_published_depths(name: str, count: int) -> None:
    assert numeric(name).totals.weight_layers == count
