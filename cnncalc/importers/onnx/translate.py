"""From ONNX nodes to a Sketch: every node is worded as a layer by a rule; nodes on constants alone are worked out.

A rule finds its operands as maps or tensors. What no rule understands is collected and told at the end, all of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import prod
from typing import Any

from cnncalc.core.diagnostic import Diagnostic
from cnncalc.core.shapes import Shape, shape_text
from cnncalc.graph.shape import Shapes
from cnncalc.importers.onnx.fold import fold
from cnncalc.importers.onnx.graph import Network, Node, Tensor, plain_node, sources
from cnncalc.importers.onnx.readers import users
from cnncalc.importers.onnx.values import Map, NotUnderstoodError, Picked, Sequence, Unknown, Value, plain
from cnncalc.importers.sketch import Ref, Scope, Step
from cnncalc.layers import layer_class

Rule = Callable[["Translator", Node], "Value | tuple[Value | None, ...]"]


class Translator:
    """Walks through a graph once."""

    def __init__(self, network: Network, rules: Mapping[str, Rule]) -> None:
        self.network = network
        self.rules = rules
        self.steps: list[Step] = []
        self.refused: dict[str, Diagnostic] = {}
        """By the value that a refused node should have given."""
        self.notes: dict[str, None] = {}
        self.values: dict[str, Value] = dict(network.tensors)
        self.shapes: list[Shape] = []
        self.inputs: list[str] = []
        self.users = users(network)
        self.node: Node = Node("", (), ("",), {})
        """The node that is being worded."""
        self.sources: dict[str, tuple[str, ...]] = {}
        """A value -> the values that it was made from."""
        self.stored: dict[str, int] = {}
        """The tensors that layers hold as weights, and how many numbers each has."""
        self.buffers: set[str] = set()
        self.owners: dict[str, Ref] = {}
        self.absorbed: list[str] = []
        """Normalisations that the exporter multiplied into the weights before them."""
        self._shapes = Shapes()
        self._layers: list[Any] = []
        self._whole: dict[tuple[str, tuple[str, ...], tuple[Scope, ...]], tuple[str, ...]] = {}
        """Kind, stored weights and module -> the names under which they count."""

    # -- the walk --------------------------------------------------------------------------------------------------

    def run(self) -> None:
        """Words every node."""
        for name, sizes in self.network.inputs.items():
            self.values[name] = self._input(name, sizes)
        self._walk(self.network.nodes)

    def _walk(self, nodes: tuple[Node, ...]) -> None:
        for node in nodes:
            self.node = node
            for name, value in zip(node.outputs, self._results(node), strict=False):
                if name:
                    self.values[name] = self._compared(name, value)
                    self.sources[name] = node.inputs

    def _input(self, name: str, sizes: Shape) -> Value:
        if not 2 <= len(sizes) <= 5:
            return Unknown()
        own = sizes[1:]
        last = tuple(range(1, len(own))), (0, len(own), *range(1, len(own)))
        readers = self.users.nodes.get(name, [])
        self.inputs.append(name)
        if len(own) > 1 and readers and all(_moves_channels(one, last[1]) for one in readers):
            # channels last, and the first thing that is done to it is to move them: it is an input channels first
            self.notes[f"the input {name} is channels last in the file and channels first here"] = None
            self.shapes.append((own[-1], *own[:-1]))
            return Map(-len(self.shapes), (*last[0], 0))
        self.shapes.append(own)
        return plain(-len(self.shapes), len(own))

    def _results(self, node: Node) -> tuple[Value | None, ...]:
        inputs = [self.values.get(name, Unknown()) for name in node.inputs if name]
        if any(isinstance(value, Unknown) for value in inputs):
            return (Unknown(),) * len(node.outputs)
        try:
            if node.op == "If" and not node.domain:
                return self._branch(node)
            rule = self.rules.get(node.op) if not node.domain else None
            if all(isinstance(value, Tensor) for value in inputs) and node.op != "Shape":
                made = fold(node, [self.values[name] if name else None for name in node.inputs], self.network.opset)
                return made if made is not None else tuple(self._made(name) for name in node.outputs)
            if rule is None:
                raise NotUnderstoodError("has no counterpart in the language")
            found = rule(self, node)
        except NotUnderstoodError as reason:
            self._refuse(node, str(reason))
            return (Unknown(),) * len(node.outputs)
        return found if type(found) is tuple else (found,)  # type: ignore[return-value]

    def _made(self, name: str) -> Tensor | None:
        """What is worked out from stored tensors that are too large to read."""
        dims = self.network.inferred.get(name)
        if dims is None or any(size is None for size in dims):
            raise NotUnderstoodError("is worked out from stored numbers and has no counterpart in the language")
        behind = sources(one for one in map(self.values.get, self.node.inputs) if isinstance(one, Tensor))
        return Tensor(name, tuple(size or 0 for size in dims), made=True, sources=behind)

    def _branch(self, node: Node) -> tuple[Value | None, ...]:
        """The body that a condition known in numbers chooses."""
        chosen = self.values.get(node.inputs[0]) if node.inputs else None
        if not isinstance(chosen, Tensor) or chosen.value is None or chosen.value.size != 1:
            raise NotUnderstoodError("decides by the numbers of a map, which has no counterpart in the language")
        body = node.attributes.get("then_branch" if bool(chosen.value.reshape(-1)[0]) else "else_branch")
        if body is None:
            raise NotUnderstoodError("has no body")
        for tensor in body.initializer:
            from cnncalc.importers.onnx.file import numbers

            self.values[tensor.name] = Tensor(tensor.name, tuple(tensor.dims), numbers(tensor))
        self._walk(tuple(plain_node(one) for one in body.node))
        self.node = node
        return tuple(self.values.get(one.name, Unknown()) for one in body.output)

    def _compared(self, name: str, value: Value | None) -> Value:
        """A value whose sizes are those that ONNX infers; else Unknown, and the node is refused."""
        if not isinstance(value, Map):
            return Unknown() if value is None else value
        wanted = self.network.inferred.get(name)
        own = (self.network.batch, *self.sizes(value))
        if wanted is None or value.stretched:
            return value
        if len(wanted) != len(own) or any(one is not None and one != two for one, two in zip(wanted, own, strict=True)):
            expected = "x".join("?" if size is None else str(size) for size in wanted)
            message = f"{self.node.title} gives another size than ONNX infers"
            path = ".".join(one.name for one in self.node.scope)
            self.refused[name] = Diagnostic(message, path=path, expected=expected, received=shape_text(own))
            return Unknown()
        return value

    def _refuse(self, node: Node, reason: str) -> None:
        maps = [self.values.get(name) for name in node.inputs]
        received = " and ".join(shape_text(self.sizes(one)) for one in maps if isinstance(one, Map))
        title = f"{node.domain}.{node.title}" if node.domain else node.title
        path = ".".join(one.name for one in node.scope)
        problem = Diagnostic(f"{title[:200]} {reason}", path=path, received=received)
        for name in node.outputs:
            self.refused[name] = problem

    # -- what rules use --------------------------------------------------------------------------------------------

    def operand(self, index: int) -> Value | None:
        """The node's input of that place; None where it is left out."""
        names = self.node.inputs
        return self.values.get(names[index]) if index < len(names) and names[index] else None

    def map(self, index: int = 0) -> Map:
        """An input that must be a map."""
        return self.map_of(self.operand(index))

    def map_of(self, value: Value | None) -> Map:
        """A value that must be a map."""
        if isinstance(value, Map):
            return value
        if isinstance(value, Picked):
            raise NotUnderstoodError("works on positions picked one by one, which the language knows for pooling only")
        if isinstance(value, Sequence):
            raise NotUnderstoodError("works on a list of maps where a map was expected")
        raise NotUnderstoodError("works on constants where a map was expected")

    def tensor(self, index: int, what: str) -> Tensor:
        """An input that must be a stored tensor, or a view of one."""
        value = self.operand(index)
        if not isinstance(value, Tensor):
            raise NotUnderstoodError(f"takes a {what} that is a map, which has no counterpart in the language")
        own = self.network.parameter(value) if value.made else value
        if own is None:
            raise NotUnderstoodError(f"takes a {what} that is worked out from several tensors")
        if value.made:
            self.notes[COMPUTED] = None
        return own

    def filler(self, index: int, number: float) -> bool:
        """Whether an input is an exporter's ones or zeros in the place of a weight that the layer does not have."""
        value = self.operand(index)
        if not isinstance(value, Tensor) or value.value is None or not (value.made or value.spare):
            return value is None
        return bool((value.value == number).all())

    def array(self, index: int, what: str) -> Any:
        """An input that must be known in numbers, as an array; None where it is left out."""
        value = self.operand(index)
        if value is None:
            return None
        if not isinstance(value, Tensor) or value.value is None:
            raise NotUnderstoodError(f"takes {what} that the file does not tell in numbers")
        return value.value

    def ints(self, name: str, index: int | None = None) -> list[int] | None:
        """Whole numbers: an attribute in old files, an input in newer ones."""
        if name in self.node.attributes:
            value = self.node.attributes[name]
            listed = value if isinstance(value, list) else [value]
            if not all(isinstance(one, int) for one in listed):
                raise NotUnderstoodError(f"has {name} that are no whole numbers")
            return listed
        array = self.array(index, name) if index is not None else None
        if array is None:
            return None
        if array.dtype.kind not in "iu":
            raise NotUnderstoodError(f"has {name} that are no whole numbers")
        return [int(one) for one in array.reshape(-1)]

    def number(self, name: str, default: Any, index: int | None = None) -> Any:
        """One number: an attribute in old files, an input in newer ones."""
        if name in self.node.attributes:
            value = self.node.attributes[name]
            if isinstance(value, int | float):
                return value
            raise NotUnderstoodError(f"has {name} that is no number")
        array = self.array(index, name) if index is not None else None
        if array is None:
            return default
        if array.size != 1 or array.dtype.kind not in "iufb":
            raise NotUnderstoodError(f"has {name} that is no number")
        return array.reshape(-1)[0].item()

    def shape(self, ref: Ref) -> Shape:
        """A value's shape, channels first."""
        return self.steps[ref].shape if ref >= 0 else self.shapes[-1 - ref]

    def sizes(self, x: Map) -> Shape:
        """The tensor's sizes without the batch (of an expanded map: before it was expanded)."""
        shape = self.shape(x.ref)
        return tuple(1 if axis is None else shape[axis] for axis in x.axes)

    def emit(
        self,
        kind: str,
        fields: Mapping[str, Any] | None,
        inputs: tuple[Ref, ...],
        weights: tuple[Tensor | None, ...] = (),
    ) -> Ref:
        """Adds a step; fields that are None are left out. Its shape is the engine's."""
        given = {key: tidied(value) for key, value in (fields or {}).items() if value is not None}
        held = [weight for weight in weights if weight is not None]
        try:
            layer = layer_class(kind)(**given)
        except ValueError as error:
            raise NotUnderstoodError(f"is no {kind} that the language knows: {_reason(error)}") from None
        self._layers.append(layer)
        shapes = tuple(self.shape(ref) for ref in inputs)
        found = self._shapes.infer(layer, shapes)
        if found.output is None:
            raise NotUnderstoodError(f"is a faulty layer: {found.fault.message if found.fault else kind}")
        self._fits(layer, shapes, held)
        names = self._names(kind, held, [weight.buffer for weight in layer.weights(*shapes)])
        scope, name = self._place(kind, held)
        step = Step(kind, given, inputs, found.output, scope, name, names, origin=self.node.title)
        self.steps.append(step)
        for one in names:
            self.owners.setdefault(one, len(self.steps) - 1)
        return len(self.steps) - 1

    def _fits(self, layer: Any, shapes: tuple[Shape, ...], held: list[Tensor]) -> None:
        wanted = layer.weights(*shapes)
        for weight, tensor in zip(wanted, held, strict=True):
            if weight.elements != prod(tensor.dims):
                sizes, shown = shape_text(tensor.dims or (1,)), shape_text(weight.shape)
                message = f"has a {weight.name} of {sizes} ({tensor.name[:80]}) where {layer.kind} needs {shown}"
                raise NotUnderstoodError(message)

    def _names(self, kind: str, held: list[Tensor], buffers: list[bool]) -> tuple[str, ...]:
        """The weights' names. Layers share all weights or none, so others that are stored once count for each layer."""
        stored = tuple(tensor.name for tensor in held)
        # an exporter stores equal tensors of different modules once: of those without a single difference in them, and
        # where it tells the module, of all
        apart = self.node.module or all(tensor.uniform for tensor in held)
        key = (kind, stored, self.node.scope if apart else ())
        if key in self._whole:
            return self._whole[key]
        names: list[str] = []
        for name, tensor, buffer in zip(stored, held, buffers, strict=True):
            if name in self.owners or name in names:
                self.notes[SHARED] = None
                name = f"{name}@{len(self.steps)}.{len(names)}"
            names.append(name)
            self.stored[name] = prod(tensor.dims)
            if buffer:
                self.buffers.add(name)
        self._whole[key] = tuple(names)
        return tuple(names)

    def _place(self, kind: str, held: list[Tensor]) -> tuple[tuple[Scope, ...], str]:
        """The structures around the node and its name within them."""
        node = self.node
        path = next((tensor.name.rpartition(".")[0] for tensor in held if tensor.learned), "")
        if node.scope:
            *around, last = node.scope
            before = "".join(f"{one.name}." for one in around)
            own = path.removeprefix(before)
            other = node.module and path.startswith(before) and own and "." not in own and own != last.name
            if not other or "Norm" not in last.type or kind not in WITH_BIAS:
                return node.scope, ""
            # the weights are another module's than the node: one that the exporter multiplied into them
            self.absorbed.append(".".join(one.name for one in node.scope))
            return (*around, Scope(own)), ""
        if path:
            return (), path
        plain_name = node.name.rpartition("/")[2].removeprefix("node_")
        automatic = not plain_name or plain_name.rstrip("0123456789").rstrip("_").lower() == node.op.lower()
        return (), "" if automatic else plain_name

    def extend(self, x: Map, fields: dict[str, Any], *weights: Tensor) -> Map:
        """Gives the step before, which nothing else reads, further fields and weights."""
        step = self.steps[x.ref]
        names = self._names(f"{step.kind} and", list(weights), [False] * len(weights))
        self.owners.update(dict.fromkeys(names, x.ref))
        kept = {key: value for key, value in {**step.fields, **fields}.items() if value is not None}
        self.steps[x.ref] = step._replace(fields=kept, weights=(*step.weights, *names))
        return x

    def only_reader(self, name: str) -> bool:
        """Whether nothing but this node reads a value."""
        return self.users.counts[name] == 1

    def same(self, x: Map, kind: str, fields: Mapping[str, Any] | None = None, weights: tuple[Any, ...] = ()) -> Map:
        """A layer that keeps the shape and works in any layout."""
        if x.stretched:
            raise NotUnderstoodError("works on an expanded map")
        return x._replace(ref=self.emit(kind, fields, (x.ref,), weights))

    def give(self, kind: str, fields: Mapping[str, Any] | None, inputs: tuple[Ref, ...], weights: Any = ()) -> Map:
        """A layer whose result has its axes in the plain order."""
        ref = self.emit(kind, fields, inputs, weights)
        return plain(ref, len(self.shape(ref)))

    def ordered(self, x: Map) -> Map:
        """A map whose axes come in order, though there may be more of size 1; a permuted view becomes a layer."""
        if x.stretched:
            raise NotUnderstoodError("works on an expanded map")
        real = tuple(axis for axis in x.axes if axis is not None)
        if real == tuple(sorted(real)):
            return x
        ref = self.emit("permute", {"order": list(real)}, (x.ref,))
        numbers = iter(range(len(real)))
        return Map(ref, tuple(None if axis is None else next(numbers) for axis in x.axes))

    def plain(self, x: Map) -> Ref:
        """A map as a layer sees it: its axes in order, the axes of size 1 that the tensor has written out."""
        x = self.ordered(x)
        if x.axes == tuple(range(len(self.shape(x.ref)))):
            return int(x.ref)
        sizes = self.sizes(x)
        if len(sizes) > 4:
            raise NotUnderstoodError(f"needs a map of {len(sizes) - 1} axes; the language knows up to 3")
        return self.emit("reshape", {"shape": list(sizes)}, (x.ref,))


