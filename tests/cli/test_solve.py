"""`cnncalc solve`: every question on the command line, its formats, its exit codes and what it says of wrong calls."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from cnncalc.cli.solve import QUESTIONS

from .terminal import ROOT, cnncalc

EXERCISE = "in 3x200x300; conv 100 k3 s2 same; conv 200 k3 s2 same; conv 400 k3 s2 same"

WIDE = """
cnncalc: 1
variables: {w: 8}
input: 3x32x32
layers:
  - conv: {filters: w, kernel: 3, padding: 1}
  - conv: {filters: w*2, kernel: 3, padding: 1}
"""

CALLS: dict[str, list[str]] = {
    "window": ["--input", "224", "--output", "55", "--kernel", "11", "--stride", "4", "--dilation", "1"],
    "sizes": ["zoo:unet", "--no-drop"],
    "batch": [EXERCISE, "--memory", "600MB", "--training"],
    "width": ["wide.yaml", "--variable", "w", "--params", "50k"],
    "scaling": ["in CxHxW; conv C k3 same nobias", "--claim", "channels=4"],
    "receptive-field": ["zoo:alexnet", "--at", "pool5"],
    "connections": ["--input", "3x227x227", "--filters", "96", "--kernel", "11", "--stride", "4"],
    "stack": ["--layers", "2"],
    "separable": [],
    "bottleneck": [],
    "dense-as-conv": ["zoo:vgg-d", "--input", "3x384x384"],
    "in-features": ["zoo:alexnet"],
    "depth": ["--input", "32"],
    "keep-size": ["--kernel", "2h+1x2w+1"],
    "output-padding": ["--input", "8", "--kernel", "3", "--stride", "2", "--padding", "1", "--dilation", "2"],
}
EXPECTED: dict[str, dict[str, Any]] = {
    "window": {"input": 224, "output": 55, "kernel": 11, "stride": 4, "padding": [1, 2], "dilation": 1, "dropped": 0},
    "sizes": {"axis": "H", "minimum": 188, "modulus": 16, "residues": [12], "also": [], "exact": True},
    "batch": {"batch": 53},  # (600,000,000 - 3,613,600) / 11,240,000 = 53.06
    "width": {"w": 51},  # 28 w + (9 w + 1) 2 w = 48,348
    "scaling": {"figure": "params", "now": "9*C*C", "channels": 4, "side": 1, "batch": 1},
    "receptive-field": {"size": [195, 195], "jump": [32, 32]},
    "connections": {"neurons": 290400, "parameters_unshared": 105705600},
    "stack": {"stack_weights": "18*C*C", "single_weights": "25*C*C", "ratio": "18/25"},
    "separable": {"full_weights": "9*C_in*C_out"},
    "bottleneck": {"plain_weights": 1179648, "bottleneck_weights": 69632},
    "dense-as-conv": {"output": [1000, 6, 6]},
    "in-features": {"in_features": 9216},
    "depth": {"layers": 15, "output": 2},
    "keep-size": {"padding": ["h", "w"]},
    "output-padding": {"output_padding": 1},
}


def test_every_question_has_a_call() -> None:
    assert set(CALLS) == set(EXPECTED) == set(QUESTIONS)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "wide.yaml").write_text(WIDE)
    for name in ("alexnet", "unet"):
        (tmp_path / f"{name}.yaml").write_text("cnncalc: 1\ninput: 3x8x8\nlayers: [relu]\n")
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("question", CALLS)
def test_json(question: str) -> None:
    outcome = cnncalc("solve", question, *CALLS[question], "--format", "json")
    assert (outcome.code, outcome.err) == (0, "")
    answer = json.loads(outcome.out)
    assert answer["schema"] == "cnncalc/answer/1"
    assert {"question", "solutions", "derivation", "unit", "notes", "verdict"} <= set(answer)
    first = answer["solutions"][0]
    assert {name: first.get(name) for name in EXPECTED[question]} == EXPECTED[question]


class _Balance(HTMLParser):
    """Counts open elements."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        if tag not in ("meta", "br", "link", "hr"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.parametrize("question", CALLS)
def test_pages(question: str) -> None:
    pages = {
        name: cnncalc("solve", question, *CALLS[question], "--format", name)
        for name in ("terminal", "markdown", "latex", "html")
    }
    assert all((page.code, page.err) == (0, "") for page in pages.values())
    assert max(map(len, pages["terminal"].out.splitlines())) <= 100
    assert pages["markdown"].out.startswith("## ")
    assert r"\documentclass" in pages["latex"].out
    assert pages["latex"].out.count("$") % 2 == 0
    balance = _Balance()
    balance.feed(pages["html"].out)
    assert balance.open == []


