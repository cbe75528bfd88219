"""The forms of the language beyond single layers: structures, blocks, variables, sections. Numbers by hand."""

from __future__ import annotations

from typing import Any

import pytest

from cnncalc.core.symbolic import symbol
from cnncalc.spec.model import Claim, Head, Stack, Task, Train

from .written import analyzed, figures, loaded, refusal, refused, unrolled, written

CONV = "conv: {filters: 8, kernel: 3}"


def outputs(text: str, **options: Any) -> dict[str, Any]:
    return {row.path: row.output for row in analyzed(text, **options).rows}


# -- inputs ----------------------------------------------------------------------------------------------------------

H, W = symbol("H"), symbol("W")


@pytest.mark.parametrize(
    ("stated", "shape"),
    [
        ("3x227x227", (3, 227, 227)),
        ("3 x 227 x 227", (3, 227, 227)),
        ("36000000", (36_000_000,)),
        ("36_000_000", (36_000_000,)),
        ("1x16000", (1, 16000)),
        ("1x16x64x64", (1, 16, 64, 64)),
        ("[3, 8, 9]", (3, 8, 9)),
        ("{channels: 3, height: 8, width: 9}", (3, 8, 9)),
        ("{width: 9, height: 8, channels: 3}", (3, 8, 9)),
        ("{channels: 3, length: 9}", (3, 9)),
        ("{channels: 3, depth: 4, height: 5, width: 6}", (3, 4, 5, 6)),
        ("{channels: 784}", (784,)),
        ("3xHxW", (3, H, W)),
        ("3xHxH", (3, H, H)),
        ("3x2*HxH+1", (3, 2 * H, H + 1)),
        ("{channels: 3, height: H, width: 2*H}", (3, H, 2 * H)),
    ],
)
def test_input(stated: str, shape: tuple[Any, ...]) -> None:
    assert unrolled(written(input=f'"{stated}"' if stated[0] not in "[{" else stated)).inputs == {"input": shape}


def test_an_input_size_may_be_a_variable() -> None:
    graph = unrolled(written(CONV, input="3xsidex2*side", variables="{side: 16}"))
    assert graph.inputs == {"input": (3, 16, 32)}


def test_several_inputs() -> None:
    text = written(
        "conv: {name: a, from: left, filters: 4, kernel: 3}",
        "conv: {name: b, from: right, filters: 5, kernel: 3}",
        "concat: {from: [a, b]}",
        input="{left: 3x8x8, right: {channels: 1, height: 8, width: 8}}",
    )
    graph = unrolled(text)
    assert graph.inputs == {"left": (3, 8, 8), "right": (1, 8, 8)}
    assert outputs(text) == {"a": (4, 6, 6), "b": (5, 6, 6), "concat1": (9, 6, 6)}


def test_several_inputs_in_branches() -> None:
    text = written("concat: [[relu: {from: left}], [tanh: {from: right}]]", input="{left: 3x8x8, right: 1x8x8}")
    assert outputs(text)["concat1"] == (4, 8, 8)


def test_with_several_inputs_the_first_layer_names_its_own() -> None:
    problem = refusal(written("relu", input="{left: 3x8x8, right: 3x8x8}"))
    assert "which input" in problem.message
    assert "left, right" in problem.expected


# -- structures ------------------------------------------------------------------------------------------------------


def test_branches_in_all_spellings() -> None:
    block = """\
cnncalc: 1
input: 3x8x8
layers:
  - add:
      - - conv: {filters: 3, kernel: 3, padding: 1}
        - relu
      - []
"""
    flow = written("add: [[conv: {filters: 3, kernel: 3, padding: 1}, relu], []]", input="3x8x8")
    full = written("add: {branches: [[conv: {filters: 3, kernel: 3, padding: 1}, relu], []]}", input="3x8x8")
    assert loaded(block) == loaded(flow) == loaded(full)
    assert outputs(flow) == {"add1.branch1.conv1": (3, 8, 8), "add1.branch1.relu1": (3, 8, 8), "add1": (3, 8, 8)}


