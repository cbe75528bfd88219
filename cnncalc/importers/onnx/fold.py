"""Nodes on constants alone: shape arithmetic worked out by onnx's reference implementation, on small tensors only."""

from __future__ import annotations

from math import prod
from typing import Any

from cnncalc.importers.onnx.file import first_line
from cnncalc.importers.onnx.graph import Network, Node, Tensor, sources
from cnncalc.importers.onnx.values import NotUnderstoodError

_SMALL = 4096
"""Results with more numbers are no sizes: they are not worked out."""

_VIEWS = frozenset({"Identity", "Cast", "Reshape", "Squeeze", "Unsqueeze", "Transpose", "Flatten", "DequantizeLinear"})
"""Operations that give their first operand's numbers in another form."""

_NAMES = """
    Abs Add And Cast CastLike Ceil Clip Concat ConstantOfShape Div Equal Expand Flatten Floor Gather Greater
    GreaterOrEqual Identity Less LessOrEqual Max Min Mod Mul Neg Not Or Pow Range Reciprocal ReduceMax ReduceMin
    ReduceProd ReduceSum Reshape Round ScatterND Shape Sign Size Slice Split Sqrt Squeeze Sub Tile Transpose Unsqueeze
    Where
"""
_ARITHMETIC = frozenset(_NAMES.split())


def settled(network: Network) -> Network:
    """The network without the nodes on stored tensors that can be worked out before anything else."""
    known = dict(network.tensors)
    kept = []
    for node in network.nodes:
        inputs = [known.get(name) if name else None for name in node.inputs]
        ready = all(one is not None or not name for one, name in zip(inputs, node.inputs, strict=True))
        found: tuple[Tensor | None, ...] | None = None
        if node.op == "CastLike" and not ready and not node.domain and inputs[0] is not None:
            found = (_as_map(inputs[0]),)
        elif ready and node.op == "Shape":
            found = _shape(node, inputs)
        elif ready:
            try:
                found = fold(node, inputs, network.opset)
            except NotUnderstoodError:
                found = None
        if found is None or any(one is None for one in found):
            kept.append(node)
        else:
            known.update({name: one for name, one in zip(node.outputs, found, strict=False) if one is not None})
    return network._replace(nodes=tuple(kept), tensors=known)


def _as_map(tensor: Tensor) -> Tensor:
    """A number in the format of a map, which is a floating-point one."""
    if tensor.value is None or tensor.value.dtype.kind not in "iub":
        return tensor
    return tensor._replace(value=tensor.value.astype("float32"))


def _shape(node: Node, inputs: list[Any]) -> tuple[Tensor | None, ...] | None:
    import numpy

    if not inputs or inputs[0] is None or node.attributes:
        return None
    sizes = numpy.array(inputs[0].dims, dtype=numpy.int64)
    return (Tensor(node.outputs[0], sizes.shape, sizes),)


def fold(node: Node, inputs: list[Any], opset: int) -> tuple[Tensor | None, ...] | None:
    """The results of a node on tensors; None where it is not one that is worked out (a rule may know it)."""
    if node.domain:
        return None
    known = [one for one in inputs if one is not None]
    small = all(one.value is not None for one in known) and node.op in _ARITHMETIC and _grows_little(node, inputs)
    arrays = _evaluated(node, inputs, opset) if small else None
    first = known[0] if known else None
    if node.op in _VIEWS and first is not None and not first.made:
        dims = arrays[0].shape if arrays else _view_dims(node, inputs)
        value = arrays[0] if arrays else None
        return (first._replace(dims=dims, value=value),) if dims is not None else None
    if arrays is None:
        return None
    name, behind = node.outputs[0], sources(known)
    return tuple(
        Tensor(f"{name}[{index}]" if index else name, array.shape, array, prod(array.shape) > 1, sources=behind)
        for index, array in enumerate(arrays)
    )


