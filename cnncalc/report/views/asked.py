"""Questions in words as a page: what was understood, then every answer with its derivation."""

from __future__ import annotations

from collections.abc import Iterator

from cnncalc.report import figures
from cnncalc.report.doc import Block, Code, Doc, Heading, text
from cnncalc.report.views.answer import answer_doc
from cnncalc.solve.answer import Answer
from cnncalc.solve.ask.ask import Asked
from cnncalc.solve.ask.phrases import say


def asked_doc(asked: Asked) -> Doc:
    """The page."""
    return Doc(say("understood", asked.lang), tuple(_blocks(asked)), asked.lang)


def _blocks(asked: Asked) -> Iterator[Block]:
    if asked.specs:
        yield Heading(say("understood", asked.lang), 1)
        yield from (Code(spec, "yaml") for spec in asked.specs)
    yield from (text((note, "dim")) for note in asked.notes)
    for answer in asked.answers:
        yield from answer_doc(with_units(answer)).blocks


def with_units(answer: Answer) -> Answer:
    """The answer with bytes spelled out in B, MB (10^6) and MiB (2^20)."""
    if answer.unit != "B" or answer.rows:
        return answer
    rows = tuple(
        {_name(key): figures.size(value) if key.endswith("_bytes") else value for key, value in solution.items()}
        for solution in answer.solutions
    )
    return answer._replace(rows=rows, unit="")


def _name(key: str) -> str:
    return key.removesuffix("_bytes").replace("_", " ")
