"""The file's graph in plain words: nodes, tensors, inputs with numbers for sizes, and what ONNX infers of every value."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from math import prod
from typing import Any, NamedTuple

from cnncalc.core.diagnostic import Diagnostic, SpecError, did_you_mean
from cnncalc.core.shapes import Shape
from cnncalc.importers.onnx.file import check_tensor, first_line, numbers, wrong
from cnncalc.importers.sketch import ANY, Scope

BATCH = 2
"""The batch of files that leave it open."""

Dims = tuple[int | None, ...]


class Tensor(NamedTuple):
    """A constant: stored in the file or worked out from such ones."""

    name: str
    dims: Shape
    value: Any = None
    """The numbers as an array, if they are few."""
    made: bool = False
    """Worked out from other tensors, so that its numbers are not stored."""
    learned: bool = False
    """Stored under a name as parameters have."""
    spare: bool = False
    """Held by a node, or stored under a name that an exporter made up: possibly there only to fill a place."""
    sources: tuple[str, ...] = ()
    """The stored tensors that one is worked out from."""

    @property
    def uniform(self) -> bool:
        """Whether it is known to hold one number everywhere, as before training."""
        return self.value is not None and bool((self.value == self.value.reshape(-1)[:1]).all())


def sources(tensors: Iterable[Tensor | None]) -> tuple[str, ...]:
    """The stored tensors behind some, each once."""
    found = (name for one in tensors if one is not None for name in (one.sources or (one.name,)))
    return tuple(dict.fromkeys(found))


class Node(NamedTuple):
    """One operation."""

    op: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: dict[str, Any]
    name: str = ""
    scope: tuple[Scope, ...] = ()
    domain: str = ""
    module: bool = False
    """Whether the exporter says which module it belongs to."""

    @property
    def title(self) -> str:
        """The node for messages: `Conv (node conv1)`."""
        return f"{self.op} (node {self.name})" if self.name else f"{self.op} (of {self.outputs[0] or '?'})"


class Network(NamedTuple):
    """What there is to translate."""

    name: str
    producer: str
    nodes: tuple[Node, ...]
    tensors: dict[str, Tensor]
    inputs: dict[str, Shape]
    """Sizes with the batch, in the file's order."""
    batch: int
    outputs: tuple[str, ...]
    inferred: dict[str, Dims]
    """What ONNX shape inference says of a value; None where it does not know."""
    opset: int

    def parameter(self, tensor: Tensor) -> Tensor | None:
        """The only parameter of its size that a tensor is worked out from, such as a weight before it is standardised."""
        held = [self.tensors[name] for name in tensor.sources if name in self.tensors]
        found = [one for one in held if one.learned and prod(one.dims) == prod(tensor.dims)]
        return found[0]._replace(dims=tensor.dims) if len(found) == 1 else None


def network(model: Any, file: str, given: Mapping[str, Shape]) -> Network:
    """The graph of a model. `given` are sizes without the batch by input name ("" for the only input)."""
    graph = model.graph
    if graph.sparse_initializer:
        raise wrong(file, "holds sparse tensors, which are not known here", "")
    opset = max([one.version for one in model.opset_import if one.domain in ("", "ai.onnx")], default=1)
    stored = {
        tensor.name: Tensor(tensor.name, tuple(tensor.dims), numbers(tensor), False, *_named(tensor.name))
        for tensor in graph.initializer
    }
    inputs, batch = _inputs(graph, stored, file, given)
    inferred = _inferred(model, inputs, file)
    nodes = []
    for one in graph.node:
        node = plain_node(one)
        if node.op == "Constant" and not node.domain:
            stored[node.outputs[0]] = _constant(node, one, file)
        else:
            nodes.append(node)
    outputs = tuple(one.name for one in graph.output)
    producer = f"{model.producer_name} {model.producer_version}".strip() or "an unnamed exporter"
    return Network(graph.name, producer[:80], tuple(nodes), stored, inputs, batch, outputs, inferred, opset)


_PARAMETER = re.compile(
    r"[./](weight|bias|gamma|beta|alpha|kernel|slope|scale|layer_scale\w*)(:0)?$|^[A-Za-z_]\w*(\.[\w-]+)+$", re.I
)


_MADE_UP = re.compile(r"_?val_\d+|onnx::\w+|\d+|ones?(_like)?(_\d+)?|zeros?(_like)?(_\d+)?|.*const.*", re.I)


