"""The dimension arithmetic for symbols: one floor per size, honest comparisons, readable text. Only loaded for symbols.

A size that has gone through any chain of windows is kept as a single floor of integers,

    floor((floor((n + a)/S) + c + b)/s) = floor((n + a + S(c + b))/(S s))      for positive integers S, s,

so a deep symbolic network costs no more than a shallow one and two branches can be compared exactly.
"""

from __future__ import annotations

from functools import lru_cache
from math import gcd
from typing import Any

import sympy
from sympy.core.add import Add
from sympy.core.mul import Mul
from sympy.core.numbers import Integer
from sympy.printing.str import StrPrinter


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


class _Extremum(sympy.Function):  # type: ignore[misc]
    is_integer = True
    is_real = True
    pick: Any = staticmethod(max)

    @classmethod
    def eval(cls, *values: Any) -> Any:
        """The integer, when every argument is one."""
        if all(isinstance(value, Integer) for value in values):
            return Integer(cls.pick(int(value) for value in values))
        return None


class Maximum(_Extremum):
    """max of its arguments, unevaluated until they are integers."""


class Minimum(_Extremum):
    """min of its arguments, unevaluated until they are integers."""

    pick = staticmethod(min)


def _split(value: Any) -> tuple[Any, int]:
    """An expression as (part without constant, integer constant)."""
    constant, rest = sympy.sympify(value).as_coeff_Add()
    if isinstance(constant, Integer):
        return rest, int(constant)
    return value, 0


def _floor(value: Any) -> tuple[Any, int, int] | None:
    """(numerator, denominator, constant) when the value is one floor plus a constant."""
    rest, constant = _split(value)
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
    one = _floor(a)
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


def canonical(value: Any) -> Any:
    """A floor plus a constant as a single floor; an integer as an int; anything else as it is."""
    if isinstance(value, Integer):
        return int(value)
    if value.has(Maximum):
        return _outward(value)
    one = _floor(value)
    if one is None or one[2] == 0:
        return value
    numerator, denominator, constant = one
    return FloorDiv(numerator + denominator * constant, Integer(denominator))


def _outward(value: Any) -> Any:
    """max(a, b) + c as max(a + c, b + c): sums of maxima stay one maximum, whatever the depth."""
    terms = Add.make_args(value)
    extremes = [term for term in terms if isinstance(term, Maximum)]
    if len(extremes) != 1 or len(terms) == 1:
        return value
    rest = value - extremes[0]
    return maximum(*(argument + rest for argument in extremes[0].args))


def total(values: list[Any]) -> Any:
    """The expanded sum, a polynomial in the symbols and floors."""
    return canonical(sympy.expand(Add(*values)))


def quotient(a: Any, b: Any) -> Any:
    """The exact quotient."""
    value = sympy.Rational(a) / b if not hasattr(a, "free_symbols") else a / b
    return canonical(value)


@lru_cache(maxsize=4096)
def _bounds(value: Any) -> tuple[Any, Any]:
    """(lower, upper) bounds over all symbols >= 1; None where there is none."""
    if isinstance(value, sympy.Rational):
        return value, value
    if isinstance(value, sympy.Symbol):
        return Integer(1), None
    if isinstance(value, Add):
        pairs = [_bounds(term) for term in value.args]
        low = None if any(pair[0] is None for pair in pairs) else Add(*(pair[0] for pair in pairs))
        high = None if any(pair[1] is None for pair in pairs) else Add(*(pair[1] for pair in pairs))
        return low, high
    if isinstance(value, Mul):
        factor, rest = value.as_coeff_Mul()
        if factor != 1:
            low, high = _bounds(rest)
            if factor < 0:
                low, high = high, low
            return (None if low is None else factor * low), (None if high is None else factor * high)
        pairs = [_bounds(part) for part in value.args]
        if all(pair[0] is not None and pair[0] >= 0 for pair in pairs):
            tops = [pair[1] for pair in pairs]
            return Mul(*(pair[0] for pair in pairs)), None if None in tops else Mul(*tops)
        return None, None
    if isinstance(value, sympy.Pow) and isinstance(value.exp, Integer) and value.exp > 0:
        low, high = _bounds(value.base)
        if low is not None and low >= 0:
            return low**value.exp, None if high is None else high**value.exp
        return None, None
    if isinstance(value, FloorDiv) and isinstance(value.args[1], Integer):
        low, high = _bounds(value.args[0])
        divisor = value.args[1]
        return (None if low is None else sympy.floor(low / divisor)), (
            None if high is None else sympy.floor(high / divisor)
        )
    if isinstance(value, Maximum | Minimum):
        pairs = [_bounds(part) for part in value.args]
        lows, highs = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
        if isinstance(value, Maximum):
            known = [low for low in lows if low is not None]
            return (max(known) if known else None), None if None in highs else max(highs)
        known = [high for high in highs if high is not None]
        return None if None in lows else min(lows), (min(known) if known else None)
    return None, None


