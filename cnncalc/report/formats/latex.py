"""A Doc as a LaTeX document that compiles as it is, with packages that every distribution has."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextvars import ContextVar
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

_PREAMBLE = r"""\documentclass[10pt]{article}
\usepackage[T1]{fontenc}
\usepackage[utf8]{inputenc}
\usepackage[a4paper,landscape,margin=15mm]{geometry}
\usepackage{array}
\usepackage{longtable}
\setlength{\parindent}{0pt}
\setlength{\tabcolsep}{4pt}
\begin{document}
"""
_PDFLATEX = "\\usepackage[T1]{fontenc}\n\\usepackage[utf8]{inputenc}"
_SIGNS = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    "×": r"\ensuremath{\times}",
    "·": r"\ensuremath{\cdot}",
    "≤": r"\ensuremath{\leq}",
    "≥": r"\ensuremath{\geq}",
    "→": r"\ensuremath{\rightarrow}",
    "−": r"\ensuremath{-}",
    "⌊": r"\ensuremath{\lfloor}",
    "⌋": r"\ensuremath{\rfloor}",
    "⌈": r"\ensuremath{\lceil}",
    "⌉": r"\ensuremath{\rceil}",
    "–": "--",
    "—": "---",
    "…": r"\ldots{}",
    "‘": "`",
    "’": "'",
    "“": "``",
    "”": "''",
    **{char: f"\\{char}" for char in "&%$#_{}"},
}
_CHINESE = re.compile("[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]")
"""Chinese letters and their punctuation, for which only a page in Chinese has fonts."""
_LANGUAGE: ContextVar[str] = ContextVar("language", default="en")
_NEEDS_CARE = re.compile(r"[\\~^<>|&%$#_{}]|[^\x20-\x7e]")
_MARKS = {"error": "!", "warning": "!", "unknown": "?", "aside": r"\textasciitilde{}", "more": r"\ldots{}"}
_WRAP: dict[Style, str] = {
    "strong": r"\textbf{%s}",
    "bad": r"\textbf{%s}",
    "warn": r"\textbf{%s}",
    "dim": r"\textit{%s}",
}
_FORMULA = 26
_SPELLED_OUT = 60
"""A figure in all its spellings is shorter than this, a formula may be longer."""


def render(doc: Doc) -> str:
    """The whole document."""
    token = _LANGUAGE.set(doc.lang)
    try:
        body = "\n\n".join("\n".join(_FORMATS[type(block)](block)) for block in doc.blocks)
    finally:
        _LANGUAGE.reset(token)
    return f"{_preamble(doc)}\n{body}\n\n\\end{{document}}\n"


def _preamble(doc: Doc) -> str:
    """What a page needs: amsmath for formulas; for Chinese ctex, which xelatex and lualatex understand."""
    packages = [r"\usepackage{amsmath}", r"\sloppy"] if any(isinstance(block, Formulas) for block in doc.blocks) else []
    if doc.lang == "zh":
        return _PREAMBLE.replace(_PDFLATEX, "\n".join(["\\usepackage{ctex}", *packages]))
    return _PREAMBLE.replace(_PDFLATEX, "\n".join([_PDFLATEX, *packages]))


def escape(text: str) -> str:
    r"""Text that means itself; letters that the fonts lack become question marks.

    >>> print(escape("conv_1 & 50 %"))
    conv\_1 \& 50 \%
    """
    return _NEEDS_CARE.sub(lambda match: _sign(match.group()), text)


def _sign(char: str) -> str:
    if char in _SIGNS:
        return _SIGNS[char]
    if char.isspace():
        return " "
    if _LANGUAGE.get() == "zh" and _CHINESE.match(char):
        return char
    return char if "\u00a1" <= char <= "\u017e" else "?"


def _styled(run: Run) -> str:
    inner = escape(run.text)
    return _WRAP.get(run.style, "%s").replace("%s", inner) if inner else ""


def _runs(text: Text) -> str:
    return "".join(_styled(run) for run in text.runs)


def _heading(block: Heading) -> Iterator[str]:
    yield f"\\{'section' if block.level == 1 else 'subsection'}*{{{escape(block.text)}}}"


def _text(block: Text) -> Iterator[str]:
    yield _runs(block)


def _table(block: Table) -> Iterator[str]:
    yield r"{\footnotesize"
    yield f"\\begin{{longtable}}[l]{{@{{}}{''.join(_alignments(block))}@{{}}}}"
    yield " & ".join(escape(column.title) for column in block.columns) + r" \\ \hline"
    yield r"\endhead"
    for line in block.lines:
        if isinstance(line, Remark):
            # of no width, so that a long remark does not widen the columns that it spans
            told = rf"\rlap{{\parbox[t]{{0.95\textwidth}}{{{_margin(line.depth + 1)}{_remark_text(line)}}}}}"
            yield rf"\multicolumn{{{len(block.columns)}}}{{@{{}}l@{{}}}}{{{told}}} \\"
        else:
            yield _row(line, block.columns)
    if block.footer:
        yield r"\hline"
        yield _row(block.footer, block.columns)
    yield r"\end{longtable}"
    yield "}"


def _alignments(block: Table) -> Iterator[str]:
    """Flush left or right; a column of formulas becomes a paragraph."""
    lines = [line for line in block.lines if isinstance(line, Line)]
    for index, column in enumerate(block.columns):
        longest = max((len(figures.in_role(line.cells[index].value, column.role)) for line in lines), default=0)
        if index and longest > _FORMULA:
            yield r">{\raggedright\arraybackslash}p{0.17\textwidth}"
        else:
            yield "r" if column.numeric else "l"


def _row(line: Line, columns: tuple[Column, ...]) -> str:
    first, *others = (_cell(cell, column) for cell, column in zip(line.cells, columns, strict=True))
    times = f" $\\times {line.times}$" if line.times > 1 else ""
    return " & ".join([f"{_margin(line.depth)}{first}{times}", *others]) + r" \\"


def _margin(depth: int) -> str:
    return f"\\hspace*{{{depth}em}}" if depth else ""


def _cell(cell: Cell, column: Column) -> str:
    style = "plain" if cell.style == "dim" else cell.style
    return _styled(Run(figures.in_role(cell.value, column.role), style))


def _remark_text(remark: Remark) -> str:
    return f"{_MARKS[remark.level]} {_runs(remark.text)}"


def _remark(block: Remark) -> Iterator[str]:
    yield _remark_text(block)


def _facts(block: Facts) -> Iterator[str]:
    values = [" = ".join(figures.parts(fact.value, fact.role)) for fact in block.facts]
    middle = r"p{0.5\textwidth}" if any(len(value) > _SPELLED_OUT for value in values) else "l"
    yield rf"\begin{{longtable}}[l]{{@{{}}l{middle}p{{0.34\textwidth}}@{{}}}}"
    for fact, value in zip(block.facts, values, strict=True):
        yield f"{escape(fact.key)} & {escape(value)} & {escape(fact.note)} \\\\"
    yield r"\end{longtable}"


def _formulas(block: Formulas) -> Iterator[str]:
    from cnncalc.report.formats.formulas import latex

    return latex(block, escape)


def _chart(block: Chart) -> Iterator[str]:
    from cnncalc.report.formats.chart import latex

    return latex(block, escape)


def _notice(block: Notice) -> Iterator[str]:
    yield f"\\textbf{{{block.level}: {escape(block.text)}}}"
    details = [(key, value) for key, value in (("at", block.place), *block.details) if value]
    if details:
        yield r"\begin{description}"
        yield from (f"\\item[{escape(key)}] {escape(value)}" for key, value in details)
        yield r"\end{description}"


def _code(block: Code) -> Iterator[str]:
    r"""Lines in typewriter letters; spaces are kept by ``\ ``."""
    for line in block.text.rstrip("\n").split("\n"):
        yield rf"\texttt{{{escape(line).replace(' ', chr(92) + ' ')}}}\\"


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
