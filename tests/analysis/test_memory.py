"""The textbook memory rule, worked out by hand, and the optimizers' state as measured with torch 2.13."""

from __future__ import annotations

import pytest
from spec.written import analyzed, written

from cnncalc.analysis.result import Analysis


def net(*layers: str, batch: int = 1, **sections: str) -> Analysis:
    return analyzed(written(*layers, **{"input": "3x8x8", **sections}), batch=batch)


def numbers(analysis: Analysis) -> tuple[int, int, int]:
    """Prediction, training and training with gradients, in numbers of 4 bytes."""
    textbook = analysis.memory.textbook
    return tuple(
        figure // 4
        for figure in (textbook.inference_bytes, textbook.training_bytes, textbook.training_with_gradients_bytes)
    )  # type: ignore[operator, return-value]


# the input has 3 * 8 * 8 = 192 numbers; a 1x1 convolution to 3 maps has 12 parameters
SAME = "conv: {filters: 3, kernel: 1"


def test_a_chain() -> None:
    # 192 -> conv 4x6x6 = 144 (112 parameters) -> pool 4x3x3 = 36 -> dense 10 (370 parameters)
    analysis = net("conv: {filters: 4, kernel: 3}", "maxpool: 2", "flatten", "dense: 10")
    params = 112 + 370
    # the two largest consecutive maps: the input and the convolution's
    assert numbers(analysis) == (params + 192 + 144, params + 192 + 144 + 36 + 10, 2 * params + 382)
    assert analysis.memory.textbook.inference_at == "conv1"


def test_what_is_not_counted() -> None:
    plain = net("conv: {filters: 4, kernel: 3}", "maxpool: 2", "flatten", "dense: 10")
    dressed = net(
        "identity",
        "conv: {filters: 4, kernel: 3, activation: relu}",
        "lrn",
        "dropout: 0.5",
        "maxpool: 2",
        "tanh",
        "reshape: [36]",
        "dense: {units: 10, activation: softmax}",
    )
    assert numbers(dressed) == numbers(plain)


@pytest.mark.parametrize("batch", [1, 2, 50])
def test_parameters_are_held_once_and_maps_per_image(batch: int) -> None:
    analysis = net("conv: {filters: 4, kernel: 3}", "maxpool: 2", batch=batch)
    assert numbers(analysis) == (112 + batch * 336, 112 + batch * 372, 2 * 112 + batch * 372)


def test_the_largest_may_come_late() -> None:
    analysis = net("maxpool: 8", "upsample: 10", "maxpool: 2")
    # 192, 3, 300, 75
    assert numbers(analysis) == (300 + 75, 192 + 3 + 300 + 75, 570)
    assert analysis.memory.textbook.inference_at == "maxpool2"


def test_a_merge_holds_its_output_and_all_inputs() -> None:
    analysis = net(f"add: [[{SAME}}}], []]")
    # the sum, the convolution's map, the input
    assert numbers(analysis) == (12 + 3 * 192, 12 + 3 * 192, 24 + 3 * 192)
    assert analysis.memory.textbook.inference_at == "add1"


def test_an_input_that_comes_twice_is_held_once() -> None:
    assert numbers(net("add: [[], []]"))[0] == 2 * 192
    assert numbers(net("add: [[relu], [tanh], []]"))[0] == 2 * 192
    assert numbers(net("concat: [[], []]"))[0] == 384 + 192
    assert numbers(net(f"{SAME}, name: a}}", "add: {from: [a, a]}"))[0] == 12 + 2 * 192


def test_a_skip_that_stays_alive_across_is_not_counted_on_the_way() -> None:
    # while the branch's convolutions run, the rule sees only their own input and output
    analysis = net(f"add: [[conv: {{filters: 8, kernel: 1}}, {SAME}}}], []]")
    params = 8 * 4 + 3 * 9
    assert numbers(analysis) == (params + 512 + 192, params + 192 + 512 + 192 + 192, 2 * params + 1088)


def test_a_map_that_only_tells_a_size_is_not_held() -> None:
    # 3x8x8 = 192 -> a: 3x8x8 = 192 (9 parameters) -> b: 50x6x6 = 1,800 (1,350) ; a cropped to 6x6 -> c: 3x6x6 = 108 (9)
    bias = "bias: false"
    analysis = net(
        f"conv: {{name: a, filters: 3, kernel: 1, {bias}}}",
        f"conv: {{name: b, filters: 50, kernel: 3, {bias}}}",
        "crop: {from: a, like: b}",
        f"conv: {{filters: 3, kernel: 1, {bias}}}",
    )
    # b with a; c reads the crop of a (192), not b
    assert numbers(analysis)[0] == 9 + 1350 + 9 + 1800 + 192
    assert analysis.memory.textbook.inference_at == "b"


