"""Unrolls a Spec: evaluates variables and conditions, calls blocks, repeats, wires branches and heads.

What makes a graph impossible (an undefined name, a field that does not fit, recursion) raises SpecError; what only makes
a shape impossible becomes a fault on its node, and what follows is unknown.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from cnncalc.core.diagnostic import Diagnostic, did_you_mean
from cnncalc.core.dims import Condition, Dim
from cnncalc.core.shapes import Shape
from cnncalc.core.source import Span
from cnncalc.graph.model import ClaimSite, Graph, Group, Node, Ref
from cnncalc.graph.scope import Entry, Scope
from cnncalc.graph.shape import Shapes, likely_channels
from cnncalc.graph.values import Closure, Values
from cnncalc.graph.variables import input_shapes, variables
from cnncalc.layers import ACTIVATIONS, KINDS, MERGES, SHORTHAND, layer_class
from cnncalc.layers.base import Layer
from cnncalc.layers.fields import describe
from cnncalc.spec.model import Block, Call, Claim, Spec, Stack

MOST_LAYERS = 100_000
"""A network may not unroll to more layers, nor a call be repeated more often."""


class Context(NamedTuple):
    """Where a stack is being unrolled."""

    environment: Mapping[str, Any]
    path: str
    scope: Scope
    depth: int
    trainable: bool
    train_only: bool
    active: tuple[str, ...]
    shared: Scope | None
    site: Span | None
    """Inside a shipped block: the call in the user's spec, to which messages point."""

    def inner(self, path: str, scope: Scope) -> Context:
        """One level deeper."""
        return self._replace(path=path, scope=scope, depth=self.depth + 1)

    def join(self, name: str) -> str:
        """The path of a name in this stack."""
        return f"{self.path}.{name}" if self.path else name


BlockFinder = Callable[[str], "Block | None"]


def expand(
    spec: Spec,
    find_block: BlockFinder,
    inputs: Mapping[str, tuple[Any, ...]] | None = None,
    values: Mapping[str, Any] | None = None,
) -> Graph:
    """The graph of a spec; `inputs` and `values` replace the spec's inputs and variables. Raises SpecError."""
    return _Expander(spec, find_block, inputs or {}, values or {}).run()


