"""Every format of a review: complete, valid by the published schemas, and never confused by what a spec says."""

from __future__ import annotations

import json
from typing import Any
from xml.etree import ElementTree

import jsonschema
import pytest

from cnncalc.core.source import Span
from cnncalc.lint.config import Configuration
from cnncalc.lint.engine import Linter
from cnncalc.lint.finding import Edit, Fix, Placed, Suppressed
from cnncalc.lint.registry import RULES, rule_class
from cnncalc.lint.result import LintResult
from cnncalc.report.doc import Code, Doc
from cnncalc.report.formats import html, latex, markdown, terminal
from cnncalc.report.formats.rules import rule_object
from cnncalc.report.formats.sarif import render as sarif
from cnncalc.report.review import FORMATS, Manner, render
from cnncalc.report.views.diagnostics import diagnostics_doc
from cnncalc.report.views.rule import rule_doc, rules_doc

from .schemas import SARIF, validate

LINE = '  - conv: {filters: 4, kernel: 7}  # <&> "quoted" ::warning:: % , ]]>'
TEXT = f"cnncalc: 1\ninput: 3x8x8\nlayers:\n{LINE}\n"
NASTY = 'a|b <c> & "d" %0A ::error:: ,x=1 ]]> \x1b[31m `e` *f*'


def results() -> list[LintResult]:
    """Findings of every severity, with and without a place, fix, path and reason; one spec without any."""
    fix = Fix(True, (Edit(Span(4, 32, 4, 33), "3"), Edit(Span(4, 5, 4, 9), "conv2d")), "use 3")
    first = Placed(
        "CN201", "dropped-border", "warning", "conv1", NASTY, "do | so", "nets/x.yaml", Span(4, 32, 4, 33), fix
    )
    second = Placed(
        "CN001", "shape-fault", "error", "conv1", "wrong", "", "nets/x.yaml", Span(4, 5, 5, 1), data={"n": 3}
    )
    third = Placed(
        "CN304", "hot-layer", "info", "", "hot", "", "nets/x.yaml", fix=Fix(False, (Edit(Span(1, 1, 1, 1), "#"),))
    )
    silent = Suppressed(
        Placed("CN204", "same-asymmetric", "warning", "a.b", "m", file="nets/x.yaml", span=Span(4, 1, 4, 2)), "why", 4
    )
    good = Linter(Configuration(), select=["CN001"]).lint("in 3x8x8; relu")
    assert good.readable
    whole = LintResult("nets/x.yaml", (first, second, third), (silent,), 2, TEXT, good.analysis)
    return [whole, good]


def form(name: str, fail_on: str = "error") -> str:
    """The results in a format."""
    return render(name, results(), Manner(fail_on, counts=True))


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_tells_every_finding(name: str) -> None:
    text = form(name)
    assert all(word in text for word in ("CN201", "CN001", "CN304", "nets/x.yaml", "wrong", "hot"))
    assert text.endswith("\n")
    assert name == "markdown" or "\x1b" not in text


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_can_say_that_there_is_nothing(name: str) -> None:
    assert "CN" not in render(name, [results()[1]], Manner()) or name == "sarif"


def test_terminal() -> None:
    shown = terminal.render(diagnostics_doc(results()), 76).splitlines()
    assert shown[0] == "nets/x.yaml:4:32: warning CN201 dropped-border"
    at = next(index for index, line in enumerate(shown) if line.startswith("  4 | "))
    assert shown[at + 1].index("^") == shown[at].index("7")
    assert "  remedy  do | so" in shown
    assert "  fix     use 3 (--fix)" in shown
    last = "2 specs: 1 error, 1 warning, 1 info; 1 ignored, 2 in the baseline, 1 can be fixed with --fix, 1 with --unsafe-fixes"
    assert " ".join(shown[-2:]) == last
    assert all(len(line) <= 76 for line in shown)


def test_terminal_with_a_long_line() -> None:
    """The part with the caret is shown."""
    line = f"  - add: [[{'relu, ' * 60}tanh], []]"
    column = line.index("tanh") + 1
    one = Placed("CN102", "x", "warning", "p", "m", file="x.yaml", span=Span(1, column, 1, column + 4))
    shown = terminal.render(diagnostics_doc([LintResult("x.yaml", (one,), text=line)]), 60).splitlines()
    carets = shown[3].index("^")
    assert shown[2][carets : carets + 4] == "tanh"
    assert shown[3].count("^") == 4


