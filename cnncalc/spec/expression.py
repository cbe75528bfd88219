"""Safe arithmetic in specs: names, integers, + - * //, comparisons, and / or / not, quoted words, parentheses.

A small precedence parser of our own; spec text never reaches Python's or sympy's evaluators.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from cnncalc.core.dims import compare, floordiv, is_symbolic, too_large
from cnncalc.layers.fields import describe

LONGEST = 500
DEEPEST = 40

_TOKEN = re.compile(
    r"\s*(?:(?P<int>[0-9](?:_?[0-9])*)|(?P<name>[A-Za-z_][A-Za-z0-9_]*)|(?P<word>\"[^\"]*\"|'[^']*')|(?P<op>//|==|!=|<=|>=|[-+*<>()]))"
)
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_COMPARISONS = frozenset({"==", "!=", "<", "<=", ">", ">="})


class ExpressionError(Exception):
    """The text is not an expression, or it cannot be evaluated. `remedy` says what to do."""

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(message)
        self.remedy = remedy


class UndecidedError(ExpressionError):
    """A condition on symbols that can be neither confirmed nor refuted."""


Tree = tuple[Any, ...]


def is_name(text: str) -> bool:
    """Whether the text is a single name."""
    return _NAME.fullmatch(text) is not None


@lru_cache(maxsize=4096)
def parse(text: str) -> Tree:
    """The expression's tree. Raises ExpressionError.

    >>> parse("w*4")
    ('*', ('name', 'w'), ('int', 4))
    """
    if len(text) > LONGEST:
        raise ExpressionError(f"an expression of {len(text)} characters", f"keep it below {LONGEST}")
    return _Parser(text).whole()


def names(tree: Tree) -> frozenset[str]:
    """The names that a tree refers to."""
    if tree[0] == "name":
        return frozenset({tree[1]})
    return frozenset().union(*(names(part) for part in tree[1:] if isinstance(part, tuple)))


@lru_cache(maxsize=4096)
def free_names(text: str) -> frozenset[str]:
    """The names in an expression's text; empty when it is not an expression."""
    try:
        return names(parse(text))
    except ExpressionError:
        return frozenset()


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens: list[tuple[str, str]] = []
        position = 0
        stripped = text.rstrip()
        while position < len(stripped):
            match = _TOKEN.match(stripped, position)
            if match is None:
                raise ExpressionError(
                    f"`{text}` is not an expression: {stripped[position:].lstrip()[:1]!r} is not known here",
                    "use names, integers, + - * // and parentheses",
                )
            kind = str(match.lastgroup)
            self.tokens.append((kind, match.group(kind)))
            position = match.end()
        self.at = 0
        self.depth = 0

    def peek(self) -> str:
        return self.tokens[self.at][1] if self.at < len(self.tokens) else ""

    def take(self) -> tuple[str, str]:
        if self.at >= len(self.tokens):
            raise ExpressionError(f"`{self.text}` is not an expression: it ends too early", "complete it")
        self.at += 1
        return self.tokens[self.at - 1]

    def whole(self) -> Tree:
        tree = self.disjunction()
        if self.at < len(self.tokens):
            raise ExpressionError(
                f"`{self.text}` is not an expression: {self.peek()!r} is not expected there",
                "use names, integers, + - * // and parentheses",
            )
        return tree

    def disjunction(self) -> Tree:
        tree = self.conjunction()
        while self.peek() == "or":
            self.take()
            tree = ("or", tree, self.conjunction())
        return tree

    def conjunction(self) -> Tree:
        tree = self.negation()
        while self.peek() == "and":
            self.take()
            tree = ("and", tree, self.negation())
        return tree

    def negation(self) -> Tree:
        if self.peek() == "not":
            self.take()
            self.enter()
            tree = ("not", self.negation())
            self.depth -= 1
            return tree
        return self.comparison()

    def comparison(self) -> Tree:
        tree = self.sum()
        if self.peek() in _COMPARISONS:
            operator = self.take()[1]
            tree = (operator, tree, self.sum())
            if self.peek() in _COMPARISONS:
                raise ExpressionError(f"`{self.text}` compares twice", "join two comparisons with and")
        return tree

    def sum(self) -> Tree:
        tree = self.product()
        while self.peek() in ("+", "-"):
            tree = (self.take()[1], tree, self.product())
        return tree

    def product(self) -> Tree:
        tree = self.factor()
        while self.peek() in ("*", "//"):
            tree = (self.take()[1], tree, self.factor())
        return tree

    def enter(self) -> None:
        self.depth += 1
        if self.depth > DEEPEST:
            raise ExpressionError(f"an expression nested deeper than {DEEPEST} levels", "write it more simply")

    def factor(self) -> Tree:
        kind, token = self.take()
        self.enter()
        try:
            if token == "-":
                return ("-", ("int", 0), self.factor())
            if token == "(":
                tree = self.disjunction()
                if self.take()[1] != ")":
                    raise ExpressionError(f"`{self.text}` is not an expression: a bracket is not closed", "close it")
                return tree
        finally:
            self.depth -= 1
        if kind == "int":
            if len(token) > 40:
                raise ExpressionError("a number of more than 40 digits", "write a smaller one")
            return ("int", int(token))
        if kind == "word":
            return ("word", token[1:-1])
        if kind == "name" and token in ("true", "false"):
            return ("bool", token == "true")
        if kind == "name" and token not in ("and", "or", "not"):
            return ("name", token)
        raise ExpressionError(
            f"`{self.text}` is not an expression: {token!r} is not expected there",
            "use names, integers, + - * // and parentheses",
        )


