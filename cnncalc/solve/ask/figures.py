"""The figures that a question may be about: which of the analysis' numbers answers it, which lines derive it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from cnncalc.analysis.result import Analysis, Row
from cnncalc.core.dims import known_total, prod
from cnncalc.core.dims import text as dim_text
from cnncalc.core.shapes import elements, shape_text
from cnncalc.solve.answer import Line
from cnncalc.solve.ask.phrases import say
from cnncalc.solve.ask.questions import Question
from cnncalc.solve.derivation import line
from cnncalc.solve.explain import MEMORY, WHOLE
from cnncalc.solve.lang import say as word

_OUTPUTS = ("C_out", "D_out", "H_out", "W_out", "L_out", "N_out")


class Case:
    """One figure question on an analysed network."""

    def __init__(
        self, question: Question, analysis: Analysis, rows: list[Row], is_part: bool, lines: tuple[Line, ...], lang: str
    ) -> None:
        self.question, self.analysis, self.rows, self.is_part, self.lines, self.lang = (
            question,
            analysis,
            rows,
            is_part,
            lines,
            lang,
        )

    def sum(self, figure: str) -> Any:
        """A figure of the chosen layers together."""
        return known_total(getattr(row, figure) for row in self.rows)

    def named(self, *keys: str, upto: bool = False) -> Iterator[Line]:
        """The lines of these names: of the chosen layers (and those before them), and of the whole if it is asked of."""
        names = {word(key, self.lang) if key in _WORDS else key for key in keys}
        chosen = {row.path for row in self.rows}
        order = [row.path for row in self.analysis.rows]
        if upto and chosen:
            chosen = set(order[: max(order.index(path) for path in chosen) + 1])
        if not self.is_part and len(self.analysis.rows) > 1:
            chosen.add(WHOLE)
        shown = {each.path for each in self.lines if each.name in names and each.path in chosen}
        yield from (each for each in self.lines if each.path in shown and each.name in names)

    @property
    def last(self) -> Row:
        """The layer whose output is asked for."""
        return self.rows[-1] if self.is_part else self.analysis.rows[-1]


_WORDS = frozenset(
    {
        "weight",
        "bias",
        "params",
        "macs",
        "flops",
        "map",
        "field",
        "jump",
        "start",
        "prediction",
        "training",
        "with-gradients",
    }
)
_Made = tuple[dict[str, Any], Sequence[Line], Sequence[str], str]


def _params(case: Case) -> _Made:
    key = "weights" if case.question.what == "weights" else "params"
    return {key: case.sum("params")}, list(case.named("weight", "bias", "params")), (), ""


def _macs(case: Case) -> _Made:
    return {"macs": case.sum("macs")}, list(case.named("macs")), (), ""


def _connections(case: Case) -> _Made:
    return {"connections": case.sum("macs")}, list(case.named("macs")), (say("one-mac", case.lang),), ""


def _flops(case: Case) -> _Made:
    macs, twice, full = case.sum("macs"), case.sum("flops_torch"), case.sum("flops")
    note = say("counted-twice", case.lang, flops=told(full))
    return (
        {"flops": twice, "macs": macs, "flops_counting_everything": full},
        list(case.named("macs", "flops")),
        (note,),
        "",
    )


def _output(case: Case) -> _Made:
    shape = case.last.output
    axes = [
        word("padding", case.lang),
        *(
            word("along", case.lang, name=word("padding", case.lang), axis=word(axis, case.lang))
            for axis in ("height", "width")
        ),
    ]
    solution = {"output": None if shape is None else shape_text(shape)}
    return solution, list(case.named(*_OUTPUTS, *axes, upto=True)), (), ""


def _neurons(case: Case) -> _Made:
    from cnncalc.core.recording import named

    shape = case.last.output
    if shape is None:
        return {"neurons": None}, (), (), ""
    names = {1: ("N_out",), 2: ("C_out", "L_out"), 3: ("C_out", "H_out", "W_out")}.get(len(shape), ())
    figure = prod([named(name, size) for name, size in zip(names, shape, strict=True)]) if names else elements(shape)
    lines = [*case.named(*_OUTPUTS, upto=True), line("neurons", figure)._replace(path=case.last.path)]
    return {"neurons": elements(shape)}, lines, (), ""


def _field(case: Case) -> _Made:
    field = case.last.receptive_field
    size = None if field is None else "x".join(dim_text(side) for side in field.size)
    return {"receptive_field": size}, list(case.named("field", "jump", upto=True)), (), ""


def _map_memory(case: Case) -> _Made:
    size = case.last.output_bytes
    solution = {"output_bytes": size}
    if isinstance(size, int):
        solution["bits"] = 8 * size
    lines = [
        *case.named("C_out", "H_out", "W_out", "L_out", "N_out", upto=True),
        *(each for each in case.named("map") if each.path == case.last.path),
    ]
    order = [row.path for row in case.analysis.rows]
    return solution, sorted(lines, key=lambda each: order.index(each.path)), (), "B"


def _memory_lines(case: Case, names: Sequence[str], without: Sequence[str]) -> list[Line]:
    left_out = {word(key, case.lang) for key in without}
    shown = {*(word(key, case.lang) for key in names if key in _WORDS), *names}
    alone = len(case.analysis.rows) == 1
    lines = [each for each in case.named("params") if alone or each.path == WHOLE]
    for each in case.lines:
        if each.path == MEMORY and (each.name in shown or (not each.name and each.words not in left_out)):
            lines.append(each)
    return lines


def _predict(case: Case) -> _Made:
    lines = _memory_lines(case, ("pair", "prediction"), ("training-keeps",))
    return {"prediction_bytes": case.analysis.memory.textbook.inference_bytes}, lines, (), "B"


def _train(case: Case) -> _Made:
    textbook = case.analysis.memory.textbook
    solution = {
        "training_bytes": textbook.training_bytes,
        "with_gradients_bytes": textbook.training_with_gradients_bytes,
    }
    prefix = word("largest", case.lang, path="\0").partition("\0")[0]
    lines = [
        each
        for each in _memory_lines(case, ("maps", "training", "with-gradients"), ())
        if not each.words.startswith(prefix)
    ]
    return solution, lines, (), "B"


def _in_features(case: Case) -> _Made:
    dense = next((row for row in case.analysis.rows if row.kind == "dense"), None)
    before = case.analysis.rows[-1] if dense is None else None
    if dense is not None and dense.inputs and dense.inputs[0] not in case.analysis.inputs:
        before = case.analysis.row(dense.inputs[0])
    shape = next(iter(case.analysis.inputs.values())) if before is None else before.output
    count = None if shape is None else elements(shape)
    lines = [
        each
        for each in case.lines
        if before is not None
        and each.path in [row.path for row in case.analysis.rows[: case.analysis.rows.index(before) + 1]]
        and each.name in _OUTPUTS
    ]
    return {"in_features": count}, lines, (), ""


FIGURES: dict[str, Callable[[Case], _Made]] = {
    "params": _params,
    "weights": _params,
    "macs": _macs,
    "flops": _flops,
    "output": _output,
    "neurons": _neurons,
    "connections": _connections,
    "field": _field,
    "map_memory": _map_memory,
    "predict": _predict,
    "train": _train,
    "in_features": _in_features,
}


def told(value: Any) -> str:
    """A figure in a sentence."""
    return f"{value:,}" if isinstance(value, int) else dim_text(value)