def _named(name: str) -> tuple[bool, bool]:
    """Whether a stored tensor is named as parameters are, and whether its name is made up."""
    return bool(_PARAMETER.search(name)), bool(_MADE_UP.fullmatch(name))


def plain_node(one: Any) -> Node:
    """A node with its attributes as Python values."""
    from onnx.helper import get_attribute_value

    attributes = {attribute.name: _text(get_attribute_value(attribute)) for attribute in one.attribute}
    scope, module = _scope(one)
    outputs = tuple(one.output) or ("",)
    return Node(one.op_type, tuple(one.input), outputs, attributes, one.name, scope, _domain(one.domain), module)


def _domain(name: str) -> str:
    return "" if name == "ai.onnx" else name


def _text(value: Any) -> Any:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value


def _constant(node: Node, one: Any, file: str) -> Tensor:
    """The tensor that a Constant node holds."""
    import numpy

    name = node.outputs[0]
    for key, value in node.attributes.items():
        if key == "value":
            check_tensor(value, name, file, True)
            return Tensor(name, tuple(value.dims), numbers(value), learned=len(value.dims) > 1, spare=True)
        if key in ("value_int", "value_ints", "value_float", "value_floats"):
            kind = numpy.int64 if "int" in key else numpy.float32
            array = numpy.asarray(value, dtype=kind)
            return Tensor(name, array.shape, array, spare=True)
    raise wrong(file, f"the node {one.name or name} holds a constant of an unknown kind", "")


# -- structure ---------------------------------------------------------------------------------------------------------

_QUOTED = re.compile(r"'([^'\\]*)'|\"([^\"\\]*)\"")


def _scope(one: Any) -> tuple[tuple[Scope, ...], bool]:
    """The structures around a node: from torch's own remarks, else from a name with slashes."""
    remarks = {
        entry.key: entry.value[:20_000] for entry in one.metadata_props if entry.key.startswith("pkg.torch.onnx.")
    }
    paths = _words(remarks.get("pkg.torch.onnx.name_scopes", ""))[:-1]
    kinds = _words(remarks.get("pkg.torch.onnx.class_hierarchy", ""))[:-1]
    if paths:
        return _nested(paths, kinds if len(kinds) == len(paths) else [""] * len(paths)), True
    *around, _ = one.name.split("/")[:64]
    return _nested([word for word in around if word], None), False


def _words(text: str) -> list[str]:
    return [first or second for first, second in _QUOTED.findall(text)]


_DEEPEST = 32
"""Structures within structures beyond so many are not told apart."""


def _nested(paths: Iterable[str], kinds: Iterable[str] | None) -> tuple[Scope, ...]:
    """Scopes of qualified names, each within the one before: layer1, layer1.0, layer1.0.conv1."""
    found: list[Scope] = []
    before = ""
    listed = list(paths)
    for path, kind in zip(listed, kinds or [ANY] * len(listed), strict=True):
        inside = path[len(before) + 1 :] if before and path.startswith(f"{before}.") else path
        if not inside or inside == before:
            continue
        *lists, own = inside.split(".") if kinds is not None or before in path else [inside]
        found += [Scope(name) for name in lists]
        found.append(Scope(own, kind))
        before = path
    return tuple(found[:_DEEPEST])


# -- sizes -------------------------------------------------------------------------------------------------------------


_LONGEST = 10**12
"""No axis is longer: the file is wrong."""


