"""Several nodes that are one layer, as exporters write layers that their operator set lacks.

A pattern is an operator with its operands: a word is a value (equal words are the same value), a number a stored number,
`Number` any stored number under a name, and another pattern a node that nothing else reads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import isclose, pi, sqrt
from typing import Any, NamedTuple

from cnncalc.importers.onnx.graph import Network, Node


class Number(NamedTuple):
    """Any stored number."""

    name: str


class Op(NamedTuple):
    """A node. `name` remembers it."""

    op: str
    operands: tuple[Any, ...]
    name: str = ""


Env = dict[str, Any]
Maker = Callable[["Search", Env], "tuple[str, tuple[str, ...], dict[str, Any]] | None"]

_COMMUTATIVE = frozenset({"Add", "Mul", "Sum"})


def joined(network: Network) -> Network:
    """The network with such groups of nodes as one; the last node's place, name and results are kept."""
    search = Search(network)
    nodes = [search.bounded(node) for node in network.nodes]
    search.learn(nodes)
    gone: set[str] = set()
    made: dict[str, Node] = {}
    for node in reversed(nodes):
        if node.outputs[0] in gone or node.domain or node.op not in _BY_LAST:
            continue
        for pattern, maker in _BY_LAST[node.op]:
            found = search.first(node, pattern, maker)
            if found is not None:
                (op, inputs, attributes), inner = found
                made[node.outputs[0]] = node._replace(op=op, inputs=inputs, attributes=attributes)
                gone |= inner
                break
    kept = tuple(made.get(node.outputs[0], node) for node in nodes if node.outputs[0] not in gone)
    return network._replace(nodes=kept)


class Search:
    """Looks for patterns from their last node back."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.makers: dict[str, Node] = {}
        self.readers: dict[str, list[str]] = {}

    def learn(self, nodes: list[Node]) -> None:
        """Remembers which node gives and which ones read a value."""
        for node in nodes:
            for name in node.outputs:
                self.makers[name] = node
            for name in node.inputs:
                self.readers.setdefault(name, []).append(node.outputs[0])
        for name in self.network.outputs:
            self.readers.setdefault(name, []).append("")

    def number(self, name: str) -> float | None:
        """The one number that a stored tensor holds everywhere."""
        tensor = self.network.tensors.get(name)
        if tensor is None or tensor.value is None or tensor.value.size == 0 or tensor.value.dtype.kind not in "iuf":
            return None
        first = tensor.value.reshape(-1)[0]
        return float(first) if bool((tensor.value == first).all()) else None

    def bounded(self, node: Node) -> Node:
        """Clip from 0 to 6 under a name of its own, whatever way its bounds are given."""
        if node.op != "Clip" or node.domain:
            return node
        bounds = [node.attributes.get(key) for key in ("min", "max")]
        for place in (1, 2):
            if len(node.inputs) > place and node.inputs[place]:
                bounds[place - 1] = self.number(node.inputs[place])
        return node._replace(op="Relu6", inputs=node.inputs[:1], attributes={}) if bounds == [0, 6] else node

    def first(self, node: Node, pattern: Op, maker: Maker) -> Any:
        """The replacement and the inner nodes' values for the first way in which the pattern fits; else None."""
        for env in self._fits(node.outputs[0], pattern, {}, True):
            inner = {value for key, value in env.items() if key.startswith("#")} - {node.outputs[0]}
            held = {*inner, node.outputs[0]}
            if all(set(self.readers.get(one, ())) <= held for one in inner):
                made = maker(self, env)
                if made is not None:
                    return made, inner
        return None

    def _fits(self, value: str, pattern: Any, env: Env, last: bool = False) -> Iterator[Env]:
        if isinstance(pattern, str):
            if env.get(pattern, value) == value and value:
                yield {**env, pattern: value}
            return
        if isinstance(pattern, Number):
            number = self.number(value)
            if number is not None:
                yield {**env, pattern.name: number}
            return
        if isinstance(pattern, int | float):
            number = self.number(value)
            if number is not None and isclose(number, pattern, rel_tol=1e-4, abs_tol=1e-7):
                yield env
            return
        node = self.makers.get(value)
        if node is None or node.op != pattern.op or node.domain or (len(node.outputs) > 1 and not last):
            return
        inputs = node.inputs
        if len(inputs) < len(pattern.operands):
            return
        known = {**env, f"#{value}": value} | ({pattern.name: node} if pattern.name else {})
        orders = [inputs]
        if node.op in _COMMUTATIVE and len(inputs) == 2:
            orders.append(inputs[::-1])
        for order in orders:
            yield from self._operands(order, pattern.operands, known)

    def _operands(self, inputs: tuple[str, ...], patterns: tuple[Any, ...], env: Env) -> Iterator[Env]:
        if not patterns:
            yield env
            return
        for found in self._fits(inputs[0], patterns[0], env):
            yield from self._operands(inputs[1:], patterns[1:], found)


