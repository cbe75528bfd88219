"""Reading a model that a stranger may have made: size, nodes, depth and other files are limited, nothing is executed."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from pathlib import Path
from typing import Any

from cnncalc.core.diagnostic import Diagnostic, SpecError

LARGEST = 2**31 - 1
"""A file of more bytes is refused; no protocol buffer can have more."""

MOST_NODES = 20_000
"""A graph with more nodes, bodies and functions written out, is refused."""

DEEPEST = 8
"""How deeply graphs (bodies of If, Loop and Scan) may lie in each other."""

MOST_NUMBERS = 10**12
"""A tensor with more numbers is refused: the file is wrong."""

_INLINE = 4096
"""Tensors of at most so many numbers are read: they may be sizes and factors. Of the others the sizes are enough."""


def read(file: str, *, external_data: bool = False) -> Any:
    """The model of an ONNX file, its functions written out. Raises SpecError for anything that is none.

    `external_data` accepts tensors whose numbers lie in other files beside it; these are measured, not read.
    """
    from google.protobuf.message import DecodeError
    from onnx import ModelProto

    path = Path(file)
    try:
        size = path.stat().st_size
        if not path.is_file():
            raise wrong(file, "is no file", "name an ONNX file: model.onnx")
        if size > LARGEST:
            raise wrong(
                file, f"has {size:,} B; an ONNX file may have {LARGEST:,} B", "keep the weights in another file"
            )
        model = ModelProto.FromString(path.read_bytes())
    except FileNotFoundError:
        raise wrong(file, "there is no such file", "check the name") from None
    except OSError as error:
        raise wrong(file, f"cannot be read: {error.strerror or error}", "") from None
    except DecodeError:
        raise wrong(file, "is no ONNX file", "give a file that torch.onnx.export or another exporter wrote") from None
    if not model.HasField("graph") or not model.graph.node or not model.graph.output:
        raise wrong(file, "holds no network", "give a file that torch.onnx.export or another exporter wrote")
    _readable(model, file)
    _limited(model, file)
    for name, tensor in tensors(model.graph):
        check_tensor(tensor, name, file, external_data)
    return _inlined(model, file)


def wrong(file: str, message: str, remedy: str) -> SpecError:
    """The error of a file."""
    return SpecError(Diagnostic(message, file=file, expected="an ONNX model", remedy=remedy))


def tensors(graph: Any) -> Iterator[tuple[str, Any]]:
    """Every stored tensor of a graph and of the bodies inside it, with its name."""
    waiting = [graph]
    while waiting:
        inner = waiting.pop()
        for tensor in inner.initializer:
            yield tensor.name, tensor
        for node in inner.node:
            for attribute in node.attribute:
                if attribute.HasField("t"):
                    yield node.output[0] if node.output else node.name, attribute.t
                if attribute.HasField("g"):
                    waiting.append(attribute.g)
                waiting += attribute.graphs


_SHOWN = frozenset({"name", "op_type", "domain", "input", "output", "producer_name", "producer_version"})


def _readable(model: Any, file: str) -> None:
    """Raises SpecError for texts that are none, and for names that would not show as one line."""
    waiting = [model]
    while waiting:
        for field, value in waiting.pop().ListFields():
            if field.type == field.TYPE_MESSAGE:
                waiting += [value] if hasattr(value, "ListFields") else value
            elif field.type == field.TYPE_STRING:
                for text in [value] if isinstance(value, str | bytes) else value:
                    if isinstance(text, bytes) or (field.name in _SHOWN and not text.isprintable()):
                        raise wrong(file, f"has a text that cannot be read, {ascii(text)[:80]}", "the file is damaged")


def _limited(model: Any, file: str) -> None:
    """Raises SpecError for more nodes or deeper bodies than are allowed, functions written out."""
    costs: dict[tuple[str, str], int] = {}
    functions = {(one.domain, one.name): one for one in model.functions}
    if len(functions) != len(model.functions):
        raise wrong(file, "defines a function twice", "")

    def cost(nodes: Any, depth: int, inside: frozenset[tuple[str, str]]) -> int:
        if depth > DEEPEST:
            raise wrong(file, f"nests graphs or functions deeper than {DEEPEST}", "")
        total = 0
        for node in nodes:
            total += 1
            key = (node.domain, node.op_type)
            if key in functions:
                if key in inside:
                    raise wrong(file, f"defines the function {node.op_type} by itself", "")
                if key not in costs:
                    costs[key] = cost(functions[key].node, depth + 1, inside | {key})
                total += costs[key]
            for attribute in node.attribute:
                for graph in (*([attribute.g] if attribute.HasField("g") else []), *attribute.graphs):
                    total += cost(graph.node, depth + 1, inside)
            if total > MOST_NODES:
                raise wrong(file, f"has more than {MOST_NODES:,} nodes", "")
        return total

    cost(model.graph.node, 0, frozenset())


def _inlined(model: Any, file: str) -> Any:
    if not model.functions:
        return model
    from onnx.inliner import inline_local_functions

    try:
        return inline_local_functions(model)
    except Exception as error:
        raise wrong(file, f"has functions that cannot be written out: {first_line(error)}", "") from None


def first_line(error: BaseException) -> str:
    """The beginning of another library's message."""
    return next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)[:300]