def test_a_branch_of_null_is_the_identity() -> None:
    assert outputs("cnncalc: 1\ninput: 3x8x8\nlayers:\n  - add:\n      - [relu]\n      -\n")["add1"] == (3, 8, 8)


def test_from_picks_earlier_outputs() -> None:
    text = written(
        "conv: {name: a, filters: 4, kernel: 3, activation: relu}",
        "conv: {name: b, filters: 4, kernel: 3, padding: 1}",
        "add: {from: [a, b]}",
        "tanh: {from: a}",
        "sigmoid: {from: input}",
        input="3x8x8",
    )
    rows = {row.path: row for row in analyzed(text).rows}
    assert rows["add1"].inputs == ("a.relu", "b")
    assert rows["tanh1"].inputs == ("a.relu",)
    assert rows["sigmoid1"].inputs == ("input",)
    assert rows["sigmoid1"].output == (3, 8, 8)


def test_concat_of_outputs_along_an_axis() -> None:
    text = written("relu: {name: a}", "concat: {from: [a, input], axis: width}", input="3x8x8")
    assert outputs(text)["concat1"] == (3, 8, 16)


def test_stack_groups_in_place() -> None:
    text = written("stack: {name: stem, layers: [conv: {filters: 4, kernel: 3}, relu]}", "relu", input="3x8x8")
    assert list(outputs(text)) == ["stem.conv1", "stem.relu1", "relu1"]


def test_highway_gate_defaults_to_the_transform_with_a_sigmoid() -> None:
    text = written("highway: [conv: {filters: 3, kernel: 3, padding: 1, activation: relu}]", input="3x8x8")
    rows = {row.path: row.kind for row in analyzed(text).rows}
    assert rows == {
        "highway1.transform.conv1": "conv",
        "highway1.transform.conv1.relu": "relu",
        "highway1.gate.conv1": "conv",
        "highway1.gate.conv1.sigmoid": "sigmoid",
        "highway1": "highway",
    }


def test_highway_gate_replaces_a_last_activation_layer() -> None:
    text = written("highway: [dense: 8, batchnorm, tanh]", input="8")
    assert [row.kind for row in analyzed(text).rows if ".gate." in row.path] == ["dense", "batchnorm", "sigmoid"]


def test_highway_with_a_gate_of_its_own() -> None:
    text = written("highway: {layers: [dense: 8], gate: [dense: {units: 8, bias: false}, sigmoid]}", input="8")
    assert figures(analyzed(text))["highway1.gate.dense1"] == ((8,), 64, 64)


def test_heads() -> None:
    text = written(
        "conv: {name: a, filters: 4, kernel: 3}",
        "relu",
        input="3x8x8",
        heads="{aux: {from: a, train_only: true, layers: [flatten, dense: 10]}, mask: {from: relu1, layers: [softmax]}}",
    )
    spec = loaded(text)
    assert isinstance(spec.heads["aux"], Head)
    assert spec.heads["aux"].train_only is True
    rows = {row.path: row for row in analyzed(text).rows}
    assert rows["aux.dense1"].output == (10,)
    assert rows["aux.dense1"].train_only
    assert rows["mask.softmax1"].inputs == ("relu1",)
    assert not rows["mask.softmax1"].train_only


def test_crop_like_another_layer() -> None:
    text = written("conv: {name: a, filters: 4, kernel: 5}", "crop: {from: input, like: a}", input="3x9x8")
    assert outputs(text)["crop1"] == (3, 5, 4)


# -- blocks ----------------------------------------------------------------------------------------------------------

UNIT = """{unit: {parameters: {width: null, stride: 1}, layers: [add: [[
  conv: {filters: width, kernel: 3, stride: stride, padding: 1, bias: false}, batchnorm, relu,
  conv: {filters: width, kernel: 3, padding: 1, bias: false}, batchnorm],
  [conv: {filters: width, kernel: 1, stride: stride, bias: false, if: stride != 1 or in_channels != width},
  batchnorm: {if: stride != 1 or in_channels != width}]], relu]}}"""


