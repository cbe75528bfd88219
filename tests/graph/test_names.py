"""Names and paths: what layers are called, and how `from` finds them."""

from __future__ import annotations

import random

import pytest
from spec.written import analyzed, refusal, unrolled, written

BLOCK = "{u: {layers: [conv: {name: c, filters: in_channels, kernel: 1, activation: relu}, tanh]}}"


def paths(*layers: str, **sections: str) -> list[str]:
    return [node.path for node in unrolled(written(*layers, **sections)).nodes]


@pytest.mark.parametrize(
    ("layers", "expected"),
    [
        (["relu", "relu", "tanh", "relu"], ["relu1", "relu2", "tanh1", "relu3"]),
        # named ones count
        (["relu: {name: a}", "relu", "relu"], ["a", "relu2", "relu3"]),
        # and a number that is taken is passed over
        (["relu: {name: relu2}", "relu", "relu"], ["relu2", "relu3", "relu4"]),
        (["relu", "relu: {name: relu3}", "relu"], ["relu1", "relu3", "relu4"]),
        # what a condition leaves out still counts: names do not depend on values
        (["relu", "relu: {if: false}", "relu"], ["relu1", "relu3"]),
        (["relu: {repeat: 2}", "relu"], ["relu1[0]", "relu1[1]", "relu2"]),
        (["relu: {repeat: 0}", "relu"], ["relu2"]),
        (["relu: {repeat: 1}"], ["relu1[0]"]),
        (["conv: {filters: 8, kernel: 1, activation: relu}", "relu"], ["conv1", "conv1.relu", "relu1"]),
        (
            ["add: [[relu], [], [tanh, tanh]]"],
            ["add1.branch1.relu1", "add1.branch3.tanh1", "add1.branch3.tanh2", "add1"],
        ),
        (
            ["add: {name: a, branches: [[relu], []]}", "add: [[], [relu]]"],
            ["a.branch1.relu1", "a", "add2.branch2.relu1", "add2"],
        ),
        (["stack: [relu, stack: [relu]]"], ["stack1.relu1", "stack1.stack1.relu1"]),
        (["stack: {name: s, repeat: 2, layers: [relu]}"], ["s[0].relu1", "s[1].relu1"]),
        (["highway: {name: h, layers: [relu]}"], ["h.transform.relu1", "h.gate.sigmoid1", "h"]),
        (["u", "u: {name: b}"], ["u1.c", "u1.c.relu", "u1.tanh1", "b.c", "b.c.relu", "b.tanh1"]),
        (["u: {repeat: 2}"], ["u1[0].c", "u1[0].c.relu", "u1[0].tanh1", "u1[1].c", "u1[1].c.relu", "u1[1].tanh1"]),
    ],
)
def test_paths(layers: list[str], expected: list[str]) -> None:
    assert paths(*layers, blocks=BLOCK) == expected


def test_heads_have_paths_of_their_own() -> None:
    assert paths("relu", heads="{aux1: {from: relu1, layers: [relu]}}") == ["relu1", "aux1.relu1"]


def test_the_same_name_in_several_stacks() -> None:
    layers = [
        "relu: {name: a}",
        "stack: {name: s, layers: [relu: {name: a}]}",
        "add: [[relu: {name: a}], [relu: {name: a}]]",
    ]
    assert paths(*layers) == ["a", "s.a", "add1.branch1.a", "add1.branch2.a", "add1"]


@pytest.mark.parametrize(
    "text",
    [
        written("relu: {name: a}", "tanh: {name: a}"),
        written("relu: {name: input}"),
        written("relu: {name: left, from: left}", input="{left: 3x8x8, right: 3x8x8}"),
        written("relu", heads="{relu1: {from: relu1, layers: []}}"),
        written("relu", heads="{input: {from: relu1, layers: []}}"),
        written("add: [[relu: {name: a}, tanh: {name: a}], []]"),
    ],
)
def test_names_are_unique_in_their_stack(text: str) -> None:
    assert refusal(text).code == "CN003"


FROM: list[tuple[str, list[str], str]] = [
    # from, layers before, the output that it means
    ("input", ["relu"], "input"),
    ("relu1", ["relu", "tanh"], "relu1"),
    # a layer's name means its final output, after its activation
    ("a", ["conv: {name: a, filters: 8, kernel: 1, activation: relu}", "tanh"], "a.relu"),
    ("a.relu", ["conv: {name: a, filters: 8, kernel: 1, activation: relu}", "tanh"], "a.relu"),
    ("conv1", ["conv: {filters: 8, kernel: 1, activation: relu}", "tanh"], "conv1.relu"),
    # a block's, a stack's and a merge's
    ("u1", ["u", "tanh"], "u1.tanh1"),
    ("u1.c", ["u", "tanh"], "u1.c.relu"),
    ("s", ["stack: {name: s, layers: [relu, tanh]}", "relu"], "s.tanh1"),
    ("s.relu1", ["stack: {name: s, layers: [relu, tanh]}", "relu"], "s.relu1"),
    ("add1", ["add: [[relu], []]", "tanh"], "add1"),
    ("add1.branch1", ["add: [[relu, tanh], []]", "tanh"], "add1.branch1.tanh1"),
    ("add1.branch1.relu1", ["add: [[relu, tanh], []]", "tanh"], "add1.branch1.relu1"),
    ("add1.branch2", ["relu", "add: [[tanh], []]", "tanh"], "relu1"),
    ("highway1.gate", ["highway: [relu]", "tanh"], "highway1.gate.sigmoid1"),
    # repeats
    ("u1", ["u: {repeat: 3}", "tanh"], "u1[2].tanh1"),
    ("u1[0]", ["u: {repeat: 3}", "tanh"], "u1[0].tanh1"),
    ("u1[1].c", ["u: {repeat: 3}", "tanh"], "u1[1].c.relu"),
    ("u1.c", ["u: {repeat: 3}", "tanh"], "u1[2].c.relu"),
    ("r[0]", ["relu: {name: r, repeat: 2}", "tanh"], "r[0]"),
    # empty things are what they read
    ("s", ["relu", "stack: {name: s, layers: []}", "tanh"], "relu1"),
]


