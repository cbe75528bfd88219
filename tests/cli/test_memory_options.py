"""`cnncalc analyze` about memory: --memory, --device-memory, --context, --workspace, and claims and budgets on torch figures."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cnncalc import analyze

from .terminal import cnncalc

NET = "in 3x32x32; conv 8 k3 relu; flatten; dense 10"


def told(*options: str) -> dict[str, Any]:
    outcome = cnncalc("analyze", NET, "--format", "json", *options)
    assert outcome.code == 0, outcome.err
    found: dict[str, Any] = json.loads(outcome.out)["memory"]
    return found


def test_memory_shows_the_details_once() -> None:
    short, long = cnncalc("analyze", NET).out, cnncalc("analyze", NET, "--memory").out
    for words in (
        "What the peaks consist of",
        "Largest tensors at the peak of a training step",
        "What would need less",
    ):
        assert words not in short and long.count(words) == 1
    assert "device, estimate" in short and "memory over a training step" in short


@pytest.mark.parametrize("format_", ["markdown", "html", "latex"])
def test_every_format_has_the_details(format_: str) -> None:
    outcome = cnncalc("analyze", NET, "--memory", "--format", format_, "--device-memory", "1 GiB")
    peak = analyze(NET).memory.torch.training_peak_bytes
    for words in ("Largest tensors", "What would need less", "largest batch is", f"{peak:,}"):
        assert words in outcome.out


def test_json_has_remedies_only_on_request() -> None:
    assert told()["remedies"] is None
    assert told("--memory")["remedies"][0]["training_saved_bytes"] > 0


def test_allowances_are_added_byte_for_byte() -> None:
    bare = told("--context", "0", "--workspace", "0 B")["device"]
    some = told("--context", "1 MiB", "--workspace", "1000B")["device"]
    assert bare["context_bytes"] == 0 and some["context_bytes"] == 2**20 and some["workspace_bytes"] == 1000
    assert some["training_bytes"] - bare["training_bytes"] == 2**20 + 1000
    assert told()["device"]["training_bytes"] - bare["training_bytes"] == (512 + 256) * 2**20


def test_a_device_or_an_amount_of_memory() -> None:
    assert told()["device"]["memory_bytes"] is None
    assert told("--device-memory", "24GB")["device"]["memory_bytes"] == 24 * 10**9
    named = told("--device-memory", "a100-40gb")["device"]
    assert named["name"] == "NVIDIA A100 SXM 40 GB" and named["training_fits"] is True
    small = told("--device-memory", "700 MiB")["device"]
    assert small["training_fits"] is False and small["largest_training_batch"] == 0


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--device-memory", "24"), "an amount of memory like 24GB, or a device"),
        (("--device-memory", "a100-40g"), "did you mean a100-40gb?"),
        (("--device-memory", ""), "--device-memory"),
        (("--context", "512"), "write --context 512MiB"),
        (("--context", "~1GB"), "an amount of memory with its unit"),
        (("--workspace", "-1 MiB"), "--workspace"),
        (("--workspace", "lots"), "--workspace lots cannot be read"),
    ],
)
def test_what_cannot_be_read_is_said(options: tuple[str, str], words: str) -> None:
    outcome = cnncalc("analyze", NET, *options)
    assert outcome.code == 2 and outcome.out == "" and len(outcome.errors) == 1
    assert words in outcome.err and "Traceback" not in outcome.err


def written(tmp_path: Path, claims: str, rest: str = "") -> Path:
    path = tmp_path / "net.yaml"
    layers = "layers:\n  - conv: {name: c1, filters: 4, kernel: 3, expect: {saved: 768 B}}\n  - relu\n  - flatten\n  - dense: 2\n"
    path.write_text(
        f"cnncalc: 1\ninput: 3x8x8\ntrain: {{batch: 5, optimizer: adam}}\n{layers}{rest}expect: {{{claims}}}\n"
    )
    return path


def test_claims_about_torch_figures(tmp_path: Path) -> None:
    path = written(tmp_path, "saved: 1 B, torch_training: 1 B, torch_inference: 1 B")
    whole, one = analyze(path, batch=5).memory.torch, analyze(path).memory.torch
    figures = {claim.what: claim.computed for claim in analyze(path).claims if not claim.path}
    # training memory is for train.batch, prediction for one image
    assert figures == {
        "saved": whole.saved_bytes,
        "torch_training": whole.training_peak_bytes,
        "torch_inference": one.inference_peak_bytes,
    }
    # what the first convolution keeps is its input: 5 images of 3 x 8 x 8 numbers
    (layer,) = (claim for claim in analyze(path).claims if claim.path == "c1")
    assert layer.computed == 5 * 3 * 8 * 8 * 4 and layer.holds is False
    good = ", ".join(f"{what}: {figure} B" for what, figure in figures.items())
    fine = written(tmp_path, good).read_text().replace("768 B", "3_840 B")
    (tmp_path / "net.yaml").write_text(fine)
    assert cnncalc("analyze", str(tmp_path / "net.yaml")).code == 0
    assert cnncalc("lint", str(tmp_path / "net.yaml"), "--select", "CN005").code == 0
    # another batch of the analysis does not move what the claims speak of
    assert cnncalc("analyze", str(tmp_path / "net.yaml"), "--batch", "7").code == 0


@pytest.mark.parametrize("figure", ["torch_training", "torch_inference", "saved", "textbook_training"])
@pytest.mark.parametrize("place", ["spec", "configuration"])
def test_budgets_on_memory(tmp_path: Path, figure: str, place: str) -> None:
    if place == "spec":
        path = written(tmp_path, "", f"budget: {{{figure}: 1 KiB}}\n")
    else:
        path = written(tmp_path, "")
        (tmp_path / "pyproject.toml").write_text(f'[tool.cnncalc.budget]\n{figure} = "1 KiB"\n')
    outcome = cnncalc("lint", str(path), "--select", "CN301", "--format", "json")
    (finding,) = json.loads(outcome.out)["findings"]
    assert outcome.code == 1 and figure in finding["message"] and " B, over the budget 1 KiB" in finding["message"]


def test_the_target_that_is_too_small_is_a_finding_with_remedies(tmp_path: Path) -> None:
    path = written(tmp_path, "", "target: {device: 12 KiB}\n")
    outcome = cnncalc("lint", str(path), "--select", "CN302", "--format", "json")
    (finding,) = json.loads(outcome.out)["findings"]
    assert outcome.code == 1 and "saves" in finding["remedy"] and "16-bit numbers (bfloat16)" in finding["remedy"]


def test_an_unknown_target_is_said_and_is_a_finding(tmp_path: Path) -> None:
    path = written(tmp_path, "", "target: {device: a100-40g}\n")
    assert "unknown device a100-40g; did you mean a100-40gb?" in cnncalc("analyze", str(path)).out
    outcome = cnncalc("lint", str(path), "--select", "CN302")
    assert outcome.code == 1 and "the target a100-40g is no known device" in outcome.out
