"""Which of two symbolic sizes is larger, for all symbols of at least 1: known, refuted, or honestly undecided."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import sympy
from sympy.core.add import Add
from sympy.core.mul import Mul
from sympy.core.numbers import Integer

from cnncalc.core.floors import FloorDiv, Maximum, Minimum, canonical, floordiv, one_floor, split

Terms = dict[Any, Any]
"""An expanded sum: its monomials (1 for the constant) with their factors."""


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
    rest, constant = split(numerator)
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
        rest, constant = split(numerator)
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
    one = one_floor(difference)
    numerator, denominator, constant = one if one else (difference, 1, 0)
    rest, offset = split(numerator)
    factor, name = rest.as_coeff_Mul()
    if isinstance(name, sympy.Symbol) and isinstance(factor, Integer) and factor > 0:
        # floor((f n + o)/d) + c >= 0  <=>  f n >= -o - c d
        return name, -((int(offset) + constant * denominator) // int(factor))
    return None
