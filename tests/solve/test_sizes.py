"""`solve sizes`: against every size tried one by one (tools/check_sizes.py tries more), and against published sizes."""

from __future__ import annotations

from typing import Any

import pytest

from cnncalc import SpecError, load
from cnncalc.analysis.sizes import layer_conditions, pixel_conditions, sizes_where, symbolic_graph
from cnncalc.core.source import Source
from cnncalc.solve import sizes
from cnncalc.spec.load import load_source
from cnncalc.spec.shipped import shipped_block

from .sizes import graph_of, random_spec, walk

ZOO = ["zoo:alexnet", "zoo:googlenet", "zoo:lenet5", "zoo:resnet18", "zoo:squeezenet", "zoo:unet", "zoo:zfnet"]


@pytest.mark.parametrize("name", [*ZOO, *range(12)])
def test_agrees_with_trying_every_size(name: Any) -> None:
    spec = load(name) if isinstance(name, str) else random_spec(name)
    symbolic = symbolic_graph(spec)
    conditions = [one.condition for one in layer_conditions(symbolic)]
    faults = tuple(fault.message for fault in symbolic.faults)
    valid = sizes_where(symbolic, conditions, faults)
    clean = sizes_where(symbolic, [*conditions, *(one.condition for one in pixel_conditions(symbolic))], faults)
    assert not valid.coupled
    graph, memo = graph_of(spec), {}
    for size in (*range(1, 90), *range(220, 236), 572, 1000, 1999):
        fits, whole = walk(graph, size, memo)
        for found, truth in ((valid, fits), (clean, whole)):
            assert (not found.faults and all(axis.allows(size) for axis in found.axes)) == truth, size


def axes(answer: Any) -> list[tuple[int, int, list[int]]]:
    return [(one["minimum"], one["modulus"], one["residues"]) for one in answer.solutions]


def test_unet() -> None:
    """Ronneberger and others 2015, section 2: all 2x2 poolings must see even sizes; 572 is such a size."""
    assert axes(sizes(load("zoo:unet"))) == [(188, 1, [0])] * 2
    answer = sizes(load("zoo:unet"), no_drop=True, claim=572)
    assert axes(answer) == [(188, 16, [12])] * 2
    assert answer.verdict is not None
    assert answer.verdict.right
    wrong = sizes(load("zoo:unet"), no_drop=True, claim=512).verdict
    assert wrong is not None
    assert wrong.slips == ("512 is not valid: H = 12 mod 16, H >= 188", "512 is not valid: W = 12 mod 16, W >= 188")


def test_resnet_ends_exactly_at_the_border_for_one_more_than_a_multiple_of_32() -> None:
    assert axes(sizes(load("zoo:resnet50"), tiles=True)) == [(1, 32, [1])] * 2
    # of what is left over at 226 to 228, the padding takes all
    assert axes(sizes(load("zoo:resnet50"), no_drop=True)) == [(1, 32, [1, 2, 3, 4])] * 2
    assert axes(sizes(load("zoo:resnet50"))) == [(1, 1, [0])] * 2


@pytest.mark.parametrize(
    ("name", "output", "at", "low", "high"),
    [
        ("zoo:vgg-d", 7, None, 224, 255),  # five halvings: 7 * 32 to 8 * 32 - 1
        ("zoo:resnet18", (7, 7), None, 193, 224),  # ceil(n / 32) = 7
        ("zoo:alexnet", 6, "pool5", 227, 258),  # ((6 - 1) * 2 + 3 = 13 .. 14; * 2 + 1 ...) * 4 + 7 = 227
        ("zoo:alexnet", 55, "conv1", 227, 230),  # 54 * 4 + 11 = 227
    ],
)
def test_sizes_that_give_a_map(name: str, output: Any, at: str | None, low: int, high: int) -> None:
    for one in sizes(load(name), output=output, at=at).solutions:
        assert one["residues"] == []
        assert one["also"] == list(range(low, high + 1))
        assert one["minimum"] == low


def test_a_different_size_per_axis() -> None:
    (height, width) = sizes(load("in 3x64x64; conv 4 k3 s2"), output=(7, 9)).solutions
    assert height["also"] == [15, 16]
    assert width["also"] == [19, 20]


def test_no_size_gives_a_map() -> None:
    answer = sizes(load("in 3x64x64; upsample 2"), output=7)
    assert [one["also"] for one in answer.solutions] == [[], []]
    assert [row["sizes"] for row in answer.rows] == ["no H", "no W"]


def test_skips_that_must_meet() -> None:
    text = """
cnncalc: 1
input: 4x24x24
layers:
  - conv: {name: full, filters: 4, kernel: 3, padding: 1}
  - maxpool: {kernel: 2}
  - maxpool: {kernel: 2}
  - upsample: {factor: 4, name: up}
  - add: {from: [full, up]}
"""
    answer = sizes(load_source(Source("x", text), "x", shipped_block))
    assert axes(answer) == [(4, 4, [0])] * 2
    said = [line.words for line in answer.derivation]
    assert any(line.startswith("add1: ") and "H = 0 mod 4" in line for line in said)


def test_sizes_tied_together_are_solved_for_squares() -> None:
    text = """
cnncalc: 1
input: 4x8x8
layers:
  - maxpool: {kernel: 2}
  - reshape: {shape: [4, 64]}
"""
    spec = load_source(Source("x", text), "x", shipped_block)
    assert any("--square" in note for note in sizes(spec).notes)
    # floor(n / 2) squared is 64: n = 16 or 17
    (one,) = sizes(spec, square=True).solutions
    assert (one["also"], one["residues"], one["exact"]) == ([16, 17], [], True)


def test_what_no_size_mends() -> None:
    answer = sizes(load("in 3x8x8; conv 4 k3 g2"))
    assert answer.solutions == ()
    assert "no size mends this" in answer.notes[0]
    assert answer.exit_code == 1


@pytest.mark.parametrize("spec", ["in 3x8x8; conv 4 k3 s1x2x3", "in 3x8x8; conv 4 k3 p1x2x3", "in 3x8; maxpool 3x4"])
def test_fields_for_other_axes_are_a_fault(spec: str) -> None:
    answer = sizes(load(spec))
    assert (answer.solutions, answer.exit_code) == ((), 1)
    assert "values but the map has" in answer.notes[0]


def test_a_size_that_the_spec_states_and_that_does_not_work_is_a_fault() -> None:
    answer = sizes(load("in 3x5x5; conv 4 k7"))
    assert [one["minimum"] for one in answer.solutions] == [7, 7]
    assert [one.path for one in answer.faults] == ["conv1"] and answer.exit_code == 1


def test_a_far_map_is_exact_too() -> None:
    (height, _) = sizes(
        load("in 3x64x64; maxpool 2; maxpool 2; maxpool 2; maxpool 2; maxpool 2"), output=2000
    ).solutions
    assert (height["minimum"], len(height["also"]), height["exact"]) == (64000, 32, True)


@pytest.mark.parametrize(
    ("question", "message"),
    [
        ({"at": "conv1"}, "no map that it should have"),
        ({"output": 7, "at": "conf1"}, "did you mean conv1"),
        ({"output": (7, 7, 7)}, "has 2 axes"),
        ({"claim": "big"}, "cannot be read"),
    ],
)
def test_wrong_questions(question: dict[str, Any], message: str) -> None:
    with pytest.raises(SpecError, match=message):
        sizes(load("in 3x64x64; conv 4 k3"), **question)
