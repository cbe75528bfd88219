"""From a sketch to a checked Spec and its text: what all importers share."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from cnncalc.analysis.analyze import analyze_spec
from cnncalc.importers.check import check, equal
from cnncalc.importers.compact import compact
from cnncalc.importers.compact.spec import Unfoldable
from cnncalc.importers.flat import flat as flat_spec
from cnncalc.importers.parts import in_order
from cnncalc.importers.sketch import Sketch
from cnncalc.spec.dump import dump_spec
from cnncalc.spec.model import Spec


class Imported(NamedTuple):
    """An imported network and what its reader must know."""

    spec: Spec
    notes: tuple[str, ...]

    @property
    def text(self) -> str:
        """The spec file: where it comes from and the notes as comments, then the network."""
        head = [f"# Imported from {self.spec.source}.", *(f"# Note: {note}." for note in self.notes)]
        return "\n".join(line.replace("\n", " ") for line in head) + "\n" + dump_spec(replace(self.spec, source=""))


def finish(sketch: Sketch, *, flat: bool = False) -> Imported:
    """The spec of a sketch. Raises SpecError where a figure differs from what the original has."""
    ordered = in_order(sketch)
    plain = flat_spec(ordered)
    analysis = check(ordered, plain)
    if flat:
        return Imported(plain, ordered.notes)
    try:
        folded = compact(ordered)
    except Unfoldable as reason:
        return Imported(plain, (*ordered.notes, f"written out layer by layer: {reason}"))
    if not equal(analysis, analyze_spec(folded)):
        return Imported(plain, (*ordered.notes, "written out layer by layer: folding it would change a figure"))
    return Imported(folded, ordered.notes)
