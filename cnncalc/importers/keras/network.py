"""A Keras configuration as a sketch: layers in the order of execution, nested models as structures, shared layers tied.

Shapes come from the language's own layers; the shapes that Keras writes beside its tensors are compared with them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from cnncalc.core.diagnostic import Diagnostic, SpecError
from cnncalc.core.shapes import Shape, shape_text
from cnncalc.importers.keras.layers import LAYERS
from cnncalc.importers.keras.words import Pieces, UnknownError, channels_first
from cnncalc.importers.sketch import Output, Ref, Scope, Sketch, Step
from cnncalc.layers import layer_class

_BLOCK = re.compile(r"(?:([A-Za-z]\w*?)_)?(block_?\d+)([a-z]?)_(\w+)")

MODELS = ("Functional", "Model", "Sequential")
DEEPEST = 50
"""Models may be nested so deep."""
MOST = 100_000
"""So many layers may a model have."""


class Tensor(NamedTuple):
    """A tensor of the configuration: the layer's name, which of its calls, which of its results."""

    layer: str
    call: int
    result: int
    shape: tuple[Any, ...] | None = None
    """As Keras wrote it: with the batch, channels last."""


@dataclass
class Reading:
    """What has been read so far."""

    steps: list[Step] = field(default_factory=list)
    problems: list[Diagnostic] = field(default_factory=list)
    notes: dict[str, None] = field(default_factory=dict)
    shapes: list[Shape] = field(default_factory=list)
    """Of the inputs."""
    lost: bool = False
    """Whether a layer was not understood: sizes after it mean nothing."""

    def shape(self, ref: Ref) -> Shape:
        """The shape of a value, channels first."""
        return self.steps[ref].shape if ref >= 0 else self.shapes[-1 - ref]


def read_network(config: dict[str, Any], file: str) -> Sketch:
    """The network of a model's configuration. Raises SpecError that names everything it does not understand."""
    reading = Reading()
    try:
        inputs = {name: _sizes(sizes, name, file) for name, sizes in _inputs(config, file)}
        reading.shapes = list(inputs.values())
        results = _model(config, [-1 - index for index in range(len(inputs))], (), reading, 0)
    except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError, RecursionError) as error:
        message = f"the configuration is not as Keras writes it: {type(error).__name__} {error}"
        raise SpecError(Diagnostic(message, file=file)) from None
    if reading.problems:
        raise SpecError(*[Diagnostic(**{**_fields(problem), "file": file}) for problem in reading.problems])
    outputs = tuple(Output(str(index), ref) for index, ref in enumerate(results))
    name = str(config["config"].get("name", "model")) if isinstance(config["config"], dict) else "model"
    flattened = any(step.kind == "flatten" for step in reading.steps)
    notes = list(reading.notes)
    if flattened:
        notes.append("Keras flattens channels last; sizes and counts are the same, the order of the numbers is not")
    return Sketch(name, f"Keras model {file}", inputs, tuple(reading.steps), outputs, notes=tuple(notes))


def _fields(problem: Diagnostic) -> dict[str, Any]:
    return {name: getattr(problem, name) for name in ("message", "code", "path", "expected", "received", "remedy")}


def _inputs(config: dict[str, Any], file: str) -> Iterator[tuple[str, Any]]:
    """Names and Keras' shapes of a model's inputs, in its own order."""
    inner = config["config"]
    layers = inner if isinstance(inner, list) else inner.get("layers", [])
    found = {}
    for layer in layers:
        if layer.get("class_name") == "InputLayer":
            shape = layer["config"].get("batch_shape") or layer["config"].get("batch_input_shape")
            found[layer["config"].get("name", layer.get("name"))] = shape
    if not found and layers:
        first = layers[0].get("config", {})
        shape = first.get("batch_input_shape") or first.get("batch_shape") or _built(inner) or _built(layers[0])
        if shape is not None:
            found["input"] = shape
    if not found:
        message, remedy = (
            "the configuration names no input shape",
            "build the model, or give it an Input, before saving",
        )
        raise SpecError(Diagnostic(message, file=file, remedy=remedy))
    if isinstance(inner, dict) and inner.get("input_layers"):
        order = [tensor.layer for tensor in _tensors(inner["input_layers"])]
        found = {name: found[name] for name in order if name in found} or found
    yield from found.items() if len(found) > 1 else [("input", next(iter(found.values())))]


def _built(layer: Any) -> Any:
    if not isinstance(layer, dict):
        return None
    return layer.get("build_input_shape") or (layer.get("build_config") or {}).get("input_shape")


