"""The engine: where findings point, how often they are told, what prevents a graph."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import cnncalc
from cnncalc.lint.config import Configuration
from cnncalc.lint.engine import Linter

from .conftest import review, short

pytestmark = pytest.mark.usefixtures("only_these")

BLOCK = "blocks:\n  unit:\n    parameters: {width: 8}\n    layers:\n      - conv: {filters: width, kernel: 5, bias: false}\n      - tanh\n"


def test_a_finding_points_at_the_kind_or_at_the_field() -> None:
    result = review("  - conv: {filters: 4, kernel: 7, bias: false}\n  - tanh\n")
    assert [(one.code, one.span) for one in result.findings] == [
        ("XX002", (5, 32, 5, 33)),
        ("XX001", (6, 5, 6, 9)),
    ]
    kernel = result.findings[0]
    assert (kernel.severity, kernel.name, kernel.file, kernel.place) == (
        "info",
        "every-kernel",
        "x.yaml",
        "x.yaml:5:32",
    )
    assert kernel.data == {"kernel": 7}


def test_a_layer_of_a_block_points_at_its_definition_once() -> None:
    """Three uses, one of them repeated twice: four layers, one finding in the block's line."""
    result = review("  - unit: {width: 4}\n  - unit: {repeat: 2}\n  - unit\n", head=BLOCK)
    assert short(result.findings) == [("XX002", "unit1.conv1", 8), ("XX001", "unit1.tanh1", 9)]
    assert [one.times for one in result.findings] == [4, 4]


def test_a_layer_of_a_shipped_block_points_at_the_call() -> None:
    """An inception module has one 5x5 convolution, and no place of its own in this text."""
    result = review("  - inception: {c1: 1, r3: 1, c3: 1, r5: 1, c5: 1, pool: 1}\n", ignore=["XX104"])
    assert [(one.code, one.span.line, one.span.column) for one in result.findings] == [("XX002", 5, 5)]
    assert result.findings[0].fix is None


def test_an_activation_points_at_its_word() -> None:
    result = review("  - conv: {filters: 4, kernel: 3, activation: tanh}\n", select=["XX2"])
    assert short(result.findings) == []


def test_a_finding_on_the_whole() -> None:
    result = review("  - relu\n  - tanh\n", select=["whole"])
    assert [(one.message, one.path, one.span.line) for one in result.findings] == [("2 layers", "", 4)]


def test_findings_are_in_the_order_of_the_text() -> None:
    result = review("  - tanh\n  - conv: {filters: 4, kernel: 5}\n  - tanh\n")
    assert [one.span.line for one in result.findings] == [5, 6, 6, 7]


def test_a_fix_that_takes_a_comment_away_is_not_safe() -> None:
    layers = "  - relu\n  - dropout   # because\n  - dropout\n  - relu\n"
    first, second = review(layers, select=["XX103"]).findings
    assert first.fix is not None
    assert second.fix is not None
    assert (first.fix.safe, second.fix.safe) == (False, False)
    renamed = review("  - tanh   # because\n", select=["XX001"]).findings[0]
    assert renamed.fix is not None
    assert renamed.fix.safe


@pytest.mark.parametrize(
    ("layers", "code", "line", "words"),
    [
        ("  - conv: {filters: 4, kernel: 3, strides: 2}\n", "CN901", 5, "did you mean stride?"),
        ("  - cnov: {filters: 4, kernel: 3}\n", "CN901", 5, "did you mean conv?"),
        ("  - relu: {from: nowhere}\n", "CN003", 5, ""),
        ("  - relu: {name: a}\n  - relu: {name: a}\n", "CN003", 6, ""),
        ("  - conv: {filters: 0, kernel: 3}\n", "CN900", 5, ""),
        ("  - conv: {filters: 4\n", "CN900", 5, ""),
        ("  - dense: classes\n", "CN900", 5, ""),
    ],
)
def test_what_prevents_a_graph_is_a_finding(layers: str, code: str, line: int, words: str) -> None:
    """With code 2, whatever is selected or ignored."""
    result = review(layers, select=["XX001"], ignore=["CN902"])
    assert [(one.code, one.span.line, one.severity) for one in result.findings] == [(code, line, "error")]
    assert words in result.findings[0].remedy
    assert result.exit_code("never") == 2
    assert result.text.splitlines()[4] == layers.splitlines()[0]


def test_every_problem_of_a_text_is_told() -> None:
    result = review("  - conv: {filter: 4, kernel: 3}\n  - rlu\n")
    assert [(one.code, one.span.line) for one in result.findings] == [("CN900", 5), ("CN901", 5), ("CN901", 6)]


def test_a_missing_file_is_a_finding() -> None:
    result = Linter(Configuration()).lint("nowhere.yaml")
    assert result.findings[0].message == "there is no such file"
    assert result.exit_code() == 2


def test_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    text = b"cnncalc: 1\ninput: 3x8x8\nlayers: [tanh]\n"
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text)))
    result = Linter(Configuration()).lint("-")
    assert [(one.file, one.code, one.span.line) for one in result.findings] == [("<stdin>", "XX001", 3)]


def test_inline_notation_and_the_zoo() -> None:
    linter = Linter(Configuration())
    assert [one.code for one in linter.lint("in 3x8x8; tanh").findings] == ["XX001"]
    assert linter.lint("zoo:lenet5").readable


def test_the_package_is_a_function(write: Callable[[str, str], Path]) -> None:
    path = write("x.yaml", "cnncalc: 1\ninput: 3x8x8\nlayers: [tanh]\n")
    for spec in (path, str(path), cnncalc.load(path)):
        assert [one.code for one in cnncalc.lint(spec).findings] == ["XX001"]
    assert isinstance(cnncalc.lint(path, select=["XX002"]), cnncalc.LintResult)


@pytest.mark.parametrize(("fail_on", "code"), [("error", 0), ("warning", 1), ("info", 1), ("never", 0)])
def test_exit_codes(fail_on: str, code: int) -> None:
    """A tanh is a warning."""
    assert review("  - tanh\n").exit_code(fail_on) == code


def test_what_torch_holds_is_computed_only_where_it_is_spoken_of() -> None:
    quiet = review("  - flatten\n  - dense: 10\n")
    loud = review("  - flatten\n  - dense: 10\n", head="budget: {torch_training: 8 GiB}\n")
    assert quiet.analysis is not None
    assert loud.analysis is not None
    assert quiet.analysis.memory.torch.training_peak_bytes is None
    assert loud.analysis.memory.torch.training_peak_bytes is not None
