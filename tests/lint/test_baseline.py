"""Baseline: what was there does not count until it is touched, and edits elsewhere revive nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from cnncalc.core.diagnostic import SpecError
from cnncalc.lint.baseline import Baseline
from cnncalc.lint.config import Configuration
from cnncalc.lint.engine import Linter
from cnncalc.lint.result import LintResult

from .conftest import short

pytestmark = pytest.mark.usefixtures("only_these")
Write = Callable[[str, str], Path]
HEAD = "cnncalc: 1\ninput: 3x32x32\nlayers:\n"
BEFORE = "  - conv: {filters: 4, kernel: 5, bias: false}\n  - tanh\n  - tanh: {name: last}\n"


def review(path: Path) -> LintResult:
    """The review of a file."""
    return Linter(Configuration()).lint(str(path))


def after(write: Write, text: str, name: str = "x.yaml") -> LintResult:
    """What is left of a new text's findings by the baseline of the old text."""
    old = review(write("x.yaml", HEAD + BEFORE))
    assert len(old.findings) == 3
    Baseline.of("base.json", [old]).write()
    return Baseline.read("base.json").without(review(write(name, HEAD + text)))


@pytest.mark.parametrize(
    "text",
    [
        BEFORE,
        "  # a comment\n\n" + BEFORE.replace("- tanh\n", "-  tanh  # well\n"),
        BEFORE.replace("{filters: 4, kernel: 5, bias: false}", "{kernel: 5, bias: false, filters: 4}"),
        "  - conv: {filters: 3, kernel: 1, bias: false}\n" + BEFORE,  # conv1 is conv2 now
        "  - relu\n  - identity\n" + BEFORE + "  - relu\n",
        BEFORE.replace("name: last", "name: other"),  # it says the same
    ],
)
def test_what_is_known_stays_known(write: Write, text: str) -> None:
    result = after(write, text)
    assert short(result.findings) == []
    assert result.baselined == 3


@pytest.mark.parametrize(
    ("text", "left"),
    [
        (BEFORE.replace("kernel: 5", "kernel: 7"), [("XX002", "conv1", 4)]),
        (BEFORE.replace("filters: 4", "filters: 8"), [("XX002", "conv1", 4)]),
        (BEFORE + "  - tanh\n", [("XX001", "tanh3", 7)]),
        ("  - tanh\n" + BEFORE, [("XX001", "tanh2", 6)]),  # one more that says the same; the known paths go first
    ],
)
def test_what_is_new_or_touched_counts(write: Write, text: str, left: list[tuple[str, str, int]]) -> None:
    assert short(after(write, text).findings) == left


def test_another_file_has_its_own_findings(write: Write) -> None:
    assert len(after(write, BEFORE, "other.yaml").findings) == 3


def test_files_are_named_from_the_baselines_folder(
    write: Write, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = write("nets/x.yaml", HEAD + BEFORE)
    Baseline.of("base.json", [review(path)]).write()
    assert {entry["file"] for entry in json.loads(Path("base.json").read_text())["findings"]} == {"nets/x.yaml"}
    monkeypatch.chdir(tmp_path / "nets")
    assert not Baseline.read("../base.json").without(Linter(Configuration()).lint("x.yaml")).findings


def test_what_prevents_a_graph_is_never_known(write: Write) -> None:
    broken = review(write("x.yaml", HEAD + "  - rlu\n"))
    Baseline.of("base.json", [broken]).write()
    assert Baseline.read("base.json").without(broken).findings == broken.findings


def test_the_file_is_sorted_and_one_finding_is_one_line(write: Write) -> None:
    Baseline.of("base.json", [review(write("x.yaml", HEAD + BEFORE))]).write()
    lines = Path("base.json").read_text().splitlines()
    assert lines[1] == '  "schema": "cnncalc/baseline/1",'
    assert [json.loads(line.strip().rstrip(","))["path"] for line in lines[3:6]] == ["last", "tanh1", "conv1"]


@pytest.mark.parametrize(
    ("text", "words"), [("[]", "something else"), ("{", "cannot be read"), ('{"schema": "x"}', "received x")]
)
def test_a_file_that_is_no_baseline_is_refused(write: Write, text: str, words: str) -> None:
    write("base.json", text)
    with pytest.raises(SpecError, match=words):
        Baseline.read("base.json")
    with pytest.raises(SpecError, match="there is no baseline"):
        Baseline.read("none.json")
