"""An answer: what was asked, every solution, the derivation, and what a claimed answer got wrong."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple


class Line(NamedTuple):
    """One line of a derivation: `name = symbols = numbers = value unit`; every part but `name` or `words` may be absent.

    `symbols` and `numbers` are expressions as `solve.derivation` records them, or text. A line of only `words` is a
    sentence between formulas; `path` is what the line speaks of (a layer's path), and lines of one path stand together.
    """

    name: str = ""
    symbols: Any = None
    numbers: Any = None
    value: Any = None
    unit: str = ""
    words: str = ""
    path: str = ""
    figure: str = ""
    """The figure that it derives, by its name in claims; empty where it is about several or none."""


class Verdict(NamedTuple):
    """What a claimed answer is: right, or wrong by these slips (none: no common slip gives it).

    `computed` is the right answer as text, where the derivation does not end in it.
    """

    claimed: str
    right: bool
    slips: tuple[str, ...] = ()
    computed: str = ""


class Answer(NamedTuple):
    """The answer to one question. A solution is a mapping of quantities by name; no solution has its reasons in `notes`.

    `titles` are the headings of the derivation's parts by path (without one the path itself); `lang` is the language of
    the words; `faults` are what is wrong with the network that the answer speaks of.
    """

    question: str
    solutions: tuple[Mapping[str, Any], ...]
    derivation: tuple[Line, ...] = ()
    unit: str = ""
    notes: tuple[str, ...] = ()
    verdict: Verdict | None = None
    titles: Mapping[str, str] = {}
    lang: str = "en"
    faults: tuple[Any, ...] = ()
    rows: tuple[Mapping[str, Any], ...] = ()
    """The solutions as a table shows them, where that is shorter than all their quantities."""

    @property
    def exit_code(self) -> int:
        """1 when a claimed answer is wrong or the network has a shape fault; else 0."""
        return 1 if self.faults or (self.verdict is not None and not self.verdict.right) else 0
