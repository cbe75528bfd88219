"""`cnncalc rule`: what a rule means."""

from __future__ import annotations

import sys
from enum import Enum
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from cnncalc.report.doc import Doc


class RuleFormat(str, Enum):
    """Output formats."""

    terminal = "terminal"
    markdown = "markdown"
    json = "json"


def rule(
    code: Annotated[
        str | None, typer.Argument(metavar="[RULE]", help="A code or a name; without it all rules.", show_default=False)
    ] = None,
    format_: Annotated[RuleFormat, typer.Option("--format", "-f", help="Output format.")] = RuleFormat.terminal,
) -> None:
    """A rule's documentation: what it finds, why, an example, what to do instead, limits, references."""
    from cnncalc.cli.run import complain
    from cnncalc.core.diagnostic import SpecError

    try:
        sys.stdout.write(_text(code, format_))
    except SpecError as error:
        complain([error])
        sys.exit(2)


def _text(code: str | None, format_: RuleFormat) -> str:
    from cnncalc.lint.roster import named_rule, rules_here
    from cnncalc.report.views.rule import rule_doc, rules_doc

    rules = rules_here()
    chosen = list(rules) if code is None else [named_rule(code, rules)]
    if format_ is RuleFormat.json:
        from cnncalc.report.formats.rules import render

        return render(chosen, many=code is None)
    if format_ is RuleFormat.markdown and code is not None:
        from cnncalc.report.formats.rules import page

        return page(chosen[0])
    return _page(rules_doc(rules) if code is None else rule_doc(chosen[0]), format_)


def _page(doc: Doc, format_: RuleFormat) -> str:
    if format_ is RuleFormat.markdown:
        from cnncalc.report.formats.markdown import render

        return render(doc)
    from cnncalc.cli.run import terminal

    return terminal(doc)
