"""The importer from ONNX and files of strangers: limits, damage, other files, and what the command line says."""

import random
from pathlib import Path
from typing import Any

import numpy
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from cnncalc import SpecError, analyze, from_onnx
from cnncalc.importers.onnx import file as limits
from tests.cli.terminal import cnncalc
from tests.importers.onnx_files import build, node, save, whole, zeros

NODES = [
    node("Conv", "x w b", "a", name="c1", strides=[2, 2], pads=[1, 1, 1, 1]),
    node("BatchNormalization", "a s t m v", "n"),
    node("Relu", "n", "c"),
    node("Shape", "c", "own"),
    node("Gather", "own zero", "first"),
    node("Unsqueeze", "first axis", "line"),
    node("Concat", "line rest", "sizes", axis=0),
    node("Reshape", "c sizes", "flat"),
    node("Gemm", "flat fw fb", "y", transB=1),
]
TENSORS = {"w": zeros(8, 3, 3, 3), "fw": zeros(5, 8 * 4 * 4), "fb": zeros(5)}
TENSORS |= {name: zeros(8) for name in "bstmv"}
TENSORS |= {"zero": numpy.array(0, numpy.int64), "axis": whole(0), "rest": whole(-1)}


def model() -> onnx.ModelProto:
    return build(NODES, {"x": ["N", 3, 8, 8]}, TENSORS)


def refusal(file: str, **options: Any) -> str:
    with pytest.raises(SpecError) as caught:
        from_onnx(file, **options)
    text = str(caught.value)
    assert "\n" not in text
    return text


def test_the_file_itself_imports(tmp_path: Path) -> None:
    analysis = analyze(from_onnx(save(model(), tmp_path)))
    # 216 + 8, 16 of the norm, 128 * 5 + 5; running mean and variance of 8 channels
    assert (analysis.totals.params, analysis.totals.buffers) == (885, 16)
    # 16 positions * 216, 128 * 5
    assert analysis.totals.macs == 16 * 216 + 640


@pytest.mark.parametrize("seed", range(4))
def test_damaged_files_give_one_error_or_a_network(seed: int, tmp_path: Path) -> None:
    chance = random.Random(seed)
    whole_file = model().SerializeToString()
    file = tmp_path / "net.onnx"
    for turn in range(60):
        data = bytearray(whole_file)
        for _ in range(chance.choice((1, 1, 2, 5))):
            place = chance.randrange(len(data))
            if turn % 3 == 0:
                data[place] ^= 1 << chance.randrange(8)
            elif turn % 3 == 1:
                del data[place : place + chance.randrange(1, 5)]
            else:
                data[place:place] = chance.randbytes(3)
        file.write_bytes(bytes(data))
        try:
            from_onnx(str(file))
        except SpecError as error:
            assert error.problems


@pytest.mark.parametrize("seed", range(2))
def test_wrong_numbers_and_operators_give_one_error_or_a_network(seed: int, tmp_path: Path) -> None:
    """Files that are whole, whose attributes, sizes, operators and connections are drawn."""
    chance = random.Random(seed)
    operators = [
        "Add",
        "Mul",
        "Reshape",
        "Transpose",
        "GatherND",
        "Gather",
        "Where",
        "Slice",
        "Split",
        "SplitToSequence",
    ]
    operators += [
        "SequenceAt",
        "Concat",
        "Pad",
        "Resize",
        "ReduceMean",
        "ReduceSum",
        "Conv",
        "MatMul",
        "Expand",
        "Range",
    ]
    numbers = (-(2**62), -2, -1, 0, 1, 2, 3, 5, 2**33, 2**62)
    for _ in range(60):
        made = model()
        for _ in range(chance.randint(1, 3)):
            one = chance.choice(made.graph.node)
            listed = [attribute for attribute in one.attribute if attribute.ints]
            which = chance.randrange(4)
            if which == 0 and listed:
                ints = chance.choice(listed).ints
                ints[chance.randrange(len(ints))] = chance.choice(numbers)
            elif which == 1:
                one.op_type = chance.choice(operators)
                del one.attribute[:]
            elif which == 2:
                before = [name for other in made.graph.node for name in other.output][:3]
                one.input[chance.randrange(len(one.input))] = chance.choice([*before, "x", "w", "rest"])
            else:
                sizes = chance.choice(made.graph.initializer).dims
                if sizes:
                    sizes[chance.randrange(len(sizes))] = chance.choice(numbers)
        try:
            from_onnx(save(made, tmp_path))
        except SpecError as error:
            assert error.problems


