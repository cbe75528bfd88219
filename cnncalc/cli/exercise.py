"""`cnncalc exercise`: a worksheet with its key, for teachers."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from cnncalc.cli.answers import FORMATS, Format


def exercise(
    seed: Annotated[int, typer.Option(metavar="N", help="The same number gives the same questions.")] = 1,
    topic: Annotated[
        str, typer.Option(metavar="A,B", help="Topics that take turns: sizes, params, memory, rf, inverse, slips.")
    ] = "sizes,params,memory,rf",
    count: Annotated[int, typer.Option("--n", "-n", metavar="N", help="How many questions.")] = 10,
    lang: Annotated[str, typer.Option(metavar="LANG", help="en or zh: the same questions in either language.")] = "en",
    key: Annotated[bool, typer.Option("--key/--no-key", help="With or without the answers.")] = True,
    format_: Format = "terminal",
) -> None:
    """Sets questions with drawn numbers; every answer in the key is worked out by the engine, with its derivation.

    Exit code 0: fine; 2: the call is wrong.
    """
    from cnncalc.cli.options import choose
    from cnncalc.cli.pages import refuse
    from cnncalc.core.diagnostic import SpecError
    from cnncalc.solve.exercise.worksheet import worksheet
    from cnncalc.solve.lang import LANGUAGES

    choose(("--format", format_, FORMATS), ("--lang", lang, LANGUAGES))
    try:
        topics = tuple(name.strip() for name in topic.split(",") if name.strip())
        sheet = worksheet(seed, topics, count, lang)
    except SpecError as error:
        refuse(error, format_)
    if format_ == "json":
        from cnncalc.report.formats.worksheet import render

        sys.stdout.write(render(sheet, key=key))
        return
    from cnncalc.cli.pages import page
    from cnncalc.report.views.worksheet import worksheet_doc

    sys.stdout.write(page(worksheet_doc(sheet, key=key), format_))
