"""Remedies: each saves what an analysis of the network that is changed by hand says, and none is told that does not help."""

from __future__ import annotations

from typing import Any

import pytest

from cnncalc import analyze, load
from cnncalc.analysis.changes import Setup, changes, edited
from cnncalc.analysis.fit import largest_batch
from cnncalc.analysis.remedies import largest_batches, remedies
from cnncalc.analysis.result import Remedy
from cnncalc.graph.model import Node
from cnncalc.spec.model import Spec
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


def test_the_heaviest_layer_can_be_left_out() -> None:
    # of 16 x 32 x 32 maps there are two; the first convolution's is the one that can go
    told = found(CHAIN, batch=8, optimizer="adam")
    without = [one for key, one in told.items() if key.startswith("without-")]
    shorter = CHAIN.replace("conv 16 k3 same relu; ", "", 1)
    assert [one.what for one in without] == ["without conv1"]
    assert (without[0].inference_bytes, without[0].training_bytes) == peaks(shorter, batch=8, optimizer="adam")


def test_the_layer_that_gives_the_classes_stays() -> None:
    assert not [key for key in found("in 3x8x8; conv 4 k3; flatten; dense 100") if key == "without-dense1"]


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
    now, then = memory.device.largest_training_batch, by_key["16-bit"]
    assert now is not None and then is not None and then > now
    assert analyze(CHAIN).memory.remedies is None
    assert analyze(CHAIN, symbolic=True, remedies=True).memory.remedies is None


BLOCKS = """cnncalc: 1
input: 3x32x32
train: {train}
blocks:
  unit:
    parameters: {{width: 16}}
    layers:
      - conv: {{filters: width, kernel: 3, padding: 1, bias: false}}
      - batchnorm
      - relu{inplace}
      - conv: {{filters: width, kernel: 3, padding: 1, bias: false}}
      - batchnorm
layers:
  - unit: {{repeat: 4{checkpoint}}}
  - sigmoid
  - flatten
  - dense: 10
"""


def blocks(tmp_path, train: str = "{batch: 4}", inplace: str = "", checkpoint: str = "") -> str:  # type: ignore[no-untyped-def]
    path = tmp_path / "net.yaml"
    path.write_text(BLOCKS.format(train=train, inplace=inplace, checkpoint=checkpoint))
    return str(path)


def test_a_checkpoint_is_the_one_that_could_be_written(tmp_path) -> None:  # type: ignore[no-untyped-def]
    told = {one.key: one for one in remedies(Setup(load(blocks(tmp_path)), batch=4))}
    written = analyze(blocks(tmp_path, checkpoint=", checkpoint: true"), batch=4)
    remedy = told["checkpoint-unit"]
    assert remedy.training_bytes == written.memory.torch.training_peak_bytes
    assert remedy.training_saved_bytes > 0 and remedy.inference_saved_bytes == 0
    assert remedy.training_macs == written.totals.training_macs
    once = analyze(blocks(tmp_path), batch=4).totals.training_macs
    assert once is not None and remedy.training_macs is not None and remedy.training_macs > once  # it computes again


def test_activations_in_place_are_those_that_could_be_written(tmp_path) -> None:  # type: ignore[no-untyped-def]
    nodes = in_place(load(blocks(tmp_path)))
    assert [node.kind for node in nodes if node.inplace] == ["relu"] * 4  # torch's sigmoid module has no such option
    alone = load_inline("in 3x8x8; conv 4 k3 relu; conv 4 k3 relu")
    assert all(node.inplace for node in in_place(alone) if node.kind == "relu")


def in_place(spec: Spec) -> tuple[Node, ...]:
    """The network with whatever goes in place."""
    setup = Setup(spec)
    return next(change.setup for change in changes(setup, setup.graph()) if change.key == "in-place").graph().nodes


@pytest.mark.parametrize(
    ("layers", "overwriting"),
    [
        # the skip reads what the first activation would overwrite
        ("- conv: {filters: 3, kernel: 3, padding: 1}\n  - add: [[relu], []]\n  - relu", {"relu1"}),
        # the input is the caller's
        ("- relu\n  - conv: {filters: 3, kernel: 3}\n  - relu", {"relu2"}),
        # a reshaped view of what another layer reads
        (
            "- conv: {name: c, filters: 3, kernel: 3}\n  - flatten: {name: f}\n  - relu\n  - dense: 2\n  - dense: {units: 2, from: f}",
            set(),
        ),
        # a sigmoid and a relu keep their results for backward, which the relu behind them would overwrite
        ("- conv: {filters: 3, kernel: 3}\n  - sigmoid\n  - relu", set()),
        ("- conv: {filters: 3, kernel: 3}\n  - relu\n  - relu", {"relu1"}),
    ],
)
def test_nothing_that_is_still_needed_is_overwritten(tmp_path, layers: str, overwriting: set[str]) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "net.yaml"
    path.write_text(f"cnncalc: 1\ninput: 3x8x8\nlayers:\n  {layers}\n")
    setup = Setup(load(str(path)))
    made = [change.setup for change in changes(setup, setup.graph()) if change.key == "in-place"]
    assert len(made) == (1 if overwriting else 0)
    assert {node.path for one in made for node in one.graph().nodes if node.inplace} == overwriting


def test_settings_of_the_spec_that_cost_memory(tmp_path) -> None:  # type: ignore[no-untyped-def]
    wasteful = blocks(tmp_path, "{batch: 4, optimizer: adam, foreach: true, set_to_none: false}")
    before = analyze(wasteful, batch=4).memory.torch.training_peak_bytes
    assert analyze(wasteful).memory.conditions == (
        "the optimizer updates all parameters at once",
        "gradients are set to zero between steps, and stay",
    )
    told = {one.key: one for one in remedies(Setup(load(wasteful), 4, "adam"))}
    plain = blocks(tmp_path, "{batch: 4, optimizer: adam, foreach: true}")
    after = analyze(plain, batch=4).memory.torch.training_peak_bytes
    assert told["set-to-none"].training_saved_bytes == before - after > 0  # type: ignore[operator]


def test_half_the_batch_twice(tmp_path) -> None:  # type: ignore[no-untyped-def]
    remedy = {one.key: one for one in remedies(Setup(load(blocks(tmp_path)), 4))}["accumulate"]
    whole = analyze(blocks(tmp_path), batch=4)
    twice = analyze(blocks(tmp_path, "{batch: 4, accumulate: 2}"), batch=2)
    assert remedy.training_bytes == twice.memory.torch.training_peak_bytes
    assert remedy.training_macs == whole.totals.training_macs
