"""Places in a text as the protocol counts them: lines end at LF, CR or CRLF, columns count code units of an encoding.

The rest of the program counts code points, and lines as YAML does; offsets into the text are what both have in common.
"""

from __future__ import annotations

import re
from bisect import bisect_right

from lsprotocol import types

from cnncalc.core.source import Span
from cnncalc.lint.text import Lines

_BREAK = re.compile("\r\n|[\r\n]")
_LONE = re.compile("[\ud800-\udfff]")


def sound(text: str) -> str:
    """The text with halves of surrogate pairs replaced: an editor may send one while an emoji is being typed."""
    return _LONE.sub("\ufffd", text)


def units(text: str, encoding: str) -> int:
    """How many code units a text has.

    >>> [units("a\N{GRINNING FACE}", encoding) for encoding in ("utf-8", "utf-16", "utf-32")]
    [5, 3, 2]
    """
    if encoding == "utf-32" or text.isascii():
        return len(text)
    return len(text.encode("utf-8")) if encoding == "utf-8" else len(text.encode("utf-16-le")) // 2


class Positions:
    """The places of one text."""

    def __init__(self, text: str, encoding: str) -> None:
        self.text = text
        self.encoding = encoding
        breaks = list(_BREAK.finditer(text))
        self.starts = [0, *(match.end() for match in breaks)]
        self.ends = [*(match.start() for match in breaks), len(text)]
        self._lines = Lines(text)

    def position(self, offset: int) -> types.Position:
        """The protocol's place of an offset."""
        line = bisect_right(self.starts, offset) - 1
        return types.Position(line, units(self.text[self.starts[line] : offset], self.encoding))

    def offset(self, position: types.Position) -> int:
        """The offset of a place; beyond a line's end its end, beyond the text its end, inside a character its start."""
        if position.line >= len(self.starts):
            return len(self.text)
        start, end = self.starts[position.line], self.ends[position.line]
        line = self.text[start:end]
        if self.encoding == "utf-32" or line.isascii():
            return min(start + position.character, end)
        left = position.character
        for index, character in enumerate(line):
            left -= units(character, self.encoding)
            if left < 0:
                return start + index
        return end

    def range(self, start: int, end: int) -> types.Range:
        """The range between two offsets."""
        return types.Range(self.position(start), self.position(end))

    def place(self, span: Span) -> tuple[int, int]:
        """The offsets of a span."""
        return self._lines.offset(*span[:2]), self._lines.offset(*span[2:])

    def at(self, offset: int) -> tuple[int, int]:
        """The line and column of an offset as the rest of the program counts them, from 1."""
        return self._lines.position(offset)

    def of_span(self, span: Span) -> types.Range:
        """The range of a span; of one that spreads over lines what stands on its first."""
        start, end = self.place(span)
        line = bisect_right(self.starts, start) - 1
        if end > self.ends[line]:
            end = max(start, start + len(self.text[start : self.ends[line]].rstrip()))
        return self.range(start, max(start, end))

    def line_of(self, offset: int) -> int:
        """The line (from 0) of an offset."""
        return bisect_right(self.starts, offset) - 1
