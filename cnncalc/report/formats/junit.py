"""Findings as a JUnit report: a suite per spec, a failed case per finding, one passed case where there is none."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from xml.sax.saxutils import escape, quoteattr

from cnncalc.lint.finding import Placed
from cnncalc.lint.result import LintResult, at_least
from cnncalc.report.formats.ansi import clean
from cnncalc.report.views.diagnostics import message


def render(results: Sequence[LintResult], fail_on: str = "error") -> str:
    """The report. What is below `fail_on` passes, with its text as the case's output."""
    cases = [(result, list(_cases(result, fail_on))) for result in results]
    total = sum(max(len(found), 1) for _, found in cases)
    failed = sum(_failures(result, fail_on) for result in results)
    lines = ['<?xml version="1.0" encoding="UTF-8"?>']
    lines.append(f'<testsuites name="cnncalc lint" tests="{total}" failures="{failed}" errors="0">')
    for result, found in cases:
        counts = f'tests="{max(len(found), 1)}" failures="{_failures(result, fail_on)}" errors="0" skipped="0" time="0"'
        lines.append(f"  <testsuite name={_attribute(result.file)} {counts}>")
        lines += found or [f'    <testcase name="cnncalc lint" classname={_attribute(result.file)} time="0"/>']
        lines.append("  </testsuite>")
    return "\n".join([*lines, "</testsuites>", ""])


def _failures(result: LintResult, fail_on: str) -> int:
    return sum(_fails(result, finding, fail_on) for finding in result.findings)


def _fails(result: LintResult, finding: Placed, fail_on: str) -> bool:
    return not result.readable or at_least(finding.severity, fail_on)


def _cases(result: LintResult, fail_on: str) -> Iterator[str]:
    for finding in result.findings:
        name = f"{finding.code} {finding.name} {finding.path or finding.place}".strip()
        opening = f'    <testcase name={_attribute(name)} classname={_attribute(result.file)} line="{finding.span.line}" time="0">'
        text = "\n".join(part for part in (finding.place, message(finding), finding.remedy) if part)
        if _fails(result, finding, fail_on):
            about = f"type={_attribute(finding.severity)} message={_attribute(message(finding))}"
            inner = f"<failure {about}>{_text(text)}</failure>"
        else:
            inner = f"<system-out>{_text(f'{finding.severity}: {text}')}</system-out>"
        yield f"{opening}{inner}</testcase>"


def _text(text: str) -> str:
    return "\n".join(escape(clean(line)) for line in text.split("\n"))


def _attribute(text: str) -> str:
    return quoteattr(clean(text))
