"""What a verification says: confirmed figures, refuted ones with both numbers, and what torch cannot show."""

from __future__ import annotations

from typing import Any

import pytest

from cnncalc.core.diagnostic import SpecError
from cnncalc.verify import values
from cnncalc.verify.result import Check, Verification
from cnncalc.verify.verify import verify

STRIDED = "in 3x13x13; conv 4 k6 s5 same relu; flatten; dense 10"
"""conv: ceil(13/5) = 3 a side, (6*6*3 + 1) * 4 = 436 parameters, 9 * 432 MACs; dense: 36 numbers, 370 parameters."""


def one(result: Verification, path: str, what: str) -> Check:
    (check,) = (check for check in result.checks if (check.path, check.what) == (path, what))
    return check


def test_every_figure_is_confirmed() -> None:
    result = verify(STRIDED, device="cpu")
    assert result.exit_code == 0
    assert not result.mismatches
    assert (result.mode, result.batch, result.device) == ("run", 2, "cpu")
    measured = {(check.path, check.what): check.measured for check in result.checks}
    assert measured["conv1", "output"] == (4, 3, 3)
    assert measured["conv1", "params"] == measured["conv1", "gradients"] == 436
    assert measured["conv1", "macs"] == 2 * 9 * 432
    assert measured["dense1", "macs"] == 2 * 360
    assert measured["", "params"] == measured["", "trainable_params"] == 436 + 370
    assert measured["", "macs"] == 2 * (9 * 432 + 360)
    assert measured["", "output"] == (10,)
    assert measured["", "finite"] is True
    assert measured["conv1", "padding"] < 1e-12
    assert measured["", "values"] < 1e-12


def test_what_torch_does_not_count_is_never_confirmed() -> None:
    result = verify("in 3x8x8; conv 4 k3; batchnorm; relu; maxpool 2", device="cpu")
    for path in ("batchnorm1", "relu1", "maxpool1"):
        check = one(result, path, "macs")
        assert (check.predicted, check.measured, check.status) == (0, None, "unmeasured")
        assert "does not count" in check.note
    assert result.confirmed + result.unmeasured == len(result.checks)
    assert result.unmeasured == 3


def test_buffers_are_running_statistics_without_their_counter() -> None:
    assert one(verify("in 3x8x8; batchnorm", device="cpu"), "", "buffers").measured == 6


def test_lenet5s_table_has_150_000_macs_for_torch_too() -> None:
    check = one(verify("zoo:lenet5", device="cpu", batch=1), "C3", "macs")
    assert (check.predicted, check.measured, check.status) == (150_000, 150_000, "ok")


@pytest.mark.parametrize(
    ("method", "lie", "what", "predicted", "measured"),
    [
        ("output", lambda self, *inputs: (4, 4, 4), "output", (4, 4, 4), (4, 3, 3)),
        ("weights", None, "params", 437, 436),
        ("ops", None, "macs", 2, 2 * 9 * 432),
    ],
)
def test_a_wrong_figure_is_refuted(
    monkeypatch: pytest.MonkeyPatch, method: str, lie: Any, what: str, predicted: Any, measured: Any
) -> None:
    from cnncalc.core.tensors import Ops, Weight
    from cnncalc.layers.conv import Conv

    lies = {
        "weights": lambda self, *inputs: (Weight("weight", (4, 3, 6, 6)), Weight("bias", (5,))),
        "ops": lambda self, inputs, output: Ops(macs=1),
    }
    monkeypatch.setattr(Conv, method, lie or lies[method])
    result = verify("in 3x13x13; conv 4 k6 s5 same", device="cpu")
    check = one(result, "conv1", what)
    assert (check.predicted, check.measured, check.status) == (predicted, measured, "mismatch")
    assert check in result.mismatches
    assert result.exit_code == 1


def test_a_wrong_twin_differs_from_the_reference(monkeypatch: pytest.MonkeyPatch) -> None:
    """SAME with the odd position in front has the right shapes and the wrong numbers."""
    from cnncalc.verify.twins import edges

    right = edges._same
    monkeypatch.setattr(edges, "_same", lambda n, span, stride: right(n, span, stride)[::-1])
    result = verify("in 3x13x13; conv 4 k6 s5 same", device="cpu")
    assert {(check.path, check.what) for check in result.mismatches} == {
        ("conv1", "padding"),
        ("conv1", "values"),
        ("", "values"),
    }


