"""The rows of one or several analyses as CSV: full precision, the columns of the JSON row, one line per layer."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from io import StringIO
from typing import Any

from cnncalc.analysis.result import Analysis, ReceptiveField, Row
from cnncalc.core.dims import plain
from cnncalc.core.shapes import shape_text

FIGURES = (
    "params",
    "trainable_params",
    "buffers",
    "macs",
    "flops_torch",
    "flops",
    "output_bytes",
    "saved_bytes",
)
FIELD = ("size", "min_size", "jump", "start")
COLUMNS = ("name", "path", "kind", "inputs", "output", *FIGURES, *(f"receptive_field_{key}" for key in FIELD))


def render(analyses: Sequence[Analysis], *, many: bool | None = None) -> str:
    """A header and a line per layer; where there are several specs (or `many` says so) `spec` is the first column.

    Unknown values are empty. Shapes and the per-axis values of the receptive field are joined by `x`, inputs by spaces.
    """
    several = len(analyses) != 1 if many is None else many
    page = StringIO()
    writer = csv.writer(page, lineterminator="\n")
    writer.writerow(["spec", *COLUMNS] if several else COLUMNS)
    for analysis in analyses:
        start = [analysis.file or analysis.name] if several else []
        writer.writerows([*start, *_cells(row)] for row in analysis.rows)
    return page.getvalue()


def _cells(row: Row) -> Iterator[Any]:
    yield row.name
    yield row.path
    yield row.kind
    yield " ".join(row.inputs)
    yield shape_text(row.output) if row.output is not None else None
    yield from (plain(getattr(row, key)) for key in FIGURES)
    yield from _field(row.receptive_field)


def _field(field: ReceptiveField | None) -> Iterator[str | None]:
    for key in FIELD:
        axes = getattr(field, key) if field else None
        yield "x".join(str(plain(axis)) for axis in axes) if axes else None
