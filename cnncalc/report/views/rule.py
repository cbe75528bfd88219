"""A rule's documentation as a page, and the list of all rules."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from cnncalc.lint.rule import Rule, documentation
from cnncalc.report.doc import Block, Cell, Code, Column, Doc, Heading, Line, Table, text

_FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.DOTALL | re.MULTILINE)


def rule_doc(rule: type[Rule]) -> Doc:
    """What the rule finds and why, with its examples, options and references."""
    return Doc(f"{rule.code} {rule.slug}", tuple(_blocks(rule)))


def _blocks(rule: type[Rule]) -> Iterator[Block]:
    words = documentation(rule)
    yield Heading(f"{rule.code} {rule.slug}", 1)
    yield text(words.summary)
    yield text((", ".join(facts(rule)), "dim"))
    for heading, body in words.sections.items():
        yield Heading(heading)
        yield from _body(body)
    if rule.options:
        yield Heading("Options")
        columns = (Column("option"), Column("default"))
        yield Table(columns, tuple(Line((Cell(name), Cell(shown(value)))) for name, value in rule.options.items()))


def facts(rule: type[Rule]) -> Iterator[str]:
    """Severity, whether it runs by default, whether it has fixes."""
    yield f"severity {rule.severity}"
    yield "on by default" if rule.default else "off by default"
    if rule.fixable:
        yield "some findings can be fixed"


def shown(value: object) -> str:
    """An option's value as a configuration says it."""
    if isinstance(value, bool):
        return str(value).lower()
    return f"[{', '.join(map(shown, value))}]" if isinstance(value, list | tuple) else str(value)


def _body(body: str) -> Iterator[Block]:
    """Paragraphs, list items and fenced examples."""
    at = 0
    for match in _FENCE.finditer(body):
        yield from _paragraphs(body[at : match.start()])
        yield Code(match.group(2), match.group(1))
        at = match.end()
    yield from _paragraphs(body[at:])


def _paragraphs(body: str) -> Iterator[Block]:
    for paragraph in re.split(r"\n\s*\n|\n(?=[-*] )", body.strip()):
        if paragraph.strip():
            yield text(" ".join(paragraph.split()))


def rules_doc(rules: Iterable[type[Rule]]) -> Doc:
    """All rules in a table."""
    columns = (Column("code"), Column("name"), Column("severity"), Column("fix"), Column("what it finds"))
    lines = [
        Line(
            (
                Cell(rule.code),
                Cell(rule.slug),
                Cell(rule.severity if rule.default else f"{rule.severity} (off)"),
                Cell("yes" if rule.fixable else ""),
                Cell(documentation(rule).summary),
            )
        )
        for rule in rules
    ]
    return Doc("rules", (Heading("Rules", 1), Table(columns, tuple(lines))))
