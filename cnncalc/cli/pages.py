"""A document in the format that was asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
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
