"""Ignores: what a comment silences, and what is said of comments that silence nothing."""

from __future__ import annotations

import pytest

from cnncalc.lint.config import Configuration, Settings
from cnncalc.lint.engine import Linter
from cnncalc.lint.text import apply

from .conftest import review, short

pytestmark = pytest.mark.usefixtures("only_these")

TANH = "  - tanh{}\n  - tanh\n"


@pytest.mark.parametrize("words", ["XX001", "XX0", "XX", "every-tanh", "XX104, XX001", "XX001,XX002"])
def test_a_comment_at_the_end_of_a_line(words: str) -> None:
    result = review(TANH.format(f"  # cnncalc: ignore[{words}] as in the paper"), ignore=["CN902"])
    assert short(result.findings) == [("XX001", "tanh2", 6)]
    assert [(one.finding.path, one.reason, one.line) for one in result.suppressed] == [("tanh1", "as in the paper", 5)]


def test_a_comment_on_the_line_before() -> None:
    """It means the next line that says something."""
    layers = "  # cnncalc: ignore[XX001] reason\n\n  # another comment\n  - tanh\n  - tanh\n"
    assert short(review(layers).findings) == [("XX001", "tanh2", 9)]


def test_a_comment_on_a_layer_of_several_lines() -> None:
    """The field stands in another line than the layer."""
    layers = "  - conv:   # cnncalc: ignore[XX002]\n      filters: 4\n      kernel: 7\n      bias: false\n"
    result = review(layers)
    assert short(result.findings) == []
    assert result.suppressed[0].finding.span.line == 7
    layers = "  - conv:\n      filters: 4\n      kernel: 7   # cnncalc: ignore[XX002]\n      bias: false\n"
    assert short(review(layers).findings) == []


def test_a_comment_on_a_file() -> None:
    result = review("  - tanh\n  - tanh\n", head="# cnncalc: ignore-file[XX001] sigmoid units of 1998\n")
    assert short(result.findings) == []
    assert [one.reason for one in result.suppressed] == ["sigmoid units of 1998"] * 2


BLOCK = """\
blocks:
  unit:{definition}
    layers:
      - tanh{layer}
"""


@pytest.mark.parametrize("place", ["definition", "layer"])
def test_a_comment_in_a_block_means_every_use(place: str) -> None:
    head = BLOCK.format(**{"definition": "", "layer": "", place: "   # cnncalc: ignore[XX001] r"})
    result = review("  - unit: {}\n  - unit: {}\n", head=head)
    assert short(result.findings) == []
    assert [one.finding.times for one in result.suppressed] == [2]


def test_a_comment_on_a_use_means_this_use() -> None:
    head = BLOCK.format(definition="", layer="")
    result = review("  - unit: {}   # cnncalc: ignore[XX001] r\n  - unit: {}\n", head=head)
    assert [(one.path, one.span.line) for one in result.findings] == [("unit2.tanh1", 7)]


def test_a_comment_on_a_merge_means_its_branches() -> None:
    layers = "  - add:   # cnncalc: ignore[XX001] r\n      - - tanh\n        - tanh\n      - []\n"
    assert short(review(layers).findings) == []


def test_a_comment_on_a_head() -> None:
    layers = "  - relu: {name: a}\nheads:\n  aux:   # cnncalc: ignore[XX001] r\n    from: a\n    layers: [tanh]\n"
    assert short(review(layers).findings) == []


@pytest.mark.parametrize(
    ("comment", "message"),
    [
        ("# cnncalc: ignore[XX002] r", "XX002 silences nothing here"),
        ("# cnncalc: ignore[XX001, XX002] r", "XX002 silences nothing here"),
        ("# cnncalc: ignore[XX001, XX777] r", "XX777 is no rule"),
        ("# cnncalc: ignore[every-tnah] r", "every-tnah is no rule"),
        ("# cnncalc: ignore because", "the ignore names no rule"),
    ],
)
def test_an_idle_comment_is_a_finding(comment: str, message: str) -> None:
    found = [one for one in review(f"  - tanh  {comment}\n").findings if one.code == "CN902"]
    assert [(one.message, one.span.line, one.span.column) for one in found] == [(message, 5, 11)]


def test_a_comment_for_a_rule_that_does_not_run_is_not_idle() -> None:
    """Nobody can tell."""
    layers = "  - relu  # cnncalc: ignore[XX103] r\n"
    assert short(review(layers).findings) == []
    assert short(review(layers, extend=["XX103"]).findings) == [("CN902", "", 5)]
    assert short(review(layers, select=["XX103"]).findings) == []


@pytest.mark.parametrize(
    ("comment", "left"),
    [
        ("  # cnncalc: ignore[XX001, XX002] as in the paper", "  - tanh  # cnncalc: ignore[XX001] as in the paper"),
        ("   # cnncalc: ignore[XX002]", "  - tanh"),
    ],
)
def test_the_fix_of_an_idle_comment(comment: str, left: str) -> None:
    result = review(f"  - tanh{comment}\n  - relu\n")
    fix = next(one.fix for one in result.findings if one.code == "CN902")
    assert fix is not None
    assert fix.safe
    assert apply(result.text, fix.edits).splitlines()[4:] == [left, "  - relu"]


def test_the_fix_of_an_idle_comment_on_its_own_line() -> None:
    result = review("  # cnncalc: ignore[XX002]\n  - relu\n")
    fix = result.findings[0].fix
    assert fix is not None
    assert apply(result.text, fix.edits).splitlines()[3:] == ["layers:", "  - relu"]


def test_a_reason_can_be_demanded() -> None:
    linter = Linter(Configuration(base=Settings(ignore_reason=True)))
    text = "cnncalc: 1\ninput: 3x8x8\nlayers:\n  - tanh  # cnncalc: ignore[XX001]{}\n"
    assert [one.message for one in linter.lint_text(text.format(""), "x.yaml").findings] == [
        "the ignore of XX001 gives no reason"
    ]
    assert not linter.lint_text(text.format(" it is so"), "x.yaml").findings


def test_what_only_looks_like_a_comment() -> None:
    text = 'source: "a # cnncalc: ignore[XX001]"\n'
    assert short(review("  - tanh\n", head=text).findings) == [("XX001", "tanh1", 6)]


@pytest.mark.parametrize(
    "name",
    [
        '"a # cnncalc: ignore-file[XX001] quoted"',
        "'it''s\n  # cnncalc: ignore-file[XX001] quoted over lines'",
        "|\n  a block\n  # cnncalc: ignore-file[XX001] of text",
    ],
)
def test_text_that_looks_like_a_comment_is_text(name: str) -> None:
    result = review("  - tanh\n", head=f"source: {name}\n")
    assert [code for code, *_ in short(result.findings)] == ["XX001"]  # neither ignored nor an idle ignore


def test_a_comment_after_quoted_text_is_a_comment() -> None:
    result = review(
        '  - tanh: {name: "a"}  # cnncalc: ignore[XX001] don\'t mind\n', head="source: >\n  folded\n  text\n"
    )
    assert short(result.findings) == []
