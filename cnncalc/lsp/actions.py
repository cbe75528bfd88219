"""Quick fixes: a finding's own fix, the comment that ignores it, and all safe fixes at once.

Nothing is offered untried: each change is made to the text, which is reviewed again before it is shown.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from itertools import accumulate

from lsprotocol import types

from cnncalc.lint.engine import Linter
from cnncalc.lint.finding import Placed
from cnncalc.lint.fix import fix_text, fixed_alone
from cnncalc.lint.result import LintResult
from cnncalc.lint.suppress import Ignores
from cnncalc.lsp.diagnostics import diagnostic
from cnncalc.lsp.document import Document, alike

FIX_ALL = "source.fixAll.cnncalc"
KINDS = [types.CodeActionKind.QuickFix, FIX_ALL]


def actions(
    document: Document, where: types.Range, only: Sequence[str] | None, linter: Linter
) -> list[types.CodeAction]:
    """What can be done about the findings in a range."""
    studied = document.study(linter)
    if studied.result is None:
        return []
    found: list[types.CodeAction] = []
    if _wanted(types.CodeActionKind.QuickFix, only):
        for finding in studied.result.findings:
            shown = diagnostic(document, finding, studied.network)
            if _touch(shown.range, where):
                found += _of_finding(document, finding, shown, studied.result, linter)
    if _wanted(FIX_ALL, only) and any(
        finding.fix is not None and finding.fix.safe for finding in studied.result.findings
    ):
        found += _all(document, linter)
    return found


def _wanted(kind: str, only: Sequence[str] | None) -> bool:
    """Whether a kind of action, or one that it belongs to, is asked for."""
    if only is None:
        return kind != FIX_ALL
    return any(kind == word or kind.startswith(f"{word}.") or word == "" for word in map(str, only))


def _touch(one: types.Range, other: types.Range) -> bool:
    starts, ends = (one.start, other.start), (one.end, other.end)
    first, last = max((p.line, p.character) for p in starts), min((p.line, p.character) for p in ends)
    return first <= last


def _of_finding(
    document: Document, finding: Placed, shown: types.Diagnostic, result: LintResult, linter: Linter
) -> Iterator[types.CodeAction]:
    if finding.fix is not None:
        after = fixed_alone(linter, result, finding)
        if isinstance(after, str):
            safe = finding.fix.safe
            title = finding.fix.title or f"fix {finding.code}"
            yield _action(document, f"{title}{'' if safe else ' (not safe: look at it)'}", after, shown, safe)
    if result.readable:
        line, whole = _ignoring(document, finding, linter)
        if line is not None:
            yield _action(document, f"ignore {finding.code} here", line, shown)
        if whole is not None:
            yield _action(document, f"ignore {finding.code} in this file", whole, shown)


def _action(
    document: Document, title: str, after: str, shown: types.Diagnostic | None, preferred: bool = False
) -> types.CodeAction:
    kind = types.CodeActionKind.QuickFix if shown is not None else FIX_ALL
    return types.CodeAction(
        title=title,
        kind=kind,
        diagnostics=[shown] if shown is not None else None,
        is_preferred=preferred or None,
        edit=types.WorkspaceEdit(changes={document.uri: changes(document, after)}),
    )


def changes(document: Document, after: str) -> list[types.TextEdit]:
    """The edits that make another text of a document, a stretch of lines each; what is equal in them stays."""
    old, new = document.text.splitlines(keepends=True), after.splitlines(keepends=True)
    starts = [0, *accumulate(map(len, old))]
    edits = []
    for tag, first, last, begin, end in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            continue
        before, text = "".join(old[first:last]), "".join(new[begin:end])
        same = alike(before, text)
        tail = alike(before[same:][::-1], text[same:][::-1])
        place = document.positions.range(starts[first] + same, starts[last] - tail)
        edits.append(types.TextEdit(place, text[same : len(text) - tail]))
    return edits


def _all(document: Document, linter: Linter) -> Iterator[types.CodeAction]:
    fixed = fix_text(linter, document.text, document.file)
    if fixed.changed:
        yield _action(document, "make all safe fixes", fixed.after, None)


# -- ignoring ----------------------------------------------------------------------------------------------------------


def _ignoring(document: Document, finding: Placed, linter: Linter) -> tuple[str | None, str | None]:
    """The text with a comment that silences a finding: on its line (or above it), and for the whole file."""
    text = document.text
    newline = "\r\n" if "\r\n" in text else "\n"
    end_of_file = text if not text or text.endswith("\n") else text + newline
    whole = f"{end_of_file}# cnncalc: ignore-file[{finding.code}]{newline}"
    tried = [_added(document, finding)] if finding.span.line else []
    if finding.span.line:
        start = document.positions.starts[min(finding.span.line, len(document.positions.starts)) - 1]
        margin = re.match(r"[ \t]*", text[start:])
        comment = f"{margin.group() if margin else ''}# cnncalc: ignore[{finding.code}]{newline}"
        tried.append(text[:start] + comment + text[start:])
    line = next((one for one in tried if _silences(one, finding, document, linter)), None)
    return line, whole if _silences(whole, finding, document, linter) else None


def _added(document: Document, finding: Placed) -> str:
    """The text with the comment at the end of the line, or with one more code in the comment that is there."""
    text, line = document.text, finding.span.line
    for ignore in Ignores(text).every:
        if ignore.span.line == line == ignore.line and ignore.codes:
            start = document.positions.place(ignore.span)[0]
            bracket = text.index("]", start)
            return f"{text[:bracket]}, {finding.code}{text[bracket:]}"
    ends = document.positions.ends
    end = ends[min(line, len(ends)) - 1]
    kept = len(text[:end].rstrip(" \t"))
    return f"{text[:kept]}  # cnncalc: ignore[{finding.code}]{text[end:]}"


def _silences(after: str, finding: Placed, document: Document, linter: Linter) -> bool:
    """Whether the comment does what it is for, and is seen as a comment."""
    result = linter.lint_text(after, document.file)
    before = document.study(linter).result
    if before is None or not result.readable:
        return False
    had, has = (sum(one.code == finding.code for one in review.findings) for review in (before, result))
    return has < had
