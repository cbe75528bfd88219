"""Every other question of `cnncalc solve`, with figures from hand computation and published tables."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnncalc import SpecError, analyze, load, solve
from cnncalc.core.dims import text
from cnncalc.core.source import Source
from cnncalc.spec.load import load_source
from cnncalc.spec.model import Spec
from cnncalc.spec.shipped import shipped_block

EXERCISE = "in 3x200x300; conv 100 k3 s2 same; conv 200 k3 s2 same; conv 400 k3 s2 same"


def spec_of(body: str) -> Spec:
    return load_source(Source("x", f"cnncalc: 1\n{body}"), "x", shipped_block)


# -- connections -----------------------------------------------------------------------------------------------------


def test_alexnet_conv1_with_and_without_sharing() -> None:
    (found,) = solve.connections(input=(3, 227, 227), filters=96, kernel=11, stride=4).solutions
    # 55 * 55 * 96 neurons; each sees 11 * 11 * 3 = 363
    assert found["neurons"] == 290_400
    assert found["connections"] == 105_415_200
    assert found["parameters"] == 34_944
    assert found["parameters_unshared"] == 105_705_600
    assert found["parameters_dense"] == 290_400 * (3 * 227 * 227 + 1)


def test_dense_connections_of_the_documents() -> None:
    assert solve.connections(input=(100, 100), units=1000).solutions[0]["connections"] == 10_000_000
    (found,) = solve.connections(input=(3, 150, 100), units=(150, 100)).solutions
    assert (found["weights"], found["parameters"]) == (675_000_000, 675_015_000)
    assert solve.connections(input=(36_000_000,), units=100).solutions[0]["weights"] == 3_600_000_000


def test_unshared_weights_of_a_padded_layer() -> None:
    (found,) = solve.connections(input=(1, 4, 4), filters=2, kernel=3, padding=1).solutions
    # 16 positions of 2 filters with 9 weights and an offset
    assert found["parameters_unshared"] == 16 * 2 * 10


@pytest.mark.parametrize(
    ("claim", "right", "sentence"),
    [
        ("34944", True, ""),
        ("parameters_unshared=105_705_600", True, ""),
        ("parameters=34848", False, "bias was forgotten"),
        ("parameters=11712", False, "channels were forgotten"),  # (121 + 1) * 96
        ("parameters=105705600", False, "were not shared"),
        ("connections=210830400", False, "FLOPs were taken for MACs"),
        ("parameters=7", False, ""),
    ],
)
def test_claims_about_connections(claim: str, right: bool, sentence: str) -> None:
    verdict = solve.connections(input=(3, 227, 227), filters=96, kernel=11, stride=4, claim=claim).verdict
    assert verdict is not None
    assert verdict.right == right
    assert sentence in " ".join(verdict.slips)
    assert bool(verdict.slips) == bool(sentence)


# -- stacks, separable, bottleneck -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("layers", "field", "many", "one", "ratio"),
    [
        (2, 5, "18*C*C", "25*C*C", Fraction(18, 25)),
        (3, 7, "27*C*C", "49*C*C", Fraction(27, 49)),
        (4, 9, "36*C*C", "81*C*C", Fraction(4, 9)),
    ],
)
def test_stacks_of_3x3(layers: int, field: int, many: str, one: str, ratio: Fraction) -> None:
    (found,) = solve.stack(layers=layers).solutions
    assert (found["receptive_field"], found["ratio"]) == (field, ratio)
    assert (text(found["stack_weights"]), text(found["single_weights"])) == (many, one)


def test_a_stack_in_numbers_and_a_claim() -> None:
    answer = solve.stack(layers=3, channels=64, claim="9x9")
    assert answer.solutions[0]["stack_weights"] == 110_592
    assert answer.verdict is not None
    assert (answer.verdict.right, answer.verdict.computed) == (False, "7x7")
    assert answer.verdict.slips == ("the kernels were added; each layer after the first adds k - 1",)
    two = solve.stack(layers=2, claim="9x9").verdict
    assert two is not None
    assert two.slips == ("the kernels were multiplied; each layer adds k - 1",)


def test_separable_convolutions() -> None:
    (found,) = solve.separable().solutions
    assert text(found["ratio"]) in ("1/9 + 1/C_out", "1/C_out + 1/9")
    (numbers,) = solve.separable(channels=256, filters=256).solutions
    # 256 * 9 + 256 * 256 against 9 * 256 * 256
    assert (numbers["separable_weights"], numbers["full_weights"]) == (67_840, 589_824)
    assert numbers["ratio"] == Fraction(1, 256) + Fraction(1, 9)


def test_bottlenecks() -> None:
    (found,) = solve.bottleneck(channels=256).solutions
    assert (found["plain_weights"], found["bottleneck_weights"]) == (1_179_648, 69_632)
    assert round(float(found["times_fewer"]), 1) == 16.9
    with pytest.raises(SpecError, match="do not divide by 4"):
        solve.bottleneck(channels=30)


@pytest.mark.parametrize(
    ("claim", "right", "sentence"),
    [
        ("16.9", True, ""),
        ("69632", True, ""),
        ("69,632", True, ""),
        ("0.059", False, "upside down"),  # 69,632 / 1,179,648 = 0.0590
        ("17.5", False, ""),
    ],
)
def test_claims_about_a_bottleneck(claim: str, right: bool, sentence: str) -> None:
    verdict = solve.bottleneck(channels=256, claim=claim).verdict
    assert verdict is not None
    assert (verdict.right, " ".join(verdict.slips).endswith(sentence)) == (right, True)


def test_a_claim_about_a_separable_convolution() -> None:
    verdict = solve.separable(channels=256, filters=256, claim="0.115").verdict
    assert verdict is not None
    assert verdict.right


# -- depth and receptive fields ------------------------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 80), st.integers(2, 5), st.integers(1, 3), st.integers(1, 2))
def test_depth_by_laying_layer_on_layer(side: int, kernel: int, stride: int, dilation: int) -> None:
    layers, size, reach = 0, side, dilation * (kernel - 1) + 1
    while size >= reach:
        layers, size = layers + 1, len(range(0, size - reach + 1, stride))
    (found,) = solve.depth(input=side, kernel=kernel, stride=stride, dilation=dilation).solutions
    assert (found["layers"], found["output"]) == (layers, size)


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 300), st.integers(2, 7), st.integers(1, 3), st.integers(1, 3))
def test_layers_that_reach_a_field(field: int, kernel: int, stride: int, dilation: int) -> None:
    layers, seen, jump = 0, 1, 1
    while seen < field:
        layers, seen, jump = layers + 1, seen + dilation * (kernel - 1) * jump, jump * stride
    (found,) = solve.layers_for(field=field, kernel=kernel, stride=stride, dilation=dilation).solutions
    assert (found["layers"], found["receptive_field"]) == (layers, seen)


def test_a_long_way_to_a_field() -> None:
    assert solve.layers_for(field=10**9 + 1, kernel=3).solutions == (
        {"layers": 5 * 10**8, "receptive_field": 10**9 + 1},
    )
    with pytest.raises(SpecError, match="never sees more than one pixel"):
        solve.layers_for(field=7, kernel=1)


@pytest.mark.parametrize(
    ("name", "at", "size", "jump"),
    [
        ("zoo:alexnet", "pool5", 195, 32),
        ("zoo:vgg-d", "conv5.maxpool1", 212, 32),
        ("zoo:lenet5", "C3", 14, 2),
    ],
)
def test_published_receptive_fields(name: str, at: str, size: int, jump: int) -> None:
    answer = solve.receptive_field(load(name), at, claim=str(size))
    assert (answer.solutions[0]["size"], answer.solutions[0]["jump"]) == ([size] * 2, [jump] * 2)
    assert answer.verdict is not None
    assert answer.verdict.right
    assert answer.derivation[-3].value == size


def test_a_receptive_field_with_the_strides_forgotten() -> None:
    verdict = solve.receptive_field(load(EXERCISE), "conv3", claim="7").verdict
    assert verdict is not None
    assert (verdict.right, verdict.slips, verdict.computed) == (False, ("the strides were forgotten",), "15x15")


# -- dense layers ----------------------------------------------------------------------------------------------------


def test_in_features_and_back() -> None:
    assert solve.in_features(load("zoo:alexnet")).solutions == ({"in_features": 9216},)
    first = solve.in_features(load("zoo:alexnet"), features=9216, claim="227x227")
    assert first.solutions[0] == {"map": [6, 6], "H": list(range(227, 259)), "W": list(range(227, 259))}
    assert first.verdict is not None
    assert first.verdict.right
    assert solve.in_features(load("zoo:vgg-d"), features=25_088).solutions[0]["H"] == list(range(224, 256))
    none = solve.in_features(load("zoo:alexnet"), features=9217)
    assert none.solutions == ()
    assert "nearest: 9,216 and 9,472" in none.notes


def test_every_size_found_back_gives_the_features() -> None:
    for one in solve.in_features(load("zoo:lenet5"), features=120 * 4).solutions:
        for height, width in ((one["H"][0], one["W"][-1]), (one["H"][-1], one["W"][0])):
            rows = analyze("zoo:lenet5", inputs={"input": (1, height, width)}).rows
            assert next(row for row in rows if row.kind == "flatten").output == (480,)


def test_a_dense_layer_is_a_convolution() -> None:
    (found,) = solve.dense_as_conv(input=(512, 7, 7), units=4096).solutions
    assert (found["kernel"], found["output"], found["parameters"]) == ([7, 7], [4096, 1, 1], 102_764_544)
    (vgg,) = solve.network_as_conv(load("zoo:vgg-d"), size=(3, 384, 384)).solutions
    assert (vgg["output"], vgg["parameters"]) == ([1000, 6, 6], 138_357_544)
    with pytest.raises(SpecError, match="no dense layer behind a map"):
        solve.network_as_conv(load(EXERCISE))


# -- budgets ---------------------------------------------------------------------------------------------------------


def test_batches_by_the_textbook() -> None:
    # parameters 3,613,600 B; 11,240,000 B per image in training, 9,000,000 B in prediction
    training = solve.batch(load(EXERCISE), 565_613_600, training=True, claim="50")
    assert training.solutions == ({"batch": 50},)
    assert training.verdict is not None
    assert training.verdict.right
    assert solve.batch(load(EXERCISE), 565_613_599, training=True).solutions == ({"batch": 49},)
    assert solve.batch(load(EXERCISE), 12_613_600).solutions == ({"batch": 1},)
    assert solve.batch(load(EXERCISE), 12_613_599).solutions == ({"batch": 0},)
    wrong = solve.batch(load(EXERCISE), 565_613_600, training=True, claim="62").verdict
    assert wrong is not None
    # (565,613,600 - 3,613,600) / 9,000,000 = 62.4
    assert wrong.slips == ("training was taken for prediction, or the other way round",)


def test_a_batch_by_torchs_peak_fits_and_one_more_does_not() -> None:
    spec = load("in 3x32x32; conv 8 k3 same relu; maxpool 2; flatten; dense 10")
    memory = 10_000_000
    (found,) = solve.batch(spec, memory, training=True, optimizer="adam", rule="torch", remedies=False).solutions
    peaks = [
        analyze(spec, batch=n, optimizer="adam").memory.torch.training_peak_bytes
        for n in (found["batch"], found["batch"] + 1)
    ]
    assert peaks[0] <= memory < peaks[1]  # type: ignore[operator]


WIDE = "variables: {w: 8}\ninput: 3x32x32\nlayers:\n  - conv: {filters: w, kernel: 3, padding: 1}\n  - conv: {filters: w*2, kernel: 3, padding: 1}\n"


@settings(max_examples=5, deadline=None)
@given(st.integers(100, 200_000))
def test_the_widest_network_within_a_budget(budget: int) -> None:
    def params(w: int) -> int:
        return 28 * w + (9 * w + 1) * 2 * w

    widest = max((w for w in range(1, 200) if params(w) <= budget), default=None)
    answer = solve.width(spec_of(WIDE), "w", params=budget)
    assert [one["w"] for one in answer.solutions] == ([] if widest is None else [widest])


def test_a_width_that_must_divide() -> None:
    grouped = WIDE.replace(
        "kernel: 3, padding: 1}\n  - conv: {filters: w*2", "kernel: 3, padding: 1}\n  - conv: {groups: 8, filters: w*2"
    )
    (found,) = solve.width(spec_of(grouped), "w", macs=3_000_000).solutions
    # only multiples of 4 divide: 1024 * (27 w + 9 (w / 8) 2 w), w must divide by 8 as input channels
    macs = {w: 1024 * (27 * w + 9 * (w // 8) * 2 * w) for w in range(8, 200, 8)}
    assert found["w"] == max(w for w, cost in macs.items() if cost <= 3_000_000)


def test_the_width_of_both_budgets_is_the_smaller() -> None:
    by_params = solve.width(spec_of(WIDE), "w", params=50_000).solutions[0]["w"]
    by_macs = solve.width(spec_of(WIDE), "w", macs=30_000_000).solutions[0]["w"]
    both = solve.width(spec_of(WIDE), "w", params=50_000, macs=30_000_000).solutions[0]["w"]
    assert both == min(by_params, by_macs)
    with pytest.raises(SpecError, match="did you mean w"):
        solve.width(spec_of(WIDE), "ww", params=1)
    with pytest.raises(SpecError, match="a budget is missing"):
        solve.width(spec_of(WIDE), "w")


# -- keeping and restoring -------------------------------------------------------------------------------------------


def test_the_padding_that_keeps_a_size() -> None:
    (found,) = solve.keep_size(kernel=("2h+1", "2w+1")).solutions
    assert [text(pad) for pad in found["padding"]] == ["h", "w"]
    (dilated,) = solve.keep_size(kernel=("2h+1",), dilation="d").solutions
    assert text(dilated["padding"]) == "d*h"
    assert solve.keep_size(kernel=(5, 7)).solutions[0]["padding"] == [2, 3]
    assert solve.keep_size(kernel=(4,)).solutions[0]["padding"] == [1, 2]
    verdict = solve.keep_size(kernel=(5,), claim="4").verdict
    assert verdict is not None
    assert verdict.slips == ("the padding was doubled: a total was taken for each side's",)


@settings(max_examples=40, deadline=None)
@given(st.integers(5, 40), st.integers(1, 5), st.integers(1, 4), st.integers(0, 2), st.integers(1, 3))
def test_an_output_padding_gives_the_size_back(
    size: int, kernel: int, stride: int, padding: int, dilation: int
) -> None:
    if size + 2 * padding < dilation * (kernel - 1) + 1:
        return
    answer = solve.output_padding(input=size, kernel=kernel, stride=stride, padding=padding, dilation=dilation)
    small = len(range(-padding, size + padding - dilation * (kernel - 1), stride))
    lowest = (small - 1) * stride + dilation * (kernel - 1) + 1 - 2 * padding
    assert [one["output_padding"] for one in answer.solutions] == ([size - lowest] if lowest >= 0 else [])


def test_two_sizes_that_go_to_the_same() -> None:
    seven, eight = (solve.output_padding(input=n, kernel=3, stride=2, padding=1, dilation=2) for n in (7, 8))
    assert [one.solutions[0]["output_padding"] for one in (seven, eight)] == [0, 1]
    assert seven.notes == ("7 and 8 all go to 3: only the output padding tells them apart",)


def test_every_question_is_a_function_and_a_command() -> None:
    from cnncalc.cli.solve import QUESTIONS

    functions: set[Any] = {one for one in solve.__all__ if one[0].islower()}
    assert {name.replace("-", "_") for name in QUESTIONS} | {"layers_for", "network_as_conv"} == functions
