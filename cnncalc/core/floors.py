"""Symbolic sizes: one floor per size, whatever the depth.

A size that has gone through any chain of windows is kept as a single floor of integers,

    floor((floor((n + a)/S) + c + b)/s) = floor((n + a + S(c + b))/(S s))      for positive integers S, s,

so a deep symbolic network costs no more than a shallow one and two branches can be compared exactly.
"""

from __future__ import annotations

from functools import lru_cache
from math import comb, gcd, prod
from typing import Any

import sympy
from sympy.core.add import Add
from sympy.core.mul import Mul
from sympy.core.numbers import Integer


@lru_cache(maxsize=None)
def symbol(name: str) -> Any:
    """The positive integer of that name."""
    return sympy.Symbol(name, integer=True, positive=True)


class FloorDiv(sympy.Function):  # type: ignore[misc]
    """floor(numerator / denominator), opaque to sympy's own simplification; evaluates once both are integers."""

    nargs = 2
    is_integer = True
    is_real = True

    @classmethod
    def eval(cls, numerator: Any, denominator: Any) -> Any:
        """The integer, when both arguments are integers."""
        if isinstance(numerator, Integer) and isinstance(denominator, Integer):
            return Integer(int(numerator) // int(denominator))
        return None


class Extremum(sympy.Function):  # type: ignore[misc]
    """What Maximum and Minimum share."""

    is_integer = True
    is_real = True
    pick: Any = staticmethod(max)

    @classmethod
    def eval(cls, *values: Any) -> Any:
        """The integer, when every argument is one."""
        if all(isinstance(value, Integer) for value in values):
            return Integer(cls.pick(int(value) for value in values))
        return None


class Maximum(Extremum):
    """max of its arguments, unevaluated until they are integers."""


class Minimum(Extremum):
    """min of its arguments, unevaluated until they are integers."""

    pick = staticmethod(min)


def split(value: Any) -> tuple[Any, int]:
    """An expression as (part without constant, integer constant)."""
    constant, rest = sympy.sympify(value).as_coeff_Add()
    if isinstance(constant, Integer):
        return rest, int(constant)
    return value, 0


def one_floor(value: Any) -> tuple[Any, int, int] | None:
    """(numerator, denominator, constant) when the value is one floor plus a constant."""
    rest, constant = split(value)
    if isinstance(rest, FloorDiv) and isinstance(rest.args[1], Integer):
        return rest.args[0], int(rest.args[1]), constant
    return None


def floordiv(a: Any, b: Any) -> Any:
    """floor(a / b): the quotient where b divides every term, one floor where a is a floor already."""
    a, b = sympy.sympify(a), sympy.sympify(b)
    if b == 1:
        return a
    if not isinstance(b, Integer):
        return a / b if (a / b).is_integer else FloorDiv(a, b)
    divisor = int(b)
    one = one_floor(a)
    if one is not None:
        numerator, denominator, constant = one
        return floordiv(numerator + denominator * constant, denominator * divisor)
    whole, left = [], []
    common = divisor
    constant = 0
    for term in Add.make_args(sympy.expand(a)):
        factor, rest = term.as_coeff_Mul()
        if not isinstance(factor, Integer):
            return FloorDiv(a, b)
        if rest == 1:
            constant = int(factor)
        elif int(factor) % divisor == 0:
            whole.append(Mul(int(factor) // divisor, rest))
        else:
            common = gcd(common, int(factor))
            left.append(term)
    if not left:
        return Add(*whole, constant // divisor)
    if common > 1:
        # floor((g x + r) / (g s)) = floor((x + floor(r/g)) / s) for an integer x
        reduced = Add(*(term / common for term in left), constant // common)
        return Add(*whole, floordiv(reduced, divisor // common))
    return Add(*whole, FloorDiv(Add(*left, constant), divisor))


TOO_LONG = 500
"""No formula may expand to about this many terms, or nest floors about eight deep."""


@lru_cache(maxsize=4096)
def length(value: Any) -> int:
    """About how many terms an expression has once it is expanded; floors within floors count double at each level."""
    if isinstance(value, Add):
        return sum(length(term) for term in value.args)
    if isinstance(value, Mul):
        return min(prod(length(factor) for factor in value.args), TOO_LONG + 1)
    if isinstance(value, sympy.Pow) and isinstance(value.exp, Integer) and value.exp > 0:
        terms, power = min(length(value.base), TOO_LONG), min(int(value.exp), TOO_LONG)
        return 1 if terms == 1 else min(comb(terms + power - 1, power), TOO_LONG + 1)
    if isinstance(value, sympy.Function):
        return min(2 * sum(length(argument) for argument in value.args) - 2, TOO_LONG + 1) or 1
    return 1


def canonical(value: Any) -> Any:
    """A floor plus a constant as a single floor; an integer as an int; anything else as it is."""
    if isinstance(value, Integer):
        return int(value)
    if value.has(Extremum):
        return _outward(value)
    one = one_floor(value)
    if one is None or one[2] == 0:
        return value
    numerator, denominator, constant = one
    return FloorDiv(numerator + denominator * constant, Integer(denominator))


def _outward(value: Any) -> Any:
    """max(a, b) + c as max(a + c, b + c), and so for min: sums of extremes stay one extreme, whatever the depth."""
    from cnncalc.core.order import maximum, minimum

    terms = Add.make_args(value)
    extremes = [term for term in terms if isinstance(term, Extremum)]
    if len(extremes) != 1 or len(terms) == 1:
        return value
    rest = value - extremes[0]
    pick = maximum if isinstance(extremes[0], Maximum) else minimum
    return pick(*(argument + rest for argument in extremes[0].args))


def total(values: list[Any]) -> Any:
    """The expanded sum, a polynomial in the symbols and floors."""
    return canonical(sympy.expand(Add(*values)))


def quotient(a: Any, b: Any) -> Any:
    """The exact quotient."""
    value = sympy.Rational(a) / b if not hasattr(a, "free_symbols") else a / b
    return canonical(value)
