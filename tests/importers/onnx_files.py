"""ONNX files written node by node: what an importer is fed."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy
import onnx
from onnx import TensorProto, helper, numpy_helper

from cnncalc.spec.model import Call, Spec

Dims = Sequence[int | str | None]


def zeros(*sizes: int) -> numpy.ndarray:
    """Weights. Nothing depends on their numbers, but ones and zeros could be an exporter's fillers."""
    return numpy.full(sizes, 0.5, dtype=numpy.float32)


def whole(*numbers: int) -> numpy.ndarray:
    return numpy.array(numbers, dtype=numpy.int64)


def node(op: str, inputs: str, outputs: str, name: str = "", **attributes: Any) -> onnx.NodeProto:
    """`node("Conv", "x w b", "y", strides=[2, 2])`; `_` is an input that is left out."""
    given = ["" if word == "_" else word for word in inputs.split()]
    return helper.make_node(op, given, outputs.split(), name=name, **attributes)


def build(
    nodes: Sequence[onnx.NodeProto],
    inputs: dict[str, Dims],
    tensors: dict[str, numpy.ndarray] | None = None,
    outputs: str = "y",
    opset: int = 20,
) -> onnx.ModelProto:
    """A model; results are declared without sizes."""
    stored = [numpy_helper.from_array(array, name) for name, array in (tensors or {}).items()]
    graph = helper.make_graph(
        list(nodes),
        "graph",
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, list(dims)) for name, dims in inputs.items()],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, [None] * 2) for name in outputs.split()],
        stored,
    )
    for one in graph.output:
        one.type.tensor_type.shape.ClearField("dim")
        one.type.tensor_type.ClearField("shape")
        one.type.tensor_type.shape.SetInParent()
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=9)
    model.producer_name = "hand"
    return model


def save(model: onnx.ModelProto, folder: Path, name: str = "net.onnx") -> str:
    path = folder / name
    path.write_bytes(model.SerializeToString())
    return str(path)


def calls(spec: Spec) -> list[Call]:
    """The layers of a flat spec."""
    return [item for item in spec.layers.calls if isinstance(item, Call)]
