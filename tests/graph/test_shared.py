"""Shared weights, frozen layers, and layers that exist only in training."""

from __future__ import annotations

import pytest
from spec.written import analyzed, refusal, written

from cnncalc.analysis.result import Analysis

CONV = (
    "conv: {filters: 3, kernel: 3, padding: 1"  # 3 * 3 * 9 + 3 = 84 parameters on 3 channels; 27 * 3 * 64 MACs on 8x8
)
PARAMS, MACS = 84, 27 * 3 * 64
BLOCK = "{u: {layers: [conv: {name: c, filters: 3, kernel: 3, padding: 1}, batchnorm]}}"


def net(*layers: str, **sections: str) -> Analysis:
    return analyzed(written(*layers, **{"input": "3x8x8", "blocks": BLOCK, **sections}))


def shared(analysis: Analysis) -> dict[str, str]:
    return {row.path: row.shared_with for row in analysis.rows if row.shared_with is not None}


def test_shared_parameters_are_counted_once_and_their_arithmetic_each_time() -> None:
    analysis = net(f"{CONV}, name: a}}", f"{CONV}, share: a}}", f"{CONV}, share: a}}")
    assert [row.params for row in analysis.rows] == [PARAMS, 0, 0]
    assert [row.macs for row in analysis.rows] == [MACS] * 3
    assert analysis.totals.params == analysis.totals.trainable_params == PARAMS
    assert analysis.totals.macs == 3 * MACS
    assert analysis.totals.weight_layers == 3
    assert shared(analysis) == {"conv2": "a", "conv3": "a"}


def test_a_chain_of_shares_leads_to_the_owner() -> None:
    analysis = net(f"{CONV}, name: a}}", f"{CONV}, name: b, share: a}}", f"{CONV}, name: c, share: b}}")
    assert analysis.totals.params == PARAMS
    assert analysis.totals.training_macs == 2 * MACS + 3 * MACS + 3 * MACS


def test_two_towers() -> None:
    analysis = net(
        f"{CONV}, name: a, from: left, activation: prelu}}",
        f"{CONV}, name: b, from: right, share: a, activation: prelu}}",
        "concat: {from: [a, b]}",
        input="{left: 3x8x8, right: 3x9x7}",
    )
    # 3 x 8 x 8 and 3 x 9 x 7 share weights although their sides differ; only the concat does not fit
    assert [row.params for row in analysis.rows[:4]] == [PARAMS, 3, 0, 0]
    assert shared(analysis) == {"b": "a", "b.prelu": "a.prelu"}
    assert [fault.path for fault in analysis.faults] == ["concat1"]


def test_batchnorm_shares_its_buffers() -> None:
    analysis = net("batchnorm: {name: a}", "batchnorm: {share: a}")
    assert (analysis.totals.params, analysis.totals.buffers) == (6, 6)


def test_repeats_that_share_one_layer() -> None:
    analysis = net(f"{CONV}, name: a}}", f"{CONV}, share: a, repeat: 3}}")
    assert analysis.totals.params == PARAMS
    assert analysis.totals.macs == 4 * MACS


def test_repeats_that_share_repeats() -> None:
    analysis = net(
        f"{CONV}, name: a, repeat: 2}}", f"{CONV}, name: b, share: a, repeat: 2}}", f"{CONV}, share: 'a[0]'}}"
    )
    assert analysis.totals.params == 2 * PARAMS
    assert shared(analysis) == {"b[0]": "a[0]", "b[1]": "a[1]", "conv3": "a[0]"}


def test_blocks_share_layer_by_layer() -> None:
    analysis = net("u: {name: a}", "u: {name: b, share: a}", "u: {name: r, repeat: 2, share: a}")
    assert analysis.totals.params == PARAMS + 6
    assert shared(analysis) == {
        "b.c": "a.c",
        "b.batchnorm1": "a.batchnorm1",
        "r[0].c": "a.c",
        "r[0].batchnorm1": "a.batchnorm1",
        "r[1].c": "a.c",
        "r[1].batchnorm1": "a.batchnorm1",
    }


@pytest.mark.parametrize(
    "structure",
    [
        "stack: {layers: [BODY]",
        "add: {branches: [[BODY], []]",
        "highway: {layers: [BODY]",
        "stack: {layers: [stack: [add: [[BODY], []]]]",
    ],
)
def test_structures_share_layer_by_layer(structure: str) -> None:
    body = structure.replace("BODY", f"{CONV}}}, relu")
    once = net(f"{body}}}")
    twice = net(f"{body}, name: a}}", f"{body}, share: a}}")
    assert twice.totals.params == once.totals.params
    assert twice.totals.macs == 2 * (once.totals.macs or 0)


def test_a_share_inside_a_shared_block() -> None:
    blocks = "{outer: {layers: [u: {name: i}, u: {name: j, share: i}]}, " + BLOCK[1:]
    analysis = net("outer: {name: a}", "outer: {name: b, share: a}", blocks=blocks)
    assert analysis.totals.params == PARAMS + 6


MISMATCHES = [
    # other filters, kernel, bias, channels
    (f"{CONV}, name: a}}", "conv: {name: b, filters: 4, kernel: 3, padding: 1, share: a}"),
    (f"{CONV}, name: a}}", "conv: {name: b, filters: 3, kernel: 5, padding: 2, share: a}"),
    (f"{CONV}, name: a}}", f"{CONV}, name: b, bias: false, share: a}}"),
    ("conv: {name: a, filters: 4, kernel: 3}", f"{CONV}, name: b, share: a}}"),
    ("batchnorm: {name: a}", "batchnorm: {name: b, affine: false, share: a}"),
]


