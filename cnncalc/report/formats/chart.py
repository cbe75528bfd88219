"""A Chart in every format: a line of bars, as high as the largest value allows, each stretch under its name."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from math import ceil

from cnncalc.report.doc import Chart, Run
from cnncalc.report.formats.ansi import UNICODE, Glyphs, clean, width, wrap

_SIGNS = "▁▂▃▄▅▆▇█"
_ASCII = "_.-=+*%#"
_HEIGHT = 48
"""Pixels of a bar in HTML; a quarter of it in points in LaTeX."""
_FEWEST = 12
"""Bars that a chart has at least, however narrow the terminal."""
_MARKDOWN = 100
_BARS = 120


def bars(chart: Chart, room: int) -> list[tuple[str, list[float]]]:
    """Per stretch its name and heights from 0 to 1, in all about `room` bars; a bar stands for the largest of its values.

    >>> from cnncalc.report.doc import Stretch
    >>> bars(Chart("t", (Stretch("a", (1, 4, 2, 2)), Stretch("b", (1,)))), 4)
    [('a', [1.0, 0.5]), ('b', [0.25])]
    """
    most = max((value for stretch in chart.stretches for value in stretch.values), default=0) or 1
    count = sum(len(stretch.values) for stretch in chart.stretches)
    room = max(room, len(chart.stretches))
    result = []
    for name, values in chart.stretches:
        here = len(values) if count <= room else max(1, len(values) * (room - len(chart.stretches) + 1) // count)
        edges = [len(values) * index // here for index in range(here + 1)]
        pieces = [values[start:stop] for start, stop in pairwise(edges)]
        result.append((name, [max(piece) / most for piece in pieces]))
    return result


def line(chart: Chart, room: int, signs: str) -> str:
    """The stretches in one line of at most `room` letters, where their names leave that much.

    >>> from cnncalc.report.doc import Stretch
    >>> line(Chart("t", (Stretch("a", (1, 4, 2)), Stretch("b", (1,)))), 30, _SIGNS)
    'a ▂█▄ b ▂'
    """
    drawn = bars(chart, max(room - _names(chart), _FEWEST))
    return " ".join(f"{clean(name)} {_drawn(heights, signs)}" for name, heights in drawn)


def _names(chart: Chart) -> int:
    return sum(width(clean(stretch.name)) + 2 for stretch in chart.stretches)


def _drawn(heights: Sequence[float], signs: str) -> str:
    return "".join(signs[max(ceil(height * len(signs)) - 1, 0)] for height in heights)


def terminal(chart: Chart, room: int, color: bool, glyphs: Glyphs) -> Iterator[str]:
    """The title and the line of bars, which has a line of its own where there are many."""
    title, signs = clean(chart.title), _SIGNS if glyphs is UNICODE else _ASCII
    beside = room - width(title) - 2
    count = sum(len(stretch.values) for stretch in chart.stretches)
    if _names(chart) + count > beside:
        yield title
        yield from wrap([Run(line(chart, room - 2, signs))], room, color=color, lead=[Run("  ")], indent=2)
    else:
        yield from wrap([Run(line(chart, beside, signs))], room, color=color, lead=[Run(f"{title}  ")], indent=2)


def markdown(chart: Chart, escape: Callable[[str], str]) -> Iterator[str]:
    """The title and the line of bars, which are letters here too."""
    yield f"{escape(chart.title)}: `{line(chart, _MARKDOWN, _SIGNS)}`"


def html(chart: Chart) -> Iterator[str]:
    """A drawing, one group of bars per stretch."""
    from html import escape

    drawn = bars(chart, _BARS)
    shapes, left = [], 0
    for name, heights in drawn:
        wide = 5 * len(heights)
        shapes += [
            f'<rect x="{left + 5 * index}" y="{_HEIGHT - high:.1f}" width="4" height="{high:.1f}"/>'
            for index, height in enumerate(heights)
            for high in [max(1.0, _HEIGHT * height)]
        ]
        shapes.append(f'<text x="{left}" y="{_HEIGHT + 13}">{escape(name)}</text>')
        # a name needs its room below, however short its stretch
        left += max(wide, 7 * len(name)) + 10
    title = escape(chart.title)
    yield f'<figure class="chart"><figcaption>{title}</figcaption>'
    yield f'<svg role="img" aria-label="{title}" width="{left}" height="{_HEIGHT + 18}">{"".join(shapes)}</svg></figure>'


def latex(chart: Chart, escape: Callable[[str], str]) -> Iterator[str]:
    r"""Bars as rules, which need no package."""
    yield rf"{escape(chart.title)}: "
    for name, heights in bars(chart, _BARS):
        rules = "".join(rf"\rule{{2pt}}{{{max(0.4, _HEIGHT / 4 * height):.1f}pt}}" for height in heights)
        yield rf"{escape(name)} {rules}\quad"
