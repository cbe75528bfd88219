"""The arithmetic in specs, against Python's own and against a table; what is not an expression says so."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnncalc.core.symbolic import symbol
from cnncalc.spec.expression import (
    Evaluation,
    ExpressionError,
    evaluate,
    free_names,
    is_name,
    names,
    parse,
)

NAMES: dict[str, Any] = {"w": 8, "stride": 2, "in_channels": 64, "kind": "same", "flag": True, "rate": 0.5}

VALUES: list[tuple[str, Any]] = [
    ("7", 7),
    ("34_944", 34944),
    ("w", 8),
    (" w ", 8),
    ("w*4", 32),
    ("w * 4 + 1", 33),
    ("1 + w * 4", 33),
    ("(1 + w) * 4", 36),
    ("w - 1 - 1", 6),
    ("w - (1 - 1)", 8),
    ("w // 3", 2),
    ("w // 3 * 3", 6),
    ("w * 3 // 5", 4),
    ("100 // 10 // 5", 2),
    ("-w", -8),
    ("--w", 8),
    ("-7 // 2", -4),
    ("-(7 // 2)", -3),
    ("2 * -3", -6),
    ("1 - -1", 2),
    ("in_channels // 16", 4),
    ("true", True),
    ("false", False),
    ("w == 8", True),
    ("w != 8", False),
    ("w < 8", False),
    ("w <= 8", True),
    ("w > 7", True),
    ("w >= 9", False),
    ("w + 1 > w", True),
    ("stride != 1 or in_channels != w", True),
    ("stride == 1 or in_channels == w", False),
    ("stride == 2 and w == 8", True),
    ("not stride == 1", True),
    ("not not flag", True),
    ("not flag or flag", True),
    ("not (flag or flag)", False),
    ("false and false or true", True),
    ("true or false and false", True),
    ("(true or false) and false", False),
    ("kind == 'same'", True),
    ('kind == "valid"', False),
    ("kind != 'valid'", True),
    ("'a b' == 'a b'", True),
    ("rate < 1", True),
    ("rate == 1", False),
    ("flag", True),
    ("flag == true", True),
    # only the side that decides is evaluated
    ("stride == 2 or undefined == 1", True),
    ("stride == 1 and undefined == 1", False),
    ("w//2*2 == w", True),
    ("((((w))))", 8),
]


@pytest.mark.parametrize(("text", "value"), VALUES)
def test_value(text: str, value: Any) -> None:
    result = evaluate(text, NAMES)
    assert result == value
    assert type(result) is type(value)


NOT_EXPRESSIONS = [
    "",
    " ",
    "*",
    "w *",
    "w w",
    "1 2",
    "(w",
    "w)",
    "()",
    "w ** 2",
    "w / 2",
    "w % 2",
    "w ^ 2",
    "w & 1",
    "~w",
    "w.real",
    "w[0]",
    "f(w)",
    "print(1)",
    "__import__('os')",
    "lambda: 1",
    "w if w else 1",
    "1.5",
    "1e4",
    "0x10",
    "1_",
    "1__0",
    "'open",
    "w = 1",
    "w := 1",
    "w, 1",
    "{1}",
    "1 < w < 9",
    "w == 1 == 1",
    "1 not 2",
    "and w",
    "not",
    "w or",
    "²",
    "٣",
    "w + ٣",
    "1" * 41,
    "w+" * 250 + "w",
    "(" * 41 + "1" + ")" * 41,
    "(" * 10_000 + "1" + ")" * 10_000,
    "-" * 41 + "1",
    "not " * 41 + "true",
]


@pytest.mark.parametrize("text", NOT_EXPRESSIONS)
def test_not_an_expression(text: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        parse(text)
    assert str(caught.value)
    assert caught.value.remedy


FAILS: list[tuple[str, str]] = [
    ("undefined", "not defined"),
    ("w + undefined", "not defined"),
    ("wid", "not defined"),
    ("w // 0", "division by zero"),
    ("w // (2 - 2)", "division by zero"),
    ("w // -2", "division by the negative number -2"),
    ("kind + 1", "not a number"),
    ("flag + 1", "not a number"),
    ("flag * 2", "not a number"),
    ("rate + 1", "not a number"),
    ("kind < 1", "cannot be compared"),
    ("flag < 1", "cannot be compared"),
    ("w and flag", "not a condition"),
    ("flag and w", "not a condition"),
    ("not w", "not a condition"),
    ("not kind", "not a condition"),
    ("false or w", "not a condition"),
]


@pytest.mark.parametrize(("text", "words"), FAILS)
def test_fails(text: str, words: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        evaluate(text, NAMES)
    assert words in str(caught.value)


def test_an_undefined_name_is_guessed() -> None:
    with pytest.raises(ExpressionError) as caught:
        evaluate("strides + 1", NAMES)
    assert caught.value.remedy == "did you mean stride?"


def test_in_channels_outside_a_block_has_a_message_of_its_own() -> None:
    with pytest.raises(ExpressionError) as caught:
        evaluate("in_channels * 2", {"w": 8})
    assert "only inside a block" in str(caught.value)


def test_limits() -> None:
    assert evaluate("w" + "+w" * 249, NAMES) == 250 * 8  # 499 characters
    assert evaluate("(" * 39 + "w" + ")" * 39, NAMES) == 8
    assert evaluate("9" * 40, NAMES) == 10**40 - 1


def test_names() -> None:
    assert names(parse("a + b * (c // a) != 'word'")) == {"a", "b", "c"}
    assert free_names("a ** b") == frozenset()
    assert [is_name(text) for text in ("a", "_a1", "1a", "a b", "", "a.b")] == [True, True, False, False, False, False]


# -- symbols ---------------------------------------------------------------------------------------------------------

H = symbol("H")


@pytest.mark.parametrize(
    ("text", "value"),
    [("2*h + 1", 2 * H + 1), ("(2*h) // 2", H), ("h - h", 0), ("h == h", True), ("h != h", False), ("h >= 1", True)],
)
def test_symbols(text: str, value: Any) -> None:
    assert evaluate(text, {"h": H}) == value


def test_floors_of_symbols_are_floors() -> None:
    half = evaluate("(h + 1) // 2", {"h": H})
    assert [half.subs(H, size) for size in (1, 2, 7, 8)] == [1, 1, 4, 4]


def test_an_undecided_equality_is_assumed_away_and_noted() -> None:
    evaluation = Evaluation({"h": H})
    assert evaluation(parse("h == 64")) is False
    assert evaluation(parse("h != 65")) is True
    assert len(evaluation.assumptions) == 2
    assert "64" in evaluation.assumptions[0]
    assert "65" in evaluation.assumptions[1]


@pytest.mark.parametrize("text", ["h > 3", "h <= 3", "h < w", "2*h >= 9"])
def test_an_undecided_order_stops(text: str) -> None:
    with pytest.raises(ExpressionError, match="cannot decide"):
        evaluate(text, {"h": H, "w": symbol("W")})


# -- against Python --------------------------------------------------------------------------------------------------

OPERATORS = ("+", "-", "*", "//")
COMPARISONS = ("==", "!=", "<", "<=", ">", ">=")
ENVIRONMENT = {"a": 3, "b": 17, "c_1": -5, "d": 0}


@st.composite
def integers(draw: st.DrawFn, depth: int = 3) -> str:
    shape = draw(st.integers(0, 5)) if depth else draw(st.integers(0, 1))
    if shape == 0:
        return str(draw(st.integers(0, 1000)))
    if shape == 1:
        return draw(st.sampled_from(sorted(ENVIRONMENT)))
    if shape == 2:
        return "-" + draw(integers(depth - 1))
    if shape == 3:
        return f"({draw(integers(depth - 1))})"
    space = draw(st.sampled_from(("", " ")))
    operator = draw(st.sampled_from(OPERATORS))
    return f"{draw(integers(depth - 1))}{space}{operator}{space}{draw(integers(depth - 1))}"


@st.composite
def conditions(draw: st.DrawFn, depth: int = 2) -> str:
    shape = draw(st.integers(0, 4)) if depth else 0
    if shape == 0:
        return f"{draw(integers(1))} {draw(st.sampled_from(COMPARISONS))} {draw(integers(1))}"
    if shape == 1:
        return f"not {draw(conditions(depth - 1))}"
    if shape == 2:
        return f"({draw(conditions(depth - 1))})"
    return f"{draw(conditions(depth - 1))} {draw(st.sampled_from(('and', 'or')))} {draw(conditions(depth - 1))}"


class _Dividend(int):
    """An integer for Python's evaluator that refuses what the language refuses: dividing by zero or less."""

    def __add__(self, other: int) -> _Dividend:
        return _Dividend(int(self) + int(other))

    def __sub__(self, other: int) -> _Dividend:
        return _Dividend(int(self) - int(other))

    def __mul__(self, other: int) -> _Dividend:
        return _Dividend(int(self) * int(other))

    def __neg__(self) -> _Dividend:
        return _Dividend(-int(self))

    def __floordiv__(self, other: int) -> _Dividend:
        if int(other) <= 0:
            raise ZeroDivisionError
        return _Dividend(int(self) // int(other))


def by_python(text: str) -> Any:
    """Python's value of a generated text, None where the language refuses a division."""
    wrapped = re.sub(r"(?<![\w])(\d+)", r"N(\1)", text)
    scope = {name: _Dividend(value) for name, value in ENVIRONMENT.items()}
    try:
        return eval(wrapped, {"__builtins__": {}, "N": _Dividend}, scope)
    except ZeroDivisionError:
        return None


@given(integers() | conditions())
def test_as_python(text: str) -> None:
    expected = by_python(text)
    if expected is None:
        with pytest.raises(ExpressionError, match="division"):
            evaluate(text, ENVIRONMENT)
    else:
        assert evaluate(text, ENVIRONMENT) == expected


@given(st.text(max_size=40) | st.text(alphabet="ab1 +-*/()<>=!andornot'\"_", max_size=40))
def test_any_text_is_a_value_or_an_expression_error(text: str) -> None:
    try:
        evaluate(text, {"a": 3, "b": 4})
    except ExpressionError:
        return
