"""Findings as a GitLab code quality report."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cnncalc.lint.finding import Placed
from cnncalc.lint.layout import spread
from cnncalc.lint.result import LintResult
from cnncalc.report.formats.fingerprint import fingerprints, portable
from cnncalc.report.views.diagnostics import message

_SEVERITIES = {"error": "critical", "warning": "minor", "info": "info"}


def render(results: Sequence[LintResult]) -> str:
    """An array of issues."""
    found = fingerprints(finding for result in results for finding in result.findings)
    return spread([_issue(finding, fingerprint) for finding, fingerprint in found], 1) + "\n"


def _issue(finding: Placed, fingerprint: str) -> dict[str, Any]:
    span = finding.span
    text = message(finding) + (f"; {finding.remedy}" if finding.remedy else "")
    return {
        "description": f"{finding.code} {finding.name}: {text}",
        "check_name": finding.code,
        "fingerprint": fingerprint,
        "severity": _SEVERITIES[finding.severity],
        "location": {
            "path": portable(finding.file),
            "lines": {"begin": max(span.line, 1), "end": max(span.end_line, 1)},
        },
    }