# -- the patterns ------------------------------------------------------------------------------------------------------


def op(kind: str, *operands: Any, name: str = "") -> Op:
    """A node of a pattern."""
    return Op(kind, operands, name)


def _layer(kind: str) -> Maker:
    return lambda search, env: (kind, (env["x"],), {})


def _hard(search: Search, env: Env) -> Any:
    node = env["gate"]
    right = isclose(node.attributes.get("alpha", 0.2), 1 / 6, rel_tol=1e-3) and node.attributes.get("beta", 0.5) == 0.5
    return ("HardSwish", (env["x"],), {}) if right else None


def _sixth(search: Search, env: Env) -> Any:
    return ("HardSigmoid", (env["x"],), {"alpha": 1 / 6, "beta": 0.5})


def _last_axis(node: Node, search: Search) -> bool:
    axes = node.attributes.get("axes")
    if axes is None and len(node.inputs) > 1:
        number = search.number(node.inputs[1])
        axes = [number] if number is not None else None
    dims = search.network.inferred.get(node.inputs[0])
    return axes in ([-1], [-1.0]) or (dims is not None and axes in ([len(dims) - 1], [float(len(dims) - 1)]))


def _layernorm(search: Search, env: Env) -> Any:
    if not (_last_axis(env["mean"], search) and _last_axis(env["variance"], search)):
        return None
    if "w" in env and (env["w"] not in search.network.tensors or env.get("b", env["w"]) not in search.network.tensors):
        return None
    return ("LayerNormalization", tuple(env[key] for key in ("x", "w", "b") if key in env), {"axis": -1})


def _groupnorm(search: Search, env: Env) -> Any:
    """As groups of channels, normalised like channels, and back."""
    inferred = search.network.inferred
    own = inferred.get(env["x"]) or search.network.inputs.get(env["x"])
    split = inferred.get(env["split"].outputs[0])
    # back to the sizes that it had: by name, or as ONNX infers
    back = inferred.get(env["back"].outputs[0]) if "own" in env else own
    if (
        own is None
        or split is None
        or back is None
        or tuple(own) != tuple(back)
        or len(split) < 3
        or split[0] != own[0]
    ):
        return None
    norm = env["norm"]
    if search.number(norm.inputs[1]) != 1 or search.number(norm.inputs[2]) != 0 or not split[1]:
        return None
    held = tuple(env[key] for key in ("w", "b") if key in env)
    for name in held:
        tensor = search.network.tensors.get(name)
        # [C, 1, 1], over the channels
        if (
            tensor is None
            or len(tensor.dims) != len(own) - 1
            or tensor.dims[0] != own[1]
            or max(tensor.dims[1:], default=1) > 1
        ):
            return None
    return ("GroupNormalization", (env["x"], *held), {"num_groups": split[1]})


def _local(search: Search, env: Env) -> Any:
    """Squares, averaged over a window of channels, then a power: local response normalisation."""
    kernel = env["pool"].attributes.get("kernel_shape") or []
    if not kernel or any(size != 1 for size in kernel[1:]):
        return None
    constants = {"alpha": env.get("alpha", 1.0), "beta": env["beta"], "bias": env["k"]}
    return ("LRN", (env["x"],), {"size": kernel[0], **constants})


