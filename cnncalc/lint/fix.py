"""Fixes made: edits are applied, the text is loaded and analyzed again, and what would do harm is not written.

A fix is refused when the result cannot be read, when a shape changes that the edits do not touch, when a layer becomes
faulty or a claim false, and when the finding is still there afterwards.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import unified_diff
from pathlib import Path

from cnncalc.analysis.result import Analysis, ClaimResult
from cnncalc.core.diagnostic import Diagnostic, SpecError
from cnncalc.core.shapes import Shape, shape_text
from cnncalc.lint.engine import Linter
from cnncalc.lint.files import replace_file
from cnncalc.lint.finding import Edit, Placed
from cnncalc.lint.result import LintResult
from cnncalc.lint.text import Lines, apply

ROUNDS = 100
"""A repair may uncover another one; beyond this many rounds two of them undo each other."""

Key = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Fixed:
    """What fixing one spec came to."""

    file: str
    before: str
    after: str
    applied: tuple[Placed, ...]
    refused: tuple[tuple[Placed, str], ...]
    """Fixes that would do harm, each with the reason."""
    result: LintResult
    """The review of the text after the fixes."""

    @property
    def changed(self) -> bool:
        """Whether there is anything to write."""
        return self.after != self.before

    def diff(self) -> str:
        """The change as a unified diff."""
        lines = unified_diff(
            self.before.splitlines(keepends=True), self.after.splitlines(keepends=True), self.file, self.file, n=2
        )
        return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)


def fix_text(linter: Linter, text: str, file: str, unsafe: bool = False) -> Fixed:
    """The text with every safe fix made (and the unsafe ones where they are wanted)."""
    result = linter.lint_text(text, file)
    before, applied = text, []
    refused: dict[Key, tuple[Placed, str]] = {}
    for _ in range(ROUNDS):
        open_ = [one for one in result.findings if _wanted(one, unsafe) and _key(one) not in refused]
        together = _apart(open_, text)
        if not together:
            break
        step = _attempt(linter, text, file, result, together)
        if isinstance(step, str):
            together = together[:1]
            step = _attempt(linter, text, file, result, together)
        if isinstance(step, str):
            refused[_key(together[0])] = (together[0], step)
            continue
        text, result = step
        applied += together
    return Fixed(file, before, text, tuple(applied), tuple(refused.values()), result)


def fixed_alone(linter: Linter, result: LintResult, finding: Placed) -> str | None:
    """The reviewed text with one finding's fix made; None where that would do harm."""
    step = _attempt(linter, result.text, result.file, result, [finding])
    return None if isinstance(step, str) else step[0]


def fix_file(linter: Linter, file: str, unsafe: bool = False) -> Fixed:
    """A file's text with its fixes made; `write` puts it in place. Raises SpecError when it cannot be read as text."""
    return fix_text(linter, _read(file).decode("utf-8-sig"), file, unsafe)


def write(fixed: Fixed) -> None:
    """Replaces the file by the fixed text at once. Raises SpecError when it changed meanwhile or cannot be written."""
    data = _read(fixed.file)
    if data.decode("utf-8-sig") != fixed.before:
        raise SpecError(
            Diagnostic("the file has changed while it was being fixed", file=fixed.file, remedy="run again")
        )
    mark = "\ufeff" if data.startswith(b"\xef\xbb\xbf") else ""
    replace_file(fixed.file, mark + fixed.after)


def _read(file: str) -> bytes:
    try:
        data = Path(file).read_bytes()
        data.decode("utf-8-sig")
    except (OSError, ValueError) as error:
        raise SpecError(Diagnostic(f"the file cannot be fixed: {error}", file=file)) from None
    return data


def _wanted(finding: Placed, unsafe: bool) -> bool:
    return finding.fix is not None and (finding.fix.safe or unsafe)


def _key(finding: Placed) -> Key:
    return finding.code, finding.path, f"{finding.content}{finding.message}"


