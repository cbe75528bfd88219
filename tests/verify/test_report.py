"""How a verification is shown: the verdict first, a table per layer, the contract in JSON, the times in CSV; exit codes."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from typing import Any

import pytest

from cnncalc.cli import verify as command
from cnncalc.core.diagnostic import Diagnostic
from cnncalc.report.formats import markdown, terminal
from cnncalc.report.formats.verification import COLUMNS, render, render_csv
from cnncalc.report.views.timing import bar, milliseconds
from cnncalc.report.views.verification import verification_doc, verifications_doc
from cnncalc.verify.predicted import other_release
from cnncalc.verify.result import Check, ConvTiming, MemoryRun, Run, Spread, Timing, Verification

FORWARD, BACKWARD = Spread(0.002, 0.001, 0.0005, 40), Spread(0.004, 0.002, 0.001, 20)
CONV = ConvTiming("conv1", "conv", (8, 6, 6), 10**8, 10**8, 10**6, FORWARD, BACKWARD, 0.625)
TIMING = Timing(
    runs=(Run("nchw", (CONV, CONV._replace(path="conv2", same_as="conv1")), FORWARD, BACKWARD, BACKWARD, None, None),),
    dtype="float32",
    threads=2,
    matmul=200e9,
    matmul_text="a 2048 x 2048 matrix product",
    bandwidth=10e9,
    settings=("TF32 off",),
    notes=("Mind the page faults.",),
)
GOOD = Verification(
    name="Small",
    file="small.yaml",
    device="cpu",
    torch="2.13.0",
    batch=2,
    mode="run",
    reason="",
    checks=(
        Check("conv1", "output", (8, 6, 6), (8, 6, 6), "ok"),
        Check("conv1", "params", 224, 224, "ok"),
        Check("conv1", "finite", True, True, "ok"),
        Check("relu1", "macs", 0, None, "unmeasured", "not counted"),
        Check("", "params", 224, 224, "ok"),
    ),
    kinds=(("conv1", "conv"), ("relu1", "relu")),
    notes=("A note.",),
)
BAD = replace(
    GOOD,
    checks=(
        Check("conv1", "output", (8, 7, 7), (8, 6, 6), "mismatch"),
        Check("conv1", "values", 0.0, float("nan"), "mismatch", "against the slow reference"),
        *GOOD.checks[1:],
    ),
)
FAULT = Diagnostic("kernel 9 exceeds the height 8", "CN001", "conv1", "a height of at least 9", "8", "use kernel <= 8")
FAULTY = replace(GOOD, mode="none", reason="a shape is faulty", checks=(), faults=(FAULT,))


def shown(result: Verification, **options: Any) -> str:
    return terminal.render(verification_doc(result, **options), 160)


def test_the_verdict_leads() -> None:
    assert shown(GOOD).splitlines()[:3] == [
        "Small",
        "4 checks, 4 confirmed; torch cannot show 1 further figure",
        "run on cpu, torch 2.13.0, batch 2; small.yaml",
    ]
    assert shown(BAD).splitlines()[1] == "5 checks, 3 confirmed, 2 refuted; torch cannot show 1 further figure"
    assert shown(FAULTY).splitlines()[1] == "not verified: a shape is faulty"
    assert "kernel 9 exceeds the height 8" in shown(FAULTY)


def test_a_mismatch_shows_layer_predicted_and_measured() -> None:
    lines = [" ".join(line.split()) for line in shown(BAD).splitlines()]
    at = next(index for index, line in enumerate(lines) if "conv1: torch does not confirm the output" in line)
    assert lines[at + 1 : at + 3] == ["predicted 8x7x7", "measured 8x6x6"]


def test_the_table_closes_and_keeps_what_is_wrong() -> None:
    many = replace(
        GOOD,
        kinds=tuple((f"relu{number}", "relu") for number in range(90)),
        checks=(*GOOD.checks, Check("relu80", "output", (1,), (2,), "mismatch")),
    )
    page = shown(many)
    assert "relu80" in page
    assert "relu70" not in page
    assert "29 more layers, all confirmed (--expand shows them)" in page
    assert "relu70" in shown(many, expand=True)


def test_times() -> None:
    page = shown(replace(GOOD, timing=TIMING))
    row = next(line for line in page.splitlines() if line.startswith("conv1") and "█" in line)
    # 10^8 operations in a minimum of 1 ms are 100 GFLOP/s, half of 200; 100 per byte, above 200/10
    assert row.split() == [
        "conv1",
        "8x6x6",
        "2.00",
        "1.00",
        "0.500",
        "4.00",
        "100.0",
        "50.0",
        "█████",
        "62.5",
        "100.0",
        "compute",
    ]
    assert "a 2048 x 2048 matrix product" in page
    assert "Mind the page faults." in page


def test_markdown_for_a_pull_request() -> None:
    page = markdown.render(verification_doc(replace(GOOD, timing=TIMING)))
    assert page.startswith("## Small\n\n4 checks, 4 confirmed")
    assert "| conv1 | conv | 8x6x6 | 224 |" in page


def test_several_networks_are_a_summary_and_the_pages_of_the_wrong_ones() -> None:
    page = terminal.render(verifications_doc([GOOD, replace(BAD, name="Wrong"), FAULTY]), 120)
    assert page.splitlines()[1] == "3 networks, 9 checks, 7 confirmed, 2 refuted"
    assert page.count("run on cpu") == 1
    assert "Small: not verified: a shape is faulty" in page
    assert "Wrong" in page


def test_the_contract() -> None:
    page = json.loads(render([replace(BAD, timing=TIMING)]))
    assert page["schema"] == "cnncalc/verification/1"
    assert {key: page[key] for key in ("name", "device", "torch", "batch", "mode")} == {
        "name": "Small", "device": "cpu", "torch": "2.13.0", "batch": 2, "mode": "run",
    }  # fmt: skip
    assert page["checks"][0] == {
        "path": "conv1", "what": "output", "predicted": [8, 7, 7], "measured": [8, 6, 6], "status": "mismatch", "note": "",
    }  # fmt: skip
    assert page["checks"][1]["measured"] == "nan"  # JSON has no such number
    timing = page["timing"]
    assert (timing["peak_gflops"], timing["conv_core_ms"], timing["network_ms"]) == (200, 2, 4)
    assert {key: timing["layers"][0][key] for key in ("path", "forward_ms", "backward_ms", "gflops", "fraction_of_peak")} == {
        "path": "conv1", "forward_ms": 2, "backward_ms": 4, "gflops": 100, "fraction_of_peak": 0.5,
    }  # fmt: skip
    assert json.loads(render([GOOD]))["timing"] is None
    assert json.loads(render([FAULTY]))["faults"][0]["message"] == FAULT.message
    assert [len(json.loads(render([GOOD, GOOD]))), len(json.loads(render([GOOD], many=True)))] == [2, 1]


def test_csv_of_times() -> None:
    rows = list(csv.DictReader(io.StringIO(render_csv([replace(GOOD, timing=TIMING)]))))
    assert tuple(rows[0]) == COLUMNS
    assert [(row["path"], row["kind"], row["forward_ms"], row["same_as"]) for row in rows] == [
        ("conv1", "conv", "2.0", ""), ("conv2", "conv", "2.0", "conv1"), ("", "conv core", "2.0", ""), ("", "network", "4.0", ""),
    ]  # fmt: skip
    assert rows[0]["output"] == "8x6x6"
    assert len(render_csv([GOOD]).splitlines()) == 1


def test_bars_and_milliseconds() -> None:
    assert [bar(0), bar(0.03), bar(0.5), bar(1), bar(1.2)] == ["", "▎", "█████", "█" * 10, "█" * 10]
    assert [milliseconds(s) for s in (0.0000012, 0.0012345, 0.0123, 0.123)] == ["0.001", "1.23", "12.3", "123"]


def run(capsys: pytest.CaptureFixture[str], *specs: str, **options: Any) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as stopped:
        command.verify(list(specs), **{"timing": False, "device": command.Device.cpu, **options})
    written = capsys.readouterr()
    return int(stopped.value.code or 0), written.out, written.err


def test_exit_codes(capsys: pytest.CaptureFixture[str]) -> None:
    fine, faulty, symbolic = "in 3x8x8; conv 4 k3", "in 3x8x8; conv 4 k9", "in 3xHxW; conv 4 k3"
    assert run(capsys, fine)[0] == 0
    assert run(capsys, faulty)[0] == 1
    code, out, err = run(capsys, fine, symbolic, faulty)
    assert code == 2
    assert "--input 3x224x224" in err
    assert "not verified" in out  # every spec was processed
    assert run(capsys, symbolic, input_=["3x8x8"])[0] == 0


def test_the_command_writes_every_format(capsys: pytest.CaptureFixture[str]) -> None:
    spec = "in 3x8x8; conv 4 k3"
    assert json.loads(run(capsys, spec, format_=command.Format.json)[1])["mismatches"] == 0
    assert run(capsys, spec, format_=command.Format.markdown)[1].startswith("## inline")
    assert run(capsys, spec, format_=command.Format.csv)[1].startswith("spec,layout,path")
    both = json.loads(run(capsys, spec, "in 8; dense x", format_=command.Format.json)[1])
    assert [entry["schema"] for entry in both] == ["cnncalc/verification/1", "cnncalc/error/1"]


def test_a_line_for_each_finished_network_where_nobody_sees_a_bar(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, err = run(capsys, "in 3x8x8; conv 4 k3", "in 8; dense x", "in 3x8x8; conv 4 k9", meta=True)
    lines = [line for line in err.splitlines() if line.startswith("[")]
    # output, parameters, buffers, MACs, gradients, saved bytes; in total trainable parameters and two peaks, too
    assert lines[0].startswith("[1/3] in 3x8x8; conv 4 k3: 15 confirmed (shapes only), ")
    assert lines[1].startswith("[2/3] in 8; dense x: cannot be verified, ")
    assert lines[2].startswith("[3/3] in 3x8x8; conv 4 k9: a shape is faulty, not verified, ")
    assert "[1/3]" not in out


def test_what_is_there_when_it_is_stopped(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    from cnncalc.verify import verify as room

    real = room.verify_spec

    def stopped(spec: Any, **options: Any) -> Any:
        if spec.name.startswith("Perceptron on 36 million"):
            raise KeyboardInterrupt
        return real(spec, **options)

    monkeypatch.setattr(room, "verify_spec", stopped)
    specs = ("in 3x8x8; conv 4 k3", "zoo:mlp-36m", "in 8; dense 2")
    code, out, err = run(capsys, *specs)
    assert code == 130
    assert "inline" in out
    assert err.splitlines()[-1] == "stopped: 1 of 3 networks were verified, the report holds those"
    code, out, err = run(capsys, *specs, format_=command.Format.json)
    assert (code, out) == (130, "")
    assert err.splitlines()[-1] == "stopped: 1 of 3 networks were verified, nothing is written"
    code, out, err = run(capsys, specs[1])
    assert (code, out, err) == (130, "", "stopped: nothing was verified, nothing is written\n")


def test_memory_in_a_summary() -> None:
    def held(*statuses: Any) -> Verification:
        figures = ("saved_bytes", "inference_peak_bytes", "training_peak_bytes")
        pairs = zip(figures, statuses, strict=True)
        return replace(GOOD, checks=tuple(Check("", what, 1, 1, status, "why") for what, status in pairs))

    results = [held("ok", "ok", "ok"), held("ok", "mismatch", "ok"), held("ok", "ok", "unmeasured"), GOOD]
    page = terminal.render(verifications_doc(results), 120)
    # all of one name, so by their file
    cells = [line.split() for line in page.splitlines() if line.startswith("small.yaml ")]
    assert [" ".join(one[5:]) for one in cells] == ["equal cpu", "differs cpu", "2 of 3 equal cpu", "cpu"]
    assert "Small: peak of a training step: not confirmed: why" in page


def test_another_torch_than_the_memory_rules_follow() -> None:
    results = [
        replace(GOOD, torch=torch, memory=MemoryRun("sgd", "events")) for torch in ("2.14.1+cu130", "2.13.0+cpu")
    ]
    page = " ".join(terminal.render(verifications_doc(results), 120).split())
    assert page.count("measured with torch 2.13; torch 2.14.1 may hold other tensors") == 1
    assert "may hold other" not in terminal.render(verifications_doc([results[1]] * 2), 120)
    assert (other_release("2.13.0+cpu"), other_release("2.13.1"), other_release("2.130")[-22:]) == (
        "", "", "may hold other tensors",
    )  # fmt: skip


def test_a_progress_bar_only_for_a_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run(capsys, "in 8; dense 2")[2] == ""
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    assert run(capsys, "in 8; dense 2")[0] == 0
