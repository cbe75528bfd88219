"""Calls that are more than one layer: branches and their merge, stacks in place, highways, blocks."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from cnncalc.graph.context import Context
from cnncalc.graph.model import Ref
from cnncalc.graph.scope import Entry, Scope
from cnncalc.graph.values import Closure
from cnncalc.layers import ACTIVATIONS, SHORTHAND
from cnncalc.layers.fields import describe
from cnncalc.spec.model import Block, Call, Stack

if TYPE_CHECKING:
    from cnncalc.graph.expand import Unroller


def merge(
    unroll: Unroller,
    call: Call,
    name: str,
    path: str,
    source: Ref | None,
    context: Context,
    grouped: bool,
    shared: Entry | None,
) -> Entry:
    """Branches side by side from one source, then the layer that joins them."""
    builder = unroll.builder
    depth = context.depth if grouped else context.depth + 1
    place = None if grouped else builder.open(path, name, call.kind, context.depth)
    scope = Scope(context.scope)
    context = context._replace(shared=None if shared is None else shared.scope, depth=depth)
    refs = []
    for number, value in enumerate(call.fields["branches"], start=1):
        stack, inner = _layers(unroll, value, "branches", call, path, context)
        refs.append(_branch(unroll, f"branch{number}", stack, source, path, scope, inner))
    layer = unroll.values.layer(call.kind, call, context.environment, path)
    node = builder.node(call.kind, call, name, path, layer, tuple(refs), context)
    if place is not None:
        builder.close(place)
    return Entry(node.index, call.kind, node.index, scope)


def highway(
    unroll: Unroller,
    call: Call,
    name: str,
    path: str,
    source: Ref,
    context: Context,
    grouped: bool,
    shared: Entry | None,
) -> Entry:
    """Transform and gate side by side from one source, then the layer that mixes them with the source."""
    builder = unroll.builder
    depth = context.depth if grouped else context.depth + 1
    place = None if grouped else builder.open(path, name, call.kind, context.depth)
    scope = Scope(context.scope)
    context = context._replace(shared=None if shared is None else shared.scope)
    stack, inner = _layers(unroll, call.fields["layers"], "layers", call, path, context)
    gate = call.fields.get("gate")
    gated, gate_context = (
        (_gate_of(unroll, stack), inner) if gate is None else _layers(unroll, gate, "gate", call, path, context)
    )
    refs = (
        _branch(unroll, "transform", stack, source, path, scope, inner._replace(depth=depth)),
        _branch(unroll, "gate", gated, source, path, scope, gate_context._replace(depth=depth)),
        source,
    )
    layer = unroll.values.layer("highway", call, context.environment, path)
    node = builder.node("highway", call, name, path, layer, refs, context)
    if place is not None:
        builder.close(place)
    return Entry(node.index, call.kind, node.index, scope)


def stack_in_place(
    unroll: Unroller,
    call: Call,
    name: str,
    path: str,
    source: Ref,
    context: Context,
    grouped: bool,
    shared: Entry | None,
) -> Entry:
    """A list of layers under one name."""
    stack, inner = _layers(unroll, call.fields["layers"], "layers", call, path, context)
    return _inside(unroll, call, name, path, stack, source, inner, grouped, shared)


def block(
    unroll: Unroller,
    call: Call,
    name: str,
    path: str,
    source: Ref,
    context: Context,
    grouped: bool,
    shared: Entry | None,
) -> Entry:
    """A block's layers with the call's arguments. Raises SpecError for recursion and missing arguments."""
    own = unroll.spec.blocks.get(call.kind)
    definition = own or unroll.find_block(call.kind)
    assert definition is not None
    span = context.site or call.span
    if definition.name in context.active:
        chain = " -> ".join((*context.active, definition.name))
        message = f"the block {definition.name} uses itself"
        unroll.values.stop(span, path, message, "blocks without recursion", chain, "use repeat")
    inner = context._replace(
        environment=_arguments(unroll, definition, call, path, source, context, own is not None),
        active=(*context.active, definition.name),
        site=context.site if own is not None else span,
    )
    return _inside(unroll, call, name, path, definition.layers, source, inner, grouped, shared)


def _inside(
    unroll: Unroller,
    call: Call,
    name: str,
    path: str,
    stack: Stack,
    source: Ref,
    context: Context,
    grouped: bool,
    shared: Entry | None,
) -> Entry:
    builder = unroll.builder
    place = None if grouped else builder.open(path, name, call.kind, context.depth)
    scope = Scope(context.scope)
    partner = None if shared is None else shared.scope
    inner = context._replace(path=path, scope=scope, depth=context.depth + 1, shared=partner)
    result = unroll.stack(stack, source, inner)
    if place is not None:
        builder.close(place)
    return Entry(source if result is None else result, call.kind, None, scope)


def _branch(
    unroll: Unroller, label: str, stack: Stack, source: Ref | None, path: str, scope: Scope, context: Context
) -> Ref:
    """One branch under its label; an empty one is the identity."""
    where = f"{path}.{label}"
    shared = context.shared.names.get(label) if context.shared is not None else None
    inner = context._replace(
        path=where,
        scope=Scope(scope),
        depth=context.depth + 1,
        shared=None if shared is None else shared.scope,
    )
    place = unroll.builder.open(where, label, "branch", context.depth)
    result = unroll.stack(stack, source, inner)
    unroll.builder.close(place)
    if result is None:
        message, remedy = "it does not say which input it reads", "name one: identity: {from: left}"
        unroll.values.stop(context.site or stack.span, where, message, "from", "nothing", remedy, "CN003")
    ref = result
    scope.names[label] = Entry(ref, "branch", scope=inner.scope)
    return ref


def _layers(unroll: Unroller, value: Any, field: str, call: Call, path: str, context: Context) -> tuple[Stack, Context]:
    """A nested list of layers, written in place or passed as a parameter, with the context that it was written in."""
    if isinstance(value, Stack):
        return value, context
    span = context.site or call.spans.get(field, call.span)
    resolved = unroll.values.resolve(value, context.environment, span, path)
    if isinstance(resolved, Closure):
        return resolved.stack, context._replace(environment=resolved.environment)
    if resolved is None or resolved == ():
        return Stack(()), context
    message = f"{describe(value)} is not a list of layers"
    unroll.values.stop(span, path, message, "a list of layers", describe(resolved), "write [] for none")


def _arguments(
    unroll: Unroller, definition: Block, call: Call, path: str, source: Ref, context: Context, own: bool
) -> dict[str, Any]:
    """The environment inside a block: variables (for the spec's own blocks), parameters, in_channels."""
    environment: dict[str, Any] = dict(unroll.globals) if own else {}
    channels = unroll.builder.channels(source)
    if channels is None:
        # after a fault: a symbol keeps everything below computable, and its shapes are unknown anyway
        from cnncalc.core.symbolic import symbol

        channels = symbol("in_channels")
    environment["in_channels"] = channels
    for name, default in definition.parameters.items():
        if name in call.fields:
            span = context.site or call.spans.get(name, call.span)
            environment[name] = unroll.values.resolve(call.fields[name], context.environment, span, path)
        elif default is None:
            message, remedy = f"the block {definition.name} needs {name}", f"write {definition.name}: {{{name}: ...}}"
            unroll.values.stop(context.site or call.span, path, message, name, "nothing", remedy)
        else:
            span = context.site or (definition.spans.get(name, definition.span) if own else call.span)
            environment[name] = unroll.values.resolve(default, environment, span, path)
    return environment


def _gate_of(unroll: Unroller, transform: Stack) -> Stack:
    """The default gate of a transform, made once: the caches know stacks and calls by identity, so it must stay."""
    known = unroll.gates.get(id(transform))
    if known is None:
        known = unroll.gates[id(transform)] = _default_gate(transform)
    return known


def _default_gate(transform: Stack) -> Stack:
    """The transform with its last activation replaced by a sigmoid."""
    if not transform.calls:
        return Stack((Call("sigmoid", {}, span=transform.span),))
    *rest, last = transform.calls
    if last.kind in ACTIVATIONS:
        last = replace(last, kind="sigmoid", fields={}, name=None, expect=(), inplace=None)
    elif last.kind in SHORTHAND:
        last = replace(last, fields={**last.fields, "activation": "sigmoid"}, expect=(), inplace=None)
    else:
        rest, last = list(transform.calls), Call("sigmoid", {}, span=last.span)
    # what the transform claims and names is said of the transform, not of its copy
    return Stack((*(replace(call, expect=()) for call in rest), last), transform.span)