def _apart(findings: Sequence[Placed], text: str) -> list[Placed]:
    """Those whose edits do not touch each other, the first of each conflict."""
    lines = Lines(text)
    taken: list[tuple[int, int]] = []
    kept = []
    for finding in findings:
        assert finding.fix is not None
        places = [_place(edit, lines) for edit in finding.fix.edits]
        if all(end < start or stop < begin for begin, stop in places for start, end in taken):
            taken += places
            kept.append(finding)
    return kept


def _place(edit: Edit, lines: Lines) -> tuple[int, int]:
    return lines.offset(*edit.span[:2]), lines.offset(*edit.span[2:])


def _attempt(
    linter: Linter, text: str, file: str, result: LintResult, findings: Sequence[Placed]
) -> tuple[str, LintResult] | str:
    """The text and review after some fixes, or why they are refused."""
    edits = [edit for finding in findings if finding.fix is not None for edit in finding.fix.edits]
    try:
        after = apply(text, edits)
    except ValueError as error:
        return str(error)
    again = linter.lint_text(after, file)
    harm = _harm(result, again, edits)
    if harm:
        return harm
    left, had = (Counter(one.code for one in review.findings) for review in (again, result))
    idle = [finding for finding in findings if left[finding.code] >= had[finding.code]]
    return f"{idle[0].code} would still be there" if idle else (after, again)


def _harm(before: LintResult, after: LintResult, edits: Iterable[Edit]) -> str:
    """What the edits would break; empty when nothing."""
    if not before.readable:
        # what could not be read can only become better: a repaired key lets others be read, and be found wrong
        return ""
    if not after.readable:
        return f"the spec could not be read afterwards: {after.findings[0].message}"
    if before.analysis is None or after.analysis is None:
        return ""
    if len(after.analysis.faults) > len(before.analysis.faults):
        known = {(fault.path, fault.message) for fault in before.analysis.faults}
        new = [fault for fault in after.analysis.faults if (fault.path, fault.message) not in known]
        return f"{new[0].path} would be faulty: {new[0].message}" if new else "another layer would be faulty"
    return _false_claim(before.analysis, after.analysis) or _other_shape(before, after, list(edits))


def _false_claim(before: Analysis, after: Analysis) -> str:
    held = Counter(_claim(claim) for claim in before.claims if not claim.finding)
    broken = [claim for claim in after.claims if claim.finding and held[_claim(claim)]]
    if not broken:
        return ""
    claim = broken[0]
    where = f"{claim.path}: " if claim.path else ""
    return f"{where}the claim {claim.what} {claim.stated} would be false ({_shown(claim.computed)})"


def _claim(claim: ClaimResult) -> tuple[str, str]:
    return claim.what, claim.stated


def _shown(value: object) -> str:
    return shape_text(value) if isinstance(value, tuple) else str(value)


def _other_shape(before: LintResult, after: LintResult, edits: Sequence[Edit]) -> str:
    """A layer outside the edits whose output is another one afterwards."""
    lines = Lines(before.text)
    places = sorted((*_place(edit, lines), len(edit.text)) for edit in edits)
    now = _by_offset(after)
    for offset, outputs in _by_offset(before).items():
        if any(start <= offset < end for start, end, _ in places):
            continue
        shift = sum(length - (end - start) for start, end, length in places if end <= offset)
        for (path, old), (_, new) in zip(outputs, now.get(offset + shift, ()), strict=False):
            if old is not None and new != old:
                return f"{path} would give {'nothing' if new is None else shape_text(new)} instead of {shape_text(old)}"
        if len(now.get(offset + shift, ())) != len(outputs):
            return f"{outputs[0][0]} would no longer be the same layers"
    return ""


def _by_offset(result: LintResult) -> dict[int, list[tuple[str, Shape | None]]]:
    """Paths and outputs by where their layer is written."""
    lines = Lines(result.text)
    found: dict[int, list[tuple[str, Shape | None]]] = {}
    for row in result.analysis.rows if result.analysis is not None else ():
        found.setdefault(lines.offset(row.span.line, row.span.column), []).append((row.path, row.output))
    return found
