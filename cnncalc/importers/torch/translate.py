"""From the exported graph to a Sketch: every ATen operation is worded as a layer by the rules.

A rule gets the operation's arguments by the names of its schema. What no rule understands is collected and told at the
end, all of it.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import torch

from cnncalc.core.diagnostic import Diagnostic
from cnncalc.core.shapes import Shape
from cnncalc.importers.maps import Map, plain
from cnncalc.importers.sketch import Ref, Scope, Step
from cnncalc.importers.torch.arguments import Arguments, NotUnderstoodError
from cnncalc.importers.torch.partial import Region
from cnncalc.importers.torch.trace import BATCH, Traced, location
from cnncalc.importers.torch.values import Noise, Split, Unknown, Value, Weight, computed, sizes_of
from cnncalc.layers import layer_class

_ALIASES = frozenset(
    {"flatten", "reshape", "permute", "slice", "crop", "channel_shuffle", "pixel_shuffle", "pixel_unshuffle"}
)
"""Kinds whose result may be the input's own memory."""


class Module(NamedTuple):
    """Facts about the module that the graph does not tell."""

    keys: Mapping[str, str]
    """Name of a parameter or buffer -> the name that stands for its storage (tied weights have one)."""
    parameters: frozenset[str]
    frozen: frozenset[str]
    """The parameters that are not trained."""
    sizes: Mapping[str, int]
    """How many numbers each holds; step counters none."""
    leaves: frozenset[str]
    """Paths of submodules without submodules of their own."""
    aliases: Mapping[str, tuple[str, ...]]
    """Path of a submodule -> its other paths, where it is held in several places."""


Rule = Callable[["Translator", Arguments], Any]
Composites = Mapping[str, Callable[["Translator", Any], "Value | None"]]
"""Last operation -> a function that recognises the several operations that it ends; None where it does not."""