def test_the_unit_of_the_design() -> None:
    text = written("unit: {width: 64, repeat: 3}", "unit: {width: 128, stride: 2}", input="64x56x56", blocks=UNIT)
    analysis = analyzed(text)
    # He and others 2015: three units of two 3x3 convolutions of 64 maps; then 128 maps with a projection
    same = 2 * (64 * 64 * 9 + 2 * 64)
    wider = 64 * 128 * 9 + 128 * 128 * 9 + 64 * 128 + 3 * 2 * 128
    assert analysis.totals.params == 3 * same + wider
    assert analysis.rows[-1].output == (128, 28, 28)
    assert "unit2.add1.branch2.conv1" in figures(analysis)
    assert "unit1[0].add1.branch2.conv1" not in figures(analysis)


def test_defaults_may_be_expressions_over_earlier_parameters_variables_and_in_channels() -> None:
    text = written(
        "b: {w: 4}",
        "b: {w: 4, h: 5}",
        input="3x8x8",
        variables="{extra: 10}",
        blocks="{b: {parameters: {w: null, h: w * 2, k: h + in_channels + extra}, layers: [conv: {filters: k, kernel: 1}]}}",
    )
    # 8 + 3 + 10, then 5 + 21 + 10
    assert outputs(text) == {"b1.conv1": (21, 8, 8), "b2.conv1": (36, 8, 8)}


def test_each_repeat_sees_its_own_in_channels() -> None:
    text = written("grow: {repeat: 3}", blocks="{grow: {layers: [conv: {filters: in_channels * 2, kernel: 1}]}}")
    assert [shape[0] for shape in outputs(text).values()] == [6, 12, 24]


def test_in_channels_of_a_branch_is_the_block_s() -> None:
    block = "{b: {layers: [conv: {filters: 10, kernel: 1}, add: [[conv: {filters: in_channels, kernel: 1}], [slice: {stop: in_channels}]]]}}"
    text = written("b", input="3x8x8", blocks=block.replace("slice: {stop", "slice: {axis: channels, stop"))
    assert outputs(text)["b1.add1"] == (3, 8, 8)


def test_parameters_may_be_numbers_words_flags_lists_and_layers() -> None:
    block = (
        "{b: {parameters: {pad: valid, bias: true, kernel: [3, 5], body: [], act: relu}, layers: ["
        "conv: {filters: 4, kernel: kernel, padding: pad, bias: bias, activation: act}, stack: body]}}"
    )
    calls = ("b", "b: {pad: same, bias: false, kernel: [1, 1], act: tanh, body: [maxpool: 2, tanh]}")
    text = written(*calls, input="3x12x12", blocks=block)
    rows = {row.path: (row.output, row.params) for row in analyzed(text).rows}
    assert rows == {
        "b1.conv1": ((4, 10, 8), 3 * 15 * 4 + 4),
        "b1.conv1.relu": ((4, 10, 8), 0),
        "b2.conv1": ((4, 10, 8), 16),
        "b2.conv1.tanh": ((4, 10, 8), 0),
        "b2.stack1.maxpool1": ((4, 5, 4), 0),
        "b2.stack1.tanh1": ((4, 5, 4), 0),
    }


def test_a_list_of_layers_keeps_the_names_of_where_it_was_written() -> None:
    block = "{b: {parameters: {w: 99, body: null}, layers: [stack: body]}}"
    text = written("b: {body: [conv: {filters: w, kernel: 1}]}", blocks=block, variables="{w: 5}")
    assert outputs(text)["b1.stack1.conv1"] == (5, 32, 32)


def test_a_list_of_layers_as_branch_and_gate() -> None:
    block = "{b: {parameters: {body: null}, layers: [add: [body, []], highway: {layers: body, gate: body}]}}"
    text = written("b: {body: [conv: {filters: in, kernel: 1}]}", blocks=block, variables="{in: 3}", input="3x4x4")
    assert analyzed(text).totals.params == 3 * 12


