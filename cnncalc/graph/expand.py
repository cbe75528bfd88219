"""Unrolls a Spec: evaluates variables and conditions, calls blocks, repeats, wires branches and heads.

What makes a graph impossible (an undefined name, a field that does not fit, recursion) raises SpecError; what only makes
a shape impossible becomes a fault on its node, and what follows is unknown.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from cnncalc.core.diagnostic import did_you_mean
from cnncalc.core.pause import uncollected
from cnncalc.core.source import Span
from cnncalc.graph.builder import MOST_LAYERS, Builder
from cnncalc.graph.context import Context
from cnncalc.graph.model import Graph, Node, Ref
from cnncalc.graph.names import stack_names
from cnncalc.graph.scope import Entry, Scope
from cnncalc.graph.structures import block, highway, merge, stack_in_place
from cnncalc.graph.values import Values
from cnncalc.graph.variables import input_shapes, variables
from cnncalc.layers import ACTIVATIONS, KINDS, MERGES, SHORTHAND, layer_class
from cnncalc.layers.base import Layer
from cnncalc.layers.fields import describe
from cnncalc.spec.model import Block, Call, Head, Spec, Stack

MOST_STEPS = 3 * MOST_LAYERS
"""Stacks and calls that are walked through, whether or not they make layers."""

DEEPEST = 80
"""Blocks, branches and stacks may not be nested deeper: far beyond any network, and safe for the interpreter."""

BlockFinder = Callable[[str], "Block | None"]


@uncollected
def expand(
    spec: Spec,
    find_block: BlockFinder,
    inputs: Mapping[str, tuple[Any, ...]] | None = None,
    values: Mapping[str, Any] | None = None,
) -> Graph:
    """The graph of a spec; `inputs` and `values` replace the spec's inputs and variables. Raises SpecError."""
    return Unroller(spec, find_block, inputs or {}, values or {}).run()


