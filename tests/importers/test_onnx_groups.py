"""The importer from ONNX: several nodes that are one layer, sizes worked out by nodes, and what is not understood."""

from pathlib import Path
from typing import Any

import numpy
import pytest

from cnncalc import SpecError, analyze, from_onnx
from cnncalc.importers.onnx.convert import convert
from tests.importers.onnx_files import build, calls, node, save, whole, zeros

F = numpy.float32
W = {"w": zeros(8, 3, 3, 3)}


def chain(
    tmp_path: Path, x: tuple[int, ...], nodes: list[Any], tensors: dict[str, Any], opset: int = 20
) -> list[tuple[str, dict[str, Any]]]:
    """The kinds and fields that come of several nodes."""
    spec = from_onnx(save(build(nodes, {"x": ["N", *x]}, tensors, opset=opset), tmp_path), flat=True)
    return [(call.kind, dict(call.fields)) for call in calls(spec)]


def c(number: float) -> Any:
    return numpy.array(number, dtype=F)


DECOMPOSED: dict[str, tuple[list[Any], dict[str, Any], str]] = {
    "silu": ([node("Sigmoid", "x", "s"), node("Mul", "x s", "y")], {}, "silu"),
    "hardswish": (
        [
            node("Add", "x three", "a"),
            node("Clip", "a zero six", "b"),
            node("Mul", "x b", "d"),
            node("Div", "d six", "y"),
        ],
        {"three": c(3), "zero": c(0), "six": c(6)},
        "hardswish",
    ),
    "hardsigmoid": (
        [node("Add", "three x", "a"), node("Clip", "a zero six", "b"), node("Div", "b six", "y")],
        {"three": c(3), "zero": c(0), "six": c(6)},
        "hardsigmoid",
    ),
    "gelu": (
        [
            node("Div", "x r", "a"),
            node("Erf", "a", "b"),
            node("Add", "b one", "d"),
            node("Mul", "x d", "e"),
            node("Mul", "e half", "y"),
        ],
        {"r": c(2**0.5), "one": c(1), "half": c(0.5)},
        "gelu",
    ),
    "mish": ([node("Softplus", "x", "a"), node("Tanh", "a", "b"), node("Mul", "x b", "y")], {}, "mish"),
}


@pytest.mark.parametrize("name", DECOMPOSED)
def test_activation_in_several_nodes(name: str, tmp_path: Path) -> None:
    nodes, tensors, kind = DECOMPOSED[name]
    assert chain(tmp_path, (6, 4, 4), nodes, tensors) == [(kind, {})]


def test_gate_that_something_else_reads_stays(tmp_path: Path) -> None:
    nodes = [node("Sigmoid", "x", "s"), node("Mul", "x s", "m"), node("Add", "m s", "y")]
    assert [kind for kind, _ in chain(tmp_path, (6, 4, 4), nodes, {})] == ["sigmoid", "multiply", "add"]


def test_group_norm_in_several_nodes(tmp_path: Path) -> None:
    nodes = [
        node("Reshape", "x split", "a"),
        node("InstanceNormalization", "a ones zeros", "b"),
        node("Shape", "x", "own"),
        node("Reshape", "b own", "d"),
        node("Mul", "d w", "e"),
        node("Add", "e v", "y"),
    ]
    tensors = {"split": whole(0, 3, -1), "ones": numpy.ones(3, F), "zeros": numpy.zeros(3, F)}
    tensors |= {"w": zeros(6, 1, 1), "v": zeros(6, 1, 1)}
    assert chain(tmp_path, (6, 4, 4), nodes, tensors) == [("groupnorm", {"groups": 3})]


def test_layer_norm_in_several_nodes_channels_last(tmp_path: Path) -> None:
    nodes = [
        node("Transpose", "x", "t", perm=[0, 2, 3, 1]),
        node("ReduceMean", "t", "m", axes=[-1]),
        node("Sub", "t m", "d"),
        node("Pow", "d two", "p"),
        node("ReduceMean", "p", "v", axes=[-1]),
        node("Add", "v eps", "e"),
        node("Sqrt", "e", "r"),
        node("Div", "d r", "n"),
        node("Mul", "n w", "s"),
        node("Add", "s b", "z"),
        node("Transpose", "z", "y", perm=[0, 3, 1, 2]),
    ]
    tensors = {"two": c(2), "eps": c(1e-6), "w": zeros(6), "b": zeros(6)}
    assert chain(tmp_path, (6, 4, 4), nodes, tensors, opset=13) == [("layernorm", {})]


def test_shuffle_in_three_nodes(tmp_path: Path) -> None:
    nodes = [
        node("Reshape", "x split", "a"),
        node("Transpose", "a", "b", perm=[0, 2, 1, 3, 4]),
        node("Reshape", "b own", "y"),
    ]
    tensors = {"split": whole(-1, 2, 3, 4, 4), "own": whole(-1, 6, 4, 4)}
    assert chain(tmp_path, (6, 4, 4), nodes, tensors) == [("channel_shuffle", {"groups": 2})]


def test_product_and_sum_with_constants_are_a_layer_with_a_bias(tmp_path: Path) -> None:
    tensors = {"w": zeros(10, 4), "b": zeros(4)}
    nodes = [node("MatMul", "x w", "a"), node("Add", "a b", "y")]
    assert chain(tmp_path, (10,), nodes, tensors) == [("dense", {"units": 4})]
    tensors = {"w": numpy.arange(6, dtype=F).reshape(6, 1, 1), "b": numpy.arange(6, dtype=F).reshape(6, 1, 1)}
    nodes = [node("Mul", "x w", "a"), node("Add", "a b", "y")]
    assert chain(tmp_path, (6, 4, 4), nodes, tensors) == [("scale", {"bias": True})]