def test_blocks_use_blocks() -> None:
    blocks = "{outer: {parameters: {n: 2}, layers: [inner: {w: in_channels + 1, repeat: n}]}, inner: {parameters: {w: null}, layers: [conv: {filters: w, kernel: 1}]}}"
    text = written("outer: {n: 3}", blocks=blocks, input="3x4x4")
    assert list(outputs(text)) == [f"outer1.inner1[{index}].conv1" for index in range(3)]
    # w is worked out once, for the whole call: every repeat gets the same arguments
    assert {shape[0] for shape in outputs(text).values()} == {4}


def test_a_block_of_the_spec_wins_over_a_shipped_one() -> None:
    assert list(outputs(written("residual", blocks="{residual: {layers: [tanh]}}"))) == ["residual1.tanh1"]


def test_a_shipped_block_does_not_see_the_spec_s_variables() -> None:
    # the block's own default stands: stride = kernel = 2
    assert outputs(written("subsample", variables="{stride: 9, kernel: 9}", input="3x8x8"))["subsample1.scale1"] == (
        3,
        4,
        4,
    )


def test_repeat_of_a_layer_a_stack_and_none() -> None:
    text = written(
        "conv: {filters: 3, kernel: 3, repeat: 2}",
        "stack: {repeat: n, layers: [relu]}",
        "tanh: {repeat: 0}",
        variables="{n: 2}",
    )
    assert list(outputs(text)) == ["conv1[0]", "conv1[1]", "stack1[0].relu1", "stack1[1].relu1"]


# -- variables -------------------------------------------------------------------------------------------------------


def test_variables_are_numbers_words_expressions_and_symbols() -> None:
    text = written(
        "conv: {filters: double, kernel: 3, padding: mode}",
        "dropout: rate",
        "conv: {filters: n, kernel: 1, bias: has_bias}",
        variables="{width: 8, double: width * 2, mode: same, rate: 0.25, n: symbol, has_bias: width > 100}",
        input="3x8x8",
    )
    n = symbol("n")
    assert figures(analyzed(text))["conv1"] == ((16, 8, 8), 448, 27 * 16 * 64)
    assert figures(analyzed(text))["conv2"] == ((n, 8, 8), 16 * n, 16 * 64 * n)


def test_variables_may_be_defined_in_any_order() -> None:
    assert outputs(written(CONV.replace("8", "a"), variables="{a: b + 1, b: c * 2, c: 3}"))["conv1"][0] == 7


def test_set_replaces_a_variable_and_what_depends_on_it() -> None:
    text = written(CONV.replace("8", "a"), variables="{a: b + 1, b: 3}")
    assert outputs(text, variables={"b": 9})["conv1"][0] == 10
    assert outputs(text, variables={"b": "symbol"})["conv1"][0] == symbol("b") + 1
    assert outputs(text, variables={"a": 5})["conv1"][0] == 5


def test_a_word_that_is_no_name_stays_a_word() -> None:
    assert outputs(written("conv: {filters: 8, kernel: 3, padding: same}", input="3x8x8"))["conv1"] == (8, 8, 8)


def test_a_variable_may_have_the_name_of_a_word() -> None:
    # the name in scope wins
    assert outputs(written("conv: {filters: 8, kernel: 3, padding: same}", variables="{same: 2}", input="3x8x8"))[
        "conv1"
    ] == (8, 10, 10)


# -- activations -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stated", "kind"),
    [
        ("relu", "relu"),
        ("{leaky_relu: 0.2}", "leaky_relu"),
        ("{leaky_relu: {slope: 0.2}}", "leaky_relu"),
        ("{prelu: layer}", "prelu"),
        ("{softmax: channels}", "softmax"),
        ("{maxout: 2}", "maxout"),
        ("{maxout: n}", "maxout"),
        ("{relu: {}}", "relu"),
    ],
)
def test_activation(stated: str, kind: str) -> None:
    text = written(f"conv: {{name: c, filters: 8, kernel: 3, activation: {stated}}}", variables="{n: 2}")
    rows = analyzed(text).rows
    assert [(row.path, row.kind, row.is_activation_of) for row in rows] == [
        ("c", "conv", None),
        (f"c.{kind}", kind, "c"),
    ]
    if kind == "prelu":
        assert rows[1].params == 1
    if kind == "maxout":
        assert rows[1].output == (4, 30, 30)


