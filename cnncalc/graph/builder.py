"""The growing graph: nodes with their shapes, groups, claims, faults and assumptions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from cnncalc.core.diagnostic import Diagnostic
from cnncalc.core.dims import Condition, Dim
from cnncalc.core.shapes import Shape, shape_text
from cnncalc.core.source import Span
from cnncalc.graph.context import Context
from cnncalc.graph.model import Checkpoint, ClaimSite, Graph, Group, Node, Ref
from cnncalc.graph.shape import Shapes, likely_channels
from cnncalc.graph.values import Values
from cnncalc.layers.base import Layer, Unmet
from cnncalc.spec.model import Call, Claim, Spec

MOST_LAYERS = 100_000
"""A network may not unroll to more layers, nor a call be repeated more often."""


class Builder:
    """Collects what a spec unrolls to."""

    def __init__(self, spec: Spec, values: Values, inputs: dict[str, Shape]) -> None:
        self.spec = spec
        self.values = values
        self.inputs = inputs
        self.nodes: list[Node] = []
        self.checkpoints: list[Checkpoint] = []
        self._groups: list[tuple[str, str, str, int, int, int | None, int]] = []
        self._stops: list[int] = []
        self.sites: list[ClaimSite] = []
        self.faults: list[Diagnostic] = []
        self.conditions: dict[str, Condition] = {}
        self._shapes = Shapes()
        self._input_names = list(inputs)
        self._input_shapes = list(inputs.values())

    def graph(self, result: Ref | None, environment: dict[str, Any]) -> Graph:
        """The finished graph. Raises SpecError where prediction would need what exists only in training."""
        self._check_train_only()
        return Graph(
            spec=self.spec,
            inputs=self.inputs,
            nodes=tuple(self.nodes),
            groups=tuple(self._finished_groups()),
            sites=tuple(self.sites),
            faults=tuple(self.faults),
            conditions=tuple(self.conditions.values()),
            notes=tuple(self.values.notes),
            result=-1 if result is None else result,
            environment=environment,
            checkpoints=tuple(self.checkpoints),
        )

    # -- what an output is -----------------------------------------------------------------------------------------

    def shape(self, ref: Ref) -> Shape | None:
        """The shape of an output; None when it is unknown."""
        return self.nodes[ref].output if ref >= 0 else self._input_shapes[-1 - ref]

    def channels(self, ref: Ref) -> Dim | None:
        """The channel count of an output, or the likely one after a fault."""
        return self.nodes[ref].channels if ref >= 0 else self._input_shapes[-1 - ref][0]

    def path(self, ref: Ref) -> str:
        """The path of an output's layer."""
        return self.nodes[ref].path if ref >= 0 else self._input_names[-1 - ref]

    # -- groups and claims -----------------------------------------------------------------------------------------

    def open(self, path: str, name: str, kind: str, depth: int, repeat: int | None = None, count: int = 1) -> int:
        """Begins a group at the next node; gives its place for `close`."""
        self._groups.append((path, name, kind, len(self.nodes), depth, repeat, count))
        self._stops.append(0)
        return len(self._stops) - 1

    def close(self, place: int) -> None:
        """Ends a group after the last node."""
        self._stops[place] = len(self.nodes)

    def _finished_groups(self) -> Iterator[Group]:
        for (path, name, kind, start, depth, repeat, count), stop in zip(self._groups, self._stops, strict=True):
            yield Group(path, name, kind, start, stop, depth, repeat, count)

    def checkpoint(self, path: str, start: int) -> None:
        """Notes that what was added since `start` is computed again in training."""
        if start < len(self.nodes):
            self.checkpoints.append(Checkpoint(path, start, len(self.nodes)))

    def claim(
        self,
        path: str,
        claims: Iterable[Claim],
        rows: range | tuple[int, ...],
        result: Ref | None,
        source: Ref | None,
        layer: Layer | None,
        context: Context,
    ) -> None:
        """Notes claims about some rows, their last output and their first input."""
        for claim in claims:
            stated = claim.stated
            if isinstance(stated, str | tuple):
                stated = self.values.resolve(stated, context.environment, context.site or claim.span, path)
            if context.site is not None:
                claim = replace(claim, span=context.site)
            self.sites.append(ClaimSite(path, claim, rows, result, source, layer, stated))

    # -- nodes -----------------------------------------------------------------------------------------------------

    def node(
        self,
        kind: str,
        call: Call,
        name: str,
        path: str,
        layer: Layer,
        inputs: tuple[Ref, ...],
        context: Context,
        share: int | None = None,
        activation_of: int | None = None,
        span: Span | None = None,
    ) -> Node:
        """Adds a layer; a shape error becomes a fault and leaves the output unknown."""
        nodes = self.nodes
        span = context.site or span or call.span
        if len(nodes) >= MOST_LAYERS:
            message = f"the network unrolls to more than {MOST_LAYERS:,} layers"
            self.values.stop(span, path, message, f"at most {MOST_LAYERS:,} layers", "more", "use fewer repeats")
        shapes = tuple([nodes[ref].output if ref >= 0 else self._input_shapes[-1 - ref] for ref in inputs])
        output: Shape | None = None
        alike = -1
        if None not in shapes:
            output, fault, conditions, alike = self._shapes.infer(layer, shapes)  # type: ignore[arg-type]
            for condition in conditions:
                self.conditions.setdefault(str(condition), condition)
            if fault is not None:
                self.faults.append(self._fault(fault, path, inputs, span))
        if output is not None:
            channels: Dim | None = output[0]
        else:
            channels = likely_channels(layer, tuple([self.channels(ref) for ref in inputs]))
        node = Node(
            len(nodes),
            name,
            path,
            kind,
            layer,
            inputs,
            output,
            channels,
            call,
            span,
            context.trainable,
            context.train_only,
            share,
            activation_of,
            context.inplace and layer.overwrites != "",
            alike,
        )
        nodes.append(node)
        if share is not None:
            self._check_share(node, nodes[share])
        return node

    def _fault(self, fault: Unmet, path: str, inputs: tuple[Ref, ...], span: Span) -> Diagnostic:
        message = fault.message
        if fault.code == "CN002":
            message += f" (inputs: {', '.join(self.path(ref) for ref in inputs)})"
        return Diagnostic(message, fault.code, path, fault.expected, fault.received, fault.remedy, span, self.spec.file)

    def _check_share(self, node: Node, other: Node) -> None:
        mine, theirs = (tuple(self.shape(ref) for ref in one.inputs) for one in (node, other))
        if node.output is None or other.output is None:
            return
        own, shared = node.layer.weights(*mine), other.layer.weights(*theirs)  # type: ignore[arg-type]
        if node.kind != other.kind or own != shared:
            self.faults.append(
                Diagnostic(
                    f"cannot share the weights of {other.path}: they have other shapes",
                    "CN001",
                    node.path,
                    _weights_text(other.kind, shared),
                    _weights_text(node.kind, own),
                    "give both the same kind and fields, and inputs with equal channels",
                    node.span,
                    self.spec.file,
                )
            )

    def _check_train_only(self) -> None:
        for node in self.nodes:
            if node.train_only:
                continue
            for ref in node.inputs:
                if ref >= 0 and self.nodes[ref].train_only:
                    self.values.stop(
                        node.span,
                        node.path,
                        f"it reads {self.nodes[ref].path}, which exists only in training",
                        remedy="mark it train_only as well, or take its input from a layer that stays",
                        code="CN003",
                    )


def _weights_text(kind: str, weights: tuple[Any, ...]) -> str:
    return f"{kind} with " + (", ".join(f"{one.name} {shape_text(one.shape)}" for one in weights) or "no weights")
