"""From a path to the text: which written calls lead to a layer, and where the caret of a finding points."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from cnncalc.core.source import NOWHERE, Span
from cnncalc.graph.names import stack_names
from cnncalc.lint.finding import Finding
from cnncalc.lint.network import Network
from cnncalc.spec.model import Call, Spec, Stack

_REPEATS = re.compile(r"(\[[0-9]+\])+$")
_BRANCH = re.compile(r"branch([1-9][0-9]*)")


class Step(NamedTuple):
    """A written thing on the way to a layer: a call, a head or a block's definition (then without a call)."""

    span: Span
    call: Call | None = None


def chain(spec: Spec, path: str) -> tuple[Step, ...]:
    """What leads to a path in this spec's text, the outermost first; it ends where a shipped block begins."""
    return tuple(_steps(spec, path))


def _steps(spec: Spec, path: str) -> Iterator[Step]:
    parts = [_REPEATS.sub("", part) for part in path.split(".")] if path else []
    stack: Stack | None = spec.layers
    if parts and parts[0] in spec.heads:
        head = spec.heads[parts.pop(0)]
        stack = head.layers
        yield Step(head.span)
    while parts and stack is not None:
        call = dict(zip(stack_names(stack), stack.calls, strict=True)).get(parts.pop(0))
        if call is None:
            return
        yield Step(call.span, call)
        block = spec.blocks.get(call.kind)
        if block is not None:
            yield Step(block.span)
            stack = block.layers
        else:
            stack = _inner(call, parts)


def _inner(call: Call, parts: list[str]) -> Stack | None:
    """The stack inside a stack, merge or highway that the next part leads into."""
    inside: Any = call.fields.get("layers")
    match = _BRANCH.fullmatch(parts[0]) if parts else None
    if match and "branches" in call.fields:
        branches = call.fields["branches"]
        number = int(match.group(1))
        inside = branches[number - 1] if number <= len(branches) else None
        parts.pop(0)
    elif call.kind == "highway" and parts and parts[0] in ("transform", "gate"):
        inside = call.fields.get("layers" if parts.pop(0) == "transform" else "gate")
    return inside if isinstance(inside, Stack) else None


def locate(finding: Finding, network: Network) -> Span:
    """Where a finding's caret points: its own span, the named field, the layer's kind, a section of the spec."""
    if finding.span is not None:
        return finding.span
    node = network.by_path.get(finding.path)
    if node is not None:
        if not network.written(node):
            return node.span
        place = node.call.spans.get(finding.field or "")
        return place or node.span
    if not finding.path:
        spans = network.spec.spans
        section = (finding.field or "").partition(".")[0]
        return spans.get(finding.field or "") or spans.get(section) or Span(1, 1, 1, 1)
    steps = chain(network.spec, finding.path)
    if not steps:
        return NOWHERE
    last = [step for step in steps if step.call is not None] or list(steps)
    call = last[-1].call
    return (call.spans.get(finding.field or "") if call is not None else None) or last[-1].span
