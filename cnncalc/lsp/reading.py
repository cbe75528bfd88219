"""A text that is being typed, made out as far as it goes: keys, values and lists, whatever is unfinished or misplaced.

The loader wants YAML; here a bracket may be open, a key may lack its colon, a quote its end. Nothing is ever refused,
and nothing is resolved: words stay words. Reading the text up to the cursor tells where the cursor stands.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_KEY = re.compile(
    r"""("(?:[^"\\\n]|\\.)*"|'(?:[^'\n]|'')*'|[^\s\[\]{}#'"|>,&*!%@`][^#\n]*?)[ \t]*:(?=[ \t]|$)""", re.MULTILINE
)
_FLOW_END = re.compile(r"[,\[\]{}\n]|:(?=[\s,\[\]{}]|$)|(?<=\s)#")
_PLAIN_END = re.compile(r"\s+#|\s*$", re.MULTILINE)
_QUOTED = re.compile(r'"(?:[^"\\\n]|\\.)*"?|\'(?:[^\'\n]|\'\')*\'?')

Step = str | int


class Word(NamedTuple):
    """A key or a scalar as it is written, without quotes; `start:end` are its offsets, quotes included."""

    text: str
    start: int
    end: int


class Entry:
    """An item of a list (without a key) or a pair of a mapping; `closed` when its colon has been written."""

    __slots__ = ("closed", "key", "value")

    def __init__(self, key: Word | None, closed: bool = False) -> None:
        self.key = key
        self.closed = closed
        self.value: Word | Part | None = None


class Part:
    """A list or mapping. `column` is that of its first character where it is written in lines, -1 in brackets."""

    __slots__ = ("above", "column", "entries", "fresh", "listed", "pair", "start", "step")

    def __init__(self, listed: bool, start: int, column: int, above: Part | None, pair: bool = False) -> None:
        self.listed = listed
        self.start = start
        self.column = column
        self.above = above
        self.step: Step = above.last_step if above is not None else ""
        self.entries: list[Entry] = []
        self.fresh = True
        """In brackets: whether the next word begins an entry."""
        self.pair = pair
        """Whether it is a pair without braces in a list in brackets: `[conv: {...}]`."""

    @property
    def last(self) -> Entry | None:
        """The entry that was begun last."""
        return self.entries[-1] if self.entries else None

    @property
    def last_step(self) -> Step:
        """How a path names the last entry."""
        entry = self.last
        return len(self.entries) - 1 if self.listed or entry is None or entry.key is None else entry.key.text

    @property
    def path(self) -> tuple[Step, ...]:
        """The way here from the top of the document."""
        steps: list[Step] = []
        part: Part | None = self
        while part is not None and part.above is not None:
            steps.append(part.step)
            part = part.above
        return tuple(reversed(steps))

    def get(self, key: str) -> Word | Part | None:
        """The value of a key; None where there is none."""
        return next((entry.value for entry in self.entries if entry.key and entry.key.text == key), None)

    def keys(self) -> list[str]:
        """The keys, in order."""
        return [entry.key.text for entry in self.entries if entry.key is not None]


class Spot(NamedTuple):
    """Where the end of a text stands: in which part, as what, and the word that it touches or follows."""

    part: Part | None
    """None: at the top of an empty document."""
    role: str
    """key, value, below (a value on a line of its own, where a list or mapping may begin), item (after a dash, or in a
    list in brackets), dash (where a list's next dash may stand), text (a comment, a block of text: nothing to say)."""
    word: Word | None = None


class Reading:
    """One text made out."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.root: Part | None = None
        self.words: list[tuple[Word, Part, Entry, bool]] = []
        """Every key (True) and scalar (False) with its part and entry, in order."""
        self.parts: dict[int, Part] = {}
        """Parts by where they start."""
        self.spot = Spot(None, "key")
        self._open: list[Part] = []
        self._flow_from = -1
        self._text_from = -1
        self._line = 0
        start = 0
        while True:
            end = text.find("\n", start)
            self._line = start
            self._read_line(start, (end if end >= 0 else len(text)) - (text[end - 1 : end] == "\r" if end > 0 else 0))
            if end < 0:
                return
            start = end + 1

    # -- lines -----------------------------------------------------------------------------------------------------

    def _read_line(self, start: int, end: int) -> None:
        at = self._skip(start, end)
        column = at - start
        if self._flow_from >= 0:
            if at == end:
                return
            if self.text[at] in "]}" or (column > self._flow_from and not self._is_dash(at, end)):
                self._flow(at, end)
                return
            self._leave_flow()
        if self._text_from >= 0:
            if at == end or column > self._text_from:
                self.spot = Spot(None, "text")
                return
            self._text_from = -1
        if at == end:
            self._blank(column)
        elif self.text[at] == "#":
            self.spot = Spot(None, "text")
        else:
            self._block(at, end)

    def _skip(self, at: int, end: int) -> int:
        while at < end and self.text[at] in " \t\ufeff":
            at += 1
        return at

    def _is_dash(self, at: int, end: int) -> bool:
        return self.text[at] == "-" and (at + 1 == end or self.text[at + 1] in " \t")

    def _blank(self, column: int) -> None:
        """What may be written here, on an empty line."""
        part = next((one for one in reversed(self._open) if one.column <= column), self.root)
        if part is None:
            self.spot = Spot(None, "key")
        elif part.column >= column:
            self.spot = Spot(part, "dash" if part.listed else "key")
        elif part.last is not None and part.last.value is None:
            self.spot = Spot(part, "item" if part.listed else "below")
        else:
            self.spot = Spot(part, "text")

    # -- written in lines ------------------------------------------------------------------------------------------

    def _block(self, at: int, end: int) -> None:
        while self._is_dash(at, end):
            part = self._part(at, listed=True)
            if part is None:
                self.spot = Spot(None, "text")
                return
            part.entries.append(Entry(None))
            self.spot = Spot(part, "item")
            at = self._skip(at + 1, end)
            if at == end or self.text[at] == "#":
                return
        match = _KEY.match(self.text, at, end)
        if match is None:
            self._loose(at, end)
            return
        part = self._part(at, listed=False)
        if part is None:
            self.spot = Spot(None, "text")
            return
        entry = self._key(part, Word(_plain(match.group(1)), at, match.end(1)), closed=True)
        self.spot = Spot(part, "value")
        at = self._skip(match.end(), end)
        if at < end and self.text[at] != "#":
            self._value(part, entry, at, end)

    def _part(self, at: int, listed: bool) -> Part | None:
        """The part that an entry at this place belongs to; None where it can only continue a text above it."""
        column = at - self._line
        while self._open:
            top = self._open[-1]
            if top.column < column or (top.column == column and top.listed == listed):
                break
            # a list may stand right below its key
            if listed and top.column == column and top.last is not None and top.last.value is None:
                break
            if top is self.root and not listed:
                top.column = column
                break
            self._open.pop()
        above = self._open[-1] if self._open else None
        if above is not None and above.column == column and above.listed == listed:
            return above
        if above is None and self.root is not None:
            return None
        if above is not None and (above.last is None or above.last.value is not None):
            return None
        return self._begin(Part(listed, at, column, above))

    def _begin(self, part: Part) -> Part:
        if part.above is None:
            self.root = self.root or part
        elif part.above.last is not None:
            part.above.last.value = part
        self.parts[part.start] = part
        self._open.append(part)
        return part

    def _key(self, part: Part, word: Word, closed: bool = False) -> Entry:
        entry = Entry(word, closed)
        part.entries.append(entry)
        self.words.append((word, part, entry, True))
        return entry

    def _loose(self, at: int, end: int) -> None:
        """A word without a colon: a key or value that is being typed, an item, or a text that goes on."""
        column = at - self._line
        while len(self._open) > 1 and self._open[-1].column > column:
            self._open.pop()
        part = self._open[-1] if self._open else None
        if part is None and self.root is None and self.text[at] not in "{[":
            part = self._begin(Part(False, at, column, None))
        if part is None:
            self._value(None, None, at, end)
        elif not part.listed and part.column >= column:
            word = self._word(at, end)
            self._key(part, word)
            self.spot = Spot(part, "key", word)
        elif part.last is not None and part.last.value is None and part.column < column:
            self._value(part, part.last, at, end)
            if self.spot.role == "value":
                self.spot = self.spot._replace(role="below")
        else:
            self.spot = Spot(None, "text")

    def _value(self, part: Part | None, entry: Entry | None, at: int, end: int) -> None:
        character = self.text[at]
        if character in "|>" and part is not None:
            self._text_from = part.column
            self.spot = Spot(None, "text")
            if entry is not None:
                entry.value = Word("", at, end)
        elif character in "{[":
            self._flow_from = max(self._skip(self._line, end) - self._line, 0)
            self._flow(at, end)
        elif part is not None and entry is not None:
            word = self._word(at, end)
            entry.value = word
            self.words.append((word, part, entry, False))
            comment = self._skip(word.end, end) < end
            self.spot = Spot(None, "text") if comment else Spot(part, "item" if part.listed else "value", word)

    def _word(self, at: int, end: int) -> Word:
        match = _QUOTED.match(self.text, at, end)
        if match is None:
            stop = _PLAIN_END.search(self.text, at, end)
            return Word(self.text[at : stop.start() if stop else end], at, stop.start() if stop else end)
        return Word(_plain(match.group()), at, match.end())

    # -- written in brackets ---------------------------------------------------------------------------------------

    def _leave_flow(self) -> None:
        self._flow_from = -1
        while self._open and self._open[-1].column < 0:
            self._open.pop()

    def _flow(self, at: int, end: int) -> None:
        while (at := self._skip(at, end)) < end:
            character = self.text[at]
            top = self._open[-1] if self._open else None
            if character in "{[":
                if top is not None and top.fresh and top.column < 0:
                    top.entries.append(Entry(None))
                    top.fresh = False
                part = self._begin(Part(character == "[", at, -1, top))
                self.spot = Spot(part, "item" if part.listed else "key")
            elif character in "}]":
                if self._close(character == "]"):
                    return
            elif character == "#" and (at == self._line or self.text[at - 1].isspace()):
                self.spot = Spot(None, "text")
                return
            elif character == "," and top is not None:
                if top.pair:
                    self._open.pop()
                    top = self._open[-1]
                top.fresh = True
                self.spot = Spot(top, "item" if top.listed else "key")
            elif character == ":" and top is not None:
                self._colon(top)
            elif top is not None:
                at = self._flow_word(top, at, end)
                continue
            at += 1

    def _close(self, listed: bool) -> bool:
        """Ends the innermost part of that sort; whether no bracket is open any more."""
        inner = [index for index, part in enumerate(self._open) if part.column < 0]
        for index in reversed(inner):
            part = self._open[index]
            if part.listed == listed and not part.pair:
                del self._open[index:]
                break
        outer = self._open[-1] if self._open else None
        self.spot = Spot(None, "text")
        if outer is None or outer.column >= 0:
            self._flow_from = -1
            return True
        return False

    def _colon(self, top: Part) -> None:
        entry = top.last
        if top.listed and entry is not None and isinstance(entry.value, Word):
            word, entry.value = entry.value, None
            if self.words and self.words[-1][0] is word:
                self.words.pop()
            top = self._begin(Part(False, word.start, -1, top, pair=True))
            top.fresh = False
            entry = self._key(top, word)
        if entry is not None:
            entry.closed = True
        self.spot = Spot(top, "value")

    def _flow_word(self, top: Part, at: int, end: int) -> int:
        match = _QUOTED.match(self.text, at, end)
        if match is not None:
            word = Word(_plain(match.group()), at, match.end())
        else:
            stop = _FLOW_END.search(self.text, at + 1, end)
            until = len(self.text[: stop.start() if stop else end].rstrip(" \t"))
            word = Word(self.text[at:until], at, max(until, at + 1))
        if top.fresh:
            top.fresh = False
            if top.listed:
                entry = Entry(None)
                entry.value = word
                top.entries.append(entry)
                self.words.append((word, top, entry, False))
                self.spot = Spot(top, "item", word)
            else:
                self._key(top, word)
                self.spot = Spot(top, "key", word)
        elif top.last is not None and top.last.closed and top.last.value is None:
            top.last.value = word
            self.words.append((word, top, top.last, False))
            self.spot = Spot(top, "value", word)
        else:
            self.spot = Spot(None, "text")
        return word.end


def _plain(written: str) -> str:
    """A word without its quotes."""
    if written[:1] in "\"'":
        body = written[1:-1] if len(written) > 1 and written[-1] == written[0] else written[1:]
        return body.replace("''", "'") if written[0] == "'" else body
    return written.strip()
