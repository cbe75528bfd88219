"""What could be changed so that a network needs less memory: each change as a set-up that can be analysed like the first.

A change is made to the spec and not to its figures, so that whatever follows from it (another padding, fewer features in
front of a dense layer, a shape that no longer fits) is seen. Whether it helps, `analysis.remedies` finds out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from types import MappingProxyType
from typing import Any, NamedTuple

from cnncalc.analysis.cost import costs
from cnncalc.analysis.scaled import last_dense
from cnncalc.core.shapes import elements, shape_text
from cnncalc.graph.expand import expand
from cnncalc.graph.model import Graph, Node
from cnncalc.graph.names import stack_names
from cnncalc.layers import ACTIVATIONS, KINDS, MERGES
from cnncalc.spec.model import Block, Call, Spec, Stack, Train
from cnncalc.spec.shipped import shipped_block
from cnncalc.spec.words import DTYPES

Edit = Callable[[Call], Call]
ATTEMPTS = 8
"""How many activations may turn out to be in nobody's power to overwrite before the change is given up."""
VIEWS = ("flatten", "identity", "reshape", "permute", "slice", "dropout", "spatial_dropout", "drop_path")
"""Kinds whose result may be their input's memory (dropout's is, in prediction)."""


class Setup(NamedTuple):
    """A network and how it is run. `inputs` and `variables` replace the spec's, `edit` changes every call of it."""

    spec: Spec
    batch: int = 1
    optimizer: str = "sgd"
    dtype: str = "float32"
    inputs: Mapping[str, tuple[Any, ...]] = MappingProxyType({})
    variables: Mapping[str, Any] = MappingProxyType({})
    edit: Edit | None = None

    def graph(self) -> Graph:
        """The unrolled network. Raises SpecError."""
        if self.edit is None:
            return expand(self.spec, shipped_block, dict(self.inputs), self.variables)
        edit = self.edit
        blocks = {name: _edited_block(block, edit) for name, block in self.spec.blocks.items()}
        heads = {name: replace(head, layers=edited(head.layers, edit)) for name, head in self.spec.heads.items()}
        spec = replace(self.spec, layers=edited(self.spec.layers, edit), blocks=blocks, heads=heads)

        @lru_cache(maxsize=None)
        def find(name: str) -> Block | None:
            block = shipped_block(name)
            return None if block is None else _edited_block(block, edit)

        return expand(spec, find, dict(self.inputs), self.variables)


class Change(NamedTuple):
    """A changed set-up: a word for programs and words for readers.

    Of the changes of one `group` only the one that saves most is told; `smaller` says that the batch is smaller, so that
    asking for the largest one makes no sense.
    """

    key: str
    what: str
    setup: Setup
    group: str = ""
    smaller: bool = False
    passes: int = 1
    """Forward and backward per step of the optimizer, for one before the change."""


def edited(value: Any, edit: Edit) -> Any:
    """The same stack, branches or field value with every call in it changed; a call within a call comes first."""
    if isinstance(value, Stack):
        return replace(value, calls=tuple([edited(call, edit) for call in value.calls]))
    if isinstance(value, Call):
        fields = {key: edited(item, edit) for key, item in value.fields.items()}
        return edit(value if fields == value.fields else replace(value, fields=fields))
    if isinstance(value, tuple | list) and value:
        return type(value)([edited(item, edit) for item in value])
    return value


def _edited_block(block: Block, edit: Edit) -> Block:
    return replace(block, layers=edited(block.layers, edit))


def changes(setup: Setup, graph: Graph) -> Iterator[Change]:
    """What may be tried on a network whose sizes are known; `graph` is the set-up's own."""
    if setup.batch > 1:
        half = setup.batch // 2
        yield Change("half-batch", f"half the batch ({half:,})", setup._replace(batch=half), smaller=True)
        if setup.batch % 2 == 0:
            train = setup.spec.train or Train()
            twice = _trained(setup, replace(train, accumulate=2 * (train.accumulate or 1)))._replace(batch=half)
            what = f"batch {half:,}, accumulated twice"
            yield Change("accumulate", what, twice, smaller=True, passes=2)
    if DTYPES[setup.dtype] > 2 and (setup.spec.train is None or setup.spec.train.autocast is None):
        yield Change("16-bit", "16-bit numbers (bfloat16)", setup._replace(dtype="bfloat16"))
    for optimizer in ("sgd", "momentum"):
        if optimizer != setup.optimizer:
            what = f"{optimizer} instead of {setup.optimizer}"
            yield Change(f"optimizer-{optimizer}", what, setup._replace(optimizer=optimizer))
    yield from _settings(setup)
    yield from _in_place(setup, graph)
    yield from _checkpoints(setup, graph)
    yield from smaller(setup, graph)


def _trained(setup: Setup, train: Train) -> Setup:
    return setup._replace(spec=replace(setup.spec, train=train))


def _settings(setup: Setup) -> Iterator[Change]:
    """What the spec's `train` asks for beyond torch's defaults."""
    train = setup.spec.train or Train()
    if train.set_to_none is False:
        yield Change("set-to-none", "gradients set to None", _trained(setup, replace(train, set_to_none=None)))
    if train.foreach:
        yield Change("one-by-one", "parameters updated one by one", _trained(setup, replace(train, foreach=False)))


