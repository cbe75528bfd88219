"""The baseline: findings that were there when the linter came, and that do not count until they are touched.

An entry is a file, a rule, the layer's path and what the layer says; no line numbers, so that edits elsewhere revive
nothing. Where a layer's path has changed (one was added above it), an entry that says the same stands for it.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from cnncalc.lint.files import read_json, relative, replace_file
from cnncalc.lint.finding import Placed
from cnncalc.lint.layout import spread
from cnncalc.lint.result import LintResult

SCHEMA = "cnncalc/baseline/1"


class Known(NamedTuple):
    """An accepted finding."""

    file: str
    code: str
    path: str
    content: str


class Baseline:
    """Accepted findings. Files are named from the folder in which the baseline lies."""

    def __init__(self, file: str, known: Iterable[Known]) -> None:
        self.file = file
        self.root = os.path.dirname(os.path.abspath(file))
        self.known = Counter(known)

    @classmethod
    def read(cls, file: str) -> Baseline:
        """The baseline in a file. Raises SpecError."""
        entries = read_json(file, SCHEMA, "baseline").get("findings", [])
        return cls(file, (Known(*(str(entry.get(key, "")) for key in Known._fields)) for entry in entries))

    @classmethod
    def of(cls, file: str, results: Iterable[LintResult]) -> Baseline:
        """A baseline that accepts everything that was found in specs that could be read."""
        baseline = cls(file, ())
        readable = [result for result in results if result.readable]
        baseline.known = Counter(baseline._key(result, found) for result in readable for found in result.findings)
        return baseline

    def write(self) -> None:
        """Writes the file at once. Raises SpecError."""
        entries = [known._asdict() for known in sorted(self.known.elements())]
        replace_file(self.file, spread({"schema": SCHEMA, "findings": entries}, 2) + "\n")

    def without(self, result: LintResult) -> LintResult:
        """A result without what the baseline knows. What prevents a graph always counts."""
        if not result.readable or not self.known:
            return result
        left = Counter({known: number for known, number in self.known.items() if known.file == self._file(result)})
        fresh = [found for found in result.findings if not self._take(left, self._key(result, found))]
        moved: Counter[Known] = Counter()
        for known, number in left.items():
            moved[known._replace(path="")] += number
        fresh = [found for found in fresh if not self._take(moved, self._key(result, found)._replace(path=""))]
        return result._replace(findings=tuple(fresh), baselined=len(result.findings) - len(fresh))

    @staticmethod
    def _take(left: Counter[Known], key: Known) -> bool:
        if left[key] <= 0:
            return False
        left[key] -= 1
        return True

    def _file(self, result: LintResult) -> str:
        return relative(result.file, self.root)

    def _key(self, result: LintResult, found: Placed) -> Known:
        return Known(self._file(result), found.code, found.path, found.content)
