"""What is assumed of symbols is said, is true of every size that works, and is exact: one pixel less is a fault."""

from __future__ import annotations

import pytest
from spec.written import analyzed, refused, written

from cnncalc.analysis.analyze import analyze_spec

from .zoo import spec


@pytest.mark.parametrize(
    ("layers", "input", "expected"),
    [
        (["relu"], "3xHxW", ()),
        (["conv: {filters: 8, kernel: 1}"], "3xHxW", ()),
        (["conv: {filters: 8, kernel: 3, padding: same}"], "3xHxW", ()),
        (["conv: {filters: 8, kernel: 3, padding: 1}"], "3xHxW", ()),
        (["conv: {filters: 8, kernel: 7}"], "3xHxW", ("H >= 7", "W >= 7")),
        (["conv: {filters: 8, kernel: 7, padding: 1}"], "3xHxW", ("H >= 5", "W >= 5")),
        (["conv: {filters: 8, kernel: [3, 5]}"], "3xHxW", ("H >= 3", "W >= 5")),
        (["conv: {filters: 8, kernel: 3}"], "3x32xW", ("W >= 3",)),
        # only the strongest bound of each symbol
        (["conv: {filters: 8, kernel: 3, repeat: 5}"], "3xHxW", ("H >= 11", "W >= 11")),
        (["maxpool: {kernel: 2, repeat: 5}"], "3xHxW", ("H >= 32", "W >= 32")),
        (["conv: {filters: 8, kernel: 3}"], "3xHx2*H", ("H >= 3",)),
        (["conv: {filters: 8, kernel: 3, dilation: 4}"], "1xL", ("L >= 9",)),
        (["crop: 20"], "3xHxW", ("H >= 20", "W >= 20")),
        (["slice: {axis: width, start: 2, stop: 9}"], "3xHxW", ("W >= 9",)),
        (["pad: {amount: 3, mode: reflect}"], "3xHxW", ("H >= 4", "W >= 4")),
        (["pixel_unshuffle: 2"], "3xHxW", ("H % 2 == 0", "W % 2 == 0")),
        (["conv: {filters: 8, kernel: 1, groups: 4}"], "CxHxW", ("C % 4 == 0",)),
        (["groupnorm: 8"], "CxHxW", ("C % 8 == 0",)),
    ],
)
def test_assumptions(layers: list[str], input: str, expected: tuple[str, ...]) -> None:
    assert analyzed(written(*layers, input=input)).assumptions == expected


def test_merges_of_symbols() -> None:
    # the same sizes on both ways: nothing to assume
    assert analyzed(written("add: [[conv: {filters: 3, kernel: 3, padding: 1}], []]", input="3xHxW")).assumptions == ()
    two = analyzed(written("add: {from: [a, b]}", input="{a: 3xHxW, b: 3xHxV}"))
    assert len(two.assumptions) == 1
    assert set(two.assumptions[0].split(" == ")) == {"W", "V"}
    # unequal whatever the size: a fault, no assumption
    wrong = analyzed(written("add: [[conv: {filters: 3, kernel: 3}], []]", input="3xHxW"))
    assert len(wrong.faults) == 1


def test_a_skip_that_meets_only_for_some_sizes() -> None:
    text = written("add: [[maxpool: 2, upsample: 2], []]", input="3xHxW")
    analysis = analyzed(text)
    assert analysis.faults == ()
    assert analysis.assumptions == ("H >= 2", "W >= 2", "H == 2*floor(H/2)", "W == 2*floor(W/2)")
    assert analyzed(text, inputs={"input": (3, 8, 8)}).faults == ()
    assert len(analyzed(text, inputs={"input": (3, 9, 8)}).faults) == 1


def test_conditions_on_symbols_are_noted() -> None:
    blocks = "{b: {parameters: {w: null}, layers: [conv: {filters: w, kernel: 1, if: w != in_channels}]}}"
    analysis = analyzed(
        written(
            "conv: {filters: n, kernel: 1}",
            "conv: {filters: 9, kernel: 1, if: n != 64}",
            input="3xHxW",
            variables="{n: symbol}",
            blocks=blocks,
        )
    )
    assert [row.path for row in analysis.rows] == ["conv1", "conv2"]
    assert analysis.assumptions == ("n != 64",)


def test_an_order_that_is_open_stops() -> None:
    (problem,) = refused(written("relu: {if: n > 3}", variables="{n: symbol}"))
    assert "n >= 4" in problem.message
    assert "--set" in problem.remedy


def test_repeat_cannot_be_a_symbol() -> None:
    (problem,) = refused(written("relu: {repeat: n}", variables="{n: symbol}"))
    assert "repeat" in problem.message


BOUNDED = [
    "alexnet",
    "lenet5",
    "vgg-a",
    "zfnet",
    "nin",
    "resnet18",
    "googlenet",
    "squeezenet",
    "mnist-exercise",
    "shufflenet-v2",
]


@pytest.mark.parametrize("name", BOUNDED)
def test_the_bounds_are_exact(name: str) -> None:
    """At the bounds nothing is wrong that sizes can cure; one pixel below on either side something is."""
    given = spec(name)
    bounds = {}
    for assumption in analyze_spec(given, symbolic=True).assumptions:
        left, relation, right = assumption.partition(" >= ")
        if relation and left in ("H", "W"):
            bounds[left] = int(right)
    channels = next(iter(given.inputs.values()))[0]

    def windows_that_fail(height: int, width: int) -> list[str]:
        faults = analyze_spec(given, inputs={"input": (channels, height, width)}).faults
        return [fault.message for fault in faults if fault.message.startswith("kernel")]

    height, width = bounds.get("H", 1), bounds.get("W", 1)
    assert windows_that_fail(height, width) == []
    if "H" in bounds:
        assert windows_that_fail(height - 1, width)
    if "W" in bounds:
        assert windows_that_fail(height, width - 1)