def test_numbers_that_are_not_finite() -> None:
    # doubled, then squared eleven times: some number above 1.1 leaves float32, which ends at 3.4 * 10^38
    result = verify_text(
        f"cnncalc: 1\ninput: 400\nlayers: [{', '.join(['{add: [[], []]}'] + ['{multiply: [[], []]}'] * 11)}]\n"
    )
    assert one(result, "", "finite").status == "mismatch"
    assert result.exit_code == 1


def verify_text(text: str, **options: Any) -> Verification:
    from cnncalc.core.source import Source
    from cnncalc.spec.load import load_source
    from cnncalc.spec.shipped import shipped_block

    return verify(load_source(Source("written", text), "written", shipped_block), device="cpu", **options)


def test_train_only_heads() -> None:
    """A head counts as parameters and is checked, and takes no part in prediction."""
    result = verify_text(
        "cnncalc: 1\ninput: 3x8x8\nlayers: [{conv: {name: c, filters: 4, kernel: 1}}, {conv: {filters: 2, kernel: 1}}]\n"
        "heads: {aux: {from: c, train_only: true, layers: [flatten, {dense: 5}]}}\n"
    )
    assert result.exit_code == 0
    assert one(result, "aux.dense1", "output").measured == (5,)
    assert one(result, "", "train_only_params").measured == 257 * 5
    assert one(result, "", "params").measured == 16 + 10 + 257 * 5
    assert one(result, "", "macs").measured == 2 * 64 * (12 + 8)


def test_shared_weights_are_one_parameter() -> None:
    result = verify_text(
        "cnncalc: 1\ninput: {left: 3x8x8, right: 3x8x8}\n"
        "layers: [{conv: {name: eye, from: left, filters: 4, kernel: 3}}, {conv: {name: other, from: right, filters: 4, kernel: 3, share: eye}},"
        " {concat: {from: [eye, other]}}]\n"
    )
    assert result.exit_code == 0
    assert one(result, "", "params").measured == 28 * 4
    assert one(result, "other", "params").measured == 0
    assert one(result, "other", "macs").measured == 2 * 36 * 27 * 4


def test_frozen_parameters_have_no_gradient() -> None:
    result = verify_text("cnncalc: 1\ninput: 8\nlayers: [{dense: {units: 4, trainable: false}}, {dense: 2}]\n")
    assert one(result, "dense1", "gradients").measured == 0
    assert one(result, "", "gradients").measured == one(result, "", "trainable_params").measured == 10


def test_everything_frozen() -> None:
    assert (
        one(
            verify_text("cnncalc: 1\ninput: 8\nlayers: [{rbf: {units: 4, trainable: false}}]\n"), "", "gradients"
        ).status
        == "ok"
    )


def test_a_faulty_shape_is_said_and_nothing_is_built() -> None:
    result = verify("in 3x8x8; conv 4 k9", device="cpu")
    assert (result.mode, result.exit_code, result.checks) == ("none", 1, ())
    assert "kernel 9 exceeds" in result.faults[0].message


def test_batch_of_one_has_no_batch_statistics() -> None:
    spec = "in 8; dense 4; batchnorm"
    assert one(verify(spec, device="cpu"), "", "gradients").status == "ok"
    check = one(verify(spec, device="cpu", batch=1), "", "gradients")
    assert check.status == "unmeasured"
    assert "--batch 2" in check.note


def test_meta_says_that_it_has_no_numbers() -> None:
    result = verify(STRIDED, device="cpu", meta=True, timing=True)
    assert (result.mode, result.device, result.exit_code, result.timing) == ("meta", "meta", 0, None)
    assert one(result, "", "finite").status == "unmeasured"
    assert one(result, "", "params").status == one(result, "dense1", "gradients").status == "ok"
    assert one(result, "conv1", "padding").status == "ok"  # one channel runs for real
    assert "nothing is timed on device meta" in result.notes


