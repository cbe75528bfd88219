"""Matrices as users write them: on the command line, in text, CSV and JSON files; and the errors that say where.

Text: values separated by spaces or commas, rows by `;` or line ends, channels by `|` or an empty line. A factor may
stand before: `1/9 * 1 1 1; 1 1 1; 1 1 1`. JSON: nested lists, [row][column], [channel][row][column] or, for filters,
[filter][channel][row][column].
"""

from __future__ import annotations

import json
import re
from fractions import Fraction
from pathlib import Path
from typing import Any, NoReturn, TypeAlias

from cnncalc.core.diagnostic import Diagnostic, SpecError, did_you_mean
from cnncalc.core.source import NOWHERE, Span
from cnncalc.solve.convolve.exact import Number, number, tidy
from cnncalc.solve.convolve.kernels import KERNELS, Matrix

Volume: TypeAlias = tuple[Matrix, ...]
"""Channels of rows of numbers; every row and every channel of the same size."""

PICTURES = (".png",)
FILES = (".csv", ".txt", ".json", *PICTURES)
LARGEST_FILE = 16 * 2**20
LARGEST = 10**6
"""More numbers than this are no small matrix."""

_FACTOR = re.compile(r"\s*(\S+)\s*\*\s*(?=\S)")
_ROWS = re.compile(r"[;\n]")
_CHANNELS = re.compile(r"\||\n[ \t\r,]*\n")
_VALUE = re.compile(r"[^\s,]+")


def read_image(written: str) -> Volume:
    """The image that an argument gives: a matrix, or the name of a file. Raises SpecError."""
    volumes = _read(written, "the image")
    if len(volumes) != 1:
        _stop("an image has one list of channels", "[channel][row][column]", f"{len(volumes)} of them")
    return volumes[0]


def read_filters(written: str) -> tuple[Volume, ...]:
    """The filters that an argument gives: a matrix, a kernel's name, or a file; JSON may hold several."""
    known = KERNELS.get(written.strip().lower())
    if known is not None:
        return ((known[0],),)
    return _read(written, "the kernel")


def read_numbers(written: str, what: str) -> tuple[Number, ...]:
    """A list of numbers: `1 0`, `1,0` or `1; 0`."""
    (volume,) = _from_text(written.replace(";", " "), what, "")
    return volume[0][0]


def _read(written: str, what: str) -> tuple[Volume, ...]:
    path = Path(written) if len(written) < 1024 and "\n" not in written and "\0" not in written else None
    if path is not None and path.suffix.lower() in FILES:
        return _from_file(path, what)
    if not written.strip():
        _stop(f"{what} is empty", "rows of numbers", "nothing", "write '1 2; 3 4', or name a .csv, .txt, .json or .png")
    if written.lstrip().startswith("["):
        return _from_json(written, what, "")
    if re.search(r"\d", written) is None:
        names = f"; kernels with a name: {', '.join(KERNELS)}" if what == "the kernel" else ""
        near = did_you_mean(written.strip(), KERNELS) if what == "the kernel" else ""
        remedy = near if near.startswith("did") else f"write '1 2; 3 4', or name a file{names}"
        _stop(
            f"{what} {written.strip()[:60]} is no matrix", f"rows of numbers, or a {', '.join(FILES)} file", "", remedy
        )
    return _from_text(written, what, "")


def _from_file(path: Path, what: str) -> tuple[Volume, ...]:
    if path.suffix.lower() in PICTURES:
        from cnncalc.solve.convolve.picture import read_picture

        return (read_picture(path),)
    try:
        with path.open("rb") as stream:
            data = stream.read(LARGEST_FILE + 1)
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        _stop("the file is not UTF-8", "text", remedy="save it as UTF-8", file=str(path))
    except OSError as error:
        _stop(f"the file cannot be read: {error.strerror or error}", remedy="check the name", file=str(path))
    if len(data) > LARGEST_FILE:
        _stop("the file is larger than 16 MiB", remedy="convolve works on small matrices", file=str(path))
    if path.suffix.lower() == ".json":
        return _from_json(text, what, str(path))
    return _from_text(text.replace("\r\n", "\n"), what, str(path))


def _from_text(text: str, what: str, file: str) -> tuple[Volume, ...]:
    factor: Number = 1
    start = 0
    match = _FACTOR.match(text)
    if match is not None:
        given = number(match[1])
        if given is None:
            _stop(
                f"{match[1]} is no number", "a factor such as 1/9", match[1], file=file, span=_at(text, match.start(1))
            )
        factor, start = given, match.end()
    channels, position = [], start
    for piece, end in _pieces(_CHANNELS, text, start):
        channels.append(_rows(text, position, position + len(piece), factor, what, file))
        position = end
    return (_checked(tuple(rows for rows in channels if rows), what, file),)


