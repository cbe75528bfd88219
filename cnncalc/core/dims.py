"""Arithmetic on dimensions, the same lines for ints, symbols and numpy arrays.

A dimension (`Dim`) is an int, a sympy expression or, when a whole family of designs is evaluated at once, a numpy int64
array. Layer formulas use `+ - *` and the functions of this module and never branch on a value themselves. Ints stay
ints: sympy is imported only when a symbol arrives. Formatting and solving do not belong here.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

if TYPE_CHECKING:
    import sympy

    Dim: TypeAlias = int | sympy.Expr
else:
    Dim: TypeAlias = Any

Ratio: TypeAlias = "Dim | Fraction"


def is_symbolic(value: object) -> bool:
    """Whether the value is a sympy expression (does not import sympy)."""
    return hasattr(value, "free_symbols")


def is_recorded(value: object) -> bool:
    """Whether the value remembers its formula (see core.recording)."""
    return hasattr(value, "expression")


def _algebra(*values: object) -> Any:
    if any(hasattr(value, "expression") for value in values):
        from cnncalc.core import recording

        return recording
    if any(hasattr(value, "free_symbols") for value in values):
        from cnncalc.core import symbolic

        return symbolic
    from cnncalc.core import arrays

    return arrays


def floordiv(a: Dim, b: Dim) -> Dim:
    """floor(a / b) for a positive b.

    >>> floordiv(7, 2)
    3
    """
    if type(a) is int and type(b) is int:
        return a // b
    result: Dim = _algebra(a, b).floordiv(a, b)
    return result


def ceildiv(a: Dim, b: Dim) -> Dim:
    """ceil(a / b) for a positive b.

    >>> ceildiv(7, 2)
    4
    """
    if type(a) is int and type(b) is int:
        return -(-a // b)
    if is_recorded(a) or is_recorded(b):
        result: Dim = _algebra(a, b).ceildiv(a, b)
        return result
    return floordiv(a + b - 1, b)


def exactdiv(a: Dim, b: Dim) -> Dim:
    """A / b where a requirement says that b divides a: the floor is only for the eye.

    >>> exactdiv(6, 2)
    3
    """
    if type(a) is int and type(b) is int:
        return a // b
    if is_recorded(a) or is_recorded(b):
        result: Dim = _algebra(a, b).exact(a, b)
        return result
    return floordiv(a, b)


def maximum(*values: Dim) -> Dim:
    """The largest of one or more dimensions."""
    if all(type(value) is int for value in values):
        return max(values)
    result: Dim = _algebra(*values).maximum(*values)
    return result


def minimum(*values: Dim) -> Dim:
    """The smallest of one or more dimensions."""
    if all(type(value) is int for value in values):
        return min(values)
    result: Dim = _algebra(*values).minimum(*values)
    return result


def prod(values: Iterable[Dim]) -> Dim:
    """The product; 1 for none."""
    result: Dim = 1
    for value in values:
        result = result * value
    return result


def total(values: Iterable[Dim]) -> Dim:
    """The sum; 0 for none. Symbolic terms are added at once, which keeps long sums linear."""
    terms = list(values)
    if set(map(type, terms)) <= {int}:
        return sum(terms)
    numbers: Dim = sum(term for term in terms if type(term) is int)
    symbols = [term for term in terms if type(term) is not int]
    if not is_symbolic(symbols[0]) and not is_recorded(symbols[0]):
        for value in symbols:
            numbers = numbers + value
        return numbers
    result: Dim = _algebra(*symbols).total([numbers, *symbols])
    return result


def known_total(values: Iterable[Dim | None]) -> Dim | None:
    """The sum; None (unknown) as soon as one of the terms is."""
    terms = list(values)
    return None if type(None) in map(type, terms) else total(terms)


def times(factor: Dim, figure: Dim | None) -> Dim | None:
    """Factor * figure, expanded when symbolic; None (unknown) stays None."""
    if figure is None:
        return None
    return factor * figure if type(factor) is int and type(figure) is int else total((factor * figure,))


def ratio(a: Any, b: Any) -> Any:
    """A / b, as an int where it is one, else as a Fraction or a symbolic quotient.

    >>> ratio(4, 2), ratio(1, 2)
    (2, Fraction(1, 2))
    """
    if is_recorded(a) or is_recorded(b):
        return _algebra(a, b).quotient(a, b)
    if is_symbolic(a) or is_symbolic(b):
        result = _algebra(a, b).quotient(a, b)
        if not is_symbolic(result) or not result.is_Rational:
            return result
        a, b = int(result.p), int(result.q)
    quotient = Fraction(a) / Fraction(b)
    return int(quotient) if quotient.denominator == 1 else quotient


def canonical(value: Dim) -> Dim:
    """One spelling for equal sizes: a floor plus a constant becomes a single floor. Ints pass through."""
    if type(value) is int or not is_symbolic(value):
        return value
    result: Dim = _algebra(value).canonical(value)
    return result


LARGEST_RESULT = 10**30
"""No size or expression may come to more: far beyond any network, and safe to print."""


def too_large(value: Any) -> bool:
    """Whether a number or a formula is beyond what is worked with."""
    if type(value) is int:
        return abs(value) > LARGEST_RESULT
    if not is_symbolic(value):
        return False
    from cnncalc.core.floors import TOO_LONG, length

    return length(value) > TOO_LONG


class Condition(NamedTuple):
    """A comparison of two dimensions that is not known to be true.

    `relation` is one of `>= <= == !=` or `divisible by`. `holds` is False or None (undecided).
    """

    left: Any
    relation: str
    right: Any
    holds: bool | None

    def __str__(self) -> str:
        if is_symbolic(self.left) or is_symbolic(self.right):
            from cnncalc.core import symbolic

            return symbolic.condition_text(self.left, self.relation, self.right)
        if self.relation == "divisible by":
            return f"{self.left} % {self.right} == 0"
        return f"{self.left} {self.relation} {self.right}"


def compare(left: Any, relation: str, right: Any) -> Condition | None:
    """None when the comparison is certainly true, else the Condition with its verdict (False, or None: undecided)."""
    if type(left) is int and type(right) is int:
        match relation:
            case ">=":
                holds: bool | None = left >= right
            case "<=":
                holds = left <= right
            case "==":
                holds = left == right
            case "!=":
                holds = left != right
            case _:
                holds = left % right == 0
    else:
        holds = _algebra(left, right).decide(left, relation, right)
    return None if holds else Condition(left, relation, right, holds)


def text(value: object) -> str:
    """A dimension in the spec's expression grammar plus ceil(a/b), floor(a/b), max and min.

    >>> text(56)
    '56'
    """
    if is_symbolic(value):
        from cnncalc.core import symbolic

        return symbolic.text(value)
    return str(value)


def plain(value: Any) -> Any:
    """A value for JSON: ints stay ints, symbols and fractions become strings, None stays None."""
    if value is None or type(value) is int:
        return value
    if isinstance(value, tuple | list):
        return [plain(item) for item in value]
    if isinstance(value, Fraction):
        return str(value)
    if is_symbolic(value):
        if value.is_Integer:
            return int(value)
        return text(value)
    return value
