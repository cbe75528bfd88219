"""From a written layer to what became of it: its layers in the unrolled network, their figures and sums."""

from __future__ import annotations

from functools import cached_property
from typing import NamedTuple

from cnncalc.analysis.result import Figure, ReceptiveField, Row
from cnncalc.core.shapes import Shape
from cnncalc.graph.model import Node
from cnncalc.lint.network import Network, written_calls
from cnncalc.lint.place import chain
from cnncalc.report.views.tree import Node as Line
from cnncalc.report.views.tree import parent_path, tree, walk
from cnncalc.spec.model import Call


class Use(NamedTuple):
    """One place in the network at which a written layer, block call or stack stands, with all its repeats together."""

    path: str
    inputs: tuple[Shape | None, ...]
    output: Shape | None
    params: Figure
    macs: Figure
    field: ReceptiveField | None
    row: Row | None
    """Its own figures, where it is one layer."""
    repeats: int = 1


class Uses:
    """The layers of one network by where they are written."""

    def __init__(self, network: Network) -> None:
        self.network = network

    @cached_property
    def calls(self) -> dict[tuple[int, int], Call]:
        """Every written layer by the line and column of its kind."""
        return {call.span[:2]: call for call in written_calls(self.network.spec)}

    def nodes(self, call: Call) -> tuple[Node, ...]:
        """The layers that a call became itself."""
        return tuple(self._nodes.get(id(call), ()))

    @cached_property
    def _nodes(self) -> dict[int, list[Node]]:
        found: dict[int, list[Node]] = {}
        for node in self.network.nodes:
            if node.activation_of is None:
                found.setdefault(id(node.call), []).append(node)
        return found

    @cached_property
    def _lines(self) -> dict[str, Line]:
        lines: dict[str, Line] = {}
        for line, *_ in walk(tree(self.network.analysis, expand=True)):
            for path in (line.path, *line.hidden):
                lines.setdefault(path, line)
        return lines

    @cached_property
    def _paths(self) -> dict[int, list[str]]:
        """Paths by the call that made them, the outermost only: what is inside a shipped block belongs to its call."""
        found: dict[int, list[str]] = {}
        taken: set[str] = set()
        paths = [group.path for group in self.network.graph.groups if group.kind not in ("branch", "head")]
        for path in sorted(
            {*paths, *(node.path for node in self.network.nodes if node.activation_of is None)}, key=len
        ):
            above = path
            while above and above not in taken:
                above = parent_path(above)
            call = self._call(path)
            if call is None or (above and self._call(above) is call):
                continue
            taken.add(path)
            found.setdefault(id(call), []).append(path)
        return found

    def _call(self, path: str) -> Call | None:
        if path not in self._made:
            steps = [step.call for step in chain(self.network.spec, path) if step.call is not None]
            self._made[path] = steps[-1] if steps else None
        return self._made[path]

    @cached_property
    def _made(self) -> dict[str, Call | None]:
        return {}

    def of(self, call: Call) -> list[Use]:
        """Where a written layer stands in the network, in execution order."""
        uses = [use for path in self._paths.get(id(call), ()) if (use := self._use(path)) is not None]
        return sorted(uses, key=lambda use: self._lines[use.path].start)

    def _use(self, path: str) -> Use | None:
        line = self._lines.get(path)
        if line is None or line.ends is None:
            return None
        rows, own = self.network.analysis.rows, self.network.by_path.get(path)
        leaf = rows[line.start] if line.is_leaf and line.own[0].path == path else None
        # a merge's output is that of its own row, which stands after its branches
        result = self.network.row(own) if own is not None else line.ends[1]
        reads = self.network.inputs(self.network.nodes[line.start])
        repeats = len([child for child in line.children if child.path.startswith(f"{path}[")])
        return Use(path, reads, result.output, line.params, line.macs, result.receptive_field, leaf, max(repeats, 1))

    @cached_property
    def faults(self) -> dict[str, str]:
        """What is wrong with a layer, by its path."""
        return {fault.path: fault.message for fault in self.network.graph.faults}
