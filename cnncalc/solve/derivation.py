"""Lines of a derivation from numbers that remember their formula (core.recording).

A line is made from one Recorded: the formula in symbols, the same with the numbers substituted, and the value. It
cannot disagree with its number, because both come from the same run of the same formula:

>>> from cnncalc.core.recording import named
>>> from cnncalc.layers.window import Axis
>>> padding = named("P", 0)
>>> axis = Axis(named("H", 227), named("K", 11), named("S", 4), 1, (padding, padding))
>>> print(text(line("H_out", axis.positions())))
H_out = ⌊(H + 2·P − K)/S⌋ + 1 = ⌊(227 + 2·0 − 11)/4⌋ + 1 = 55
"""

from __future__ import annotations

from typing import Any

from cnncalc.core.expression import Expression
from cnncalc.core.recording import expression_of, named, relation, value_of
from cnncalc.solve.answer import Line

__all__ = ["condition", "expression_of", "line", "named", "steps", "text", "value_of"]


def line(name: str, figure: Any, unit: str = "", words: str = "", path: str = "") -> Line:
    """The line of a recorded figure; of a plain number only its value."""
    if not hasattr(figure, "expression"):
        return Line(name, value=figure, unit=unit, words=words, path=path)
    formula: Expression = figure.expression
    return Line(name, formula, formula.numbers, figure.value, unit, words, path)


def condition(name: str, left: Any, sign: str, right: Any, words: str = "", path: str = "") -> Line:
    """The line of a comparison: `>= <= == !=` or `divisible by`; its value is True, False or None (undecided)."""
    return line(name, relation(left, sign, right), words=words, path=path)


def steps(of: Line, unicode: bool = True) -> tuple[str, ...]:
    """The sides of the equation as text, without those that say what the one before or the value says."""
    shown = [part if isinstance(part, str) else part.text(unicode) for part in of[1:3] if part is not None]
    if of.value is not None and not isinstance(of.value, bool):
        shown.append(f"{_value(of.value, unicode)}{' ' if of.unit else ''}{of.unit}")
    different = [part for index, part in enumerate(shown) if index == 0 or part != shown[index - 1]]
    return tuple(different)


def _value(value: Any, unicode: bool) -> str:
    if isinstance(value, tuple):
        return "x".join(_value(part, unicode) for part in value)
    return value if isinstance(value, str) else expression_of(value).text(unicode)


def text(of: Line, unicode: bool = True) -> str:
    """The whole line as plain text."""
    return " = ".join(part for part in (of.name, *steps(of, unicode)) if part)