class _Expander:
    def __init__(self, spec: Spec, find_block: BlockFinder, inputs: Mapping[str, tuple[Any, ...]], values: Mapping[str, Any]) -> None:
        self.spec = spec
        self.find_block = find_block
        self.values = Values(spec.file)
        self.shapes = Shapes()
        self.globals = variables(spec, values)
        self.inputs = input_shapes(spec, inputs, self.globals)
        self.nodes: list[Node] = []
        self.groups: list[Group] = []
        self.sites: list[ClaimSite] = []
        self.faults: list[Diagnostic] = []
        self.conditions: dict[str, Condition] = {}
        self._names: dict[int, list[str]] = {}
        self._input_shapes = list(self.inputs.values())

    # -- the whole -------------------------------------------------------------------------------------------------

    def run(self) -> Graph:
        scope = Scope()
        for index, name in enumerate(self.inputs):
            scope.names[name] = Entry(-1 - index)
        context = Context(self.globals, "", scope, 0, True, False, (), None, None)
        first = -1 if len(self.inputs) == 1 else None
        result = self.stack(self.spec.layers, first, context)
        stop = len(self.nodes)
        for head in self.spec.heads.values():
            self._head(head, context)
        last = result if result is not None else -1
        self._claims("", self.spec.expect, range(0, len(self.nodes)), last, first, None, context)
        self._check_train_only()
        return Graph(
            spec=self.spec,
            inputs=self.inputs,
            nodes=tuple(self.nodes),
            groups=tuple(self.groups),
            sites=tuple(self.sites),
            faults=tuple(self.faults),
            conditions=tuple(self.conditions.values()),
            notes=tuple(self.values.notes),
            result=last if stop else -1,
            environment=dict(self.globals),
        )

    def _head(self, head: Any, context: Context) -> None:
        if head.name in context.scope.names:
            self.values.stop(head.span, head.name, f"the name {head.name} is used twice", remedy="give the head another name", code="CN003")
        train_only = self.values.truth(head.train_only, "train_only", context.environment, head.span, head.name, False)
        source = self._find(head.source, context, head.span, head.name)
        inner = context.inner(head.name, Scope(context.scope))._replace(train_only=train_only)
        place = self._open(head.name, head.name, "head", context.depth)
        start = len(self.nodes)
        result = self.stack(head.layers, source.ref, inner)
        self._close(place)
        ref = source.ref if result is None else result
        context.scope.names[head.name] = Entry(ref, scope=inner.scope)
        self._claims(head.name, head.expect, range(start, len(self.nodes)), ref, source.ref, None, context)

    def _check_train_only(self) -> None:
        for node in self.nodes:
            if node.train_only:
                continue
            for ref in node.inputs:
                if ref >= 0 and self.nodes[ref].train_only:
                    self.values.stop(
                        node.span,
                        node.path,
                        f"{node.path} reads {self.nodes[ref].path}, which exists only in training",
                        remedy="mark it train_only as well, or take its input from a layer that stays",
                        code="CN003",
                    )

    # -- groups and claims -----------------------------------------------------------------------------------------

    def _open(self, path: str, name: str, kind: str, depth: int, repeat: int | None = None, count: int = 1) -> int:
        start = len(self.nodes)
        self.groups.append(Group(path, name, kind, start, start, depth, repeat, count))
        return len(self.groups) - 1

    def _close(self, place: int) -> None:
        self.groups[place] = self.groups[place]._replace(stop=len(self.nodes))

    def _claims(self, path: str, claims: tuple[Claim, ...], rows: Any, result: Ref | None, source: Ref | None, layer: Layer | None, context: Context) -> None:
        for claim in claims:
            stated = claim.stated
            if isinstance(stated, str | tuple):
                stated = self.values.resolve(stated, context.environment, claim.span, path)
            if context.site is not None:
                claim = replace(claim, span=context.site)
            self.sites.append(ClaimSite(path, claim, rows, result, source, layer, stated))

    # -- stacks ----------------------------------------------------------------------------------------------------

    def _stack_names(self, stack: Stack, context: Context) -> list[str]:
        """Each call's name: its own, else its kind and number within the stack."""
        names = self._names.get(id(stack))
        if names is not None:
            return names
        taken: set[str] = set()
        for call in stack.calls:
            if call.name is not None:
                if call.name in taken:
                    self.values.stop(
                        call.spans.get("name", call.span), context.join(call.name), f"the name {call.name} is used twice in one stack",
                        remedy="names are unique in their stack; choose another", code="CN003",
                    )
                taken.add(call.name)
        counts: dict[str, int] = {}
        names = []
        for call in stack.calls:
            number = counts[call.kind] = counts.get(call.kind, 0) + 1
            if call.name is not None:
                names.append(call.name)
                continue
            while f"{call.kind}{number}" in taken:
                number += 1
            taken.add(f"{call.kind}{number}")
            names.append(f"{call.kind}{number}")
        self._names[id(stack)] = names
        return names

    def stack(self, stack: Stack, source: Ref | None, context: Context) -> Ref | None:
        """Unrolls the layers of a stack; the last output, or the source of an empty one."""
        names = self._stack_names(stack, context)
        for call, name in zip(stack.calls, names, strict=True):
            span = context.site or call.span
            if call.condition is not None:
                where = context.site or call.spans.get("if", call.span)
                if not self.values.truth(call.condition, "if", context.environment, where, context.join(name), True):
                    continue
            if name in context.scope.names and context.path == "" and name in self.inputs:
                self.values.stop(span, name, f"the name {name} is an input's", remedy="give the layer another name", code="CN003")
            entry = self._call(call, name, source, context)
            if entry is not None:
                context.scope.names[name] = entry
                source = entry.ref
        return source

    def _call(self, call: Call, name: str, source: Ref | None, context: Context) -> Entry | None:
        path = context.join(name)
        environment, span = context.environment, context.site or call.span
        sources = tuple(self._find(one, context, context.site or call.spans.get("from", call.span), path).ref for one in call.sources)
        if call.trainable is not None:
            trainable = self.values.truth(call.trainable, "trainable", environment, span, path, True)
            context = context._replace(trainable=context.trainable and trainable)
        if call.train_only is not None:
            context = context._replace(train_only=context.train_only or self.values.truth(call.train_only, "train_only", environment, span, path, False))
        for flag in ("checkpoint", "inplace"):
            self.values.truth(getattr(call, flag), flag, environment, span, path, False)
        shared = self._shared(call, name, context, path)
        start = len(self.nodes)
        if call.repeat is None:
            entry = self._once(call, name, path, sources, source, context, shared)
        else:
            entry = self._repeated(call, name, path, sources, source, context, shared)
        if call.expect and entry is not None:
            self._call_claims(call, path, entry, start, sources[0] if sources else source, context)
        return entry

    def _call_claims(self, call: Call, path: str, entry: Entry, start: int, source: Ref | None, context: Context) -> None:
        entries = entry.repeats if entry.repeats is not None else [entry]
        mains = [one.node for one in entries if one.node is not None]
        layer = self.nodes[mains[0]].layer if mains and call.kind in KINDS else None
        rows = tuple(mains) if mains and call.kind in KINDS else range(start, len(self.nodes))
        self._claims(path, call.expect, rows, entry.ref, source, layer, context)

    def _repeated(self, call: Call, name: str, path: str, sources: tuple[Ref, ...], source: Ref | None, context: Context, shared: Entry | None) -> Entry | None:
        span = context.site or call.spans.get("repeat", call.span)
        count = self.values.count(call.repeat, "repeat", context.environment, span, path, MOST_LAYERS)
        if count == 0:
            return None
        place = self._open(path, name, call.kind, context.depth, count=count)
        deeper = context._replace(depth=context.depth + 1)
        repeats: list[Entry] = []
        for index in range(count):
            inner = self._open(f"{path}[{index}]", f"{name}[{index}]", call.kind, deeper.depth, index)
            entry = self._once(call, f"{name}[{index}]", f"{path}[{index}]", sources, source, deeper, shared, grouped=True)
            self._close(inner)
            if entry is None:
                break
            repeats.append(entry)
            sources, source = (), entry.ref
        self._close(place)
        if not repeats:
            return None
        return Entry(repeats[-1].ref, repeats[-1].node, repeats[-1].scope, repeats)

    # -- one call --------------------------------------------------------------------------------------------------

    def _once(
        self, call: Call, name: str, path: str, sources: tuple[Ref, ...], source: Ref | None, context: Context, shared: Entry | None, grouped: bool = False
    ) -> Entry | None:
        kind = call.kind
        if kind in MERGES and "branches" in call.fields:
            return self._merge(call, name, path, self._single(call, path, sources, source, context), context, grouped)
        if kind in MERGES:
            return self._layer(call, name, path, sources, context, shared)
        incoming = self._single(call, path, sources, source, context)
        if kind == "stack" or kind == "highway":
            return self._structural(call, name, path, incoming, context, grouped, shared)
        if kind in KINDS:
            return self._layer(call, name, path, self._also_reads(call, incoming, context, path), context, shared)
        return self._block(call, name, path, incoming, context, shared, grouped)

    def _single(self, call: Call, path: str, sources: tuple[Ref, ...], source: Ref | None, context: Context) -> Ref:
        if len(sources) > 1:
            self.values.stop(
                context.site or call.spans.get("from", call.span), path, f"{call.kind} takes one input", "one name", f"{len(sources)} names",
                "join them first: concat: {from: [a, b]}", "CN003",
            )
        if sources:
            return sources[0]
        if source is None:
            names = ", ".join(self.inputs)
            self.values.stop(
                context.site or call.span, path, f"{path} does not say which input it reads", f"from: one of {names}", "nothing",
                "with several inputs the first layer names its own with from", "CN003",
            )
        return source

    def _also_reads(self, call: Call, incoming: Ref, context: Context, path: str) -> tuple[Ref, ...]:
        """The inputs of a plain layer: the one before, and the map that `like` names."""
        like = call.fields.get("like")
        if isinstance(like, str):
            return (incoming, self._find(like, context, context.site or call.spans.get("like", call.span), path).ref)
        return (incoming,)

    def _find(self, name: str, context: Context, span: Span, path: str) -> Entry:
        parameter = context.environment.get(name)
        wanted = parameter if isinstance(parameter, str) else name
        entry = context.scope.find(wanted)
        if entry is None:
            self.values.stop(
                span, path, f"there is no layer {wanted} before this one", "the name of an earlier layer", wanted,
                did_you_mean(wanted, context.scope.known()), "CN003",
            )
        return entry

    def _shared(self, call: Call, name: str, context: Context, path: str) -> Entry | None:
        if call.share is not None:
            return self._find(call.share, context, context.site or call.spans.get("share", call.span), path)
        if context.shared is not None:
            return context.shared.names.get(name)
        return None

    def _layer(self, call: Call, name: str, path: str, inputs: tuple[Ref, ...], context: Context, shared: Entry | None) -> Entry:
        fields = call.fields
        activation = None
        if call.kind in SHORTHAND and "activation" in fields:
            activation = fields["activation"]
            fields = {key: value for key, value in fields.items() if key != "activation"}
        layer = self.values.layer(call.kind, call, fields, context.environment, path, self.spec.file)
        node = self._node(call.kind, call, name, path, layer, inputs, context, shared.node if shared is not None else None)
        ref: Ref = node.index
        scope = None
        if activation is not None:
            ref, scope = self._activation(call, activation, node, context, shared)
        return Entry(ref, node.index, scope)

    def _activation(self, call: Call, activation: Any, node: Node, context: Context, shared: Entry | None) -> tuple[Ref, Scope]:
        span = context.site or call.spans.get("activation", call.span)
        value = self.values.resolve(activation, context.environment, span, node.path)
        fields: dict[str, Any] = {}
        if isinstance(value, dict) and len(value) == 1:
            value, given = next(iter(value.items()))
            short = layer_class(value).short if value in ACTIVATIONS else None
            fields = given if isinstance(given, dict) else {short: given} if short else {}
        if not isinstance(value, str) or value not in ACTIVATIONS:
            remedy = did_you_mean(value, ACTIVATIONS) if isinstance(value, str) else ""
            self.values.stop(span, node.path, f"unknown activation {describe(value)}", "the name of an activation kind", describe(value), remedy or "write activation: relu")
        key = Call(value, fields, spans={"": span}, span=span)
        layer = self._activation_layer(value, fields, key, node.path)
        scope = Scope()
        partner = shared.scope.names.get(value) if shared is not None and shared.scope is not None else None
        row = self._node(value, call, value, f"{node.path}.{value}", layer, (node.index,), context, partner.node if partner else None, node.index, span)
        scope.names[value] = Entry(row.index, row.index)
        return row.index, scope

    def _activation_layer(self, kind: str, fields: dict[str, Any], call: Call, path: str) -> Layer:
        key = (kind, tuple(sorted(fields.items())))
        known = self.values._layers.get(key)
        if known is None:
            known = self.values._layers[key] = self.values.build(kind, fields, call, path)
        return known

    def _node(
        self, kind: str, call: Call, name: str, path: str, layer: Layer, inputs: tuple[Ref, ...], context: Context,
        share: int | None, activation_of: int | None = None, span: Span | None = None,
    ) -> Node:
        nodes = self.nodes
        if len(nodes) >= MOST_LAYERS:
            self.values.stop(context.site or call.span, path, f"the network unrolls to more than {MOST_LAYERS:,} layers", f"at most {MOST_LAYERS:,}", "more", "use fewer repeats")
        span = context.site or span or call.span
        shapes = [nodes[ref].output if ref >= 0 else self._input_shapes[-1 - ref] for ref in inputs]
        output: Shape | None = None
        channels: Dim | None
        if None in shapes:
            channels = likely_channels(layer, tuple(self._channels(ref) for ref in inputs))
        else:
            inference = self.shapes.infer(layer, tuple(shapes))  # type: ignore[arg-type]
            output, fault, conditions = inference
            for condition in conditions:
                self.conditions.setdefault(str(condition), condition)
            if fault is not None:
                self.faults.append(self._fault(fault, path, inputs, span))
                channels = likely_channels(layer, tuple(self._channels(ref) for ref in inputs))
            else:
                assert output is not None
                channels = output[0]
        node = Node(len(nodes), name, path, kind, layer, inputs, output, channels, call, span, context.trainable, context.train_only, share, activation_of)
        nodes.append(node)
        if share is not None:
            self._check_share(node, nodes[share])
        return node

    def _fault(self, fault: Any, path: str, inputs: tuple[Ref, ...], span: Span) -> Diagnostic:
        message = fault.message
        if fault.code == "CN002":
            message += f" (inputs: {', '.join(self._path(ref) for ref in inputs)})"
        return Diagnostic(message, fault.code, path, fault.expected, fault.received, fault.remedy, span, self.spec.file)

    def _path(self, ref: Ref) -> str:
        return self.nodes[ref].path if ref >= 0 else list(self.inputs)[-1 - ref]

    def _channels(self, ref: Ref) -> Dim | None:
        return self.nodes[ref].channels if ref >= 0 else self._input_shapes[-1 - ref][0]

    def _shapes_of(self, node: Node) -> tuple[Shape | None, ...]:
        return tuple(self.nodes[ref].output if ref >= 0 else self._input_shapes[-1 - ref] for ref in node.inputs)

    def _check_share(self, node: Node, other: Node) -> None:
        mine, theirs = self._shapes_of(node), self._shapes_of(other)
        if None in mine or None in theirs or node.output is None or other.output is None:
            return
        own, shared = node.layer.weights(*mine), other.layer.weights(*theirs)  # type: ignore[arg-type]
        if node.kind != other.kind or own != shared:
            self.faults.append(
                Diagnostic(
                    f"{node.path} cannot share the weights of {other.path}: they have other shapes",
                    "CN001", node.path, _weights_text(other.kind, shared), _weights_text(node.kind, own),
                    "give both the same kind and fields, and inputs with equal channels", node.span, self.spec.file,
                )
            )

    # -- structures ------------------------------------------------------------------------------------------------

    def _branch_stack(self, value: Any, call: Call, path: str, context: Context) -> tuple[Stack, Context]:
        """A nested list of layers, written in place or passed as a parameter."""
        if isinstance(value, Stack):
            return value, context
        resolved = self.values.resolve(value, context.environment, context.site or call.span, path)
        if isinstance(resolved, Closure):
            return resolved.stack, context._replace(environment=resolved.environment)
        if resolved is None or resolved == ():
            return Stack(()), context
        self.values.stop(context.site or call.span, path, f"{describe(value)} is not a list of layers", "a list of layers", describe(resolved), "write [] for none")

    def _merge(self, call: Call, name: str, path: str, source: Ref, context: Context, grouped: bool) -> Entry:
        place = None if grouped else self._open(path, name, call.kind, context.depth)
        deeper = context if grouped else context._replace(depth=context.depth + 1)
        scope = Scope(context.scope)
        refs = []
        for number, value in enumerate(call.fields["branches"], start=1):
            label = f"branch{number}"
            stack, inner = self._branch_stack(value, call, path, deeper)
            inner = inner.inner(f"{path}.{label}", Scope(scope))
            branch = self._open(f"{path}.{label}", label, "branch", inner.depth - 1) if stack.calls else None
            result = self.stack(stack, source, inner)
            if branch is not None:
                self._close(branch)
            ref = source if result is None else result
            scope.names[label] = Entry(ref, scope=inner.scope)
            refs.append(ref)
        fields = {key: value for key, value in call.fields.items() if key != "branches"}
        layer = self.values.layer(call.kind, call, fields, context.environment, path, self.spec.file)
        node = self._node(call.kind, call, name, path, layer, tuple(refs), deeper, None)
        if place is not None:
            self._close(place)
        return Entry(node.index, node.index, scope)

    def _structural(self, call: Call, name: str, path: str, source: Ref, context: Context, grouped: bool, shared: Entry | None) -> Entry | None:
        """A stack in place, or a highway: transform and gate around one merge."""
        stack, inner = self._branch_stack(call.fields["layers"], call, path, context)
        if shared is not None and shared.scope is not None:
            inner = inner._replace(shared=shared.scope)
        place = None if grouped else self._open(path, name, call.kind, context.depth)
        scope = Scope(context.scope)
        if call.kind == "stack":
            result = self.stack(stack, source, inner.inner(path, scope))
            if place is not None:
                self._close(place)
            return Entry(source if result is None else result, None, scope)
        gate = call.fields.get("gate")
        gate_stack, gate_context = (_gate(stack), inner) if gate is None else self._branch_stack(gate, call, path, context)
        refs = []
        for label, part, part_context in (("transform", stack, inner), ("gate", gate_stack, gate_context)):
            deeper = part_context._replace(depth=context.depth + 1).inner(f"{path}.{label}", Scope(scope))
            branch = self._open(f"{path}.{label}", label, "branch", deeper.depth - 1)
            result = self.stack(part, source, deeper)
            self._close(branch)
            refs.append(source if result is None else result)
            scope.names[label] = Entry(refs[-1], scope=deeper.scope)
        layer = self.values.layer("highway", call, {}, context.environment, path, self.spec.file)
        node = self._node("highway", call, name, path, layer, (*refs, source), context, None)
        if place is not None:
            self._close(place)
        return Entry(node.index, node.index, scope)

    def _block(self, call: Call, name: str, path: str, source: Ref, context: Context, shared: Entry | None, grouped: bool) -> Entry | None:
        own = self.spec.blocks.get(call.kind)
        block = own or self.find_block(call.kind)
        assert block is not None
        if block.name in context.active:
            chain = " -> ".join((*context.active, block.name))
            self.values.stop(context.site or call.span, path, f"the block {block.name} uses itself", "blocks without recursion", chain, "use repeat")
        site = context.site if own is not None else (context.site or call.span)
        environment = self._arguments(block, call, path, source, context, own is not None)
        place = None if grouped else self._open(path, name, call.kind, context.depth)
        scope = Scope(context.scope)
        inner = context.inner(path, scope)._replace(
            environment=environment, active=(*context.active, block.name), site=site,
            shared=shared.scope if shared is not None else context.shared,
        )
        result = self.stack(block.layers, source, inner)
        if place is not None:
            self._close(place)
        return Entry(source if result is None else result, None, scope)

    def _arguments(self, block: Block, call: Call, path: str, source: Ref, context: Context, own: bool) -> dict[str, Any]:
        """The environment inside a block: variables (for the spec's own blocks), parameters, in_channels."""
        environment: dict[str, Any] = dict(self.globals) if own else {}
        channels = self._channels(source)
        if channels is None:
            from cnncalc.core.symbolic import symbol

            channels = symbol("in_channels")
        environment["in_channels"] = channels
        for name, default in block.parameters.items():
            if name in call.fields:
                span = context.site or call.spans.get(name, call.span)
                environment[name] = self.values.resolve(call.fields[name], context.environment, span, path)
            elif default is None:
                self.values.stop(
                    context.site or call.span, path, f"the block {block.name} needs {name}", name, "nothing", f"write {block.name}: {{{name}: ...}}"
                )
            else:
                environment[name] = self.values.resolve(default, environment, context.site or block.spans.get(name, block.span), path)
        return environment


def _gate(transform: Stack) -> Stack:
    """The default gate: the transform with its last activation replaced by a sigmoid."""
    if not transform.calls:
        return Stack((Call("sigmoid", {}, span=transform.span),))
    *rest, last = transform.calls
    if last.kind in ACTIVATIONS:
        last = replace(last, kind="sigmoid", fields={}, name=None, expect=())
    elif last.kind in SHORTHAND:
        last = replace(last, fields={**last.fields, "activation": "sigmoid"}, expect=())
    else:
        return Stack((*transform.calls, Call("sigmoid", {}, span=last.span)), transform.span)
    return Stack((*rest, last), transform.span)


def _weights_text(kind: str, weights: tuple[Any, ...]) -> str:
    from cnncalc.core.shapes import shape_text

    return f"{kind} with " + (", ".join(f"{weight.name} {shape_text(weight.shape)}" for weight in weights) or "no weights")


