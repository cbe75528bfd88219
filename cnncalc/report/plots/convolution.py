"""The picture of a worked convolution: the input's channels, the filters and the feature maps, each on its own scale."""

from __future__ import annotations

import os
import tempfile
from io import BytesIO
from pathlib import Path
from typing import Any

from cnncalc.core.diagnostic import Diagnostic, SpecError
from cnncalc.solve.convolve.compute import Worked
from cnncalc.solve.convolve.exact import show
from cnncalc.solve.convolve.kernels import Matrix

FORMATS = (".png", ".svg", ".pdf")
_SIDE = 2.4
"""Inches."""
_MOST_NUMBERS = 144
"""A matrix of more numbers than these is shown by its shades alone."""
_MOST_PANELS = 64


def save_plot(worked: Worked, path: Path) -> None:
    """Draws the picture and writes it. Raises SpecError when that cannot be done; then no file is left behind."""
    if path.suffix.lower() not in FORMATS:
        raise _stop(path, "a picture's format follows from its name", f"a name that ends in {', '.join(FORMATS)}")
    try:
        # the drawing surface is chosen by the file's format; no display is asked for
        from matplotlib.figure import Figure
    except ImportError:
        raise _stop(path, "drawing needs matplotlib", remedy="pip install 'cnncalc[plot]'") from None
    rows = _rows(worked)
    if sum(len(row) for row in rows) > _MOST_PANELS:
        raise _stop(path, "there are too many maps for one picture", f"at most {_MOST_PANELS} matrices")
    columns = max(len(row) for row in rows)
    figure = Figure(figsize=(_SIDE * columns, (_SIDE + 0.3) * len(rows)), layout="constrained")
    panels = figure.subplots(len(rows), columns, squeeze=False)
    for row, line in zip(rows, panels, strict=True):
        for index, axes in enumerate(line):
            axes.set_axis_off()
            if index < len(row):
                _panel(axes, *row[index])
    stream = BytesIO()
    figure.savefig(stream, format=path.suffix[1:].lower(), dpi=150, metadata=_undated(path))
    _write(path, stream.getvalue())


def _undated(path: Path) -> dict[str, Any] | None:
    """No date in the file, so that equal pictures are equal files."""
    return {".svg": {"Date": None}, ".pdf": {"CreationDate": None}}.get(path.suffix.lower())


def _rows(worked: Worked) -> list[list[tuple[str, Matrix]]]:
    """One row of panels each for the input, every filter, and the output."""
    rows = [[(_name("input", index, len(worked.image)), channel) for index, channel in enumerate(worked.image)]]
    for number, one in enumerate(worked.filters, start=1):
        name = f"filter {number}" if len(worked.filters) > 1 else "filter"
        rows.append([(_name(name, index, len(one)), channel) for index, channel in enumerate(one)])
    rows.append(
        [(_name("feature map", index, len(worked.output), ""), map_) for index, map_ in enumerate(worked.output)]
    )
    return rows


def _name(name: str, index: int, count: int, word: str = "channel ") -> str:
    return name if count == 1 else f"{name}{', ' if word else ' '}{word}{index + 1}"


def _panel(axes: Any, title: str, matrix: Matrix) -> None:
    numbers = [[float(value) for value in row] for row in matrix]
    axes.imshow(numbers, cmap="gray", interpolation="nearest")
    axes.set_title(f"{title}  {len(matrix)}x{len(matrix[0])}", fontsize=8)
    if len(matrix) * len(matrix[0]) > _MOST_NUMBERS:
        return
    least, most = min(map(min, numbers)), max(map(max, numbers))
    for row, line in enumerate(matrix):
        for column, value in enumerate(line):
            dark = most > least and (float(value) - least) / (most - least) < 0.5
            colour = "white" if dark or most == least else "black"
            axes.text(column, row, show(value), ha="center", va="center", fontsize=7, color=colour)


def _write(path: Path, data: bytes) -> None:
    """Puts the whole file in its place at once."""
    name = ""
    try:
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".cnncalc-", delete=False) as stream:
            name = stream.name
            stream.write(data)
        umask = os.umask(0)
        os.umask(umask)
        os.chmod(name, 0o666 & ~umask)
        os.replace(name, path)
    except OSError as error:
        if name:
            Path(name).unlink(missing_ok=True)
        raise _stop(
            path, f"the picture cannot be written: {error.strerror or error}", remedy="check the folder"
        ) from None


def _stop(path: Path, message: str, expected: str = "", remedy: str = "") -> SpecError:
    received = path.name if expected.startswith("a name") else ""
    return SpecError(Diagnostic(message, expected=expected, received=received, remedy=remedy, file=str(path)))
