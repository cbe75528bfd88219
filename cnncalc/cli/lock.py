"""`cnncalc lock`: agree on the figures of networks."""

from __future__ import annotations

import sys
from typing import Annotated

import typer


def lock(
    specs: Annotated[
        list[str], typer.Argument(metavar="SPEC...", help="Files, directories or globs.", show_default=False)
    ],
    lock_file: Annotated[
        str | None, typer.Option(metavar="FILE", help="The lock file.", show_default="cnncalc.lock")
    ] = None,
    check: Annotated[bool, typer.Option("--check", help="Write nothing; exit with 1 when a figure differs.")] = False,
) -> None:
    """Writes the figures of networks into a lock file; `cnncalc lint` then reports every drift (CN310).

    Exit code 0: written, or nothing differs; 1: with --check, something does; 2: a spec gave no network.
    """
    from cnncalc.cli.locking import run
    from cnncalc.cli.run import complain
    from cnncalc.core.diagnostic import SpecError

    try:
        code = run(specs, lock_file, check)
    except SpecError as error:
        complain([error])
        sys.exit(2)
    sys.exit(code)
