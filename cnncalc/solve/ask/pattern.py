"""Phrases with gaps: `stride <stride:k>`, `[zero]? padding [amount|size]? <padding:k>`; how they are written and matched.

Words stand for themselves (in the singular), Chinese characters one by one. `[a|b c]` is a choice, a `?` after it makes
it optional, `<name:type>` takes a value. Between the parts of a phrase a language's linking words (the, of, is, 的, 为)
may stand. Types: n a whole number, d one in digits, k a number or a size, size, list two or more numbers, mem bytes with
a unit, nth a place such as first, lowest or 第二.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from cnncalc.solve.ask.tokens import Token, singular
from cnncalc.spec.quantity import UNITS

_PART = re.compile(
    r"\s+|(?P<gap><[a-z_]+:[a-z]+>)|(?P<open>\[)|(?P<close>\]\??)|(?P<bar>\|)|(?P<word>[a-z0-9_%=+]+)|(?P<han>[\u4e00-\u9fff])"
)
_BYTES = {unit.lower(): size for unit, size in UNITS.items()} | {
    "byte": 1,
    "g": 10**9,
    "gig": 10**9,
    "gigabyte": 10**9,
    "megabyte": 10**6,
}


class Lexicon(NamedTuple):
    """The words of a language that patterns build on."""

    numbers: Mapping[str, int]
    places: Mapping[str, int]
    """Words for a place in a row of layers: 0 is the first, -1 the last, 1000 the middle."""
    links: frozenset[str]
    """May stand within a phrase."""
    joins: frozenset[str]
    """Stand between the numbers of a list."""


class Gap(NamedTuple):
    """A place for a value."""

    name: str
    type: str


class Choice(NamedTuple):
    """Alternatives, perhaps none of them."""

    options: tuple[tuple[Any, ...], ...]
    optional: bool


class Found(NamedTuple):
    """A match: the index of the token after it and the values that it took."""

    end: int
    values: dict[str, Any]


def parse(written: str) -> tuple[Any, ...]:
    """A pattern's parts: words, gaps and choices."""
    stack: list[list[list[Any]]] = [[[]]]
    position = 0
    while position < len(written):
        match = _PART.match(written, position)
        if match is None:
            raise ValueError(f"{written}: {written[position]} at {position} is not understood")
        position = match.end()
        if match["gap"]:
            stack[-1][-1].append(Gap(*match["gap"][1:-1].split(":")))
        elif match["open"]:
            stack.append([[]])
        elif match["bar"]:
            stack[-1].append([])
        elif match["close"]:
            options = stack.pop()
            stack[-1][-1].append(Choice(tuple(tuple(option) for option in options), match["close"] == "]?"))
        elif match["word"]:
            stack[-1][-1].append(singular(match["word"]))
        elif match["han"]:
            stack[-1][-1].append(match["han"])
    if len(stack) != 1:
        raise ValueError(f"{written}: a bracket is left open")
    return tuple(stack[0][0])


def starts(parts: tuple[Any, ...]) -> set[str]:
    """The words with which a pattern may begin; `<` stands for a value."""
    found: set[str] = set()
    for part in parts:
        if isinstance(part, Gap):
            return found | {"<"}
        if isinstance(part, str):
            return found | {part}
        for option in part.options:
            found |= starts(option)
        if not part.optional:
            return found
    return found


def match(parts: tuple[Any, ...], tokens: tuple[Token, ...], at: int, lexicon: Lexicon) -> Found | None:
    """The longest match that begins with this token."""
    best: Found | None = None
    for found in _match(parts, tokens, at, lexicon, True):
        if best is None or found.end > best.end:
            best = found
    return best


def _match(
    parts: tuple[Any, ...], tokens: tuple[Token, ...], at: int, lexicon: Lexicon, first: bool
) -> Iterator[Found]:
    if not parts:
        yield Found(at, {})
        return
    head, *rest = parts
    if isinstance(head, Choice):
        for option in head.options:
            yield from _match((*option, *rest), tokens, at, lexicon, first)
        if head.optional:
            yield from _match(tuple(rest), tokens, at, lexicon, first)
        return
    if at >= len(tokens):
        return
    token = tokens[at]
    if isinstance(head, Gap):
        for end, value in _values(head.type, tokens, at, lexicon):
            for found in _match(tuple(rest), tokens, end, lexicon, False):
                yield Found(found.end, {head.name: value, **found.values})
    elif token.text == head:
        yield from _match(tuple(rest), tokens, at + 1, lexicon, False)
    if not first and token.text in lexicon.links:
        yield from _match(parts, tokens, at + 1, lexicon, False)


def _values(type_: str, tokens: tuple[Token, ...], at: int, lexicon: Lexicon) -> Iterator[tuple[int, Any]]:
    """Every reading of a value that begins here, with the token after it."""
    token = tokens[at]
    if type_ == "d" and token.kind == "number" and isinstance(token.value, int):
        yield at + 1, token.value
    if type_ in ("n", "k"):
        yield from _numbers(tokens, at, lexicon)
    if type_ in ("k", "size") and token.kind == "size":
        yield at + 1, token.value
    if type_ == "list":
        yield from _lists(tokens, at, lexicon)
    if type_ == "mem" and token.kind == "number" and at + 1 < len(tokens) and tokens[at + 1].text in _BYTES:
        yield at + 2, token.value * _BYTES[tokens[at + 1].text]
    if type_ == "nth":
        yield from _places(tokens, at, lexicon)


def _numbers(tokens: tuple[Token, ...], at: int, lexicon: Lexicon) -> Iterator[tuple[int, int]]:
    token = tokens[at]
    if token.kind == "number" and isinstance(token.value, int):
        yield at + 1, token.value
    elif token.text in lexicon.numbers:
        # Chinese numbers are written in several characters: 十六
        end, total, part = at, 0, 0
        while end < len(tokens) and tokens[end].text in lexicon.numbers and (end == at or tokens[at].kind == "han"):
            value = lexicon.numbers[tokens[end].text]
            total, part = (
                (total + max(part, 1) * value, 0) if value >= 10 and tokens[at].kind == "han" else (total, value)
            )
            end += 1
        yield end, total + part


def _lists(tokens: tuple[Token, ...], at: int, lexicon: Lexicon) -> Iterator[tuple[int, tuple[int, ...]]]:
    values: list[int] = []
    while at < len(tokens):
        number = next(_numbers(tokens, at, lexicon), None)
        if number is None:
            return
        at, value = number
        values.append(value)
        if len(values) > 1:
            yield at, tuple(values)
        before = at
        while at < len(tokens) and tokens[at].text in lexicon.joins:
            at += 1
        if at == before:
            return


def _places(tokens: tuple[Token, ...], at: int, lexicon: Lexicon) -> Iterator[tuple[int, int]]:
    token = tokens[at]
    if token.text == "第" and at + 1 < len(tokens):
        for end, number in _numbers(tokens, at + 1, lexicon):
            yield (end + 1 if end < len(tokens) and tokens[end].text in "个层" else end), number - 1
    for length in (2, 1):
        word = "".join(one.text for one in tokens[at : at + length]) if token.kind == "han" else token.text
        if word in lexicon.places:
            yield at + (length if token.kind == "han" else 1), lexicon.places[word]
            return
    following = tokens[at + 1].text if at + 1 < len(tokens) else ""
    if token.kind == "number" and following in ("st", "nd", "rd", "th"):
        yield at + 2, token.value - 1