_ROOT = (op("Div", "x", sqrt(2)), op("Mul", "x", 1 / sqrt(2)))
_CUBE = op("Add", "x", op("Mul", op("Pow", "x", 3), 0.044715))
_GELU = [op("Add", op("Erf", root), 1) for root in _ROOT]
_GELU.append(op("Add", op("Tanh", op("Mul", _CUBE, sqrt(2 / pi))), 1))
_GATE = op("Relu6", op("Add", "x", 3))
_SPREAD = op("Sub", "x", op("ReduceMean", "x", name="mean"))
_VARIANCES = (
    op("ReduceMean", op("Pow", _SPREAD, 2), name="variance"),
    op("ReduceMean", op("Mul", _SPREAD, _SPREAD), name="variance"),
)
_NORMED = [op("Div", _SPREAD, op("Sqrt", op("Add", variance, Number("eps")))) for variance in _VARIANCES]
_SPLIT = op("Reshape", "x", "sizes", name="split")
_GROUPED = [
    op("Reshape", op("InstanceNormalization", _SPLIT, "one", "zero", name="norm"), own, name="back")
    for own in (op("Shape", "x"), "own")
]
_SQUARE = op("Mul", "x", "x"), op("Pow", "x", 2)


def _windows() -> list[Op]:
    """What torch writes for the mean of squares over neighbouring channels: with axes that come and go."""
    found = []
    for square in _SQUARE:
        for far in ("Reshape", "Unsqueeze"):
            for pooled in ("Squeeze", "Reshape"):
                mean = op("AveragePool", op("Pad", op(far, square, "there"), "pads"), name="pool")
                for result in (op(pooled, mean, "here"), op("Reshape", op("Squeeze", mean, "axes"), "here")):
                    found.append(op("Add", op("Mul", result, Number("alpha")), Number("k")))
                    found.append(op("Add", result, Number("k")))
    return found


_PATTERNS: list[tuple[Op, Maker]] = [
    (op("Mul", "x", op("Sigmoid", "x")), _layer("Silu")),
    (op("Mul", "x", op("HardSigmoid", "x", name="gate")), _hard),
    (op("Mul", "x", op("Tanh", op("Softplus", "x"))), _layer("Mish")),
    (op("Mul", "x", op("Div", _GATE, 6)), _layer("HardSwish")),
    (op("Mul", "x", op("Mul", _GATE, 1 / 6)), _layer("HardSwish")),
    (op("Div", op("Mul", "x", _GATE), 6), _layer("HardSwish")),
    (op("Mul", op("Mul", "x", _GATE), 1 / 6), _layer("HardSwish")),
    (op("Div", _GATE, 6), _sixth),
    (op("Mul", _GATE, 1 / 6), _sixth),
    *[(op("Mul", op("Mul", "x", gate), 0.5), _layer("Gelu")) for gate in _GELU],
    *[(op("Mul", op("Mul", "x", 0.5), gate), _layer("Gelu")) for gate in _GELU],
    *[(op("Mul", "x", op("Mul", gate, 0.5)), _layer("Gelu")) for gate in _GELU],
    *[(op("Add", op("Mul", normed, "w"), "b"), _layernorm) for normed in _NORMED],
    *[(normed, _layernorm) for normed in _NORMED],
    *[(op("Add", op("Mul", grouped, "w"), "b"), _groupnorm) for grouped in _GROUPED],
    *[(grouped, _groupnorm) for grouped in _GROUPED],
    *[(op("Div", "x", op("Pow", window, Number("beta"))), _local) for window in _windows()],
]
"""The longer ones first: a node is taken by the first pattern that it ends."""

_BY_LAST: dict[str, list[tuple[Op, Maker]]] = {}
for _pattern, _maker in _PATTERNS:
    _BY_LAST.setdefault(_pattern.op, []).append((_pattern, _maker))