@pytest.mark.parametrize("data", [b"", b"\x00" * 40, b"hello", bytes(range(256)), b"\x08\x09"], ids=range(5))
def test_no_onnx_file(data: bytes, tmp_path: Path) -> None:
    file = tmp_path / "net.onnx"
    file.write_bytes(data)
    assert "net.onnx: " in refusal(str(file))


def test_cut_off_file(tmp_path: Path) -> None:
    file = tmp_path / "net.onnx"
    file.write_bytes(model().SerializeToString()[:-500])
    assert "is no ONNX file" in refusal(str(file))


def test_no_file_and_a_folder(tmp_path: Path) -> None:
    assert "there is no such file" in refusal(str(tmp_path / "none.onnx"))
    assert "is no file" in refusal(str(tmp_path))


def test_too_many_bytes_and_nodes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = save(model(), tmp_path)
    monkeypatch.setattr(limits, "MOST_NODES", 8)
    assert "more than 8 nodes" in refusal(file)
    monkeypatch.setattr(limits, "LARGEST", 100)
    assert "may have 100 B" in refusal(file)


def test_cycle(tmp_path: Path) -> None:
    nodes = [node("Add", "x b", "a"), node("Relu", "a", "b"), node("Relu", "b", "y")]
    assert "ONNX refuses it" in refusal(save(build(nodes, {"x": [1, 3, 8, 8]}), tmp_path))


def test_value_that_nothing_gives(tmp_path: Path) -> None:
    assert "ONNX refuses it" in refusal(save(build([node("Relu", "z", "y")], {"x": [1, 3]}), tmp_path))


def test_bodies_within_bodies(tmp_path: Path) -> None:
    result = helper.make_tensor_value_info("r", TensorProto.FLOAT, None)
    body = helper.make_graph([helper.make_node("Relu", ["x"], ["r"])], "inner", [], [result])
    for _ in range(10):
        chooser = helper.make_node("If", ["q"], ["r"], then_branch=body, else_branch=body)
        body = helper.make_graph([chooser], "outer", [], [result])
        if len(body.SerializeToString()) > 100_000:
            break
    nodes = [helper.make_node("If", ["q"], ["y"], then_branch=body, else_branch=body)]
    file = save(build(nodes, {"x": [1, 3]}, {"q": numpy.array(True)}), tmp_path)
    assert "deeper than 8" in refusal(file)


def function(name: str, *calls: str) -> onnx.FunctionProto:
    nodes = [
        helper.make_node(op, ["a" if not i else f"v{i}"], [f"v{i + 1}"], domain="own") for i, op in enumerate(calls)
    ]
    nodes.append(helper.make_node("Relu", [f"v{len(calls)}" if calls else "a"], ["r"]))
    return helper.make_function(
        "own", name, ["a"], ["r"], nodes, [helper.make_opsetid("", 20), helper.make_opsetid("own", 1)]
    )


def with_functions(*functions: onnx.FunctionProto) -> onnx.ModelProto:
    made = build([helper.make_node("F0", ["x"], ["y"], domain="own")], {"x": [1, 3, 8, 8]})
    made.opset_import.append(helper.make_opsetid("own", 1))
    made.functions.extend(functions)
    return made


def test_functions_are_written_out(tmp_path: Path) -> None:
    spec = from_onnx(save(with_functions(function("F0", "F1", "F1"), function("F1")), tmp_path), flat=True)
    assert [call.kind for call in spec.layers.calls] == ["relu"] * 3  # type: ignore[union-attr]


