"""Recording numbers: the formula that comes out is the one that went in, and its value is the number's."""

from __future__ import annotations

import re
from fractions import Fraction
from math import ceil, floor
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnncalc.core import dims, notation
from cnncalc.core.recording import Recorded, expression_of, named, relation, value_of
from cnncalc.core.symbolic import symbol
from cnncalc.layers.window import Axis

WORDS = {
    "exact": Fraction,
    "floor": lambda x: Fraction(floor(x)),
    "ceil": lambda x: Fraction(ceil(x)),
    "max": max,
    "min": min,
}


def read(text: str, **values: int) -> Any:
    """What a formula in the grammar of specs comes to, worked out by Python and not by cnncalc."""
    return eval(re.sub(r"\b\d+", r"exact(\g<0>)", text), {**WORDS, **{name: Fraction(v) for name, v in values.items()}})


def window(size: int, kernel: int, stride: int, dilation: Any, padding: Any) -> Recorded:
    pads = padding if padding == "same" else (named("P", padding),) * 2
    axis = Axis(named("H", size), named("K", kernel), named("S", stride), dilation, pads)
    return axis.positions()  # type: ignore[no-any-return]


ROWS = [
    # the documents' formula: course document 001, line 714
    (window(227, 11, 4, 1, 0), "⌊(H + 2·P − K)/S⌋ + 1", "⌊(227 + 2·0 − 11)/4⌋ + 1", 55),
    (window(224, 7, 2, 1, 3), "⌊(H + 2·P − K)/S⌋ + 1", "⌊(224 + 2·3 − 7)/2⌋ + 1", 112),
    (
        window(224, 7, 2, named("D", 2), 3),
        "⌊(H + 2·P − D·(K − 1) − 1)/S⌋ + 1",
        "⌊(224 + 2·3 − 2·(7 − 1) − 1)/2⌋ + 1",
        109,
    ),
    (window(200, 3, 2, 1, "same"), "⌈H/S⌉", "⌈200/2⌉", 100),
]


@pytest.mark.parametrize(("number", "symbols", "numbers", "value"), ROWS)
def test_window(number: Recorded, symbols: str, numbers: str, value: int) -> None:
    assert number.expression.text() == symbols
    assert number.expression.numbers.text() == numbers
    assert number.value == number.expression.evaluate() == number.expression.numbers.evaluate() == value


def test_ascii_is_the_grammar_of_specs() -> None:
    number = window(227, 11, 4, 1, 0)
    assert number.expression.text(unicode=False) == "floor((H + 2*P - K)/S) + 1"
    assert number.expression.latex() == r"\left\lfloor \frac{H + 2 \cdot P - K}{S} \right\rfloor + 1"


H, W, C = named("H", 5), named("W", 7), named("C", 3)
TIDY = [
    (H + 0, "H"),
    (1 * H, "H"),
    (H * 0, "0"),
    (H + H, "2·H"),
    (H - H, "0"),
    (-H + W, "−H + W"),
    (W - (H - 1), "W − H + 1"),
    (C * (H + W), "C·(H + W)"),
    (2 * H * 3, "6·H"),
    (H * H, "H·H"),
    (dims.floordiv(H + 1, 1), "H + 1"),
    (dims.exactdiv(C, C), "1"),
    (dims.maximum(H, W, H), "max(H, W)"),
    (dims.minimum(H, 2), "min(H, 2)"),
    (dims.ratio(H, W), "H/W"),
    (dims.total([1, H, C, 2]), "H + C + 3"),
    (dims.prod([H, W, C]), "H·W·C"),
    (dims.ceildiv(C * H, W - C), "⌈C·H/(W − C)⌉"),
    (named("conv1", 12_345) * 2, "2·conv1"),
]


@pytest.mark.parametrize(("number", "shown"), TIDY)
def test_only_what_nobody_would_write_is_tidied(number: Recorded, shown: str) -> None:
    assert number.expression.text() == shown
    assert number.expression.evaluate() == number.value