def _sizes(shape: Any, name: str, file: str) -> Shape:
    sizes = channels_first(shape[1:])
    if not sizes or not all(type(size) is int and size >= 1 for size in sizes):
        message = f"the input {name} has a size that is not fixed"
        received = "x".join("?" if size is None else str(size) for size in sizes)
        remedy = "give the sizes: --input 3x224x224"
        raise SpecError(Diagnostic(message, file=file, expected="sizes in numbers", received=received, remedy=remedy))
    return sizes


def _model(
    config: dict[str, Any], inputs: list[Ref], scope: tuple[Scope, ...], reading: Reading, depth: int
) -> list[Ref]:
    """The results of a model on these inputs."""
    if depth > DEEPEST:
        raise ValueError(f"models are nested more than {DEEPEST} deep")
    inner = config["config"]
    if config["class_name"] == "Sequential":
        layers = inner if isinstance(inner, list) else inner["layers"]
        value = inputs
        for layer in layers:
            if layer["class_name"] != "InputLayer":
                value = _called(layer, value, 0, scope, reading, depth)
        return value
    return _functional(inner, inputs, scope, reading, depth)


def _functional(
    inner: dict[str, Any], inputs: list[Ref], scope: tuple[Scope, ...], reading: Reading, depth: int
) -> list[Ref]:
    """Layers wait until the tensors that they read are there; each call of a layer is a step."""
    known: dict[tuple[str, int], list[Ref]] = {}
    for tensor, ref in zip(_tensors(inner["input_layers"]), inputs, strict=False):
        known[tensor.layer, 0] = [ref]
    waiting = [(layer, call, node) for layer in inner["layers"] for call, node in enumerate(layer["inbound_nodes"])]
    if len(waiting) > MOST:
        raise ValueError(f"more than {MOST:,} layers")
    while waiting:
        later = []
        for layer, call, node in waiting:
            tensors = list(_tensors(node))
            if any((tensor.layer, tensor.call) not in known for tensor in tensors):
                later.append((layer, call, node))
                continue
            values = [known[tensor.layer, tensor.call][tensor.result] for tensor in tensors]
            _compare(tensors, values, layer["name"], scope, reading)
            known[layer["name"], call] = _called(
                {**layer, "numbers": _numbers(node)}, values, call, scope, reading, depth
            )
        if len(later) == len(waiting):
            names = ", ".join(sorted({layer["name"] for layer, _, _ in later})[:5])
            raise ValueError(f"layers that wait for each other: {names}")
        waiting = later
    return [known[tensor.layer, tensor.call][tensor.result] for tensor in _tensors(inner["output_layers"])]


def _tensors(node: Any) -> Iterator[Tensor]:
    """The tensors of a call's arguments, in order, in the forms of Keras 2 and 3."""
    if isinstance(node, dict):
        if node.get("class_name") == "__keras_tensor__":
            name, call, result = node["config"]["keras_history"]
            yield Tensor(name, call, result, tuple(node["config"].get("shape") or ()) or None)
            return
        values = [*node.get("args", []), *node.get("kwargs", {}).values()] if "args" in node else list(node.values())
        for value in values:
            yield from _tensors(value)
    elif isinstance(node, list):
        if len(node) >= 3 and isinstance(node[0], str) and type(node[1]) is int and type(node[2]) is int:
            yield Tensor(node[0], node[1], node[2])
            for extra in node[3:]:
                yield from _tensors(extra)
            return
        for value in node:
            yield from _tensors(value)


def _numbers(node: Any) -> list[float]:
    """The plain numbers among a call's arguments: of operators as in x * 2."""
    if isinstance(node, dict) and "args" in node:
        return [value for value in node["args"] if isinstance(value, int | float) and not isinstance(value, bool)]
    return []


def _compare(tensors: list[Tensor], values: list[Ref], name: str, scope: tuple[Scope, ...], reading: Reading) -> None:
    """What Keras says of a tensor's shape against ours."""
    if reading.lost:
        return
    for tensor, ref in zip(tensors, values, strict=True):
        if tensor.shape is None or any(size is None for size in tensor.shape[1:]):
            continue
        theirs, ours = channels_first(tensor.shape[1:]), reading.shape(ref)
        if theirs != ours and ours:
            message = f"the spec gives {tensor.layer} another size than Keras has"
            path = ".".join([*(one.name for one in scope), name])
            problem = Diagnostic(message, path=path, expected=shape_text(theirs), received=shape_text(ours))
            if problem not in reading.problems:
                reading.problems.append(problem)


