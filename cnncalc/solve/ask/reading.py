"""From a text to its marks: at every place the longest phrase of the language's table, and what no phrase takes."""

from __future__ import annotations

from functools import lru_cache
from importlib import import_module
from typing import Any, NamedTuple

from cnncalc.core.diagnostic import Diagnostic, SpecError
from cnncalc.core.source import Span
from cnncalc.solve.ask.pattern import Found, match, parse, starts
from cnncalc.solve.ask.rows import Language, Mark, Row
from cnncalc.solve.ask.tokens import LONGEST, Token, singular, tokenize

LANGUAGES = {"en": "english.ENGLISH", "zh": "chinese.CHINESE"}


class Reading(NamedTuple):
    """A text as it was read."""

    text: str
    language: Language
    tokens: tuple[Token, ...]
    marks: tuple[Mark, ...]
    """`start` and `end` are tokens."""
    unknown: tuple[tuple[Token, int], ...]
    """What no phrase takes and is no harmless word, with its sentence."""
    ignored: tuple[str, ...]
    """Words that were left out as harmless."""
    asking: frozenset[int] = frozenset()
    """The sentences that end with a question mark."""

    def place(self, token: Token) -> Span:
        """Line and column of a token."""
        line = self.text.count("\n", 0, token.start) + 1
        column = token.start - self.text.rfind("\n", 0, token.start)
        return Span(line, column, line, column + token.end - token.start)


class _Table:
    """A language's rows by the words with which they may begin."""

    def __init__(self, language: Language) -> None:
        self.language = language
        self.by_word: dict[str, list[tuple[tuple[Any, ...], Row | None]]] = {}
        rows: list[tuple[str, Row | None]] = [(one.pattern, one) for one in language.rows]
        rows += [(pattern, None) for pattern in language.phrases]
        for pattern, row in rows:
            parts = parse(pattern)
            for word in starts(parts):
                self.by_word.setdefault(word, []).append((parts, row))
        self.harmless = frozenset(singular(word) for word in language.harmless)

    def best(self, tokens: tuple[Token, ...], at: int) -> tuple[Found, Row | None] | None:
        """The longest match at a token; of equally long ones the first of the table."""
        result: tuple[Found, Row | None] | None = None
        rows = [*self.by_word.get(tokens[at].text, ()), *self.by_word.get("<", ())]
        for parts, row in rows:
            found = match(parts, tokens, at, self.language.lexicon)
            if found is not None and (result is None or found.end > result[0].end):
                result = found, row
        return result


@lru_cache(maxsize=None)
def _table(name: str) -> _Table:
    module, attribute = LANGUAGES[name].split(".")
    return _Table(getattr(import_module(f"cnncalc.solve.ask.{module}"), attribute))


def language_of(text: str) -> str:
    """`zh` where the text has Chinese characters, else `en`."""
    return "zh" if any("\u4e00" <= character <= "\u9fff" for character in text) else "en"


def read(text: str) -> Reading:
    """The marks of a text. Raises SpecError for one that is empty or too long."""
    if not text.strip() or len(text) > LONGEST:
        received = f"{len(text):,} characters" if text.strip() else "nothing"
        raise SpecError(
            Diagnostic(
                "this is no question", expected=f"an exercise of at most {LONGEST:,} characters", received=received
            )
        )
    table = _table(language_of(text))
    tokens = tokenize(text)
    marks: list[Mark] = []
    unknown: list[tuple[Token, int]] = []
    ignored: dict[str, None] = {}
    asking: set[int] = set()
    at = sentence = 0
    while at < len(tokens):
        token = tokens[at]
        if token.kind == "sign":
            if token.text == "?":
                asking.add(sentence)
            sentence += token.ends_sentence
            at += 1
            continue
        best = table.best(tokens, at)
        if best is None:
            counted = at > 0 and tokens[at - 1].kind in ("number", "size") and token.text in table.language.nouns
            if not counted and (token.text in table.harmless or token.text in table.language.lexicon.links):
                ignored[text[token.start : token.end].lower()] = None
            else:
                unknown.append((token, sentence))
            at += 1
            continue
        found, row = best
        if row is None:
            ignored[text[token.start : tokens[found.end - 1].end].lower()] = None
        else:
            marks.append(Mark(row.concept, {**dict(row.implied), **found.values}, at, found.end, sentence))
        at = found.end
    return Reading(text, table.language, tokens, tuple(marks), tuple(unknown), tuple(ignored), frozenset(asking))