def _inputs(
    graph: Any, stored: Mapping[str, Tensor], file: str, given: Mapping[str, Shape]
) -> tuple[dict[str, Shape], int]:
    """The inputs' sizes, all of them numbers, and the batch. Sets them in the graph."""
    fed = [one for one in graph.input if one.name not in stored]
    names = [one.name for one in fed]
    if "" in given and len(fed) != 1:
        remedy = f"write --input {names[0] if names else 'NAME'}=3x224x224"
        raise SpecError(
            Diagnostic(
                "the network has several inputs, so --input needs a name",
                file=file,
                expected=" or ".join(names),
                remedy=remedy,
            )
        )
    for name in given:
        if name and name not in names:
            raise SpecError(Diagnostic(f"the network has no input {name}", file=file, remedy=did_you_mean(name, names)))
    found: dict[str, Shape] = {}
    batches: dict[int, str] = {}
    for one in fed:
        declared = dims_of(one)
        if declared is None:
            raise _unknown(one.name, "no sizes", file)
        wanted = given.get(one.name, given.get(""))
        rest: Dims = declared[1:] if wanted is None else wanted
        if len(declared) > 1 and len(rest) != len(declared) - 1:
            shown, received = _shown(declared), "x".join(map(str, wanted or ()))
            message = f"the input {one.name} has {len(declared) - 1} axes behind the batch: {shown}"
            raise SpecError(Diagnostic(message, file=file, expected=f"{len(declared) - 1} sizes", received=received))
        if not declared or any(size is None for size in rest):
            if declared:
                raise _unknown(one.name, _shown(declared), file)
            continue
        if any(size > _LONGEST for size in (*rest, declared[0] or 0) if size is not None):
            raise wrong(file, f"has an input of impossible sizes: {one.name[:80]} of {_shown(declared)}", "")
        if declared[0] is not None:
            batches[declared[0]] = one.name
        found[one.name] = (declared[0] or 0, *(size or 0 for size in rest))
    if len(batches) > 1:
        raise wrong(
            file, f"has inputs of different batches: {', '.join(f'{n} of {b}' for b, n in batches.items())}", ""
        )
    batch = next(iter(batches), BATCH)
    sizes = {name: (batch, *shape[1:]) for name, shape in found.items()}
    for one in fed:
        if one.name in sizes:
            _set(one, sizes[one.name])
    return sizes, batch


def _unknown(name: str, shown: str, file: str) -> SpecError:
    message = f"the file leaves the size of the input {name[:80]} open"
    remedy = f"give it without the batch, in the file's order of axes: --input {name[:80]}=3x224x224"
    return SpecError(
        Diagnostic(message, file=file, expected="a number for every axis but the batch", received=shown, remedy=remedy)
    )


def _shown(dims: Dims) -> str:
    return "x".join("?" if size is None else str(size) for size in dims)


def dims_of(one: Any) -> Dims | None:
    """A value's sizes; None inside where the file names no number, None where it names no sizes at all."""
    if not one.type.HasField("tensor_type") or not one.type.tensor_type.HasField("shape"):
        return None
    dims = one.type.tensor_type.shape.dim
    return tuple(dim.dim_value if dim.HasField("dim_value") and dim.dim_value > 0 else None for dim in dims)


def _set(one: Any, sizes: Shape) -> None:
    for dim, size in zip(one.type.tensor_type.shape.dim, sizes, strict=True):
        dim.dim_value = size


_NEEDED = 256


def _inferred(model: Any, inputs: Mapping[str, Shape], file: str) -> dict[str, Dims]:
    """ONNX's own inference for these inputs, on a graph whose large tensors are replaced by their sizes."""
    import onnx

    light = onnx.ModelProto()
    light.CopyFrom(_without_numbers(model))
    graph = light.graph
    del graph.value_info[:]
    try:
        onnx.checker.check_model(light)
        # what the file says of its results may be of other input sizes
        for one in graph.output:
            if one.type.HasField("tensor_type"):
                one.type.tensor_type.ClearField("shape")
        done = onnx.shape_inference.infer_shapes(light, check_type=True, data_prop=True)
    except Exception as error:
        remedy = "export it again, or update the onnx package if the file is newer"
        raise wrong(file, f"ONNX refuses it: {first_line(error)}", remedy) from None
    found = {one.name: dims_of(one) for one in (*done.graph.value_info, *done.graph.output)}
    return {name: dims for name, dims in found.items() if dims is not None}


def _without_numbers(model: Any) -> Any:
    """The model with tensors of more than a few numbers as inputs: inference needs their sizes only."""
    from onnx import TensorProto, helper

    graph = model.graph
    small = []
    known = {one.name for one in graph.input}
    for tensor in graph.initializer:
        if prod(tensor.dims) <= _NEEDED and tensor.data_location != TensorProto.EXTERNAL:
            small.append(tensor)
        elif tensor.name not in known:
            graph.input.append(helper.make_tensor_value_info(tensor.name, tensor.data_type, list(tensor.dims)))
    kept = [TensorProto.FromString(tensor.SerializeToString()) for tensor in small]
    del graph.initializer[:]
    graph.initializer.extend(kept)
    return model
