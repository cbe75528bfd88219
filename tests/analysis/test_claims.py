"""Claims: what they may name, how they are judged, errata, what follows from what, and what a changed call leaves open."""

from __future__ import annotations

from typing import Any

import pytest
from spec.written import analyzed, refusal, written

from cnncalc.analysis.result import Analysis
from cnncalc.core.symbolic import symbol

CONV = "conv: {name: c, filters: 8, kernel: 3, padding: same, activation: relu"
"""On 3x8x8: 224 parameters, 27 * 512 = 13,824 multiply-adds, one add and one comparison per output number."""


def net(*layers: str, options: dict[str, Any] | None = None, **sections: str) -> Analysis:
    return analyzed(written(*layers, **{"input": "3x8x8", **sections}), **(options or {}))


def verdicts(analysis: Analysis) -> list[tuple[str, str, bool | None, bool]]:
    return [(claim.path, claim.what, claim.holds, claim.finding) for claim in analysis.claims]


def verdict(stated: str, layer: str = CONV, **options: Any) -> bool | None:
    (claim,) = net(f"{layer}, expect: {{{stated}}}}}", options=options).claims
    assert claim.finding is (claim.holds is False)
    return claim.holds


LAYER_CLAIMS: list[tuple[str, bool | None]] = [
    ("output: 8x8x8", True),
    ("output: [8, 8, 8]", True),
    ("output: 8 x 8 x 8", True),
    ("output: 8x8x9", False),
    ("output: 512", False),
    ("input: 3x8x8", True),
    ("input: 1x8x8", False),
    ("params: 224", True),
    ("params: 225", False),
    ("params: 0.2K", True),
    ("params: ~200", True),
    ("trainable_params: 224", True),
    ("buffers: 0", True),
    ("total_params: 224", True),
    ("non_trainable_params: 0", True),
    ("macs: 13_824", True),
    ("macs: 13.8K", True),
    ("macs: 0.01M", True),
    ("macs: 14K", True),
    ("macs: 15K", False),
    ("flops_torch: 27_648", True),
    # multiply-adds and biases; the activation is a row of its own
    ("flops: 28_160", True),
    ("output_bytes: 2048", True),
    ("output_bytes: 2 KiB", True),
    ("output_bytes: 2.0 kB", True),
    ("output_bytes: 2.1 kB", False),
    ("receptive_field: 3", True),
    ("receptive_field: [3, 3]", True),
    ("receptive_field: 5", False),
    ("receptive_field: {size: 3, min_size: 3, jump: 1, start: -1}", True),
    ("receptive_field: [3]", False),
    # the fields of its kind
    ("filters: 8", True),
    ("filters: 9", False),
    ("kernel: 3", True),
    ("kernel: [3, 3]", True),
    ("kernel: [3, 5]", False),
    ("stride: 1", True),
    ("padding: same", True),
    ("padding: valid", False),
    ("bias: true", True),
    ("bias: false", False),
    ("activation: relu", True),
    ("activation: tanh", False),
]


@pytest.mark.parametrize(("stated", "holds"), LAYER_CLAIMS, ids=[row[0] for row in LAYER_CLAIMS])
def test_claims_on_a_layer(stated: str, holds: bool | None) -> None:
    claims = net(f"{CONV}, expect: {{{stated}}}}}").claims
    assert claims
    assert all(claim.holds is holds for claim in claims)
    assert all(claim.finding is (holds is False) for claim in claims)


def test_a_layer_s_output_is_after_its_activation_and_its_figures_are_its_own() -> None:
    analysis = net("conv: {filters: 8, kernel: 3, activation: {maxout: 2}, expect: {output: 4x6x6, params: 224}}")
    assert [claim.holds for claim in analysis.claims] == [True, True]


def test_1x1xc_equals_c() -> None:
    assert verdict("output: 1x1x10", "dense: {units: 10, axis: channels", inputs={"input": (8,)}) is None
    for layer, stated in (("flatten", "1x1x192"), ("flatten", "192x1x1"), ("flatten", "192")):
        assert net(f"{layer}: {{expect: {{output: {stated}}}}}").claims[0].holds is True
    assert net("global_avgpool: {keepdims: true, expect: {output: 3}}").claims[0].holds is True
    assert net("flatten: {expect: {output: 1x2x96}}").claims[0].holds is False


def test_fields_that_default_to_another_one() -> None:
    assert verdict("stride: 2", "maxpool: {kernel: 2") is True
    assert verdict("size: [4, 4]", "adaptive_avgpool: {size: 4") is True


