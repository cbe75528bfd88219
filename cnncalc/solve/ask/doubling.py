"""Questions about what doubling does: the channels, the side, the batch."""

from __future__ import annotations

from typing import Any

from cnncalc.core.dims import is_symbolic
from cnncalc.solve.answer import Answer
from cnncalc.solve.ask.phrases import say
from cnncalc.solve.questions.scaling import scaling, shown_factor
from cnncalc.spec.model import Spec

FIGURES: dict[str, tuple[str, ...]] = {
    "params": ("params",),
    "weights": ("params",),
    "macs": ("macs",),
    "flops": ("macs",),
    "connections": ("macs",),
    "map_memory": ("maps",),
    "memory": ("inference_bytes", "training_bytes"),
    "predict": ("inference_bytes",),
    "train": ("training_bytes",),
}
"""Which of the figures of `solve scaling` an asked word is about."""
USUAL = ("params", "macs", "maps")
"""Told where the question names no figure."""


def doubled(spec: Spec, change: str, asked: list[str], batch: int, dtype: str, lang: str) -> Answer:
    """The factor of every asked figure when the channels, the side or the batch double."""
    wanted = [name for one in asked for name in FIGURES.get(one, ())] or list(USUAL)
    answer = scaling(spec, batch=batch, dtype=dtype)
    lines = [(key, line) for key, line in zip(("params", "macs"), answer.derivation, strict=False) if key in wanted]
    rows: list[dict[str, Any]] = []
    near = False
    for name in dict.fromkeys(wanted):
        one = next((one for one in answer.solutions if one["figure"] == name), None)
        if one is not None:
            near = near or is_symbolic(one[change])
            rows.append({"figure": name, "now": one["now"], "factor": one[change]})
    table = tuple(
        {say("figure", lang): say(f"scaled-{one['figure']}", lang), say("now", lang): one["now"], say("factor", lang): shown_factor(one["factor"])}
        for one in rows
    )  # fmt: skip
    notes = [say("doubled-all", lang)] if change == "channels" else []
    notes += [say("factor-near", lang)] if near else []
    return Answer(
        say(f"double-{change}", lang),
        tuple(rows),
        tuple(line._replace(name=say(f"scaled-{key}", lang)) for key, line in lines),
        notes=tuple(notes),
        lang=lang,
        faults=answer.faults,
        rows=table,
    )
