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


def test_slices_with_a_step(tmp_path: Path) -> None:
    """x[..., 1::2, ::3] as torch exports it, side by side."""
    nodes = [node("Slice", "x one end rows two", "a"), node("Slice", "a zero end columns three", "y")]
    tensors = {"one": whole(1), "zero": whole(0), "end": whole(2**62), "rows": whole(2), "columns": whole(3)}
    tensors |= {"two": whole(2), "three": whole(3)}
    found = chain(tmp_path, (6, 8, 7), nodes, tensors)
    assert found == [("slice", {"axis": "height", "start": 1}), ("maxpool", {"kernel": 1, "stride": [2, 3]})]


def test_list_of_maps(tmp_path: Path) -> None:
    """torch.chunk as it is exported: a list, and what is read of it."""
    nodes = [
        node("SplitToSequence", "x size", "list", axis=1),
        node("SequenceAt", "list one", "a"),
        node("SequenceAt", "list last", "b"),
        node("Concat", "b a", "y", axis=1),
    ]
    tensors = {"size": numpy.array(2), "one": numpy.array(1), "last": numpy.array(-1)}
    assert chain(tmp_path, (5, 4, 4), nodes, tensors) == [
        ("slice", {"start": 2, "stop": 4}),
        ("slice", {"start": 4}),
        ("concat", {}),
    ]


def test_list_of_single_positions(tmp_path: Path) -> None:
    nodes = [
        node("SplitToSequence", "x", "list", axis=1, keepdims=0),
        node("SequenceAt", "list zero", "a"),
        node("SequenceAt", "list one", "b"),
        node("SequenceConstruct", "b a", "other"),
        node("ConcatFromSequence", "other", "y", axis=1),
    ]
    spec = from_onnx(save(build(nodes, {"x": ["N", 2, 4]}, {"zero": numpy.array(0), "one": numpy.array(1)}), tmp_path))
    assert analyze(spec).rows[-1].output == (8,)