def check_tensor(tensor: Any, name: str, file: str, external_data: bool) -> None:
    """Raises SpecError for a tensor whose numbers are not as many as its sizes say, or lie elsewhere without leave."""
    from onnx import TensorProto
    from onnx.helper import tensor_dtype_to_np_dtype

    count = prod(tensor.dims)
    if any(dim < 0 for dim in tensor.dims) or count > MOST_NUMBERS:
        raise wrong(file, f"the tensor {name[:80]} has impossible sizes {list(tensor.dims)[:8]}", "")
    try:
        width = tensor_dtype_to_np_dtype(tensor.data_type).itemsize
    except (KeyError, TypeError, ValueError):
        raise wrong(file, f"the tensor {name[:80]} has an unknown data type {tensor.data_type}", "") from None
    if tensor.data_location == TensorProto.EXTERNAL:
        _outside(tensor, name, file, external_data, count * width)
        return
    packed = tensor.data_type in (TensorProto.INT4, TensorProto.UINT4, getattr(TensorProto, "FLOAT4E2M1", -1))
    if packed or tensor.data_type == TensorProto.STRING:
        return
    found = len(tensor.raw_data) // width if tensor.HasField("raw_data") else _listed(tensor)
    if found != count:
        sizes = "x".join(map(str, tensor.dims)) or "1"
        message = f"the tensor {name[:80]} has {found:,} numbers where its sizes {sizes} say {count:,}"
        raise wrong(file, message, "the file is damaged or cut off; export it again")


def _listed(tensor: Any) -> int:
    """How many numbers the fields by type hold; complex ones take two places."""
    from onnx import TensorProto

    doubled = tensor.data_type in (TensorProto.COMPLEX64, TensorProto.COMPLEX128)
    fields = ("float_data", "int32_data", "int64_data", "double_data", "uint64_data")
    return sum(len(getattr(tensor, field)) for field in fields) // (2 if doubled else 1)


def _outside(tensor: Any, name: str, file: str, allowed: bool, needed: int) -> None:
    facts = {entry.key: entry.value for entry in tensor.external_data}
    place = facts.get("location", "")
    if not allowed:
        message = f"the numbers of the tensor {name[:80]} lie in another file, {place[:80] or 'which is not named'}"
        remedy = "give --external-data to accept that (its length is checked, its numbers are not read)"
        raise wrong(file, message, remedy)
    if not place or Path(place).is_absolute() or ".." in Path(place).parts:
        raise wrong(file, f"the tensor {name[:80]} names a file outside the model's folder: {place[:80]}", "")
    try:
        offset, length = (int(facts.get(key, default)) for key, default in (("offset", "0"), ("length", str(needed))))
        target = (Path(file).parent / place).resolve()
        inside = target.is_relative_to(Path(file).parent.resolve()) and target.is_file()
        size = target.stat().st_size if inside else -1
    except (OSError, ValueError):
        raise wrong(file, f"the tensor {name[:80]} says wrongly where its numbers lie", "") from None
    if not inside:
        raise wrong(
            file, f"there is no file {place[:80]} beside it, where the tensor {name[:80]} lies", "copy both files"
        )
    if offset < 0 or length != needed or offset + length > size:
        message = f"the tensor {name[:80]} needs {needed:,} B of {place[:80]} from {offset:,} on, which has {size:,} B"
        raise wrong(file, message, "the file is damaged or cut off; export it again")


def numbers(tensor: Any) -> Any:
    """The tensor's numbers as an array if it is small and lies in the file, else None."""
    from onnx import TensorProto
    from onnx.numpy_helper import to_array

    if tensor.data_location == TensorProto.EXTERNAL or prod(tensor.dims) > _INLINE:
        return None
    try:
        return to_array(tensor)
    except (ValueError, TypeError):
        return None