def test_claims_give_the_exit_code() -> None:
    wrong = cnncalc("solve", "window", "--input", "5", "--kernel", "3", "--padding", "2", "--claim", "5")
    assert wrong.code == 1
    assert "5 is wrong" in wrong.out
    assert "the padding was added once; it stands on both sides" in wrong.out
    right = cnncalc("solve", "window", "--input", "5", "--kernel", "3", "--padding", "2", "--claim", "7")
    assert right.code == 0
    assert "7 is right" in right.out
    strange = cnncalc("solve", "window", "--input", "5", "--kernel", "3", "--padding", "2", "--claim", "77")
    assert strange.code == 1
    assert "no common slip gives this" in strange.out


WRONG: list[tuple[list[str], str]] = [
    (["window", "--input", "224"], "the output is left out, and kernel too"),
    (["window", "--input", "12a", "--kernel", "3"], "--input 12a cannot be read"),
    (["window", "--input", "224", "--kernel", "3", "--same", "--padding", "1"], "--same and --padding exclude each other"),
    (["window", "--input", "224", "--kernel", "3", "--channels", "none"], "--channels none cannot be read"),
    (["window", "--input", "99999999999999", "--kernel", "3"], "input must be a whole number"),
    (["window", "--output", "7", "--kernel", "?", "--stride", "?"], ""),
    (["sizes", "zoo:unett"], "did you mean unet"),
    (["sizes", "zoo:unet", "--output", "7x"], "--output 7x cannot be read"),
    (["sizes", "*.yaml"], "expected one network"),
    (["batch", EXERCISE, "--memory", "much"], "--memory much cannot be read"),
    (["batch", EXERCISE, "--memory", "1GB", "--rule", "guess"], "--rule guess is not known"),
    (["batch", "in 3xHxW; conv 4 k3", "--memory", "1GB"], "symbolic"),
    (["width", EXERCISE, "--variable", "w", "--params", "1M"], "has no variable w"),
    (["receptive-field"], "ask about a layer of a network"),
    (["receptive-field", "zoo:alexnet"], "which layer is meant"),
    (["receptive-field", "zoo:alexnet", "--at", "pol5"], "did you mean pool5"),
    (["connections", "--input", "3x8x8"], "say how many units"),
    (["connections", "--input", "3x8x8", "--filters", "4", "--kernel", "9"], "kernel 9 exceeds the height 8"),
    (["bottleneck", "--channels", "30"], "30 channels do not divide by 4"),
    (["dense-as-conv"], "the map or the units are missing"),
    (["in-features", EXERCISE], "has no dense layer behind a map"),
    (["depth", "--input", "32", "--kernel", "1"], "any number of layers fits"),
    (["keep-size", "--kernel", "2h+"], "2h+"),
    (["output-padding", "--input", "2", "--kernel", "5"], "kernel 5 does not fit on 2"),
    (["separable", "--format", "pdf"], "--format pdf is not known"),
]  # fmt: skip


@pytest.mark.parametrize(("arguments", "message"), WRONG)
def test_wrong_calls(arguments: list[str], message: str) -> None:
    outcome = cnncalc("solve", *arguments)
    if not message:
        assert outcome.code == 0
        return
    assert outcome.code == 2
    assert outcome.out == ""
    assert message in outcome.err
    assert outcome.err.startswith("error: ")
    assert len(outcome.errors) == 1


def test_a_problem_in_json() -> None:
    outcome = cnncalc("solve", "sizes", "zoo:unett", "--format", "json")
    assert outcome.code == 2
    assert json.loads(outcome.out)["schema"] == "cnncalc/error/1"


def test_help_lists_every_question() -> None:
    shown = cnncalc("solve", "--help").out
    assert all(question in shown for question in QUESTIONS)
    assert cnncalc("solve", "window", "--help").code == 0


PAGE = (ROOT / "docs" / "solve.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(("call", "shown"), re.findall(r"```text\n\$ cnncalc (.*?)\n(.*?)```", PAGE, re.DOTALL))
def test_the_outputs_in_the_documentation_are_real(call: str, shown: str) -> None:
    assert cnncalc(*shlex.split(call), columns="100").out.rstrip() == shown.rstrip()


def test_the_documentation_names_every_question() -> None:
    assert all(f"`{question}" in PAGE for question in QUESTIONS)


def test_a_window_question_loads_nothing_heavy() -> None:
    code = (
        "import sys; sys.argv = ['cnncalc', 'solve', 'window', '--input', '224', '--output', '55', '--kernel', '11']\n"
        "from cnncalc.cli.main import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "print([name for name in ('sympy', 'torch', 'numpy', 'rich', 'yaml') if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"
