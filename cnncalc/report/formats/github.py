"""Findings as GitHub workflow commands: annotations on the lines of a pull request."""

from __future__ import annotations

from collections.abc import Sequence

from cnncalc.lint.finding import Placed
from cnncalc.lint.result import LintResult
from cnncalc.report.formats.ansi import clean
from cnncalc.report.formats.fingerprint import portable
from cnncalc.report.views.diagnostics import message

_COMMANDS = {"error": "error", "warning": "warning", "info": "notice"}


def render(results: Sequence[LintResult]) -> str:
    """One command per finding."""
    return "".join(f"{_command(finding)}\n" for result in results for finding in result.findings)


def _command(finding: Placed) -> str:
    properties = {"title": f"{finding.code} {finding.name}", "file": portable(finding.file)}
    span = finding.span
    if span.line:
        properties |= {"line": str(span.line), "endLine": str(span.end_line)}
        if span.line == span.end_line:
            # the commands' end column is the last one, ours the one after it
            properties |= {"col": str(span.column), "endColumn": str(max(span.end_column - 1, span.column))}
    parts = ",".join(f"{key}={_property(value)}" for key, value in properties.items())
    text = message(finding) + (f"; {finding.remedy}" if finding.remedy else "")
    return clean(f"::{_COMMANDS[finding.severity]} {parts}::{_data(text)}")


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
