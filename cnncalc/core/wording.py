"""Symbolic sizes as text (the spec's expression grammar plus ceil(a/b), floor(a/b), max, min) and as formulas."""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache
from typing import Any

import sympy
from sympy.core.add import Add
from sympy.core.mul import Mul
from sympy.core.numbers import Integer
from sympy.printing.str import StrPrinter

from cnncalc.core import expression as tree
from cnncalc.core.floors import Extremum, FloorDiv, Maximum, one_floor, split
from cnncalc.core.order import threshold


def rounded(floor: Any) -> tuple[str, Any, Any]:
    """A FloorDiv as `floor` or `ceil`, whichever reads better, of a numerator and a denominator."""
    numerator, denominator = floor.args
    if isinstance(denominator, Integer):
        rest, constant = split(numerator)
        up = constant - int(denominator) + 1
        if up == 0 or (constant > 0 and abs(up) < constant):
            return "ceil", rest + up, denominator
    return "floor", numerator, denominator


class _Text(StrPrinter):  # type: ignore[misc]
    """The spec's expression grammar plus ceil(a/b), floor(a/b), max, min; powers are written as products."""

    def _print_FloorDiv(self, expr: Any) -> str:
        word, numerator, denominator = rounded(expr)
        return f"{word}({self._wrapped(numerator)}/{self._wrapped(denominator)})"

    def _wrapped(self, expr: Any) -> str:
        shown = self._print(expr)
        return f"({shown})" if isinstance(expr, Add | Mul | sympy.Pow) else str(shown)

    def _print_Add(self, expr: Any, order: Any = None) -> str:
        one = one_floor(expr)
        if one is not None:
            return self._print_FloorDiv(FloorDiv(one[0] + one[1] * one[2], Integer(one[1])))
        return str(super()._print_Add(expr, order))

    def _print_Mul(self, expr: Any) -> str:
        numerator, denominator = expr.as_numer_denom()
        if denominator == 1:
            return str(super()._print_Mul(expr))
        return f"{self._wrapped(numerator)}/{self._wrapped(denominator)}"

    def _print_Pow(self, expr: Any, rational: bool = False) -> str:
        if not isinstance(expr.exp, Integer):
            return str(super()._print_Pow(expr, rational))
        if expr.exp < 0:
            return f"1/{self._wrapped(1 / expr)}"
        base = self._print(expr.base)
        if isinstance(expr.base, Add):
            base = f"({base})"
        return "*".join([base] * int(expr.exp))

    def _print_Maximum(self, expr: Any) -> str:
        return f"max({', '.join(self._print(item) for item in expr.args)})"

    def _print_Minimum(self, expr: Any) -> str:
        return f"min({', '.join(self._print(item) for item in expr.args)})"


_printer = _Text()


@lru_cache(maxsize=4096)
def text(expr: Any) -> str:
    """The expression in the grammar that the JSON contract names."""
    return str(_printer.doprint(expr))


def condition_text(left: Any, relation: str, right: Any) -> str:
    """A condition as a reader would write it: `H >= 29` where it can be solved for its symbol."""
    if relation == "divisible by":
        return f"{text(left)} % {text(right)} == 0"
    if relation in (">=", "<="):
        solved = threshold(left, right) if relation == ">=" else threshold(right, left)
        if solved:
            return f"{solved[0]} >= {solved[1]}"
    return f"{text(left)} {relation} {text(right)}"


@lru_cache(maxsize=4096)
def expression(value: Any) -> tree.Expression:
    """A symbolic size as a formula whose leaves are its symbols."""
    if isinstance(value, Integer):
        return tree.Expression("value", (int(value),))
    if isinstance(value, sympy.Rational):
        return tree.Expression("value", (Fraction(int(value.p), int(value.q)),))
    if isinstance(value, sympy.Symbol):
        return tree.leaf(str(value), value)
    if isinstance(value, FloorDiv):
        word, numerator, denominator = rounded(value)
        return tree.Expression(word, (expression(numerator), expression(denominator)))
    if isinstance(value, Extremum):
        return tree.Expression("max" if isinstance(value, Maximum) else "min", tuple(map(expression, value.args)))
    if isinstance(value, Add):
        one = one_floor(value)
        if one is not None and one[2] != 0:
            return expression(FloorDiv(one[0] + one[1] * one[2], Integer(one[1])))
        return tree.add(_term(term) for term in value.as_ordered_terms())
    numerator, denominator = value.as_numer_denom()
    if denominator != 1:
        return tree.Expression("quotient", (expression(numerator), expression(denominator)))
    factor, rest = value.as_coeff_Mul()
    factors = [base for part in Mul.make_args(rest) for base in _powers(part)]
    return tree.Expression("product", (_number(factor), *map(expression, factors)))


def _term(term: Any) -> tuple[Any, tree.Expression]:
    if isinstance(term, sympy.Rational):
        return _number(term), tree.ONE
    factor, rest = term.as_coeff_Mul()
    return _number(factor), expression(rest)


def _number(value: Any) -> Any:
    return int(value) if isinstance(value, Integer) else Fraction(int(value.p), int(value.q))


def _powers(part: Any) -> list[Any]:
    if isinstance(part, sympy.Pow) and isinstance(part.exp, Integer) and part.exp > 0:
        return [part.base] * int(part.exp)
    return [part]
