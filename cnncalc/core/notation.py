"""How a formula is written: for a terminal, in the grammar of specs, in LaTeX, in MathML. Computes nothing."""

from __future__ import annotations

import re
from collections.abc import Callable
from fractions import Fraction
from html import escape
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from cnncalc.core.expression import Expression

SUM, PRODUCT, ATOM = 1, 2, 3
"""How strongly a piece of formula holds together."""


class Notation(NamedTuple):
    """The signs of one way to write formulas in a line."""

    times: str
    minus: str
    quotient: str
    """With two places, for what is divided and by what."""
    floor: str
    ceil: str
    max: str
    min: str
    brackets: str
    relations: dict[str, str]
    gap: str
    name: Callable[[str], str]
    number: Callable[[int], str]
    stacked: bool = False
    """Whether a quotient's halves need no brackets."""


_SYMBOL = re.compile(r"[A-Za-z](_[A-Za-z0-9]+)?")
_TEX_SIGNS = re.compile(r"[\\{}$&#^_%~]")


def is_symbol(name: str) -> bool:
    """Whether a name is a letter (or an abbreviation) with at most one subscript, and no word."""
    return _SYMBOL.fullmatch(name) is not None


def _escaped(match: re.Match[str]) -> str:
    sign = match.group()
    return {"\\": r"\textbackslash{}", "^": r"\textasciicircum{}", "~": r"\textasciitilde{}"}.get(sign, f"\\{sign}")


def _subscript(name: str) -> str:
    if not is_symbol(name):
        return rf"\text{{{_TEX_SIGNS.sub(_escaped, name)}}}"
    base, _, below = name.partition("_")
    shown = base if len(base) == 1 else rf"\mathrm{{{base}}}"
    return rf"{shown}_{{\mathrm{{{below}}}}}" if below else shown


def _grouped(number: int) -> str:
    return f"{number:,}"


UNICODE = Notation(
    "·",
    "−",
    "{}/{}",
    "⌊{}⌋",
    "⌈{}⌉",
    "max({})",
    "min({})",
    "({})",
    {">=": "≥", "<=": "≤", "==": "=", "!=": "≠", "divisible by": "divisible by"},
    "…",
    str,
    _grouped,
)
ASCII = Notation(
    "*",
    "-",
    "{}/{}",
    "floor({})",
    "ceil({})",
    "max({})",
    "min({})",
    "({})",
    {">=": ">=", "<=": "<=", "==": "==", "!=": "!=", "divisible by": "divisible by"},
    "...",
    str,
    str,
)
LATEX = Notation(
    r" \cdot ",
    "-",
    r"\frac{{{}}}{{{}}}",
    r"\left\lfloor {} \right\rfloor",
    r"\left\lceil {} \right\rceil",
    r"\max\left({}\right)",
    r"\min\left({}\right)",
    r"\left({}\right)",
    {">=": r"\geq", "<=": r"\leq", "==": "=", "!=": r"\neq", "divisible by": r"\mathrel{\text{divisible by}}"},
    r"\cdots",
    _subscript,
    lambda number: f"{number:,}".replace(",", "{,}"),
    stacked=True,
)


def text(tree: Expression, signs: Notation) -> str:
    """The formula in a line."""
    return _written(tree, signs)[0]


def _at_least(tree: Expression, strength: int, signs: Notation) -> str:
    shown, has = _written(tree, signs)
    return shown if has >= strength else signs.brackets.format(shown)


def _number(value: Any, signs: Notation) -> tuple[str, int]:
    if isinstance(value, Fraction) and value.denominator != 1:
        whole = signs.quotient.format(signs.number(abs(value.numerator)), signs.number(value.denominator))
        return (f"{signs.minus}{whole}", SUM) if value < 0 else (whole, ATOM if signs.stacked else PRODUCT)
    number = int(value)
    return (f"{signs.minus}{signs.number(-number)}", SUM) if number < 0 else (signs.number(number), ATOM)


def _written(tree: Expression, signs: Notation) -> tuple[str, int]:
    """The formula, and how strongly it holds together."""
    parts = tree.parts
    match tree.op:
        case "constant" | "value":
            return _number(parts[0], signs)
        case "leaf":
            return signs.name(parts[0]), ATOM
        case "sum":
            return _sum(parts, signs), SUM
        case "product":
            return _product(parts, signs)
        case "floor" | "ceil":
            inner = _quotient(parts, signs)
            return (signs.floor if tree.op == "floor" else signs.ceil).format(inner), ATOM
        case "quotient":
            return _quotient(parts, signs), ATOM if signs.stacked else PRODUCT
        case "max" | "min":
            inner = ", ".join(_written(part, signs)[0] for part in parts)
            return (signs.max if tree.op == "max" else signs.min).format(inner), ATOM
        case "relation":
            left, right = _written(parts[0], signs)[0], _written(parts[2], signs)[0]
            return f"{left} {signs.relations[parts[1]]} {right}", 0
        case "gap":
            return signs.gap, ATOM
    raise ValueError(tree.op)


def _sum(parts: tuple[Any, ...], signs: Notation) -> str:
    shown = ""
    for factor, term in parts:
        size = abs(factor)
        written = _term(size, term, signs)
        sign = signs.minus if factor < 0 else "+"
        shown += f" {sign} {written}" if shown else (f"{sign}{written}" if factor < 0 else written)
    return shown


def _term(factor: Any, term: Expression, signs: Notation) -> str:
    if term.op == "constant":
        return _number(factor * term.parts[0], signs)[0]
    if factor == 1:
        return _at_least(term, PRODUCT, signs)
    return _product((factor, term), signs)[0]


