"""Why a window has no solution: what the layer refuses, what comes nearest, and which other given number would do."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cnncalc.solve.search import Ask, Found, TooManyError, Window, search

INSTEAD = ("stride", "kernel", "padding", "input")
"""Given quantities that may have been mistyped."""


def why(ask: Ask, axis: Found) -> Iterator[str]:
    """The reasons, one per line."""
    for one, reason in axis.refused:
        fields = field_text(ask.unknown, one)
        yield f"{fields + ': ' if fields else ''}{reason}"
    for one in axis.misses:
        fields = field_text(ask.unknown, one)
        yield f"nearest: {fields + ' ' if fields else ''}gives {one.output}, not {ask.output}"
    if not axis.misses and not axis.refused:
        yield "no combination in these ranges gives any output"
    if isinstance(ask.output, int):
        yield from _instead(ask)


def _instead(ask: Ask) -> Iterator[str]:
    """With one given number changed as little as possible, a solution."""
    for name in INSTEAD:
        stated = getattr(ask, name)
        if stated is None or isinstance(stated, range | str):
            continue
        fixed: dict[str, Any] = {"dilation": 1} if "dilation" in ask.unknown else {}
        free = ask._replace(**{**fixed, name: None})
        try:
            found = search(free).solutions
        except TooManyError:
            continue
        best = min(found, key=lambda one: (_distance(stated, getattr(one, name)), one.key), default=None)
        if best is not None:
            rest = field_text(tuple(one for one in ask.unknown if one not in fixed), best)
            changed = f"{name} {text_of(name, getattr(best, name))} instead of {text_of(name, stated)}"
            yield f"with {changed}{', ' + rest if rest else ''} it is {ask.output}"


def _distance(stated: object, other: object) -> int:
    if isinstance(stated, int) and isinstance(other, int):
        return abs(stated - other)
    assert isinstance(stated, tuple)
    assert isinstance(other, tuple)
    return abs(sum(stated) - sum(other))


def field_text(names: tuple[str, ...], one: Window) -> str:
    """`stride 2, padding 1+2`."""
    return ", ".join(f"{name.replace('_', ' ')} {text_of(name, getattr(one, name))}" for name in names)


def text_of(name: str, value: object) -> str:
    """A quantity as it is shown: a padding of two unequal sides as before+after."""
    if name == "padding" and isinstance(value, tuple | list):
        before, after = value
        return str(before) if before == after else f"{before}+{after}"
    return str(value)
