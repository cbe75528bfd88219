"""A number that remembers the formula it came from, so that a layer's own line of code writes its derivation.

`named("H", 227)` is a Recorded with value 227 and the formula H. It takes part in `+ - *` and in the functions of
`core.dims` like any dimension; what comes out knows its value, and the formula in the names that went in:

>>> from cnncalc.core.dims import floordiv
>>> size = floordiv(named("H", 227) - named("K", 11), named("S", 4)) + 1
>>> size.value, size.expression.text(), size.expression.numbers.text()
(55, '⌊(H − K)/S⌋ + 1', '⌊(227 − 11)/4⌋ + 1')

The functions below are how `core.dims` works on such numbers.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from cnncalc.core import dims
from cnncalc.core import expression as tree
from cnncalc.core.expression import Expression


class Recorded:
    """A value (an int, a fraction or a symbolic size) and the formula that gave it. Equal when the values are.

    It has no hash on purpose: a cache must never answer with a Recorded where a number was asked for.
    """

    __slots__ = ("expression", "value")
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, value: Any, expression: Expression) -> None:
        self.value = value
        self.expression = expression

    def __repr__(self) -> str:
        return f"Recorded({self.expression.text()} = {self})"

    def __str__(self) -> str:
        return dims.text(self.value)

    def __format__(self, spec: str) -> str:
        return format(self.value, spec) if spec else str(self)

    def __eq__(self, other: object) -> bool:
        return bool(self.value == value_of(other))

    def __add__(self, other: Any) -> Recorded:
        two = expression_of(other)
        return Recorded(_tidy(self.value + value_of(other)), tree.add(((1, self.expression), (1, two))))

    def __radd__(self, other: Any) -> Recorded:
        one = expression_of(other)
        return Recorded(_tidy(value_of(other) + self.value), tree.add(((1, one), (1, self.expression))))

    def __sub__(self, other: Any) -> Recorded:
        two = expression_of(other)
        return Recorded(_tidy(self.value - value_of(other)), tree.add(((1, self.expression), (-1, two))))

    def __rsub__(self, other: Any) -> Recorded:
        one = expression_of(other)
        return Recorded(_tidy(value_of(other) - self.value), tree.add(((1, one), (-1, self.expression))))

    def __neg__(self) -> Recorded:
        return Recorded(-self.value, tree.add(((-1, self.expression),)))

    def __mul__(self, other: Any) -> Recorded:
        return Recorded(_tidy(self.value * value_of(other)), tree.multiply(self.expression, expression_of(other)))

    def __rmul__(self, other: Any) -> Recorded:
        return Recorded(_tidy(value_of(other) * self.value), tree.multiply(expression_of(other), self.expression))


def named(name: str, value: Any) -> Recorded:
    """A quantity with its symbol; what follows the first underscore is a subscript (`C_in`)."""
    return Recorded(value, tree.leaf(name, value))


def value_of(number: Any) -> Any:
    """The plain number."""
    return number.value if dims.is_recorded(number) else number


def expression_of(number: Any) -> Expression:
    """The formula: of a plain number, the number itself."""
    if dims.is_recorded(number):
        formula: Expression = number.expression
        return formula
    return tree.constant(number) if isinstance(number, int | Fraction) else tree.written(number)


def _tidy(value: Any) -> Any:
    """Whole fractions as ints, as everywhere."""
    return int(value) if isinstance(value, Fraction) and value.denominator == 1 else value


# -- core.dims, on recorded numbers ----------------------------------------------------------------------------------


def floordiv(a: Any, b: Any) -> Recorded:
    """floor(a / b)."""
    return _divided("floor", dims.floordiv(value_of(a), value_of(b)), a, b)


def ceildiv(a: Any, b: Any) -> Recorded:
    """ceil(a / b)."""
    return _divided("ceil", dims.ceildiv(value_of(a), value_of(b)), a, b)


def exact(a: Any, b: Any) -> Recorded:
    """The quotient where b divides a."""
    return _divided("quotient", dims.floordiv(value_of(a), value_of(b)), a, b)


def quotient(a: Any, b: Any) -> Recorded:
    """The exact quotient, a fraction where it is one."""
    return _divided("quotient", dims.ratio(value_of(a), value_of(b)), a, b)


def _divided(op: str, value: Any, a: Any, b: Any) -> Recorded:
    return Recorded(value, tree.divide(op, expression_of(a), expression_of(b)))


def maximum(*values: Any) -> Recorded:
    """The largest."""
    return Recorded(dims.maximum(*map(value_of, values)), tree.extreme("max", map(expression_of, values)))


def minimum(*values: Any) -> Recorded:
    """The smallest."""
    return Recorded(dims.minimum(*map(value_of, values)), tree.extreme("min", map(expression_of, values)))


def total(values: Any) -> Recorded:
    """The sum."""
    terms = tuple(values)
    return Recorded(_tidy(dims.total(map(value_of, terms))), tree.add((1, expression_of(term)) for term in terms))


def decide(left: Any, relation: str, right: Any) -> bool | None:
    """The verdict on the values."""
    condition = dims.compare(value_of(left), relation, value_of(right))
    return True if condition is None else condition.holds


def relation(left: Any, sign: str, right: Any) -> Recorded:
    """A comparison as a formula; its value is True, False or None (undecided)."""
    formula = Expression("relation", (expression_of(left), sign, expression_of(right)))
    return Recorded(decide(left, sign, right), formula)
