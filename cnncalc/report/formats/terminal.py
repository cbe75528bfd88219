"""A Doc for the terminal: aligned columns in a given width, colour on request, columns dropped where room is short."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from cnncalc.report import figures
from cnncalc.report.doc import (
    LEVEL_STYLE,
    Chart,
    Code,
    Diagnosis,
    Doc,
    Facts,
    Formulas,
    Heading,
    Notice,
    Remark,
    Run,
    Table,
    Text,
)
from cnncalc.report.formats.ansi import ASCII, UNICODE, Glyphs, clean, pad, width, wrap
from cnncalc.report.formats.grid import remark_lines, table_lines
from cnncalc.report.formats.source import code_lines, diagnosis_lines

_NARROWEST = 40
_NOTE = 4
_NOTE_AT_LEAST = 26
_LONGEST_PART = 26
"""Longer than any number: a formula, which is wrapped and does not take part in the alignment."""


def render(doc: Doc, width: int = 100, color: bool = False, unicode: bool = True) -> str:
    """The page as text, no line wider than `width` (at least 40). With `unicode=False` only ASCII signs are added."""
    room, glyphs = max(width, _NARROWEST), UNICODE if unicode else ASCII
    lines: list[str] = []
    before: object = None
    for block in doc.blocks:
        if lines and _apart(before, block):
            lines.append("")
        lines += _FORMATS[type(block)](block, room, color, glyphs)
        before = block
    return "\n".join(lines) + "\n" if lines else ""


def _apart(before: object, block: object) -> bool:
    """Whether an empty line comes between two blocks."""
    if isinstance(before, Heading) or isinstance(block, Remark):
        return isinstance(block, Heading)
    return not (isinstance(block, Text) and isinstance(before, Table | Text))


def _heading(block: Heading, room: int, color: bool, glyphs: Glyphs) -> Iterator[str]:
    yield from wrap([Run(block.text, "strong")], room, color=color)


def _text(block: Text, room: int, color: bool, glyphs: Glyphs) -> Iterator[str]:
    yield from wrap(block.runs, room, color=color)


def _notice(block: Notice, room: int, color: bool, glyphs: Glyphs) -> Iterator[str]:
    style = LEVEL_STYLE[block.level]
    yield from wrap([Run(block.text, style)], room, color=color, lead=[Run(f"{glyphs.wrong} ", style)], indent=2)
    details = [*([("at", block.place)] if block.place else []), *block.details]
    margin = max((width(key) for key, _ in details), default=0) + 4
    for key, value in details:
        yield from wrap([Run(value)], room, color=color, lead=[Run(pad(f"  {key}", margin), "dim")], indent=margin)


def _facts(block: Facts, room: int, color: bool, glyphs: Glyphs) -> Iterator[str]:
    """Key, value and note in three columns; a note for which there is no column goes below, a formula is wrapped."""
    values = _aligned([[clean(part) for part in figures.parts(fact.value, fact.role)] for fact in block.facts])
    margin = max((width(fact.key) for fact in block.facts), default=0) + 2
    column = margin + max((width(value) for value in values if margin + width(value) <= room), default=0) + 2
    beside = room - column >= _NOTE_AT_LEAST
    for fact, value in zip(block.facts, values, strict=True):
        lead, note = [Run(pad(clean(fact.key), margin))], [Run(fact.note, "dim")]
        if margin + width(value) > column:
            yield from wrap([Run(value)], room, color=color, lead=lead, indent=margin)
        elif fact.note and beside:
            yield from wrap(note, room, color=color, lead=[*lead, Run(pad(value, column - margin))], indent=column)
            continue
        else:
            yield lead[0].text + value
        if fact.note:
            yield from wrap(note, room, color=color, lead=[Run(" " * _NOTE)], indent=_NOTE)


def _formulas(block: Formulas, room: int, color: bool, glyphs: Glyphs) -> Iterator[str]:
    # formulas know sums and fractions, which an analysis has no need of
    from cnncalc.report.formats.formulas import terminal

    return terminal(block, room, color, glyphs)


def _chart(block: Chart, room: int, color: bool, glyphs: Glyphs) -> Iterator[str]:
    from cnncalc.report.formats.chart import terminal

    return terminal(block, room, color, glyphs)


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Each row's parts joined by `=`, every part flush right with those above and below."""
    longest: dict[int, int] = {}
    for row in rows:
        for index, part in enumerate(row):
            if width(part) <= _LONGEST_PART:
                longest[index] = max(longest.get(index, 0), width(part))
    return [" = ".join(pad(part, longest.get(index, 0), right=True) for index, part in enumerate(row)) for row in rows]


_FORMATS: dict[type, Callable[[Any, int, bool, Glyphs], Iterator[str]]] = {
    Heading: _heading,
    Text: _text,
    Table: table_lines,
    Facts: _facts,
    Formulas: _formulas,
    Chart: _chart,
    Notice: _notice,
    Remark: remark_lines,
    Code: code_lines,
    Diagnosis: diagnosis_lines,
}
