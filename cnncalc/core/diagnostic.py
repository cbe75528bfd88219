"""What is wrong, where, and what to do: the one shape of every message to the user, and the exception that carries it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

from cnncalc.core.source import NOWHERE, Span


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One problem. `code` is a rule of the linter's catalogue; `path` is the layer's dotted path, or empty."""

    message: str
    code: str = "CN900"
    path: str = ""
    expected: str = ""
    received: str = ""
    remedy: str = ""
    span: Span = NOWHERE
    file: str = ""

    @property
    def place(self) -> str:
        """`file:line:column`, as far as it is known."""
        if self.span is NOWHERE or not self.span.line:
            return self.file
        return f"{self.file}:{self.span.line}:{self.span.column}"

    def __str__(self) -> str:
        head = ": ".join(part for part in (self.place, self.path, self.message) if part)
        facts = [f"expected {self.expected}"] if self.expected else []
        facts += [f"received {self.received}"] if self.received else []
        tail = f" ({', '.join(facts)})" if facts else ""
        return f"{head}{tail}" + (f"; {self.remedy}" if self.remedy else "")


class SpecError(Exception):
    """The input or the call is wrong (exit code 2). Carries one or more diagnostics, in the order of the text."""

    def __init__(self, *problems: Diagnostic) -> None:
        self.problems = problems
        super().__init__("\n".join(str(problem) for problem in problems))


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A remedy for a misspelt word: the nearest known one, or the list of all.

    >>> did_you_mean("strides", ["stride", "kernel"])
    'did you mean stride?'
    """
    names = sorted(set(known))
    near = get_close_matches(word, names, n=1, cutoff=0.6)
    if near:
        return f"did you mean {near[0]}?"
    if len(names) > 24:
        return ""
    return f"known here: {', '.join(names)}" if names else ""