def test_terminal_colours() -> None:
    assert "\x1b[1;31merror" in terminal.render(diagnostics_doc(results()), 100, color=True)


def test_json() -> None:
    whole = json.loads(form("json"))
    assert whole["schema"] == "cnncalc/diagnostics/1"
    first = whole["findings"][0]
    assert set(first) >= {
        "code",
        "name",
        "severity",
        "path",
        "message",
        "remedy",
        "file",
        "line",
        "column",
        "end_line",
        "end_column",
        "fix",
    }
    assert (first["code"], first["line"], first["column"], first["end_column"]) == ("CN201", 4, 32, 33)
    assert first["fix"]["safe"] is True
    assert first["fix"]["edits"][0] == {"line": 4, "column": 32, "end_line": 4, "end_column": 33, "text": "3"}
    assert (whole["findings"][2]["line"], whole["findings"][2]["fix"]["safe"]) == (None, False)
    assert whole["suppressed"][0]["reason"] == "why"
    assert whole["statistics"]["rules"] == {"CN001": 1, "CN201": 1, "CN304": 1}
    assert (whole["statistics"]["specs"], whole["statistics"]["error"]) == (2, 1)


# -- SARIF -------------------------------------------------------------------------------------------------------------


def run_of(text: str) -> dict[str, Any]:
    """The only run of a valid report."""
    log = json.loads(text)
    validate(log, SARIF)
    assert log["version"] == "2.1.0"
    (run,) = log["runs"]
    return run  # type: ignore[no-any-return]


def test_sarif_is_valid_and_points_at_its_rules() -> None:
    run = run_of(form("sarif"))
    rules = run["tool"]["driver"]["rules"]
    assert len({rule["id"] for rule in rules}) == len(rules) >= len(RULES)
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
    by_id = {rule["id"]: rule for rule in rules}
    assert all(by_id[code]["help"]["markdown"] and by_id[code]["shortDescription"]["text"] for code in RULES)
    assert [result["level"] for result in run["results"]] == ["warning", "error", "note", "warning"]


def test_sarif_places_fixes_and_suppressions() -> None:
    first, second, third, silent = run_of(form("sarif"))["results"]
    place = first["locations"][0]["physicalLocation"]
    assert place["artifactLocation"] == {"uri": "nets/x.yaml"}
    assert place["region"] == {"startLine": 4, "startColumn": 32, "endLine": 4, "endColumn": 33}
    assert first["locations"][0]["logicalLocations"][0]["fullyQualifiedName"] == "conv1"
    change = first["fixes"][0]["artifactChanges"][0]
    assert change["replacements"][0]["insertedContent"] == {"text": "3"}
    assert third["fixes"][0]["description"]["text"] == "fix (unsafe)"
    assert "region" not in third["locations"][0]["physicalLocation"]
    assert second["properties"] == {"n": 3}
    assert silent["suppressions"] == [{"kind": "inSource", "status": "accepted", "justification": "why"}]
    assert "suppressions" not in first


def test_sarif_fingerprints_outlive_lines() -> None:
    """They follow the layer, not its line, and equal findings are told apart."""

    def prints(head: str) -> list[str]:
        text = f"{head}cnncalc: 1\ninput: 3x32x32\nlayers:\n  - relu\n  - relu\n  - relu\n"
        result = Linter(Configuration(), select=["CN102"]).lint_text(text, "x.yaml")
        assert len(result.findings) == 2
        return [one["partialFingerprints"]["cnncalc/v1"] for one in run_of(sarif([result]))["results"]]

    assert prints("") == prints("# one\n# two\n")
    assert len(set(prints(""))) == 2


def test_sarif_of_the_zoo_is_valid() -> None:
    linter = Linter(Configuration())
    reviews = [linter.lint(f"zoo:{name}") for name in ("alexnet", "googlenet", "resnet50", "unet", "lenet5")]
    run = run_of(sarif(reviews, tuple(map(rule_class, RULES))))
    assert len(run["results"]) == sum(len(one.findings) + len(one.suppressed) for one in reviews)