class Translator:
    """Walks through a graph once."""

    def __init__(
        self, traced: Traced, module: Module, rules: Mapping[str, Rule], composites: Composites | None = None
    ) -> None:
        self.traced = traced
        self.module = module
        self.rules = rules
        self.composites = composites or {}
        self.steps: list[Step] = []
        self.refused: dict[Any, Diagnostic] = {}
        self.regions: dict[Any, Region] = {}
        """Operations that are kept as opaque layers."""
        self.notes: dict[str, None] = {}
        self.values: dict[Any, Value] = {}
        self.macs: Callable[[str], int] = lambda path: 0
        """The multiply-adds of one image in a submodule, as they were counted."""
        self.shapes: list[Shape] = []
        self.node: Any = None
        """The operation that is being worded."""
        self._owners: dict[str, Ref] = {}

    # -- the walk --------------------------------------------------------------------------------------------------

    def run(self) -> None:
        """Words every operation."""
        for node in self.traced.graph.nodes:
            self.node = node
            if node.op == "placeholder":
                self.values[node] = self._placeholder(node)
            elif node in self.regions:
                self.values[node] = self._kept(self.regions[node], node)
            elif node.op == "call_function":
                self.values[node] = self._call(node)
            elif node.op == "get_attr":
                self.values[node] = Weight((), sizes_of(node), made=True)

    def _placeholder(self, node: Any) -> Value:
        name = node.name
        if name in self.traced.tensors:
            full = self.traced.tensors[name]
            return Weight((self.module.keys.get(full, full),), sizes_of(node))
        if name in self.traced.inputs:
            sizes = sizes_of(node)
            if len(sizes) < 2 or len(sizes) > 5 or sizes[0] != BATCH:
                return Unknown()
            self.shapes.append(sizes[1:])
            return plain(-len(self.shapes), len(sizes) - 1)
        return Weight((), sizes_of(node), made=True)

    def _call(self, node: Any) -> Value:
        if node.target is operator.getitem:
            whole = self.values.get(node.args[0], Unknown())
            return whole[node.args[1]] if type(whole) is tuple else Unknown()
        if not hasattr(node.target, "_schema"):
            return Unknown()
        name = node.target._schema.name.partition("::")[2]
        composite = self.composites.get(name)
        try:
            found = composite(self, node) if composite is not None else None
        except NotUnderstoodError as reason:
            return self._refuse(node, str(reason))
        if found is not None:
            return found
        arguments = Arguments(node, self._read)
        inputs = [value for value in arguments.values() if isinstance(value, Map | Weight | Noise | Unknown | tuple)]
        if any(isinstance(value, Unknown) for value in inputs):
            return Unknown()
        if inputs and all(isinstance(value, Weight) for value in inputs):
            return computed(node, inputs)
        rule = self.rules.get(name) or self.rules.get(name.rstrip("_"))
        if rule is None and not node.users:
            return Unknown()
        try:
            if rule is None:
                raise NotUnderstoodError("has no counterpart in the language")
            known = len(self.steps)
            result = rule(self, arguments)
            if name.endswith("_") and len(self.steps) == known + 1:
                self._overwrite()
        except NotUnderstoodError as reason:
            return self._refuse(node, str(reason))
        return Unknown() if result is None else result

    def _kept(self, region: Region, node: Any) -> Value:
        """The opaque layer of a region, where its last operation stands."""
        if node is not region.result:
            return Unknown()
        path = ".".join(one.name for one in region.scope)
        names = tuple(dict.fromkeys(name for one in region.tensors for name in self.values[one].names))  # type: ignore[union-attr]
        sizes = [(name, self.module.sizes[name]) for name in names]
        source, shape = self.plain(self.values[region.source]), self.result()
        fields = {
            "shape": list(shape),
            "input": list(self.shape(source)),
            "params": sum(size for name, size in sizes if name in self.module.parameters) or None,
            "buffers": sum(size for name, size in sizes if name not in self.module.parameters) or None,
            "macs": self.macs(path) or None,
            "what": f"{region.scope[-1].type} at {path}: {region.why}",
        }
        ref = self.emit("opaque", fields, (source,), shape, tuple(Weight((name,), ()) for name in names))
        self.steps[ref] = self.steps[ref]._replace(
            scope=region.scope[:-1], name=region.scope[-1].name, origin=f"{path}: {region.why}"
        )
        return plain(ref, len(shape))

    def _read(self, value: Any) -> Any:
        if isinstance(value, torch.fx.Node):
            return self.values.get(value, Unknown())
        if isinstance(value, list | tuple):
            return [self._read(item) for item in value]
        return value

    def _refuse(self, node: Any, reason: str) -> Unknown:
        place = location(node)
        path = ".".join(scope.name for scope in self.scope(node))
        where = f" ({place})" if place else ""
        operation = node.target._schema.name.partition("::")[2]
        sizes = [sizes_of(one) for one in node.all_input_nodes if "val" in one.meta]
        received = " and ".join("x".join(map(str, size[1:])) for size in sizes if len(size) > 1)
        self.refused[node] = Diagnostic(f"{operation}{where} {reason}", path=path, received=received)
        return Unknown()

    def _overwrite(self) -> None:
        """Marks the last step as one in place, where the memory model has that: not over a view of another map."""
        step = self.steps[-1]
        source = self.steps[step.inputs[0]].kind if step.inputs[0] >= 0 else ""
        if layer_class(step.kind).overwrites and source not in _ALIASES and not source.startswith("global_"):
            self.steps[-1] = step._replace(inplace=True)

    # -- what rules use --------------------------------------------------------------------------------------------

    def emit(
        self,
        kind: str,
        fields: dict[str, Any] | None = None,
        inputs: tuple[Ref, ...] = (),
        shape: Shape = (),
        weights: tuple[Weight | None, ...] = (),
    ) -> Ref:
        """Adds a step; fields that are None are left out."""
        names = tuple(self._single(weight) for weight in weights if weight is not None)
        self._learned(kind, names)
        scope = self.scope(self.node)
        path = ".".join(one.name for one in scope)
        place = location(self.node)
        step = Step(
            kind,
            {key: _whole(value) for key, value in (fields or {}).items() if value is not None},
            inputs,
            tuple(int(size) for size in shape),
            scope,
            "",
            names,
            self._share(kind, names),
            self._trainable(names),
            f"{path} ({place})" if place else path,
        )
        self.steps.append(step)
        for name in names:
            self._owners.setdefault(name, len(self.steps) - 1)
        return len(self.steps) - 1

    def _single(self, weight: Weight) -> str:
        if len(weight.names) != 1:
            raise NotUnderstoodError("uses weights that are computed from several tensors")
        return weight.names[0]

    def _learned(self, kind: str, names: tuple[str, ...]) -> None:
        """Only batch normalisation has buffers in the language; what an opaque layer has is counted for itself."""
        held = [name for name in names if name not in self.module.parameters]
        if held and kind not in ("batchnorm", "opaque"):
            raise NotUnderstoodError(f"works with the buffer {held[0]}, where the language's {kind} has parameters")

    def _share(self, kind: str, names: tuple[str, ...]) -> Ref | None:
        owners = {self._owners[name] for name in names if name in self._owners}
        if not owners:
            return None
        owner = min(owners)
        if len(owners) > 1 or self.steps[owner].weights != names or self.steps[owner].kind != kind:
            other = self.steps[owner]
            raise NotUnderstoodError(
                f"shares a part of the weights of {other.origin}, a {other.kind}, or in another form"
            )
        return owner

    def owner(self, weight: Weight) -> Step | None:
        """The step that has a weight so far."""
        ref = self._owners.get(weight.names[0]) if len(weight.names) == 1 else None
        return None if ref is None else self.steps[ref]

    def _trainable(self, names: tuple[str, ...]) -> bool:
        frozen = {name in self.module.frozen for name in names if name in self.module.parameters}
        if len(frozen) > 1:
            raise NotUnderstoodError("is frozen in part: the language freezes all weights of a layer or none")
        return frozen != {True}

    def remark(self, note: str) -> None:
        """Tells the reader how the last step is written; of a step that nothing reads in the end nothing is told."""
        self.steps[-1] = self.steps[-1]._replace(note=note)

    def forget(self, last: Any, first: Any) -> None:
        """Takes back what was made of the operations between two, which together have been understood."""
        waiting = [last]
        while waiting:
            node = waiting.pop()
            if node is not first:
                self.refused.pop(node, None)
                self._release(self.values.get(node))
            waiting += [one for one in node.all_input_nodes if one is not first and one.op == "call_function"]

    def _release(self, value: Any) -> None:
        """The weights of a step that will not remain can have another owner."""
        if isinstance(value, Map) and value.ref >= 0:
            for name in self.steps[value.ref].weights:
                if self._owners.get(name) == value.ref:
                    del self._owners[name]

    def extend(self, x: Map, fields: dict[str, Any], *weights: Weight) -> Map:
        """Gives the step before, which nothing else reads, further fields and weights."""
        step = self.steps[x.ref]
        names = tuple(self._single(weight) for weight in weights)
        if any(name in self._owners for name in names):
            raise NotUnderstoodError("shares a part of the weights of another layer")
        self._owners.update(dict.fromkeys(names, x.ref))
        self.steps[x.ref] = step._replace(fields={**step.fields, **fields}, weights=(*step.weights, *names))
        return x

    def only_reader(self) -> bool:
        """Whether nothing but this operation reads its first operand."""
        return len(self.node.args[0].users) == 1

    def follows(self, name: str) -> bool:
        """Whether the operation's first operand is the result of an operation of that name."""
        schema = getattr(getattr(self.node.args[0], "target", None), "_schema", None)
        return schema is not None and schema.name.partition("::")[2] == name

    def leaf(self) -> bool:
        """Whether the operation belongs to a submodule without submodules."""
        scope = self.scope(self.node)
        return bool(scope) and ".".join(one.name for one in scope) in self.module.leaves

    def raw(self) -> Shape:
        """The sizes of the operation's result with the batch."""
        return sizes_of(self.node)

    def shape(self, ref: Ref) -> Shape:
        """A value's shape, channels first."""
        return self.steps[ref].shape if ref >= 0 else self.shapes[-1 - ref]

    def same(self, x: Map, kind: str, fields: dict[str, Any] | None = None, weights: Any = ()) -> Map:
        """A layer that keeps the shape and works in any layout."""
        if x.stretched:
            raise NotUnderstoodError("works on an expanded map")
        return x._replace(ref=self.emit(kind, fields, (x.ref,), self.shape(x.ref), weights))

    def plain(self, x: Any) -> Ref:
        """A map as a layer sees it: its axes in order, the axes of size 1 that the tensor has written out."""
        x = self.ordered(x)
        axes = tuple(range(len(self.shape(x.ref))))
        if x.axes == axes:
            return int(x.ref)
        sizes = self.sizes(x)
        if len(sizes) > 4:
            raise NotUnderstoodError(f"needs a map of {len(sizes) - 1} axes")
        return self.emit("reshape", {"shape": list(sizes)}, (x.ref,), sizes)

    def channelled(self, value: Any) -> Map:
        """A map whose axes come in order and whose first axis is the layer's channels, though there be but one."""
        x = self.ordered(value)
        return x if x.axes[:1] == (0,) else plain(self.plain(x), len(x.axes))

    def ordered(self, value: Any) -> Map:
        """A map whose axes come in order, though there may be more of size 1; a permuted view becomes a layer."""
        x = self.map(value)
        if x.stretched:
            raise NotUnderstoodError("works on an expanded map")
        real = tuple(axis for axis in x.axes if axis is not None)
        if real == tuple(sorted(real)):
            return x
        shape = self.shape(x.ref)
        ref = self.emit("permute", {"order": list(real)}, (x.ref,), tuple(shape[axis] for axis in real))
        numbers = iter(range(len(real)))
        return Map(ref, tuple(None if axis is None else next(numbers) for axis in x.axes))

    def map(self, x: Any) -> Map:
        """The value, which must be a map."""
        if isinstance(x, Split):
            raise NotUnderstoodError(f"works on a map of {len(x.pieces) - 1} axes; the language knows up to 3")
        if not isinstance(x, Map):
            raise NotUnderstoodError("works on weights or drawn numbers where a map was expected")
        return x

    def sizes(self, x: Map) -> Shape:
        """The tensor's sizes without the batch (of an expanded map: before it was expanded)."""
        shape = self.shape(x.ref)
        return tuple(1 if axis is None else shape[axis] for axis in x.axes)

    def result(self) -> Shape:
        """The sizes of the operation's (first) result without the batch."""
        sizes = sizes_of(self.node)
        if not sizes or sizes[0] != BATCH:
            raise NotUnderstoodError("mixes the images of a batch")
        return sizes[1:]

    def give(self, kind: str, fields: dict[str, Any] | None, inputs: tuple[Ref, ...], weights: Any = ()) -> Map:
        """A layer whose result is the operation's, in the plain layout."""
        shape = self.result()
        return plain(self.emit(kind, fields, inputs, shape, weights), len(shape))

    def scope(self, node: Any) -> tuple[Scope, ...]:
        """The submodules around an operation, outermost first; names of lists stand between them."""
        found: list[Scope] = []
        before = ""
        for key, (path, kind) in (node.meta.get("nn_module_stack") or {}).items():
            path = path.removeprefix("L['self'].").removeprefix("self.")
            path = self._within(path, before)
            inside = path[len(before) + 1 :] if before and path.startswith(f"{before}.") else path if not before else ""
            if not inside:
                continue
            *lists, own = inside.split(".")
            found += [Scope(name) for name in lists]
            word = kind if isinstance(kind, str) else f"{kind.__module__}.{kind.__qualname__}"
            _, _, call = key.partition("@")
            found.append(Scope(own, word, int(call) if call.isdigit() else 0))
            before = path
        return tuple(found)

    def _within(self, path: str, around: str) -> str:
        """A submodule's path, by the place where it was called: in the submodule around it."""
        places = (path, *self.module.aliases.get(path, ()))
        return next((place for place in places if around and place.startswith(f"{around}.")), path)


def _whole(value: Any) -> Any:
    """2.0 as 2, and 0.30000000000000004 as 0.3."""
    if not isinstance(value, float):
        return value
    near = float(f"{value:.10g}")
    return int(near) if near.is_integer() and abs(near) < 1e9 else near
