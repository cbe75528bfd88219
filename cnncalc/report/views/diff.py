"""What changed, as a page: figures, layers, findings that came and went."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from cnncalc.analysis.diff import Diff, LayerChange, Pair
from cnncalc.core.dims import is_symbolic
from cnncalc.core.shapes import shape_text
from cnncalc.lint.change import Changed
from cnncalc.lint.finding import Placed
from cnncalc.report import figures
from cnncalc.report.doc import LEVEL_STYLE, Block, Cell, Column, Doc, Heading, Line, Remark, Role, Table, text
from cnncalc.report.views.diagnostics import LEVELS, message

_NAMES = {
    "params": "parameters",
    "trainable_params": "trainable parameters",
    "train_only_params": "train-only parameters",
    "macs": "MACs",
    "training_macs": "MACs, training",
    "flops_torch": "FLOPs, torch",
    "flops": "FLOPs, all",
    "weight_layers": "weight layers",
    "textbook_inference": "textbook, prediction (B)",
    "textbook_training": "textbook, training (B)",
    "textbook_training_with_gradients": "textbook, training with gradients (B)",
    "torch_inference": "torch peak, prediction (B)",
    "saved": "torch saved (B)",
    "torch_training": "torch peak, training (B)",
    "parameter_bytes": "parameters (B)",
    "gradient_bytes": "gradients (B)",
    "optimizer_bytes": "optimizer (B)",
}
_FIGURES = (
    Column("figure"),
    Column("before", "count"),
    Column("after", "count"),
    Column("change", "count"),
    Column(""),
)
_LAYERS = (Column("layer"), Column("change"), Column("what"))
LIMIT = 60


def diff_doc(change: Changed, *, limit: int = LIMIT) -> Doc:
    """The page of one change; at most `limit` layers are told apart."""
    return Doc(f"{change.old} to {change.new}", tuple(_blocks(change, limit)))


def _blocks(change: Changed, limit: int) -> Iterator[Block]:
    diff = change.diff
    yield Heading(diff.new.name, 1)
    yield text("from ", (change.old, "strong"), " to ", (change.new, "strong"))
    if diff.same and not change.gained and not change.lost:
        yield text("No figure, no layer and no finding differs.")
        return
    yield from _figures(diff)
    yield from _layers(diff.layers, limit)
    yield from _findings("Findings gained", change.gained)
    yield from _findings("Findings lost", change.lost)


def _figures(diff: Diff) -> Iterator[Block]:
    lines = [_shapes(name, pair) for name, pair in diff.inputs.items() if pair.differs]
    pairs = {**diff.totals, **diff.memory}
    lines += [_figure(name, pair) for name, pair in pairs.items() if pair.differs]
    if lines:
        yield Table(_FIGURES, tuple(lines))
    else:
        yield text("The totals are the same.")


def _shapes(name: str, pair: Pair) -> Line:
    old, new = (Cell("" if value is None else shape_text(value)) for value in (pair.old, pair.new))
    return Line((Cell(name if name == "input" else f"input {name}"), old, new, Cell(""), Cell("")))


def _figure(name: str, pair: Pair) -> Line:
    delta = pair.delta
    signed = delta if not isinstance(delta, int) else f"{delta:+,}"
    share = ""
    if isinstance(pair.old, int) and isinstance(delta, int) and pair.old:
        share = f"{100 * delta / pair.old:+.1f} %"
    return Line((Cell(_NAMES.get(name, name)), Cell(pair.old), Cell(pair.new), Cell(signed), Cell(share)))


def _layers(layers: tuple[LayerChange, ...], limit: int) -> Iterator[Block]:
    if not layers:
        return
    slight = sum(layer.is_slight for layer in layers)
    folded = list(_folded(layer for layer in layers if not layer.is_slight))
    lines: list[Line | Remark] = [
        Line((Cell(one.path), Cell(one.change), Cell(_what(one))), times=times) for one, times in folded[:limit]
    ]
    if len(folded) > limit:
        lines.append(Remark("more", text(f"{len(folded) - limit} more layers differ")))
    number = len(layers) - slight
    yield Heading(f"Layers ({number} {'differs' if number == 1 else 'differ'})")
    if lines:
        yield Table(_LAYERS, tuple(lines))
    if slight:
        yield text(f"{slight} {'layer sees' if slight == 1 else 'layers see'} another part of the input, no more.")


def _folded(layers: Iterable[LayerChange]) -> Iterator[tuple[LayerChange, int]]:
    """Changes in a row that say the same, counted."""
    last: LayerChange | None = None
    times = 0
    for one in layers:
        if last is not None and _what(one) == _what(last) and one.change == last.change:
            times += 1
            continue
        if last is not None:
            yield last, times
        last, times = one, 1
    if last is not None:
        yield last, times


def _what(change: LayerChange) -> str:
    if change.change != "changed":
        index = 0 if change.change == "removed" else 1
        facts = {key: (pair.old, pair.new)[index] for key, pair in change.fields.items()}
        figures_ = [f"{_shown(key, facts[key])} {_NAMES[key]}" for key in ("params", "macs") if facts.get(key) != 0]
        return ", ".join([f"{change.kind} {_shown('output', facts.get('output'))}", *figures_])
    parts = [f"{key} {_shown(key, pair.old)} -> {_shown(key, pair.new)}" for key, pair in change.fields.items()]
    return "; ".join(parts) + (f" (was {change.was})" if change.was else "")


def _shown(key: str, value: Any) -> str:
    if value is None:
        return figures.UNKNOWN
    if isinstance(value, tuple):
        return shape_text(value)
    role: Role = "bytes" if key.endswith("bytes") else "count"
    return figures.in_role(value, role) if isinstance(value, int) or is_symbolic(value) else str(value)


def _findings(heading: str, findings: tuple[Placed, ...]) -> Iterator[Block]:
    if not findings:
        return
    columns = (Column("severity"), Column("rule"), Column("what"))
    lines = [
        Line(
            (Cell(one.severity, LEVEL_STYLE[LEVELS[one.severity]]), Cell(f"{one.code} {one.name}"), Cell(message(one)))
        )
        for one in findings
    ]
    yield Heading(f"{heading} ({len(findings)})")
    yield Table(columns, tuple(lines))
