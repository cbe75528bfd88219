"""A worked convolution or pooling as a page: the matrices side by side, and each window's products on request."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from cnncalc.core.shapes import shape_text
from cnncalc.layers.window import Axis
from cnncalc.report.doc import Block, Code, Doc, Fact, Facts, Heading, Remark, Role, Text, text
from cnncalc.report.figures import extent
from cnncalc.solve.convolve.compute import Step, Worked
from cnncalc.solve.convolve.exact import Number, show
from cnncalc.solve.convolve.kernels import Matrix
from cnncalc.solve.convolve.matrices import Volume

WIDEST = 76
"""Matrices that are wider together stand below each other; a matrix that is wider alone is not printed."""
TALLEST = 32
MOST_STEPS = 256

_MEANING = {
    "cross-correlation": "The kernel is laid on every window as it stands, as neural networks do it (it is not turned).",
    "convolution": "True convolution: the kernel is turned by 180 degrees, then laid on every window.",
    "dense": "Scores W·x + b: one row of the weights per score.",
}


class _Picture(NamedTuple):
    """A matrix as lines under a caption, and the sign before it."""

    sign: str
    caption: str
    lines: tuple[str, ...]

    @property
    def width(self) -> int:
        return max(len(line) for line in (self.caption, *self.lines))


def convolution_doc(worked: Worked, *, steps: bool = False) -> Doc:
    """The page. `steps` adds how every number of the output comes about."""
    blocks: list[Block] = [Heading(_title(worked), 1), text(_MEANING.get(worked.operation, _pooling(worked)))]
    blocks += (Code(block) for block in _matrices(worked))
    blocks.append(Facts(tuple(_facts(worked))))
    if steps:
        blocks.append(Heading("Step by step"))
        blocks += (_step(worked, step) for step in worked.steps[:MOST_STEPS])
        if len(worked.steps) > MOST_STEPS:
            rest = len(worked.steps) - MOST_STEPS
            blocks.append(Remark("more", text(f"{rest:,} more windows; --format json has them all")))
    return Doc(_title(worked), tuple(blocks))


def _title(worked: Worked) -> str:
    if worked.operation == "dense":
        rows = worked.filters[0][0]
        return f"dense layer with {len(rows)} units on a vector of {len(rows[0])}"
    image = shape_text(_size(worked.image, worked.signal))
    name = f"{worked.operation[0].upper()}{worked.operation[1:]}"
    if not worked.filters:
        return f"{name} of a {image} {'signal' if worked.signal else 'map'}"
    count = len(worked.filters)
    size = shape_text(_size(worked.filters[0], worked.signal))
    return (
        f"{name} of a {image} {'signal' if worked.signal else 'map'} with {count} filter{'s' * (count > 1)} of {size}"
    )


def _size(volume: Volume, signal: bool) -> tuple[int, ...]:
    return (len(volume), len(volume[0][0])) if signal else (len(volume), len(volume[0]), len(volume[0][0]))


def _pooling(worked: Worked) -> str:
    what = "largest number" if "max" in worked.operation else "mean"
    return f"The {what} of every window, each channel by itself."


def _facts(worked: Worked) -> Iterator[Fact]:
    if worked.grid is not None and not worked.operation.startswith("global"):
        axes = (worked.grid.vertical, worked.grid.horizontal)[1 if worked.signal else 0 :]
        yield Fact("stride", extent(tuple(axis.stride for axis in axes)), "text")
        yield Fact("padding", *_padding(worked, axes))
        if any(axis.dilation != 1 for axis in axes):
            yield Fact("dilation", extent(tuple(axis.dilation for axis in axes)), "text")
    if worked.bias:
        yield Fact(
            "bias", ", ".join(show(value) for value in worked.bias), "text", "one per filter" if worked.grid else ""
        )
    yield Fact("output", worked.shape, "shape", "scores" if worked.grid is None else "channels first")
    if worked.macs:
        zeros = worked.padded is not None and worked.grid is not None and worked.grid.mode == "zeros"
        yield Fact("multiplications", worked.macs, "count", "those with padded zeros included" if zeros else "")


def _padding(worked: Worked, axes: Sequence[Axis]) -> tuple[str, Role, str]:
    """The padding's value and what there is to say of it."""
    word = getattr(worked.layer, "padding", "")
    word = word if isinstance(word, str) else ""
    if worked.padded is None or worked.grid is None:
        return "0", "text", word
    sides = list(dict.fromkeys(f"{axis.pads[0]} + {axis.pads[1]}" for axis in axes))
    ends = "left + right" if worked.signal else "top + bottom, left + right"
    ends = "before + after on each axis" if len(sides) == 1 and not worked.signal else ends
    filled = "never the largest" if "max" in worked.operation else f"filled with {worked.grid.mode}"
    if worked.grid.mode != "zeros":
        filled = {"reflect": "mirrored", "replicate": "the border repeated", "circular": "wrapped around"}[
            worked.grid.mode
        ]
    return ", ".join(sides), "text", ", ".join(note for note in (word, ends, filled) if note)


# -- matrices --------------------------------------------------------------------------------------------------------


