"""The laws of the dimension arithmetic: symbols, ints and arrays agree; comparisons and texts never lie.

The reference is Python's own `//`, `max` and `min` on numpy arrays of values, never the functions under test.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from fractions import Fraction
from math import ceil, floor
from typing import Any

import numpy
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from sympy import sympify

from cnncalc.core.dims import (
    canonical,
    ceildiv,
    compare,
    floordiv,
    is_symbolic,
    maximum,
    minimum,
    plain,
    prod,
    ratio,
    text,
    total,
)
from cnncalc.core.symbolic import symbol

H, W, n, s = symbol("H"), symbol("W"), symbol("n"), symbol("s")

GRID = numpy.arange(1, 61)
TALL, WIDE = numpy.meshgrid(GRID, GRID, indexing="ij")
SYMBOLS = {"H": H, "W": W}
VALUES = {"H": TALL, "W": WIDE}

Tree = Any
"""An expression as data: an int, a name, or (operation, left, right)."""


def trees(leaves: int = 8) -> st.SearchStrategy[Tree]:
    """Random expressions over H and W."""
    leaf = st.one_of(st.integers(-6, 9), st.sampled_from(["H", "W", "H"]))

    def grow(inner: st.SearchStrategy[Tree]) -> st.SearchStrategy[Tree]:
        divisor = st.integers(1, 6)
        return st.one_of(
            st.tuples(st.sampled_from("+-"), inner, inner),
            st.tuples(st.just("*"), inner, st.one_of(st.integers(-3, 4), st.sampled_from(["H", "W"]))),
            st.tuples(st.sampled_from(["floordiv", "ceildiv"]), inner, divisor),
            st.tuples(st.sampled_from(["maximum", "minimum"]), inner, inner),
        )

    return st.recursive(leaf, grow, max_leaves=leaves)


def computed(tree: Tree, names: Mapping[str, Any]) -> Any:
    """The expression by cnncalc's arithmetic."""
    if isinstance(tree, str):
        return names[tree]
    if isinstance(tree, int):
        return tree
    operation, left, right = tree[0], computed(tree[1], names), computed(tree[2], names)
    match operation:
        case "+":
            return left + right
        case "-":
            return left - right
        case "*":
            return left * right
        case "floordiv":
            return floordiv(left, right)
        case "ceildiv":
            return ceildiv(left, right)
        case "maximum":
            return maximum(left, right)
        case _:
            return minimum(left, right)


