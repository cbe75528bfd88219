"""Random specs against torch: what we call valid runs there with equal figures, what torch refuses we call faulty."""

from __future__ import annotations

import re
from random import Random

import pytest
from hypothesis import given

from . import differential
from .strategies import specs, text

CASES, PARTS = 300, 6


@pytest.mark.parametrize("part", range(PARTS))
def test_300_drawn_specs_equal_torch(part: int) -> None:
    outcomes = []
    for seed in range(part * CASES // PARTS, (part + 1) * CASES // PARTS):
        outcome = differential.compare(text(Random(seed)), values=seed % 10 == 0)
        assert not outcome.problems, f"seed {seed}: {outcome.problems[0]}\n{text(Random(seed))}"
        outcomes.append(outcome)
    # the drawing itself: neither all valid nor all faulty, and not of one layer
    assert 3 <= sum(not outcome.valid for outcome in outcomes) <= 20
    assert sum(outcome.layers for outcome in outcomes) >= 5 * len(outcomes)


@given(specs())
def test_drawing_is_repeatable(spec: str) -> None:
    assert spec.startswith("cnncalc: 1\n")
    assert differential.graph_of(spec).nodes or "layers: []" in spec or "repeat: 0" in spec


def test_same_seed_same_spec() -> None:
    assert [text(Random(seed)) for seed in range(20)] == [text(Random(seed)) for seed in range(20)]


STRICTER_EXAMPLES = {
    "dense": "input: 3x8x8\nlayers: [{dense: 4}]",
    "slice": "input: 8\nlayers: [{slice: {start: 3, stop: 3}}]",
    "(max|avg|lp)pool": "input: 3x8x8\nlayers: [{maxpool: {kernel: 2, padding: {left: 2}}}]",
    "maxpool": "input: 3x1x1\nlayers: [{maxpool: {kernel: 2, padding: 1, dilation: 2}}]",
    "conv.*": "input: 3x8x8\nlayers: [{conv: {filters: 2, kernel: 3, connections: [[0], [1], [2]]}}]",
    "conv.* ": "input: 3x8x8\nlayers: [{conv: {filters: 3, kernel: 3, groups: 3, connections: [[0], [1], [2]]}}]",
    "transposed_conv": "input: 3x8x8\nlayers: [{transposed_conv: {filters: 2, kernel: 3, stride: 2, padding: same, output_padding: 1}}]",
    "transposed_conv ": "input: 3x1x4\nlayers: [{transposed_conv: {filters: 2, kernel: 2, padding: [1, 0]}}]",
}


def test_each_place_where_we_are_stricter() -> None:
    """The one table of exceptions: each entry has an example, and no example needs another entry."""
    assert [entry[0] for entry in differential.STRICTER] == [key.strip() for key in STRICTER_EXAMPLES]
    for (kind, message, _), body in zip(differential.STRICTER, STRICTER_EXAMPLES.values(), strict=True):
        outcome = differential.compare(f"cnncalc: 1\n{body}\n")
        assert not outcome.valid
        assert not outcome.problems
        assert outcome.stricter == f"{kind}: {message}"


@pytest.mark.parametrize("before", ["[5, 12, 5]", "[3, 1, 1]"])
def test_group_norm_of_a_channels_last_input_without_gradient(before: str) -> None:
    """Torch 2.13 ends the process in the backward of its plain module here (a segmentation fault)."""
    layers = "[{layernorm: {over: channels, affine: false}}, {groupnorm: {groups: 1}}]"
    outcome = differential.compare(f"cnncalc: 1\ninput: {before}\nlayers: {layers}\n", values=True)
    assert outcome.valid
    assert not outcome.problems


def test_local_response_norm_of_a_permuted_volume() -> None:
    """Torch's own module views the last two axes as one, which a permuted volume does not allow."""
    outcome = differential.compare(
        "cnncalc: 1\ninput: 4x5x3x5\nlayers: [{permute: {order: [1, 2, 0, 3]}}, lrn]\n", True
    )
    assert outcome.valid
    assert not outcome.problems


def test_the_differential_can_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong formula shows: torch does not see it."""
    from cnncalc.layers.conv import Conv

    spec = "cnncalc: 1\ninput: 3x8x8\nlayers: [{conv: {filters: 4, kernel: 3}}]\n"
    assert not differential.compare(spec).problems
    monkeypatch.setattr(Conv, "output", lambda self, *inputs: (self.filters, 7, 7))
    (first, *_) = differential.compare(spec).problems
    assert re.search(r"what='output', predicted=\(4, 7, 7\), measured=\(4, 6, 6\)", first)


def test_a_missing_fault_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    from cnncalc.layers.norm import GroupNorm

    spec = "cnncalc: 1\ninput: 5x8x8\nlayers: [{groupnorm: 2}]\n"
    assert not differential.compare(spec).problems
    monkeypatch.setattr(GroupNorm, "requires", lambda self, *inputs: iter(()))
    assert "torch refuses it" in differential.compare(spec).problems[0]
