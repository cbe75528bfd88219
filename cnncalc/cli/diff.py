"""`cnncalc diff`: what a change does to a network."""

from __future__ import annotations

import sys
from enum import Enum
from typing import TYPE_CHECKING, Annotated

import typer

from cnncalc.cli.lint import FailOn

if TYPE_CHECKING:
    from cnncalc.lint.change import Changed


class DiffFormat(str, Enum):
    """Output formats."""

    terminal = "terminal"
    json = "json"
    markdown = "markdown"


def diff(
    old: Annotated[str, typer.Argument(metavar="OLD", help="A spec, or git:REVISION:PATH.", show_default=False)],
    new: Annotated[str, typer.Argument(metavar="NEW", help="A spec, or git:REVISION:PATH.", show_default=False)],
    format_: Annotated[DiffFormat, typer.Option("--format", "-f", help="Output format.")] = DiffFormat.terminal,
    output_file: Annotated[
        str | None, typer.Option("--output-file", "-o", metavar="FILE", help="Write into a file.", show_default=False)
    ] = None,
    fail_on: Annotated[
        FailOn, typer.Option(help="From which severity on a gained finding gives exit code 1.")
    ] = FailOn.error,
    config: Annotated[
        str | None, typer.Option(metavar="FILE", help="The configuration; none: without one.", show_default=False)
    ] = None,
) -> None:
    """What changed between two networks: sizes, parameters, MACs, memory, layers, findings gained and lost.

    Exit code 0: no finding at or above --fail-on was gained; 1: one was; 2: a spec gave no network.
    """
    from cnncalc.cli import review
    from cnncalc.cli.run import complain
    from cnncalc.core.diagnostic import SpecError
    from cnncalc.lint.change import changed
    from cnncalc.lint.files import replace_file

    try:
        change = changed(review.linter(config, None, None, None, None, torch_memory=True), old, new)
        text = _text(change, format_, output_file is None)
        if output_file is None:
            sys.stdout.write(text)
        else:
            replace_file(output_file, text)
    except SpecError as error:
        complain([error])
        sys.exit(2)
    sys.exit(change.exit_code(fail_on.value))


def _text(change: Changed, format_: DiffFormat, on_terminal: bool) -> str:
    if format_ is DiffFormat.json:
        from cnncalc.report.formats.diff import render as as_json

        return as_json([change])
    from cnncalc.report.views.diff import diff_doc

    doc = diff_doc(change)
    if format_ is DiffFormat.markdown:
        from cnncalc.report.formats.markdown import render as as_markdown

        return as_markdown(doc)
    if on_terminal:
        from cnncalc.cli.run import terminal

        return terminal(doc)
    from cnncalc.report.formats.terminal import render as as_text

    return as_text(doc)
