"""The fixes of the rules: the text after it, written out; and that the finding is gone then."""

from __future__ import annotations

import pytest

from cnncalc.lint.config import Configuration
from cnncalc.lint.engine import Linter
from cnncalc.lint.registry import RULES, rule_class
from cnncalc.lint.text import apply

LINTER = Linter(Configuration())

HEAD = "cnncalc: 1\ninput: 3x8x8\nlayers:\n"
FLAT = "cnncalc: 1\ninput: 64\n"

# code, safe, before, after
ROWS: list[tuple[str, bool, str, str]] = [
    (
        "CN004",
        False,
        HEAD + "  - conv: {filters: 4, kernel: 3, activation: relu} # keep\n  - dense: 10 # classes\n",
        HEAD + "  - conv: {filters: 4, kernel: 3, activation: relu} # keep\n  - flatten\n  - dense: 10 # classes\n",
    ),
    (
        "CN007",
        True,
        HEAD
        + "  - conv: {name: a, filters: 4, kernel: 1}\n  - relu: {name: r, inplace: true}\n  - add: {from: [a, r]}\n",
        HEAD + "  - conv: {name: a, filters: 4, kernel: 1}\n  - relu: {name: r}\n  - add: {from: [a, r]}\n",
    ),
    (
        "CN102",
        True,
        HEAD + "  - conv: {filters: 4, kernel: 3, activation: relu}\n  - relu\n  - conv: {filters: 4, kernel: 3}\n",
        HEAD + "  - conv: {filters: 4, kernel: 3, activation: relu}\n  - conv: {filters: 4, kernel: 3}\n",
    ),
    (
        "CN103",
        True,
        HEAD + "  - conv: {filters: 4, kernel: 3}\n  - batchnorm # keep\n",
        HEAD + "  - conv: {filters: 4, kernel: 3, bias: false}\n  - batchnorm # keep\n",
    ),
    (
        "CN103",
        True,
        HEAD + "  - depthwise_conv: 3\n  - batchnorm\n",
        HEAD + "  - depthwise_conv: {kernel: 3, bias: false}\n  - batchnorm\n",
    ),
    (
        "CN106",
        False,
        FLAT + "task: {loss: cross_entropy}\nlayers:\n  - dense: {units: 10, activation: softmax}\n",
        FLAT + "task: {loss: cross_entropy}\nlayers:\n  - dense: {units: 10}\n",
    ),
    (
        "CN109",
        False,
        FLAT + "layers:\n  - dense: 1\n  - softmax\n",
        FLAT + "layers:\n  - dense: 1\n  - sigmoid\n",
    ),
    (
        "CN111",
        True,
        HEAD + "  - conv: {filters: 4, kernel: 3}\n  - relu # cheap\n  - maxpool: 2\n",
        HEAD + "  - conv: {filters: 4, kernel: 3}\n  - maxpool: 2 # cheap\n  - relu\n",
    ),
    (
        "CN115",
        True,
        HEAD + "  - flatten\n  - flatten\n  - dense: 16\n",
        HEAD + "  - flatten\n  - dense: 16\n",
    ),
    (
        "CN901",
        False,
        HEAD + "  - conv: {filters: 4, kernel: 3, strides: 1}\n",
        HEAD + "  - conv: {filters: 4, kernel: 3, stride: 1}\n",
    ),
    (
        "CN902",
        True,
        HEAD + "  - conv: {filters: 4, kernel: 3} # cnncalc: ignore[CN204] old\n",
        HEAD + "  - conv: {filters: 4, kernel: 3}\n",
    ),
]


@pytest.mark.parametrize(("code", "safe", "before", "after"), ROWS, ids=[f"{row[0]}-{n}" for n, row in enumerate(ROWS)])
def test_fix(code: str, safe: bool, before: str, after: str) -> None:
    fixes = [one.fix for one in LINTER.lint_text(before, "x.yaml").findings if one.code == code]
    assert len(fixes) == 1
    fix = fixes[0]
    assert fix is not None
    assert fix.safe is safe
    assert apply(before, fix.edits) == after
    assert code not in {one.code for one in LINTER.lint_text(after, "x.yaml").findings}


def test_every_fixable_rule_has_a_row() -> None:
    assert {code for code in RULES if rule_class(code).fixable} == {row[0] for row in ROWS}


def test_layers_of_shipped_blocks_are_not_edited() -> None:
    text = "cnncalc: 1\ninput: 8x16x16\nlayers:\n  - mlpconv: {filters: 8, kernel: 3}\n  - maxpool: 2\n"
    found = [one for one in LINTER.lint_text(text, "x.yaml").findings if one.code == "CN111"]
    assert [one.fix for one in found] == [None]