def _in_place(setup: Setup, graph: Graph) -> Iterator[Change]:
    """Every activation that torch can run in place with the same result, and still go back through."""
    from cnncalc.analysis.torch_memory.model import Training, memory_model
    from cnncalc.analysis.torch_memory.values import OverwriteError, ViewOverwriteError

    readers = Counter(ref for node in graph.nodes for ref in node.inputs)
    free = [node for node in graph.nodes if node.kind in ACTIVATIONS and node.layer.overwrites]
    # a call that is repeated goes in place everywhere or nowhere
    kept = {id(node.call) for node in free if not _alone(graph, node, readers)}
    able = {id(node.call) for node in free} - kept
    for _ in range(ATTEMPTS):
        if not able:
            return
        origin: dict[int, int] = {}
        changed = setup._replace(edit=_overwriting(able, origin))
        made = changed.graph()
        try:
            memory_model(made, DTYPES[setup.dtype], 2, Training())
        except (OverwriteError, ViewOverwriteError) as conflict:
            # a layer before it keeps what it would overwrite: this one stays as it is
            able.discard(origin[id(made.nodes[conflict.writer].call)])
            continue
        yield Change("in-place", "activations in place", changed)
        return


def _alone(graph: Graph, node: Node, readers: Counter[int]) -> bool:
    """Whether nothing else reads what this layer reads, also as another layer's view of it."""
    ref = node.inputs[0]
    while ref >= 0 and readers[ref] == 1 and ref != graph.result:
        if graph.nodes[ref].kind not in VIEWS:
            return True
        ref = graph.nodes[ref].inputs[0]
    return False


def _overwriting(able: set[int], origin: dict[int, int]) -> Edit:
    def edit(call: Call) -> Call:
        if id(call) not in able or call.inplace is not None:
            return call
        result = replace(call, inplace=True)
        origin[id(result)] = id(call)
        return result

    return edit


def _checkpoints(setup: Setup, graph: Graph) -> Iterator[Change]:
    """Every block of a kind, and every block of the trunk alone."""
    kinds = dict.fromkeys(group.kind for group in graph.groups if group.repeat is None and _is_block(group.kind))
    for kind in kinds:

        def all_of_kind(call: Call, kind: str = kind) -> Call:
            return replace(call, checkpoint=True) if call.kind == kind else call

        yield Change(f"checkpoint-{kind}", f"checkpoint every {kind}", setup._replace(edit=all_of_kind), "kind")
    layers = setup.spec.layers
    for name, call in zip(stack_names(layers), layers.calls, strict=True):
        if _is_block(call.kind) or call.kind in MERGES:
            calls = tuple([replace(one, checkpoint=True) if one is call else one for one in layers.calls])
            spec = replace(setup.spec, layers=replace(layers, calls=calls))
            yield Change(f"checkpoint-{name}", f"checkpoint {name}", setup._replace(spec=spec), "one")


def _is_block(kind: str) -> bool:
    return kind not in KINDS and kind not in ("branch", "head")


def smaller(setup: Setup, graph: Graph) -> Iterator[Change]:
    """Half the side, twice the stride of the first convolution, and the heaviest layer left out."""
    if all(len(shape) > 1 and min(shape[1:]) > 1 for shape in graph.inputs.values()):
        halved = {name: (shape[0], *(side // 2 for side in shape[1:])) for name, shape in graph.inputs.items()}
        shapes = ", ".join(map(shape_text, halved.values()))
        yield Change("half-side", f"half the side ({shapes})", setup._replace(inputs=halved))
    first = next((node for node in graph.nodes if node.layer.weighted), None)
    stride = None if first is None else getattr(first.layer, "stride", None)
    if first is None or stride is None:
        return
    wider = tuple([2 * one for one in stride]) if isinstance(stride, tuple) else 2 * stride

    def strided(call: Call, first: Node = first) -> Call:
        return replace(call, fields={**call.fields, "stride": wider}) if call is first.call else call

    words = shape_text(wider) if isinstance(wider, tuple) else str(wider)
    yield Change("stride", f"stride {words} in {first.path}", setup._replace(edit=strided))
    yield from _without(setup, graph)


def _without(setup: Setup, graph: Graph) -> Iterator[Change]:
    """The network without the layer of the largest map, and without the one of the most weights.

    What reads the layer then reads its input. A layer that is written once and used often cannot go alone, and the last
    ones have to stay: they give the classes.
    """
    last = last_dense(graph) | {graph.result}
    uses = Counter(id(node.call) for node in graph.nodes if node.activation_of is None)
    # without it the layers of its kind would count on from another number, and `from` may speak of them
    linked = bool(setup.spec.heads) or any(node.call.sources for node in graph.nodes)
    own = [
        node
        for node in graph.nodes
        if node.layer.weighted and node.index not in last and uses[id(node.call)] == 1 and node.share is None
        if node.call.name is not None or not linked
    ]
    if len(own) < 2:
        return
    cost = costs(graph)

    def weights(node: Node) -> Any:
        known = cost[node.index]
        return 0 if known is None else known.params

    heaviest = [max(own, key=lambda node: elements(node.output or ())), max(own, key=weights)]
    for node in dict.fromkeys(heaviest):

        def skipped(call: Call, node: Node = node) -> Call:
            return replace(call, kind="identity", fields={}, expect=()) if call is node.call else call

        yield Change(f"without-{node.path}", f"without {node.path}", setup._replace(edit=skipped), "without")
