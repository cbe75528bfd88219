"""The command line: exit codes, outputs, fixes, baseline; never a traceback."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from cnncalc.cli.main import application

Write = Callable[[str, str], Path]
HEAD = "cnncalc: 1\ninput: 3x32x32\nlayers:\n"
GOOD = HEAD + "  - conv: {filters: 4, kernel: 3, padding: 1}\n  - relu\n"
WARNS = HEAD + "  - conv: {filters: 4, kernel: 3, padding: 1}\n  - relu\n  - relu\n"  # CN102
FAILS = HEAD + "  - conv: {filters: 4, kernel: 33}\n"  # CN001
BREAKS = HEAD + "  - conv: {filters: 4, kernel: 3, strides: 2}\n"  # CN901
ONLY = ("--select", "CN001,CN102,CN310,CN902")


def call(*words: str, stdin: str | None = None) -> Result:
    """Runs the command."""
    return CliRunner().invoke(application(), [*words], input=stdin)


@pytest.mark.parametrize(
    ("text", "fail_on", "code"),
    [
        (GOOD, "info", 0),
        (WARNS, "error", 0),
        (WARNS, "warning", 1),
        (FAILS, "error", 1),
        (FAILS, "never", 0),
        (BREAKS, "never", 2),
    ],
)
def test_exit_codes(write: Write, text: str, fail_on: str, code: int) -> None:
    write("x.yaml", text)
    assert call("lint", "x.yaml", *ONLY, "--fail-on", fail_on).exit_code == code


def test_the_worst_exit_code_wins_and_every_spec_is_reviewed(write: Write) -> None:
    for name, text in (("a", WARNS), ("b", FAILS), ("c", BREAKS)):
        write(f"nets/{name}.yaml", text)
    result = call("lint", "nets", *ONLY)
    assert result.exit_code == 2
    assert [code in result.stdout for code in ("CN102", "CN001", "CN901", "3 specs")] == [True] * 4
    assert call("lint", "nets/[ab].yaml", *ONLY).exit_code == 1


def test_what_names_nothing(write: Write) -> None:
    write("a.yaml", GOOD)
    result = call("lint", "a.yaml", "nothing/*.yaml", *ONLY)
    assert result.exit_code == 2
    assert "no .yaml or .yml file matches" in result.stderr
    assert "1 spec: nothing found" in result.stdout
    assert call("lint").exit_code == 2


def test_standard_input_and_inline() -> None:
    assert call("lint", "-", *ONLY, stdin=FAILS).exit_code == 1
    assert "<stdin>:4:5: error CN001" in call("lint", "-", *ONLY, stdin=FAILS).stdout
    assert "<inline>:1:13: error CN001" in call("lint", "in 3x32x32; conv 4 k33", *ONLY).stdout


def test_several_outputs_in_one_run(write: Write) -> None:
    write("x.yaml", WARNS)
    result = call(
        "lint", "x.yaml", *ONLY, "-f", "github", "-o", "sarif=o.sarif", "-o", "junit=o.xml", "-o", "gitlab=o.json"
    )
    assert result.stdout.startswith("::warning ")
    assert json.loads(Path("o.sarif").read_text())["version"] == "2.1.0"
    assert "CN102" in Path("o.xml").read_text()
    assert json.loads(Path("o.json").read_text())[0]["check_name"] == "CN102"


def test_one_output_into_a_file(write: Write) -> None:
    write("x.yaml", WARNS)
    result = call("lint", "x.yaml", *ONLY, "-f", "json", "--output-file", "out.json")
    assert result.stdout == ""
    assert json.loads(Path("out.json").read_text())["findings"][0]["code"] == "CN102"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("-o", "sarfi=x"), "did you mean sarif?"),
        (("-o", "no/such/folder/x"), "cannot be written"),
        (("--select", "CN7"), "no rule is called CN7"),
        (("--baseline", "none.json"), "there is no baseline"),
        (("--lock-file", "none.lock"), "there is no lock file"),
        (("--config", "none.toml"), "cannot be read"),
    ],
)
def test_a_wrong_call(write: Write, words: tuple[str, ...], told: str) -> None:
    write("x.yaml", WARNS)
    result = call("lint", "x.yaml", *words)
    assert result.exit_code == 2
    assert told in result.stderr


def test_statistics(write: Write) -> None:
    write("x.yaml", WARNS + "  - relu\n")
    assert "CN102  double-activation" in call("lint", "x.yaml", *ONLY, "--statistics").stdout


def test_fix(write: Write) -> None:
    path = write("x.yaml", WARNS)
    result = call("lint", "x.yaml", *ONLY, "--fix")
    assert "x.yaml: 1 fix made" in result.stderr
    assert "nothing found" in result.stdout
    assert path.read_text() == GOOD


def test_diff_writes_nothing(write: Write) -> None:
    path = write("x.yaml", WARNS)
    result = call("lint", "x.yaml", *ONLY, "--fix", "--diff")
    assert result.exit_code == 1
    assert "-  - relu" in result.stdout
    assert path.read_text() == WARNS
    write("x.yaml", GOOD)
    assert call("lint", "x.yaml", *ONLY, "--diff").exit_code == 0


def test_unsafe_fixes(write: Write) -> None:
    path = write("x.yaml", BREAKS)
    call("lint", "x.yaml", *ONLY, "--fix")
    assert path.read_text() == BREAKS
    assert call("lint", "x.yaml", *ONLY, "--unsafe-fixes").exit_code == 0
    assert path.read_text() == BREAKS.replace("strides", "stride")


def test_baseline(write: Write) -> None:
    write("x.yaml", FAILS)
    assert call("lint", "x.yaml", *ONLY, "--write-baseline").exit_code == 0
    assert call("lint", "x.yaml", *ONLY).exit_code == 1
    known = call("lint", "x.yaml", *ONLY, "--baseline", "cnncalc-baseline.json")
    assert known.exit_code == 0
    assert "1 in the baseline" in known.stdout


def test_configured_baseline_and_threshold(write: Write) -> None:
    write("cnncalc.toml", "baseline = 'b.json'\nfail-on = 'warning'\n")
    write("x.yaml", WARNS)
    write("b.json", '{"schema": "cnncalc/baseline/1", "findings": []}')
    assert call("lint", "x.yaml", *ONLY).exit_code == 1
    assert call("lint", "x.yaml", *ONLY, "--write-baseline").exit_code == 0
    assert call("lint", "x.yaml", *ONLY).exit_code == 0
    assert call("lint", "x.yaml", *ONLY, "--config", "none").exit_code == 0


def test_lock_lint_and_check(write: Write) -> None:
    path = write("x.yaml", GOOD)
    assert call("lock", "x.yaml").exit_code == 0
    assert call("lint", "x.yaml", *ONLY).exit_code == 0
    path.write_text(GOOD.replace("filters: 4", "filters: 5"))
    assert "CN310" in call("lint", "x.yaml", *ONLY).stdout
    assert call("lint", "x.yaml", *ONLY).exit_code == 1
    assert call("lock", "x.yaml", "--check").exit_code == 1


def test_show_config(write: Write) -> None:
    write("cnncalc.toml", "select = ['CN102']\nseverity.CN102 = 'error'\n")
    write("x.yaml", GOOD)
    shown = call("lint", "x.yaml", "--show-config")
    assert shown.exit_code == 0
    assert 'select = ["CN102"]' in shown.stdout
    assert 'CN102 = "error"  # double-activation' in shown.stdout


def test_rule() -> None:
    assert "CN201 dropped-border" in call("rule", "CN201").stdout
    assert call("rule", "dropped-border").stdout == call("rule", "cn201").stdout
    assert json.loads(call("rule", "CN201", "-f", "json").stdout)["name"] == "dropped-border"
    assert len(json.loads(call("rule", "-f", "json").stdout)) >= 50
    assert "CN904" in call("rule").stdout
    wrong = call("rule", "CN999")
    assert wrong.exit_code == 2
    assert "no rule is called CN999" in wrong.stderr


def test_diff(write: Write) -> None:
    write("a.yaml", GOOD)
    write("b.yaml", FAILS)
    result = call("diff", "a.yaml", "b.yaml", "-f", "markdown", "-o", "out.md")
    assert result.exit_code == 1
    assert "Findings gained" in Path("out.md").read_text()
    assert call("diff", "a.yaml", "b.yaml", "--fail-on", "never").exit_code == 0
    assert call("diff", "a.yaml", "none.yaml").exit_code == 2


def test_a_rules_page_in_markdown_is_its_docstring() -> None:
    page = call("rule", "CN005", "-f", "markdown").stdout
    assert page.startswith("# CN005 false-claim\n\n*severity error, on by default*\n\nAn `expect` does not hold")
    assert "\\" not in page