@pytest.mark.parametrize(("owner", "sharer"), MISMATCHES)
def test_what_cannot_share_is_a_fault(owner: str, sharer: str) -> None:
    analysis = net(owner, sharer)
    (fault,) = analysis.faults
    assert fault.path == "b"
    assert "share" in fault.message
    assert fault.expected
    assert fault.received
    assert fault.remedy
    assert analysis.exit_code == 1


@pytest.mark.parametrize(
    "layers",
    [
        (f"{CONV}, share: nope}}",),
        (f"{CONV}, name: a, share: a}}",),
        (f"{CONV}, share: input}}",),
        (f"{CONV}, share: b}}", f"{CONV}, name: b}}"),
        ("u: {name: a}", f"{CONV}, share: a}}"),
        (f"{CONV}, name: a}}", "u: {share: a}"),
        (f"{CONV}, name: a}}", "depthwise_conv: {kernel: 3, share: a}"),
        ("batchnorm: {name: a}", "layernorm: {share: a}"),
    ],
)
def test_what_is_nothing_to_share(layers: tuple[str, ...]) -> None:
    problem = refusal(written(*layers, input="3x8x8", blocks=BLOCK))
    assert problem.code == "CN003"
    assert problem.remedy
    assert "share" in problem.message or "no layer" in problem.message


# -- trainable -------------------------------------------------------------------------------------------------------


def test_frozen_layers_blocks_and_stacks() -> None:
    analysis = net(
        f"{CONV}, trainable: false}}",
        "u: {trainable: false}",
        f"stack: {{trainable: false, layers: [{CONV}}}, {CONV}, trainable: true}}]}}",
        f"{CONV}, activation: prelu, trainable: 1 == 2}}",
        f"{CONV}}}",
    )
    # a frozen stack freezes what is in it, whatever that says
    assert analysis.totals.params == 6 * PARAMS + 6 + 3
    assert analysis.totals.trainable_params == PARAMS
    assert [row.trainable_params for row in analysis.rows] == [0, 0, 0, 0, 0, 0, 0, PARAMS]


def test_a_parameter_may_freeze() -> None:
    blocks = "{b: {parameters: {learn: true}, layers: [conv: {filters: 3, kernel: 1, trainable: learn}]}}"
    analysis = net("b", "b: {learn: false}", blocks=blocks)
    assert [row.trainable_params for row in analysis.rows] == [12, 0]


# -- train_only ------------------------------------------------------------------------------------------------------


def test_train_only_layers_count_where_training_counts() -> None:
    analysis = net(
        f"{CONV}, name: a}}",
        heads=f"{{aux: {{from: a, train_only: true, layers: [{CONV}}}, batchnorm, flatten, dense: 10]}}}}",
    )
    head_macs = MACS + 192 * 10
    totals = analysis.totals
    assert totals.params == totals.trainable_params == PARAMS + PARAMS + 6 + 1930
    assert totals.train_only_params == PARAMS + 6 + 1930
    assert totals.buffers == 6
    assert totals.macs == MACS
    assert totals.flops_torch == 2 * MACS
    assert totals.flops == 2 * MACS + 192
    assert totals.weight_layers == 1
    assert totals.training_macs == 2 * MACS + 3 * head_macs
    # rows show what they cost; prediction's memory leaves them out
    assert analysis.row("aux.dense1").macs == 1920
    assert analysis.memory.textbook.inference_bytes == 4 * (PARAMS + 192 + 192)
    assert analysis.memory.textbook.training_bytes == 4 * (2 * PARAMS + 6 + 1930 + 192 + 192 + 192 + 10)


def test_a_head_that_stays_counts_everywhere() -> None:
    analysis = net(f"{CONV}, name: a}}", heads=f"{{mask: {{from: a, layers: [{CONV}}}]}}}}")
    assert analysis.totals.train_only_params == 0
    assert analysis.totals.macs == 2 * MACS
    assert analysis.totals.weight_layers == 2


@pytest.mark.parametrize(
    "text",
    [
        written("relu: {train_only: true}", "relu"),
        written("relu: {name: a, train_only: true}", "relu: {from: input}", "add: {from: [a, relu2]}"),
        written("stack: {train_only: true, layers: [relu]}", "relu"),
        written("relu", heads="{a: {from: relu1, train_only: true, layers: [relu]}, b: {from: a, layers: [relu]}}"),
        written("add: [[relu: {train_only: true}], []]"),
    ],
)
def test_nothing_that_stays_reads_what_is_train_only(text: str) -> None:
    problem = refusal(text)
    assert "only in training" in problem.message
    assert problem.remedy


def test_train_only_may_read_train_only() -> None:
    analysis = net(
        "relu",
        heads="{a: {from: relu1, train_only: true, layers: [relu]}, b: {from: a, train_only: true, layers: [relu]}}",
    )
    assert [row.train_only for row in analysis.rows] == [False, True, True]


def test_a_trunk_that_ends_train_only() -> None:
    analysis = net(f"{CONV}}}", "softmax: {train_only: true}")
    assert analysis.totals.macs == MACS
    assert analysis.rows[1].train_only
