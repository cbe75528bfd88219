"""What could be changed so that a network needs less memory: each change as a set-up that can be analysed like the first.

A change is made to the spec and not to its figures, so that whatever follows from it (another padding, fewer features in
front of a dense layer, a shape that no longer fits) is seen. Whether it helps, `analysis.remedies` finds out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from types import MappingProxyType
from typing import Any, NamedTuple

from cnncalc.core.shapes import shape_text
from cnncalc.graph.expand import expand
from cnncalc.graph.model import Graph, Node
from cnncalc.graph.names import stack_names
from cnncalc.layers import ACTIVATIONS, KINDS, MERGES
from cnncalc.spec.model import Block, Call, Spec, Stack
from cnncalc.spec.shipped import shipped_block
from cnncalc.spec.words import DTYPES

Edit = Callable[[Call], Call]


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
    if DTYPES[setup.dtype] > 2:
        yield Change("16-bit", "16-bit numbers (bfloat16)", setup._replace(dtype="bfloat16"))
    for optimizer in ("sgd", "momentum"):
        if optimizer != setup.optimizer:
            what = f"{optimizer} instead of {setup.optimizer}"
            yield Change(f"optimizer-{optimizer}", what, setup._replace(optimizer=optimizer))
    yield Change("in-place", "activations in place", setup._replace(edit=_in_place))
    yield from _checkpoints(setup, graph)
    yield from _smaller(setup, graph)


def _in_place(call: Call) -> Call:
    works = call.kind in ACTIVATIONS or call.fields.get("activation") is not None
    return replace(call, inplace=True) if works and call.inplace is None else call


def _checkpoints(setup: Setup, graph: Graph) -> Iterator[Change]:
    """Every block of a kind, and every block of the trunk alone."""
    kinds = dict.fromkeys(group.kind for group in graph.groups if group.repeat is None and _is_block(group.kind))
    for kind in kinds:

        def all_of_kind(call: Call, kind: str = kind) -> Call:
            return replace(call, checkpoint=True) if call.kind == kind else call

        yield Change(f"checkpoint-{kind}", f"a checkpoint on every {kind}", setup._replace(edit=all_of_kind), "kind")
    layers = setup.spec.layers
    for name, call in zip(stack_names(layers), layers.calls, strict=True):
        if _is_block(call.kind) or call.kind in MERGES:
            calls = tuple([replace(one, checkpoint=True) if one is call else one for one in layers.calls])
            spec = replace(setup.spec, layers=replace(layers, calls=calls))
            yield Change(f"checkpoint-{name}", f"a checkpoint on {name}", setup._replace(spec=spec), "one")


def _is_block(kind: str) -> bool:
    return kind not in KINDS and kind not in ("branch", "head")


def _smaller(setup: Setup, graph: Graph) -> Iterator[Change]:
    """Half the side, and twice the stride of the first convolution."""
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
