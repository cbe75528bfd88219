"""Groups: which rows belong to a block call, a stack, a merge, a branch, a head or a repeat."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from spec.written import unrolled, written

from cnncalc.graph.expand import expand
from cnncalc.graph.model import Group
from cnncalc.spec.read import load_file
from cnncalc.spec.shipped import shipped_block

SPECS = Path(__file__).parents[2] / "specs"


def groups(*layers: str, **sections: str) -> list[tuple[Any, ...]]:
    return [
        (group.path, group.kind, group.start, group.stop, group.depth, group.repeat, group.count)
        for group in unrolled(written(*layers, **sections)).groups
    ]


def test_a_plain_chain_has_no_groups() -> None:
    assert groups("conv: {filters: 8, kernel: 3, activation: relu}", "maxpool: 2") == []


def test_stack_and_repeat() -> None:
    assert groups("relu", "stack: {name: s, repeat: 2, layers: [relu, tanh]}", "relu") == [
        ("s", "stack", 1, 5, 0, None, 2),
        ("s[0]", "stack", 1, 3, 1, 0, 1),
        ("s[1]", "stack", 3, 5, 1, 1, 1),
    ]


def test_a_repeated_layer() -> None:
    assert groups("relu: {repeat: 2}") == [
        ("relu1", "relu", 0, 2, 0, None, 2),
        ("relu1[0]", "relu", 0, 1, 1, 0, 1),
        ("relu1[1]", "relu", 1, 2, 1, 1, 1),
    ]


def test_merge_and_branches() -> None:
    assert groups("add: [[relu, tanh], []]") == [
        ("add1", "add", 0, 3, 0, None, 1),
        ("add1.branch1", "branch", 0, 2, 1, None, 1),
        ("add1.branch2", "branch", 2, 2, 1, None, 1),
    ]


def test_highway() -> None:
    assert groups("highway: [relu]") == [
        ("highway1", "highway", 0, 3, 0, None, 1),
        ("highway1.transform", "branch", 0, 1, 1, None, 1),
        ("highway1.gate", "branch", 1, 2, 1, None, 1),
    ]


def test_blocks_in_blocks_and_heads() -> None:
    blocks = "{outer: {layers: [inner, relu]}, inner: {layers: [tanh]}}"
    assert groups("outer", blocks=blocks, heads="{h: {from: outer1, layers: [inner]}}") == [
        ("outer1", "outer", 0, 2, 0, None, 1),
        ("outer1.inner1", "inner", 0, 1, 1, None, 1),
        ("h", "head", 2, 3, 0, None, 1),
        ("h.inner1", "inner", 2, 3, 1, None, 1),
    ]


@pytest.mark.parametrize(
    "name", ["resnet50", "googlenet", "densenet121", "unet", "lenet5", "highway", "shufflenet-v2", "efficientnet-b0"]
)
def test_groups_nest(name: str) -> None:
    graph = expand(load_file(SPECS / f"{name}.yaml"), shipped_block)
    open_groups: list[Group] = []
    for group in graph.groups:
        assert 0 <= group.start <= group.stop <= len(graph.nodes)
        while open_groups and not (
            open_groups[-1].start <= group.start
            and group.stop <= open_groups[-1].stop
            and group.depth > open_groups[-1].depth
        ):
            open_groups.pop()
        assert group.depth == len(open_groups)
        if open_groups:
            assert group.path.startswith(open_groups[-1].path)
        open_groups.append(group)
        for node in graph.nodes[group.start : group.stop]:
            assert node.path == group.path or node.path.startswith((f"{group.path}.", f"{group.path}["))
    for node in graph.nodes:
        # a node whose path has more than its own name (and its activation's) lies in a group
        if "." in node.path and node.activation_of is None:
            assert any(group.start <= node.index < group.stop for group in graph.groups)


def test_nodes_read_only_what_comes_before() -> None:
    for path in sorted(SPECS.glob("*.yaml")):
        graph = expand(load_file(path), shipped_block)
        for node in graph.nodes:
            assert all(ref < node.index for ref in node.inputs)
            assert graph.nodes[node.index] is node
        assert len({node.path for node in graph.nodes}) == len(graph.nodes)