def adaptive(size: int, places: int) -> tuple[list[Any], dict[str, Any]]:
    """Adaptive pooling along the last of four axes as torch exports it: positions picked, some zeroed, added, divided."""
    first = [place * size // places for place in range(places)]
    last = [-(-(place + 1) * size // places) for place in range(places)]
    width = max(end - start for start, end in zip(first, last, strict=True))
    picked = [[[0, min(start + k, size - 1)] for k in range(width)] for start in first]
    empty = [[k >= end - start for k in range(width)] for start, end in zip(first, last, strict=True)]
    nodes = [
        node("Transpose", "x", "t", perm=[2, 3, 0, 1]),
        node("GatherND", "t picked", "g"),
        node("Transpose", "g", "p", perm=[3, 4, 0, 1, 2]),
        node("Where", "empty zero", "w"),
    ]
    nodes[-1].input.append("p")
    tensors = {
        "picked": numpy.array([picked], numpy.int64),
        "empty": numpy.array(empty),
        "zero": c(0),
        "counts": numpy.array([end - start for start, end in zip(first, last, strict=True)], F),
    }
    total = ""
    for k in range(width):
        tensors[f"k{k}"] = numpy.array(k, numpy.int64)
        nodes.append(node("Gather", f"w k{k}", f"s{k}", axis=4))
        if total:
            nodes.append(node("Add", f"{total} s{k}", f"a{k}"))
        total = f"a{k}" if total else f"s{k}"
    return [*nodes, node("Div", f"{total} counts", "y")], tensors


def test_adaptive_pooling_written_as_indexing(tmp_path: Path) -> None:
    nodes, tensors = adaptive(7, 3)
    assert chain(tmp_path, (6, 1, 7), nodes, tensors) == [("adaptive_avgpool", {"size": [1, 3]})]


def test_sums_of_picked_positions_that_are_no_pooling_are_refused(tmp_path: Path) -> None:
    nodes, tensors = adaptive(7, 3)
    # one window is one position too far to the left
    tensors["picked"][0, 1, :, 1] -= 1
    with pytest.raises(SpecError) as caught:
        chain(tmp_path, (6, 1, 7), nodes, tensors)
    assert "y is made of positions picked one by one" in str(caught.value)


def test_view_written_as_positions_in_a_line(tmp_path: Path) -> None:
    """What torch writes for a view of a map that lies channels last."""
    nodes = [
        node("Reshape", "x line", "flat"),
        node("Shape", "x", "own"),
        node("Gather", "own zero", "n"),
        node("Range", "zero n one", "images"),
        node("Mul", "images count", "starts"),
        node("Unsqueeze", "starts axes", "column"),
        node("Add", "column channels", "places"),
        node("Gather", "flat places", "y"),
    ]
    tensors = {"line": whole(-1), "zero": numpy.array(0), "one": numpy.array(1), "count": numpy.array(6)}
    tensors |= {"axes": whole(1, 2), "channels": numpy.arange(6).reshape(1, 6, 1)}
    assert chain(tmp_path, (6,), nodes, tensors) == [("reshape", {"shape": [6, 1]})]


def test_weights_standardised_before_their_use(tmp_path: Path) -> None:
    nodes = [
        node("ReduceMean", "c.weight axes", "m"),
        node("Sub", "c.weight m", "d"),
        node("Mul", "d c.gain", "w"),
        node("Conv", "x w c.bias", "y"),
    ]
    tensors = {"c.weight": numpy.arange(8 * 70 * 9, dtype=F).reshape(8, 70, 3, 3), "axes": whole(1, 2, 3)}
    tensors |= {"c.gain": zeros(8, 1, 1, 1), "c.bias": zeros(8)}
    imported = convert(save(build(nodes, {"x": ["N", 70, 8, 8]}, tensors), tmp_path), {})
    # 8 * 70 * 9 + 8
    assert analyze(imported.spec).totals.params == 5048
    assert "works out before their use" in imported.notes[0]
    assert "8 numbers of the file are no weights of a layer: c.gain" in imported.notes[1]


def test_modules_that_read_their_input_twice_are_no_repeat_by_name(tmp_path: Path) -> None:
    """A branch that forks again, as in Inception-v3's last modules: the input's name would be the first module's."""
    nodes: list[Any] = []
    tensors: dict[str, Any] = {}
    source = "x"
    for index in range(2):
        around = f"m{index}."
        for name, read, filters in (("a", source, 3), ("b", source, 3), ("d", f"{around}b", 1), ("e", f"{around}b", 1)):
            weight = f"{around}{name}.weight"
            inputs = 4 + index if read == source else 3
            tensors[weight] = numpy.random.default_rng(len(tensors)).random((filters, inputs, 1, 1), F)
            nodes.append(node("Conv", f"{read} {weight}", f"{around}{name}", f"/m{index}/{name}/Conv"))
        own = " ".join(f"{around}{name}" for name in "ade")
        nodes.append(node("Concat", own, "y" if index else "mid", f"/m{index}/Concat", axis=1))
        source = "mid"
    imported = convert(save(build(nodes, {"x": ["N", 4, 8, 8]}, tensors), tmp_path), {})
    assert imported.notes == ()
    # 3 + 1 + 1 channels come out of the first: 2 * 4 * 3 + 2 * 3 and 2 * 5 * 3 + 2 * 3 weights
    assert analyze(imported.spec).totals.params == 30 + 36


def test_constants_that_count_as_parameters_are_told(tmp_path: Path) -> None:
    """A frozen norm as torch exports it: factors that no parameter's name stands for."""
    nodes = [node("Conv", "x c.weight", "a"), node("Mul", "a mul_2", "y")]
    tensors = {"c.weight": zeros(8, 3, 3, 3), "mul_2": numpy.arange(8, dtype=F).reshape(8, 1, 1)}
    imported = convert(save(build(nodes, {"x": ["N", 3, 8, 8]}, tensors), tmp_path), {})
    assert imported.notes == (
        "8 numbers that count as parameters may be constants of the model, by their names (mul_2)",
    )


def test_layers_that_no_result_needs_are_left_out(tmp_path: Path) -> None:
    nodes = [node("Conv", "x v", "unread"), node("Conv", "x w", "y")]
    imported = convert(save(build(nodes, {"x": [1, 3, 8, 8]}, {**W, "v": zeros(9, 3, 1, 1)}), tmp_path), {})
    # 8 * 3 * 9
    assert analyze(imported.spec).totals.params == 216


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


@pytest.mark.parametrize(("apart", "params"), [(True, 81), (False, 2 * 81)])
def test_equal_tensors_of_two_modules(apart: bool, params: int, tmp_path: Path) -> None:
    """Numbers that differ are equal by no chance; before training all numbers of a tensor may be equal."""
    weights = numpy.arange(81, dtype=F).reshape(3, 3, 3, 3) if apart else zeros(3, 3, 3, 3)
    names = ("/a/Conv", "/b/Conv")
    nodes = [node("Conv", "x w", "t", names[0], pads=[1] * 4), node("Conv", "t w", "y", names[1], pads=[1] * 4)]
    imported = convert(save(build(nodes, {"x": [1, 3, 8, 8]}, {"w": weights}), tmp_path), {})
    assert analyze(imported.spec).totals.params == params
    assert ("stores equal tensors" in " ".join(imported.notes)) == (not apart)


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
    "backwards": (
        [node("Slice", "x a b d s", "y")],
        {"a": whole(3), "b": whole(-9), "d": whole(2), "s": whole(-1)},
        "turns an axis around",
    ),
    "every second channel": (
        [node("Slice", "x a b d s", "y")],
        {"a": whole(0), "b": whole(4), "d": whole(1), "s": whole(2)},
        "takes every n-th channel",
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
