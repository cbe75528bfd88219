"""Why a window has no solution: what the layer refuses, what comes nearest, and which other given number would do."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cnncalc.solve.search import Ask, Found, TooManyError, Window, search
from cnncalc.solve.windowwords import say

INSTEAD = ("stride", "kernel", "padding", "input")
"""Given quantities that may have been mistyped."""


def why(ask: Ask, axis: Found, lang: str = "en") -> Iterator[str]:
    """The reasons, one per line. What a layer says of its input is English in every language."""
    for one, reason in axis.refused:
        fields = field_text(ask.unknown, one, lang)
        yield f"{fields + say('colon', lang) if fields else ''}{reason}"
    for one in axis.misses:
        fields = field_text(ask.unknown, one, lang)
        phrase = "nearest" if fields else "nearest-alone"
        yield say(phrase, lang, fields=fields, given=one.output, wanted=ask.output)
    if not axis.misses and not axis.refused:
        yield say("nothing", lang)
    if isinstance(ask.output, int):
        yield from _instead(ask, lang)


def _instead(ask: Ask, lang: str) -> Iterator[str]:
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
            rest = field_text(tuple(one for one in ask.unknown if one not in fixed), best, lang)
            yield say(
                "instead",
                lang,
                name=say(name, lang),
                other=text_of(name, getattr(best, name)),
                stated=text_of(name, stated),
                rest=say("comma", lang) + rest if rest else "",
                wanted=ask.output,
            )


def _distance(stated: object, other: object) -> int:
    if isinstance(stated, int) and isinstance(other, int):
        return abs(stated - other)
    assert isinstance(stated, tuple)
    assert isinstance(other, tuple)
    return abs(sum(stated) - sum(other))


def field_text(names: tuple[str, ...], one: Window, lang: str = "en") -> str:
    """`stride 2, padding 1+2`."""
    facts = (say("fact", lang, name=say(name, lang), value=text_of(name, getattr(one, name))) for name in names)
    return say("comma", lang).join(facts)


def text_of(name: str, value: object) -> str:
    """A quantity as it is shown: a padding of two unequal sides as before+after."""
    if name == "padding" and isinstance(value, tuple | list):
        before, after = value
        return str(before) if before == after else f"{before}+{after}"
    return str(value)