@pytest.mark.parametrize(("name", "layers", "expected"), FROM, ids=[f"{row[0]} of {row[1][0]}" for row in FROM])
def test_from(name: str, layers: list[str], expected: str) -> None:
    graph = unrolled(written(*layers, f"sigmoid: {{name: end, from: '{name}'}}", blocks=BLOCK))
    assert [graph.path(ref) for ref in graph.nodes[-1].inputs] == [expected]


@pytest.mark.parametrize(
    "name",
    [
        "nope",
        "end",
        "a.nope",
        "a[0]",
        "r[2]",
        "r[0][0]",
        "r[x]",
        "r[]",
        "r.0",
        "..",
        ".",
        "",
        "input.x",
        "add1.branch3",
        "u1[9]",
        "u1.c.tanh",
        "later",
        "r[99999999999]",
    ],
)
def test_from_nothing(name: str) -> None:
    layers = [
        "conv: {name: a, filters: 8, kernel: 1}",
        "relu: {name: r, repeat: 2}",
        "add: [[relu], []]",
        "u: {repeat: 2}",
    ]
    problem = refusal(written(*layers, f"sigmoid: {{name: end, from: '{name}'}}", "relu: {name: later}", blocks=BLOCK))
    assert problem.span.line == 9


def test_names_are_looked_up_in_their_own_stack_first_then_outward() -> None:
    text = written(
        "relu: {name: a}",
        "tanh: {name: b}",
        "stack: {name: s, layers: [sigmoid: {name: a}, stack: [softplus, relu: {name: x, from: a}, relu: {name: y, from: b}]]}",
        "relu: {name: z, from: a}",
    )
    graph = unrolled(text)
    read = {node.path: [graph.path(ref) for ref in node.inputs] for node in graph.nodes}
    assert read["s.stack1.x"] == ["s.a"]
    assert read["s.stack1.y"] == ["b"]
    assert read["z"] == ["a"]


def test_a_branch_sees_its_sister_branches_by_number_and_the_outside() -> None:
    text = written("relu: {name: a}", "concat: [[tanh: {name: t}], [sigmoid: {from: a}], [relu: {from: branch1.t}]]")
    graph = unrolled(text)
    read = {node.path: [graph.path(ref) for ref in node.inputs] for node in graph.nodes}
    assert read["concat1.branch2.sigmoid1"] == ["a"]
    assert read["concat1.branch3.relu1"] == ["concat1.branch1.t"]


def test_inside_a_block_the_caller_s_names_are_seen_but_not_the_other_way_round() -> None:
    block = "{b: {layers: [relu: {name: inner, from: stem}]}}"
    graph = unrolled(written("tanh: {name: stem}", "b", blocks=block))
    assert graph.path(graph.nodes[-1].inputs[0]) == "stem"
    assert "inner" in refusal(written("tanh: {name: stem}", "b", "relu: {from: inner}", blocks=block)).message


def test_a_name_may_come_as_a_parameter() -> None:
    block = "{b: {parameters: {source: null}, layers: [relu: {from: source}]}}"
    graph = unrolled(written("tanh: {name: stem}", "sigmoid", "b: {source: stem}", blocks=block))
    assert graph.path(graph.nodes[-1].inputs[0]) == "stem"


def test_only_the_first_repeat_reads_from() -> None:
    graph = unrolled(written("relu: {name: a}", "tanh", "sigmoid: {from: a, repeat: 3}"))
    assert [graph.path(node.inputs[0]) for node in graph.nodes[2:]] == ["a", "sigmoid1[0]", "sigmoid1[1]"]


def test_heads_see_the_trunk_and_earlier_heads() -> None:
    text = written(
        "relu",
        "tanh",
        heads="{a: {from: relu1, layers: [sigmoid]}, b: {from: a, layers: [concat: {from: [tanh1, a.sigmoid1]}]}}",
    )
    graph = unrolled(text)
    assert [graph.path(ref) for ref in graph.nodes[-1].inputs] == ["tanh1", "a.sigmoid1"]


def test_a_head_never_becomes_the_next_layer_s_input() -> None:
    text = written(
        "relu",
        heads="{a: {from: relu1, layers: [maxpool: 2]}, b: {from: relu1, layers: [tanh]}}",
        expect="{output: 3x32x32}",
    )
    analysis = analyzed(text)
    assert analysis.row("b.tanh1").inputs == ("relu1",)
    assert analysis.claims[0].holds is True


BODIES = ["dense: 8", "batchnorm", "relu", "tanh", "layernorm", "prelu", "dense: {units: 8, bias: false}", "scale"]


def test_many_highways_with_default_gates_keep_their_names() -> None:
    chance = random.Random(0)
    layers = [f"highway: [{', '.join(chance.choices(BODIES, k=chance.randrange(1, 5)))}]" for _ in range(200)]
    graph = unrolled(written(*layers, input="8"))
    for node in graph.nodes:
        assert node.name.startswith(node.kind)
        assert node.kind == node.layer.kind