def _product(parts: tuple[Any, ...], signs: Notation) -> tuple[str, int]:
    factor, *factors = parts
    sign = signs.minus if factor < 0 else ""
    shown = [] if abs(factor) == 1 else [_number(abs(factor), signs)[0]]
    shown += [_at_least(part, PRODUCT if signs.stacked or part.op == "product" else ATOM, signs) for part in factors]
    return sign + signs.times.join(shown), SUM if sign else PRODUCT


def _quotient(parts: tuple[Any, ...], signs: Notation) -> str:
    if signs.stacked:
        return signs.quotient.format(*(_written(part, signs)[0] for part in parts))
    return signs.quotient.format(_at_least(parts[0], PRODUCT, signs), _at_least(parts[1], ATOM, signs))


def pieces(tree: Expression, signs: Notation) -> list[str]:
    """The formula, cut where a line may end: between the terms of a sum or the candidates of an extreme."""
    parts = tree.parts
    if tree.op == "sum":
        return [_piece(factor, term, index, signs) for index, (factor, term) in enumerate(parts)]
    if tree.op in ("max", "min"):
        inner = [_written(part, signs)[0] for part in parts]
        word = rf"\{tree.op}" if signs.stacked else tree.op
        return _enclosed([*(f"{one}," for one in inner[:-1]), inner[-1]], f"{word}(")
    if tree.op == "product" and len(parts) > 2 and parts[-1].op in ("sum", "max", "min"):
        head = _product(parts[:-1], signs)[0] + signs.times
        inner = pieces(parts[-1], signs)
        return _enclosed(inner, f"{head}(") if parts[-1].op == "sum" else [head + inner[0], *inner[1:]]
    return [_written(tree, signs)[0]]


def _piece(factor: Any, term: Expression, index: int, signs: Notation) -> str:
    """A term of a sum with the sign before it."""
    sign = signs.minus if factor < 0 else "+" if index else ""
    return f"{sign}{' ' if index else ''}{_term(abs(factor), term, signs)}"


def _enclosed(inner: list[str], opening: str) -> list[str]:
    """With an opening before the first and a bracket behind the last."""
    first, last = opening + inner[0], f"{inner[-1]})"
    return [first, *inner[1:-1], last] if len(inner) > 1 else [f"{first})"]


# -- MathML --------------------------------------------------------------------------------------------------------


def mathml(tree: Expression) -> str:
    """The inside of a MathML `math` element."""
    return _math(tree)[0]


def _row(*pieces: str) -> str:
    return f"<mrow>{''.join(pieces)}</mrow>"


def _sign(sign: str) -> str:
    return f"<mo>{escape(sign)}</mo>"


def _around(left: str, inner: str, right: str) -> str:
    return _row(_sign(left), inner, _sign(right))


def math_name(name: str) -> str:
    """A name with its subscript."""
    if not is_symbol(name):
        return f"<mtext>{escape(name)}</mtext>"
    base, _, below = name.partition("_")
    shown = f"<mi>{escape(base)}</mi>"
    return f"<msub>{shown}<mtext>{escape(below)}</mtext></msub>" if below else shown


def math_number(value: Any) -> tuple[str, int]:
    """A number, and how strongly it holds together."""
    if isinstance(value, Fraction) and value.denominator != 1:
        whole = f"<mfrac><mn>{abs(value.numerator):,}</mn><mn>{value.denominator:,}</mn></mfrac>"
    else:
        whole = f"<mn>{abs(int(value)):,}</mn>"
    return (_row(_sign("−"), whole), SUM) if value < 0 else (whole, ATOM)


def _bracketed(tree: Expression, strength: int) -> str:
    shown, has = _math(tree)
    return shown if has >= strength else _around("(", shown, ")")


def _math(tree: Expression) -> tuple[str, int]:
    parts = tree.parts
    match tree.op:
        case "constant" | "value":
            return math_number(parts[0])
        case "leaf":
            return math_name(parts[0]), ATOM
        case "sum":
            return _math_sum(parts), SUM
        case "product":
            return _math_product(parts)
        case "floor":
            return _around("⌊", _fraction(parts), "⌋"), ATOM
        case "ceil":
            return _around("⌈", _fraction(parts), "⌉"), ATOM
        case "quotient":
            return _fraction(parts), ATOM
        case "max" | "min":
            inner = _sign(",").join(_math(part)[0] for part in parts)
            return _row(f"<mi>{tree.op}</mi>", _around("(", inner, ")")), ATOM
        case "relation":
            return _row(_math(parts[0])[0], _sign(UNICODE.relations[parts[1]]), _math(parts[2])[0]), 0
        case "gap":
            return "<mo>…</mo>", ATOM
    raise ValueError(tree.op)


def _fraction(parts: tuple[Any, ...]) -> str:
    return f"<mfrac>{_math(parts[0])[0]}{_math(parts[1])[0]}</mfrac>"


def _math_sum(parts: tuple[Any, ...]) -> str:
    pieces: list[str] = []
    for factor, term in parts:
        if factor < 0 or pieces:
            pieces.append(_sign("−" if factor < 0 else "+"))
        if term.op == "constant":
            pieces.append(math_number(abs(factor) * term.parts[0])[0])
        elif abs(factor) == 1:
            pieces.append(_bracketed(term, PRODUCT))
        else:
            pieces.append(_math_product((abs(factor), term))[0])
    return _row(*pieces)


def _math_product(parts: tuple[Any, ...]) -> tuple[str, int]:
    factor, *factors = parts
    shown = [] if abs(factor) == 1 else [math_number(abs(factor))[0]]
    shown += [_bracketed(part, PRODUCT) for part in factors]
    inner = _sign("·").join(shown)
    return (_row(_sign("−"), inner), SUM) if factor < 0 else (_row(inner), PRODUCT)
