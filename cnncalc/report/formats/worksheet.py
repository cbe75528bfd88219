"""The JSON contract `cnncalc/worksheet/1`: questions, networks, and answers as `cnncalc/answer/1`."""

from __future__ import annotations

from json import dumps

from cnncalc.report.formats.answer import answer
from cnncalc.solve.exercise.worksheet import Worksheet


def render(sheet: Worksheet, *, key: bool = True) -> str:
    """One object; without the key the problems have no answers."""
    problems = []
    for number, problem in enumerate(sheet.problems, start=1):
        one = {"number": number, "topic": problem.topic, "question": problem.question}
        if key:
            one |= {"spec": problem.spec, "answers": [answer(each) for each in problem.answers]}
        problems.append(one)
    whole = {"schema": "cnncalc/worksheet/1", "seed": sheet.seed, "language": sheet.lang, "problems": problems}
    return dumps(whole, ensure_ascii=False, indent=2) + "\n"
