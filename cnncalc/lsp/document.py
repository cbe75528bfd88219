"""A document: its text with its review, and the last text that gave a network, for as long as the present one does not."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from cnncalc.core.diagnostic import SpecError
from cnncalc.core.source import Span
from cnncalc.lint.config import reread
from cnncalc.lint.engine import Linter
from cnncalc.lint.network import Network
from cnncalc.lint.result import LintResult
from cnncalc.lsp.positions import Positions
from cnncalc.lsp.reading import Reading
from cnncalc.lsp.uses import Uses

_MARK = re.compile(r"""^[ \t\ufeff{]*["']?cnncalc["']?[ \t]*:""", re.MULTILINE)
_SECTIONS = (re.compile(r"^input[ \t]*:", re.MULTILINE), re.compile(r"^layers[ \t]*:", re.MULTILINE))


def is_spec(text: str) -> bool:
    """Whether a YAML text means to be a spec: it names the language, or has the two sections that every spec has.

    >>> is_spec("cnncalc: 1"), is_spec("services: {web: {image: nginx}}")
    (True, False)
    """
    return _MARK.search(text) is not None or all(section.search(text) for section in _SECTIONS)


@dataclass(frozen=True)
class Studied:
    """A text and what was found of it."""

    text: str
    result: LintResult | None = None
    """None where the text is no spec, or the configuration is wrong."""
    network: Network | None = None
    trouble: SpecError | None = None
    """What is wrong with the configuration."""

    @cached_property
    def uses(self) -> Uses:
        """What became of each written layer; asked only where there is a network."""
        assert self.network is not None
        return Uses(self.network)


class Document:
    """One version of one document. `file` is its path, or how messages call it."""

    def __init__(
        self, uri: str, file: str, text: str, version: int | None, encoding: str, before: Document | None
    ) -> None:
        self.uri = uri
        self.file = file
        self.text = text
        self.version = version
        self.encoding = encoding
        self._before = before._good if before is not None else None
        self._studied: Studied | None = None

    @cached_property
    def positions(self) -> Positions:
        """Its places as the protocol counts them."""
        return Positions(self.text, self.encoding)

    @cached_property
    def reading(self) -> Reading:
        """What can be made out of it, whether it is YAML or not."""
        return Reading(self.text)

    def study(self, linter: Linter) -> Studied:
        """Its review, made once."""
        if self._studied is None:
            self._studied = self._study(linter)
        return self._studied

    def _study(self, linter: Linter) -> Studied:
        if not is_spec(self.text):
            return Studied(self.text)
        try:
            result, network = linter.study(self.text, self.file)
        except SpecError as error:
            return Studied(self.text, trouble=error)
        return Studied(self.text, result, network)

    @property
    def _good(self) -> Studied | None:
        known = self._studied
        return known if known is not None and known.network is not None else self._before

    def latest(self, linter: Linter) -> Latest | None:
        """The network of this text, or of the last text that gave one; None where none did."""
        self.study(linter)
        good = self._good
        return None if good is None else Latest(good, self.text)


def alike(one: Sequence[str], two: Sequence[str]) -> int:
    """How many first items, lines or characters, are equal.

    >>> alike("stride", "string")
    4
    """
    pairs = enumerate(zip(one, two, strict=False))
    return next((index for index, (a, b) in pairs if a != b), min(len(one), len(two)))


class Latest:
    """A network, and where its lines stand in a text that has been edited since."""

    def __init__(self, good: Studied, now: str) -> None:
        assert good.network is not None
        self.network: Network = good.network
        self.uses: Uses = good.uses
        self.stale = good.text != now
        old, new = good.text.splitlines(), now.splitlines()
        self._same = alike(old, new)
        self._tail = alike(old[self._same :][::-1], new[self._same :][::-1])
        self._old, self._new = len(old), len(new)

    def line(self, number: int) -> int | None:
        """The line (from 1) of the network's text that stands in this line now; None where that was edited."""
        if number <= self._same:
            return number
        return number - self._new + self._old if number > self._new - self._tail else None

    def now(self, span: Span) -> Span | None:
        """Where a span of the network's text stands now; None where that was edited."""
        shift = self._new - self._old
        if span.end_line <= self._same:
            return span
        if span.line > self._old - self._tail:
            return Span(span.line + shift, span.column, span.end_line + shift, span.end_column)
        return None


def fresh_linter() -> Linter:
    """A linter that reads the configuration again."""
    reread()
    return Linter()
