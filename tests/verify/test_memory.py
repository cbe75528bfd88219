"""Memory, measured and compared: what a layer saves, the peaks, and what torch cannot show; every check can fail."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from cnncalc.analysis.analyze import analyze_graph
from cnncalc.core.diagnostic import SpecError
from cnncalc.verify.compare import held
from cnncalc.verify.observed import MemorySeen, Observed, Seen
from cnncalc.verify.result import Check, Verification
from cnncalc.verify.verify import verify

from .differential import graph_of

CHAIN = "in 3x8x8; conv 4 k3 relu; maxpool 2; flatten; dense 10"
"""Batch 2, 4 bytes a number. Image 1,536 B; conv and relu 2*4*6*6 numbers, 1,152 B each; pool 288 B and 576 B of int64
positions; parameters 4*(27+1) + 10*(36+1) = 482 numbers, 1,928 B."""
PEAKS = ("inference_peak_bytes", "training_peak_bytes")
MEMORY = ("saved_bytes", *PEAKS)


def memory(result: Verification) -> dict[str, Check]:
    """The checks of the whole network."""
    return {check.what: check for check in result.checks if not check.path and check.what in MEMORY}


def wrong(result: Verification) -> set[tuple[str, str]]:
    return {(check.path, check.what) for check in result.mismatches}


def test_what_autograd_keeps_by_hand() -> None:
    result = verify(CHAIN, device="cpu")
    saved = {c.path: (c.measured, c.status) for c in result.checks if c.what == "saved_bytes"}
    assert saved == {
        "conv1": (1536, "ok"),  # the image
        "conv1.relu": (1152, "ok"),  # its result
        "maxpool1": (576, "ok"),  # the positions; its input is the relu's result
        "flatten1": (0, "ok"),
        "dense1": (288, "ok"),  # the pooled maps
        "": (1536 + 1152 + 576 + 288, "ok"),
    }


def test_the_peak_of_a_prediction_by_hand() -> None:
    check = memory(verify(CHAIN, device="cpu"))["inference_peak_bytes"]
    # while relu works: parameters, the image (the caller's), the convolution's map and the relu's
    assert (check.measured, check.status) == (1928 + 1536 + 1152 + 1152, "ok")


def test_the_optimizer_is_part_of_a_training_step() -> None:
    peaks = {
        name: memory(verify("in 400; dense 100 nobias", device="cpu", optimizer=name)) for name in ("sgd", "momentum")
    }
    # one number more per parameter, all the time
    assert peaks["momentum"]["training_peak_bytes"].measured == peaks["sgd"]["training_peak_bytes"].measured + 160_000
    assert all(checks["training_peak_bytes"].status == "ok" for checks in peaks.values())


NETWORKS: dict[str, dict[str, Any]] = {
    "lenet5": {"batch": 4, "optimizer": "adam"},
    "resnet18": {"inputs": {"image": (3, 64, 64)}, "optimizer": "momentum"},
    "unet": {"inputs": {"image": (1, 188, 188)}, "batch": 1},
    "squeezenet": {"inputs": {"image": (3, 64, 64)}, "optimizer": "adamw"},
    "mobilenet-v2": {"inputs": {"image": (3, 32, 32)}},
    "shufflenet-v2": {"inputs": {"image": (3, 64, 64)}, "optimizer": "rmsprop"},
    "se-resnet50": {"inputs": {"image": (3, 32, 32)}, "optimizer": "nesterov"},
    "highway": {},
}


@pytest.mark.parametrize("name", NETWORKS)
def test_networks_of_the_zoo_to_the_byte(name: str) -> None:
    options = dict(NETWORKS[name])
    inputs = options.pop("inputs", None)
    if inputs is not None:
        from cnncalc.spec.read import load

        options["inputs"] = dict.fromkeys(load(f"zoo:{name}").inputs, inputs["image"])
    result = verify(f"zoo:{name}", device="cpu", **options)
    assert result.mode == "run"
    assert not result.mismatches
    assert [check.status for check in memory(result).values()] == ["ok"] * 3
    assert all(c.status == "ok" for c in result.checks if c.what == "saved_bytes")


def test_branches_side_by_side() -> None:
    spec = graph_text(
        "add: [[{conv: {filters: 3, kernel: 3, padding: 1}}, relu], [{conv: {filters: 3, kernel: 1}}], []]"
    )
    assert not verify_text(spec).mismatches
    assert [check.status for check in memory(verify_text(spec)).values()] == ["ok"] * 3


def graph_text(layer: str, shape: str = "3x8x8") -> str:
    return f"cnncalc: 1\ninput: {shape}\nlayers:\n  - {layer}\n"


def verify_text(text: str, **options: Any) -> Verification:
    from cnncalc.core.source import Source
    from cnncalc.spec.load import load_source
    from cnncalc.spec.shipped import shipped_block

    return verify(load_source(Source("written", text), "written", shipped_block), device="cpu", **options)


@pytest.mark.parametrize(
    "norm", ["groupnorm: {groups: 1, affine: false}", "groupnorm: 2", "layernorm: {over: channels}", "instancenorm"]
)
def test_a_norm_behind_a_dense_layer_along_the_channels(norm: str) -> None:
    """Whose map lies channels last: a group norm leaves it so, an instance norm copies."""
    layers = f"[{{dense: {{units: 8, axis: channels}}}}, {{{norm}}}, tanh, {{instancenorm: {{affine: false}}}}]"
    layers = layers.replace("{instancenorm}", "instancenorm")
    result = verify_text(f"cnncalc: 1\ninput: 3x9x8\nlayers: {layers}\n", batch=3)
    assert {check.status for check in result.checks if check.what in MEMORY} == {"ok"}


def test_another_number_format() -> None:
    """Half of everything but the positions of maxima; the rest of the figures is of float32."""
    result = verify(CHAIN, device="cpu", dtype="bfloat16")
    saved, prediction, step = memory(result).values()
    assert (saved.measured, saved.status) == ((1536 + 1152 + 288) // 2 + 576, "ok")
    # while the maxima are taken, whose positions are no smaller: parameters, image, the relu's map, maxima, positions
    assert (prediction.measured, prediction.status) == ((1928 + 1536 + 1152 + 288) // 2 + 576, "ok")
    assert step.status == "ok"
    assert {check.status for check in result.checks if check.what in ("gradients", "values", "finite")} == {"ok"}
    assert result.memory is not None
    assert result.memory.dtype == "bfloat16"


def test_a_number_format_that_torch_does_not_run() -> None:
    (note,) = unconfirmed(verify("in 3x8x8; lrn 3", device="cpu", dtype="bfloat16"), *MEMORY)
    assert "torch cannot run lrn1 in bfloat16" in note
    with pytest.raises(SpecError, match="unknown number format int8"):
        verify(CHAIN, device="cpu", dtype="int8")


# -- every check can fail ---------------------------------------------------------------------------------------------


def test_a_wrong_model_is_refuted(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if relu kept its input instead of its result."""
    from cnncalc.layers.activation import Relu

    monkeypatch.setattr(Relu, "keeps", "input")
    result = verify(CHAIN, device="cpu")
    # the convolution's map is kept by the relu, and the relu's result by the pooling
    assert {("maxpool1", "saved_bytes"), ("", "saved_bytes")} <= wrong(result)
    assert result.exit_code == 1


