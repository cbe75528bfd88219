"""The console script: the table of commands, and the promise that no traceback reaches the user."""

from __future__ import annotations

import errno
import gc
import os
import sys
from collections.abc import Iterable
from importlib import import_module
from keyword import iskeyword

import typer

COMMANDS = (
    "analyze",
    "lint",
    "rule",
    "diff",
    "import",
    "lock",
    "lsp",
    "verify",
    "solve",
    "explain",
    "export",
    "convolve",
    "ask",
    "exercise",
    "schema",
    "zoo",
)
"""Each is a function of its name in the file of its name (`import`, a word of Python's own: `import_`)."""

GROUPS = ("import", "solve")
"""Commands that have sub-commands: their function gives the group."""

NUMBERS = ("convolve",)
"""Commands whose arguments may begin with a minus sign: they are numbers, not options."""


def _version(value: bool) -> None:
    if value:
        from cnncalc import __version__

        print(f"cnncalc {__version__}")
        raise typer.Exit


def _main(
    version: bool = typer.Option(
        False, "--version", callback=_version, is_eager=True, help="Print the version and stop."
    ),
) -> None:
    pass


def application(commands: Iterable[str] = COMMANDS) -> typer.Typer:
    """The command line with these commands."""
    app = typer.Typer(
        name="cnncalc",
        help="Exact sizes, parameters, arithmetic, memory and receptive fields of convolutional networks, from a short spec.",
        add_completion=False,
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_main)
    for name in commands:
        word = f"{name}_" if iskeyword(name) else name
        command = getattr(import_module(f"cnncalc.cli.{word}"), word)
        if name in GROUPS:
            app.add_typer(command())
            continue
        settings = {"ignore_unknown_options": True} if name in NUMBERS else None
        app.command(context_settings=settings)(command)
    return app


def main() -> None:
    """Runs the command line and exits with its code."""
    # one short run that allocates and never frees: collecting cycles over a growing graph would take a third of it
    gc.disable()
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="replace")
    try:
        if sys.stdout is None:
            raise OSError(errno.EBADF, "standard output is closed")
        try:
            # building the options of commands that are not called would take as long as the answer
            application([word] if (word := (sys.argv[1:2] or [""])[0]) in COMMANDS else COMMANDS)()
        finally:
            sys.stdout.flush()
    except BrokenPipeError:
        # the reader (head, less) has seen enough; keep the interpreter from complaining at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(141)
    except OSError as error:
        print(f"error: the output cannot be written: {error.strerror or error}", file=sys.stderr)
        # what is left in the buffer cannot be written either; an ordinary exit would complain once more
        os._exit(2)
    except Exception as error:
        if os.environ.get("CNNCALC_TRACEBACK"):
            raise
        print(f"cnncalc: internal error: {type(error).__name__}: {error}", file=sys.stderr)
        print(
            "This is a defect of cnncalc; please report it with the spec (CNNCALC_TRACEBACK=1 shows where).",
            file=sys.stderr,
        )
        sys.exit(2)
