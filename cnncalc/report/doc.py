"""The document model between views and formats: frozen blocks that say what a value is, never how it looks.

A cell holds the value itself (an int, a sympy expression, a shape ...) and its column names the role; thousands
separators, units, glyphs and widths belong to the formats. No arithmetic and no layout here. (Named tuples, because
defining one takes a tenth of the time of a frozen dataclass, and every `analyze` waits for it.)
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal, NamedTuple, TypeAlias

Style = Literal["plain", "strong", "dim", "good", "bad", "warn"]
"""How a piece of text weighs. `bad` is an error, `warn` draws the eye, `good` is a confirmed claim."""

Role = Literal["text", "count", "bytes", "megabytes", "mebibytes", "shape", "field", "percent"]
"""What a value is. Counts, bytes and shapes may be symbolic; a `field` is a Field; a `percent` is a float. Megabytes and
mebibytes are whole bytes too, to be shown in 10^6 or 2^20.
"""

Level = Literal["error", "warning", "unknown", "aside", "more"]
"""How a remark or notice is meant: wrong, suspicious, undecided, worth knowing, or something was left out."""

LEVEL_STYLE: dict[Level, Style] = {"error": "bad", "warning": "warn", "unknown": "warn", "aside": "dim", "more": "dim"}


class Run(NamedTuple):
    """A stretch of text in one style."""

    text: str
    style: Style = "plain"


class Text(NamedTuple):
    """Runs in a line or paragraph."""

    runs: tuple[Run, ...]

    @property
    def plain(self) -> str:
        """The characters without their styles."""
        return "".join(run.text for run in self.runs)


def text(*parts: str | tuple[str, Style]) -> Text:
    """A Text from strings and (string, style) pairs; empty ones are left out.

    >>> text("params ", ("34,944", "strong")).plain
    'params 34,944'
    """
    return Text(tuple(Run(part) if isinstance(part, str) else Run(*part) for part in parts if part and part[0]))


class Field(NamedTuple):
    """A receptive field; `last` is that of the last of several repeats, `shorter` says that another path sees less."""

    size: tuple[Any, ...]
    last: tuple[Any, ...] | None = None
    shorter: bool = False


class Cell(NamedTuple):
    """A value and its style. None is a value nobody knows; an empty string is an empty cell."""

    value: Any
    style: Style = "plain"

    @property
    def is_blank(self) -> bool:
        """Whether there is nothing to show (a value that nobody knows is shown)."""
        return isinstance(self.value, str) and not self.value


EMPTY = Cell("")


class Column(NamedTuple):
    """A column. Where room is short, the columns of the lowest `priority` go first."""

    title: str
    role: Role = "text"
    priority: int = 9

    @property
    def numeric(self) -> bool:
        """Whether its values are compared digit by digit, and so stand flush right."""
        return self.role not in ("text", "shape")


class Line(NamedTuple):
    """A row of cells, one per column, at a `depth` of the tree; it stands for `times` equal ones."""

    cells: tuple[Cell, ...]
    depth: int = 0
    times: int = 1


class Remark(NamedTuple):
    """A sentence about the line above it, across all columns."""

    level: Level
    text: Text
    depth: int = 0


class Table(NamedTuple):
    """Lines and remarks under column titles; `footer` is the line of sums."""

    columns: tuple[Column, ...]
    lines: tuple[Line | Remark, ...]
    footer: Line | None = None


class Heading(NamedTuple):
    """A title of level 1 (the page) or 2 (a part)."""

    text: str
    level: int = 2


class Fact(NamedTuple):
    """A key and its value, with an explanation where one is needed."""

    key: str
    value: Any
    role: Role = "count"
    note: str = ""


class Facts(NamedTuple):
    """Facts in a column."""

    facts: tuple[Fact, ...]


class Notice(NamedTuple):
    """A problem: where, what, and named details such as expected, received and remedy."""

    level: Level
    text: str
    place: str = ""
    details: tuple[tuple[str, str], ...] = ()


class Code(NamedTuple):
    """Text to be shown as it stands, such as a spec."""

    text: str
    language: str = ""


class Formula(NamedTuple):
    """A derivation in a line: `name = step = step = value unit`.

    A step is a formula (core.expression) or text; the value may be None where the steps say it all (a comparison).
    """

    name: str
    steps: tuple[Any, ...] = ()
    value: Any = None
    unit: str = ""
    note: str = ""


class Formulas(NamedTuple):
    """Derivations one below the other."""

    lines: tuple[Formula, ...]


class Stretch(NamedTuple):
    """Values in order, under one name."""

    name: str
    values: tuple[int, ...]


class Chart(NamedTuple):
    """How a figure runs, from 0 to its largest value, in named stretches."""

    title: str
    stretches: tuple[Stretch, ...]


class Diagnosis(NamedTuple):
    """A finding at a place in a text: the rule, what was found, the line with the stretch that is meant, what to do."""

    level: Level
    title: str
    """The severity and the rule: `warning CN201 dropped-border`."""
    text: str
    place: str = ""
    line: int = 0
    """The number of the line; 0: there is none to show."""
    source: str = ""
    """The line itself."""
    start: int = 0
    """Where the stretch begins in the line, from 0, and how long it is."""
    length: int = 1
    details: tuple[tuple[str, str], ...] = ()

    @property
    def notice(self) -> Notice:
        """The same without the line, for formats that are no terminal."""
        return Notice(self.level, f"{self.title}: {self.text}", self.place, self.details)


Block: TypeAlias = Heading | Text | Table | Facts | Formulas | Chart | Notice | Remark | Code | Diagnosis


class Doc(NamedTuple):
    """A page."""

    title: str
    blocks: tuple[Block, ...]
    lang: str = "en"
    """The language of its words."""


def join(docs: Iterable[Doc], title: str = "cnncalc") -> Doc:
    """Several pages as one; a single page stays as it is."""
    pages = tuple(docs)
    return pages[0] if len(pages) == 1 else Doc(title, tuple(block for page in pages for block in page.blocks))
