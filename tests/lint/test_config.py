"""Configuration: found upward, checked, merged per file; which rules it chooses."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from cnncalc.core.diagnostic import SpecError
from cnncalc.lint.config import Configuration, Settings, find, load
from cnncalc.lint.described import described
from cnncalc.lint.engine import Linter
from cnncalc.lint.select import Selection

from .conftest import review
from .rules_for_tests import RULES

pytestmark = pytest.mark.usefixtures("only_these")
Write = Callable[[str, str], Path]
SPEC = "cnncalc: 1\ninput: 3x16x16\nlayers:\n  - conv: {filters: 4, kernel: 5}\n  - tanh\n  - dropout\n"


@pytest.mark.parametrize(
    ("select", "extend", "ignore", "runs"),
    [
        (None, (), (), "XX001 XX002 XX104"),
        (None, ("XX103",), (), "XX001 XX002 XX103 XX104"),
        (None, ("XX1",), (), "XX001 XX002 XX104"),
        (None, ("whole",), (), "XX001 XX002 XX104 XX200"),
        (("XX0",), (), (), "XX001 XX002"),
        (("XX0",), ("XX104",), (), "XX001 XX002 XX104"),
        (("XX0",), (), ("XX002",), "XX001"),
        (("all",), (), (), "XX001 XX002 XX103 XX104 XX200"),
        (("all",), (), ("XX1",), "XX001 XX002 XX200"),
        (("all",), (), ("XX",), ""),
        (("XX002",), (), ("XX0",), "XX002"),
        (None, (), ("XX0", "every-kernel"), "XX104"),
        (("every-tanh",), (), (), "XX001"),
        (("xx001",), (), (), "XX001"),
    ],
)
def test_selection(select: tuple[str, ...] | None, extend: tuple[str, ...], ignore: tuple[str, ...], runs: str) -> None:
    """The more specific word wins; equally specific, the rule is ignored; what is off needs its whole name or all."""
    selection = Selection(select, extend, ignore)
    assert [rule.code for rule in RULES if selection.enabled(rule)] == runs.split()


def test_the_nearest_file_upward_holds(write: Write) -> None:
    write("pyproject.toml", "[tool.cnncalc]\nselect = ['XX001']\n")
    write("nets/big/cnncalc.toml", "select = ['XX002']\n")
    write("nets/other/pyproject.toml", "[project]\nname = 'x'\n")
    for folder, codes in (("nets", ["XX001"]), ("nets/big", ["XX002"]), ("nets/other", ["XX001"])):
        path = write(f"{folder}/a.yaml", SPEC)
        assert [one.code for one in Linter().lint(str(path)).findings] == codes


def test_without_a_file_everything_has_its_default(write: Write) -> None:
    path = write("a.yaml", SPEC)
    assert find(str(path)).settings() == Settings()


def test_per_file_tables(write: Write) -> None:
    write(
        "cnncalc.toml",
        """
        ignore = ["XX104"]
        [severity]
        XX0 = "error"
        [per-file."old/*.yaml"]
        ignore = ["XX001"]
        extend-select = ["XX103"]
        rules.XX002.most = 9
        [per-file."odd.yaml"]
        severity.XX001 = "info"
        """,
    )
    found = {name: Linter().lint(str(write(name, SPEC))).findings for name in ("new.yaml", "old/a.yaml", "x/odd.yaml")}
    told = {name: [(one.code, one.severity) for one in findings] for name, findings in found.items()}
    assert told == {
        "new.yaml": [("XX002", "error"), ("XX001", "error")],
        "old/a.yaml": [("XX103", "error")],
        "x/odd.yaml": [("XX002", "error"), ("XX001", "info")],
    }


def test_words_of_the_caller_come_last(write: Write) -> None:
    path = str(write("a.yaml", SPEC))
    write("cnncalc.toml", "select = ['XX001', 'XX002']\nignore = ['XX002']\n")
    assert [one.code for one in Linter(extend=["XX104"]).lint(path).findings] == ["XX104", "XX001"]
    assert [one.code for one in Linter(select=["XX103"]).lint(path).findings] == ["XX103"]
    assert [one.code for one in Linter(ignore=["XX001"]).lint(path).findings] == []


def test_options(write: Write) -> None:
    path = str(write("a.yaml", SPEC))
    write("cnncalc.toml", "select = ['XX002']\nrules.XX002.most = 5\n")
    assert not Linter().lint(path).findings


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("selct = ['XX001']", 1, "did you mean select?"),
        ("\nignore = 'XX001'", 2, "ignore must be a list"),
        ("severity.XX001 = 'fatal'", 1, "one of error, warning, info"),
        ("fail-on = 'maybe'", 1, "never"),
        ("budget.parms = 3", 1, "did you mean params?"),
        ("budget.params = 'many'", 1, "a quantity"),
        ("budget = 3", 1, "must be a table"),
        ("ignore-reason = 1", 1, "true or false"),
        ("per-file.'a.yaml'.baseline = 'x'", 1, "unknown key"),
        ("select == 1", 1, "not TOML"),
        ("custom = [{code = 'CN001', when = 'layer.kernel > 3', message = 'm'}]", 1, "a code of their own"),
        ("custom = [{code = 'MY001', when = 'layer.kernel > 3'}]", 1, "code, when, message"),
        ("custom = [{code = 'MY001', when = 'x > 1', message = 'm', severity = 'bad'}]", 1, "severity is one of"),
    ],
)
def test_a_wrong_file_is_refused_with_its_line(write: Write, text: str, line: int, words: str) -> None:
    path = write("cnncalc.toml", text)
    with pytest.raises(SpecError, match=f"cnncalc.toml:{line}:") as caught:
        load(str(path))
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("select = ['XX9']", "no rule is called XX9"),
        ("ignore = ['every-tnah']", "did you mean every-tanh?"),
        ("severity.YY = 'error'", "no rule is called YY"),
        ("rules.XX002.least = 3", "XX002 has no option least"),
        ("rules.XX002.most = 'three'", "must be like 3"),
        ("rules.XX002.most = true", "must be like 3"),
    ],
)
def test_words_that_mean_nothing_are_refused(write: Write, text: str, words: str) -> None:
    path = write("a.yaml", SPEC)
    write("cnncalc.toml", text)
    with pytest.raises(SpecError, match=words):
        Linter().lint(str(path))


def test_a_pyproject_that_says_nothing_to_us(write: Write) -> None:
    path = write("pyproject.toml", "[project]\nname = 'cnncalc-user'\n")
    assert load(str(path), required=False) is None
    assert load(str(path)) == Configuration(str(path), str(path.parent))


def test_what_holds_can_be_shown(write: Write) -> None:
    """And read again, it chooses the same."""
    path = str(write("a.yaml", SPEC))
    write(
        "cnncalc.toml",
        "extend-select = ['XX103']\nseverity.XX001 = 'error'\nbudget.params = '5M'\nrules.XX002.most = 4\n",
    )
    shown = described(Linter(), path)
    before = [(one.code, one.severity) for one in Linter().lint(path).findings]
    again = load(str(write("shown.toml", shown)))
    assert again is not None
    assert [(one.code, one.severity) for one in Linter(again).lint(path).findings] == before
    assert again.base.budget == {"params": "5M"}
    assert "XX103" in shown


def test_severity_of_the_closest_prefix() -> None:
    settings = Settings(severity={"XX": "info", "XX00": "error"})
    assert [settings.severity_of(code, "warning") for code in ("XX001", "XX104", "YY001")] == [
        "error",
        "info",
        "warning",
    ]


def test_a_review_without_any_file() -> None:
    assert [one.code for one in review("  - tanh\n").findings] == ["XX001"]
