"""What the commands that answer a question share: the formats, and how the answer or the problem is written."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from cnncalc.solve.answer import Answer

FORMATS = ("terminal", "markdown", "latex", "html", "json")

Format = Annotated[
    str, typer.Option("--format", "-f", metavar="FORMAT", help="terminal, markdown, latex, html or json.")
]
Claim = Annotated[
    str | None,
    typer.Option(metavar="VALUE", help="Your own answer: right, or wrong by which slip.", show_default=False),
]
Network = Annotated[
    str,
    typer.Argument(
        metavar="SPEC", help="A file, zoo:alexnet, - or inline notation: 'in 3x32x32; conv 16 k3'.", show_default=False
    ),
]


def tell(make: Callable[[], Answer], format_: str, limit: int = 40) -> None:
    """Writes the answer and ends the command: 0, 1 when a claimed answer is wrong, 2 when the call or the input is."""
    from cnncalc.cli.options import choose
    from cnncalc.cli.run import complain
    from cnncalc.core.diagnostic import SpecError

    choose(("--format", format_, FORMATS))
    try:
        answer = make()
    except SpecError as error:
        if format_ == "json":
            from cnncalc.report.formats.answer import render

            sys.stdout.write(render([error]))
        else:
            complain([error])
        sys.exit(2)
    if format_ == "json":
        from cnncalc.report.formats.answer import render

        sys.stdout.write(render([answer]))
    else:
        from cnncalc.cli.pages import page
        from cnncalc.report.views.answer import answer_doc

        sys.stdout.write(page(answer_doc(answer, limit=limit), format_))
    sys.exit(answer.exit_code)