def test_claims_on_a_block_call_are_sums_and_the_last_output() -> None:
    analysis = net(
        "u: {name: one, expect: {output: 3x8x8, params: 84, total_params: 96, buffers: 6, macs: 5184, receptive_field: 3}}",
        "u: {name: three, repeat: 3, expect: {output: 3x8x8, params: 252, macs: 15_552, receptive_field: 9, input: 3x8x8}}",
        "conv: {name: layers, filters: 3, kernel: 3, repeat: 2, expect: {output: 3x4x4, params: 168, kernel: 3}}",
        blocks="{u: {layers: [conv: {filters: 3, kernel: 3, padding: 1}, batchnorm: {affine: true, if: 1 > 2}, batchnorm: {affine: false}]}}",
    )
    assert [claim for claim in verdicts(analysis) if claim[2] is not True] == [("one", "total_params", False, True)]


def test_claims_inside_a_block_are_judged_for_each_call() -> None:
    blocks = "{u: {parameters: {w: 8}, layers: [conv: {filters: w, kernel: 1, expect: {params: 32}}]}}"
    analysis = net("u", "u: {name: v, w: 9}", blocks=blocks)
    assert verdicts(analysis) == [("u1.conv1", "params", True, False), ("v.conv1", "params", False, True)]


def test_what_is_stated_may_be_an_expression() -> None:
    blocks = "{u: {parameters: {w: null}, layers: [conv: {filters: w, kernel: 1, expect: {params: (in_channels + 1) * w, output: [w, 8, 8]}}]}}"
    analysis = net("u: {w: 5}", "u: {w: 7}", blocks=blocks)
    assert [claim.holds for claim in analysis.claims] == [True] * 4


WHOLE = (
    "conv: {filters: 8, kernel: 3, padding: same, activation: relu}",
    "batchnorm",
    "flatten",
    "dense: {units: 10, trainable: false}",
)
# conv 224, batchnorm 16 (+ 16 buffers), dense 5130 frozen; MACs 13824 + 5120
WHOLE_CLAIMS: list[tuple[str, bool | None]] = [
    ("output: 10", True),
    ("input: 3x8x8", True),
    ("params: 5370", True),
    ("params: 5.4K", True),
    ("params: ~5000", True),
    ("trainable_params: 240", True),
    ("train_only_params: 0", True),
    ("buffers: 16", True),
    ("total_params: 5386", True),
    # frozen parameters and buffers, as Keras counts
    ("non_trainable_params: 5146", True),
    ("macs: 18_944", True),
    ("training_macs: 37_888", True),  # 2 * 13824 + 2 * 5120
    ("flops_torch: 37_888", True),
    ("weight_layers: 2", True),
    ("receptive_field: 8", True),
    ("parameter_bytes: 21_480", True),
    ("parameter_bytes: 21.5 kB", True),
    ("gradient_bytes: 960", True),
    ("optimizer_bytes: 0", True),
    # (5370 + 512 + 192) * 4; (5370 + 192 + 512 + 10) * 4; and 240 gradients
    ("textbook_inference: 24_296", True),
    ("textbook_training: 24_336", True),
    ("textbook_training: 24.3 kB", True),
    ("textbook_training: 23.8 KiB", True),
    ("textbook_training_with_gradients: 25_296", True),
    ("textbook_training: 24_337", False),
]


@pytest.mark.parametrize(("stated", "holds"), WHOLE_CLAIMS, ids=[row[0] for row in WHOLE_CLAIMS])
def test_claims_on_the_whole(stated: str, holds: bool | None) -> None:
    (claim,) = net(*WHOLE, expect=f"{{{stated}}}").claims
    assert claim.holds is holds
    assert claim.path == ""


def test_training_memory_claims_are_for_train_batch() -> None:
    claims = "{textbook_training: 4_000 B, textbook_inference: 816, macs: 2304}"
    # 12 parameters; 192 + 192 numbers per image: (12 + 50 * 384) * 4 = 76,848; prediction is per image
    analysis = net(
        "conv: {filters: 3, kernel: 1}",
        train="{batch: 50}",
        expect=claims.replace("4_000 B", "76_848").replace("816", "1_584").replace("2304", "576"),
    )
    assert [claim.holds for claim in analysis.claims] == [True, True, True]
    assert [
        claim.holds
        for claim in net(
            "conv: {filters: 3, kernel: 1}",
            train="{batch: 50}",
            options={"batch": 7},
            expect="{textbook_training: 76_848}",
        ).claims
    ] == [True]


def test_optimizer_claims_are_for_train_optimizer() -> None:
    assert (
        net("conv: {filters: 3, kernel: 1}", train="{optimizer: adam}", expect="{optimizer_bytes: 104}").claims[0].holds
        is True
    )


# -- errata and follows ----------------------------------------------------------------------------------------------


def test_an_erratum_must_not_hold() -> None:
    wrong = net(f"{CONV}, expect: {{params: {{stated: 225, erratum: misprint}}}}}}")
    right = net(f"{CONV}, expect: {{params: {{stated: 224, erratum: misprint}}}}}}")
    assert verdicts(wrong) == [("c", "params", False, False)]
    assert wrong.exit_code == 0
    assert verdicts(right) == [("c", "params", True, True)]
    assert right.exit_code == 1
    assert right.claims[0].erratum == "misprint"