Terms = dict[Any, Any]
"""An expanded sum: its monomials (1 for the constant) with their factors."""


@lru_cache(maxsize=4096)
def _terms(value: Any) -> Terms:
    result: Terms = {}
    for term in Add.make_args(value):
        factor, rest = term.as_coeff_Mul()
        result[rest] = result.get(rest, 0) + factor
    return result


def _minus(left: Terms, right: Terms) -> Terms:
    result = dict(left)
    for rest, factor in right.items():
        remaining = result.get(rest, 0) - factor
        if remaining == 0:
            result.pop(rest, None)
        else:
            result[rest] = remaining
    return result


def _least(terms: Terms) -> Any:
    """A lower bound of a sum over all symbols >= 1; None where there is none."""
    low: Any = 0
    for rest, factor in terms.items():
        bound = _bounds(rest)[0 if factor > 0 else 1]
        if bound is None:
            return None
        low = low + factor * bound
    return low


def _never_negative(terms: Terms) -> bool:
    """Whether a sum is certainly at least zero."""
    low = _least(terms)
    return (low is not None and low >= 0) or _dominates(terms)


def _at_least_zero(difference: Any) -> bool | None:
    """The same of an expanded expression, and whether it is certainly negative."""
    terms = _terms(difference)
    if _never_negative(terms):
        return True
    if _never_negative(_minus({Integer(1): Integer(-1)}, terms)):
        return False
    return None


def _atom_at_least(big: Any, small: Any) -> bool:
    """Whether one factor is at least another for all symbols >= 1: floors of the same size compare as lines."""
    if big == small:
        return True
    one, two = _line(big), _line(small)
    # the steeper line that is above at 1 stays above
    return (
        one is not None and two is not None and one[0] == two[0] and one[1] >= two[1] and sum(one[1:]) >= sum(two[1:])
    )


def _line(atom: Any) -> tuple[Any, Any, Any] | None:
    """(symbol, slope, offset) of the line below whose points a factor is the floor."""
    numerator, denominator = atom, Integer(1)
    if isinstance(atom, FloorDiv) and isinstance(atom.args[1], Integer):
        numerator, denominator = atom.args
    rest, constant = _split(numerator)
    if not isinstance(rest, sympy.Symbol):
        return None
    return rest, 1 / denominator, Integer(constant) / denominator


@lru_cache(maxsize=4096)
def _factors(monomial: Any) -> tuple[Any, ...]:
    """A monomial's factors, powers written out; none for 1."""
    factors: list[Any] = []
    for part in Mul.make_args(monomial):
        if isinstance(part, sympy.Pow) and isinstance(part.exp, Integer) and part.exp > 0:
            factors.extend([part.base] * int(part.exp))
        elif part != 1:
            factors.append(part)
    return tuple(factors)


@lru_cache(maxsize=8192)
def _covers(large: Any, small: Any) -> bool:
    """Whether each factor of the small monomial is matched by one of the large one that is at least as large."""
    free = list(_factors(large))
    for atom in _factors(small):
        match = atom if atom in free else next((one for one in free if _atom_at_least(one, atom)), None)
        low = _bounds(atom)[0]
        if match is None or low is None or low < 0:
            return False
        free.remove(match)
    return all((_bounds(atom)[0] or 0) >= 1 for atom in free)


def _dominates(terms: Terms) -> bool:
    """A sufficient test for a sum >= 0: every negative monomial is covered by positive ones."""
    positive = [[rest, factor] for rest, factor in terms.items() if factor > 0]
    if any((_bounds(atom)[0] or 0) < 1 for rest, _ in positive for atom in _factors(rest)):
        return False
    for rest, factor in terms.items():
        need = -factor
        for cover in positive if need > 0 else []:
            if cover[1] > 0 and _covers(cover[0], rest):
                used = min(cover[1], need)
                cover[1], need = cover[1] - used, need - used
                if need == 0:
                    break
        if need > 0:
            return False
    return True


