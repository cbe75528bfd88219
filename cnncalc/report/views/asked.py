"""Questions in words as a page: what was understood, then every answer with its derivation."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cnncalc.report import figures
from cnncalc.report.doc import Block, Code, Doc, Heading, Run, Text, text
from cnncalc.report.views.answer import answer_doc, shown
from cnncalc.solve.answer import Answer
from cnncalc.solve.ask.ask import Asked
from cnncalc.solve.ask.phrases import PHRASES, say
from cnncalc.solve.lang import say as word


def asked_doc(asked: Asked) -> Doc:
    """The page."""
    return Doc(say("understood", asked.lang), tuple(_blocks(asked)), asked.lang)


def _blocks(asked: Asked) -> Iterator[Block]:
    if asked.specs:
        yield Heading(say("understood", asked.lang), 1)
        yield from (Code(spec, "yaml") for spec in asked.specs)
    yield from (text((note, "dim")) for note in asked.notes)
    for answer in asked.answers:
        yield from answer_blocks(answer)
    if asked.legend:
        yield text((asked.legend, "dim"))


def answer_blocks(answer: Answer) -> Iterator[Block]:
    """The question, its result in a line of its own, the derivation; a window's table stays as it is."""
    if not all(f"key-{key}" in PHRASES for solution in answer.solutions for key in solution) or not answer.solutions:
        yield from answer_doc(answer).blocks
        return
    question, *rest = answer_doc(answer._replace(solutions=(), rows=())).blocks
    yield question
    for solution in answer.solutions:
        yield _result(solution, answer.lang)
    yield from rest


def _result(solution: Any, lang: str) -> Text:
    """`parameters: 903,400`, bytes in B, MB (10^6) and MiB (2^20)."""
    runs: list[Run] = []
    for key, value in solution.items():
        if key == "network":
            runs += [Run(""), Run(f"{value}: ")]
            continue
        name = say(f"key-{key}", lang)
        said = figures.size(value) if key.endswith("_bytes") else shown(value)
        runs += [
            Run("; " if runs and runs[-1].style == "strong" else ""),
            Run(f"{name}{word('colon', lang)}"),
            Run(said, "strong"),
        ]
    return Text(tuple(run for run in runs if run.text))
