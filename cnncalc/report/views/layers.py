"""The table of layers: the tree of blocks with output, parameters, MACs, bytes and receptive field, claims in place."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from cnncalc.analysis.result import Analysis, Figure, Totals
from cnncalc.core.shapes import Shape
from cnncalc.report.doc import EMPTY, Cell, Column, Field, Line, Remark, Table, Text, text
from cnncalc.report.views import claims
from cnncalc.report.views.tree import Node, Shown, tree, walk

COLUMNS = (
    Column("layer", "text", 9),
    Column("kind", "text", 3),
    Column("output", "shape", 8),
    Column("params", "count", 7),
    Column("%", "percent", 2),
    Column("MACs", "count", 6),
    Column("%", "percent", 4),
    Column("output bytes", "bytes", 1),
    Column("field", "field", 5),
)

_HEAVY = 0.05
_HEAVIEST = 3
_TINY = 0.0005


class _Page(NamedTuple):
    """What a line needs to know besides its node."""

    analysis: Analysis
    layout: str
    closed: int
    heavy: set[tuple[int, str]]


def layer_table(analysis: Analysis, *, layout: str, expand: bool, limit: int) -> tuple[Table, tuple[Text, ...]]:
    """The table and the sentences that explain its marks.

    Where the whole tree has more than `limit` lines, the innermost blocks are closed, then those around them; what is
    still too long is cut. With `expand` nothing is closed, cut or told once for several.
    """
    every = list(walk(tree(analysis, expand=expand)))
    closed = 0 if expand else _closed(every, limit)
    visible = [shown for shown in every if shown.above is None or shown.above.height > closed]
    kept = visible if expand else visible[:limit]
    page = _Page(analysis, layout, closed, _heavy(kept, closed, analysis.totals))
    remarks = claims.placed(analysis, every, {shown.node.path for shown in kept})
    lines: list[Line | Remark] = []
    for shown in kept:
        lines.append(_line(shown, page))
        lines += remarks.get(shown.node.path, ())
    if len(visible) > len(kept):
        lines.append(Remark("more", text((_rest(analysis, visible[limit].node), "dim")), depth=-1))
    table = Table(COLUMNS, tuple(lines), _footer(analysis))
    return without_empty_columns(table), tuple(text((sentence, "dim")) for sentence in _legend(kept, page))


def _closed(every: Sequence[Shown], limit: int) -> int:
    """The height up to which blocks are closed, so that at most `limit` lines remain (if closing is enough)."""
    inside = Counter(shown.above.height for shown in every if shown.above)
    lines = len(every)
    for height in sorted(inside):
        if lines <= limit:
            return height - 1
        lines -= inside[height]
    return max(inside, default=0)


def _rest(analysis: Analysis, first: Node) -> str:
    left = sum(not row.is_activation_of for row in analysis.rows[first.start :])
    return f"{left:,} more layers (--expand shows all)"


def _line(shown: Shown, page: _Page) -> Line:
    node, totals = shown.node, page.analysis.totals
    last = node.ends[1] if node.ends else None
    faulty = last is not None and last.output is None
    # the layers below an open block add up to its figures, which step back
    aside = node.height > page.closed
    macs_share = None if node.train_only else _share(node.macs, totals.macs)
    cells = (
        Cell(node.label, "bad" if faulty and node.is_leaf else "plain" if node.is_leaf else "strong"),
        Cell(_kind(shown), "dim"),
        Cell(_arranged(last.output, page.layout), "bad" if faulty else "plain") if last else EMPTY,
        _figure(node.params, aside, (id(node), "params") in page.heavy),
        _percent(_share(node.params, totals.params)),
        _figure(node.macs, aside or node.train_only, (id(node), "macs") in page.heavy),
        _percent(macs_share),
        Cell(last.output_bytes, "dim" if aside else "plain") if last else EMPTY,
        _field(node, aside),
    )
    return Line(cells, shown.depth, node.times)


def _figure(value: Figure, aside: bool, heavy: bool) -> Cell:
    return Cell(value, "warn" if heavy else "dim" if aside or value == 0 else "plain")


def _percent(share: float | None) -> Cell:
    return Cell(share, "dim") if share and share >= _TINY else EMPTY


def _share(part: Figure, whole: Figure) -> float | None:
    return part / whole if type(part) is int and type(whole) is int and whole else None


def _kind(shown: Shown) -> str:
    node = shown.node
    words = node.kind if node.children else " + ".join(row.kind for row in node.own) or node.kind
    if node.kind == "branch" and not node.own:
        words = "" if node.children else "identity"
    notes = [f"weights of {row.shared_with}" for row in node.own if row.shared_with]
    notes += ["frozen"] if any(row.params and row.trainable_params == 0 for row in node.own) else []
    notes += ["train only"] if node.train_only and not (shown.above and shown.above.train_only) else []
    return ", ".join([words, *notes] if words else notes)


def _arranged(shape: Shape | None, layout: str) -> Shape | None:
    return (*shape[1:], shape[0]) if shape and layout == "hwc" else shape


def _field(node: Node, aside: bool) -> Cell:
    first, last = (row.receptive_field for row in node.ends) if node.ends else (None, None)
    if first is None or last is None or not first.size:
        return EMPTY
    return Cell(Field(first.size, last.size, last.size != last.min_size), "dim" if aside else "plain")


def _heavy(kept: Sequence[Shown], closed: int, totals: Totals) -> set[tuple[int, str]]:
    """The few lines with the largest shares, of layers, closed blocks and runs of equal blocks, as (node, column)."""
    told = [shown.node for shown in kept if shown.around == 1]
    single = [node for node in told if node.times > 1 or node.height <= closed]
    params = {id(node): _share(node.params, totals.params) or 0 for node in single}
    macs = {id(node): _share(node.macs, totals.macs) or 0 for node in single if not node.train_only}
    return {(node, "params") for node in _largest(params)} | {(node, "macs") for node in _largest(macs)}


def _largest(shares: dict[int, float]) -> list[int]:
    least = max(_HEAVY, *sorted(shares.values())[-_HEAVIEST:][:1])
    return [node for node, share in shares.items() if share >= least]


def _footer(analysis: Analysis) -> Line:
    shown = {"layer": "total", "params": analysis.totals.params, "MACs": analysis.totals.macs}
    return Line(tuple(Cell(shown[column.title], "strong") if column.title in shown else EMPTY for column in COLUMNS))


def without_empty_columns(table: Table) -> Table:
    """The table without the columns in which there is nothing to show."""
    rows = [line.cells for line in table.lines if isinstance(line, Line)]
    keep = [index for index, cells in enumerate(zip(*rows, strict=True)) if not all(cell.is_blank for cell in cells)]
    keep = keep or list(range(len(table.columns)))

    def pick(line: Line) -> Line:
        return Line(tuple(line.cells[index] for index in keep), line.depth, line.times)

    lines = tuple(pick(line) if isinstance(line, Line) else line for line in table.lines)
    return Table(tuple(table.columns[index] for index in keep), lines, pick(table.footer) if table.footer else None)


def _legend(kept: Sequence[Shown], page: _Page) -> Iterator[str]:
    closed = sum(0 < shown.node.height <= page.closed for shown in kept)
    if closed:
        blocks = "1 block is" if closed == 1 else f"{closed:,} blocks are"
        yield f"{blocks} closed to keep the table short (--expand opens all)."
    if any(shown.around > 1 for shown in kept):
        yield "A line with a count sums all of its equal blocks; the lines below it are those of one."
    if any(shown.node.train_only for shown in kept):
        yield "Train-only layers count as parameters, not as MACs."
    if any(getattr(_field(shown.node, False).value, "shorter", False) for shown in kept):
        yield "field 7*: the receptive field of the longest path; a shorter one sees less."
