"""An answer as a page: the question, the solutions, the derivation part by part, notes, and the verdict on a claim."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from cnncalc.core.dims import text as dim_text
from cnncalc.core.shapes import shape_text
from cnncalc.report.doc import (
    Block,
    Cell,
    Column,
    Doc,
    Fact,
    Facts,
    Formula,
    Formulas,
    Heading,
    Style,
    Table,
    Text,
    text,
)
from cnncalc.report.doc import Line as TableLine
from cnncalc.solve.answer import Answer, Line, Verdict
from cnncalc.solve.lang import PHRASES, say, slip


def answer_doc(answer: Answer, *, limit: int = 40) -> Doc:
    """The page of one answer; more than `limit` solutions are counted, not shown."""
    return Doc(answer.question, tuple(_blocks(answer, limit)), answer.lang)


def _blocks(answer: Answer, limit: int) -> Iterator[Block]:
    yield Heading(answer.question, 1)
    if answer.faults:
        from cnncalc.report.views.analysis import problem

        yield from map(problem, answer.faults)
    said = [verdict(answer.verdict, answer.lang)] if answer.verdict is not None else []
    solutions = list(_solutions(answer, limit))
    # of a network the table of all layers is only beside the point of a claim
    yield from (*said, *solutions) if _is_overview(answer) else (*solutions, *said)
    yield from derivation(answer.derivation, answer.titles)
    yield from (text((note, "dim")) for note in answer.notes)


def _is_overview(answer: Answer) -> bool:
    """Whether the solutions are a network's layers, which the derivation tells one by one."""
    return bool(answer.titles) and not answer.rows


def _solutions(answer: Answer, limit: int) -> Iterator[Block]:
    """One: its quantities one below the other, or in a sentence; several: a table with a column each. None: the notes say why."""
    solutions = answer.rows or answer.solutions
    if not solutions or (_is_overview(answer) and len(solutions) <= 2):
        return
    keys = list(dict.fromkeys(key for solution in solutions for key in solution))
    if len(solutions) == 1 and len(keys) <= 2:
        facts = [f"{_name(key, answer.lang)} {shown(solutions[0][key])}" for key in keys]
        yield text((say("comma", answer.lang).join(facts), "strong"), f" {answer.unit}" if answer.unit else "")
        return
    if len(solutions) == 1:
        yield Facts(tuple(Fact(_name(key, answer.lang), shown(solutions[0][key]), "text") for key in keys))
        return
    columns = tuple(_column(key, index, solutions, answer.lang) for index, key in enumerate(keys))
    lines = [
        TableLine(tuple(_cell(solution.get(key, ""), column) for key, column in zip(keys, columns, strict=True)))
        for solution in solutions[:limit]
    ]
    yield Table(columns, tuple(lines))
    if len(solutions) > limit:
        yield text((say("more", answer.lang, count=f"{len(solutions) - limit:,}"), "dim"))


def _name(key: str, lang: str) -> str:
    """What a quantity is called."""
    return say(f"column-{key}", lang) if f"column-{key}" in PHRASES else key.replace("_", " ")


def _column(key: str, index: int, solutions: Sequence[Mapping[str, Any]], lang: str) -> Column:
    """A quantity's column: counts stand flush right, the first columns stay longest."""
    counts = all(type(solution.get(key)) is int or solution.get(key) is None for solution in solutions)
    return Column(_name(key, lang), "count" if counts else "text", 9 - min(index, 8))


def _cell(value: Any, column: Column) -> Cell:
    return Cell(value if column.role == "count" else shown(value))


def shown(value: Any) -> str:
    """A solution's quantity: numbers with separators, pairs in brackets, mappings by name."""
    if value is None:
        return "?"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:,.4g}"
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {shown(item)}" for key, item in value.items())
    if isinstance(value, Sequence):
        return f"[{', '.join(shown(item) for item in value)}]"
    return dim_text(value)


def derivation(lines: Sequence[Line], titles: Mapping[str, str] | None = None) -> Iterator[Block]:
    """The lines, part by part: a heading where the path changes, sentences between runs of formulas."""
    for path, part in groupby(lines, key=lambda line: line.path):
        if path:
            yield Heading((titles or {}).get(path, path))
        for is_formula, run in groupby(part, key=_is_formula):
            if is_formula:
                yield Formulas(tuple(map(formula, run)))
            else:
                yield from (text(line.words) for line in run if line.words)


def _is_formula(line: Line) -> bool:
    return line.symbols is not None or line.numbers is not None or line.value is not None


def formula(line: Line) -> Formula:
    """One line; a comparison's truth is told in its words."""
    value = None if isinstance(line.value, bool) else line.value
    if isinstance(value, tuple):
        value = shape_text(value)
    return Formula(
        line.name,
        tuple(step for step in (line.symbols, line.numbers) if step is not None),
        value,
        line.unit,
        line.words,
    )


def verdict(found: Verdict, lang: str = "en") -> Text:
    """Right, or wrong and by which slips."""
    style: Style = "good" if found.right else "bad"
    if found.right:
        return text((say("claim-right", lang, claimed=found.claimed), style))
    phrase = "claim-corrected" if found.computed else "claim-wrong"
    head = say(phrase, lang, claimed=found.claimed, computed=found.computed)
    reason = (
        say("slip-joint", lang).join(slip(one, lang) for one in found.slips) if found.slips else say("no-slip", lang)
    )
    return text((head, style), f"{say('colon', lang)}{reason}")
