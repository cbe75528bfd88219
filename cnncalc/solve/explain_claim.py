"""A claimed figure of a layer, block or network: right, or wrong by which slips; judged as a claim in a spec would be."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from cnncalc.analysis.mistakes import judged
from cnncalc.core.diagnostic import Diagnostic, SpecError, did_you_mean
from cnncalc.core.dims import text as dim_text
from cnncalc.core.shapes import read_sizes, shape_text
from cnncalc.graph.model import Graph
from cnncalc.solve.answer import Verdict
from cnncalc.spec.model import Train
from cnncalc.spec.words import BYTE_FIGURES, FIELD_FIGURES, ROW_FIGURES, TOTAL_FIGURES
from cnncalc.spec.yaml import resolve


def judge(graph: Graph, path: str, what: str, stated: str, batch: Any, dtype: str) -> Verdict:
    """The verdict on `stated` for the figure `what`. Raises SpecError where either cannot be read or judged."""
    check(what, path)
    value = _value(what, stated)
    if type(batch) is int:
        # claims about training memory speak of the spec's batch: here it is the caller's
        spec = graph.spec
        graph = replace(graph, spec=replace(spec, train=replace(spec.train or Train(), batch=batch)))
    claim, slip = judged(graph, what, value, path, batch if type(batch) is int else 1, dtype)
    if claim.holds is None:
        message = f"{stated} can be neither right nor wrong: {what} is {_shown(claim.computed) or 'unknown'}"
        faulty = claim.computed is None
        remedy = "repair the fault before" if faulty else "give the sizes in numbers: --input 3x224x224"
        raise SpecError(Diagnostic(message, path=path, expected="a figure in numbers", remedy=remedy))
    unit = " B" if what in BYTE_FIGURES else ""
    sentences = () if slip is None else slip.sentences
    return Verdict(stated, bool(claim.holds), sentences, f"{_shown(claim.computed)}{unit}")


def check(what: str, path: str) -> None:
    """Raises SpecError when there is no such figure of a layer or block (or, without a path, of a network)."""
    known = TOTAL_FIGURES if not path else ROW_FIGURES
    base, _, part = what.partition(".")
    if base in known and part in ("", *FIELD_FIGURES):
        return
    message = f"--what {what} is not known" if what else "--claim needs --what: which figure is claimed"
    remedy = did_you_mean(what, known) if what else "add --what params"
    raise SpecError(Diagnostic(message, path=path, expected=f"one of {', '.join(known)}", remedy=remedy))


ALONG: dict[str, tuple[str, ...]] = {
    "input": ("output",),
    "flops_torch": ("macs",),
    "saved": ("saved_bytes",),
    "total_params": ("params", "buffers"),
    "non_trainable_params": ("params", "buffers"),
    "trainable_params": ("params",),
    "train_only_params": ("params",),
    "parameter_bytes": ("params",),
    "gradient_bytes": ("params",),
    "textbook_inference": ("textbook",),
    "textbook_training": ("textbook",),
    "textbook_training_with_gradients": ("textbook", "textbook_training"),
}
"""Figures that are derived along with the one that is asked for."""


def wanted(what: str) -> frozenset[str]:
    """Whose lines are shown when one figure is asked for."""
    base = what.partition(".")[0]
    return frozenset({base, "fault", *ALONG.get(base, ())})


def _value(what: str, stated: str) -> Any:
    """The claim as a spec would have it: `96x55x55`, `11x11` or `[11, 11]` by axis, `34,944`, `12 MB`."""
    text = stated.strip()
    if what.startswith("receptive_field"):
        parts = tuple(read_sizes(text.strip("[]").replace(",", "x")))
        return parts if len(parts) > 1 else resolve(text)
    return resolve(text.replace(",", "") if text[:1].isdigit() else text)


def _shown(computed: Any) -> str:
    if computed is None:
        return ""
    if isinstance(computed, tuple):
        return shape_text(computed)
    return f"{computed:,}" if type(computed) is int else dim_text(computed)
