"""Findings as SARIF 2.1.0: rules with their help, places, fixes, and what was ignored with its reason."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from cnncalc import __version__
from cnncalc.core.source import Span
from cnncalc.lint.finding import Fix, Placed, Severity, Suppressed
from cnncalc.lint.layout import spread
from cnncalc.lint.result import LintResult
from cnncalc.lint.rule import Rule, documentation
from cnncalc.report.formats.diagnostics import finding as as_json
from cnncalc.report.formats.fingerprint import fingerprints, portable
from cnncalc.report.views.diagnostics import message

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVELS: dict[Severity, str] = {"error": "error", "warning": "warning", "info": "note"}


def render(results: Sequence[LintResult], rules: Sequence[type[Rule]] = ()) -> str:
    """One run. `rules` are those that ran: their documentation goes along, so that viewers can show it."""
    every = [(finding, None) for result in results for finding in result.findings]
    every += [(one.finding, one) for result in results for one in result.suppressed]  # type: ignore[misc]
    described = {rule.code: _rule(rule) for rule in rules}
    for finding, _ in every:
        described.setdefault(finding.code, {"id": finding.code, "name": _pascal(finding.name or finding.code)})
    index = {code: number for number, code in enumerate(described)}
    prints = [fingerprint for _, fingerprint in fingerprints(finding for finding, _ in every)]
    run = {
        "tool": {"driver": {"name": "cnncalc", "semanticVersion": __version__, "rules": list(described.values())}},
        "columnKind": "unicodeCodePoints",
        "results": [
            _result(finding, silenced, index[finding.code], fingerprint)
            for (finding, silenced), fingerprint in zip(every, prints, strict=True)
        ],
    }
    return spread({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, 5) + "\n"


def _rule(rule: type[Rule]) -> dict[str, Any]:
    text = documentation(rule)
    markdown = "\n\n".join([text.summary, *(f"## {heading}\n\n{body}" for heading, body in text.sections.items())])
    full = " ".join(text.sections.get("What", "").split()) or text.summary
    return {
        "id": rule.code,
        "name": _pascal(rule.slug),
        "shortDescription": {"text": text.summary or rule.slug},
        "fullDescription": {"text": full or rule.slug},
        "help": {"text": markdown or rule.slug, "markdown": markdown or rule.slug},
        "defaultConfiguration": {"level": _LEVELS[rule.severity], "enabled": rule.default},
        "properties": {"tags": [rule.slug], "problem.severity": _problem(rule.severity)},
    }


def _problem(severity: Severity) -> str:
    return {"error": "error", "warning": "warning", "info": "recommendation"}[severity]


def _pascal(slug: str) -> str:
    return "".join(part.capitalize() for part in slug.replace("_", "-").split("-"))


def _result(finding: Placed, silenced: Suppressed | None, index: int, fingerprint: str) -> dict[str, Any]:
    text = message(finding) + (f". Remedy: {finding.remedy}" if finding.remedy else "")
    result: dict[str, Any] = {
        "ruleId": finding.code,
        "ruleIndex": index,
        "level": _LEVELS[finding.severity],
        "message": {"text": text},
        "locations": [_location(finding)],
        "partialFingerprints": {"cnncalc/v1": fingerprint},
    }
    if finding.fix is not None:
        result["fixes"] = [_fix(finding.fix, finding.file)]
    if silenced is not None:
        reason = {"justification": silenced.reason} if silenced.reason else {}
        result["suppressions"] = [{"kind": "inSource", "status": "accepted", **reason}]
    if finding.data:
        result["properties"] = as_json(finding)["data"]
    return result


def _location(finding: Placed) -> dict[str, Any]:
    place: dict[str, Any] = {"artifactLocation": _artifact(finding.file)}
    if finding.span.line:
        place["region"] = _region(finding.span)
    location: dict[str, Any] = {"physicalLocation": place}
    if finding.path:
        location["logicalLocations"] = [{"fullyQualifiedName": finding.path, "kind": "member"}]
    return location


def _artifact(file: str) -> dict[str, Any]:
    if Path(file).is_absolute():
        return {"uri": Path(file).as_uri()}
    return {"uri": quote(portable(file).replace("<", "").replace(">", ""), safe="/:@!$&'()*+,;=-._~")}


def _region(span: Span) -> dict[str, int]:
    region = {"startLine": span.line, "startColumn": max(span.column, 1)}
    if (span.end_line, span.end_column) >= (span.line, span.column):
        region |= {"endLine": span.end_line, "endColumn": max(span.end_column, 1)}
    return region


def _fix(fix: Fix, file: str) -> dict[str, Any]:
    replacements = [{"deletedRegion": _region(edit.span), "insertedContent": {"text": edit.text}} for edit in fix.edits]
    safety = "" if fix.safe else " (unsafe)"
    return {
        "description": {"text": (fix.title or "fix") + safety},
        "artifactChanges": [{"artifactLocation": _artifact(file), "replacements": replacements}],
    }