WITH_BIAS = frozenset({"conv", "depthwise_conv", "transposed_conv", "dense"})
"""The kinds that may have weights without a bias."""

SHARED = (
    "the file stores equal tensors of several layers once; here each layer counts its own, so the sum is larger than "
    "the file's by the copies"
)

COMPUTED = (
    "weights that the file works out before their use (standardised ones) are written as the layer's own: sizes and MACs "
    "are the same, that arithmetic and its factors are left out"
)


def _reason(error: ValueError) -> str:
    """What pydantic found, shortly."""
    found = getattr(error, "errors", None)
    if found is None:
        return str(error).splitlines()[0]
    first = found(include_url=False)[0]
    return f"{'.'.join(map(str, first['loc'][:1]))}: expected {first['msg']}"


def _moves_channels(node: Node, order: tuple[int, ...]) -> bool:
    return node.op == "Transpose" and not node.domain and tuple(node.attributes.get("perm", ())) == order


def tidied(value: Any) -> Any:
    """2.0 as 2, and 0.10000000149011612 (a number of single precision) as 0.1.

    >>> tidied(2.0), tidied(0.10000000149011612)
    (2, 0.1)
    """
    if not isinstance(value, float):
        return value
    near = float(f"{value:.6g}")
    return int(near) if near.is_integer() and abs(near) < 1e9 else near
