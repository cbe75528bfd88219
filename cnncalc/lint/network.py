"""What rules read: the spec, its graph and its figures, and the questions about neighbours that several rules ask.

Everything here is looked up or follows the wires; figures come from the Analysis.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from cnncalc.analysis.result import Analysis, Row
from cnncalc.core.shapes import Shape
from cnncalc.graph.model import Graph, Group, Node
from cnncalc.layers import ACTIVATIONS
from cnncalc.lint.finding import NOTHING
from cnncalc.spec.model import Call, Spec, Stack, Train

if TYPE_CHECKING:
    from cnncalc.analysis.borders import Unread
    from cnncalc.layers.window import Axis
    from cnncalc.lint.edits import Editor


class Facts(NamedTuple):
    """What the configuration says of a spec, beside what the spec says itself."""

    budget: Mapping[str, Any] = NOTHING
    """`[tool.cnncalc.budget]`: quantities by figure, as in a spec's `budget`."""
    locked: Mapping[str, Any] | None = None
    """The spec's entry in the lock file: {"totals": {figure: number}, "layers": {path: {figure: number}}}."""
    lock_file: str = ""
    target: Mapping[str, Any] = NOTHING
    """`[tool.cnncalc.target]`, as in a spec's `target`."""


class Network:
    """One spec under review."""

    def __init__(self, spec: Spec, graph: Graph, analysis: Analysis, facts: Facts | None = None) -> None:
        self.spec = spec
        self.graph = graph
        self.analysis = analysis
        """One image, float32; see `training` for the batch that the spec trains with. What PyTorch holds stands in it
        only where the spec or the configuration speaks of it, because that takes as long as everything else."""
        self.facts = facts or Facts()

    # -- layers and their neighbours -------------------------------------------------------------------------------

    @property
    def nodes(self) -> tuple[Node, ...]:
        """Every layer of the unrolled network, in execution order."""
        return self.graph.nodes

    def row(self, node: Node) -> Row:
        """The figures of a layer."""
        return self.analysis.rows[node.index]

    def inputs(self, node: Node) -> tuple[Shape | None, ...]:
        """The shapes that a layer reads; None where unknown."""
        return tuple(self.graph.shape(ref) for ref in node.inputs)

    def before(self, node: Node) -> tuple[Node, ...]:
        """The layers whose outputs it reads (a network's inputs are no layers)."""
        return tuple(self.nodes[ref] for ref in node.inputs if ref >= 0)

    def after(self, node: Node) -> tuple[Node, ...]:
        """The layers that read its output, train-only heads included."""
        return tuple(self.nodes[index] for index in self.consumers[node.index])

    def next(self, node: Node) -> Node | None:
        """Its consumer when there is exactly one, else None."""
        after = self.consumers[node.index]
        return self.nodes[after[0]] if len(after) == 1 else None

    @cached_property
    def consumers(self) -> tuple[tuple[int, ...], ...]:
        """Per layer the indices of the layers that read it."""
        readers: list[list[int]] = [[] for _ in self.nodes]
        for node in self.nodes:
            for ref in dict.fromkeys(node.inputs):
                if ref >= 0:
                    readers[ref].append(node.index)
        return tuple(map(tuple, readers))

    @cached_property
    def outputs(self) -> tuple[Node, ...]:
        """The network's outputs: the trunk's last layer and what nobody reads."""
        result = self.graph.result
        return tuple(node for node in self.nodes if node.index == result or not self.consumers[node.index])

    @cached_property
    def trunk(self) -> tuple[Node, ...]:
        """The main path, from the first layer to the trunk's output: at a merge, the branch with the most weights."""
        depth: list[int] = []
        for node in self.nodes:
            own = int(node.layer.weighted)
            depth.append(own + max((depth[ref] for ref in node.inputs if ref >= 0), default=0))
        path: list[Node] = []
        at = self.graph.result
        while at >= 0:
            node = self.nodes[at]
            path.append(node)
            at = max(node.inputs, key=lambda ref: depth[ref] if ref >= 0 else -1, default=-1)
        return tuple(reversed(path))

    def is_activation(self, node: Node) -> bool:
        """Whether it is an activation (softmax counts as one)."""
        return node.kind in ACTIVATIONS

    def group(self, path: str) -> Group | None:
        """The group of that path."""
        return self._groups.get(path)

    @cached_property
    def _groups(self) -> dict[str, Group]:
        return {group.path: group for group in self.graph.groups}

    @cached_property
    def by_path(self) -> dict[str, Node]:
        """Layers by path."""
        return {node.path: node for node in self.nodes}

    @cached_property
    def windows(self) -> tuple[tuple[Axis, ...], ...]:
        """Per layer the axes of its window, where it is a convolution or pooling on sizes in numbers; else none."""
        from cnncalc.analysis.borders import numeric_axes

        return tuple(numeric_axes(node, self.graph) for node in self.nodes)

    @cached_property
    def unread(self) -> tuple[tuple[Unread, ...], ...]:
        """Per layer what its window leaves unread, axis by axis."""
        from cnncalc.analysis.borders import unread

        return tuple(unread(node.layer, axes) for node, axes in zip(self.nodes, self.windows, strict=True))

    # -- what is written -------------------------------------------------------------------------------------------

    def written(self, node: Node) -> bool:
        """Whether the layer stands in this spec's own text (not in a shipped block): only then it can be edited."""
        return id(node.call) in self._own_calls

    @cached_property
    def _own_calls(self) -> frozenset[int]:
        return frozenset(id(call) for call in written_calls(self.spec))

    @cached_property
    def edit(self) -> Editor:
        """How fixes are written: `network.edit.remove(node.call)`. Gives no edits where the text cannot be edited."""
        from cnncalc.lint.edits import Editor

        return Editor("" if self.spec.file == "<inline>" else self.spec.text)

    # -- figures under the spec's own training conditions ----------------------------------------------------------

    @cached_property
    def training(self) -> Analysis:
        """All figures at the spec's `train.batch`, `train.dtype` and `train.optimizer`, with what PyTorch holds."""
        from cnncalc.analysis.analyze import analyze_graph

        train = self.spec.train or Train()
        return analyze_graph(self.graph, train.batch or 1, train.dtype or "float32", train.optimizer or "sgd")

    @property
    def budget(self) -> dict[str, Any]:
        """Limits by figure: the configuration's, and over them the spec's own."""
        return {**self.facts.budget, **self.spec.budget}

    @property
    def target(self) -> dict[str, Any]:
        """The target device's facts: the configuration's, and over them the spec's own."""
        return {**self.facts.target, **self.spec.target}


def written_calls(spec: Spec) -> Iterator[Call]:
    """Every call in a spec's text: layers, heads and block definitions, nested ones included."""
    pending: list[Any] = [spec.layers, *(head.layers for head in spec.heads.values())]
    for block in spec.blocks.values():
        pending += [block.layers, *block.parameters.values()]
    while pending:
        item = pending.pop()
        if isinstance(item, Stack):
            for call in item.calls:
                yield call
                pending += call.fields.values()
        elif isinstance(item, tuple | list):
            pending += item
        elif isinstance(item, dict):
            pending += item.values()