@pytest.mark.parametrize("what", MEMORY)
def test_one_byte_is_a_mismatch(what: str) -> None:
    graph = graph_of(graph_text("dense: 4", "8"))
    analysis = analyze_graph(graph, 2, "float32", "sgd")
    torch_memory = analysis.memory.torch
    mine = {name: getattr(torch_memory, name) for name in MEMORY}
    seen = {**mine, what: mine[what] + 1}
    observed = Observed([Seen(saved=analysis.rows[0].saved_bytes)])
    observed.memory = MemorySeen("sgd", "events", *(seen[name] for name in MEMORY))
    found = {check.what: check.status for check in held(graph, analysis, observed) if not check.path}
    assert found == {name: "mismatch" if name == what else "ok" for name in MEMORY}
    observed.layers[0].saved += 1
    assert next(held(graph, analysis, observed)).status == "mismatch"


def test_a_loop_that_keeps_a_value_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    """A runner that frees nothing holds more in prediction."""
    from cnncalc.verify.build import Network

    real = Network.forward

    def hoarding(self: Any, *inputs: Any) -> Any:
        self.plans = {
            training: (tuple(step._replace(last=()) for step in steps), kept)
            for training, (steps, kept) in self.plans.items()
        }
        return real(self, *inputs)

    monkeypatch.setattr(Network, "forward", hoarding)
    assert ("", "inference_peak_bytes") in wrong(verify("in 3x8x8; conv 4 k3; relu; relu; relu", device="cpu"))


