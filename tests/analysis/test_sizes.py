"""Valid input sizes against sizes that are tried one by one, and against published ones."""

from __future__ import annotations

import pytest

from cnncalc import analyze, load
from cnncalc.analysis.sizes import AxisSizes, border_free_sizes, sizes_of, symbolic_graph, valid_sizes
from cnncalc.core.source import Source
from cnncalc.spec.load import load_source
from cnncalc.spec.model import Spec
from cnncalc.spec.shipped import shipped_block

# an encoder and decoder with two halvings and skips that must meet
MEETING = """
cnncalc: 1
input: 4x24x24
layers:
  - identity: {name: full}
  - conv: {name: half, filters: 4, kernel: 3, stride: 2, padding: 1}
  - conv: {filters: 4, kernel: 3, stride: 2, padding: 1}
  - upsample: {name: up1, factor: 2}
  - add: {name: joined, from: [half, up1]}
  - upsample: {name: up2, factor: 2}
  - add: {from: [full, up2]}
"""
POOLED = """
cnncalc: 1
input: 4x24x24
layers:
  - maxpool: {name: half, kernel: 2}
  - conv: {filters: 4, kernel: 5}
  - transposed_conv: {name: up, filters: 4, kernel: 6, stride: 1, padding: 0}
  - maxpool: {kernel: 3, stride: 2}
  - transposed_conv: {name: back, filters: 4, kernel: 3, stride: 2}
  - add: {from: [back, up]}
"""
DILATED = "in 3x64x64; conv 4 k3 d4 s2; maxpool 3 s2; conv 4 k5 s3"
SHUFFLED = """
cnncalc: 1
input: 4x24x24
layers:
  - pixel_unshuffle: {factor: 3}
  - conv: {filters: 4, kernel: 3}
"""


def spec_of(text: str) -> Spec:
    return load(text) if text.startswith("in ") else load_source(Source("x", text), "x", shipped_block)


@pytest.mark.parametrize("text", [MEETING, POOLED, DILATED, SHUFFLED])
def test_agrees_with_trying_every_size(text: str) -> None:
    spec = spec_of(text)
    height, width = valid_sizes(spec).axes
    assert height.exact
    shape = spec.inputs["input"]
    for size in range(1, 130):
        works = not analyze(spec, inputs={"input": (shape[0], size, 120)}).faults if width.allows(120) else None
        if works is not None:
            assert height.allows(size) == works, size


def test_skips_of_two_halvings_meet_on_multiples_of_four() -> None:
    (height, width) = valid_sizes(spec_of(MEETING)).axes
    assert (height.modulus, height.residues, height.minimum) == (4, (0,), 4)
    assert str(width) == "W = 0 mod 4, W >= 4"


def test_unet_tiles() -> None:
    """Ronneberger and others 2015: every 2x2 pooling must see an even size; 572 is such a size, 388 comes out."""
    graph = symbolic_graph(load("zoo:unet"))
    assert [str(axis) for axis in sizes_of(graph).axes] == ["H >= 188", "W >= 188"]
    even = border_free_sizes(graph).axes[0]
    assert (even.modulus, even.residues) == (16, (572 % 16,))
    assert even.allows(572)
    assert not even.allows(570)


def test_alexnet_drops_no_border_at_227() -> None:
    height = border_free_sizes(symbolic_graph(load("zoo:alexnet"))).axes[0]
    assert height.allows(227)
    assert not height.allows(224)
    # smallest: 6x6 is not needed, but three 3x3/2 poolings and an 11x11/4 convolution are: ((1 * 2 + 1) * 2 + 1) * 2 + 1 = 15
    assert height.minimum == (15 - 1) * 4 + 11


def test_nothing_fits() -> None:
    text = MEETING.replace("from: [full, up2]", "from: [full, joined]")
    sizes = valid_sizes(spec_of(text)).axes[0]
    # H = ceil(H / 2) only for one pixel, and there the inner skip adds 1 and 2 pixels
    assert sizes.none
    assert str(sizes) == "no H"


def test_a_fault_that_no_size_mends_is_told() -> None:
    result = valid_sizes(spec_of("in 3x8x8; conv 4 k3 g2"))
    assert result.faults


def test_symbols_that_are_tied_together() -> None:
    text = """
cnncalc: 1
input: 4x8x8
layers:
  - reshape: {shape: [4, 64]}
"""
    assert valid_sizes(spec_of(text)).coupled


def test_text_of_sizes() -> None:
    assert str(AxisSizes("H", 1, 1, (0,))) == "any H"
    assert str(AxisSizes("H", 29, 1, (0,))) == "H >= 29"
    assert str(AxisSizes("H", 32, 16, (0, 12))) == "H = 0 or 12 mod 16, H >= 32"
    assert str(AxisSizes("H", 0, 1, (), (5,))) == "H in {5}"
