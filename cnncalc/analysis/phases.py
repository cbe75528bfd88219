"""Receptive fields on a grid finer than the input's, where neighbouring units see fields of different extents.

After a transposed convolution or an upsampling the first and last input pixel that unit o sees are no longer linear in
o, but they repeat: P units on, both have moved by a whole number of pixels.
"""

from __future__ import annotations

from fractions import Fraction
from math import gcd
from typing import NamedTuple

from cnncalc.layers.base import Tap

MOST = 4096
"""Beyond this many phases the fields are only bounded, as for a symbolic stride."""


class Phases(NamedTuple):
    """Unit o sees the pixels from `low[o]` to `high[o]` for o < P, and P units on both are `step` pixels further."""

    low: tuple[int, ...]
    high: tuple[int, ...]
    step: int

    @property
    def size(self) -> int:
        """The largest extent over all units."""
        return max(high - low for low, high in zip(self.low, self.high, strict=True)) + 1

    def through(self, tap: Tap) -> Phases | None:
        """What the units behind a window see; None beyond MOST phases."""
        stride = Fraction(tap.stride)
        below, above = tap.bounds or (tap.first, tap.first + tap.extent - 1)
        period = len(self.low)
        # the fewest units that are a whole number of periods of what they read
        count = stride.denominator * period // gcd(period, stride.numerator)
        if count > MOST:
            return None
        return Phases(
            tuple([self._at(self.low, (o * stride + below) // 1) for o in range(count)]),
            tuple([self._at(self.high, (o * stride + above) // 1) for o in range(count)]),
            int(count * stride) // period * self.step,
        )

    def _at(self, values: tuple[int, ...], unit: int) -> int:
        turns, phase = divmod(int(unit), len(values))
        return values[phase] + turns * self.step


def linear(size: int, jump: int, start: int) -> Phases:
    """Units that all see `size` pixels, `jump` apart, from `start` on."""
    return Phases((start,), (start + size - 1,), jump)