@pytest.mark.parametrize(
    "stated",
    [
        "conv",
        "rleu",
        "true",
        "3",
        "[relu]",
        "{relu: 3}",
        "{relu: {slope: 1}}",
        "{relu: {}, tanh: {}}",
        "{leaky_relu: {slop: 1}}",
        "{leaky_relu: {slope: {a: 1}}}",
        "{leaky_relu: {slope: [1]}}",
        "{}",
    ],
)
def test_not_an_activation(stated: str) -> None:
    problem = refusal(written(f"conv: {{filters: 8, kernel: 3, activation: {stated}}}"))
    assert problem.span.line == 4
    assert problem.span.column >= 46
    assert "object at" not in str(problem)
    assert "Extra inputs" not in str(problem)


# -- sections --------------------------------------------------------------------------------------------------------


def test_sections() -> None:
    spec = loaded(
        written(
            name="AlexNet",
            source="somewhere",
            task="{classes: 1000, loss: cross_entropy}",
            train="{batch: 32, optimizer: adam, dtype: float16}",
            budget="{params: 5M, macs: 600M, torch_training: 8 GiB, weight_layers: 20}",
            target="{device: a100-40gb}",
        )
    )
    assert (spec.name, spec.source) == ("AlexNet", "somewhere")
    assert spec.task == Task(1000, "cross_entropy")
    assert spec.train == Train(32, "adam", "float16")
    assert spec.budget == {"params": "5M", "macs": "600M", "torch_training": "8 GiB", "weight_layers": 20}
    assert spec.target == {"device": "a100-40gb"}


def test_the_name_defaults_to_the_file_s() -> None:
    assert loaded(written()).name == "net"
    assert loaded(written(name="12")).name == "12"


def test_claims_in_all_forms() -> None:
    spec = loaded(
        written(
            "conv: {filters: 8, kernel: 3, expect: {output: 8x30x30, params: 224, kernel: 3, activation: relu, receptive_field: [3, 3]}, activation: relu}",
            "relu: {expect: {output: {stated: 1x1x1, erratum: misprint}, receptive_field: {size: 3, jump: 1}}}",
            "relu: {expect: {params: {stated: 5, follows: conv1}}}",
            expect="{params: ~200, total_params: 224, weight_layers: 1}",
        )
    )
    conv, relu, last = spec.layers.calls
    assert conv.expect == (
        Claim("output", "8x30x30"),
        Claim("params", 224),
        Claim("kernel", 3),
        Claim("activation", "relu"),
        Claim("receptive_field", (3, 3)),
    )
    assert relu.expect == (
        Claim("output", "1x1x1", erratum="misprint"),
        Claim("receptive_field.size", 3),
        Claim("receptive_field.jump", 1),
    )
    assert last.expect == (Claim("params", 5, follows="conv1"),)
    assert spec.expect == (Claim("params", "~200"), Claim("total_params", 224), Claim("weight_layers", 1))


def test_empty_networks_are_networks() -> None:
    assert loaded(written()).layers == Stack(())
    assert analyzed(written()).totals.params == 0
    assert loaded("cnncalc: 1\ninput: 3x8x8\nlayers:\n").layers == Stack(())


def test_all_problems_are_told_in_the_order_of_the_text() -> None:
    text = "cnncalc: 2\ninpt: 3\nlayers:\n  - cnov: 3\n  - conv: {filters: 3, kernl: 3}\n  - relu: {from: []}\n"
    problems = refused(text)
    places = [(problem.span.line, problem.span.column) for problem in problems]
    assert places == sorted(places)
    assert {problem.span.line for problem in problems} >= {1, 2, 4, 5, 6}
    joined = "\n".join(map(str, problems))
    for remedy in ("did you mean input?", "did you mean conv?", "did you mean kernel?"):
        assert remedy in joined