def test_a_network_too_large_to_run_goes_through_meta(monkeypatch: pytest.MonkeyPatch) -> None:
    """36 million inputs into 100 units: 3.6e9 parameters, 14.4 GB, and as much again for their gradients."""
    monkeypatch.setattr("cnncalc.verify.verify.available_bytes", lambda device: 24 * 10**9)
    result = verify("zoo:mlp-36m", device="cpu")
    assert result.mode == "meta"
    assert "28.8 GB" in result.reason
    assert one(result, "", "params").measured == 3_600_000_100


def test_what_does_not_fit_after_all_goes_through_meta(monkeypatch: pytest.MonkeyPatch) -> None:
    import cnncalc.verify.measure as room

    real = room.measure

    def once(graph: Any, inputs: Any, *rest: Any, **options: Any) -> Any:
        if not inputs[0].is_meta:
            raise MemoryError("not enough memory: you tried to allocate 1 byte")
        return real(graph, inputs, *rest, **options)

    monkeypatch.setattr(room, "measure", once)
    result = verify(STRIDED, device="cpu")
    assert (result.mode, result.exit_code) == ("meta", 0)
    assert "did not fit" in result.reason


@pytest.mark.parametrize("error", ["not enough memory: you tried to allocate 99 bytes", "CUDA out of memory"])
def test_memory_errors_are_no_mismatch(error: str) -> None:
    import torch

    from cnncalc.verify.build import check_memory

    raised = torch.OutOfMemoryError(error) if "CUDA" in error else RuntimeError(error)
    with pytest.raises(MemoryError):
        check_memory(raised)
    check_memory(RuntimeError("sizes differ"))


@pytest.mark.parametrize(
    ("spec", "options", "message", "remedy"),
    [
        ("in 3xHxW; conv 4 k3", {}, "the input is 3xHxW", "--input 3x224x224"),
        ("in 3x8x8; conv 4 k3", {"device": "cuda"}, "sees no cuda device", "--device auto"),
        ("in 3x8x8; conv 4 k3", {"device": "tpu"}, "unknown device tpu", "--device auto"),
    ],
)
def test_calls_that_cannot_be_answered(
    spec: str, options: dict[str, Any], message: str, remedy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(SpecError, match=message) as caught:
        verify(spec, **options)
    assert remedy in caught.value.problems[0].remedy


def test_a_symbolic_field() -> None:
    with pytest.raises(SpecError, match="units is classes") as caught:
        verify_text("cnncalc: 1\nvariables: {classes: symbol}\ninput: 8\nlayers: [{dense: classes}]\n")
    assert "--set classes=10" in caught.value.problems[0].remedy
    result = verify_text(
        "cnncalc: 1\nvariables: {classes: symbol}\ninput: 8\nlayers: [{dense: classes}]\n", variables={"classes": 3}
    )
    assert one(result, "", "params").measured == 27


def test_without_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    import importlib.util

    real = importlib.util.find_spec
    monkeypatch.setattr("cnncalc.verify.device.find_spec", lambda name: None if name == "torch" else real(name))
    with pytest.raises(SpecError, match="verify needs torch") as caught:
        verify("in 3x8x8; conv 4 k3")
    assert caught.value.problems[0].remedy == "pip install 'cnncalc[verify]'"


def test_the_package_is_the_function() -> None:
    import cnncalc

    assert cnncalc.verify("in 8; dense 2", device="cpu", timing=False).exit_code == 0
    assert cnncalc.verify("in 8; dense 2", device="cpu").exit_code == 0  # after its modules were imported too


def test_large_networks_are_not_run_by_the_slow_reference(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(values, "MOST_MACS", 100)
    result = verify(STRIDED, device="cpu")
    assert not [check for check in result.checks if check.what == "values"]
    assert one(result, "conv1", "padding").status == "ok"
    assert "too large for the slow reference" in result.notes[0]


def test_finite_numbers_may_add_up_to_infinity() -> None:
    import torch

    from cnncalc.verify.measure import finite

    inf, nan = float("inf"), float("nan")
    numbers = {(3e38, 3e38): True, (1.0, inf): False, (inf, -inf): False, (nan, 0.0): False, (1.0, 2.0): True}
    assert {key: finite(torch.tensor(key)) for key in numbers} == numbers
    assert finite(torch.ones(1, device="meta")) is None
