"""Places: code units of three encodings against offsets, hand-counted."""

from __future__ import annotations

import pytest
from lsprotocol import types

from cnncalc.core.source import Span
from cnncalc.lsp.positions import Positions, sound

TEXT = "a: 😀b\r\n卷: é\nc"


@pytest.mark.parametrize(
    ("encoding", "line", "character", "offset"),
    [
        ("utf-16", 0, 3, 3),
        ("utf-16", 0, 5, 4),  # the emoji is two units
        ("utf-8", 0, 7, 4),  # four bytes
        ("utf-32", 0, 4, 4),
        ("utf-16", 0, 6, 5),
        ("utf-16", 1, 0, 7),  # behind CRLF
        ("utf-16", 1, 1, 8),
        ("utf-8", 1, 3, 8),  # a Chinese character is three bytes
        ("utf-8", 1, 7, 11),
        ("utf-16", 2, 1, 13),
    ],
)
def test_places_and_offsets(encoding: str, line: int, character: int, offset: int) -> None:
    positions = Positions(TEXT, encoding)
    assert positions.offset(types.Position(line, character)) == offset
    assert positions.position(offset) == types.Position(line, character)


def test_what_lies_outside_is_brought_in() -> None:
    positions = Positions(TEXT, "utf-16")
    assert positions.offset(types.Position(0, 99)) == 5  # the line's end, before its break
    assert positions.offset(types.Position(9, 0)) == len(TEXT)
    assert positions.offset(types.Position(0, 4)) == 3  # in the middle of the emoji: its start


def test_spans_count_characters_and_stay_on_their_line() -> None:
    positions = Positions(TEXT, "utf-16")
    assert positions.of_span(Span(1, 4, 1, 6)) == types.Range(types.Position(0, 3), types.Position(0, 6))
    assert positions.of_span(Span(1, 4, 2, 2)) == types.Range(types.Position(0, 3), types.Position(0, 6))


def test_half_an_emoji_is_one_character() -> None:
    assert sound("a\ud83d") == "a\ufffd"
