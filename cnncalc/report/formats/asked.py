"""The JSON contract `cnncalc/asked/1`: what was understood, and an array of `cnncalc/answer/1`."""

from __future__ import annotations

from json import dumps

from cnncalc.report.formats.answer import answer
from cnncalc.solve.ask.ask import Asked


def render(asked: Asked) -> str:
    """One object."""
    whole = {
        "schema": "cnncalc/asked/1",
        "text": asked.text,
        "language": asked.lang,
        "specs": list(asked.specs),
        "notes": list(asked.notes),
        "legend": asked.legend,
        "answers": [answer(one) for one in asked.answers],
    }
    return dumps(whole, ensure_ascii=False, indent=2) + "\n"
