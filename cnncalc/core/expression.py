"""Formulas as trees: what a recording number remembers of the arithmetic that it went through.

An Expression is a sum, a product, a quotient, a rounded quotient, an extreme or a comparison over named leaves and
constants. The constructors tidy only what a reader would not write (x + 0, 1 x, x + x for 2 x, a sum within a sum): the
value stays, the formula keeps its shape. How a tree is written down belongs to `core.notation`.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import Any, NamedTuple

from cnncalc.core import notation


class Expression(NamedTuple):
    """A node: what it is, and its parts.

    | op | parts |
    |---|---|
    | constant | a number of the formula itself |
    | leaf | name, value |
    | value | a number that stands where a leaf stood |
    | sum | (factor, expression) pairs; a constant is the factor of `ONE` |
    | product | a factor, then expressions |
    | floor, ceil, quotient | numerator, denominator |
    | max, min | expressions |
    | relation | left, one of `>= <= == !=` or `divisible by`, right |
    | gap | how many terms of a sum are left out |
    """

    op: str
    parts: tuple[Any, ...]

    @property
    def is_atom(self) -> bool:
        """Whether it is one name or one number."""
        return self.op in ("constant", "leaf", "value")

    @property
    def numbers(self) -> Expression:
        """The same formula with each leaf's value in its place, not evaluated."""
        if self.op == "leaf":
            return written(self.parts[1])
        return Expression(self.op, tuple(_numbers(part) for part in self.parts))

    def names(self) -> tuple[str, ...]:
        """The names of its leaves, each once, in the order of the formula."""
        if self.op == "leaf":
            return (self.parts[0],)
        found: dict[str, None] = {}
        for part in self.parts:
            inner = part if isinstance(part, Expression) else part[1] if isinstance(part, tuple) else None
            found.update(dict.fromkeys(inner.names() if inner is not None else ()))
        return tuple(found)

    def shortened(self, terms: int = 12) -> Expression:
        """A long sum without its middle: for reading, not for computing."""
        if self.op != "sum" or len(self.parts) <= terms:
            return self
        head = terms - 3
        left_out = Expression("gap", (len(self.parts) - terms + 1,))
        return Expression("sum", (*self.parts[:head], (1, left_out), *self.parts[-2:]))

    def text(self, unicode: bool = True) -> str:
        """One line: `⌊(H + 2·P − K)/S⌋ + 1`; without unicode in the grammar of specs, `floor((H + 2*P - K)/S) + 1`."""
        return notation.text(self, notation.UNICODE if unicode else notation.ASCII)

    def latex(self) -> str:
        """A LaTeX formula, without the dollars."""
        return notation.text(self, notation.LATEX)

    def mathml(self) -> str:
        """The inside of a MathML `math` element."""
        return notation.mathml(self)

    def evaluate(self) -> Any:
        """The value that the leaves' values give: an int, a fraction, a symbolic size, or a truth value."""
        return evaluate(self)


def _numbers(part: Any) -> Any:
    if isinstance(part, Expression):
        return part.numbers
    if isinstance(part, tuple):
        return (part[0], part[1].numbers)
    return part


def constant(number: int | Fraction) -> Expression:
    """A number that belongs to the formula."""
    return Expression("constant", (number,))


def leaf(name: str, value: Any) -> Expression:
    """A named quantity. What follows the first underscore is a subscript: `C_in`."""
    return Expression("leaf", (name, value))


def written(value: Any) -> Expression:
    """A number, or a symbolic size, as it is written within a formula."""
    if hasattr(value, "free_symbols"):
        from cnncalc.core.symbolic import expression

        return expression(value)
    return Expression("value", (value,))


ONE = constant(1)
ZERO = constant(0)


def add(terms: Iterable[tuple[int | Fraction, Expression]]) -> Expression:
    """The sum of factor * expression: sums within it are opened, like terms are joined, the constant stands last."""
    joined: dict[Expression, Any] = {}
    for factor, term in terms:
        for inner, part in _terms(term):
            joined[part] = joined.get(part, 0) + factor * inner
    offset = joined.pop(ONE, 0)
    parts = [(factor, part) for part, factor in joined.items() if factor != 0]
    if not parts:
        return constant(offset)
    if offset == 0 and len(parts) == 1:
        return _scaled(*parts[0])
    return Expression("sum", (*parts, *([(offset, ONE)] if offset != 0 else [])))


def _terms(term: Expression) -> tuple[tuple[Any, Expression], ...]:
    """A term as (factor, expression) pairs."""
    if term.op == "sum":
        return term.parts
    if term.op == "constant":
        return ((term.parts[0], ONE),)
    if term.op == "product":
        return ((term.parts[0], _scaled(1, Expression("product", (1, *term.parts[1:])))),)
    return ((1, term),)


def _scaled(factor: Any, part: Expression) -> Expression:
    if part.op == "product":
        factor, factors = factor * part.parts[0], part.parts[1:]
        return factors[0] if factor == 1 and len(factors) == 1 else Expression("product", (factor, *factors))
    return part if factor == 1 else Expression("product", (factor, part))


def multiply(one: Expression, two: Expression) -> Expression:
    """The product: products within it are opened, numbers gathered before it."""
    factor: Any = 1
    parts: list[Expression] = []
    for item in (one, two):
        if item.op == "constant":
            factor = factor * item.parts[0]
        elif item.op == "product":
            factor, parts = factor * item.parts[0], [*parts, *item.parts[1:]]
        else:
            parts.append(item)
    if factor == 0 or not parts:
        return constant(factor)
    if factor == -1 and len(parts) == 1 and parts[0].op == "sum":
        return add((-inner, term) for inner, term in parts[0].parts)
    return _scaled(factor, parts[0]) if len(parts) == 1 else Expression("product", (factor, *parts))


def divide(op: str, numerator: Expression, denominator: Expression) -> Expression:
    """A quotient, rounded down (floor), up (ceil) or exact (quotient)."""
    if denominator == ONE:
        return numerator
    if numerator == denominator:
        return ONE
    return Expression(op, (numerator, denominator))


def extreme(op: str, values: Iterable[Expression]) -> Expression:
    """The largest or smallest of several; equal ones stand once."""
    opened = [part for value in values for part in (value.parts if value.op == op else (value,))]
    different = tuple(dict.fromkeys(opened))
    return different[0] if len(different) == 1 else Expression(op, different)


def evaluate(tree: Expression) -> Any:
    """See Expression.evaluate."""
    from cnncalc.core import dims

    parts = tree.parts
    match tree.op:
        case "constant" | "value":
            return parts[0]
        case "leaf":
            return parts[1]
        case "sum":
            return dims.total(factor * evaluate(term) for factor, term in parts)
        case "product":
            return dims.prod((parts[0], *(evaluate(part) for part in parts[1:])))
        case "floor":
            return dims.floordiv(evaluate(parts[0]), evaluate(parts[1]))
        case "ceil":
            return dims.ceildiv(evaluate(parts[0]), evaluate(parts[1]))
        case "quotient":
            return dims.ratio(evaluate(parts[0]), evaluate(parts[1]))
        case "max":
            return dims.maximum(*(evaluate(part) for part in parts))
        case "min":
            return dims.minimum(*(evaluate(part) for part in parts))
        case "relation":
            condition = dims.compare(evaluate(parts[0]), parts[1], evaluate(parts[2]))
            return True if condition is None else condition.holds
    raise ValueError(f"{tree.op} has no value")
