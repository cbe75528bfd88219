"""How shapes and problems are put into words."""

from __future__ import annotations

import pytest

from cnncalc.core.diagnostic import Diagnostic, SpecError, did_you_mean
from cnncalc.core.dims import Dim, ceildiv, floordiv
from cnncalc.core.shapes import Shape, axis_name, elements, rank, shape_text
from cnncalc.core.source import NOWHERE, Span
from cnncalc.core.symbolic import symbol
from cnncalc.core.tensors import Ops, Weight

H, W = symbol("H"), symbol("W")


@pytest.mark.parametrize(
    ("shape", "shown"),
    [
        ((96, 55, 55), "96x55x55"),
        ((4096,), "4096"),
        ((3, H, W), "3xHxW"),
        ((64, ceildiv(H, 2), floordiv(W, 4)), "64xceil(H/2)xfloor(W/4)"),
        ((64, H - 2, W), "64x(H - 2)xW"),
        ((64, 2 * H), "64x(2*H)"),
        ((8, ceildiv(H, 2) + ceildiv(W, 2), 5), "8x(ceil(H/2) + ceil(W/2))x5"),
        ((8, ceildiv(H, 2) * ceildiv(W, 2), 5), "8x(ceil(H/2)*ceil(W/2))x5"),
        ((8, ceildiv(H + 1, 2), 5), "8xceil((H + 1)/2)x5"),
        ((3, symbol("H_in")), "3xH_in"),
        (None, "unknown"),
    ],
)
def test_shape_text(shape: Shape | None, shown: str) -> None:
    """An axis with an operator in it is put in brackets, so that the text can be read back."""
    assert shape_text(shape) == shown


def test_shape_facts() -> None:
    """Rank, elements and the names of the axes."""
    assert [rank(shape) for shape in ((10,), (3, 9), (3, 9, 9), (3, 9, 9, 9))] == [0, 1, 2, 3]
    assert elements((96, 55, 55)) == 290_400
    assert elements((3, H, W)) == 3 * H * W
    assert [axis_name(0, axes) for axes in (1, 2, 3)] == ["length", "height", "depth"]
    assert [axis_name(index, 3) for index in range(3)] == ["depth", "height", "width"]


def test_weight_and_ops() -> None:
    """A weight's elements; a FLOP is two per multiply-add and one for each of the others."""
    size: Dim = Weight("weight", (96, 3, 11, 11)).elements
    assert size == 34_848
    assert Ops(macs=10, adds=1, multiplies=2, divisions=3, comparisons=4, special=5).flops == 35


def test_diagnostic_text() -> None:
    """Place, path, message, facts, remedy: as far as they are known."""
    full = Diagnostic(
        "kernel 7 exceeds the height 5",
        code="CN001",
        path="stage2.conv1",
        expected="a height of at least 7",
        received="5",
        remedy="use kernel <= 5",
        span=Span(3, 5, 3, 9),
        file="net.yaml",
    )
    assert str(full) == (
        "net.yaml:3:5: stage2.conv1: kernel 7 exceeds the height 5 (expected a height of at least 7, received 5);"
        " use kernel <= 5"
    )
    assert str(Diagnostic("no layers", file="net.yaml")) == "net.yaml: no layers"
    assert str(Diagnostic("no layers")) == "no layers"
    assert Diagnostic("no layers").span is NOWHERE


def test_spec_error_lists_its_problems() -> None:
    """One line each, in the order of the text."""
    problems = (Diagnostic("one"), Diagnostic("two"))
    error = SpecError(*problems)
    assert error.problems == problems
    assert str(error) == "one\ntwo"


@pytest.mark.parametrize(
    ("word", "known", "remedy"),
    [
        ("strides", ["stride", "kernel"], "did you mean stride?"),
        ("Kernel", ["stride", "kernel"], "did you mean kernel?"),
        ("xyz", ["stride", "kernel"], "known here: kernel, stride"),
        ("xyz", [], ""),
        ("xyz", [f"name{number}" for number in range(30)], ""),
    ],
)
def test_did_you_mean(word: str, known: list[str], remedy: str) -> None:
    """The nearest known word, else the list of them unless it is long."""
    assert did_you_mean(word, known) == remedy
