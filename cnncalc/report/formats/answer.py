"""The JSON contract `cnncalc/answer/1`: solutions by name, the derivation line by line, the verdict on a claim.

Formulas are in the grammar of specs plus ceil(a/b), floor(a/b), max and min, as everywhere in the JSON.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from json import dumps
from typing import Any

from cnncalc.core.diagnostic import SpecError
from cnncalc.core.dims import plain
from cnncalc.core.expression import Expression
from cnncalc.report.formats.json import _fault, error
from cnncalc.solve.answer import Answer, Line


def render(results: Sequence[Answer | SpecError], *, many: bool = False) -> str:
    """One object, or an array of them."""
    objects = [error(result) if isinstance(result, SpecError) else answer(result) for result in results]
    return dumps(objects if many or len(objects) != 1 else objects[0], ensure_ascii=False, indent=2) + "\n"


def answer(result: Answer) -> dict[str, Any]:
    """One answer as the contract's object."""
    found = result.verdict
    return {
        "schema": "cnncalc/answer/1",
        "question": result.question,
        "solutions": [_plain(solution) for solution in result.solutions],
        "unit": result.unit,
        "derivation": [_line(line) for line in result.derivation],
        "notes": list(result.notes),
        "verdict": None
        if found is None
        else {"claimed": found.claimed, "right": found.right, "slips": list(found.slips), "computed": found.computed},
        "faults": [_fault(one) for one in result.faults],
    }


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value if isinstance(value, float | bool) else plain(value)


def _line(line: Line) -> dict[str, Any]:
    return {
        "path": line.path,
        "figure": line.figure,
        "name": line.name,
        "symbols": _formula(line.symbols),
        "numbers": _formula(line.numbers),
        "value": _plain(line.value),
        "unit": line.unit,
        "words": line.words,
    }


def _formula(side: Any) -> str | None:
    return side.text(unicode=False) if isinstance(side, Expression) else side
