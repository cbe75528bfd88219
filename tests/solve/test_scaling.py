"""How figures grow with twice the channels, side, batch: by hand, and against the same network written twice as wide."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from cnncalc import analyze, load
from cnncalc.core.diagnostic import SpecError
from cnncalc.solve import scaling
from cnncalc.spec.read import load_inline


def grown(text: str, **how: Any) -> dict[str, dict[str, Any]]:
    spec = load(text) if text.startswith("zoo:") else load_inline(text)
    return {one["figure"]: dict(one) for one in scaling(spec, **how).solutions}


def test_a_layer_in_symbols() -> None:
    # 9 C C weights, each used H W times: C doubled gives 4 of both, H and W doubled 4 of the uses and no weight more
    told = grown("in CxHxW; conv C k3 same nobias")
    assert [told["params"][change] for change in ("channels", "side", "batch")] == [4, 1, 1]
    assert [told["macs"][change] for change in ("channels", "side", "batch")] == [4, 4, 2]
    # a map in and a map out
    assert [told["maps"][change] for change in ("channels", "side", "batch")] == [2, 4, 2]


NARROW = "in 3x32x32; conv 8 k3 same relu; depthwise_conv 3; maxpool 2; conv 16 k3 g4; flatten; dense 20; dense 10"
WIDE = "in 3x32x32; conv 16 k3 same relu; depthwise_conv 3; maxpool 2; conv 32 k3 g4; flatten; dense 40; dense 10"


@pytest.mark.parametrize(("change", "text"), [("channels", WIDE), ("side", NARROW.replace("32x32", "64x64"))])
def test_a_network_is_the_wider_or_larger_one(change: str, text: str) -> None:
    now, then, told = analyze(NARROW), analyze(text), grown(NARROW)
    assert told["params"][change] == Fraction(then.totals.params, now.totals.params)
    assert told["macs"][change] == Fraction(then.totals.macs, now.totals.macs)
    assert told["training_macs"][change] == Fraction(then.totals.training_macs, now.totals.training_macs)
    for figure in ("inference_bytes", "training_bytes"):
        before, after = (getattr(one.memory.textbook, figure) for one in (now, then))
        assert told[figure][change] == Fraction(after, before)


def test_residual_networks_keep_their_projections() -> None:
    # ResNet-50 with every convolution twice as wide (Wide ResNet-50-2 widens only the inner ones): by hand for conv1
    told = grown("zoo:resnet50")
    assert 3.8 < told["params"]["channels"] < 4 and told["params"]["side"] == 1


def test_a_convolution_with_a_group_per_channel_stays_one() -> None:
    # 8 filters of 9 weights and a bias; of twice as many channels 16
    told = grown("in 8x8x8; conv 8 k3 g8")
    assert (told["params"]["now"], told["params"]["channels"]) == (80, 2)


def test_what_gives_no_network_is_said() -> None:
    answer = scaling(load("zoo:lenet5"))
    assert all(one["channels"] is None for one in answer.solutions)
    assert "with twice the channels C3 does not work: its connection table is made for its own channels" in answer.notes
    fixed = scaling(load_inline("in 3x8x8; conv 4 k3; reshape 144; dense 10"))
    assert all(one["side"] is None and one["channels"] is None for one in fixed.solutions)


def test_a_vector_has_no_side() -> None:
    told = grown("in 1000; dense 100")
    assert told["macs"]["side"] is None and told["macs"]["channels"] == 2


def test_claims() -> None:
    spec = load_inline("in 256x56x56; conv 256 k3 p1")
    assert scaling(spec, claim="channels=4").verdict == ("channels=4", True, (), "")
    wrong = scaling(spec, claim="side=2").verdict
    assert wrong is not None and not wrong.right
    assert (wrong.slips, wrong.computed) == (("only one of two factors was doubled",), "4")
    assert scaling(spec, claim="side.params=x1").exit_code == 0
    for claim in ("4", "width=4", "channels.memory=4", "channels=much"):
        with pytest.raises(SpecError, match="cannot be read"):
            scaling(spec, claim=claim)


def test_a_fault_is_the_answers() -> None:
    assert scaling(load_inline("in 3x5x5; conv 4 k7")).exit_code == 1