def test_numbers_are_substituted_and_not_evaluated() -> None:
    assert (H + H - W * 1).expression.numbers.text() == "2·5 − 7"
    assert (W - named("a", -3) * H).expression.numbers.text() == "7 − (−3)·5"
    assert (2 * named("conv1", 9 * symbol("H"))).expression.numbers.text() == "2·9·H"
    assert named("n", 1_234_567).expression.numbers.text() == "1,234,567"


def test_symbolic_values_stand_in_the_numbers() -> None:
    size = named("H_in", dims.ceildiv(symbol("H"), 2))
    number = Axis(size, named("K", 3), named("S", 2), 1, (named("P", 1),) * 2).positions()
    assert number.expression.numbers.text() == "⌊(⌈H/2⌉ + 2·1 − 3)/2⌋ + 1"
    assert expression_of(number.value).text() == "⌈H/4⌉"


def test_a_cache_never_takes_it_for_a_number() -> None:
    with pytest.raises(TypeError):
        hash(H)
    assert H == 5 and named("K", 5) == H and H != 6


def test_relations() -> None:
    fits = relation(H + 2, ">=", W)
    assert (fits.value, fits.expression.text()) == (True, "H + 2 ≥ W")
    assert relation(C, "divisible by", named("G", 2)).value is False
    assert relation(named("H", symbol("H")), ">=", 3).value is None


def test_a_long_sum_is_shortened_for_reading_only() -> None:
    number = dims.total([named(f"layer{index}", index) for index in range(40)])
    shown = number.expression.shortened(6).text()
    assert shown == "layer0 + layer1 + layer2 + … + layer38 + layer39"
    assert number.expression.evaluate() == 780


OPERATIONS = ("+", "-", "*", "floor", "ceil", "max", "min", "neg")


@st.composite
def numbers(draw: st.DrawFn) -> Recorded:
    """A number that has been through some arithmetic; a name stands for one value only."""
    values = dict(zip("ABCDEF", draw(st.lists(st.integers(1, 9), min_size=6, max_size=6)), strict=True))
    pool: list[Any] = [named(name, value) for name, value in values.items()] + [0, 1, 2]
    for _ in range(draw(st.integers(1, 8))):
        one, two = draw(st.sampled_from(pool)), draw(st.sampled_from(pool))
        match draw(st.sampled_from(OPERATIONS)):
            case "+":
                made = one + two
            case "-":
                made = one - two
            case "*":
                made = one * two
            case "floor":
                made = dims.floordiv(one, named("A", values["A"]))
            case "ceil":
                made = dims.ceildiv(one, named("B", values["B"]))
            case "max":
                made = dims.maximum(one, two)
            case "min":
                made = dims.minimum(one, two)
            case _:
                made = -one
        pool.append(made)
    last = pool[-1]
    return last if isinstance(last, Recorded) else last + pool[0]


@settings(max_examples=300, deadline=None)
@given(numbers())
def test_what_is_written_comes_to_the_value(number: Recorded) -> None:
    """The text of the formula and of the numbers, read by Python, and the tree, are the number's value."""
    tree = number.expression
    leaves = dict(_leaves(tree))
    assert read(tree.text(unicode=False), **leaves) == number.value
    assert read(tree.numbers.text(unicode=False)) == number.value
    assert read(" ".join(notation.pieces(tree.numbers, notation.ASCII))) == number.value
    assert tree.evaluate() == tree.numbers.evaluate() == value_of(number)
    assert tree.mathml().count("<mrow>") == tree.mathml().count("</mrow>")
    assert tree.latex().count("{") == tree.latex().count("}")


def _leaves(tree: Any) -> Any:
    if tree.op == "leaf":
        yield tree.parts
        return
    for part in tree.parts:
        if isinstance(part, type(tree)):
            yield from _leaves(part)
        elif isinstance(part, tuple):
            yield from _leaves(part[1])