def test_functions_that_multiply_or_hold_themselves(tmp_path: Path) -> None:
    doubling = [function(f"F{i}", f"F{i + 1}", f"F{i + 1}") for i in range(7)]
    assert "nests" in refusal(
        save(
            with_functions(*doubling, *(function(f"F{i}", f"F{i + 1}") for i in range(7, 12)), function("F12")),
            tmp_path,
        )
    )
    wide = [function(f"F{i}", *[f"F{i + 1}"] * 12) for i in range(6)]
    assert "more than 20,000 nodes" in refusal(save(with_functions(*wide, function("F6")), tmp_path))
    assert "by itself" in refusal(save(with_functions(function("F0", "F1"), function("F1", "F0")), tmp_path))


def test_huge_sizes(tmp_path: Path) -> None:
    made = model()
    made.graph.initializer[0].dims[0] = 2**60
    assert "impossible sizes" in refusal(save(made, tmp_path))
    nodes = [node("ConstantOfShape", "s", "z"), node("Add", "x z", "y")]
    assert "ConstantOfShape" not in refusal(save(build(nodes, {"x": [1, 3]}, {"s": whole(10**9, 10**9)}), tmp_path))


def _sparse(made: onnx.ModelProto) -> None:
    made.graph.sparse_initializer.add()


def _words(made: onnx.ModelProto) -> None:
    made.graph.initializer[0].CopyFrom(numpy_helper.from_array(numpy.full((8, 3, 3, 3), "a", dtype=object), "w"))


def _negative(made: onnx.ModelProto) -> None:
    made.graph.initializer[0].dims[0] = -8


def _missing(made: onnx.ModelProto) -> None:
    del made.graph.initializer[0]


def _twice(made: onnx.ModelProto) -> None:
    made.graph.initializer.append(made.graph.initializer[0])


def _same_value(made: onnx.ModelProto) -> None:
    made.graph.node[1].output[0] = "a"


def _long_axis(made: onnx.ModelProto) -> None:
    made.graph.input[0].type.tensor_type.shape.dim[2].dim_value = 2**62


