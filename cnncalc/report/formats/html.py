"""A Doc as one self-contained HTML page: no script, nothing loaded, light and dark."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from html import escape
from typing import Any

from cnncalc.report import figures
from cnncalc.report.doc import (
    Cell,
    Chart,
    Code,
    Column,
    Diagnosis,
    Doc,
    Facts,
    Formulas,
    Heading,
    Line,
    Notice,
    Remark,
    Table,
    Text,
)

_STYLE = """
:root { color-scheme: light dark; --ink: #1c2128; --paper: #fff; --dim: #6a737d; --line: #d8dee4; --bar: #dbe9fb;
  --good: #1a7f37; --bad: #c62828; --warn: #9a5b00; }
@media (prefers-color-scheme: dark) { :root { --ink: #dce1e7; --paper: #14181d; --dim: #8b949e; --line: #30363d;
  --bar: #1d3a5f; --good: #56d364; --bad: #ff7b72; --warn: #e3b341; } }
body { color: var(--ink); background: var(--paper); font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto;
  max-width: 72rem; padding: 0 1rem; }
h2 { font-size: 1.6rem; margin: 2rem 0 .2rem; } h3 { font-size: 1.05rem; margin: 1.8rem 0 .4rem; }
p { margin: .3rem 0; }
.scroll { overflow-x: auto; margin: 1rem 0 .4rem; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: .9rem; }
th, td { padding: .15rem .7rem; text-align: left; white-space: nowrap; }
th { font-weight: 600; }
thead th { border-bottom: 2px solid var(--line); position: sticky; top: 0; background: var(--paper); }
tbody tr:hover { background: color-mix(in srgb, var(--bar) 35%, transparent); }
tfoot td { border-top: 2px solid var(--line); font-weight: 600; }
.number { text-align: right; }
.tree { padding-left: calc(.7rem + 1.1rem * var(--depth, 0)); }
.percent { background: linear-gradient(to right, var(--bar) var(--share, 0%), transparent var(--share, 0%)) no-repeat;
  min-width: 4rem; }
.formula { white-space: normal; overflow-wrap: anywhere; min-width: 14rem; }
.strong { font-weight: 600; } .dim { color: var(--dim); } .good { color: var(--good); }
.derivation th { text-align: right; padding-right: 0; font-weight: 400; }
.derivation td { padding: .2rem .3rem; }
.bad { color: var(--bad); font-weight: 600; } .warn { color: var(--warn); font-weight: 600; }
.notice { border-left: 4px solid var(--bad); margin: .8rem 0; padding: .2rem .9rem; }
.notice dl { display: grid; grid-template-columns: max-content 1fr; gap: 0 1rem; margin: .2rem 0; }
.notice dt { color: var(--dim); } .notice dd { margin: 0; }
.chart { margin: .8rem 0; overflow-x: auto; } .chart figcaption { font-size: .9rem; }
.chart rect { fill: var(--dim); } .chart text { fill: var(--ink); font-size: 12px; }
td.remark { white-space: normal; font-size: .85rem; }
"""
_MARKS = {"error": "!", "warning": "!", "unknown": "?", "aside": "~", "more": "…"}
_LONGEST_NUMBER = 26


def render(doc: Doc) -> str:
    """The page."""
    body = "\n".join(line for block in doc.blocks for line in _FORMATS[type(block)](block))
    head = '<meta charset="utf-8">\n<meta name="viewport" content="width=device-width, initial-scale=1">'
    return (
        f'<!doctype html>\n<html lang="{doc.lang}">\n<head>\n{head}\n<title>{escape(doc.title)}</title>\n'
        f"<style>{_STYLE}</style>\n</head>\n<body>\n{body}\n</body>\n</html>\n"
    )


def _heading(block: Heading) -> Iterator[str]:
    yield f"<h{block.level + 1}>{escape(block.text)}</h{block.level + 1}>"


def _runs(text: Text) -> str:
    return "".join(
        escape(run.text) if run.style == "plain" else f'<span class="{run.style}">{escape(run.text)}</span>'
        for run in text.runs
    )


def _text(block: Text) -> Iterator[str]:
    yield f"<p>{_runs(block)}</p>"


def _table(block: Table) -> Iterator[str]:
    yield '<div class="scroll"><table>'
    yield f"<thead><tr>{''.join(_title(column) for column in block.columns)}</tr></thead>"
    yield "<tbody>"
    for line in block.lines:
        if isinstance(line, Remark):
            place = f'class="remark tree" style="--depth:{line.depth + 1}" colspan="{len(block.columns)}"'
            yield f"<tr><td {place}>{_remark_text(line)}</td></tr>"
        else:
            yield _row(line, block.columns)
    yield "</tbody>"
    if block.footer:
        yield f"<tfoot>{_row(block.footer, block.columns)}</tfoot>"
    yield "</table></div>"


def _title(column: Column) -> str:
    return f'<th scope="col"{_classes("number" if column.numeric else "")}>{escape(column.title)}</th>'


def _row(line: Line, columns: tuple[Column, ...]) -> str:
    first, *others = (_cell(cell, column) for cell, column in zip(line.cells, columns, strict=True))
    name, classes, _ = first
    times = f' <span class="dim">×{line.times}</span>' if line.times > 1 else ""
    depth = f' style="--depth:{line.depth}"' if line.depth else ""
    cells = [f"<td{_classes('tree', classes)}{depth}>{name}{times}</td>"]
    cells += [f"<td{_classes(classes)}{style}>{shown}</td>" for shown, classes, style in others]
    return f"<tr>{''.join(cells)}</tr>"


def _cell(cell: Cell, column: Column) -> tuple[str, str, str]:
    """What is shown, its classes and its own style."""
    shown = figures.in_role(cell.value, column.role)
    classes: list[str] = [cell.style] if cell.style != "plain" else []
    if column.numeric:
        classes.append("formula" if len(shown) > _LONGEST_NUMBER else "number")
    if column.role == "percent" and isinstance(cell.value, float):
        return shown, " ".join(["percent", *classes]), f' style="--share:{100 * cell.value:.1f}%"'
    return escape(shown), " ".join(classes), ""


def _classes(*names: str) -> str:
    given = " ".join(name for name in names if name)
    return f' class="{given}"' if given else ""


def _remark_text(remark: Remark) -> str:
    return f"{_MARKS[remark.level]} {_runs(remark.text)}"


def _remark(block: Remark) -> Iterator[str]:
    yield f"<p>{_remark_text(block)}</p>"


def _facts(block: Facts) -> Iterator[str]:
    yield '<div class="scroll"><table><tbody>'
    for fact in block.facts:
        exact, *others = (escape(part) for part in figures.parts(fact.value, fact.role))
        shown = f"<td{_classes('formula' if len(exact) > _LONGEST_NUMBER else 'number')}>{exact}</td>"
        more = f'<td class="number dim">{" = ".join(["", *others]).strip()}</td>'
        yield f'<tr><th scope="row">{escape(fact.key)}</th>{shown}{more}<td class="dim">{escape(fact.note)}</td></tr>'
    yield "</tbody></table></div>"


def _formulas(block: Formulas) -> Iterator[str]:
    from cnncalc.report.formats.formulas import html

    return html(block)


def _chart(block: Chart) -> Iterator[str]:
    from cnncalc.report.formats.chart import html

    return html(block)


def _notice(block: Notice) -> Iterator[str]:
    yield f'<div class="notice"><p class="bad">{escape(block.text)}</p><dl>'
    for key, value in (("at", block.place), *block.details):
        if value:
            yield f"<dt>{escape(key)}</dt><dd>{escape(value)}</dd>"
    yield "</dl></div>"


def _code(block: Code) -> Iterator[str]:
    yield f"<pre><code>{escape(block.text)}</code></pre>"


def _diagnosis(block: Diagnosis) -> Iterator[str]:
    yield from _notice(block.notice)


_FORMATS: dict[type, Callable[[Any], Iterator[str]]] = {
    Heading: _heading,
    Text: _text,
    Table: _table,
    Facts: _facts,
    Formulas: _formulas,
    Chart: _chart,
    Notice: _notice,
    Remark: _remark,
    Code: _code,
    Diagnosis: _diagnosis,
}