def _matrices(worked: Worked) -> Iterator[str]:
    outputs = [
        _picture("=", _caption("scores" if worked.grid is None else "output", index, len(worked.output)), channel)
        for index, channel in enumerate(worked.output)
    ]
    if worked.operation == "dense":
        (weights,), (vector,) = worked.filters[0], worked.image
        line = [_picture("", "weights W", weights), _picture("·", "x", vector)]
        if worked.bias:
            line.append(_picture("+", "bias b", tuple((value,) for value in worked.bias)))
        yield from _arranged([*line, outputs[0]])
        return
    image = worked.padded or worked.image
    name = "input, padded" if worked.padded else "input"
    inputs = [_picture("", _caption(name, index, len(image)), channel) for index, channel in enumerate(image)]
    if not worked.filters:
        for before, after in zip(inputs, outputs, strict=True):
            yield from _arranged([before, after._replace(sign="→")])
        return
    filters = list(_filters(worked))
    if len(inputs) == len(filters) == len(outputs) == 1:
        yield from _arranged([inputs[0], filters[0], outputs[0]])
        return
    per = len(worked.filters[0])
    for group in (inputs, *(filters[at : at + per] for at in range(0, len(filters), per)), outputs):
        yield from _arranged([picture._replace(sign="") for picture in group])


def _filters(worked: Worked) -> Iterator[_Picture]:
    turned = ", turned" if worked.operation == "convolution" else ""
    for index, one in enumerate(worked.filters):
        name = f"filter {index + 1}{turned}" if len(worked.filters) > 1 else f"kernel{turned}"
        for channel, matrix in enumerate(one):
            yield _picture("*", _caption(name, channel, len(one)), matrix)


def _caption(name: str, index: int, count: int) -> str:
    return f"{name}, channel {index + 1}" if count > 1 else name


def _picture(sign: str, caption: str, matrix: Matrix) -> _Picture:
    cells = [[show(value) for value in row] for row in matrix[:TALLEST]]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    if len(matrix) > TALLEST or sum(widths) + 2 * len(widths) > WIDEST:
        size = f"{len(matrix)}x{len(matrix[0])}"
        return _Picture(sign, caption, (f"({size} numbers: --format json or --plot shows them)",))
    lines = tuple("  ".join(cell.rjust(room) for cell, room in zip(row, widths, strict=True)) for row in cells)
    return _Picture(sign, caption, lines)


def _arranged(pictures: Sequence[_Picture]) -> Iterator[str]:
    """Side by side where there is room for all of them, else below each other."""
    signed = any(picture.sign for picture in pictures)
    if sum(picture.width + 5 for picture in pictures) > WIDEST:
        rows: list[list[_Picture]] = [[]]
        for picture in pictures:
            if rows[-1] and (signed or sum(one.width + 5 for one in [*rows[-1], picture]) > WIDEST):
                rows.append([])
            rows[-1].append(picture._replace(sign=""))
        for row in rows:
            yield _beside(row)
        return
    yield _beside(pictures)


def _beside(pictures: Sequence[_Picture]) -> str:
    height = max(len(picture.lines) for picture in pictures)
    lines = ["".join(_cell(one, one.caption, False, index) for index, one in enumerate(pictures))]
    for row in range(height):
        parts = []
        for index, one in enumerate(pictures):
            top = (height - len(one.lines)) // 2
            line = one.lines[row - top] if top <= row < top + len(one.lines) else ""
            parts.append(_cell(one, line, row == (height - 1) // 2, index))
        lines.append("".join(parts))
    return "\n".join(line.rstrip() for line in lines)


def _cell(picture: _Picture, line: str, middle: bool, index: int) -> str:
    sign = picture.sign if middle else ""
    return ("" if index == 0 else f"  {sign:1}  ") + line.ljust(picture.width)


# -- steps -----------------------------------------------------------------------------------------------------------


def _step(worked: Worked, step: Step) -> Text:
    return text(_place(worked, step), " = ", _sum(worked, step), " = ", (show(step.result), "strong"))


def _place(worked: Worked, step: Step) -> str:
    if worked.grid is None:
        return f"score {step.row + 1}"
    several = f"{step.map + 1}, " if len(worked.output) > 1 else ""
    row = "" if worked.signal else f"{step.row + 1}, "
    return f"o[{several}{row}{step.column + 1}]"


def _sum(worked: Worked, step: Step) -> str:
    if not step.weights:
        numbers = step.windows[0]
        if "max" in worked.operation:
            return f"max({', '.join(show(value) for value in numbers)})"
        return f"({_terms([show(value) for value in numbers])}) / {len(numbers)}"
    sums = [
        _terms([f"{_factor(value)}·{_factor(weight, True)}" for value, weight in zip(window, weights, strict=True)])
        for window, weights in zip(step.windows, step.weights, strict=True)
    ]
    whole = sums[0] if len(sums) == 1 else " + ".join(f"({one})" for one in sums)
    return whole if step.bias is None else f"{whole} {_added(show(step.bias))}"


def _factor(value: Number, second: bool = False) -> str:
    written = show(value)
    return f"({written})" if "/" in written or (second and value < 0) else written


def _terms(written: Sequence[str]) -> str:
    return " ".join([written[0], *(_added(term) for term in written[1:])])


def _added(term: str) -> str:
    return f"- {term[1:]}" if term.startswith("-") else f"+ {term}"
