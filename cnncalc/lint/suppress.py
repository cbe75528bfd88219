"""Comments that silence rules: `# cnncalc: ignore[CN204] reason`, and which of them silenced nothing.

A comment at the end of a line speaks of that line; a comment on a line of its own speaks of the next line that says
something. Where that line begins a layer, a block's call or its definition, everything inside is meant.
`ignore-file[...]` speaks of the whole file.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cached_property

from cnncalc.core.diagnostic import SpecError
from cnncalc.core.source import Source, Span
from cnncalc.lint.finding import Edit, Fix
from cnncalc.lint.text import Lines
from cnncalc.spec.yaml import Node, Scalar, Sequence, parse

_COMMENT = re.compile(
    r"#\s*cnncalc:\s*(?P<word>ignore-file|ignore)\b(?:\s*\[(?P<codes>[^\]\n]*)\])?(?P<reason>[^\n\r]*)"
)

_OPENING = re.compile(
    r"""(?:^|[-:,\[{?])[ \t]*(?:"(?:[^"\\\n]|\\.)*$|'(?:[^'\n]|'')*$)|[|>][-+0-9]*[ \t]*(?:#.*)?$""", re.MULTILINE
)
"""What may begin a text over several lines: a quote that is not closed in its line, a block's sign at the end of one."""


class Ignore:
    """One comment. `line` is the one it speaks of (0: the whole file); `used` collects the codes that silenced something."""

    __slots__ = ("codes", "line", "reason", "span", "used")

    def __init__(self, span: Span, line: int, codes: tuple[str, ...], reason: str) -> None:
        self.span = span
        self.line = line
        self.codes = codes
        self.reason = reason
        self.used: set[str] = set()

    def covers(self, code: str, name: str) -> str | None:
        """Which of its codes means the rule: the code, a prefix of it, or the rule's name."""
        return next((one for one in self.codes if one and (code.startswith(one) or one == name)), None)


class Ignores:
    """The comments of one text."""

    def __init__(self, text: str) -> None:
        self.lines = Lines(text)
        self.every = tuple(self._read(text)) if "cnncalc:" in text else ()
        self._by_line: dict[int, list[Ignore]] = {}
        for ignore in self.every:
            self._by_line.setdefault(ignore.line, []).append(ignore)

    def __bool__(self) -> bool:
        return bool(self.every)

    def find(self, code: str, name: str, lines: Iterable[int]) -> Ignore | None:
        """The comment that silences a rule on one of these lines, or in the whole file; it is noted as used."""
        for line in (*lines, 0):
            for ignore in self._by_line.get(line, ()):
                which = ignore.covers(code, name)
                if which is not None:
                    ignore.used.add(which)
                    return ignore
        return None

    def _read(self, text: str) -> Iterator[Ignore]:
        for match in _COMMENT.finditer(text):
            span = self.lines.span(match.start(), match.end())
            before = self.lines.line(span.line)[: span.column - 1]
            if (before and not before[-1].isspace()) or self._in_text(match.start(), before):
                continue  # within a word, a quoted text or a block of text no comment begins
            codes = tuple(code.strip() for code in (match["codes"] or "").split(",") if code.strip())
            line = 0 if match["word"] == "ignore-file" else span.line if before.strip() else self._following(span.line)
            yield Ignore(span, line, codes, match["reason"].strip(" \t:-"))

    def _in_text(self, offset: int, before: str) -> bool:
        """Whether an offset lies in a scalar, which takes a quote in its line or a text that goes over lines before it."""
        quoted = '"' in before or "'" in before or _OPENING.search(self.lines.text, 0, offset) is not None
        return quoted and any(start < offset < end for start, end in self._texts)

    @cached_property
    def _texts(self) -> tuple[tuple[int, int], ...]:
        """The offsets of every scalar."""
        try:
            pending: list[Node] = [parse(Source("", self.lines.text))]
        except SpecError:
            return ()
        found = []
        while pending:
            node = pending.pop()
            if isinstance(node, Scalar):
                found.append((self.lines.offset(*node.span[:2]), self.lines.offset(*node.span[2:])))
            else:
                pending += node.items if isinstance(node, Sequence) else (*node.keys.values(), *node.entries.values())
        return tuple(found)

    def _following(self, line: int) -> int:
        """The next line that is neither empty nor a comment."""
        for number in range(line + 1, len(self.lines) + 1):
            text = self.lines.line(number).strip()
            if text and not text.startswith("#"):
                return number
        return line

    def without(self, ignore: Ignore, codes: Iterable[str]) -> Fix:
        """The fix that takes codes out of a comment, or the whole comment where none is left."""
        dropped = set(codes)
        kept = [code for code in ignore.codes if code not in dropped]
        start, end = (self.lines.offset(*place) for place in (ignore.span[:2], ignore.span[2:]))
        if kept:
            text = self.lines.text[start:end]
            opening, closing = text.index("[") + 1, text.index("]")
            place = self.lines.span(start + opening, start + closing)
            return Fix(True, (Edit(place, ", ".join(kept)),), "remove what silences nothing")
        line = self.lines.line(ignore.span.line)
        before = line[: ignore.span.column - 1]
        if before.strip():
            start -= len(before) - len(before.rstrip())
        else:
            start = self.lines.starts[ignore.span.line - 1]
            end = self.lines.starts[ignore.span.line] if ignore.span.line < len(self.lines) else end
        return Fix(True, (Edit(self.lines.span(start, end), ""),), "remove the comment")
