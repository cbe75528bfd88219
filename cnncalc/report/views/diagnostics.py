"""Findings as a page: one by one with their lines for the terminal, as a table for a summary; counts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from cnncalc.lint.finding import Placed
from cnncalc.lint.result import LintResult, Statistics, statistics
from cnncalc.lint.text import Lines
from cnncalc.report.doc import (
    LEVEL_STYLE,
    Block,
    Cell,
    Column,
    Diagnosis,
    Doc,
    Heading,
    Level,
    Line,
    Table,
    Text,
    text,
)

LEVELS: dict[str, Level] = {"error": "error", "warning": "warning", "info": "aside"}
PLURAL = {"error": "errors", "warning": "warnings", "info": "infos"}
_SILENCED = (Column("rule"), Column("where"), Column("what"), Column("reason"))
_COUNTS = (Column("rule"), Column("name"), Column("findings", "count"), Column("with a fix", "count"))


def diagnostics_doc(results: Sequence[LintResult], *, counts: bool = False) -> Doc:
    """Every finding with its line, and one line of counts; with `counts` a table by rule too."""
    return Doc("cnncalc lint", tuple(_blocks(results, counts)))


def _blocks(results: Sequence[LintResult], counts: bool) -> Iterator[Block]:
    for result in results:
        lines = Lines(result.text)
        for finding in result.findings:
            yield diagnosis(finding, lines)
    found = statistics(results)
    if counts and found.rules:
        yield statistics_table(found)
    yield verdict(found)


def diagnosis(finding: Placed, lines: Lines) -> Diagnosis:
    """One finding with the line on which it stands."""
    span = finding.span
    source = lines.line(span.line) if span.line else ""
    start = min(span.column - 1, len(source)) if span.line else 0
    end = span.end_column - 1 if span.end_line == span.line else len(source.rstrip())
    return Diagnosis(
        LEVELS[finding.severity],
        f"{finding.severity} {finding.code} {finding.name}",
        message(finding),
        finding.place,
        span.line if source.strip() else 0,
        source,
        start,
        max(end - start, 1),
        tuple(_details(finding)),
    )


def message(finding: Placed) -> str:
    """What was found, with the layer's path, and on how many layers besides."""
    others = finding.times - 1
    more = f" (and on {others} more {'layer' if others == 1 else 'layers'} written here)" if others else ""
    return (f"{finding.path}: " if finding.path else "") + finding.message + more


def _details(finding: Placed) -> Iterator[tuple[str, str]]:
    if finding.remedy:
        yield "remedy", finding.remedy
    if finding.fix is not None:
        yield "fix", f"{finding.fix.title or 'there is one'} ({'--fix' if finding.fix.safe else '--unsafe-fixes'})"


def statistics_table(found: Statistics) -> Table:
    """Findings by rule, the most frequent first."""
    rules = sorted(found.rules.items(), key=lambda pair: (-pair[1][1], pair[0]))
    lines = [Line((Cell(code), Cell(name), Cell(number), Cell(fixes))) for code, (name, number, fixes) in rules]
    return Table(_COUNTS, tuple(lines))


def verdict(found: Statistics) -> Text:
    """`3 specs: 1 error, 2 warnings; 1 ignored, 4 in the baseline; 2 can be fixed with --fix`."""
    specs = f"{found.specs} {'spec' if found.specs == 1 else 'specs'}: "
    counts = [(severity, number) for severity, number in found.severities.items() if number]
    parts: list[str | tuple[str, str]] = []
    for severity, number in counts:
        words = f"{number} {severity if number == 1 else PLURAL[severity]}"
        parts += [", " if parts else "", (words, LEVEL_STYLE[LEVELS[severity]])]
    rest = [f"{found.suppressed} ignored"] if found.suppressed else []
    rest += [f"{found.baselined} in the baseline"] if found.baselined else []
    rest += [f"{found.fixable} can be fixed with --fix"] if found.fixable else []
    rest += [f"{found.unsafe} with --unsafe-fixes"] if found.unsafe else []
    nothing: list[str | tuple[str, str]] = [("nothing found", "good")]
    tail = "; " + ", ".join(rest) if rest else ""
    return text(specs, *(parts or nothing), tail)  # type: ignore[arg-type]


def summary_doc(results: Sequence[LintResult], *, counts: bool = False) -> Doc:
    """A table of all findings under the counts, for a job summary or a comment."""
    found = statistics(results)
    blocks: list[Block] = [Heading("cnncalc lint", 1), verdict(found)]
    lines = [_line(finding) for result in results for finding in result.findings]
    if lines:
        columns = (Column("severity"), Column("rule"), Column("where"), Column("what"), Column("remedy"))
        blocks.append(Table(columns, tuple(lines)))
    if counts and found.rules:
        blocks += [Heading("By rule"), statistics_table(found)]
    silenced = [one for result in results for one in result.suppressed]
    if silenced:
        rows = (
            Line(tuple(map(Cell, (one.finding.code, one.finding.place, message(one.finding), one.reason or "(none)"))))
            for one in silenced
        )
        blocks += [Heading("Ignored, with the reasons given"), Table(_SILENCED, tuple(rows))]
    return Doc("cnncalc lint", tuple(blocks))


def _line(finding: Placed) -> Line:
    style = LEVEL_STYLE[LEVELS[finding.severity]]
    rule = f"{finding.code} {finding.name}"
    cells: Iterable[Cell] = (
        Cell(finding.severity, style),
        *map(Cell, (rule, finding.place, message(finding), finding.remedy)),
    )
    return Line(tuple(cells))
