"""Stated figures: `34_944`, `133M`, `2.7K`, `~60M`, `11.44 MiB`, and what precision they claim.

A suffixed figure holds if rounding or truncating the computed value at its last printed digit gives it; K may be 1000 or
1024. `~` rounds to the significant digits that are printed (trailing zeros are not significant). A plain number is exact.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

SUFFIXES: dict[str, tuple[int, ...]] = {"": (1,), "k": (1000, 1024), "K": (1000, 1024), "M": (10**6,), "G": (10**9,)}
UNITS: dict[str, int] = {
    "B": 1,
    "kB": 10**3,
    "KB": 10**3,
    "MB": 10**6,
    "GB": 10**9,
    "TB": 10**12,
    "KiB": 2**10,
    "MiB": 2**20,
    "GiB": 2**30,
    "TiB": 2**40,
}

_BOUND = re.compile(r"\s*(>=|<=)?\s*(.*)", re.DOTALL)
_PATTERN = re.compile(r"(~?)\s*([0-9][0-9_]*)(\.[0-9]+)?\s*([A-Za-z]*)")


@dataclass(frozen=True, slots=True)
class Quantity:
    """A stated figure. `digits` is the printed number; `places` its decimals; `scales` what one unit may mean."""

    digits: Fraction
    places: int
    scales: tuple[int, ...]
    approximate: bool
    exact: bool
    bytes: bool

    @property
    def value(self) -> Fraction:
        """The figure, with the first meaning of its suffix."""
        return self.digits * self.scales[0]

    def holds(self, computed: int | Fraction) -> bool:
        """Whether a computed value agrees at the printed precision."""
        if self.approximate:
            return any(self._significant(Fraction(computed) / scale) for scale in self.scales)
        if self.exact:
            return self.value == computed
        return any(self._printed(Fraction(computed) / scale) for scale in self.scales)

    def _printed(self, value: Fraction) -> bool:
        step = 10**self.places
        wanted = self.digits * step
        truncated = value * step // 1
        rounded = (2 * value * step + 1) // 2
        return wanted in (truncated, rounded)

    def _significant(self, value: Fraction) -> bool:
        # ~60M: one significant digit, so the unit of the last significant place is 10 (M)
        last = Fraction(1, 10**self.places)
        while self.digits and (self.digits / last) % 10 == 0:
            last *= 10
        return (2 * value / last + 1) // 2 * last == self.digits


def parse_quantity(value: object) -> Quantity | None:
    """The quantity, or None when the value is not one.

    >>> parse_quantity("~60M").holds(62_378_344), parse_quantity("~6M").holds(6_998_552)
    (True, False)
    """
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return Quantity(Fraction(value), 0, (1,), False, True, False)
    if isinstance(value, float):
        return Quantity(Fraction(str(value)), 0, (1,), False, True, False)
    if not isinstance(value, str):
        return None
    match = _PATTERN.fullmatch(value.strip())
    if match is None:
        return None
    tilde, whole, decimals, unit = match.groups()
    scales = SUFFIXES.get(unit) or ((UNITS[unit],) if unit in UNITS else None)
    if scales is None:
        return None
    digits = Fraction(whole.replace("_", "") + (decimals or ""))
    exact = (scales == (1,)) and not tilde
    return Quantity(digits, len(decimals or ".") - 1, scales, bool(tilde), exact, unit in UNITS)


@dataclass(frozen=True, slots=True)
class Bound:
    """A limit that a figure may not pass: the least or the most that it may be."""

    least: bool
    quantity: Quantity

    def holds(self, figure: int | Fraction) -> bool:
        """Whether a figure keeps to it."""
        return figure >= self.quantity.value if self.least else figure <= self.quantity.value


def parse_bound(value: object, least: bool = False) -> Bound | None:
    """A limit, `<= 5M` or `>= 400`; a bare quantity is a most, or a `least`. None when the value is no limit.

    >>> parse_bound(">= 400").holds(399), parse_bound("5M").holds(4_999_999)
    (False, True)
    """
    match = _BOUND.fullmatch(value) if isinstance(value, str) else None
    relation, number = match.groups() if match is not None else (None, value)
    quantity = parse_quantity(number)
    return None if quantity is None else Bound(least if relation is None else relation == ">=", quantity)
