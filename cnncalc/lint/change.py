"""What a change does to a network: its figures and layers (analysis.diff), and the findings that come and go."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from cnncalc.analysis.diff import Diff, compare
from cnncalc.core.diagnostic import SpecError
from cnncalc.lint.engine import Linter
from cnncalc.lint.finding import Placed
from cnncalc.lint.result import LintResult, at_least
from cnncalc.lint.revision import is_revision, revision_text


@dataclass(frozen=True, slots=True)
class Changed:
    """Two versions of a network side by side."""

    old: str
    new: str
    diff: Diff
    gained: tuple[Placed, ...]
    lost: tuple[Placed, ...]

    def exit_code(self, fail_on: str = "error") -> int:
        """1 when a finding as severe as `fail_on` came, else 0."""
        return int(any(at_least(finding.severity, fail_on) for finding in self.gained))


def changed(linter: Linter, old: str, new: str) -> Changed:
    """What changes from one spec to another, each as a user names it. Raises SpecError when one gives no network."""
    before, after = review(linter, old), review(linter, new)
    assert before.analysis is not None
    assert after.analysis is not None
    gained, lost = _apart(before.findings, after.findings)
    return Changed(old, new, compare(before.analysis, after.analysis), gained, lost)


def review(linter: Linter, name: str) -> LintResult:
    """The review of a spec or of `git:REVISION:PATH`. Raises SpecError when it gives no network."""
    if is_revision(name):
        text, path = revision_text(name)
        result = linter.lint_text(text, path)
    else:
        result = linter.lint(name)
    if not result.readable:
        raise SpecError(*result.problems)
    return result


def _apart(old: Sequence[Placed], new: Sequence[Placed]) -> tuple[tuple[Placed, ...], tuple[Placed, ...]]:
    """The findings that only the new has, and those that only the old has.

    A rule's finding is the same one where the layer says the same, under whatever path, and where the same is found of a
    layer that now says something else.
    """
    keys: tuple[Callable[[Placed], object], ...] = (
        lambda one: (one.code, one.path, one.content),
        lambda one: (one.code, one.content),
        lambda one: (one.code, one.path, one.message),
    )
    for key in keys:
        new, old = _without(new, old, key), _without(old, new, key)
    return tuple(new), tuple(old)


def _without(these: Sequence[Placed], others: Sequence[Placed], key: Callable[[Placed], object]) -> list[Placed]:
    left = Counter(map(key, others))
    kept = []
    for one in these:
        if left[key(one)] > 0:
            left[key(one)] -= 1
        else:
            kept.append(one)
    return kept
