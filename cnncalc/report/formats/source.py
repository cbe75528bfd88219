"""Source text on a terminal: code as it stands, and a finding with its line and a caret below what is meant."""

from __future__ import annotations

from collections.abc import Iterator

from cnncalc.report.doc import LEVEL_STYLE, Code, Diagnosis, Run
from cnncalc.report.formats.ansi import Glyphs, clean, cut, pad, paint, width, wrap

_INDENT = 2
_BEFORE = 24
"""How much of a long line is shown before the stretch that is meant."""


def code_lines(block: Code, room: int, color: bool, glyphs: Glyphs) -> Iterator[str]:
    """The text, indented; long lines are cut."""
    for line in block.text.rstrip("\n").split("\n"):
        yield paint(" " * _INDENT + cut(clean(line), room - _INDENT, glyphs.more), "dim", color).rstrip()


def diagnosis_lines(block: Diagnosis, room: int, color: bool, glyphs: Glyphs) -> Iterator[str]:
    """`file:line:column: warning CN201 dropped-border`, the message, the line with its caret, what to do."""
    style = LEVEL_STYLE[block.level]
    place = [Run(f"{block.place}: ", "dim")] if block.place else []
    yield from wrap([*place, Run(block.title, style)], room, color=color, indent=_INDENT)
    margin = " " * _INDENT
    yield from wrap([Run(block.text)], room, color=color, lead=[Run(margin)], indent=_INDENT)
    if block.line:
        yield from _excerpt(block, room, color, glyphs)
    names = max((width(key) for key, _ in block.details), default=0) + 2
    for key, value in block.details:
        lead = [Run(margin), Run(pad(key, names), "dim")]
        yield from wrap([Run(value)], room, color=color, lead=lead, indent=_INDENT + names)


def _excerpt(block: Diagnosis, room: int, color: bool, glyphs: Glyphs) -> Iterator[str]:
    number = str(block.line)
    gutter = " " * _INDENT + number + " | "
    source, start = clean(block.source.expandtabs(1)), block.start
    left = room - len(gutter)
    if width(source) > left and start > _BEFORE:
        hidden = start - _BEFORE
        source, start = glyphs.more + source[hidden:], start - hidden + len(glyphs.more)
    yield paint(gutter, "dim", color) + cut(source.rstrip(), left, glyphs.more)
    before = width(source[:start])
    carets = "^" * max(1, min(width(source[start : start + block.length]), left - before))
    if before < left:
        rule = " " * (_INDENT + len(number)) + " | "
        yield paint(rule, "dim", color) + " " * before + paint(carets, LEVEL_STYLE[block.level], color)
