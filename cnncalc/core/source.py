"""Where things stand in a spec's text."""

from __future__ import annotations

from typing import NamedTuple


class Span(NamedTuple):
    """A stretch of text; lines and columns count from 1, the end is exclusive."""

    line: int
    column: int
    end_line: int
    end_column: int


class Source(NamedTuple):
    """A spec's text and the name that messages call it by."""

    name: str
    text: str


NOWHERE = Span(0, 0, 0, 0)