def _called(
    layer: dict[str, Any], inputs: list[Ref], call: int, scope: tuple[Scope, ...], reading: Reading, depth: int
) -> list[Ref]:
    """One call of a layer or inner model: its results."""
    kind, config = layer["class_name"], layer["config"]
    name = layer.get("name") or (config.get("name") if isinstance(config, dict) else None) or kind.lower()
    if kind in MODELS:
        return _model(layer, inputs, (*scope, Scope(name, "", call)), reading, depth + 1)
    origin = ".".join([*(one.name for one in scope), name])
    try:
        chain = _chain(kind, layer, tuple(reading.shape(ref) for ref in inputs))
    except UnknownError as unknown:
        reading.problems.append(_unknown(origin, str(unknown)))
        reading.lost = True
        chain = []
    for note in _notes(kind, layer):
        reading.notes[note] = None
    if not chain:
        return inputs[:1]
    trainable = bool(config.get("trainable", True))
    if kind == "CustomScaleLayer" and len(inputs) == 2:
        # the scaled residual of Inception-ResNet: first + scale * second
        reading.steps.append(
            Step("rescale", {"factor": config["scale"]}, tuple(inputs[1:]), reading.shape(inputs[1]), scope)
        )
        inputs = [inputs[0], len(reading.steps) - 1]
    name, scope = _placed(f"{name}_{call + 1}" if call else name, scope)
    values = list(inputs)
    for number, (piece, fields) in enumerate(chain):
        own = name if number == 0 and len(chain) == 1 else f"{name}_{piece}" if number else name
        step = _step(piece, fields, values, scope, own, origin, trainable, reading)
        if step is None:
            return values[:1]
        reading.steps.append(step)
        values = [len(reading.steps) - 1]
    return values


def _notes(kind: str, layer: dict[str, Any]) -> Iterator[str]:
    if kind in ("GaussianNoise", "GaussianDropout"):
        yield f"{kind} acts in training only and is left out"
    if kind == "Normalization" and layer["config"].get("mean") is None:
        yield "Normalization is written as batchnorm; Keras counts one number more, how many images it has seen"
    if kind in ("Rescaling", "Normalization") and isinstance(
        layer["config"].get("scale", layer["config"].get("mean")), list
    ):
        yield f"the numbers per channel of {kind} are written as one for all: the same arithmetic"


def _placed(name: str, scope: tuple[Scope, ...]) -> tuple[str, tuple[Scope, ...]]:
    """Keras' own models say in a layer's name to which block it belongs: `conv2_block1_1_conv`, `block2b_dwconv`."""
    found = _BLOCK.fullmatch(name)
    if found is None:
        return name, scope
    stage, block, letter, own = found.groups()
    places = [stage, block, f"unit{ord(letter) - ord('a') + 1}" if letter else None]
    return own, (*scope, *(Scope(place) for place in places if place))


def _chain(kind: str, layer: dict[str, Any], shapes: tuple[Shape, ...]) -> Pieces:
    numbers = layer.get("numbers") or []
    if numbers and kind in ("Add", "Multiply", "Subtract", "TrueDivide", "Divide") and len(shapes) == 1:
        return _with_number(kind, layer, numbers[0])
    if kind not in LAYERS:
        raise UnknownError(f"a {kind} layer")
    return LAYERS[kind](layer["config"], shapes)


def _with_number(kind: str, layer: dict[str, Any], number: float) -> Pieces:
    """An operator with a plain number: x + 3, x * 0.5."""
    if kind == "Multiply":
        return [("rescale", {"factor": number})]
    if kind == "Add":
        return [("rescale", {"offset": number})]
    if kind == "Subtract":
        return [("rescale", {"offset": -number})]
    return [("rescale", {"factor": 1 / number})]


def _step(
    kind: str,
    fields: dict[str, Any],
    inputs: list[Ref],
    scope: tuple[Scope, ...],
    name: str,
    origin: str,
    trainable: bool,
    reading: Reading,
) -> Step | None:
    shapes = tuple(reading.shape(ref) for ref in inputs)
    layer = layer_class(kind)(**_typed(fields))
    unmet = next((one for one in layer.requires(*shapes)), None)
    if unmet is not None:
        if not reading.lost:
            reading.problems.append(_unknown(origin, f"a layer that does not fit: {unmet.message}"))
        reading.lost = True
        return None
    weights = tuple(f"{origin}/{weight.name}/{kind}" for weight in layer.weights(*shapes))
    shape = layer.output(*shapes)
    return Step(kind, fields, tuple(inputs), shape, scope, name, weights, None, trainable, origin)


def _typed(fields: dict[str, Any]) -> dict[str, Any]:
    return {
        key: tuple(value) if isinstance(value, list) and key != "connections" else value
        for key, value in fields.items()
    }


def _unknown(origin: str, what: str) -> Diagnostic:
    return Diagnostic(f"the language has no word for {what}", path=origin, remedy="replace the layer before saving")