def _view_dims(node: Node, inputs: list[Any]) -> tuple[int, ...] | None:
    """The sizes of a view of a tensor whose numbers are not read."""
    dims = inputs[0].dims
    if node.op in ("Identity", "Cast", "DequantizeLinear"):
        return tuple(dims)
    if node.op == "Transpose":
        order = node.attributes.get("perm") or range(len(dims))[::-1]
        return tuple(dims[axis] for axis in order) if sorted(order) == list(range(len(dims))) else None
    if node.op == "Reshape" and len(inputs) > 1 and inputs[1] is not None and inputs[1].value is not None:
        wanted = [int(size) for size in inputs[1].value.reshape(-1)]
        sizes = [dims[i] if size == 0 and i < len(dims) else size for i, size in enumerate(wanted)]
        rest = prod(size for size in sizes if size != -1)
        sizes = [prod(dims) // rest if size == -1 and rest > 0 else size for size in sizes]
        return tuple(sizes) if prod(sizes) == prod(dims) and min(sizes, default=1) >= 0 else None
    given = node.attributes.get("axes")
    if given is None and len(inputs) > 1 and inputs[1] is not None and inputs[1].value is not None:
        given = [int(axis) for axis in inputs[1].value.reshape(-1)]
    if node.op == "Squeeze":
        drop = {axis % len(dims) for axis in given} if given and dims else {i for i, n in enumerate(dims) if n == 1}
        return tuple(size for index, size in enumerate(dims) if index not in drop)
    if node.op == "Unsqueeze" and given:
        places = {axis % (len(dims) + len(given)) for axis in given}
        rest_of = iter(dims)
        return tuple(1 if index in places else next(rest_of, 1) for index in range(len(dims) + len(given)))
    return None


def _grows_little(node: Node, inputs: list[Any]) -> bool:
    """Whether the result can have few numbers only, so that a stranger's file cannot fill the memory."""
    values = [one.value for one in inputs if one is not None]
    if any(value.dtype.kind not in "iufb" for value in values):
        return False
    if node.op == "ConstantOfShape":
        return _product(values[0]) <= _SMALL
    if node.op in ("Expand", "Tile") and len(values) > 1:
        return int(values[0].size) * max(_product(values[1]), 1) <= _SMALL
    if node.op == "Range" and len(values) == 3:
        start, limit, step = (float(value.reshape(-1)[0]) if value.size else 0.0 for value in values)
        return step != 0 and abs((limit - start) / step) <= _SMALL
    sizes = [max(int(value.size), 1) for value in values]
    # two operands are spread over each other at most
    if node.op == "Concat":
        return sum(sizes) <= _SMALL
    return bool(prod(sizes) <= 64 * _SMALL or len(sizes) == 1)


def _product(array: Any) -> int:
    total = 1
    for one in array.reshape(-1)[:64]:
        total *= abs(int(one))
    return total


def _evaluated(node: Node, inputs: list[Any], opset: int) -> list[Any] | None:
    import warnings

    import numpy
    from onnx import helper
    from onnx.reference import ReferenceEvaluator

    names = [f"i{index}" if one is not None else "" for index, one in enumerate(inputs)]
    outputs = [f"o{index}" for index in range(len(node.outputs))]
    try:
        made = helper.make_node(node.op, names, outputs, **node.attributes)
        with warnings.catch_warnings(), numpy.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            graph = helper.make_graph([made], "node", _declared(names), _declared(outputs))
            run = ReferenceEvaluator(graph, opsets={"": opset})
            given = {name: one.value for name, one in zip(names, inputs, strict=True) if one is not None}
            found = [numpy.asarray(one) for one in run.run(outputs, given)]
    except Exception as error:
        raise NotUnderstoodError(f"cannot be worked out: {first_line(error)}") from None
    return found if all(one.size <= _SMALL for one in found) else None


def _declared(names: list[str]) -> list[Any]:
    from onnx import ValueInfoProto

    return [ValueInfoProto(name=name) for name in names if name]
