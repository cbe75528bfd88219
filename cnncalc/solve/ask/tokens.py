"""Text in tokens: words, Chinese characters, numbers, sizes such as 3x3, signs; each knows where it stood."""

from __future__ import annotations

import re
import unicodedata
from fractions import Fraction
from typing import Any, NamedTuple

LONGEST = 20_000
"""Characters; no exercise is longer."""

_SIGNS = {
    "\N{MULTIPLICATION SIGN}": "x",
    "\N{IDEOGRAPHIC FULL STOP}": ".",
    "\N{IDEOGRAPHIC COMMA}": ",",
    "\N{MINUS SIGN}": "-",
}
_SIGNS |= dict.fromkeys("\u2010\u2011\u2012\u2013\u2014", "-") | dict.fromkeys(
    "\u2018\u2019\u201c\u201d`\u300a\u300b\u300c\u300d", "'"
)

_NUMBER = r"[0-9]{1,3}(?:,[0-9]{3})+(?![0-9])|[0-9]+(?:_[0-9]+)*(?:\.[0-9]+)?"
_TIMES = r"(?:x|\*|\\times|\\cdot|乘(?:以)?)"
_TOKEN = re.compile(
    rf"""(?P<size>[0-9]+(?:{_TIMES}[0-9]+)+(?![0-9A-Za-z])|[0-9]+(?:\s+(?:{_TIMES}|by)\s+[0-9]+)+(?![0-9A-Za-z]))
    |(?P<rank>[1-3]-?d\b)
    |(?P<number>{_NUMBER})
    |(?P<word>[a-z][a-z0-9_]*)
    |(?P<han>[\u4e00-\u9fff])
    |(?P<skip>\s+|[-$'"\\(){{}}*])
    |(?P<sign>.)""",
    re.VERBOSE | re.DOTALL,
)

_ENDS = frozenset(".?!;")


class Token(NamedTuple):
    """A word, number, size, Chinese character (han) or sign."""

    kind: str
    text: str
    """In lower case; a word without its plural s."""
    value: Any
    """Of a number an int or Fraction, of a size a tuple of ints."""
    start: int
    end: int

    @property
    def ends_sentence(self) -> bool:
        """Whether a sentence ends with it."""
        return self.kind == "sign" and self.text in _ENDS


def tokenize(text: str) -> tuple[Token, ...]:
    """The tokens of a text; spaces, quotes, brackets and hyphens only separate.

    >>> [(one.text, one.value) for one in tokenize("Three 3×3 kernels, stride-2")]
    [('three', None), ('3x3', (3, 3)), ('kernel', None), (',', None), ('stride', None), ('2', 2)]
    """
    plain = "".join(_plain(character) for character in text)
    tokens = []
    for match in _TOKEN.finditer(plain):
        kind, written = match.lastgroup or "sign", match[0]
        if kind == "skip":
            if written.count("\n") > 1 or "\n-" in written:
                tokens.append(Token("sign", ";", None, match.start(), match.end()))
            continue
        tokens.append(_token(kind, written, match.start(), match.end()))
    return tuple(tokens)


def _plain(character: str) -> str:
    """The sign that is meant, one for one, so that places in the text stay."""
    if character in _SIGNS:
        return _SIGNS[character]
    usual = unicodedata.normalize("NFKC", character).lower()
    return usual if len(usual) == 1 else character


def _token(kind: str, written: str, start: int, end: int) -> Token:
    if kind == "size":
        sizes = tuple(int(part) for part in re.findall("[0-9]+", written))
        return Token("size", "x".join(map(str, sizes)), sizes, start, end)
    if kind == "number":
        value = Fraction(written.replace(",", "").replace("_", ""))
        return Token("number", written, value.numerator if value.denominator == 1 else value, start, end)
    if kind == "rank":
        return Token("word", written.replace("-", ""), None, start, end)
    return Token("word" if kind == "word" else kind, singular(written) if kind == "word" else written, None, start, end)


_FORMS = {
    "outputting": "output", "outputted": "output", "producing": "produce", "generating": "generate", "yielding": "yield",
    "having": "have", "giving": "give",
}  # fmt: skip
"""Other forms of the words that phrases begin with."""


def singular(word: str) -> str:
    """A word without the s of its plural; what is no plural loses it too, in tables and texts alike.

    >>> singular("kernels"), singular("bias"), singular("class")
    ('kernel', 'bias', 'class')
    """
    if word in (
        "bias",
        "has",
        "this",
        "is",
        "as",
        "us",
        "its",
        "plus",
        "minus",
        "gas",
        "does",
        "was",
        "versus",
        "vs",
        "atrous",
    ):
        return word
    if word in _FORMS:
        return _FORMS[word]
    if word == "biases" or word.endswith("sses"):
        return word[:-2]
    return word[:-1] if len(word) > 2 and word.endswith("s") and not word.endswith("ss") else word