def _normal(value: Any) -> Any:
    """The expanded form in which every floor's constant lies from 0 to its divisor: equal expressions look alike."""

    def reduced(numerator: Any, denominator: Any) -> Any:
        if not isinstance(denominator, Integer):
            return FloorDiv(numerator, denominator)
        rest, constant = _split(numerator)
        whole, left = divmod(constant, int(denominator))
        return FloorDiv(rest + left, denominator) + whole

    return sympy.expand(value.replace(FloorDiv, reduced) if value.has(FloorDiv) else value)


def decide(left: Any, relation: str, right: Any) -> bool | None:
    """True, False or None (undecided) over all symbols >= 1."""
    if relation == "divisible by":
        if sympy.expand(left - floordiv(left, right) * right) == 0:
            return True
        return False if isinstance(sympy.sympify(left), Integer) and isinstance(sympy.sympify(right), Integer) else None
    difference = _normal(sympy.sympify(left) - sympy.sympify(right))
    if relation == ">=":
        return _at_least_zero(difference)
    if relation == "<=":
        return _at_least_zero(-difference)
    if difference == 0:
        equal: bool | None = True
    elif _at_least_zero(difference - 1) or _at_least_zero(-difference - 1):
        equal = False
    else:
        equal = None
    if relation == "!=" and equal is not None:
        return not equal
    return equal


def _extreme(kind: Any, values: tuple[Any, ...], wins: Any) -> Any:
    """The values that no other certainly beats, in one Maximum or Minimum."""
    kept: list[Any] = []
    flat = [part for item in values for part in (item.args if isinstance(item, kind) else (item,))]
    for value in dict.fromkeys(sympy.expand(sympy.sympify(item)) for item in flat):
        terms = _terms(value)
        if any(wins(_terms(other), terms) for other in kept):
            continue
        kept = [other for other in kept if not wins(terms, _terms(other))] + [value]
    return canonical(kept[0]) if len(kept) == 1 else kind(*sorted(kept, key=str))


def maximum(*values: Any) -> Any:
    """The largest; what is certainly smaller than another is dropped."""
    return _extreme(Maximum, values, lambda a, b: _never_negative(_minus(a, b)))


def minimum(*values: Any) -> Any:
    """The smallest; what is certainly larger than another is dropped."""
    return _extreme(Minimum, values, lambda a, b: _never_negative(_minus(b, a)))


def threshold(left: Any, right: Any) -> tuple[Any, int] | None:
    """`left >= right` solved for its only symbol when both are one floor and constants: (symbol, smallest value)."""
    difference = sympy.expand(sympy.sympify(left) - sympy.sympify(right))
    one = _floor(difference)
    numerator, denominator, constant = one if one else (difference, 1, 0)
    rest, offset = _split(numerator)
    factor, name = rest.as_coeff_Mul()
    if isinstance(name, sympy.Symbol) and isinstance(factor, Integer) and factor > 0:
        # floor((f n + o)/d) + c >= 0  <=>  f n >= -o - c d
        return name, -((int(offset) + constant * denominator) // int(factor))
    return None


def condition_text(left: Any, relation: str, right: Any) -> str:
    """A condition as a reader would write it: `H >= 29` where it can be solved for its symbol."""
    if relation == "divisible by":
        return f"{text(left)} % {text(right)} == 0"
    if relation in (">=", "<="):
        solved = threshold(left, right) if relation == ">=" else threshold(right, left)
        if solved:
            return f"{solved[0]} >= {solved[1]}"
    return f"{text(left)} {relation} {text(right)}"


class _Text(StrPrinter):  # type: ignore[misc]
    """The spec's expression grammar plus ceil(a/b), floor(a/b), max, min; powers are written as products."""

    def _print_FloorDiv(self, expr: Any) -> str:
        numerator, denominator = expr.args
        if isinstance(denominator, Integer):
            rest, constant = _split(numerator)
            up = constant - int(denominator) + 1
            if up == 0 or (constant > 0 and abs(up) < constant):
                return f"ceil({self._wrapped(rest + up)}/{denominator})"
        return f"floor({self._wrapped(numerator)}/{self._wrapped(denominator)})"

    def _wrapped(self, expr: Any) -> str:
        shown = self._print(expr)
        return f"({shown})" if isinstance(expr, Add | Mul | sympy.Pow) else str(shown)

    def _print_Add(self, expr: Any, order: Any = None) -> str:
        one = _floor(expr)
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
