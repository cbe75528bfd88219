"""A claimed answer about one window: right, or wrong by which slips.

A claim about an unknown is put in its place; a slip explains it when the wrong computation, fed with it, gives the output
that was asked for.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from cnncalc.analysis import slips
from cnncalc.core.diagnostic import SpecError
from cnncalc.core.shapes import read_sizes
from cnncalc.solve.answer import Verdict
from cnncalc.solve.given import per_axis, read, stop
from cnncalc.solve.search import Ask, Window, forward, layer_of, window_of

FIGURES = ("params", "macs", "neurons", "shape")
BLIND: dict[str, tuple[str, ...]] = {
    "padding": ("same", "padding", "kernel", "no-kernel"),
    "stride": ("stride",),
    "kernel": ("same", "kernel", "no-kernel"),
    "dilation": ("dilation", "same"),
    "output_padding": ("output-padding",),
}
"""Wrong computations that do not look at a quantity, and so explain no claim about it."""


class Stated(NamedTuple):
    """A claim: of what, and the values, one per axis (of a padding: before and after)."""

    what: str
    values: tuple[Any, ...]
    text: str


def judge(claim: Any, asks: tuple[Ask, ...], rows: Any, solutions: Any, more: Any, ceil: bool) -> Verdict:
    """The verdict on `55`, `55x55`, `padding=1+2`, `params=34848`."""
    stated = _read(claim, asks, more)
    if stated.what in FIGURES:
        return _figure(stated, rows, solutions, more, ceil)
    right = any(_matches(stated, row) for row in rows)
    return Verdict(stated.text, right, () if right else diagnosed(stated, asks))


def _read(claim: Any, asks: tuple[Ask, ...], more: Any) -> Stated:
    text = str(claim)
    what, equals, value = text.partition("=")
    if not equals:
        what, value = _meant(asks), text
        if more is not None and what == "output" and len(read_sizes(text)) == len(asks) + 1:
            what = "shape"
    what = what.strip().replace("-", "_")
    if what in FIGURES:
        if more is None:
            stop(f"a claim about {what} needs the channels", received=text, remedy="add --channels and --filters")
        parts: Any = tuple(read_sizes(value.strip())) if what == "shape" else (value.strip(),)
        return Stated(what, parts, text)
    if what not in Ask._fields or what in ("kind", "ceil"):
        stop(
            f"the claim {text} cannot be read", "a value, or name=value", text, "write --claim 55 or --claim padding=2"
        )
    try:
        one = read(what, value.strip())
    except SpecError:
        stop(f"the claim {text} cannot be read", f"a number for the {what}, or name=value", text, "write --claim 55")
    _, spread = per_axis({what: one, "input": tuple(1 for _ in asks)})
    values = spread[what]
    if len(asks) == 1 and len(set(values)) == 1:
        # 55x55 where one side was asked for
        values = values[:1]
    if len(values) != len(asks):
        stop(f"the claim {text} has {len(values)} axes", f"{len(asks)}, as in the question", text)
    if any(isinstance(item, range) or item == "?" for item in values):
        stop(f"the claim {text} leaves a choice", "one value", text)
    return Stated(what, values, text)


def _meant(asks: tuple[Ask, ...]) -> str:
    """What a bare value speaks of: the output, or the one unknown (a dilation is seldom meant)."""
    ask = asks[0]
    if ask.output is None:
        return "output"
    if isinstance(ask.output, int):
        unknown = [name for name in ask.unknown if name not in ("dilation", "output_padding")] or list(ask.unknown)
        if len(unknown) == 1:
            return unknown[0]
        if unknown:
            stop(
                "the claim does not say which quantity it is about",
                " or ".join(unknown),
                remedy=f"write --claim {unknown[0]}=2",
            )
    return "output"


def _matches(stated: Stated, row: tuple[Window, ...]) -> bool:
    if len(stated.values) == 1 and len(row) > 1:
        return all(getattr(one, stated.what) == stated.values[0] for one in row)
    return all(_same(getattr(one, stated.what), value) for one, value in zip(row, stated.values, strict=True))


def _same(mine: Any, theirs: Any) -> bool:
    return bool(mine == theirs)


def diagnosed(stated: Stated, asks: tuple[Ask, ...]) -> tuple[str, ...]:
    """The slips that lead to the claim; none when no common slip does."""
    sides = []
    wanted = []
    for ask, value in zip(asks, stated.values * (len(asks) if len(stated.values) == 1 else 1), strict=True):
        placed = ask if stated.what == "output" else ask._replace(**{stated.what: value})
        if placed.kind == "transposed" and placed.output_padding is None:
            placed = placed._replace(output_padding=0)
        if placed.dilation is None:
            placed = placed._replace(dilation=1)
        goal = value if stated.what == "output" else placed.output
        if placed.unknown or not isinstance(goal, int):
            return ()
        side = _side(placed)
        window = window_of(placed)
        if side.length() != forward(placed.kind, window, placed.ceil):
            # the terms do not say all of it (a last window that starts beyond the map)
            return ()
        sides.append(side)
        wanted.append(goal)
    terms = slips.MapTerms(1, 1, tuple(sides))
    ignored = {"depth", "channels-last", *BLIND.get(stated.what, ())}
    table = [slip for slip in slips.MAP_SLIPS if slip.name not in ignored]
    found = slips.diagnose(terms, table, lambda shape: shape[1:] == tuple(wanted))
    return () if found is None else found.sentences


def _side(ask: Ask) -> slips.Side:
    window = window_of(ask)
    if ask.kind != "transposed":
        layer: Any = layer_of(ask.kind, window, ask.ceil)
        return slips.Side.of(layer.axes((1, window.input))[0], ask.ceil)
    before, after = (0, 0) if isinstance(window.padding, str) else window.padding
    same = window.padding == "same"
    sizes = (window.input, window.kernel, window.stride, window.dilation, before, after)
    return slips.Side(*sizes, same=same, transposed=True, extra=window.output_padding)


def _figure(stated: Stated, rows: Any, solutions: Any, more: Any, ceil: bool) -> Verdict:
    """Parameters, MACs, neurons or the shape of a layer with channels: judged like a claim in a spec."""
    from cnncalc.analysis.mistakes import judged
    from cnncalc.solve.networks import one_layer

    if not rows:
        return Verdict(stated.text, False)
    shape = (more.channels, *(one.input for one in rows[0]))
    graph = one_layer(more.layer_kind, more.fields(rows[0], ceil), shape)
    if stated.what == "neurons":
        right = str(solutions[0]["neurons"]) == stated.values[0].replace("_", "").replace(",", "")
        return Verdict(stated.text, right)
    what = "output" if stated.what == "shape" else stated.what
    value = stated.values if what == "output" else stated.values[0]
    claim, slip = judged(graph, what, value)
    return Verdict(stated.text, bool(claim.holds), () if slip is None else slip.sentences)
