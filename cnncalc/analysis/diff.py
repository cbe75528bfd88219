"""Two analyses side by side: which figures, layers and shapes differ."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import Any, Literal

from cnncalc.analysis.result import Analysis, Figure, Row
from cnncalc.core.dims import text

Change = Literal["added", "removed", "changed"]

TOTALS = (
    "params",
    "trainable_params",
    "train_only_params",
    "buffers",
    "macs",
    "training_macs",
    "flops_torch",
    "flops",
    "weight_layers",
)
MEMORY = (
    "textbook_inference",
    "textbook_training",
    "textbook_training_with_gradients",
    "torch_inference",
    "saved",
    "torch_training",
    "parameter_bytes",
    "gradient_bytes",
    "optimizer_bytes",
)
LAYER = ("kind", "output", "params", "trainable_params", "buffers", "macs", "flops", "output_bytes", "receptive_field")
MOST_MATCHED = 4000
"""Beyond this many layers they are matched by path alone: matching by order grows with the square."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A figure before and after."""

    old: Any
    new: Any

    @property
    def differs(self) -> bool:
        """Whether it changed."""
        return bool(self.old != self.new)

    @property
    def delta(self) -> Figure:
        """How much it grew; None where one side is unknown or no number."""
        if self.old is None or self.new is None or isinstance(self.old, str) or isinstance(self.new, str):
            return None
        return self.new - self.old


@dataclass(frozen=True, slots=True)
class LayerChange:
    """A layer that differs. `path` is its new path (the old one where it was removed), `was` the old where it moved."""

    path: str
    change: Change
    kind: str
    fields: dict[str, Pair] = field(default_factory=dict)
    was: str | None = None

    @property
    def is_slight(self) -> bool:
        """Whether nothing but its receptive field differs, which follows from a change elsewhere."""
        return self.change == "changed" and set(self.fields) == {"receptive_field"}


@dataclass(frozen=True, slots=True)
class Diff:
    """What changed from one network to another."""

    old: Analysis
    new: Analysis
    inputs: dict[str, Pair]
    totals: dict[str, Pair]
    memory: dict[str, Pair]
    layers: tuple[LayerChange, ...]

    @property
    def same(self) -> bool:
        """Whether nothing that is computed differs."""
        pairs = (*self.inputs.values(), *self.totals.values(), *self.memory.values())
        return not self.layers and not any(pair.differs for pair in pairs)


def compare(old: Analysis, new: Analysis) -> Diff:
    """What changed."""
    return Diff(
        old,
        new,
        {name: Pair(old.inputs.get(name), new.inputs.get(name)) for name in dict.fromkeys((*old.inputs, *new.inputs))},
        {key: Pair(getattr(old.totals, key), getattr(new.totals, key)) for key in TOTALS},
        {key: Pair(before, after) for key, before, after in zip(MEMORY, _memory(old), _memory(new), strict=True)},
        tuple(_layers(old.rows, new.rows)),
    )


def _memory(analysis: Analysis) -> tuple[Figure, ...]:
    memory = analysis.memory
    textbook, torch = memory.textbook, memory.torch
    return (
        textbook.inference_bytes,
        textbook.training_bytes,
        textbook.training_with_gradients_bytes,
        torch.inference_peak_bytes,
        torch.saved_bytes,
        torch.training_peak_bytes,
        memory.parameter_bytes,
        memory.gradient_bytes,
        memory.optimizer_bytes,
    )


def _layers(old: Sequence[Row], new: Sequence[Row]) -> list[LayerChange]:
    """The changes by the matching that needs fewer of them: by path, or by order where names have moved along."""
    by_path = list(_by_path(old, new))
    if [row.path for row in old] == [row.path for row in new] or max(len(old), len(new)) > MOST_MATCHED:
        return by_path
    by_order = list(_by_order(old, new))
    return min(by_path, by_order, key=lambda changes: sum(not change.is_slight for change in changes))


def _by_order(old: Sequence[Row], new: Sequence[Row]) -> Iterator[LayerChange]:
    matcher = SequenceMatcher(None, [_identity(row) for row in old], [_identity(row) for row in new], autojunk=False)
    for tag, start, stop, begin, end in matcher.get_opcodes():
        if tag == "equal":
            for before, after in zip(old[start:stop], new[begin:end], strict=True):
                yield from _compared(before, after)
        else:
            yield from _by_path(old[start:stop], new[begin:end])


def _by_path(old: Sequence[Row], new: Sequence[Row]) -> Iterator[LayerChange]:
    """Layers of the same path and kind are the same, the others came or went; those that went first."""
    before, after = {row.path: row for row in old}, {row.path: row for row in new}
    for row in old:
        if row.path not in after or after[row.path].kind != row.kind:
            yield LayerChange(row.path, "removed", row.kind, _sides(row, removed=True))
    for row in new:
        if row.path in before and before[row.path].kind == row.kind:
            yield from _compared(before[row.path], row)
        else:
            yield LayerChange(row.path, "added", row.kind, _sides(row, removed=False))


def _identity(row: Row) -> tuple[Any, ...]:
    """What makes two rows the same layer: kind and figures, and the path where someone gave it a name."""
    named = row.name if not row.name.removeprefix(row.kind).split("[")[0].isdigit() else ""
    return row.kind, named, row.params, _plain(row.output)


def _plain(value: Any) -> Any:
    return tuple(map(text, value)) if isinstance(value, tuple) else value


def _compared(before: Row, after: Row) -> Iterator[LayerChange]:
    fields = {key: Pair(getattr(before, key), getattr(after, key)) for key in LAYER}
    fields["receptive_field"] = Pair(*(_field(row) for row in (before, after)))
    changed = {key: pair for key, pair in fields.items() if pair.differs}
    if changed:
        yield LayerChange(
            after.path, "changed", after.kind, changed, before.path if before.path != after.path else None
        )


def _field(row: Row) -> Any:
    return None if row.receptive_field is None else row.receptive_field.size


def _sides(row: Row, removed: bool) -> dict[str, Pair]:
    values: Mapping[str, Any] = {"output": row.output, "params": row.params, "macs": row.macs}
    return {key: Pair(value, None) if removed else Pair(None, value) for key, value in values.items()}
