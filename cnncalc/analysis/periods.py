"""How symbolic sizes repeat: an expression of one size as a function, and as a step that comes again and again.

A size behind any chain of windows is one floor of the input's size n, and so f(n + P) = f(n) + R for integers P and R,
from some n on. Sums, extremes and further floors of such sizes are of that kind again; products of them are not, but
they never fall from one period to the next.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import reduce
from itertools import pairwise
from math import ceil, lcm
from typing import Any, NamedTuple

from cnncalc.core.dims import is_symbolic

LIMIT = 1 << 17
"""A pattern that needs more sizes than this to show is not looked for: the answer is marked as not exact."""
SCANNED = 1 << 12
"""So many sizes are then looked at one by one."""


class Quasi(NamedTuple):
    """f(n + period) = f(n) + rise for every n >= start."""

    period: int
    rise: Fraction
    start: int


def function(value: Any) -> Callable[[int], Any]:
    """The expression as a function of its only symbol."""
    if not is_symbolic(value) or value.is_Integer:
        constant = int(value)
        return lambda n: constant
    if value.is_Symbol:
        return lambda n: n
    if value.is_Rational:
        fraction = Fraction(int(value.p), int(value.q))
        return lambda n: fraction
    parts = [function(part) for part in value.args]
    name = type(value).__name__
    if name == "Add":
        return lambda n: sum(part(n) for part in parts)
    if name == "Mul":
        return lambda n: reduce(lambda a, b: a * b, (part(n) for part in parts))
    if name == "Pow":
        return lambda n: parts[0](n) ** parts[1](n)
    if name == "FloorDiv":
        return lambda n: parts[0](n) // parts[1](n)
    pick = max if name == "Maximum" else min
    return lambda n: pick(part(n) for part in parts)


def quasi(value: Any) -> Quasi | None:
    """How an expression of one symbol repeats; None for products of sizes."""
    if not is_symbolic(value) or value.is_Rational:
        return Quasi(1, Fraction(0), 1)
    if value.is_Symbol:
        return Quasi(1, Fraction(1), 1)
    name = type(value).__name__
    if name == "Add":
        return sum_of(tuple(quasi(part) for part in value.args))
    if name == "Mul":
        factor, rest = value.as_coeff_Mul()
        # without a number in front it is a product of sizes
        return None if factor == 1 else scaled(quasi(rest), Fraction(int(factor.p), int(factor.q)))
    if name == "FloorDiv" and value.args[1].is_Integer:
        inner = quasi(value.args[0])
        if inner is None:
            return None
        rise = inner.rise / int(value.args[1])
        return Quasi(inner.period * rise.denominator, rise * rise.denominator, inner.start)
    if name in ("Maximum", "Minimum"):
        return _extreme(value)
    return None


def scaled(one: Quasi | None, factor: Fraction) -> Quasi | None:
    """A multiple; None stays None."""
    return None if one is None else one._replace(rise=one.rise * factor)


def sum_of(parts: tuple[Quasi | None, ...]) -> Quasi | None:
    """A sum; None where a part is None."""
    known = [part for part in parts if part is not None]
    if len(known) < len(parts):
        return None
    period = reduce(lcm, (part.period for part in known), 1)
    rise = sum((part.rise * (period // part.period) for part in known), Fraction(0))
    return Quasi(period, rise, max(part.start for part in known))


def _extreme(value: Any) -> Quasi | None:
    """From some size on the steepest argument wins (the flattest, for a minimum); among equals one per residue."""
    parts = [quasi(part) for part in value.args]
    functions = [function(part) for part in value.args]
    known = [part for part in parts if part is not None]
    if len(known) < len(parts):
        return None
    period = reduce(lcm, (part.period for part in known), 1)
    start = max(part.start for part in known)
    if period + start > LIMIT:
        return None
    rises = [part.rise * (period // part.period) for part in known]
    best = max(rises) if type(value).__name__ == "Maximum" else min(rises)
    winners = [part for part, rise in zip(functions, rises, strict=True) if rise == best]
    for loser, rise in zip(functions, rises, strict=True):
        if rise != best:
            gap = max(abs(winner(n) - loser(n)) for winner in winners for n in range(start, start + period))
            start += period * (ceil(gap / abs(best - rise)) + 1)
    return Quasi(period, best, start)


# -- products of sizes ---------------------------------------------------------------------------------------------


class Polynomial(NamedTuple):
    """For every n >= start and every residue, f(n + period t) is a polynomial in t of at most this degree."""

    period: int
    degree: int
    start: int


def polynomial(value: Any) -> Polynomial | None:
    """The same for sums and products of sizes that repeat; None for floors and extremes of products."""
    one = quasi(value)
    if one is not None:
        return Polynomial(one.period, 0 if one.rise == 0 else 1, one.start)
    name = type(value).__name__
    if name == "Pow" and value.args[1].is_Integer and value.args[1] > 0:
        base = polynomial(value.args[0])
        return None if base is None else base._replace(degree=base.degree * int(value.args[1]))
    if name not in ("Add", "Mul"):
        return None
    parts = [polynomial(part) for part in value.args]
    known = [part for part in parts if part is not None]
    if len(known) < len(parts):
        return None
    degrees = [part.degree for part in known]
    return Polynomial(
        reduce(lcm, (part.period for part in known), 1),
        max(degrees) if name == "Add" else sum(degrees),
        max(part.start for part in known),
    )


def last_turn(difference: Callable[[int], Any], shape: Polynomial) -> int:
    """The size from which on the sign of a difference repeats with the period."""
    settled = shape.start
    for first in range(shape.start, shape.start + shape.period):
        values = [Fraction(difference(first + shape.period * step)) for step in range(shape.degree + 1)]
        settled = max(settled, first + shape.period * _root_bound(values))
    return settled


def _root_bound(values: list[Fraction]) -> int:
    """A t beyond which the polynomial through (0, v0), (1, v1), ... has no root (Cauchy's bound)."""
    coefficients = _coefficients(values)
    while coefficients and coefficients[-1] == 0:
        coefficients.pop()
    if len(coefficients) <= 1:
        return 0
    *lower, leading = coefficients
    return 1 + ceil(max(abs(one / leading) for one in lower))


def _coefficients(values: list[Fraction]) -> list[Fraction]:
    """The coefficients, lowest power first, from the values at 0, 1, 2, ... (Newton's differences)."""
    result = [Fraction(0)] * len(values)
    basis = [Fraction(1)]
    differences = list(values)
    for index in range(len(values)):
        for power, factor in enumerate(basis):
            result[power] += differences[0] * factor
        differences = [two - one for one, two in pairwise(differences)]
        # t (t - 1) ... / k!
        longer = [Fraction(0)] * (len(basis) + 1)
        for power, factor in enumerate(basis):
            longer[power + 1] += factor / (index + 1)
            longer[power] -= factor * index / (index + 1)
        basis = longer
    return result