FOLLOWING = "{params: {stated: 1000, follows: c}}"


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        # the earlier one is wrong: what follows is no finding of its own
        ("{params: 225}", FOLLOWING, [(False, True), (False, False)]),
        ("{params: {stated: 225, erratum: misprint}}", FOLLOWING, [(False, False), (False, False)]),
        # the earlier one is right: nothing to follow
        ("{params: 224}", FOLLOWING, [(True, False), (False, True)]),
        # a follower that holds is fine
        ("{params: 225}", "{params: {stated: 584, follows: c}}", [(False, True), (True, False)]),
    ],
)
def test_follows(first: str, second: str, expected: list[tuple[bool, bool]]) -> None:
    analysis = net(f"{CONV}, expect: {first}}}", f"conv: {{name: d, filters: 8, kernel: 3, expect: {second}}}")
    assert [(claim.holds, claim.finding) for claim in analysis.claims] == expected
    assert analysis.exit_code == int(any(finding for _, finding in expected))


def test_what_follows_what_follows() -> None:
    analysis = net(
        f"{CONV}, expect: {{params: {{stated: 225, erratum: misprint}}}}}}",
        "conv: {name: d, filters: 8, kernel: 3, expect: {params: {stated: 1, follows: c}}}",
        expect="{params: {stated: 226, follows: d}}",
    )
    assert analysis.exit_code == 0


def test_a_figure_may_follow_an_earlier_one_of_its_own_layer() -> None:
    analysis = net(
        f"{CONV}, expect: {{params: {{stated: 225, erratum: misprint}}, macs: {{stated: 13_888, follows: c}}}}}}"
    )
    assert analysis.exit_code == 0


def test_a_claim_cannot_follow_itself() -> None:
    assert net(f"{CONV}, expect: {{params: {{stated: 225, follows: c}}}}}}").exit_code == 1


def test_claims_cannot_follow_each_other() -> None:
    first = f"{CONV}, expect: {{params: {{stated: 225, follows: d}}}}}}"
    second = "conv: {name: d, filters: 8, kernel: 3, expect: {params: {stated: 1, follows: c}}}"
    assert net(first, second).exit_code == 1


def test_following_nothing_is_told() -> None:
    text = written(f"{CONV}, expect: {{params: {{stated: 224, follows: nope}}}}}}", input="3x8x8")
    assert "nope" in str(refusal(text))


# -- what the caller changed -----------------------------------------------------------------------------------------

CLAIMED = (
    "conv: {name: c, filters: n, kernel: 3, padding: same, expect: {output: 8x8x8, params: 224, output_bytes: 2048, stride: 1}}",
)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, [True, True, True, True]),
        ({"batch": 7}, [True, True, True, True]),
        # what moves is open, what stays is judged
        ({"inputs": {"input": (3, 9, 9)}}, [None, True, None, True]),
        ({"inputs": {"input": (3, 8, 8)}}, [True, True, True, True]),
        ({"inputs": {"input": (4, 8, 8)}}, [True, None, True, True]),
        ({"variables": {"n": 9}}, [None, None, None, True]),
        ({"variables": {"n": 8}}, [True, True, True, True]),
        ({"dtype": "float16"}, [True, True, None, True]),
        ({"symbolic": True}, [None, True, None, True]),
        ({"batch": symbol("N")}, [True, True, True, True]),
        ({"optimizer": "adam"}, [True, True, True, True]),
    ],
)
def test_claims_that_the_call_moves_are_undecided(options: dict[str, Any], expected: list[bool | None]) -> None:
    analysis = net(*CLAIMED, variables="{n: 8}", options=options)
    assert [claim.holds for claim in analysis.claims] == expected
    assert analysis.exit_code == 0


def test_a_false_claim_that_the_call_does_not_move_stays_false() -> None:
    analysis = net(f"{CONV}, expect: {{params: 225}}}}", options={"inputs": {"input": (3, 9, 9)}})
    assert verdicts(analysis) == [("c", "params", False, True)]


def test_a_spec_that_needs_set_can_have_claims() -> None:
    # without --set a symbol cannot count repeats
    analysis = net(
        "conv: {filters: 3, kernel: 1, repeat: n, expect: {params: 36}}",
        variables="{n: symbol}",
        options={"variables": {"n": 3}},
    )
    assert [claim.holds for claim in analysis.claims] in ([None], [True])


def test_symbols_are_compared_where_they_can_be() -> None:
    analysis = net(
        "conv: {filters: 8, kernel: 3, padding: same, expect: {output: 8xHxW, params: 224, macs: 100}}",
        "conv: {filters: 8, kernel: 3, padding: same, expect: {output: 8x8x8, macs: 1M}}",
        input="3xHxW",
    )
    # 216 H W is at least 216; whether H is 8, and 576 H W a million, is open
    assert [claim.holds for claim in analysis.claims] == [True, True, False, None, None]
