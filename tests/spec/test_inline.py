"""Inline notation: the same Spec as the YAML beside it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnncalc.core.diagnostic import SpecError
from cnncalc.spec.inline import is_inline
from cnncalc.spec.read import load, load_inline

from .written import loaded, problems_of, written

ROWS: list[tuple[str, list[str]]] = [
    ("in 3x32x32", []),
    ("in 3x32x32; conv 16 k3", ["conv: {filters: 16, kernel: 3}"]),
    (
        "in 3x32x32; conv 16 k3 s2 p1 d1 g1",
        ["conv: {filters: 16, kernel: 3, stride: 2, padding: 1, dilation: 1, groups: 1}"],
    ),
    ("in 3x32x32; conv 16 k3x5 s1x2", ["conv: {filters: 16, kernel: [3, 5], stride: [1, 2]}"]),
    ("in 3x32x32; conv 16 k3 same", ["conv: {filters: 16, kernel: 3, padding: same}"]),
    ("in 3x32x32; conv 16 k3 valid nobias", ["conv: {filters: 16, kernel: 3, padding: valid, bias: false}"]),
    ("in 3x32x32; conv 16 k3 full relu", ["conv: {filters: 16, kernel: 3, padding: full, activation: relu}"]),
    ("in 3x32x32; conv 16 relu k3", ["conv: {filters: 16, activation: relu, kernel: 3}"]),
    ("in 3x32x32; conv2d 16 k3", ["conv2d: {filters: 16, kernel: 3}"]),
    ("in 3x32x32; transposed_conv 16 k2 s2", ["transposed_conv: {filters: 16, kernel: 2, stride: 2}"]),
    ("in 3x32x32; locally_connected 4 k3", ["locally_connected: {filters: 4, kernel: 3}"]),
    ("in 3x32x32; depthwise_conv 3 s2 same", ["depthwise_conv: {kernel: 3, stride: 2, padding: same}"]),
    ("in 3x32x32; depthwise_conv k3 s2", ["depthwise_conv: {kernel: 3, stride: 2}"]),
    ("in 3x32x32; maxpool 2", ["maxpool: 2"]),
    ("in 3x32x32; maxpool 3 s2 p1", ["maxpool: {kernel: 3, stride: 2, padding: 1}"]),
    ("in 3x32x32; maxpool k3x2 s2", ["maxpool: {kernel: [3, 2], stride: 2}"]),
    ("in 3x32x32; maxpool 3x2", ["maxpool: [3, 2]"]),
    ("in 3x32x32; avgpool 2 same", ["avgpool: {kernel: 2, padding: same}"]),
    ("in 3x32x32; relu; tanh", ["relu", "tanh"]),
    ("in 3x32x32; batchnorm; lrn 5", ["batchnorm", "lrn: 5"]),
    ("in 3x32x32; leaky_relu 0.2; dropout 0.5", ["leaky_relu: 0.2", "dropout: 0.5"]),
    ("in 3x32x32; flatten; dense 10", ["flatten", "dense: 10"]),
    ("in 3x32x32; flatten; dense 10 softmax", ["flatten", "dense: {units: 10, activation: softmax}"]),
    ("in 3x32x32; flatten; dense 10 nobias relu", ["flatten", "dense: {units: 10, bias: false, activation: relu}"]),
    ("in 3x32x32; global_avgpool; dense 10", ["global_avgpool", "dense: 10"]),
    ("in 3x32x32; adaptive_avgpool 6x6", ["adaptive_avgpool: [6, 6]"]),
    ("in 3x32x32; upsample 2; pad 1; crop 30", ["upsample: 2", "pad: 1", "crop: 30"]),
    ("in 3x32x32; reshape 3x1024", ["reshape: [3, 1024]"]),
    ("in 3x32x32; groupnorm 3", ["groupnorm: 3"]),
    ("in 3x32x32; residual 16", ["residual: 16"]),
    ("in 3x32x32; separable_conv 16 k3 s2", ["separable_conv: {filters: 16, kernel: 3, stride: 2}"]),
    ("in 3x32x32; subsample", ["subsample"]),
]


@pytest.mark.parametrize(("text", "layers"), ROWS, ids=[text.partition("; ")[2] or text for text, _ in ROWS])
def test_same_as_yaml(text: str, layers: list[str]) -> None:
    expected = loaded(written(*layers))
    spec = load_inline(text)
    assert spec.layers == expected.layers
    assert spec.inputs == expected.inputs


@pytest.mark.parametrize(
    ("text", "shape"),
    [
        ("in 3xHxW; relu", (3, "H", "W")),
        ("in 784; dense 10", (784,)),
        ("in 1x16000; conv 4 k3", (1, 16000)),
        ("in 3x8x8x8; relu", (3, 8, 8, 8)),
    ],
)
def test_inputs(text: str, shape: tuple[Any, ...]) -> None:
    assert load(text).inputs == {"input": shape}


@pytest.mark.parametrize(
    "text", ["in 3x8x8;relu", "  in 3x8x8 ;  relu  ;", "in 3x8x8;;relu;;", "relu; in 3x8x8", "in 3x8x8;\nrelu\n"]
)
def test_blanks_and_order(text: str) -> None:
    assert load(text).layers == loaded(written("relu")).layers


REFUSED: list[tuple[str, int, str]] = [
    # text, column, words
    ("in 3x8x8; cnov 3 k3", 11, "did you mean conv?"),
    ("in 3x8x8; conv 3", 11, "kernel"),
    ("in 3x8x8; conv k3", 11, "filters"),
    ("in 3x8x8; conv 3 k3 s2 wat", 24, "wat"),
    ("in 3x8x8; conv 3 k3 k5", 21, "twice"),
    ("in 3x8x8; conv 3 k3 same p1", 26, "twice"),
    ("in 3x8x8; conv 3 k3 relu tanh", 26, "twice"),
    ("in 3x8x8; conv 0 k3", 16, "at least 1"),
    ("in 3x8x8; conv 3 k0", 18, "at least 1"),
    ("in 3x8x8; relu 3", 16, "relu"),
    ("in 3x8x8; relu k3", 16, "kernel"),
    ("in 3x8x8; maxpool 2 g2", 21, "groups"),
    ("in 3x8x8; flatten 3 s2", 19, "flatten"),
    ("in 3x8x8; nope 3 s2", 11, "nope"),
    ("in 3x8x8; in 3x8x8", 14, "one input"),
    ("in 3 8 8; relu", 8, "one input"),
    ("in; relu", 1, "input"),
    ("in 3x0x8; relu", 4, "input"),
    ("conv 3 k3; relu", 1, "input"),
    (";", 1, "input"),
    ("in 3x8x8; k3", 11, "k3"),
    ("in 3x8x8; dense 10 20", 20, "20"),
]


@pytest.mark.parametrize(("text", "column", "words"), REFUSED, ids=[row[0] for row in REFUSED])
def test_refused(text: str, column: int, words: str) -> None:
    from cnncalc.analysis.analyze import analyze_spec

    with pytest.raises(SpecError) as caught:
        analyze_spec(load_inline(text))
    problem = caught.value.problems[0]
    assert words in str(problem)
    assert problem.file == "<inline>"
    assert (problem.span.line, problem.span.column) == (1, column)


@pytest.mark.parametrize(
    ("text", "inline"),
    [
        ("in 3x8x8", True),
        ("in 3x8x8; relu", True),
        ("relu; relu", True),
        (" in 3", True),
        ("in", False),
        ("in.yaml", False),
        ("inception.yaml", False),
        ("specs/alexnet.yaml", False),
        ("zoo:alexnet", False),
        ("-", False),
        ("*.yaml", False),
    ],
)
def test_what_is_inline(text: str, inline: bool) -> None:
    assert is_inline(text) is inline


@given(st.text(alphabet="in 3x8;conv1relumaxpool kspdg0.", max_size=40))
def test_any_notation_loads_or_is_refused(text: str) -> None:
    problems = problems_of(lambda: load_inline(f"in 3x8x8; {text}"))
    assert all(problem.span.line == 1 for problem in problems)
