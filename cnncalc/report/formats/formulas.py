"""Derivations in each format: `name = symbols = numbers = value unit`, in the signs that the format has for formulas."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from html import escape

from cnncalc.core import notation
from cnncalc.core.expression import Expression
from cnncalc.core.recording import expression_of
from cnncalc.report import figures
from cnncalc.report.doc import Formula, Formulas, Run
from cnncalc.report.formats.ansi import UNICODE, Glyphs, clean, pad, paint, width, wrap

_NAME_AT_MOST = 30
_LONG = 110
"""A LaTeX formula of more signs than this gets a row per step."""
_ROW = 105
"""As many signs fit a row of a landscape page."""


def sides(formula: Formula, tree: Callable[[Expression], str], words: Callable[[str], str]) -> list[str]:
    """The sides of the equation, without those that say what the one before says; bytes in all their spellings."""
    shown = [words(step) if isinstance(step, str) else tree(step.shortened()) for step in formula.steps]
    value, unit = formula.value, formula.unit
    if unit == "B" and type(value) is int:
        shown.append(words(figures.size(value)))
    elif isinstance(value, str | tuple | list):
        shown.append(words(f"{figures.anything(value)} {unit}".rstrip()))
    elif value is not None:
        number = words(f"{value:,}") if isinstance(value, float) else tree(expression_of(value))
        shown.append(number + (words(f" {unit}") if unit else ""))
    return [part for index, part in enumerate(shown) if index == 0 or part != shown[index - 1]]


def is_relation(formula: Formula) -> bool:
    """Whether it is a comparison: its sides are equivalent, not equal."""
    return any(isinstance(step, Expression) and step.op == "relation" for step in formula.steps)


# -- terminal --------------------------------------------------------------------------------------------------------


def terminal(block: Formulas, room: int, color: bool, glyphs: Glyphs) -> Iterator[str]:
    """Names in a column, one line per formula; one that is too long continues below, at the equals sign."""
    unicode = glyphs is UNICODE
    longest = min(_NAME_AT_MOST, room // 3)
    column = 2 + max((width(line.name) for line in block.lines if width(line.name) <= longest), default=0)
    for line in block.lines:
        sign = ("⇔" if unicode else "<=>") if is_relation(line) else "="
        opening = f" {':' if is_relation(line) else '='} "
        parts = [clean(part) for part in sides(line, lambda tree: tree.text(unicode), str)]
        lead = Run(pad(f"  {clean(line.name)}", column) + (opening if parts and line.name else ""))
        whole = f" {sign} ".join(parts)
        if line.note and parts and width(lead.text) + width(whole) + width(line.note) + 3 <= room:
            (only,) = _equation(lead, parts, sign, column, room, color)
            yield f"{only}   {paint(clean(line.note), 'dim', color)}"
            continue
        yield from _equation(lead, parts, sign, column, room, color)
        if line.note:
            below = [Run(" " * (column + 3))]
            yield from wrap([Run(line.note, "dim")], room, color=color, lead=below, indent=column + 3)


def _equation(lead: Run, parts: list[str], sign: str, column: int, room: int, color: bool) -> Iterator[str]:
    """In a line where it fits, else a line per side."""
    runs = [Run(part, "strong" if part is parts[-1] else "plain") for part in parts]
    if width(lead.text) + width(f" {sign} ".join(parts)) <= room:
        joined = [run for index, part in enumerate(runs) for run in ([Run(f" {sign} ")] if index else []) + [part]]
        yield from wrap(joined, room, color=color, lead=[lead], indent=column + 3)
        return
    for index, run in enumerate(runs):
        first = lead if index == 0 else Run(f"{' ' * column} {sign} ")
        yield from wrap([run], room, color=color, lead=[first], indent=column + 5)


# -- LaTeX and Markdown ----------------------------------------------------------------------------------------------


def _tex(
    formula: Formula, tree: Callable[[Expression], str], words: Callable[[str], str]
) -> tuple[str, list[str], str]:
    """The name, the sides, and the sign between them."""

    def text(plain: str) -> str:
        return rf"\text{{{words(plain)}}}"

    name = notation.LATEX.name(formula.name) if notation.is_symbol(formula.name) else text(formula.name)
    return name if formula.name else "", sides(formula, tree, text), r"\iff" if is_relation(formula) else "="


def _broken(tree: Expression) -> str:
    """The formula with a line break where a row is full."""
    measured, written = notation.pieces(tree, notation.UNICODE), notation.pieces(tree, notation.LATEX)
    rows, used = [""], 0
    for length, piece in zip(map(len, measured), written, strict=True):
        if used and used + length > _ROW:
            rows.append("")
            used = 0
        rows[-1] += f"{' ' if used else ''}{piece}"
        used += length + 1
    return "\n".join(rows)


def latex(block: Formulas, words: Callable[[str], str]) -> Iterator[str]:
    """Aligned at the equals sign; a long one gets a row per side, or several."""
    yield r"\begin{flalign*}"
    rows: list[str] = []
    for formula in block.lines:
        name, parts, sign = _tex(formula, _broken, words)
        opening = r":\ " if sign != "=" else "= "
        first, *others = parts or [""]
        start = f"{name} &{opening if name and parts else ''}{first}"
        if len(" = ".join(sides(formula, Expression.text, str))) > _LONG:
            sides_below = [start, *(f"&{sign} {part}" for part in others)]
            rows += [row for side in sides_below for row in side.replace("\n", "\n&\\qquad ").split("\n")]
        else:
            rows.append(f" {sign} ".join([start, *others]).replace("\n", " "))
        if formula.note:
            rows.append(rf"&\quad\text{{\small {words(formula.note)}}}")
    yield " & \\\\\n".join(rows) + " &"
    yield r"\end{flalign*}"


def markdown(block: Formulas, words: Callable[[str], str]) -> Iterator[str]:
    """A list of formulas between dollars."""
    for formula in block.lines:
        name, parts, sign = _tex(formula, Expression.latex, _within_dollars)
        opening = ": " if sign != "=" else " = "
        equation = f"{name}{opening if name and parts else ''}{f' {sign} '.join(parts)}"
        note = f" ({words(formula.note)})" if formula.note else ""
        yield f"- ${equation}${note}"


def _within_dollars(text: str) -> str:
    r"""Text within \text{} of a formula in Markdown: without what either of them would take for its own."""
    return re.sub(r"[\\{}$`]", " ", re.sub(r"[_^&%#~*|<>]", r"\\\g<0>", text))


# -- HTML ------------------------------------------------------------------------------------------------------------


def html(block: Formulas) -> Iterator[str]:
    """A table of MathML: names, equations, notes."""
    yield '<div class="scroll"><table class="derivation"><tbody>'
    for formula in block.lines:
        relation = is_relation(formula)
        sign, opening = ("<mo>&#8660;</mo>", "<mo>:</mo>") if relation else ("<mo>=</mo>",) * 2
        name = f"<math>{notation.math_name(formula.name)}</math>" if formula.name else ""
        parts = sides(formula, Expression.mathml, _mtext)
        equation = f"<math>{opening if name and parts else ''}{sign.join(parts)}</math>" if parts else ""
        note = f'<span class="dim">{escape(formula.note)}</span>' if formula.note else ""
        yield f'<tr><th scope="row">{name}</th><td>{equation}</td><td>{note}</td></tr>'
    yield "</tbody></table></div>"


def _mtext(text: str) -> str:
    return f"<mtext>{escape(text).replace(' ', '&#160;')}</mtext>"
