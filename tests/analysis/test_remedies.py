"""Remedies: each saves what an analysis of the network that is changed by hand says, and none is told that does not help."""

from __future__ import annotations

from typing import Any

import pytest

from cnncalc import analyze, load
from cnncalc.analysis.changes import Setup, edited
from cnncalc.analysis.fit import largest_batch
from cnncalc.analysis.remedies import largest_batches, remedies
from cnncalc.analysis.result import Remedy
from cnncalc.spec.read import load_inline

CHAIN = "in 3x32x32; conv 16 k3 same relu; conv 16 k3 same relu; maxpool 2; flatten; dense 10"


def found(text: str, **how: Any) -> dict[str, Remedy]:
    spec = load(text) if text.startswith("zoo:") else load_inline(text)
    return {one.key: one for one in remedies(Setup(spec, **how))}


def peaks(text: str, **how: Any) -> tuple[Any, Any]:
    torch = analyze(text, **how).memory.torch
    return torch.inference_peak_bytes, torch.training_peak_bytes


@pytest.mark.parametrize(
    ("key", "text", "how"),
    [
        ("half-batch", CHAIN, {"batch": 4, "optimizer": "adam"}),
        ("16-bit", CHAIN, {"batch": 8, "optimizer": "adam", "dtype": "bfloat16"}),
        ("optimizer-sgd", CHAIN, {"batch": 8, "optimizer": "sgd"}),
        ("optimizer-momentum", CHAIN, {"batch": 8, "optimizer": "momentum"}),
        ("half-side", CHAIN.replace("3x32x32", "3x16x16"), {"batch": 8, "optimizer": "adam"}),
        ("stride", CHAIN.replace("conv 16 k3", "conv 16 k3 s2", 1), {"batch": 8, "optimizer": "adam"}),
    ],
)
def test_a_remedy_is_the_analysis_of_the_changed_network(key: str, text: str, how: dict[str, Any]) -> None:
    remedy = found(CHAIN, batch=8, optimizer="adam")[key]
    before, after = peaks(CHAIN, batch=8, optimizer="adam"), peaks(text, **how)
    assert (remedy.inference_bytes, remedy.training_bytes) == after
    assert remedy.inference_saved_bytes == before[0] - after[0]
    assert remedy.training_saved_bytes == before[1] - after[1]
    assert remedy.training_macs == analyze(text, **how).totals.training_macs


@pytest.mark.parametrize("name", ["zoo:alexnet", "zoo:resnet18", "zoo:unet", "zoo:lenet5", "zoo:mlp-36m"])
def test_only_what_helps_is_told_the_best_first(name: str) -> None:
    told = list(found(name, batch=2, optimizer="adam").values())
    assert told
    assert [one.training_saved_bytes for one in told] == sorted(
        (one.training_saved_bytes for one in told), reverse=True
    )
    assert all(max(one.training_saved_bytes, one.inference_saved_bytes) > 0 for one in told)


def test_what_makes_no_sense_is_left_out() -> None:
    # one image, the optimizer without a state, 16 bits, no side to halve, no stride
    assert found("in 8; dense 4", optimizer="sgd", dtype="bfloat16") == {}
    # the skips of a U-Net do not meet any more
    assert "stride" not in found("zoo:unet")


def test_shipped_blocks_are_changed_too() -> None:
    # a separable convolution is a block: its depthwise convolution is the first one here
    told = found("in 3x32x32; separable_conv 16 k3")["stride"]
    assert told.what == "stride 2 in separable_conv1.depthwise" and told.training_saved_bytes > 0


def test_a_change_leaves_the_spec_alone() -> None:
    spec = load("zoo:resnet18")
    before = load("zoo:resnet18")
    remedies(Setup(spec, batch=2))
    assert spec == before
    assert edited(spec.layers, lambda call: call) == spec.layers


def test_largest_batches_are_those_of_the_changed_networks() -> None:
    setup, memory = Setup(load_inline(CHAIN), optimizer="adam"), 64 * 2**20
    told = {change.key: most for change, most in largest_batches(setup, memory, rule="torch", training=True)}
    now = largest_batch(setup.spec, memory, rule="torch", training=True, optimizer="adam")
    assert list(told.values()) == sorted(told.values(), reverse=True) and min(told.values()) > now
    smaller = load_inline(CHAIN.replace("3x32x32", "3x16x16"))
    assert told["half-side"] == largest_batch(smaller, memory, rule="torch", training=True, optimizer="adam")
    assert told["optimizer-sgd"] == largest_batch(setup.spec, memory, rule="torch", training=True, optimizer="sgd")
    assert "half-batch" not in told


def test_remedies_with_a_device_say_what_it_would_hold() -> None:
    memory = analyze(CHAIN, batch=8, optimizer="adam", device="1 GiB", remedies=True).memory
    assert memory.remedies is not None and memory.device is not None
    by_key = {one.key: one.largest_training_batch for one in memory.remedies}
    assert by_key["half-batch"] is None
    assert by_key["16-bit"] > memory.device.largest_training_batch  # type: ignore[operator]
    assert analyze(CHAIN).memory.remedies is None
    assert analyze(CHAIN, symbolic=True, remedies=True).memory.remedies is None