# -- what torch cannot show is never confirmed -------------------------------------------------------------------------


def unconfirmed(result: Verification, *figures: str) -> set[str]:
    checks = memory(result)
    assert {name for name, check in checks.items() if check.status != "ok"} == set(figures)
    assert all(checks[name].status == "unmeasured" for name in figures)
    assert not result.mismatches
    return {checks[name].note for name in figures}


def test_one_image_has_no_batch_statistics() -> None:
    (note,) = unconfirmed(
        verify("in 8; dense 4; batchnorm", device="cpu", batch=1), "saved_bytes", "training_peak_bytes"
    )
    assert "more than 1 value" in note


def test_a_group_norm_on_a_copy() -> None:
    """Torch's own kernel dies of this input, so the twin copies it: a memory that is not the layer's."""
    spec = (
        "cnncalc: 1\ninput: 5x12x5\nlayers:\n"
        "  - layernorm: {over: channels, affine: false}\n  - adaptive_avgpool: 5\n  - groupnorm: 1\n"
    )
    (note,) = unconfirmed(verify_text(spec), "saved_bytes", "training_peak_bytes")
    assert "groupnorm1 ran on a copy" in note


def test_a_step_that_does_not_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    """Is counted on device meta, while everything else runs for real."""
    # 400 parameters of 4 B, their gradients and two states: 6,400 B and some; half as much again for scratch
    monkeypatch.setattr("cnncalc.verify.hold.available_bytes", lambda device: 8_000)
    counted_on_meta(verify("in 4; dense 100 nobias", device="cpu", optimizer="adam"), "a training step takes about")


def test_running_out_of_memory_in_a_step(monkeypatch: pytest.MonkeyPatch) -> None:
    from cnncalc.verify.training import Training

    real = Training.step

    def full(self: Training) -> None:
        if not self.inputs[0].is_meta:
            raise RuntimeError("not enough memory: you tried to allocate 1 byte")
        real(self)

    monkeypatch.setattr(Training, "step", full)
    counted_on_meta(verify(CHAIN, device="cpu"), "did not fit")


def counted_on_meta(result: Verification, why: str) -> None:
    assert {check.status for check in memory(result).values()} == {"ok"}
    assert {check.status for check in result.checks if check.what in ("gradients", "finite")} == {"ok"}
    assert result.mode == "run"
    assert result.memory is not None
    assert result.memory.way == "ledger"
    assert [note for note in result.notes if "on device meta" in note and why in note]


def test_nobody_asked() -> None:
    result = verify(CHAIN, device="cpu", memory=False)
    assert result.memory is None
    assert not [check for check in result.checks if check.what in MEMORY]


def test_an_optimizer_that_is_not_there() -> None:
    with pytest.raises(SpecError, match="unknown optimizer lion"):
        verify(CHAIN, device="cpu", optimizer="lion")


# -- device meta ------------------------------------------------------------------------------------------------------