def test_sizes_worked_out_by_nodes(tmp_path: Path) -> None:
    """x.view(x.size(0), -1) as an exporter traces it."""
    nodes = [
        node("Shape", "x", "s"),
        node("Gather", "s zero", "n", axis=0),
        node("Unsqueeze", "n axis", "u"),
        node("Concat", "u rest", "sizes", axis=0),
        node("Reshape", "x sizes", "y"),
    ]
    tensors = {"zero": numpy.array(0, numpy.int64), "axis": whole(0), "rest": whole(-1)}
    assert chain(tmp_path, (6, 4, 4), nodes, tensors) == [("flatten", {})]


def test_pooling_then_flatten_is_global_pooling(tmp_path: Path) -> None:
    nodes = [node("GlobalAveragePool", "x", "p"), node("Flatten", "p", "f"), node("Gemm", "f w", "y")]
    found = chain(tmp_path, (6, 4, 4), nodes, {"w": zeros(6, 3)})
    assert found == [("global_avgpool", {}), ("dense", {"units": 3, "bias": False})]


def test_split_gives_only_what_is_read(tmp_path: Path) -> None:
    nodes = [node("Split", "x sizes", "a b", axis=1), node("Relu", "b", "y")]
    assert chain(tmp_path, (6, 4, 4), nodes, {"sizes": whole(2, 4)}) == [("slice", {"start": 2}), ("relu", {})]


def test_input_channels_last_is_channels_first_in_the_spec(tmp_path: Path) -> None:
    nodes = [node("Transpose", "x", "t", perm=[0, 3, 1, 2]), node("Conv", "t w", "y")]
    imported = convert(save(build(nodes, {"x": [1, 20, 30, 3]}, W), tmp_path), {})
    assert imported.spec.inputs == {"input": (3, 20, 30)}
    assert analyze(imported.spec).rows[-1].output == (8, 18, 28)
    assert imported.notes[0] == "the input x is channels last in the file and channels first here"


def test_weights_used_twice_are_counted_once(tmp_path: Path) -> None:
    tensors = {"w": zeros(3, 3, 3, 3)}
    nodes = [node("Conv", "x w", "a", pads=[1] * 4), node("Conv", "a w", "y", pads=[1] * 4)]
    analysis = analyze(from_onnx(save(build(nodes, {"x": [1, 3, 8, 8]}, tensors), tmp_path)))
    assert (analysis.totals.params, analysis.totals.macs) == (81, 2 * 81 * 64)


def test_condition_known_in_numbers_chooses_a_body(tmp_path: Path) -> None:
    from onnx import TensorProto, helper

    out = [helper.make_tensor_value_info("r", TensorProto.FLOAT, None)]
    bodies = {
        "then_branch": helper.make_graph([helper.make_node("Relu", ["x"], ["r"])], "then", [], out),
        "else_branch": helper.make_graph([helper.make_node("Tanh", ["x"], ["r"])], "else", [], out),
    }
    nodes = [
        node("Shape", "x", "s"),
        node("Gather", "s one", "n"),
        node("Equal", "n six", "q"),
        helper.make_node("If", ["q"], ["y"], **bodies),
    ]
    tensors = {"one": numpy.array(1, numpy.int64), "six": numpy.array(6, numpy.int64)}
    assert chain(tmp_path, (6, 4, 4), nodes, tensors) == [("relu", {})]


REFUSED: dict[str, tuple[list[Any], dict[str, Any], str]] = {
    "unknown operator": (
        [node("Einsum", "x x", "y", equation="nchw,nchw->nchw")],
        {},
        "Einsum (of y) has no counterpart",
    ),
    "two maps": ([node("MatMul", "x x", "y")], {}, "multiplies matrices of two maps"),
    "batch moved": ([node("Transpose", "x", "y", perm=[1, 0, 2, 3])], {}, "moves the batch away"),
    "batch mixed": ([node("Reshape", "x s", "y")], {"s": whole(-1, 4)}, "mixes the images of a batch"),
    "wrong weights": ([node("Conv", "x w", "y", name="c1")], {"w": zeros(8, 5, 3, 3)}, "c1"),
    "cut off at 4": ([node("Clip", "x a b", "y")], {"a": c(0), "b": c(4)}, "0 to 6 is relu6"),
    "made weights": (
        [node("Mul", "w w", "v"), node("Conv", "x v", "y")],
        {"w": zeros(40, 4, 7, 7)},
        "worked out from several",
    ),
    "every second": (
        [node("Slice", "x a b d s", "y")],
        {"a": whole(0), "b": whole(4), "d": whole(2), "s": whole(2)},
        "one position in 2",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_not_understood_is_named(name: str, tmp_path: Path) -> None:
    nodes, tensors, message = REFUSED[name]
    file = save(build(nodes, {"x": [2, 4, 4, 4]}, tensors), tmp_path)
    with pytest.raises(SpecError) as caught:
        from_onnx(file)
    assert message in str(caught.value)
    assert file in str(caught.value)


def test_all_that_is_not_understood_is_named_at_once(tmp_path: Path) -> None:
    nodes = [node("Exp", "x", "a"), node("Sin", "x", "b"), node("Cos", "x", "unread"), node("Add", "a b", "y")]
    with pytest.raises(SpecError) as caught:
        from_onnx(save(build(nodes, {"x": [2, 4, 4, 4]}), tmp_path))
    assert [problem.message.split()[0] for problem in caught.value.problems] == ["Exp", "Sin"]
