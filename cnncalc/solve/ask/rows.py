"""A row of a phrase table, and what a matched row says."""

from __future__ import annotations

from typing import Any, NamedTuple

from cnncalc.solve.ask.pattern import Lexicon


class Row(NamedTuple):
    """A phrase and the concept that it stands for, with values that the phrase implies without naming them."""

    pattern: str
    concept: str
    implied: tuple[tuple[str, Any], ...] = ()


class Mark(NamedTuple):
    """A phrase that was found: its concept, its values, its place in the text and its sentence."""

    concept: str
    values: dict[str, Any]
    start: int
    end: int
    sentence: int


class Language(NamedTuple):
    """All that is known of a language."""

    name: str
    lexicon: Lexicon
    rows: tuple[Row, ...]
    harmless: frozenset[str]
    """Words without a meaning of their own here: they are left out silently."""
    phrases: tuple[str, ...] = ()
    """Turns of phrase without a meaning here, as patterns."""
    nouns: frozenset[str] = frozenset()
    """Words that say what a number counts, so that right after one they are never harmless."""


def row(pattern: str, concept: str, **implied: Any) -> Row:
    """A Row."""
    return Row(pattern, concept, tuple(implied.items()))