def reference(tree: Tree, names: Mapping[str, Any]) -> Any:
    """The expression by numpy's."""
    if isinstance(tree, str):
        return names[tree]
    if isinstance(tree, int):
        return numpy.int64(tree)
    operation, left, right = tree[0], reference(tree[1], names), reference(tree[2], names)
    match operation:
        case "+":
            return left + right
        case "-":
            return left - right
        case "*":
            return left * right
        case "floordiv":
            return left // right
        case "ceildiv":
            return -(-left // right)
        case "maximum":
            return numpy.maximum(left, right)
        case _:
            return numpy.minimum(left, right)


def evaluated(node: Any, names: Mapping[str, Any]) -> Any:
    """A text of the JSON contract's grammar: names, integers, + - * //, a/b in ceil() and floor(), max and min."""
    if isinstance(node, str):
        return evaluated(ast.parse(node, mode="eval").body, names)
    match node:
        case ast.Constant(value=int(value)):
            return Fraction(value)
        case ast.Name(id=name):
            return Fraction(names[name])
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -evaluated(operand, names)
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return evaluated(left, names) + evaluated(right, names)
        case ast.BinOp(left=left, op=ast.Sub(), right=right):
            return evaluated(left, names) - evaluated(right, names)
        case ast.BinOp(left=left, op=ast.Mult(), right=right):
            return evaluated(left, names) * evaluated(right, names)
        case ast.BinOp(left=left, op=ast.Div(), right=right):  # of fractional strides only
            return evaluated(left, names) / evaluated(right, names)
        case ast.BinOp(left=left, op=ast.FloorDiv(), right=right):
            return Fraction(evaluated(left, names) // evaluated(right, names))
        case ast.Call(func=ast.Name(id="max" | "min" as name), args=arguments):
            return (max if name == "max" else min)(evaluated(item, names) for item in arguments)
        case ast.Call(func=ast.Name(id="ceil" | "floor" as name), args=[ast.BinOp(left=a, op=ast.Div(), right=b)]):
            return Fraction((ceil if name == "ceil" else floor)(evaluated(a, names) / evaluated(b, names)))
    raise AssertionError(f"not in the grammar: {ast.unparse(node)}")


def put_in(value: Any, numbers: Mapping[str, int]) -> Any:
    """A computed dimension with numbers for its symbols, as a Fraction."""
    if not is_symbolic(value):
        return Fraction(value)
    found = sympify(value.xreplace({symbol(name): number for name, number in numbers.items()}))
    assert found.is_Rational, found
    return Fraction(int(found.p), int(found.q))


PAIRS = [(1, 1), (1, 60), (2, 3), (7, 5), (8, 8), (13, 1), (29, 31), (60, 59)]
"""A few sizes of H and W for the slower checks."""


@given(trees())
def test_symbols_put_in_equal_ints(tree: Tree) -> None:
    """One formula, two algebras."""
    value = computed(tree, SYMBOLS)
    for tall, wide in PAIRS:
        numbers = {"H": tall, "W": wide}
        assert put_in(value, numbers) == computed(tree, numbers) == reference(tree, numbers)


@given(trees())
def test_arrays_equal_ints(tree: Tree) -> None:
    """The third algebra."""
    assert (computed(tree, VALUES) == reference(tree, VALUES)).all()


@given(trees())
def test_canonical_changes_nothing(tree: Tree) -> None:
    """One spelling, the same size; and only one step is needed."""
    value = computed(tree, SYMBOLS)
    once = canonical(value)
    assert canonical(once) == once
    assert all(
        put_in(once, dict(zip("HW", pair, strict=True))) == put_in(value, dict(zip("HW", pair, strict=True)))
        for pair in PAIRS
    )


@given(trees())
def test_text_says_what_is_computed(tree: Tree) -> None:
    """The text, read by another program, comes to the same numbers."""
    shown = text(computed(tree, SYMBOLS))
    assert "**" not in shown
    for tall, wide in PAIRS:
        numbers = {"H": tall, "W": wide}
        assert evaluated(shown, numbers) == reference(tree, numbers), shown


RELATIONS: dict[str, Callable[[Any, Any], Any]] = {
    ">=": numpy.greater_equal,
    "<=": numpy.less_equal,
    "==": numpy.equal,
    "!=": numpy.not_equal,
    "divisible by": lambda left, right: left % right == 0,
}


@given(trees(), trees(), st.sampled_from([">=", "<=", "==", "!="]))
def test_compare_is_never_wrong(one: Tree, two: Tree, relation: str) -> None:
    """True and False are said only of what holds, or fails, for all sizes from 1 to 60."""
    verdicts = RELATIONS[relation](reference(one, VALUES), reference(two, VALUES))
    condition = compare(computed(one, SYMBOLS), relation, computed(two, SYMBOLS))
    if condition is None:
        assert verdicts.all()
    elif condition.holds is False:
        assert not verdicts.any()
    else:
        assert condition.holds is None


@given(trees(), st.integers(-3, 3), st.sampled_from([">=", "<=", "==", "!="]))
def test_compare_is_never_wrong_about_neighbours(one: Tree, shift: int, relation: str) -> None:
    """The same for sizes that differ by little, where an error of one would show."""
    two = ("+", one, shift)
    verdicts = RELATIONS[relation](reference(one, VALUES), reference(two, VALUES))
    condition = compare(computed(one, SYMBOLS), relation, computed(two, SYMBOLS))
    assert verdicts.all() if condition is None else condition.holds is None or not verdicts.any()


@given(trees(), st.integers(1, 6))
def test_divisibility_is_never_wrong(one: Tree, divisor: int) -> None:
    """`divisible by` the same."""
    verdicts = numpy.broadcast_to(reference(one, VALUES) % divisor == 0, TALL.shape)
    condition = compare(computed(one, SYMBOLS), "divisible by", divisor)
    assert verdicts.all() if condition is None else condition.holds is None or not verdicts.any()


@given(trees(), trees(3), st.sampled_from([">=", "<=", "==", "!=", "divisible by"]))
def test_condition_text_says_what_is_compared(one: Tree, two: Tree, relation: str) -> None:
    """`H >= 29`: solved or not, the text holds exactly where the comparison does."""
    other = 3 if relation == "divisible by" else two
    condition = compare(computed(one, SYMBOLS), relation, computed(other, SYMBOLS))
    if condition is None:
        return
    for tall, wide in PAIRS:
        numbers = {"H": tall, "W": wide}
        wanted = bool(RELATIONS[relation](reference(one, numbers), reference(other, numbers)))
        assert holds(str(condition), numbers) == wanted, str(condition)


def holds(shown: str, numbers: Mapping[str, int]) -> bool:
    """A condition's text with numbers put in."""
    match = re.fullmatch(r"(.+?) (>=|<=|==|!=|%) (.+?)(?: == 0)?", shown)
    assert match, shown
    left, right = evaluated(match[1], numbers), evaluated(match[3], numbers)
    if match[2] == "%":
        return bool(left % right == 0)
    return bool(RELATIONS[match[2]](left, right))


@given(st.lists(trees(4), min_size=1, max_size=4), st.booleans())
def test_extremes_drop_only_what_is_dominated(values: list[Tree], largest: bool) -> None:
    """Whatever was dropped: the maximum (minimum) of the rest is that of all, everywhere from 1 to 60."""
    pick, numpys = (maximum, numpy.maximum) if largest else (minimum, numpy.minimum)
    found = pick(*(computed(tree, SYMBOLS) for tree in values))
    rows = [numpy.broadcast_to(reference(tree, VALUES), TALL.shape) for tree in values]
    wanted = numpys.reduce(rows)
    for tall, wide in [*PAIRS, (3, 17), (44, 2)]:
        assert put_in(found, {"H": tall, "W": wide}) == wanted[tall - 1, wide - 1]


windows = st.tuples(st.integers(-12, 6), st.integers(1, 5), st.integers(-3, 3))
"""floor((x + b)/s) + c: the padding less the kernel, the stride, and what is added after."""


@given(st.lists(windows, min_size=1, max_size=8))
def test_a_chain_of_windows_is_one_floor(chain: list[tuple[int, int, int]]) -> None:
    """floor((n + a)/S) with S the product of the strides, whatever the depth, and equal to going step by step."""
    size, offset, stride = n, 0, 1
    for before, step, after in chain:
        size = floordiv(size + before, step) + after
        offset, stride = offset + stride * before + stride * step * after, stride * step
    one: Any = canonical(size)
    assert one == canonical(floordiv(n + offset, stride))
    assert str(one).count("FloorDiv") == (stride > 1)
    for number in (1, 2, 17, 224, 1000):
        x = number
        for before, step, after in chain:
            x = (x + before) // step + after
        assert one.xreplace({n: number}) == x == (number + offset) // stride


@given(st.lists(windows, min_size=1, max_size=5), st.lists(windows, min_size=1, max_size=5))
@example(one=[(0, 2, -1)], two=[(2, 2, -2)])
@example(one=[(1, 2, 0), (1, 2, 0)], two=[(3, 4, 0)])
def test_equal_chains_have_one_form(one: list[tuple[int, int, int]], two: list[tuple[int, int, int]]) -> None:
    """Two branches are equal exactly if their single floors are, and compare() knows it."""

    def both(chain: list[tuple[int, int, int]]) -> tuple[Any, tuple[int, int]]:
        size, offset, stride = n, 0, 1
        for before, step, after in chain:
            size = floordiv(size + before, step) + after
            offset, stride = offset + stride * before + stride * step * after, stride * step
        return size, (offset, stride)

    left, left_key = both(one)
    right, right_key = both(two)
    assert (canonical(left) == canonical(right)) == (left_key == right_key)
    assert (compare(left, "==", right) is None) == (left_key == right_key)


def test_same_stages_in_any_order_are_equal() -> None:
    """ceil(ceil(H/2)/3), ceil(ceil(H/3)/2) and ceil(H/6) have one form."""
    forms = {canonical(form) for form in (ceildiv(ceildiv(H, 2), 3), ceildiv(ceildiv(H, 3), 2), ceildiv(H, 6))}
    assert len(forms) == 1


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (56, "56"),
        (H, "H"),
        (ceildiv(H, 32), "ceil(H/32)"),
        (floordiv(H, 2), "floor(H/2)"),
        (floordiv(H + 3, 4) - 1, "floor((H - 1)/4)"),
        (ceildiv(H + 1, 2), "ceil((H + 1)/2)"),
        (floordiv(3 * H, 2), "floor((3*H)/2)"),
        (floordiv(4 * H + 2, 2), "2*H + 1"),
        (floordiv(2 * H, 4), "floor(H/2)"),
        (H * H, "H*H"),
        (ceildiv(H, 2) * ceildiv(W, 2) * 64, "64*ceil(H/2)*ceil(W/2)"),
        (floordiv(n, s), "floor(n/s)"),
        (floordiv(n, s * s), "floor(n/(s*s))"),
        (maximum(H, W), "max(H, W)"),
        (maximum(H, 1), "H"),
        (minimum(H, 1), "1"),
    ],
)
def test_text(value: Any, shown: str) -> None:
    """The spelling, up to the order of sums and products, which is fixed."""
    assert text(value) == shown


