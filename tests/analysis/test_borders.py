"""What windows leave unread, against windows that are laid out one by one; and where units look."""

from __future__ import annotations

from fractions import Fraction

import pytest

from cnncalc import load
from cnncalc.analysis.borders import numeric_axes, unread
from cnncalc.analysis.centres import centres
from cnncalc.graph.expand import expand
from cnncalc.graph.model import Graph
from cnncalc.spec.shipped import shipped_block


def graph_of(text: str) -> Graph:
    return expand(load(text), shipped_block)


@pytest.mark.parametrize("size", [9, 10, 11, 12, 13])
@pytest.mark.parametrize("kernel", [1, 2, 3, 5])
@pytest.mark.parametrize("stride", [1, 2, 3, 4])
@pytest.mark.parametrize("padding", [0, 1, 2])
def test_unread_positions(size: int, kernel: int, stride: int, padding: int) -> None:
    graph = graph_of(f"in 1x{size}; conv 1 k{kernel} s{stride} p{padding}")
    (node,) = graph.nodes
    assert node.output is not None
    read = {o * stride - padding + tap for o in range(node.output[1]) for tap in range(kernel)} & set(range(size))
    (axis,) = unread(node.layer, numeric_axes(node, graph))
    last = max(read)
    assert axis.border == size - 1 - last or stride > kernel
    assert axis.border + axis.between == size - len(read)


def test_resnet_stem_drops_padding_only() -> None:
    """(224 + 6 - 7) mod 2 = 1, and the row that is dropped is one of the three padded ones."""
    graph = graph_of("in 3x224x224; conv 64 k7 s2 p3")
    node = graph.nodes[0]
    assert [axis.border for axis in unread(node.layer, numeric_axes(node, graph))] == [0, 0]


def test_strided_1x1_reads_a_quarter() -> None:
    graph = graph_of("in 3x56x56; conv 8 k1 s2")
    axes = unread(graph.nodes[0].layer, numeric_axes(graph.nodes[0], graph))
    assert [axis.size - axis.between - axis.border for axis in axes] == [28, 28]


def test_centres_of_a_chain() -> None:
    """3x3/2 with padding 1 looks at pixel 0 first, 2x2/2 between the first two of what it reads."""
    found = centres(graph_of("in 3x16x16; conv 4 k3 s2 p1; maxpool 2; conv 4 k3"))
    assert found[0] is not None
    assert (found[0].jump, found[0].double) == ((2, 2), (0, 0))
    assert found[1] is not None
    assert (found[1].jump, found[1].double) == ((4, 4), (2, 2))  # the middle of pixels 0 and 2 is 1
    assert found[2] is not None
    assert found[2].double == (2 + 2 * 4, 2 + 2 * 4)


def test_centre_of_a_transposed_convolution() -> None:
    """2x2 with stride 2 spreads each unit over two: the first lies a quarter step before its source."""
    found = centres(_up())
    assert found[0] is not None
    assert found[0].jump == (Fraction(1, 2), Fraction(1, 2))
    assert found[0].double == (Fraction(-1, 2), Fraction(-1, 2))


def _up() -> Graph:
    from cnncalc.core.source import Source
    from cnncalc.spec.load import load_source

    text = "cnncalc: 1\ninput: 3x8x8\nlayers: [transposed_conv: {filters: 4, kernel: 2, stride: 2}]\n"
    return expand(load_source(Source("x", text), "x", shipped_block), shipped_block)


def test_what_sees_everything_has_no_centre() -> None:
    assert centres(graph_of("in 3x8x8; conv 4 k3; flatten; dense 10"))[-1] is None
