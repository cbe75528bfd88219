"""What a review gives: findings with their places, and what was silenced. Values only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from cnncalc.analysis.result import Analysis
from cnncalc.core.diagnostic import Diagnostic
from cnncalc.lint.finding import SEVERITIES, Placed, Severity, Suppressed

NEVER = "never"


class LintResult(NamedTuple):
    """The review of one spec, in the order of its text."""

    file: str
    findings: tuple[Placed, ...]
    suppressed: tuple[Suppressed, ...] = ()
    baselined: int = 0
    """Findings that the baseline knows and that are therefore left out."""
    text: str = ""
    """The spec's text, for showing lines."""
    analysis: Analysis | None = None
    """None when no graph could be made."""
    problems: tuple[Diagnostic, ...] = ()
    """What prevented a graph; they stand among the findings too."""

    @property
    def readable(self) -> bool:
        """Whether the spec gave a graph."""
        return self.analysis is not None

    def exit_code(self, fail_on: str = "error") -> int:
        """2 when no graph could be made, 1 when a finding is at least as severe as `fail_on`, else 0."""
        if not self.readable:
            return 2
        return int(any(at_least(finding.severity, fail_on) for finding in self.findings))


def at_least(severity: Severity, threshold: str) -> bool:
    """Whether a severity counts under a threshold (`never`: none does)."""
    return threshold != NEVER and SEVERITIES.index(severity) <= SEVERITIES.index(threshold)


class Statistics(NamedTuple):
    """Counts over several specs."""

    specs: int
    severities: dict[str, int]
    rules: dict[str, tuple[str, int, int]]
    """By code: name, findings, how many carry a fix."""
    suppressed: int
    baselined: int
    fixable: int
    unsafe: int
    """Findings with a fix that is not safe."""


def statistics(results: Iterable[LintResult]) -> Statistics:
    """The counts of a run."""
    every = list(results)
    found = [finding for result in every for finding in result.findings]
    severities = Counter(finding.severity for finding in found)
    codes = Counter(finding.code for finding in found)
    names = {finding.code: finding.name for finding in found}
    fixes = Counter(finding.code for finding in found if finding.fix is not None)
    return Statistics(
        specs=len(every),
        severities={severity: severities[severity] for severity in SEVERITIES},
        rules={code: (names[code], codes[code], fixes[code]) for code in sorted(codes)},
        suppressed=sum(len(result.suppressed) for result in every),
        baselined=sum(result.baselined for result in every),
        fixable=sum(finding.fix is not None and finding.fix.safe for finding in found),
        unsafe=sum(finding.fix is not None and not finding.fix.safe for finding in found),
    )