def test_sarif_of_what_gives_no_network() -> None:
    result = Linter(Configuration()).lint_text("cnncalc: 1\ninput: 3x8x8\nlayers: [rlu]\n", "/abs/x y.yaml")
    (one,) = run_of(sarif([result]))["results"]
    assert one["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "file:///abs/x%20y.yaml"


def test_the_schema_can_refuse() -> None:
    log = json.loads(form("sarif"))
    log["runs"][0]["results"][0]["level"] = "fatal"
    with pytest.raises(jsonschema.ValidationError):
        validate(log, SARIF)


# -- the others --------------------------------------------------------------------------------------------------------


def test_github_commands() -> None:
    """One line each; nothing that a spec says can end a property, or begin a command."""
    lines = form("github").splitlines()
    assert [line.split(" ")[0] for line in lines] == ["::warning", "::error", "::notice"]
    assert lines[0].startswith(
        "::warning title=CN201 dropped-border,file=nets/x.yaml,line=4,endLine=4,col=32,endColumn=32::conv1: "
    )
    assert lines[0].endswith("; do | so")
    assert "%250A" in lines[0]
    assert "line=" not in lines[2]


def test_github_properties_are_escaped() -> None:
    one = Placed("CN001", "x", "error", "", "a\nb", file="a,b:c%.yaml", span=Span(1, 1, 1, 2))
    text = render("github", [LintResult("x", (one,))], Manner())
    assert text == "::error title=CN001 x,file=a%2Cb%3Ac%25.yaml,line=1,endLine=1,col=1,endColumn=1::a%0Ab\n"


def test_gitlab_issues() -> None:
    issues = json.loads(form("gitlab"))
    assert [issue["severity"] for issue in issues] == ["minor", "critical", "info"]
    assert issues[0]["check_name"] == "CN201"
    assert issues[0]["location"] == {"path": "nets/x.yaml", "lines": {"begin": 4, "end": 4}}
    assert issues[2]["location"]["lines"] == {"begin": 1, "end": 1}
    assert len({issue["fingerprint"] for issue in issues}) == 3


@pytest.mark.parametrize(("fail_on", "failures"), [("error", 1), ("warning", 2), ("info", 3), ("never", 0)])
def test_junit(fail_on: str, failures: int) -> None:
    root = ElementTree.fromstring(form("junit", fail_on))
    assert (root.tag, root.attrib["tests"], root.attrib["failures"]) == ("testsuites", "4", str(failures))
    first, second = root.findall("testsuite")
    assert [len(suite.findall("testcase")) for suite in (first, second)] == [3, 1]
    assert len(list(root.iter("failure"))) == failures
    assert "do | so" in "".join(first.itertext())


def test_junit_of_what_gives_no_network() -> None:
    """Fails whatever the threshold is."""
    result = Linter(Configuration()).lint("nowhere.yaml")
    root = ElementTree.fromstring(render("junit", [result], Manner("never")))
    assert root.attrib["failures"] == "1"


def test_markdown_summary() -> None:
    page = form("markdown")
    rows = [line for line in page.splitlines() if line.startswith("| ")]
    assert any(
        line.startswith("| **warning** | CN201 dropped-border | nets/x.yaml:4:32 | conv1: a\\|b \\<c\\>")
        for line in rows
    )
    assert "### Ignored, with the reasons given" in page
    assert "| CN204 | nets/x.yaml:4:1 | a.b: m | why |" in page
    assert "### By rule" in page


# -- rules -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", RULES)
def test_a_rules_page(code: str) -> None:
    rule = rule_class(code)
    page = terminal.render(rule_doc(rule), 90)
    assert page.startswith(f"{code} {rule.slug}\n")
    assert "```" not in page
    assert "  cnncalc: 1" in page
    assert markdown.render(rule_doc(rule)).count("```yaml") >= 2
    assert rule_object(rule)["sections"]["Why"]


def test_the_list_of_rules() -> None:
    page = markdown.render(rules_doc(map(rule_class, RULES)))
    assert all(f"| {code} | {rule_class(code).slug} |" in page for code in RULES)


def test_code_in_every_format() -> None:
    """A fence that the text itself contains does not end it."""
    doc = Doc("x", (Code("a: 1\n```\n  b: <c>\n", "yaml"),))
    assert markdown.render(doc) == "````yaml\na: 1\n```\n  b: <c>\n````\n"
    assert "<pre><code>a: 1\n```\n  b: &lt;c&gt;\n</code></pre>" in html.render(doc)
    assert r"\texttt{\ \ b:\ \textless{}c\textgreater{}}" in latex.render(doc)
    for page in (html.render, latex.render, markdown.render):
        assert "CN201" in page(diagnostics_doc(results()))
