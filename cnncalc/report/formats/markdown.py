"""A Doc as GitHub-flavoured Markdown, for a pull-request comment or a README."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from cnncalc.report import figures
from cnncalc.report.doc import (
    Cell,
    Chart,
    Code,
    Column,
    Diagnosis,
    Doc,
    Facts,
    Formulas,
    Heading,
    Line,
    Notice,
    Remark,
    Run,
    Style,
    Table,
    Text,
)

_SPECIAL = re.compile(
    r"""[\\`*<>|~$]                                  # always special
      | (?<![A-Za-z0-9])_ | _(?![A-Za-z0-9])         # emphasis, but not within a word
      | \[(?!\d+(?:\.\.\d+)?\](?![\[(:]))            # a link, but not unit1[2] or unit1[1..7]
    """,
    re.VERBOSE,
)
_MARKS = {"error": "**!**", "warning": "**!**", "unknown": "?", "aside": r"\~", "more": "..."}
_WRAP: dict[Style, str] = {"plain": "", "strong": "**", "dim": "", "good": "", "bad": "**", "warn": "**"}


def render(doc: Doc) -> str:
    """The page in Markdown."""
    return "\n\n".join("\n".join(_FORMATS[type(block)](block)) for block in doc.blocks) + "\n"


def escape(text: str) -> str:
    r"""Text that means itself.

    >>> print(escape("a|b *c* unit_1[2]"))
    a\|b \*c\* unit_1[2]
    """
    return _SPECIAL.sub(r"\\\g<0>", " ".join(text.split()).replace("&", "&amp;"))


def _runs(text: Text) -> str:
    return "".join(_styled(run) for run in text.runs)


def _styled(run: Run) -> str:
    """Emphasis must touch the text: spaces at the sides of a run stay outside."""
    inner = escape(run.text)
    lead, trail = (" " if run.text[:1] == " " else ""), (" " if inner and run.text[-1:] == " " else "")
    wrap = _WRAP[run.style] if inner else ""
    return f"{lead}{wrap}{inner}{wrap}{trail}"


def _heading(block: Heading) -> Iterator[str]:
    yield f"{'#' * (block.level + 1)} {escape(block.text)}"


def _text(block: Text) -> Iterator[str]:
    yield _runs(block)


def _table(block: Table) -> Iterator[str]:
    yield _row(escape(column.title) for column in block.columns)
    yield _row("---:" if column.numeric else "---" for column in block.columns)
    for line in block.lines:
        if isinstance(line, Remark):
            yield _row([_remark_text(line), *[""] * (len(block.columns) - 1)])
        else:
            yield _row(_cells(line, block.columns))
    if block.footer:
        yield _row(_cells(block.footer, block.columns))


def _cells(line: Line, columns: tuple[Column, ...]) -> Iterator[str]:
    for index, (cell, column) in enumerate(zip(line.cells, columns, strict=True)):
        shown = _cell(cell, column)
        if index == 0:
            times = f" ×{line.times}" if line.times > 1 else ""
            shown = f"{'&emsp;' * line.depth}{shown}{times}"
        yield shown


def _cell(cell: Cell, column: Column) -> str:
    return _styled(Run(figures.in_role(cell.value, column.role), cell.style))


def _row(cells: Any) -> str:
    return f"| {' | '.join(cells)} |"


def _remark_text(remark: Remark) -> str:
    return f"{'&emsp;' * (remark.depth + 1)}{_MARKS[remark.level]} {escape(remark.text.plain)}"


def _remark(block: Remark) -> Iterator[str]:
    yield f"- {_MARKS[block.level]} {escape(block.text.plain)}"


def _facts(block: Facts) -> Iterator[str]:
    yield "| | value | |"
    yield "| --- | --- | --- |"
    for fact in block.facts:
        yield _row([escape(fact.key), escape(" = ".join(figures.parts(fact.value, fact.role))), escape(fact.note)])


def _formulas(block: Formulas) -> Iterator[str]:
    from cnncalc.report.formats.formulas import markdown

    return markdown(block, escape)


def _chart(block: Chart) -> Iterator[str]:
    from cnncalc.report.formats.chart import markdown

    return markdown(block, escape)


def _notice(block: Notice) -> Iterator[str]:
    yield f"> **{block.level}**: {escape(block.text)}"
    for key, value in (("at", block.place), *block.details):
        if value:
            yield f"> - {escape(key)}: {escape(value)}"


def _code(block: Code) -> Iterator[str]:
    fence = "`" * max(3, 1 + max(map(len, re.findall("`+", block.text)), default=0))
    yield f"{fence}{block.language}"
    yield from block.text.rstrip("\n").split("\n")
    yield fence


def _diagnosis(block: Diagnosis) -> Iterator[str]:
    yield from _notice(block.notice)


_FORMATS: dict[type, Callable[[Any], Iterator[str]]] = {
    Heading: _heading,
    Text: _text,
    Table: _table,
    Facts: _facts,
    Formulas: _formulas,
    Chart: _chart,
    Notice: _notice,
    Remark: _remark,
    Code: _code,
    Diagnosis: _diagnosis,
}
