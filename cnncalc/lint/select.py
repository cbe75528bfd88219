"""Which rules run: chosen and ignored by code, prefix, name or `all`; the more specific word wins."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from cnncalc.lint.rule import Rule

ALL = "all"


class Selection(NamedTuple):
    """Words that choose rules. Without `select`, every rule that is on by default runs."""

    select: tuple[str, ...] | None = None
    extend: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()

    def enabled(self, rule: type[Rule]) -> bool:
        """Whether a rule runs. Rules that are off by default need their whole code, their name or `all`."""
        chosen = _closest(rule, (*(self.select or ()), *self.extend))
        if not rule.default and chosen < _whole(rule) and ALL not in (*(self.select or ()), *self.extend):
            return False
        if chosen < 0 and (self.select is not None or not rule.default):
            return False
        return chosen > _closest(rule, self.ignore) or _closest(rule, self.ignore) < 0

    def wanted(self, code: str) -> bool:
        """Whether a rule of that code may run, as far as its code tells: spares the import of the others."""
        if self.select is None:
            return True
        return any(_codelike(word, code) for word in (*self.select, *self.extend))


def _codelike(word: str, code: str) -> bool:
    """Whether a word means a code, or is a rule's name (which only the rule itself knows)."""
    return word.lower() == ALL or code.startswith(word.upper()) or not word[-1:].isdigit()


def _whole(rule: type[Rule]) -> int:
    return len(rule.code)


def _closest(rule: type[Rule], words: Iterable[str]) -> int:
    """How many letters of the code the closest word gives; a name counts as the whole code; -1: none matches."""
    return max((_match(rule, word) for word in words), default=-1)


def _match(rule: type[Rule], word: str) -> int:
    if word.lower() == ALL:
        return 0
    if word.lower() == rule.slug:
        return len(rule.code)
    return len(word) if word and rule.code.startswith(word.upper()) else -1
