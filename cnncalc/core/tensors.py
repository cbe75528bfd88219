"""What a layer owns and does: named weights, and counts of arithmetic by type."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from cnncalc.core.dims import Dim
from cnncalc.core.shapes import Shape, elements


@dataclass(frozen=True, slots=True)
class Weight:
    """A named tensor that belongs to a layer: a parameter, or a buffer (running statistics)."""

    name: str
    shape: Shape
    buffer: bool = False

    @property
    def elements(self) -> Dim:
        """How many numbers it holds."""
        return elements(self.shape)


class Ops(NamedTuple):
    """Arithmetic of one layer for one image, counted by type.

    `macs` are multiply-adds of conv, transposed conv and dense (bias not counted). The other fields count single
    operations; `special` are exponentials, logarithms, powers and square roots, one each.
    """

    macs: Dim = 0
    adds: Dim = 0
    multiplies: Dim = 0
    divisions: Dim = 0
    comparisons: Dim = 0
    special: Dim = 0

    @property
    def flops(self) -> Dim:
        """Every arithmetic operation counted once: 2 per multiply-add, 1 for each of the rest."""
        return 2 * self.macs + self.adds + self.multiplies + self.divisions + self.comparisons + self.special


NO_OPS = Ops()
