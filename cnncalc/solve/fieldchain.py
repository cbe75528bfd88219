"""Stacks of equal windows: what a unit of the last layer sees, by the analysis' own recurrence."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cnncalc.analysis.receptive import Seen
from cnncalc.layers.window import Axis
from cnncalc.solve.answer import Line
from cnncalc.solve.derivation import line, named

FIRST = Seen(1, 1, 1, 0)
"""What a pixel of the input sees: itself."""


def through(before: Seen, kernel: int, stride: int = 1, dilation: int = 1) -> Seen:
    """What a unit behind one more window sees."""
    after = before.through(Axis(1, kernel, stride, dilation, (0, 0)).tap())
    assert after is not None
    return after


def field_after(layers: int, kernel: int, stride: int = 1, dilation: int = 1) -> int:
    """The field of a unit behind so many equal windows; of none it is 1."""
    if stride == 1 and layers > 2:
        # every layer adds the same
        first, second = field_after(1, kernel, 1, dilation), field_after(2, kernel, 1, dilation)
        return first + (layers - 1) * (second - first)
    one = FIRST
    for _ in range(layers):
        one = through(one, kernel, stride, dilation)
    size: Any = one.size
    return int(size)


def layers_within(limit: int, kernel: int, stride: int = 1, dilation: int = 1) -> int | None:
    """How many equal windows a field may go through and stay within a limit; None: any number."""
    if field_after(1, kernel, stride, dilation) == 1:
        return None
    low, high = 0, 1
    while field_after(high, kernel, stride, dilation) <= limit:
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if field_after(middle, kernel, stride, dilation) <= limit else (low, middle)
    return low


def field_steps(layers: int, kernel: int, stride: int = 1, dilation: int = 1, most: int = 8) -> Iterator[Line]:
    """R + (K - 1) j, layer by layer; of many the first and the last."""
    for number in range(1, min(layers, most) + 1):
        yield _step(number, kernel, stride, dilation)
    if layers > most + 1:
        yield Line(words="and so on")
    if layers > most:
        yield _step(layers, kernel, stride, dilation)


def _step(number: int, kernel: int, stride: int, dilation: int) -> Line:
    jump = stride ** (number - 1)
    before = Seen(named(f"r_{number - 1}", field_after(number - 1, kernel, stride, dilation)), 1, named("j", jump), 0)
    spread = 1 if dilation == 1 else named("D", dilation)
    after = before.through(Axis(1, named("K", kernel), named("S", stride), spread, (0, 0)).tap())
    assert after is not None
    return line(f"r_{number}", after.size)