@pytest.mark.parametrize("power", [2, 5, 9, 12])
def test_powers_are_products(power: int) -> None:
    """The grammar has no power."""
    assert evaluated(text(H**power + 1), {"H": 3}) == 3**power + 1


@pytest.mark.parametrize(
    ("value", "numbers", "wanted"),
    [
        (floordiv(n, s * s), {"n": 100, "s": 3}, 11),
        (floordiv(n, s * s * 2), {"n": 100, "s": 3}, 5),
        (floordiv(n - 1, s) + 1, {"n": 100, "s": 7}, 15),
        (ceildiv(n, s), {"n": 100, "s": 7}, 15),
        (floordiv(n * n, 7), {"n": 10}, 14),
        (floordiv(floordiv(n, s), 2) * 3, {"n": 100, "s": 7}, 21),
        (floordiv(maximum(n - s, 0), 2), {"n": 10, "s": 3}, 3),
        (total([n * s, 3, floordiv(n, 3)]), {"n": 10, "s": 3}, 36),
    ],
)
def test_text_with_symbolic_fields(value: Any, numbers: dict[str, int], wanted: int) -> None:
    """Strides and factors may be symbols: the text still says what is computed."""
    assert put_in(value, numbers) == wanted
    assert evaluated(text(value), numbers) == wanted