def test_several_inputs_are_all_held() -> None:
    text = written("concat: {from: [left, right]}", input="{left: 3x8x8, right: 1x8x8}")
    assert numbers(analyzed(text)) == (256 + 192 + 64, 256 + 192 + 64, 512)


def test_the_order_of_equal_candidates_names_the_first() -> None:
    assert net(f"{SAME}}}", f"{SAME}}}").memory.textbook.inference_at == "conv1"


def test_frozen_parameters_have_no_gradients() -> None:
    analysis = net(f"{SAME}, trainable: false}}", f"{SAME}}}")
    assert numbers(analysis) == (24 + 384, 24 + 3 * 192, 24 + 12 + 3 * 192)
    assert analysis.memory.gradient_bytes == 48
    assert analysis.memory.parameter_bytes == 96


def test_an_empty_network() -> None:
    analysis = net()
    assert numbers(analysis) == (0, 192, 192)
    assert analysis.memory.textbook.inference_at is None


def test_unknown_shapes_leave_the_figures_unknown() -> None:
    textbook = net("maxpool: 9", "maxpool: 2").memory.textbook
    assert (textbook.inference_bytes, textbook.training_bytes) == (None, None)


# -- optimizers ------------------------------------------------------------------------------------------------------

SMALL = ["conv: {filters: 8, kernel: 3", "batchnorm", "prelu", "flatten", "dense: 10"]
"""224 + 16 + 8 + 2890 = 3138 parameters in 7 tensors; with the convolution frozen 2914 in 5."""

# bytes of all tensors in the optimizer's state after one step, measured with torch 2.13.0 on
# Sequential(Conv2d(3, 8, 3), BatchNorm2d(8), PReLU(8), Flatten(), Linear(288, 10)) in each dtype
MEASURED: list[tuple[str, str, int, int]] = [
    # optimizer, dtype, all trainable, convolution frozen
    ("sgd", "float32", 0, 0),
    ("sgd", "float16", 0, 0),
    ("momentum", "float32", 12552, 11656),
    ("momentum", "float64", 25104, 23312),
    ("momentum", "bfloat16", 6276, 5828),
    ("nesterov", "float32", 12552, 11656),
    ("nesterov", "float16", 6276, 5828),
    ("adam", "float32", 25132, 23332),
    ("adam", "float64", 50236, 46644),
    ("adam", "bfloat16", 12580, 11676),
    ("adam", "float16", 12580, 11676),
    ("adamw", "float32", 25132, 23332),
    ("adamw", "float64", 50236, 46644),
    ("adamw", "bfloat16", 12580, 11676),
    ("rmsprop", "float32", 12580, 11676),
    ("rmsprop", "float64", 25132, 23332),
    ("rmsprop", "float16", 6304, 5848),
]


@pytest.mark.parametrize(("optimizer", "dtype", "all_trainable", "frozen"), MEASURED)
def test_optimizer_state(optimizer: str, dtype: str, all_trainable: int, frozen: int) -> None:
    for conv, expected in ((f"{SMALL[0]}}}", all_trainable), (f"{SMALL[0]}, trainable: false}}", frozen)):
        analysis = analyzed(written(conv, *SMALL[1:], input="3x8x8"), optimizer=optimizer, dtype=dtype)
        assert analysis.memory.optimizer_bytes == expected
        assert analysis.memory.optimizer == optimizer


def test_shared_parameters_have_one_state() -> None:
    analysis = analyzed(written(f"{SAME}, name: a}}", f"{SAME}, share: a}}", input="3x8x8"), optimizer="adam")
    assert analysis.memory.optimizer_bytes == 2 * 48 + 2 * 4


def test_the_spec_s_optimizer_is_the_default() -> None:
    text = written(f"{SAME}}}", input="3x8x8", train="{optimizer: adam}")
    assert analyzed(text).memory.optimizer == "adam"
    assert analyzed(text, optimizer="momentum").memory.optimizer_bytes == 48
    assert analyzed(written(f"{SAME}}}", input="3x8x8")).memory.optimizer == "sgd"


def test_state_does_not_grow_with_the_batch() -> None:
    text = written(f"{SAME}}}", input="3x8x8", train="{optimizer: adam}")
    assert analyzed(text, batch=99).memory.optimizer_bytes == analyzed(text).memory.optimizer_bytes
