"""Mermaid and dot: boxes with sizes, clusters, skips."""

from __future__ import annotations

import re

import pytest

from cnncalc import export
from cnncalc.core.diagnostic import SpecError
from cnncalc.spec.read import load

NET = "in 3x8x8; conv 4 k3 same relu"


def test_mermaid() -> None:
    assert export(NET, "mermaid").splitlines()[3:] == [
        "flowchart TD",
        '  in0(["input<br/>3x8x8"])',
        '  n0["conv 3x3 + relu<br/>4x8x8"]',
        "  in0 --> n0",
    ]


def test_dot() -> None:
    text = export(NET, "dot")
    assert 'n0 [shape=box, label="conv 3x3 + relu\\n4x8x8"];' in text
    assert "in0 -> n0;" in text


def test_skips_and_clusters() -> None:
    """ResNet-18: 8 residual units, each with one skip: the identity or the projection's branch past the first conv."""
    text = str(export("zoo:resnet18", "mermaid"))
    assert len(re.findall(r"subgraph .*: residual", text)) == 8
    assert len(re.findall(r"subgraph .*: stage", text)) == 4
    assert text.count("==>") == 5  # the three projections are layers of their own: both arrows of their sums are plain


def test_depth() -> None:
    shallow = str(export("zoo:resnet152", "dot", depth=0))
    assert len(re.findall(r"label=\"conv._x: stage", shallow)) == 4
    assert "cluster" not in shallow
    assert len(shallow) < 2_000


def test_a_picture_nobody_can_read() -> None:
    with pytest.raises(SpecError, match="use --depth 1"):
        export("in 3x8x8; " + "; ".join(["relu"] * 2_100), "mermaid")


def test_spec() -> None:
    """Normalised YAML reads back as the same spec."""
    text = str(export("zoo:googlenet", "spec"))
    assert text == str(export("zoo:googlenet", "spec"))
    assert "inception" in text
    assert load("zoo:googlenet").name in text