@pytest.mark.parametrize(
    ("left", "relation", "right", "verdict"),
    [
        (H, ">=", 1, True),
        (H, ">=", 2, None),
        (H, ">=", 0, True),
        (0, ">=", H, False),
        (H, "<=", H + 1, True),
        (H, "==", H, True),
        (H, "==", H + 1, False),
        (H, "!=", H + 1, True),
        (H, "!=", W, None),
        (2 * H, "divisible by", 2, True),
        (H, "divisible by", 2, None),
        (floordiv(H, 2), "<=", H, True),
        (ceildiv(H, 2) * ceildiv(W, 2), "<=", H * W, True),
        (ceildiv(H, 4), "<=", ceildiv(H, 2), True),
        (H * W, ">=", H, True),
        (maximum(H, W), "==", maximum(W, H), True),
        (maximum(H, W), "==", H, None),
        (ceildiv(H, 2), ">=", H + 1, False),
        (floordiv(H, 2) - 1, "==", floordiv(H + 2, 2) - 2, True),
        (floordiv(H, 2) - 1, "==", floordiv(H + 2, 2) - 1, False),
        (floordiv(H + 2, 2) * W, "==", floordiv(H, 2) * W + W, True),
        (6 * H, "divisible by", 3, True),
        (2 * (H + 1) * (W + 1), "divisible by", 2, True),
        (H, "divisible by", H, True),
        (H * s, "divisible by", s, True),
        (7, ">=", 7, True),
        (7, "divisible by", 2, False),
    ],
)
def test_compare(left: Any, relation: str, right: Any, verdict: bool | None) -> None:
    """What is known for all sizes; unknown is a third answer."""
    condition = compare(left, relation, right)
    assert (True if condition is None else condition.holds) is verdict


