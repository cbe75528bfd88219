"""From a sketch to a checked Spec and its text: what all importers share."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from cnncalc.analysis.analyze import analyze_spec
from cnncalc.core.diagnostic import SpecError
from cnncalc.importers.check import check, equal
from cnncalc.importers.compact import compact
from cnncalc.importers.compact.spec import UnfoldableError
from cnncalc.importers.flat import flat as flat_spec
from cnncalc.importers.parts import in_order
from cnncalc.importers.sketch import Sketch
from cnncalc.spec.dump import dump_spec
from cnncalc.spec.model import Claim, Spec


class Imported(NamedTuple):
    """An imported network and what its reader must know."""

    spec: Spec
    notes: tuple[str, ...]
    sketch: Sketch

    @property
    def opaque(self) -> tuple[str, ...]:
        """What is kept as opaque layers, by where it comes from."""
        return tuple(step.origin for step in self.sketch.steps if step.kind == "opaque")

    @property
    def text(self) -> str:
        """The spec file: where it comes from and the notes as comments, then the network."""
        notes = (f"# Note: {note}.\n" for note in (" ".join(note.split()) for note in self.notes))
        return "".join(notes) + dump_spec(self.spec)


def finish(sketch: Sketch, *, flat: bool = False) -> Imported:
    """The spec of a sketch. Raises SpecError where a figure differs from what the original has."""
    ordered = in_order(sketch)
    plain = _claiming(flat_spec(ordered), ordered)
    analysis = check(ordered, plain)
    if flat:
        return Imported(plain, ordered.notes, sketch)
    try:
        folded = _claiming(compact(ordered), ordered)
    except UnfoldableError as reason:
        return Imported(plain, (*ordered.notes, f"written out layer by layer: {reason}"), sketch)
    try:
        same = equal(analysis, analyze_spec(folded))
    except SpecError as error:
        return Imported(plain, (*ordered.notes, f"written out layer by layer: {error.problems[0].message}"), sketch)
    if not same:
        return Imported(plain, (*ordered.notes, "written out layer by layer: folding it would change a figure"), sketch)
    return Imported(folded, ordered.notes, sketch)


def _claiming(spec: Spec, sketch: Sketch) -> Spec:
    """The spec with what was measured of the original as its claims."""
    wanted = sketch.measured
    figures = (("params", wanted.params), ("buffers", wanted.buffers), ("macs", wanted.macs))
    return replace(spec, expect=tuple(Claim(what, figure) for what, figure in figures if figure is not None))
