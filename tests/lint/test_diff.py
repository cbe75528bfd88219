"""What changed between two networks, in figures, layers and findings."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from cnncalc.analysis.analyze import analyze_spec
from cnncalc.analysis.diff import Diff, Pair, compare
from cnncalc.core.diagnostic import SpecError
from cnncalc.lint.change import Changed, changed
from cnncalc.lint.config import Configuration
from cnncalc.lint.engine import Linter
from cnncalc.report.formats import markdown, terminal
from cnncalc.report.formats.diff import render
from cnncalc.report.views.diff import diff_doc
from cnncalc.spec.read import load_bytes

Write = Callable[[str, str], Path]
LAYERS = "  - conv: {filters: 4, kernel: 3}\n  - relu\n  - conv: {filters: 8, kernel: 3}\n  - flatten\n  - dense: 10\n"


def text(layers: str = LAYERS, size: str = "3x8x8") -> str:
    """A spec."""
    return f"cnncalc: 1\nname: net\ninput: {size}\nlayers:\n{layers}"


def diff(old: str, new: str) -> Diff:
    """What changed from one text to another."""
    one, two = (analyze_spec(load_bytes(each.encode(), "x.yaml", "x")) for each in (old, new))
    return compare(one, two)


def told(result: Diff) -> list[tuple[str, str, str | None]]:
    """The layers that differ in more than what they see."""
    return [(layer.path, layer.change, layer.was) for layer in result.layers if not layer.is_slight]


def test_nothing() -> None:
    assert diff(text(), text() + "# a comment\n").same


def test_a_field() -> None:
    """By hand: 3*5*9+5 = 140 for 112, 5*8*9+8 = 368 for 296; 28 + 72 = 100 more."""
    result = diff(text(), text(LAYERS.replace("filters: 4", "filters: 5")))
    assert result.totals["params"].delta == 100
    assert [path for path, _, _ in told(result)] == ["conv1", "relu1", "conv2"]
    assert result.layers[0].fields["params"] == Pair(112, 140)
    assert result.layers[0].fields["output"] == Pair((4, 6, 6), (5, 6, 6))


def test_an_inserted_layer_moves_the_names_of_others() -> None:
    """The convolution after it is conv3 now, and the same."""
    result = diff(text(), text(LAYERS.replace("  - relu\n", "  - relu\n  - conv: {filters: 4, kernel: 1}\n")))
    assert told(result) == [("conv2", "added", None)]
    assert result.totals["params"].delta == 4 * 4 + 4


def test_a_removed_layer() -> None:
    result = diff(text(), text(LAYERS.replace("  - relu\n", "")))
    assert told(result) == [("relu1", "removed", None)]


def test_another_kind_of_the_same_name() -> None:
    named = LAYERS.replace("- relu", "- relu: {name: act}")
    result = diff(text(named), text(named.replace("relu:", "tanh:")))
    assert told(result) == [("act", "removed", None), ("act", "added", None)]


def test_another_input() -> None:
    result = diff(text(), text(size="3x8x9"))
    assert result.inputs["input"] == Pair((3, 8, 8), (3, 8, 9))
    assert [layer.change for layer in result.layers if layer.path == "conv1"] == ["changed"]


def test_symbolic_sizes() -> None:
    layers = "  - conv: {filters: 4, kernel: 3}\n"
    result = diff(text(layers, "3xHxW"), text(layers.replace("3}", "5}"), "3xHxW"))
    assert str(result.layers[0].fields["output"].new[1]) == "H - 4"
    assert "H - 2" in json.loads(json.dumps(str(result.layers[0].fields["output"].old)))


def test_deep_networks_are_matched_by_path_quickly() -> None:
    deep = "".join(f"  - relu: {{name: r{number}}}\n" for number in range(5000))
    result = diff(text(deep), text(deep.replace("  - relu: {name: r17}\n", "")))
    assert told(result) == [("r17", "removed", None)]


# -- findings ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def change(write: Write) -> Changed:
    """A change that gains a finding, loses one, keeps one and moves one."""
    write("old.yaml", text("  - tanh\n  - conv: {filters: 4, kernel: 5, bias: false}\n  - tanh: {name: last}\n"))
    write("new.yaml", text("  - relu\n  - conv: {filters: 4, kernel: 7, bias: false}\n  - tanh: {name: last}\n"))
    return changed(Linter(Configuration()), "old.yaml", "new.yaml")


@pytest.mark.usefixtures("only_these")
def test_findings_gained_and_lost(change: Changed) -> None:
    assert [(one.code, one.message) for one in change.gained] == [("XX002", "kernel 7")]
    assert [(one.code, one.path) for one in change.lost] == [("XX001", "tanh1"), ("XX002", "conv1")]
    assert [change.exit_code(fail_on) for fail_on in ("error", "info", "never")] == [0, 1, 0]


@pytest.mark.usefixtures("only_these")
def test_json(change: Changed) -> None:
    whole = json.loads(render([change]))
    assert (whole["schema"], whole["old"], whole["new"], whole["same"]) == (
        "cnncalc/diff/1",
        "old.yaml",
        "new.yaml",
        False,
    )
    assert whole["totals"]["params"] == {"old": 300, "new": 588}  # 4*3*25 and 4*3*49
    assert {layer["change"] for layer in whole["layers"]} == {"added", "removed", "changed"}
    assert whole["layers"][-1]["fields"]["output"] == {"old": [4, 4, 4], "new": [4, 2, 2]}
    assert [one["code"] for one in whole["findings"]["gained"]] == ["XX002"]
    assert "saved" in whole["memory"]


@pytest.mark.usefixtures("only_these")
def test_pages(change: Changed) -> None:
    page = markdown.render(diff_doc(change))
    assert "| parameters | 300 | 588 | +288 | +96.0 % |" in page
    assert "### Findings gained (1)" in page
    assert "conv1: kernel 7" in page
    shown = terminal.render(diff_doc(change), 100)
    assert "output 4x4x4 -> 4x2x2" in shown


def test_the_page_of_no_change(write: Write) -> None:
    write("old.yaml", text())
    page = markdown.render(diff_doc(changed(Linter(Configuration()), "old.yaml", "old.yaml")))
    assert "No figure, no layer and no finding differs." in page


# -- revisions ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def repository(write: Write, tmp_path: Path) -> Path:
    """A repository in which a spec was changed after its first revision."""
    write("nets/x.yaml", text())

    def git(*words: str) -> None:
        identity = ["-c", "user.name=n", "-c", "user.email=e@example.org", "-c", "commit.gpgsign=false"]
        subprocess.run(["git", *identity, *words], cwd=tmp_path, check=True, capture_output=True)

    git("init", "-q")
    git("add", ".")
    git("commit", "-qm", "first")
    write("nets/x.yaml", text(LAYERS.replace("dense: 10", "dense: 11")))
    return tmp_path


@pytest.mark.usefixtures("repository")
def test_a_revision() -> None:
    """By hand: 8x4x4 = 128 inputs of the dense layer, so 128 + 1 more parameters for one more unit."""
    change = changed(Linter(Configuration()), "git:HEAD:nets/x.yaml", "nets/x.yaml")
    assert change.diff.totals["params"].delta == 129


def test_a_revision_seen_from_a_folder(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(repository / "nets")
    assert not changed(Linter(Configuration()), "git:HEAD:x.yaml", "x.yaml").diff.same


@pytest.mark.usefixtures("repository")
@pytest.mark.parametrize(
    "name", ["git:HEAD~1:nets/x.yaml", "git:HEAD:nets/y.yaml", "git:x.yaml", "git:--output=x:y", "git:HEAD:", "git::x"]
)
def test_a_revision_that_is_not_there(name: str) -> None:
    with pytest.raises(SpecError, match="git:"):
        changed(Linter(Configuration()), name, "nets/x.yaml")
    assert not Path("x").exists()


def test_a_spec_that_gives_no_network(write: Write) -> None:
    write("old.yaml", text())
    write("new.yaml", text("  - rlu\n"))
    with pytest.raises(SpecError, match="unknown layer kind rlu"):
        changed(Linter(Configuration()), "old.yaml", "new.yaml")


@pytest.mark.usefixtures("only_these")
def test_what_stays_true_of_an_edited_layer_is_neither_gained_nor_lost(write: Write) -> None:
    head = "cnncalc: 1\ninput: 3x8x8\nlayers:\n"
    write("old.yaml", f"{head}  - conv: {{filters: 4, kernel: 7}}\n")
    write("new.yaml", f"{head}  - conv: {{filters: 8, kernel: 7}}\n")
    change = changed(Linter(Configuration()), "old.yaml", "new.yaml")
    assert (change.gained, change.lost) == ((), ())
    assert "XX002" in [one.code for one in Linter(Configuration()).lint("new.yaml").findings]