@pytest.mark.parametrize(
    ("left", "relation", "right", "shown"),
    [
        (H, ">=", 29, "H >= 29"),
        (ceildiv(H, 4), ">=", 3, "H >= 9"),
        (floordiv(H - 11, 4) + 1, ">=", 1, "H >= 11"),
        (3, "<=", floordiv(H, 2), "H >= 6"),
        (2 * H - 2, ">=", 1, "H >= 2"),
        (H, "<=", 5, "H <= 5"),
        (H, "==", ceildiv(W, 2), "H == ceil(W/2)"),
        (H, "divisible by", 2, "H % 2 == 0"),
        (floordiv(H, 2), "divisible by", 3, "floor(H/2) % 3 == 0"),
        (3, ">=", 4, "3 >= 4"),
        (3, "divisible by", 2, "3 % 2 == 0"),
    ],
)
def test_condition_text(left: Any, relation: str, right: Any, shown: str) -> None:
    """Solved for its symbol where it can be."""
    assert str(compare(left, relation, right)) == shown


def test_array_comparisons_have_three_answers() -> None:
    """All, none, some."""
    sizes = numpy.array([4, 6, 8])
    assert compare(sizes, ">=", 4) is None
    none, some = compare(sizes, ">=", 9), compare(sizes, "divisible by", 4)
    assert none is not None
    assert none.holds is False
    assert some is not None
    assert some.holds is None


@given(st.lists(st.integers(-9, 9)), st.lists(st.sampled_from([H, W, H * W, floordiv(H, 2)])))
def test_total_and_prod(numbers: list[int], names: list[Any]) -> None:
    """Sums and products of ints and symbols; an int for none."""
    assert total(numbers) == sum(numbers)
    assert type(total(numbers)) is type(prod(numbers)) is int
    values = {"H": 6, "W": 5}
    wanted = [put_in(name, values) for name in names]
    assert put_in(total([*numbers, *names]), values) == sum(numbers) + sum(wanted)
    assert put_in(prod([*numbers[:3], *names[:3]]), values) == numpy.prod([*numbers[:3], *wanted[:3]])


@pytest.mark.parametrize(
    ("a", "b", "quotient"),
    [(4, 2, 2), (1, 2, Fraction(1, 2)), (Fraction(1, 2), 2, Fraction(1, 4)), (Fraction(3, 2), Fraction(1, 2), 3)],
)
def test_ratio(a: Any, b: Any, quotient: Any) -> None:
    """Exact, and an int where it is one."""
    assert ratio(a, b) == quotient
    assert type(ratio(a, b)) is type(quotient)


def test_ratio_of_symbols() -> None:
    """What cancels is gone."""
    assert ratio(2 * H, H) == 2
    assert type(ratio(2 * H, H)) is int
    assert ratio(H, 2 * H) == Fraction(1, 2)
    assert put_in(ratio(H, 3), {"H": 7}) == Fraction(7, 3)
    assert put_in(ratio(1, H), {"H": 7}) == Fraction(1, 7)


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        (ratio(H, s), Fraction(100, 3)),
        (ratio(H, s * s), Fraction(100, 9)),
        (ratio(1, s * s), Fraction(1, 9)),
        (ratio(H, 2 * s), Fraction(100, 6)),
        (ratio(H + 1, H * s), Fraction(101, 300)),
    ],
)
def test_text_of_ratios(value: Any, wanted: Fraction) -> None:
    """Symbolic strides leave symbolic quotients."""
    assert put_in(value, {"H": 100, "s": 3}) == wanted
    assert evaluated(text(value), {"H": 100, "s": 3}) == wanted, text(value)


def test_plain() -> None:
    """What goes into JSON."""
    values = [3, None, Fraction(1, 2), ceildiv(H, 2), (H, 4), H - H]
    assert plain(values) == [3, None, "1/2", "ceil(H/2)", ["H", 4], 0]


def loads(program: str) -> set[str]:
    """Which of the heavy modules a program imports."""
    code = f"import sys; {program}; print(*({{'sympy', 'numpy', 'torch'}} & set(sys.modules)))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(run.stdout.split())


def test_ints_load_nothing() -> None:
    """Numbers need neither sympy nor numpy; a symbol does, so this test can fail."""
    program = (
        "from cnncalc.core.dims import *; ceildiv(7, 2) + maximum(3, 4) + total([1, 2]); text(3); compare(3, '>=', 2)"
    )
    assert loads(program) == set()
    assert "sympy" in loads(f"{program}; from cnncalc.core.symbolic import symbol; text(floordiv(symbol('H'), 2))")