class Evaluation:
    """Evaluates trees in an environment and collects what had to be assumed of symbols."""

    def __init__(self, environment: Mapping[str, Any]) -> None:
        self.environment = environment
        self.assumptions: list[str] = []

    def __call__(self, tree: Tree) -> Any:
        """The tree's value. Raises ExpressionError."""
        head = tree[0]
        if head in ("int", "bool", "word"):
            return tree[1]
        if head == "name":
            return self._name(tree[1])
        if head == "and":
            return self._truth(tree[1]) and self._truth(tree[2])
        if head == "or":
            return self._truth(tree[1]) or self._truth(tree[2])
        if head == "not":
            return not self._truth(tree[1])
        left, right = self(tree[1]), self(tree[2])
        if head in _COMPARISONS:
            return self._compare(left, head, right)
        for value in (left, right):
            if isinstance(value, bool) or not (isinstance(value, int) or is_symbolic(value)):
                raise ExpressionError(f"{describe(value)} is not a number", "arithmetic needs whole numbers")
        if head in "+-*":
            value = left + right if head == "+" else left - right if head == "-" else left * right
            if too_large(value):
                raise ExpressionError(
                    "the result is beyond 10^30, or a formula too long to work with", "use smaller numbers"
                )
            return value
        if isinstance(right, int) and right <= 0:
            raise ExpressionError(
                "division by zero" if right == 0 else f"division by the negative number {right}",
                "divide by a positive number",
            )
        return floordiv(left, right)

    def _name(self, name: str) -> Any:
        try:
            return self.environment[name]
        except KeyError:
            from cnncalc.core.diagnostic import did_you_mean

            if name == "in_channels":
                raise ExpressionError(
                    "in_channels is known only inside a block", "put the layers into a block, or define a variable"
                ) from None
            raise ExpressionError(f"the name {name} is not defined", did_you_mean(name, self.environment)) from None

    def _truth(self, tree: Tree) -> bool:
        value = self(tree)
        if not isinstance(value, bool):
            raise ExpressionError(f"{value} is not a condition", "compare it with something: ==, !=, <, <=, >, >=")
        return value

    def _compare(self, left: Any, operator: str, right: Any) -> bool:
        if any(hasattr(value, "described") for value in (left, right)):
            raise ExpressionError("a list of layers cannot be compared", "compare numbers or words")
        if not is_symbolic(left) and not is_symbolic(right):
            if operator in ("==", "!="):
                return bool((left == right) is (operator == "=="))
            if any(isinstance(value, bool) or not isinstance(value, int | float) for value in (left, right)):
                raise ExpressionError(f"{left} {operator} {right} cannot be compared", "compare numbers")
            return bool({"<": left < right, "<=": left <= right, ">": left > right, ">=": left >= right}[operator])
        if any(not (is_symbolic(value) or isinstance(value, int)) for value in (left, right)):
            return operator == "!="
        if operator in ("==", "!="):
            equal = compare(left, "==", right)
            if equal is not None and equal.holds is None:
                # generic position: two sizes that are not known to be equal are taken to differ, and that is said
                self.assumptions.append(str(equal._replace(relation="!=")))
            return (equal is None) is (operator == "==")
        strict = operator in ("<", ">")
        low, high = (left, right) if operator in (">", ">=") else (right, left)
        condition = compare(low, ">=", high + 1 if strict else high)
        if condition is not None and condition.holds is None:
            raise UndecidedError(
                f"cannot decide whether {condition}", "give the symbol a value with --set or in variables"
            )
        return condition is None


def evaluate(text: str, environment: Mapping[str, Any]) -> Any:
    """An expression's value.

    >>> evaluate("2*(w + 1) // 3", {"w": 8})
    6
    """
    return Evaluation(environment)(parse(text))
