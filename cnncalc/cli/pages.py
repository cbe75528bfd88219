"""A document, or what is wrong with the call, in the format that was asked for."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from cnncalc.core.diagnostic import SpecError
    from cnncalc.report.doc import Doc


def page(doc: Doc, format_: str) -> str:
    """The text of the page: markdown, html, latex, else for this terminal."""
    if format_ == "markdown":
        from cnncalc.report.formats.markdown import render
    elif format_ == "html":
        from cnncalc.report.formats.html import render
    elif format_ == "latex":
        from cnncalc.report.formats.latex import render
    else:
        from cnncalc.cli.run import terminal

        return terminal(doc)
    return render(doc)


def refuse(error: SpecError, format_: str) -> NoReturn:
    """Says what is wrong with the input or the call and ends the command with 2; in JSON as `cnncalc/error/1`."""
    if format_ == "json":
        from cnncalc.report.formats.answer import render

        sys.stdout.write(render([error]))
    else:
        from cnncalc.cli.run import complain

        complain([error])
    sys.exit(2)