def test_meta_is_predicted_for_the_way_it_is_measured() -> None:
    """Where gradients meet, a watched torch holds one sum more than a real one."""
    branch = "[{conv: {filters: 1, kernel: 1}}]"
    spec = f"cnncalc: 1\ninput: 3x8x8\nlayers: [{{conv: {{filters: 8, kernel: 1}}}}, {{add: [{branch}, {branch}, {branch}]}}]\n"
    watched, real = (memory(verify_text(spec, meta=meta)) for meta in (True, False))
    assert [check.status for check in (*watched.values(), *real.values())] == ["ok"] * 6
    assert watched["training_peak_bytes"].measured > real["training_peak_bytes"].measured
    assert f"{real['training_peak_bytes'].measured:,} B" in watched["training_peak_bytes"].note
    assert watched["saved_bytes"].measured == real["saved_bytes"].measured


@pytest.mark.parametrize("name", ["resnet50", "alexnet"])
def test_large_networks_on_meta(name: str) -> None:
    checks = memory(verify(f"zoo:{name}", device="cpu", meta=True, batch=512))
    assert [check.status for check in checks.values()] == ["ok"] * 3


@pytest.mark.parametrize(
    "layer",
    [
        "mish",
        "dense: {units: 5, axis: channels}",
        "conv: {filters: 2, kernel: 3, connections: [[0, 1], [2]]}",
        "batchnorm",
    ],
)
def test_where_meta_is_another_torch(layer: str) -> None:
    (note,) = unconfirmed(verify_text(graph_text(layer), meta=True), *MEMORY)
    assert "runs otherwise on device meta" in note
    assert not verify_text(graph_text(layer)).mismatches  # for real it is confirmed
    assert {check.status for check in memory(verify_text(graph_text(layer))).values()} == {"ok"}


def test_a_checkpoint_on_meta() -> None:
    layers = "[{conv: {filters: 4, kernel: 3}}, {stack: {checkpoint: true, layers: [{conv: {filters: 4, kernel: 3}}, relu]}}]"
    spec = f"cnncalc: 1\ninput: 3x8x8\ntrain: {{optimizer: adam, accumulate: 2}}\nlayers: {layers}\n"
    (note,) = unconfirmed(verify_text(spec, meta=True), "training_peak_bytes")
    assert "random numbers" in note
    result = verify_text(spec)
    assert {check.status for check in memory(result).values()} == {"ok"}
    saved = {check.path: check.measured for check in result.checks if check.what == "saved_bytes"}
    # the image; what the checkpoint reads, at its first layer; nothing inside it
    assert list(saved.values())[:3] == [2 * 3 * 64 * 4, 2 * 4 * 36 * 4, 0]
    assert result.memory is not None
    assert result.memory.settings == "adam, gradients of 2 batches added up"


# -- what a reader sees -----------------------------------------------------------------------------------------------


def test_the_report() -> None:
    from cnncalc.report.formats import terminal
    from cnncalc.report.views.verification import verification_doc

    result = verify(CHAIN, device="cpu")
    lines = [" ".join(line.split()) for line in terminal.render(verification_doc(result), 120).splitlines()]
    assert "saved for backward 3,552 3,552 equal" in lines
    assert "peak of a prediction 5,768 5,768 equal" in lines
    assert any(line.startswith("training step with kernels' scratch") for line in lines)
    changed = tuple(
        check._replace(measured=1, status="mismatch") if (check.path, check.what) == ("conv1", "saved_bytes") else check
        for check in result.checks
    )
    page = terminal.render(verification_doc(replace(result, checks=changed)), 120)
    assert "conv1: torch does not confirm the bytes saved for backward" in page
    assert "1,536 B" in page


def test_the_contract() -> None:
    import json

    from cnncalc.report.formats.verification import render

    page = json.loads(render([verify(CHAIN, device="cpu", optimizer="adam")]))
    assert page["memory"]["optimizer"] == "adam"
    assert page["memory"]["way"] == "events"
    assert page["memory"]["inference_allocated_bytes"] >= 5768
    assert {check["what"] for check in page["checks"] if check["path"] == ""} >= set(MEMORY)
    assert json.loads(render([verify(CHAIN, device="cpu", memory=False)]))["memory"] is None
