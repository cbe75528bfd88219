"""The formats of `cnncalc lint`, by name: each turns the results of a run into text."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from cnncalc.lint.result import LintResult
from cnncalc.report.doc import Doc

FORMATS = ("terminal", "json", "sarif", "github", "gitlab", "junit", "markdown")


class Manner(NamedTuple):
    """What the formats have to know of the run."""

    fail_on: str = "error"
    counts: bool = False
    """Whether to count by rule."""
    show: Callable[[Doc], str] | None = None
    """How a page is shown where the text goes to; without it 100 columns and no colour."""


def render(form: str, results: Sequence[LintResult], manner: Manner) -> str:
    """The results in one of the formats."""
    if form == "json":
        from cnncalc.report.formats.diagnostics import render as as_json

        return as_json(results)
    if form == "sarif":
        from cnncalc.lint.roster import every_rule
        from cnncalc.report.formats.sarif import render as as_sarif

        return as_sarif(results, tuple(every_rule()))
    if form == "github":
        from cnncalc.report.formats.github import render as as_commands

        return as_commands(results)
    if form == "gitlab":
        from cnncalc.report.formats.gitlab import render as as_issues

        return as_issues(results)
    if form == "junit":
        from cnncalc.report.formats.junit import render as as_junit

        return as_junit(results, manner.fail_on)
    return _page(form, results, manner)


def _page(form: str, results: Sequence[LintResult], manner: Manner) -> str:
    if form == "markdown":
        from cnncalc.report.formats.markdown import render as as_markdown
        from cnncalc.report.views.diagnostics import summary_doc

        return as_markdown(summary_doc(results, counts=manner.counts))
    from cnncalc.report.views.diagnostics import diagnostics_doc

    doc = diagnostics_doc(results, counts=manner.counts)
    if manner.show is not None:
        return manner.show(doc)
    from cnncalc.report.formats.terminal import render as as_text

    return as_text(doc)
