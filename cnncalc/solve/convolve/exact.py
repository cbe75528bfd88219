"""Exact numbers as they are written on paper: whole numbers, decimals and fractions, without rounding."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Any, TypeAlias

Number: TypeAlias = "int | Fraction"

_DECIMALS = 12
"""A fraction with more decimals than these is shown as a quotient."""
_WRITTEN = re.compile(r"([+-]?)(\d{1,40}(?:\.\d{0,40})?|\.\d{1,40})(?:[eE]([+-]?\d{1,2}))?(?:/(\d{1,40}))?", re.ASCII)


def number(written: str) -> Number | None:
    """The number, or None when the text is not one.

    >>> number("-2"), number("0.5"), number("1/9"), number("x")
    (-2, Fraction(1, 2), Fraction(1, 9), None)
    """
    match = _WRITTEN.fullmatch(written.strip().replace("\N{MINUS SIGN}", "-"))
    if match is None or (match[4] is not None and int(match[4]) == 0):
        return None
    value = Fraction(match[2]) * Fraction(10) ** int(match[3] or 0) / int(match[4] or 1)
    return tidy(-value if match[1] == "-" else value)


def tidy(value: Number) -> Number:
    """The same number, as an int where it is whole."""
    return value.numerator if value.denominator == 1 else value


def decimals(value: Number) -> int | None:
    """How many decimals write the number exactly; None when no reasonable number of them does.

    >>> decimals(Fraction(243, 4)), decimals(Fraction(1, 9))
    (2, None)
    """
    rest, twos, fives = value.denominator, 0, 0
    while rest % 2 == 0:
        rest, twos = rest // 2, twos + 1
    while rest % 5 == 0:
        rest, fives = rest // 5, fives + 1
    places = max(twos, fives)
    return places if rest == 1 and places <= _DECIMALS else None


def show(value: Number) -> str:
    """The number without rounding: a decimal where one is exact, else a quotient.

    >>> show(Fraction(243, 4)), show(Fraction(-1, 9)), show(7)
    ('60.75', '-1/9', '7')
    """
    places = decimals(value)
    if places is None:
        return f"{value.numerator}/{value.denominator}"
    if places == 0:
        return str(value.numerator)
    digits = str(abs(value.numerator) * 10**places // value.denominator).rjust(places + 1, "0")
    return f"{'-' if value < 0 else ''}{digits[:-places]}.{digits[-places:]}"


def plain(value: Number) -> Any:
    """For JSON: a number where it has an exact short decimal, else the quotient as text.

    >>> plain(Fraction(1, 2)), plain(Fraction(1, 9)), plain(3)
    (0.5, '1/9', 3)
    """
    if isinstance(value, int):
        return value
    written = show(value)
    return written if "/" in written or len(written) > 15 else float(written)
