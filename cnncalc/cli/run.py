"""What commands over several specs share: every spec is processed, and the worst exit code wins."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from cnncalc.core.diagnostic import SpecError

if TYPE_CHECKING:
    from cnncalc.report.doc import Doc


class HasExitCode(Protocol):
    """A result that knows how the command should end."""

    @property
    def exit_code(self) -> int:
        """0 or 1."""
        ...


Result = TypeVar("Result", bound=HasExitCode)


def each(arguments: list[str], one: Callable[[str], Result]) -> list[Result | SpecError]:
    """One result per spec that the arguments name; what cannot be processed stands as its SpecError."""
    from cnncalc.spec.find import find

    results: list[Result | SpecError] = []
    for argument in arguments:
        try:
            names = find(argument)
        except SpecError as error:
            results.append(error)
            continue
        for name in names:
            try:
                results.append(one(name))
            except SpecError as error:
                results.append(error)
    return results


def exit_code(results: Iterable[Any]) -> int:
    """2 when a spec could not be processed, else the worst of the results'."""
    return max((2 if isinstance(result, SpecError) else result.exit_code for result in results), default=0)


def complain(errors: Iterable[SpecError]) -> None:
    """Prints what is wrong with the input to standard error."""
    for error in errors:
        for problem in error.problems:
            print(f"error: {problem}", file=sys.stderr)


def terminal(doc: Doc) -> str:
    """The document for this terminal: its width, and colour only where a terminal reads it."""
    from cnncalc.report.formats.terminal import render

    color = sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    return render(doc, shutil.get_terminal_size((100, 24)).columns, color, _can_write("─▸×✗"))


def _can_write(signs: str) -> bool:
    """Whether standard output's encoding has these signs."""
    try:
        signs.encode(sys.stdout.encoding or "ascii")
    except (LookupError, UnicodeEncodeError):
        return False
    return True
