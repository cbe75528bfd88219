"""One axis of a window with some of its quantities unknown: every whole-number solution in stated ranges.

The layer's own `output` is the only formula here. Along every single quantity it never turns (it only grows, or only
falls), so of the last unknown the solutions are one interval, whose ends two bisections find; the other unknowns are
tried one by one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from cnncalc.layers import layer_class
from cnncalc.layers.base import Layer
from cnncalc.layers.fields import LARGEST
from cnncalc.layers.window import extent

KINDS: dict[str, str] = {"conv": "conv", "pool": "maxpool", "transposed": "transposed_conv"}
"""Kinds of windows, by the layer that computes them."""

ORDER = ("dilation", "stride", "kernel", "output_padding", "padding", "input")
"""The unknowns, in the order in which they are tried; of the last one the interval is found."""

RANGES: dict[str, range] = {"dilation": range(1, 5), "stride": range(1, 9), "kernel": range(1, 16)}
"""Where several quantities are unknown, these are looked through."""

MOST = 1000
"""No more solutions than this are listed."""
MOST_TRIES = 30_000
"""No more combinations than this are tried."""


class Window(NamedTuple):
    """One axis with every quantity known."""

    input: int
    output: int
    kernel: int
    stride: int = 1
    dilation: int = 1
    padding: tuple[int, int] | str = (0, 0)
    """(before, after), or same, valid, full."""
    output_padding: int = 0

    @property
    def key(self) -> tuple[Any, ...]:
        """Smallest first."""
        total = -1 if isinstance(self.padding, str) else sum(self.padding)
        return self.dilation, self.stride, self.kernel, self.output_padding, total, self.input


class Ask(NamedTuple):
    """What is asked of one axis: numbers that are given, a range to look through, or None: look through the usual one."""

    kind: str
    input: int | range | None
    output: int | range | None
    kernel: int | range | None
    stride: int | range | None
    dilation: int | range | None
    padding: tuple[int, int] | str | range | None
    """(before, after), a word, or a range of positions per side."""
    output_padding: int | range | None
    ceil: bool = False

    @property
    def unknown(self) -> tuple[str, ...]:
        """What is to be found, in the order of trying."""
        names = [name for name in ORDER if getattr(self, name) is None or isinstance(getattr(self, name), range)]
        return tuple(name for name in names if name != "output_padding" or self.kind == "transposed")


class Found(NamedTuple):
    """The solutions, smallest first; where there are none, the nearest misses."""

    solutions: tuple[Window, ...]
    misses: tuple[Window, ...] = ()
    """Windows in the ranges whose outputs come nearest to the wanted one; `output` is what they give."""
    refused: tuple[tuple[Window, str], ...] = ()
    """Windows whose formula gives the wanted output but which the layer does not take, and why not."""
    more: bool = False
    """Whether there are solutions beyond the first thousand."""
    ranges: tuple[tuple[str, int | None, int | None], ...] = ()
    """Per unknown its name and the range that was looked through; None: every number that can matter."""


def window_of(ask: Ask) -> Window:
    """The window of an axis of which all but the output is given; the output is not computed."""
    values: dict[str, Any] = {name: getattr(ask, name) for name in Window._fields if name != "output"}
    return Window(output=0, **values)


class TooManyError(Exception):
    """The ranges hold more combinations than can be tried."""


def layer_of(kind: str, window: Window, ceil: bool = False, **more: Any) -> Layer:
    """The layer that computes one axis."""
    before_after = window.padding
    padding: Any = before_after
    if not isinstance(before_after, str):
        before, after = before_after
        padding = before if before == after else {"left": before, "right": after}
    fields: dict[str, Any] = {"kernel": window.kernel, "stride": window.stride, "padding": padding}
    fields["dilation"] = window.dilation
    if kind == "pool":
        fields["ceil_mode"] = ceil
    else:
        fields["filters"] = 1
    if kind == "transposed":
        fields["output_padding"] = window.output_padding
    return layer_class(KINDS[kind])(**{**fields, **more})


def forward(kind: str, window: Window, ceil: bool = False) -> int:
    """The output's length by the layer's formula, whether or not the window fits."""
    length: Any = layer_of(kind, window, ceil).output((1, window.input))[1]
    return int(length)


def faults(kind: str, window: Window, ceil: bool = False) -> tuple[str, ...]:
    """Why the layer would not take this input; nothing when it does."""
    return tuple(one.message for one in layer_of(kind, window, ceil).requires((1, window.input)))


def search(ask: Ask) -> Found:
    """Every solution for one axis. Raises TooManyError."""
    tried = _Search(ask)
    return tried.run()


class _Search:
    """The unknowns of one axis, tried in order."""

    def __init__(self, ask: Ask) -> None:
        self.ask = ask
        self.unknown = ask.unknown
        self.wanted = ask.output if isinstance(ask.output, int) else None
        self.found: list[Window] = []
        self.near: dict[Window, None] = {}
        self.refused: list[tuple[Window, str]] = []
        self.more = False
        self.tries = 0

    def run(self) -> Found:
        start = Window(*(self._known(name) for name in Window._fields))
        self._try(start, list(self.unknown))
        self.found.sort(key=lambda one: one.key)
        wanted = self.wanted
        misses: list[Window] = []
        if not self.found and wanted is not None:
            # a dilated kernel is a far-fetched way of coming nearer
            near = [one for one in self.near if one.dilation == 1 or self.unknown == ("dilation",)] or self.near
            misses = sorted(near, key=lambda one: (abs(one.output - wanted), one.key))[:3]
        more = self.more or len(self.found) > MOST
        refused = () if self.found else tuple(sorted(self.refused, key=lambda one: one[0].key)[:3])
        return Found(tuple(self.found[:MOST]), tuple(misses), refused, more, tuple(self._ranges()))

    def _known(self, name: str) -> Any:
        value = getattr(self.ask, name)
        default = (0, 0) if name == "padding" else 0 if name in ("output", "output_padding") else 1
        return default if value is None or isinstance(value, range) else value

    # -- trying ----------------------------------------------------------------------------------------------------

    def _try(self, window: Window, unknown: list[str]) -> None:
        if len(self.found) > MOST:
            # they come smallest first
            self.more = True
            return
        if not unknown or (len(unknown) == 1 and self.wanted is not None):
            self.tries += 1
            if self.tries > MOST_TRIES:
                raise TooManyError
            if unknown:
                self._interval(window, unknown[0])
            else:
                self._check(window)
            return
        name, *rest = unknown
        for index in self._candidates(name, window):
            self._try(self._with(window, name, index), rest)

    def _candidates(self, name: str, window: Window) -> range:
        """The numbers to try for one unknown; for the padding its totals."""
        given = getattr(self.ask, name)
        if name == "padding":
            if isinstance(given, range):
                return range(2 * given.start, 2 * given.stop - 1)
            # a window would lie in the padding alone; a pooling takes at most half its kernel
            half = self.ask.kind == "pool"
            most = window.kernel // 2 if half else extent(window.kernel, window.dilation) - 1
            return range(2 * most + 1)
        if isinstance(given, range):
            return given
        if name == "output_padding":
            return range(max(window.stride, window.dilation))
        if name == "input":
            return range(1, LARGEST + 1)
        if len(self.unknown) == 1:
            # alone it can be followed as far as it matters
            before, after = (0, 0) if isinstance(window.padding, str) else window.padding
            return range(1, max(window.input, self.wanted or 1) + before + after + 2)
        return RANGES[name]

    @staticmethod
    def _with(window: Window, name: str, index: int) -> Window:
        if name == "padding":
            return window._replace(padding=(index // 2, index - index // 2))
        changed: dict[str, Any] = {name: index}
        return window._replace(**changed)

    def _pointless(self, window: Window) -> bool:
        """A single tap has no dilation: only the first of its spellings counts."""
        return window.kernel == 1 and window.dilation > 1 and "dilation" in self.unknown

    def _check(self, window: Window) -> None:
        length = forward(self.ask.kind, window, self.ask.ceil)
        window = window._replace(output=length)
        if self._pointless(window):
            return
        reasons = faults(self.ask.kind, window, self.ask.ceil)
        if reasons:
            if length == self.wanted or not self.unknown:
                self.refused.append((window, reasons[0]))
            return
        if self.wanted is None:
            if not isinstance(self.ask.output, range) or length in self.ask.output:
                self.found.append(window)
        elif length == self.wanted:
            self.found.append(window)
        else:
            self.near[window] = None

    def _interval(self, window: Window, name: str) -> None:
        """The interval of the last unknown in which the output is the wanted one."""
        places = self._candidates(name, window)
        wanted = self.wanted
        if not places or wanted is None:
            return

        def length(index: int) -> int:
            return forward(self.ask.kind, self._with(window, name, index), self.ask.ceil)

        first, last = places[0], places[-1]
        sign = 1 if length(first) <= length(last) else -1
        if sign > 0 and len(places) > 1000:
            # the input may be any: the end of the interval is not far beyond the wanted output
            near = first
            while near < last and length(near) <= wanted:
                near *= 2
            last = min(near, last)
        low = _first(first, last + 1, lambda index: sign * length(index) >= sign * wanted)
        high = _first(low, last + 1, lambda index: sign * length(index) > sign * wanted)
        for index in range(low, min(high, low + MOST + 1)):
            self._check(self._with(window, name, index))
        self.more = self.more or high - low > MOST + 1
        if low == high:
            for index in (low - 1, low):
                if first <= index <= last:
                    self._check(self._with(window, name, index))

    def _ranges(self) -> Iterator[tuple[str, int | None, int | None]]:
        for name in self.unknown:
            given = getattr(self.ask, name)
            if isinstance(given, range):
                yield name, given.start, given.stop - 1
            elif name in RANGES and len(self.unknown) > 1:
                yield name, RANGES[name].start, RANGES[name].stop - 1
            else:
                yield name, None, None


def _first(low: int, high: int, holds: Any) -> int:
    """The first index in low..high - 1 from which on it holds; high when it never does."""
    while low < high:
        middle = (low + high) // 2
        if holds(middle):
            high = middle
        else:
            low = middle + 1
    return low


def product_of(options: Iterable[tuple[Window, ...]], most: int = MOST) -> Iterator[tuple[Window, ...]]:
    """One window per axis, in every combination, up to a number."""
    from itertools import islice, product

    yield from islice(product(*options), most)
