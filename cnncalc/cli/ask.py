"""`cnncalc ask`: an exercise as it stands in the book."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from cnncalc.cli.answers import FORMATS, Format


def ask(
    question: Annotated[
        list[str],
        typer.Argument(
            metavar="QUESTION...",
            help="The exercise in English or Chinese, in quotes; - reads it from standard input.",
            show_default=False,
        ),
    ],
    claim: Annotated[
        list[str] | None,
        typer.Option(
            metavar="VALUE",
            help="Your own answers, in the order of the questions: right, or which slip.",
            show_default=False,
        ),
    ] = None,
    format_: Format = "terminal",
) -> None:
    """Answers an exercise in words, with derivations; first it shows the network that it understood.

    It knows the usual phrases of such exercises and nothing else: a word that could matter
    and is not understood is named, never guessed at.

    Exit code 0: fine; 1: a claim is wrong or a shape does not fit; 2: not understood.
    """
    from cnncalc.cli.options import choose
    from cnncalc.cli.pages import refuse
    from cnncalc.core.diagnostic import SpecError
    from cnncalc.solve.ask.ask import ask as answered

    choose(("--format", format_, FORMATS))
    try:
        asked = answered(_text(question), claim or ())
    except SpecError as error:
        refuse(error, format_)
    if format_ == "json":
        from cnncalc.report.formats.asked import render

        sys.stdout.write(render(asked))
    else:
        from cnncalc.cli.pages import page
        from cnncalc.report.views.asked import asked_doc

        sys.stdout.write(page(asked_doc(asked), format_))
    sys.exit(asked.exit_code)


def _text(words: list[str]) -> str:
    from cnncalc.core.diagnostic import Diagnostic, SpecError
    from cnncalc.solve.ask.tokens import LONGEST

    if words != ["-"]:
        return " ".join(words)
    if sys.stdin is None:
        raise SpecError(Diagnostic("standard input is closed", remedy="write the question as an argument"))
    try:
        return sys.stdin.buffer.read(8 * LONGEST).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise SpecError(Diagnostic("the question is not UTF-8", file="<stdin>", remedy="save it as UTF-8")) from None
