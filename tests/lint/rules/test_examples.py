"""Every rule's documentation is executed: its example fires exactly this rule among the default ones, the other spec does not."""

from __future__ import annotations

import pytest

from cnncalc.lint.config import Configuration
from cnncalc.lint.engine import Linter
from cnncalc.lint.lock import Lock
from cnncalc.lint.registry import RULES, rule_class
from cnncalc.lint.rule import SECTIONS, documentation

EVERY = Linter(Configuration())


def codes(text: str, code: str) -> list[str]:
    rule = rule_class(code)
    linter = EVERY if rule.default else Linter(Configuration(), extend=[code])
    return [finding.code for finding in linter.lint_text(text, f"{code}.yaml").findings]


@pytest.mark.parametrize("code", RULES)
def test_documentation_is_complete(code: str) -> None:
    rule = rule_class(code)
    documented = documentation(rule)
    assert rule.code == code
    assert rule.slug
    assert documented.summary
    assert tuple(documented.sections) == SECTIONS
    assert all(documented.sections[heading] for heading in SECTIONS)


@pytest.mark.parametrize("code", [code for code in RULES if code != "CN310"])
def test_example_fires_exactly_this_rule(code: str) -> None:
    assert set(codes(documentation(rule_class(code)).example, code)) == {code}


@pytest.mark.parametrize("code", RULES)
def test_replacement_is_clean(code: str) -> None:
    assert codes(documentation(rule_class(code)).instead, code) == []


def test_drift_fires_against_the_lock_of_the_other_example(tmp_path) -> None:
    documented = documentation(rule_class("CN310"))
    lock = Lock.read_or_new(str(tmp_path / "cnncalc.lock"))
    name = str(tmp_path / "net.yaml")
    other = EVERY.lint_text(documented.instead, name).analysis
    assert other is not None
    lock.put(name, other)
    linter = Linter(Configuration(), lock=lock)
    assert {finding.code for finding in linter.lint_text(documented.example, name).findings} == {"CN310"}
    assert not linter.lint_text(documented.instead, name).findings
