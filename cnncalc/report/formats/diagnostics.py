"""The JSON contract `cnncalc/diagnostics/1`: findings, what was silenced, counts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cnncalc.lint.finding import Fix, Placed, Suppressed
from cnncalc.lint.layout import spread
from cnncalc.lint.result import LintResult, statistics

SCHEMA = "cnncalc/diagnostics/1"


def render(results: Sequence[LintResult]) -> str:
    """One object for all specs, every finding on a line of its own."""
    return spread(diagnostics(results), 2) + "\n"


def diagnostics(results: Sequence[LintResult]) -> dict[str, Any]:
    """The contract's object."""
    return {
        "schema": SCHEMA,
        "findings": [finding(one) for result in results for one in result.findings],
        "suppressed": [_suppressed(one) for result in results for one in result.suppressed],
        "statistics": _statistics(results),
    }


def finding(found: Placed) -> dict[str, Any]:
    """One finding. Lines and columns count from 1; the end is exclusive."""
    span = found.span
    return {
        "code": found.code,
        "name": found.name,
        "severity": found.severity,
        "path": found.path,
        "message": found.message,
        "remedy": found.remedy,
        "file": found.file,
        "line": span.line or None,
        "column": span.column or None,
        "end_line": span.end_line or None,
        "end_column": span.end_column or None,
        "times": found.times,
        "fix": _fix(found.fix),
        "data": {key: _plain(value) for key, value in found.data.items()},
    }


def _plain(value: Any) -> Any:
    from cnncalc.core.dims import plain

    result = plain(value)
    return result if isinstance(result, int | float | str | list | dict | None) else str(result)


def _fix(fix: Fix | None) -> dict[str, Any] | None:
    if fix is None:
        return None
    edits = [
        {
            "line": edit.span.line,
            "column": edit.span.column,
            "end_line": edit.span.end_line,
            "end_column": edit.span.end_column,
            "text": edit.text,
        }
        for edit in fix.edits
    ]
    return {"safe": fix.safe, "title": fix.title, "edits": edits}


def _suppressed(one: Suppressed) -> dict[str, Any]:
    return {**finding(one.finding), "reason": one.reason, "ignore_line": one.line}


def _statistics(results: Sequence[LintResult]) -> dict[str, Any]:
    counts = statistics(results)
    return {
        "specs": counts.specs,
        **counts.severities,
        "suppressed": counts.suppressed,
        "baselined": counts.baselined,
        "fixable": counts.fixable,
        "unsafe": counts.unsafe,
        "rules": {code: number for code, (_, number, _) in counts.rules.items()},
    }
