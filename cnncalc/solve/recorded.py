"""One window run on numbers that remember their formula: the lines under its answer are the layer's own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from cnncalc.layers import layer_class
from cnncalc.layers.fields import Sides
from cnncalc.solve.answer import Line
from cnncalc.solve.derivation import line, named
from cnncalc.solve.search import KINDS, Window

LETTERS = {1: ("n",), 2: ("H", "W"), 3: ("D", "H", "W")}
"""The names of axes in formulas. (In three dimensions a dilation is written R, because D is the depth.)"""
NOTHING: Mapping[str, str] = MappingProxyType({})


def window_lines(kind: str, row: tuple[Window, ...], ceil: bool = False) -> Iterator[Line]:
    """Per axis (once, where all are equal) how its output comes about."""
    if len(set(row)) == 1:
        yield _line(kind, row[0], ceil, "n", NOTHING, len(row))
        return
    differ = {name for name in Window._fields if len({getattr(other, name) for other in row}) > 1}
    for letter, one in zip(LETTERS[len(row)], row, strict=True):
        yield _line(kind, one, ceil, letter, dict.fromkeys(differ, f"_{letter.lower()}"), len(row))


def _line(kind: str, one: Window, ceil: bool, letter: str, suffixes: Mapping[str, str], axes: int) -> Line:
    layer = recorded_layer(kind, one, ceil, suffixes, "R" if axes == 3 else "D")
    return line(f"{letter}_out", layer.output((1, named(letter, one.input)))[1])


def recorded_layer(
    kind: str, one: Window, ceil: bool = False, suffixes: Mapping[str, str] = NOTHING, dilation: str = "D"
) -> Any:
    """The layer of one axis with K, S, P and D for its fields; a dilation of 1 and no output padding are left out."""

    def field(letter: str, name: str, value: Any) -> Any:
        return named(f"{letter}{suffixes.get(name, '')}", value)

    fields: dict[str, Any] = {
        "kernel": field("K", "kernel", one.kernel),
        "stride": field("S", "stride", one.stride),
        "padding": _padding(one.padding, suffixes.get("padding", "")),
        "dilation": 1 if one.dilation == 1 else field(dilation, "dilation", one.dilation),
    }
    if kind == "pool":
        fields["ceil_mode"] = ceil
    else:
        fields["filters"] = 1
    if kind == "transposed":
        extra = one.output_padding
        fields["output_padding"] = 0 if extra == 0 else field("P_out", "output_padding", extra)
    return layer_class(KINDS[kind]).model_construct(**fields)


def _padding(padding: tuple[int, int] | str, suffix: str) -> Any:
    if padding in ("same", "full"):
        return padding
    before, after = (0, 0) if isinstance(padding, str) else padding
    if before == after:
        return named(f"P{suffix}", before)
    return Sides(left=named(f"P_before{suffix}", before), right=named(f"P_after{suffix}", after))