BROKEN = {
    "sparse tensors": (_sparse, "holds sparse tensors"),
    "weights of text": (_words, "unsupported type: tensor(string)"),
    "negative sizes": (_negative, "the tensor w has impossible sizes [-8, 3, 3, 3]"),
    "no weights": (_missing, "input 'w' of node"),
    "a tensor twice": (_twice, "w initializer name is not unique"),
    "a value twice": (_same_value, "'a' has been used as output names multiple times"),
    "an axis without end": (_long_axis, "has an input of impossible sizes: x of ?x3x4611686018427387904x8"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_graph(name: str, tmp_path: Path) -> None:
    change, message = BROKEN[name]
    made = model()
    change(made)
    text = refusal(save(made, tmp_path))
    assert message in text
    assert "net.onnx: " in text


def test_long_chain(tmp_path: Path) -> None:
    nodes = [node("Relu", f"v{index}" if index else "x", f"v{index + 1}") for index in range(3000)]
    nodes.append(node("Relu", "v3000", "y"))
    assert len(from_onnx(save(build(nodes, {"x": [1, 3]}), tmp_path), flat=True).layers.calls) == 3001


def test_fewer_numbers_than_the_sizes_say(tmp_path: Path) -> None:
    made = model()
    made.graph.initializer[0].raw_data = b"\x00" * 10
    assert "the tensor w has 2 numbers where its sizes 8x3x3x3 say 216" in refusal(save(made, tmp_path))


def test_text_that_is_none(tmp_path: Path) -> None:
    made = model()
    made.graph.node[0].name = "a\x1b[31mred"
    assert r"'a\x1b[31mred'" in refusal(save(made, tmp_path))


# -- other files -------------------------------------------------------------------------------------------------------


def outside(folder: Path, location: str = "net.data", **facts: int) -> str:
    """The file with the first tensor's numbers elsewhere."""
    made = model()
    tensor = made.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    for key, value in {"location": location, **facts}.items():
        tensor.external_data.add(key=key, value=str(value))
    return save(made, folder)


def test_other_files_only_when_asked(tmp_path: Path) -> None:
    file = outside(tmp_path)
    assert "--external-data" in refusal(file)
    (tmp_path / "net.data").write_bytes(bytes(216 * 4))
    assert analyze(from_onnx(file, external_data=True)).totals.params == 885


@pytest.mark.parametrize("place", ["../net.data", "/etc/passwd", "", "missing"])
def test_other_files_lie_beside_it(place: str, tmp_path: Path) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    (tmp_path / "net.data").write_bytes(bytes(216 * 4))
    text = refusal(outside(inner, place), external_data=True)
    assert "outside the model's folder" in text or "there is no file missing" in text


def test_link_to_elsewhere(tmp_path: Path) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    (tmp_path / "secret").write_bytes(bytes(216 * 4))
    (inner / "net.data").symlink_to(tmp_path / "secret")
    assert "there is no file net.data" in refusal(outside(inner), external_data=True)


def test_other_file_too_short(tmp_path: Path) -> None:
    (tmp_path / "net.data").write_bytes(bytes(100))
    assert "which has 100 B" in refusal(outside(tmp_path, offset=4), external_data=True)


# -- inputs ------------------------------------------------------------------------------------------------------------


def test_open_sizes_need_numbers(tmp_path: Path) -> None:
    nodes = [node("Conv", "x w", "a"), node("GlobalAveragePool", "a", "y")]
    file = save(build(nodes, {"x": ["N", 3, "H", "W"]}, {"w": zeros(8, 3, 3, 3)}), tmp_path)
    text = refusal(file)
    assert "the size of the input x open" in text
    assert "received ?x3x?x?" in text
    # 28 * 18 positions of 216 weights
    assert analyze(from_onnx(file, input="3x30x20")).totals.macs == 28 * 18 * 216
    assert "3 axes behind the batch" in refusal(file, input=(3, 30))
    assert "has no input z; did you mean x?" in refusal(file, input={"z": "3x30x20"}).replace(
        "known here: x", "did you mean x?"
    )


def test_another_size_than_the_files(tmp_path: Path) -> None:
    text = refusal(save(model(), tmp_path), input="3x16x16")
    assert "Gemm (of y) has weights for 128 numbers, its input has 512" in text


def test_size_that_onnx_does_not_infer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A rule that words a node wrongly is found out."""
    from cnncalc.importers.onnx.ops import windows

    monkeypatch.setattr(windows.Window, "padding", lambda self: None)
    text = refusal(save(model(), tmp_path))
    assert "Conv (node c1) gives another size than ONNX infers (expected 2x8x4x4, received 2x8x3x3)" in text


# -- the command line --------------------------------------------------------------------------------------------------


def test_command(tmp_path: Path) -> None:
    file, target = save(model(), tmp_path), tmp_path / "net.yaml"
    outcome = cnncalc("import", "onnx", file, "-o", str(target), "--name", "small", "--input", "x=3x8x8")
    assert outcome == (0, "", "")
    analysis = analyze(target)
    assert (analysis.name, analysis.totals.params) == ("small", 885)
    assert target.read_text() == cnncalc("import", "onnx", file, "--name", "small").out


def test_command_that_fails_writes_nothing(tmp_path: Path) -> None:
    target = tmp_path / "net.yaml"
    outcome = cnncalc("import", "onnx", str(tmp_path / "none.onnx"), "-o", str(target))
    assert (outcome.code, outcome.out, len(outcome.errors)) == (2, "", 1)
    assert "there is no such file" in outcome.err
    assert not target.exists()


@pytest.mark.parametrize("size", ["3x", "x=0x8x8", "3x8xW", "x=", "1x2x3x4x5"])
def test_sizes_that_cannot_be_read(size: str, tmp_path: Path) -> None:
    outcome = cnncalc("import", "onnx", save(model(), tmp_path), "--input", size)
    assert (outcome.code, outcome.out, len(outcome.errors)) == (2, "", 1)
    assert "write 3x224x224" in outcome.err


def test_without_onnx(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cnncalc.importers.need.find_spec", lambda name: None)
    assert "pip install 'cnncalc[onnx]'" in refusal(save(model(), tmp_path))
