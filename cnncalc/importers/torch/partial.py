"""What the language cannot say, kept as opaque layers: the smallest submodule around it that reads one map and gives one."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from cnncalc.core.shapes import Shape
from cnncalc.importers.sketch import Scope
from cnncalc.importers.torch.trace import BATCH, Traced


class Region(NamedTuple):
    """Operations that are taken as one, by what goes in and what comes out."""

    scope: tuple[Scope, ...]
    nodes: frozenset[Any]
    source: Any
    """The operation or placeholder whose map it reads."""
    result: Any
    """Its operation that others read."""
    tensors: tuple[Any, ...]
    """The placeholders of its parameters and buffers."""
    why: str


def regions(
    traced: Traced, scope_of: Callable[[Any], tuple[Scope, ...]], refused: dict[Any, str]
) -> dict[Any, Region] | None:
    """The regions around refused operations, by each of their operations; None where there is no region to be found."""
    scopes = {node: scope_of(node) for node in traced.graph.nodes if node.op == "call_function"}
    wanted = {scopes[node]: why for node, why in refused.items()}
    while True:
        outermost = {
            scope: why
            for scope, why in wanted.items()
            if not any(scope != other and scope[: len(other)] == other for other in wanted)
        }
        found, larger = [], {}
        for scope, why in outermost.items():
            region = _region(traced, scopes, scope, why)
            if region is not None:
                found.append(region)
            elif not scope:
                return None
            else:
                larger[scope] = why
        if not larger:
            return {node: region for region in found for node in region.nodes}
        # what reads two maps, or gives two, is taken with what is around it
        wanted = {scope[:-1] if scope in larger else scope: why for scope, why in outermost.items()}


def _region(traced: Traced, scopes: dict[Any, tuple[Scope, ...]], scope: tuple[Scope, ...], why: str) -> Region | None:
    if not scope:
        return None
    nodes = frozenset(node for node, own in scopes.items() if own[: len(scope)] == scope)
    read = _ordered(one for node in nodes for one in node.all_input_nodes if one not in nodes)
    tensors = tuple(one for one in read if one.op == "placeholder" and one.name in traced.tensors)
    maps = [one for one in read if one.op == "call_function" or one.name in traced.inputs]
    results = [node for node in nodes if any(user not in nodes for user in node.users)]
    if len(maps) != 1 or len(results) != 1 or _image(maps[0]) is None or _image(results[0]) is None:
        return None
    return Region(scope, nodes, maps[0], results[0], tensors, why)


def _ordered(nodes: Iterable[Any]) -> list[Any]:
    return list(dict.fromkeys(nodes))


def _image(node: Any) -> Shape | None:
    """The sizes of one image of a batch; None for anything else."""
    shape = getattr(node.meta.get("val"), "shape", None)
    if shape is None or not 2 <= len(shape) <= 5 or int(shape[0]) != BATCH:
        return None
    return tuple(int(size) for size in shape[1:])