class Unroller:
    """Unrolls one spec."""

    def __init__(
        self,
        spec: Spec,
        find_block: BlockFinder,
        inputs: Mapping[str, tuple[Any, ...]],
        overrides: Mapping[str, Any],
    ) -> None:
        self.spec = spec
        self.find_block = find_block
        self.values = Values(spec.file)
        self.globals = variables(spec, overrides)
        self.builder = Builder(spec, self.values, input_shapes(spec, inputs, self.globals))
        self._known_turns: dict[int, list[tuple[Call, str, bool]]] = {}
        self._steps = 0
        self.gates: dict[int, Stack] = {}

    def run(self) -> Graph:
        """The whole graph."""
        builder, scope = self.builder, Scope()
        for index, name in enumerate(builder.inputs):
            scope.names[name] = Entry(-1 - index, "input")
        context = Context(self.globals, "", scope)
        first = -1 if len(builder.inputs) == 1 else None
        result = self.stack(self.spec.layers, first, context)
        for head in self.spec.heads.values():
            self._head(head, context)
        builder.claim("", self.spec.expect, range(len(builder.nodes)), result, first, None, context)
        return builder.graph(result, dict(self.globals))

    def _head(self, head: Head, context: Context) -> None:
        builder = self.builder
        if head.name in context.scope.names:
            message = f"the name {head.name} is used twice"
            self.values.stop(head.span, head.name, message, remedy="give the head another name", code="CN003")
        train_only = self.values.truth(head.train_only, "train_only", context.environment, head.span, head.name, False)
        source = self.find(head.source, context, head.span, head.name).ref
        inner = context._replace(path=head.name, scope=Scope(context.scope), depth=1, train_only=train_only)
        place = builder.open(head.name, head.name, "head", 0)
        start = len(builder.nodes)
        result = self.stack(head.layers, source, inner)
        builder.close(place)
        ref = source if result is None else result
        context.scope.names[head.name] = Entry(ref, "head", scope=inner.scope)
        builder.claim(head.name, head.expect, range(start, len(builder.nodes)), ref, source, None, context)

    # -- stacks ----------------------------------------------------------------------------------------------------

    def stack(self, stack: Stack, source: Ref | None, context: Context) -> Ref | None:
        """Unrolls the layers of a stack; the last output, or the source of an empty one."""
        scope_names = context.scope.names
        self._enter(stack, context)
        for call, name, alone in self._turns(stack, context):
            if alone and source is not None and context.path:
                path = f"{context.path}.{name}"
                shared = None if context.shared is None else context.shared.names.get(name)
                layer = scope_names[name] = self._layer(call, name, path, (source,), context, shared)
                source = layer.ref
                continue
            if call.condition is not None:
                where = context.site or call.spans.get("if", call.span)
                path = context.join(name)
                if not self.values.truth(call.condition, "if", context.environment, where, path, True):
                    continue
            if context.path == "" and name in self.builder.inputs:
                span = context.site or call.span
                remedy = "give the layer another name"
                self.values.stop(span, name, f"the name {name} is an input's", remedy=remedy, code="CN003")
            entry = self._call(call, name, source, context)
            if entry is not None:
                scope_names[name] = entry
                source = entry.ref
        return source

    def _enter(self, stack: Stack, context: Context) -> None:
        """Counts the stacks and layers that are walked through, whether or not they make layers."""
        self._steps += 1 + len(stack.calls)
        span = context.site or stack.span
        if self._steps > MOST_STEPS:
            message = f"unrolling takes more than {MOST_STEPS:,} steps"
            self.values.stop(span, context.path, message, f"at most {MOST_STEPS:,}", "more", "use fewer repeats")
        if context.depth > DEEPEST:
            message = f"blocks and branches are nested deeper than {DEEPEST} levels"
            self.values.stop(span, context.path, message, f"at most {DEEPEST}", "more", "use repeat")

    def _turns(self, stack: Stack, context: Context) -> list[tuple[Call, str, bool]]:
        """Each call with its name (its own, else its kind and number within the stack), and whether it is `_alone`."""
        turns = self._known_turns.get(id(stack))
        if turns is not None:
            return turns
        taken: set[str] = set()
        for call in stack.calls:
            if call.name is None:
                continue
            if call.name in taken:
                span, path = call.spans.get("name", call.span), context.join(call.name)
                message = f"the name {call.name} is used twice in one stack"
                self.values.stop(span, path, message, remedy="choose another name", code="CN003")
            taken.add(call.name)
        turns = [(call, name, _alone(call)) for call, name in zip(stack.calls, stack_names(stack), strict=True)]
        self._known_turns[id(stack)] = turns
        return turns

    # -- calls -----------------------------------------------------------------------------------------------------

    def _call(self, call: Call, name: str, source: Ref | None, context: Context) -> Entry | None:
        path = f"{context.path}.{name}" if context.path else name
        span = context.site or call.span
        sources: tuple[Ref, ...] = ()
        if call.sources:
            where = context.site or call.spans.get("from", call.span)
            sources = tuple([self.find(one, context, where, path).ref for one in call.sources])
        if call.flagged:
            context = self._flags(call, path, span, context)
        shared = None
        if call.share is not None:
            shared = self._partner(call, path, context)
        elif context.shared is not None:
            shared = context.shared.names.get(name)
        start = len(self.builder.nodes)
        if call.repeat is None:
            entry: Entry | None = self._once(call, name, path, sources, source, context, shared)
        else:
            entry = self._repeated(call, name, path, sources, source, context, shared)
        if call.expect and entry is not None:
            self._claims(call, path, entry, start, sources[0] if sources else source, context)
        return entry

    def _partner(self, call: Call, path: str, context: Context) -> Entry:
        """The earlier layer or structure whose weights a call shares."""
        span = context.site or call.spans.get("share", call.span)
        assert call.share is not None
        entry = self.find(call.share, context, span, path)
        if entry.kind != call.kind:
            message = f"it cannot share the weights of {call.share}, which is no {call.kind}"
            remedy = f"name an earlier {call.kind}"
            self.values.stop(span, path, message, f"the name of a {call.kind}", f"a {entry.kind}", remedy, "CN003")
        return entry

    def _flags(self, call: Call, path: str, span: Span, context: Context) -> Context:
        def truth(what: str, default: bool) -> bool:
            where = context.site or call.spans.get(what, span)
            return self.values.truth(getattr(call, what), what, context.environment, where, path, default)

        return context._replace(
            trainable=truth("trainable", True) and context.trainable,
            train_only=truth("train_only", False) or context.train_only,
            inplace=truth("inplace", context.inplace),
        )

    def _claims(self, call: Call, path: str, entry: Entry, start: int, source: Ref | None, context: Context) -> None:
        rows: range | tuple[int, ...] = range(start, len(self.builder.nodes))
        layer = None
        if call.kind in KINDS:
            repeats = entry.repeats if entry.repeats is not None else [entry]
            rows = tuple([one.node for one in repeats if one.node is not None])
            layer = self.builder.nodes[rows[0]].layer
        self.builder.claim(path, call.expect, rows, entry.ref, source, layer, context)

    def _repeated(
        self,
        call: Call,
        name: str,
        path: str,
        sources: tuple[Ref, ...],
        source: Ref | None,
        context: Context,
        shared: Entry | None,
    ) -> Entry | None:
        span = context.site or call.spans.get("repeat", call.span)
        count = self.values.count(call.repeat, "repeat", context.environment, span, path, MOST_LAYERS)
        if count == 0:
            return None
        builder = self.builder
        place = builder.open(path, name, call.kind, context.depth, count=count)
        deeper = context._replace(depth=context.depth + 1)
        repeats: list[Entry] = []
        for index in range(count):
            label, where = f"{name}[{index}]", f"{path}[{index}]"
            inner = builder.open(where, label, call.kind, deeper.depth, index)
            partner = shared.repeats[index] if shared and shared.repeats and index < len(shared.repeats) else shared
            entry = self._once(call, label, where, sources, source, deeper, partner, grouped=True)
            builder.close(inner)
            repeats.append(entry)
            sources, source = (), entry.ref
        builder.close(place)
        last = repeats[-1]
        return Entry(last.ref, call.kind, last.node, last.scope, repeats)

    def _once(
        self,
        call: Call,
        name: str,
        path: str,
        sources: tuple[Ref, ...],
        source: Ref | None,
        context: Context,
        shared: Entry | None,
        grouped: bool = False,
    ) -> Entry:
        """One repeat of a call."""
        start = len(self.builder.nodes)
        entry = self._structure(call, name, path, sources, source, context, shared, grouped)
        if call.flagged:
            self._flagged(call, path, start, context)
        return entry

    def _flagged(self, call: Call, path: str, start: int, context: Context) -> None:
        """Notes a checkpoint; what was asked to overwrite its input must be able to."""
        where = context.site or call.spans.get("checkpoint", call.span)
        if self.values.truth(call.checkpoint, "checkpoint", context.environment, where, path, False):
            self.builder.checkpoint(path, start)
        nodes = self.builder.nodes[start:]
        if call.inplace is None or not context.inplace or any(node.inplace for node in nodes):
            return
        where = context.site or call.spans.get("inplace", call.span)
        message = (
            f"{call.kind} cannot overwrite its input" if call.kind in KINDS else "nothing in it can overwrite its input"
        )
        able = ", ".join(kind for kind in KINDS if layer_class(kind).overwrites)
        self.values.stop(where, path, message, f"inplace on one of {able}", call.kind, "remove inplace: true")

    def _structure(
        self,
        call: Call,
        name: str,
        path: str,
        sources: tuple[Ref, ...],
        source: Ref | None,
        context: Context,
        shared: Entry | None,
        grouped: bool = False,
    ) -> Entry:
        kind = call.kind
        if kind in MERGES:
            if "branches" not in call.fields:
                return self._layer(call, name, path, sources, context, shared)
            # with several inputs the branches may each name their own
            before = None if source is None and not sources else self._single(call, path, sources, source, context)
            return merge(self, call, name, path, before, context, grouped, shared)
        incoming = self._single(call, path, sources, source, context)
        if kind == "stack":
            return stack_in_place(self, call, name, path, incoming, context, grouped, shared)
        if kind == "highway":
            return highway(self, call, name, path, incoming, context, grouped, shared)
        if kind in KINDS:
            inputs = self._also_reads(call, incoming, context, path) if "like" in call.fields else (incoming,)
            return self._layer(call, name, path, inputs, context, shared)
        return block(self, call, name, path, incoming, context, grouped, shared)

    def _single(self, call: Call, path: str, sources: tuple[Ref, ...], source: Ref | None, context: Context) -> Ref:
        if len(sources) == 1:
            return sources[0]
        where = context.site or call.spans.get("from", call.span)
        if sources:
            message, remedy = f"{call.kind} takes one input", "join them first: concat: {from: [a, b]}"
            self.values.stop(where, path, message, "one name", f"{len(sources)} names", remedy, "CN003")
        if source is None:
            names, remedy = ", ".join(self.builder.inputs), "with several inputs the first layer names its own: from"
            message = "it does not say which input it reads"
            self.values.stop(where, path, message, f"from: one of {names}", "nothing", remedy, "CN003")
        return source

    def _also_reads(self, call: Call, incoming: Ref, context: Context, path: str) -> tuple[Ref, ...]:
        """The inputs of a crop: the map before, and the one that `like` names."""
        like = call.fields["like"]
        if not isinstance(like, str):
            return (incoming,)
        return (incoming, self.find(like, context, context.site or call.spans.get("like", call.span), path).ref)

    def find(self, name: str, context: Context, span: Span, path: str) -> Entry:
        """The earlier layer of that name, or that a parameter of that name names."""
        parameter = context.environment.get(name)
        wanted = parameter if isinstance(parameter, str) else name
        entry = context.scope.find(wanted)
        if entry is None:
            message, remedy = f"there is no layer {wanted} before this one", did_you_mean(wanted, context.scope.known())
            self.values.stop(span, path, message, "the name of an earlier layer", wanted, remedy, "CN003")
        return entry

    # -- layers ----------------------------------------------------------------------------------------------------

    def _layer(
        self, call: Call, name: str, path: str, inputs: tuple[Ref, ...], context: Context, shared: Entry | None
    ) -> Entry:
        layer = self.values.layer(call.kind, call, context.environment, path)
        if not layer.modelled:
            self.values.notes[f"{path} is opaque: taken as measured, its FLOPs count its MACs alone"] = None
        partner = None if shared is None else shared.node
        node = self.builder.node(call.kind, call, name, path, layer, inputs, context, partner)
        if call.kind in SHORTHAND and call.fields.get("activation") is not None:
            return self._activated(call, node, context, shared)
        return Entry(node.index, call.kind, node.index)

    def _activated(self, call: Call, node: Node, context: Context, shared: Entry | None) -> Entry:
        span = context.site or call.spans.get("activation", call.span)
        kind, layer = self._activation(call, node.path, span, context)
        partner = shared.scope.names.get(kind) if shared is not None and shared.scope is not None else None
        row = self.builder.node(
            kind,
            call,
            kind,
            f"{node.path}.{kind}",
            layer,
            (node.index,),
            context,
            None if partner is None else partner.node,
            node.index,
            span,
        )
        scope = Scope()
        scope.names[kind] = Entry(row.index, kind, row.index)
        return Entry(row.index, call.kind, node.index, scope)

    def _activation(self, call: Call, path: str, span: Span, context: Context) -> tuple[str, Layer]:
        value = self.values.resolve(call.fields["activation"], context.environment, span, path)
        given: Any = None
        if isinstance(value, dict) and len(value) == 1:
            value, given = next(iter(value.items()))
        if not isinstance(value, str) or value not in ACTIVATIONS:
            remedy = did_you_mean(value, ACTIVATIONS) if isinstance(value, str) else ""
            message, expected = f"unknown activation {describe(value)}", "the name of an activation kind"
            self.values.stop(span, path, message, expected, describe(value), remedy or "write activation: relu")
        fields = given if isinstance(given, dict) else {}
        short = layer_class(value).short
        if given is not None and not isinstance(given, dict):
            if short is None:
                remedy = f"write activation: {value}"
                self.values.stop(span, path, f"{value} has no short form", "a word", describe(given), remedy)
            fields = {short: given}
        return value, self.values.activation(value, fields, call, path, span)


def _alone(call: Call) -> bool:
    """Whether a call is a layer that reads the one before it, of which nothing is said but its own fields."""
    if call.kind not in KINDS or call.kind in MERGES or call.kind == "highway" or "like" in call.fields:
        return False
    unsaid = call.condition is None and call.repeat is None and call.share is None and not call.flagged
    return unsaid and not call.sources and not call.expect
