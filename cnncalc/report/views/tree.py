"""The blocks of an analysis as a tree of lines: activations folded into their layers, equal neighbours told once.

A `Node` is what one line of a table tells about: a layer, a block, or a run of `times` equal ones. Its sums count all
of them; its children are those of the first. What a line shows and how is not decided here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from cnncalc.analysis.result import Analysis, Figure, Row
from cnncalc.core.dims import total

_NAMELESS = ("branch", "head", "stack")
"""Groups whose kind says less than that of the one block or layer in them."""


class Node:
    """A line to be.

    Attributes:
        path, kind, start: as in the spec; `start` is the first row's index.
        name, tail: the name within the parent, and the names of what is told in the same line (`.conv1`).
        own: the layer (or a merge's own row) and the activations folded into it.
        children: what is in a block; of a run of equal blocks, what is in the first.
        times: how many equal ones the line stands for.
        hidden: the paths that it stands for besides its own.
        ends: the row that computes the output, in the first and in the last of the repeats.
        params, macs: sums over everything in it, all repeats together.
        train_only: whether all of it is.
        height: 0 for a layer, for a block one more than the highest in it (around a single block as high as that).
        mark: equal for nodes that look alike, whatever their names and receptive fields.
    """

    __slots__ = (
        *("path", "kind", "start", "name", "tail", "own", "children", "times", "hidden", "ends"),
        *("params", "macs", "train_only", "height", "mark"),
    )

    def __init__(self, path: str, kind: str, start: int) -> None:
        self.path = path
        self.kind = kind
        self.start = start
        self.name = path.rpartition(".")[2]
        self.tail = ""
        self.own: list[Row] = []
        self.children: list[Node] = []
        self.times = 1
        self.hidden: list[str] = []
        self.ends: tuple[Row, Row] | None = None
        self.params: Figure = 0
        self.macs: Figure = 0
        self.train_only = False
        self.height = 0
        self.mark = -1

    @property
    def label(self) -> str:
        """The name within the parent."""
        return self.name + self.tail

    @property
    def is_leaf(self) -> bool:
        """Whether it is one layer."""
        return not self.children and bool(self.own)


class Shown(NamedTuple):
    """A node and where it stands: its depth in the tree, its parent, and how many repeats are around it."""

    node: Node
    depth: int
    around: int
    above: Node | None


def parent_path(path: str) -> str:
    """The path one step up: of a repeat its call, of the outermost the empty path.

    >>> parent_path("stage1.unit1[2]"), parent_path("stage1.unit1"), parent_path("stage1")
    ('stage1.unit1', 'stage1', '')
    """
    return path[: path.rfind("[")] if path.endswith("]") else path.rpartition(".")[0]


def tree(analysis: Analysis, *, expand: bool = False) -> list[Node]:
    """The outermost nodes, in execution order. `expand` keeps every repeat as a node of its own."""
    root = Node("", "", 0)
    nodes = {"": root}
    for group in analysis.groups:
        _attach(nodes, Node(group.path, group.kind, group.start))
    for index, row in enumerate(analysis.rows):
        _place(nodes, row, index)
    _finish(root, {fault.path for fault in analysis.faults}, expand)
    return root.children


def walk(nodes: Iterable[Node]) -> Iterator[Shown]:
    """Every node, parents first. Iterative: blocks may be deep."""
    stack = [Shown(node, 0, 1, None) for node in reversed(list(nodes))]
    while stack:
        shown = stack.pop()
        yield shown
        node, depth, around, _ = shown
        stack.extend(Shown(child, depth + 1, around * node.times, node) for child in reversed(node.children))


def _attach(nodes: dict[str, Node], node: Node) -> None:
    nodes[node.path] = node
    above = parent_path(node.path)
    while above not in nodes:
        above = parent_path(above)
    nodes[above].children.append(node)


def _place(nodes: dict[str, Node], row: Row, index: int) -> None:
    owner = nodes.get(row.is_activation_of) if row.is_activation_of else None
    if owner is not None and owner.own:
        owner.own.append(row)
        return
    if row.path not in nodes:
        _attach(nodes, Node(row.path, row.kind, index))
    nodes[row.path].own.append(row)


def _finish(root: Node, faulty: set[str], expand: bool) -> None:
    """Fold, sum and mark, from the leaves up."""
    marks: dict[Any, int] = {}
    for node, *_ in reversed(list(walk([root]))):
        if node.children:
            node.children.sort(key=lambda child: child.start)
            if not expand:
                node.children = _runs(node.children)
                _fold_call(node)
        _sum(node)
        _inline(node)
        node.height = _height(node.children) if node.children else 0
        node.mark = marks.setdefault(_looks(node, faulty), len(marks))


def _height(children: list[Node]) -> int:
    return max(1, max(child.height for child in children) + (len(children) > 1))


def _runs(children: list[Node]) -> list[Node]:
    """Equal consecutive blocks, and equal repeats of a layer, as one node each."""
    runs: list[list[Node]] = []
    for child in children:
        if runs and _alike(runs[-1][0], child):
            runs[-1].append(child)
        else:
            runs.append([child])
    return [_one(run) if len(run) > 1 else run[0] for run in runs]


def _alike(one: Node, two: Node) -> bool:
    if one.mark != two.mark:
        return False
    repeats = two.path.endswith("]") and parent_path(one.path) == parent_path(two.path)
    return repeats or bool(one.children and two.children)


def _one(run: list[Node]) -> Node:
    first, last = run[0], run[-1]
    first.hidden = [node.path for node in run[1:]]
    repeats = first.path.endswith("]") and last.path.endswith("]")
    until = last.name[last.name.rfind("[") + 1 :] if repeats else last.name
    first.name = f"{first.name.removesuffix(']') if repeats else first.name}..{until}"
    first.times *= len(run)
    first.params, first.macs = _times(first.params, len(run)), _times(first.macs, len(run))
    for (one, *_), (two, *_) in zip(walk([first]), walk([last]), strict=True):
        one.ends = (one.ends[0], two.ends[1]) if one.ends and two.ends else None
    return first


def _fold_call(node: Node) -> None:
    """A call whose repeats are all equal is told as that one run."""
    if node.own or len(node.children) != 1 or not node.children[0].path.startswith(f"{node.path}["):
        return
    only = node.children[0]
    _take(node, only)
    node.tail = only.tail
    node.ends = only.ends


def _inline(node: Node) -> None:
    """A block around a single line is told in that line: `branch1.conv1`."""
    if node.own or len(node.children) != 1 or not node.path:
        return
    only = node.children[0]
    if node.times > 1 and only.times > 1:
        return
    _take(node, only)
    node.tail += f".{only.label}"


def _take(node: Node, only: Node) -> None:
    node.hidden = [*node.hidden, only.path, *only.hidden]
    # a named block stays what it is called; of a branch around another block, that block's name tells more
    node.kind = only.kind if only.is_leaf or node.kind in _NAMELESS else node.kind
    node.own, node.children = only.own, only.children
    node.times *= only.times


def _sum(node: Node) -> None:
    parts: list[Node | Row] = [*node.children, *node.own]
    node.train_only = bool(parts) and all(part.train_only for part in parts)
    params = _total([child.params for child in node.children] + [row.params for row in node.own if not row.shared_with])
    macs = _total([part.macs for part in parts if node.train_only or not part.train_only])
    node.params, node.macs = _times(params, node.times), _times(macs, node.times)
    if node.ends is None:
        below = [child.ends for child in node.children if child.ends]
        node.ends = (node.own[-1], node.own[-1]) if node.own else below[-1] if below else None


def _looks(node: Node, faulty: set[str]) -> Any:
    rows = tuple(
        (row.kind, row.output, row.params, row.trainable_params, row.buffers, row.macs, row.flops, row.output_bytes)
        + ((row.path,) if row.path in faulty else ())
        + (("shared",) if row.shared_with else ())
        for row in node.own
    )
    return node.kind, node.times, node.train_only, rows, tuple((child.mark, child.times) for child in node.children)


def _total(values: list[Figure]) -> Figure:
    if len(values) == 1:
        return values[0]
    return None if None in values else total(value for value in values if value is not None)


def _times(value: Figure, times: int) -> Figure:
    return value if value is None or times == 1 else value * times
