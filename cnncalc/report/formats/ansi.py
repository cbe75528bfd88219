"""Text on a terminal: how wide it is, how it is cut and wrapped, how it is coloured. Knows no documents.

Written by hand instead of with rich: importing rich alone takes a fifth of the time that a whole `analyze` may take,
and its tables need seconds for a network of 10,000 layers.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple
from unicodedata import combining, east_asian_width

from cnncalc.report.doc import Run, Style

_SGR: dict[Style, str] = {"plain": "", "strong": "1", "dim": "2", "good": "32", "bad": "1;31", "warn": "33"}


class Glyphs(NamedTuple):
    """The signs that not every terminal's encoding has."""

    times: str
    rule: str
    more: str
    wrong: str
    heavy: str


UNICODE = Glyphs("×", "─", "…", "✗", "▸")
ASCII = Glyphs("x", "-", "...", "x", "*")


def clean(text: str) -> str:
    """Without control characters: a spec's text must not command the reader's terminal."""
    return text if text.isprintable() else "".join(char if char.isprintable() else " " for char in text)


def width(text: str) -> int:
    """How many columns the text takes.

    >>> width("conv1"), width("卷积")
    (5, 4)
    """
    if text.isascii():
        return len(text)
    return sum(0 if combining(char) else 2 if east_asian_width(char) in "WF" else 1 for char in text)


def cut(text: str, room: int, more: str) -> str:
    """At most `room` columns, the end replaced by `more` where it does not fit."""
    if width(text) <= room:
        return text
    more = more[: max(room, 0)]
    kept = text[: max(room - width(more), 0)]
    while width(kept) + width(more) > room:
        kept = kept[:-1]
    return kept + more


def pad(text: str, room: int, *, right: bool = False) -> str:
    """Filled up with spaces to `room` columns, flush right or left."""
    blank = " " * (room - width(text))
    return blank + text if right else text + blank


def paint(text: str, style: Style, color: bool) -> str:
    """The text in its colour."""
    code = _SGR[style]
    return f"\033[{code}m{text}\033[0m" if color and code and text else text


def wrap(runs: Iterable[Run], room: int, *, color: bool, lead: Sequence[Run] = (), indent: int = 0) -> Iterator[str]:
    """Lines of at most `room` columns, broken at spaces; `lead` opens the first line, the others are indented."""
    rest = " " * indent
    line = "".join(paint(text, style, color) for text, style in lead)
    used, fresh = sum(width(run.text) for run in lead), True
    for word in _words(runs):
        length = sum(width(run.text) for run in word)
        if not fresh and used + 1 + length > room:
            yield line
            line, used, fresh = rest, indent, True
        if not fresh:
            line, used = line + " ", used + 1
        for text, style in word:
            while width(text) > room - used:
                head = cut(text, room - used, "")
                yield line + paint(head, style, color)
                line, used, text = rest, indent, text[len(head) :]
            line, used, fresh = line + paint(text, style, color), used + width(text), False
    yield line.rstrip()


def _words(runs: Iterable[Run]) -> Iterator[list[Run]]:
    """Stretches without a space; a word may change its style within."""
    word: list[Run] = []
    for text, style in runs:
        head, *others = clean(text).split(" ")
        word += [Run(head, style)] if head else []
        for other in others:
            if word:
                yield word
            word = [Run(other, style)] if other else []
    if word:
        yield word
