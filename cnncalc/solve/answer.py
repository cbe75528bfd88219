"""An answer: what was asked, every solution, the derivation, and what a claimed answer got wrong."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple


class Line(NamedTuple):
    """One line of a derivation: `name = symbols = numbers = value unit`; every part but `name` or `words` may be absent.

    `symbols` and `numbers` are expressions as `solve.derivation` records them, or text.
    """

    name: str = ""
    symbols: Any = None
    numbers: Any = None
    value: Any = None
    unit: str = ""
    words: str = ""


class Verdict(NamedTuple):
    """What a claimed answer is: right, or wrong by these slips (none: no common slip gives it)."""

    claimed: str
    right: bool
    slips: tuple[str, ...] = ()


class Answer(NamedTuple):
    """The answer to one question. A solution is a mapping of quantities by name; no solution has its reasons in `notes`."""

    question: str
    solutions: tuple[Mapping[str, Any], ...]
    derivation: tuple[Line, ...] = ()
    unit: str = ""
    notes: tuple[str, ...] = ()
    verdict: Verdict | None = None
