"""The lock file: figures as agreed, and every drift from them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from cnncalc.analysis.analyze import analyze_spec
from cnncalc.analysis.result import Analysis
from cnncalc.cli.locking import run
from cnncalc.core.diagnostic import SpecError
from cnncalc.lint.config import Configuration
from cnncalc.lint.engine import Linter
from cnncalc.lint.lock import Lock, drift, figures
from cnncalc.spec.read import load_bytes

Write = Callable[[str, str], Path]
TEXT = "cnncalc: 1\ninput: 3x8x8\nlayers:\n  - conv: {filters: 4, kernel: 3}\n  - flatten\n  - dense: 10\n"


def analysis(text: str) -> Analysis:
    """The analysis of a text."""
    return analyze_spec(load_bytes(text.encode(), "x.yaml", "x"))


def test_figures() -> None:
    """By hand: 3*4*9 + 4 = 112 parameters on a 4x6x6 map, 108*36 = 3888 MACs; 144*10 + 10 = 1450, 1440 MACs."""
    locked = figures(analysis(TEXT))
    assert locked["inputs"] == {"input": "3x8x8"}
    assert locked["totals"]["params"] == 1562
    assert locked["totals"]["macs"] == 5328
    assert locked["layers"]["conv1"] == {"kind": "conv", "output": "4x6x6", "params": 112, "buffers": 0, "macs": 3888}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (TEXT, set()),
        (
            TEXT.replace("dense: 10", "dense: {units: 10, bias: false}"),
            {("", "params", 1562, 1552), ("dense1", "params", 1450, 1440)},
        ),
        (TEXT.replace("  - flatten\n", "  - relu\n  - flatten\n"), {("relu1", "layer", None, "relu")}),
        (
            TEXT.replace("3x8x8", "3x8x9"),
            {("", "input", "3x8x8", "3x8x9"), ("conv1", "output", "4x6x6", "4x6x7"), ("conv1", "macs", 3888, 4536)},
        ),
        (
            TEXT.replace("- flatten", "- flatten: {name: flat}"),
            {("flat", "layer", None, "flatten"), ("flatten1", "layer", "flatten", None)},
        ),
    ],
)
def test_drift(text: str, expected: set[object]) -> None:
    """Figures that follow (memory, FLOPs) drift too; those written here are worked out by hand."""
    found = {tuple(one) for one in drift(analysis(text), figures(analysis(TEXT)))}
    assert expected <= found
    assert bool(found) is bool(expected)


def test_a_lock_that_holds_less_is_no_drift() -> None:
    """A newer version computes more."""
    locked = figures(analysis(TEXT))
    del locked["totals"]["flops"], locked["layers"]["conv1"]["buffers"]
    assert not list(drift(analysis(TEXT), locked))


def test_lock_and_check(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    write("nets/a.yaml", TEXT)
    write("nets/b.yaml", TEXT)
    assert run(["nets"], None, check=False) == 0
    assert run(["nets"], None, check=True) == 0
    write("nets/b.yaml", TEXT.replace("filters: 4", "filters: 5"))
    capsys.readouterr()
    assert run(["nets"], None, check=True) == 1
    told = capsys.readouterr().out
    assert "nets/b.yaml: params was locked at 1,562, is 1,950" in told  # 3*5*9+5 = 140 and 180*10+10 = 1810
    assert "a.yaml" not in told
    assert run(["nets/b.yaml"], None, check=False) == 0
    assert sorted(json.loads(Path("cnncalc.lock").read_text())["specs"]) == ["nets/a.yaml", "nets/b.yaml"]


def test_what_is_not_locked_is_told_by_the_check(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    write("a.yaml", TEXT)
    assert run(["a.yaml"], None, check=False) == 0
    write("b.yaml", TEXT)
    assert run(["b.yaml"], None, check=True) == 1
    assert "not in the lock file" in capsys.readouterr().out


def test_an_unreadable_spec_writes_nothing(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    write("a.yaml", "cnncalc: 1\n")
    assert run(["a.yaml"], None, check=False) == 2
    assert not Path("cnncalc.lock").exists()
    assert "a.yaml" in capsys.readouterr().err


def test_check_needs_a_lock_file(write: Write) -> None:
    write("a.yaml", TEXT)
    with pytest.raises(SpecError, match="there is no lock file"):
        run(["a.yaml"], None, check=True)


@pytest.mark.parametrize("configured", [True, False])
def test_lint_compares_with_the_lock_file(write: Write, configured: bool) -> None:
    """With the one that the configuration names, or cnncalc.lock beside it or in the current folder."""
    path = write("a.yaml", TEXT)
    if configured:
        write("cnncalc.toml", "lock = 'nets.lock'\n")
    run(["a.yaml"], "nets.lock" if configured else None, check=False)
    assert not Linter(select=["CN310"]).lint("a.yaml").findings
    path.write_text(TEXT.replace("dense: 10", "dense: 9"))
    found = Linter(select=["CN310"]).lint("a.yaml").findings
    assert {one.code for one in found} == {"CN310"}
    other = Linter(Configuration(), select=["CN310"], lock=Lock("x.lock", {})).lint("a.yaml")
    assert not other.findings
