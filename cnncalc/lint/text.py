"""Positions in a text: between line and column, and offset."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable

from cnncalc.core.source import Span
from cnncalc.lint.finding import Edit

_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
"""What YAML counts as the end of a line."""


class Lines:
    """The lines of one text."""

    def __init__(self, text: str) -> None:
        self.text = text
        breaks = list(_BREAK.finditer(text))
        self.starts = [0, *(match.end() for match in breaks)]
        self._ends = [*(match.start() for match in breaks), len(text)]

    def __len__(self) -> int:
        return len(self.starts)

    def offset(self, line: int, column: int) -> int:
        """Where a line and column (from 1) stand in the text."""
        index = min(max(line, 1), len(self.starts)) - 1
        return min(self.starts[index] + column - 1, len(self.text))

    def position(self, offset: int) -> tuple[int, int]:
        """The line and column (from 1) of an offset."""
        line = bisect_right(self.starts, offset)
        return line, offset - self.starts[line - 1] + 1

    def span(self, start: int, end: int) -> Span:
        """The span between two offsets."""
        return Span(*self.position(start), *self.position(end))

    def line(self, number: int) -> str:
        """A line's text without its end; empty beyond the last."""
        return self.text[self.starts[number - 1] : self._ends[number - 1]] if 1 <= number <= len(self) else ""

    def end_of(self, number: int) -> int:
        """The offset at which a line ends, before its break."""
        return self._ends[number - 1]


def apply(text: str, edits: Iterable[Edit]) -> str:
    """The text with the edits made; they must not overlap.

    >>> apply("stride: 1", [Edit(Span(1, 9, 1, 10), "2")])
    'stride: 2'
    """
    lines = Lines(text)
    places = sorted((lines.offset(*edit.span[:2]), lines.offset(*edit.span[2:]), edit.text) for edit in edits)
    result, at = [], 0
    for start, end, new in places:
        if start < at:
            raise ValueError("edits overlap")
        result += [text[at:start], new]
        at = end
    return "".join((*result, text[at:]))
