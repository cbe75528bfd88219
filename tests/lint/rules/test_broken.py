"""The corpus of broken specs: each names in its first line the one finding (code and path) that it must give."""

from __future__ import annotations

from pathlib import Path

import pytest

from cnncalc.lint.config import Configuration
from cnncalc.lint.engine import Linter
from cnncalc.lint.registry import RULES, rule_class

CORPUS = sorted((Path(__file__).parent.parent / "broken").glob("*.yaml"))
LINTER = Linter(Configuration())


def expected(path: Path) -> tuple[str, str]:
    code, _, where = path.read_text().partition("\n")[0].removeprefix("# expect: ").partition(" ")
    return code, where


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.stem)
def test_gives_exactly_the_expected_finding(path: Path) -> None:
    result = LINTER.lint(str(path))
    assert [(one.code, one.path) for one in result.findings] == [expected(path)], [str(one) for one in result.findings]


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.stem)
def test_findings_have_a_place_and_numbers_or_names(path: Path) -> None:
    for finding in LINTER.lint(str(path)).findings:
        assert finding.span.line > 0
        assert finding.message
        assert finding.file == str(path)


def test_corpus_is_large_and_covers_every_default_rule() -> None:
    assert len(CORPUS) >= 40
    covered = {expected(path)[0] for path in CORPUS}
    # CN304 needs a long network and CN310 a lock file: their examples are executed in test_examples
    assert {code for code in RULES if rule_class(code).default} - covered <= {"CN304", "CN310"}