def _pieces(separator: re.Pattern[str], text: str, start: int) -> list[tuple[str, int]]:
    """The stretches between separators from `start` on, each with the position at which the next one begins."""
    found = []
    for match in separator.finditer(text, start):
        found.append((text[start : match.start()], match.end()))
        start = match.end()
    return [*found, (text[start:], len(text))]


def _rows(text: str, start: int, end: int, factor: Number, what: str, file: str) -> Matrix:
    rows = []
    for piece, following in _pieces(_ROWS, text[:end], start):
        row = []
        for match in _VALUE.finditer(piece):
            value = number(match[0])
            if value is None:
                at = _at(text, start + match.start())
                remedy = "write whole numbers, decimals (0.5) or fractions (1/9)"
                _stop(f"{match[0][:40]} in {what} is no number", "a number", match[0][:40], remedy, file, at)
            row.append(tidy(value * factor))
        if row:
            rows.append(tuple(row))
        start = following
    return tuple(rows)


def _at(text: str, position: int) -> Span:
    line = text.count("\n", 0, position) + 1
    column = position - text.rfind("\n", 0, position)
    return Span(line, column, line, column + 1)


def _from_json(text: str, what: str, file: str) -> tuple[Volume, ...]:
    try:
        # decimals are read as they stand, not as the nearest float
        tree = json.loads(text, parse_float=number, parse_constant=lambda word: word)
    except RecursionError:
        _stop("the lists are nested too deeply", "at most four levels", file=file)
    except json.JSONDecodeError as error:
        span = Span(error.lineno, error.colno, error.lineno, error.colno + 1)
        _stop(f"{what} is no JSON: {error.msg.lower()}", "nested lists of numbers", file=file, span=span)
    except ValueError:
        _stop(f"{what} holds a number that is too long", "at most 40 digits", file=file)
    depth, probe = 0, tree
    while isinstance(probe, list) and probe:
        depth, probe = depth + 1, probe[0]
    if not 1 <= depth <= 4:
        received = "an empty list" if isinstance(probe, list) else f"{depth} levels of lists"
        _stop(f"{what} in JSON is no matrix", "[row][column] or [channel][row][column]", received, file=file)
    for _ in range(4 - depth):
        tree = [tree]
    return tuple(
        _checked(tuple(tuple(_json_row(row, what, file) for row in _list(rows, what, file)) for rows in _list(volume, what, file)), what, file)
        for volume in _list(tree, what, file)
    )  # fmt: skip


def _list(tree: Any, what: str, file: str) -> list[Any]:
    if not isinstance(tree, list):
        _stop(f"{what} mixes numbers and lists", "nested lists of one depth", file=file)
    return tree


def _json_row(row: Any, what: str, file: str) -> tuple[Number, ...]:
    values: list[Number] = []
    for item in _list(row, what, file):
        value = number(item) if isinstance(item, str) else item
        if isinstance(value, bool) or not isinstance(value, int | Fraction):
            _stop(
                f"{str(item)[:40]} in {what} is no number", "numbers, or texts such as 1/9", str(item)[:40], file=file
            )
        values.append(value)
    return tuple(values)


def _checked(volume: Volume, what: str, file: str) -> Volume:
    """The volume if all rows and channels are of one size."""
    if not volume or not volume[0] or not volume[0][0]:
        _stop(f"{what} is empty", "rows of numbers", "nothing", file=file)
    width, height = len(volume[0][0]), len(volume[0])
    for channel, rows in enumerate(volume, start=1):
        place = f" in channel {channel}" if len(volume) > 1 else ""
        if len(rows) != height:
            _stop(f"{what} has channels of different heights", f"{height} rows{place}", f"{len(rows)} rows", file=file)
        for index, row in enumerate(rows, start=1):
            if len(row) != width:
                _stop(f"row {index} of {what}{place} has {len(row)} values", f"{width} values, as in the first row", f"{len(row)}", "every row needs as many values", file)  # fmt: skip
    if len(volume) * width * height > LARGEST:
        _stop(f"{what} has more than {LARGEST:,} numbers", remedy="convolve works on small matrices", file=file)
    return volume


def _stop(
    message: str, expected: str = "", received: str = "", remedy: str = "", file: str = "", span: Span = NOWHERE
) -> NoReturn:
    raise SpecError(
        Diagnostic(message, expected=expected, received=received, remedy=remedy, span=span, file=file or ("<argument>" if span is not NOWHERE else ""))
    )  # fmt: skip
