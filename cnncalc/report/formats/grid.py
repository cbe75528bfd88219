"""A table on a terminal: which columns fit, how wide they are, what each line looks like."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import zip_longest
from typing import NamedTuple

from cnncalc.report import figures
from cnncalc.report.doc import LEVEL_STYLE, Cell, Column, Line, Remark, Run, Style, Table
from cnncalc.report.formats.ansi import Glyphs, clean, cut, paint, width, wrap

_GAP = 2
_INDENT = 2
_TREE_AT_LEAST = 24
"""The first column is cut down to this before another one is dropped."""
_FORMULA_AT_LEAST = 26
"""Cells longer than this are formulas, never numbers: they may be cut."""

_BREAK = re.compile(r"(?<=[)\w])(?:x(?=[(cf])|[*]|, | [-+] )")

_MARKS = {"error": "!", "warning": "!", "unknown": "?", "aside": "~"}


class Track(NamedTuple):
    """A column that is shown: which one, and how wide."""

    place: int
    column: Column
    width: int


def table_lines(table: Table, room: int, color: bool, glyphs: Glyphs) -> Iterator[str]:
    """The table in at most `room` columns: what has no room is dropped by priority, names and formulas are cut."""
    texts = [_texts(line, table.columns, glyphs) if isinstance(line, Line) else [] for line in table.lines]
    footer = _texts(table.footer, table.columns, glyphs) if table.footer else []
    # a sum that is a formula would widen its column for nothing: it is spelled out below the table
    sums = [text if width(text) <= _FORMULA_AT_LEAST else "" for text in footer]
    tracks = _tracks(table.columns, [cells for cells in (*texts, sums) if cells], room)
    total = sum(track.width for track in tracks) + _GAP * (len(tracks) - 1)
    rule = paint(glyphs.rule * total, "dim", color)
    titles = [column.title for column in table.columns]
    yield from _joined(titles, ["dim"] * len(titles), tracks, color, glyphs)
    yield rule
    for line, cells in zip(table.lines, texts, strict=True):
        if isinstance(line, Remark):
            yield from remark_lines(line, room, color, glyphs, indent=_INDENT * (line.depth + 1))
        else:
            yield from _joined(cells, [cell.style for cell in line.cells], tracks, color, glyphs)
    if table.footer:
        yield rule
        # a sum that is a formula is only begun here: it stands whole below the table
        short = [cut(text, _FORMULA_AT_LEAST, glyphs.more) for text in footer]
        yield from _joined(short, [cell.style for cell in table.footer.cells], tracks, color, glyphs)


def remark_lines(remark: Remark, room: int, color: bool, glyphs: Glyphs, indent: int = 0) -> Iterator[str]:
    """A remark behind its mark, wrapped."""
    mark = _MARKS.get(remark.level, glyphs.more)
    margin = min(indent, room // 3)
    lead = [Run(" " * margin), Run(mark, LEVEL_STYLE[remark.level]), Run(" ")]
    yield from wrap(remark.text.runs, room, color=color, lead=lead, indent=margin + width(mark) + 1)


def _texts(line: Line, columns: Sequence[Column], glyphs: Glyphs) -> list[str]:
    shown = [_cell(cell, column, glyphs) for cell, column in zip(line.cells, columns, strict=True)]
    times = f" {glyphs.times}{line.times}" if line.times > 1 else ""
    shown[0] = f"{' ' * (_INDENT * line.depth)}{shown[0]}{times}"
    return shown


def _cell(cell: Cell, column: Column, glyphs: Glyphs) -> str:
    mark = glyphs.heavy if cell.style == "warn" and column.numeric else ""
    return mark + clean(figures.in_role(cell.value, column.role))


def _tracks(columns: Sequence[Column], rows: Sequence[Sequence[str]], room: int) -> list[Track]:
    """The columns that fit at their least width, and the rest of the room shared out by priority."""
    full = [
        max(width(column.title), *(width(row[place]) for row in rows)) + (_GAP if place else 0)
        for place, column in enumerate(columns)
    ]
    least = [min(natural, _FORMULA_AT_LEAST + _GAP if place else _TREE_AT_LEAST) for place, natural in enumerate(full)]
    kept = list(range(len(columns)))
    while len(kept) > 1 and sum(least[place] for place in kept) > room:
        kept.remove(min(kept[1:], key=lambda place: columns[place].priority))
    spare = room - sum(least[place] for place in kept)
    widths = dict.fromkeys(kept, 0)
    for place in sorted(kept, key=lambda place: -columns[place].priority):
        more = min(spare, full[place] - least[place])
        widths[place], spare = least[place] + more - (_GAP if place else 0), spare - more
    return [Track(place, columns[place], widths[place]) for place in kept]


def _joined(
    cells: Sequence[str], styles: Sequence[Style], tracks: Sequence[Track], color: bool, glyphs: Glyphs
) -> Iterator[str]:
    """One line of the table; formulas too long for their column go on below."""
    folded = [
        (words if column.role == "text" else fold)(cells[place], room)
        if place
        else [cut(cells[place], room, glyphs.more)]
        for place, column, room in tracks
    ]
    for parts in zip_longest(*folded, fillvalue=""):
        shown: list[str] = []
        for text, (place, column, room) in zip(parts, tracks, strict=True):
            blank = " " * (room - width(text))
            painted = paint(text, styles[place], color)
            # the lines of one formula stand flush left below each other
            shown.append(blank + painted if column.numeric and len(folded[len(shown)]) == 1 else painted + blank)
        yield (" " * _GAP).join(shown).rstrip()


def words(text: str, room: int) -> list[str]:
    """A sentence in lines of at most `room`, broken between words where that works.

    >>> words("params 4,640 -> 6,960", 12)
    ['params 4,640', '-> 6,960']
    """
    lines = [""]
    for word in text.split(" "):
        longer = f"{lines[-1]} {word}" if lines[-1] else word
        if width(longer) <= room:
            lines[-1] = longer
        else:
            lines = [*(lines if lines[-1] else []), *fold(word, room)]
    return lines


def fold(text: str, room: int) -> list[str]:
    """A formula in lines of at most `room`, broken before an operator or an axis, outside brackets where that works.

    >>> fold("96xfloor((H - 7)/4)xfloor((W - 7)/4)", 22)
    ['96xfloor((H - 7)/4)', 'xfloor((W - 7)/4)']
    """
    lines = []
    while width(text) > room:
        places = [match.start() for match in _BREAK.finditer(text, 1, room + 1)]
        outside = [place for place in places if text.count("(", 0, place) == text.count(")", 0, place)]
        at = (outside or places or [room])[-1]
        lines.append(text[:at].rstrip())
        text = text[at:].lstrip()
    return [*lines, text]
