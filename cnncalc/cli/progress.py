"""How far a long command is, on standard error: a bar for a person at a terminal, else a line for each finished network.

A single network is no list, so a log or a pipe hears nothing of it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from time import perf_counter

from cnncalc.core.diagnostic import SpecError

Tick = Callable[[str, int, int], None]
"""What is being done, how many of its steps are done, how many there are."""


def _nothing(what: str, done: int, of: int) -> None:
    pass


@dataclass
class Course:
    """The course of a command over `of` networks."""

    of: int
    tick: Tick
    """Shows a step of the network at work."""
    lines: bool
    """Whether each finished network gets a line."""
    done: int = 0

    @contextmanager
    def network(self, name: str) -> Iterator[Finish]:
        """Around the work on a network, which says what came out of it in words."""
        started = perf_counter()
        finish = Finish()
        try:
            yield finish
        except SpecError:
            self._tell(name, finish.words, perf_counter() - started)
            raise
        self._tell(name, finish.words, perf_counter() - started)

    def _tell(self, name: str, words: str, seconds: float) -> None:
        self.done += 1
        if self.lines:
            place = f"[{self.done:>{len(str(self.of))}}/{self.of}]"
            print(f"{place} {name}: {words}, {seconds:.1f} s", file=sys.stderr, flush=True)

    @property
    def place(self) -> str:
        """Which network it is, where there are several: `3/72 `."""
        return f"{self.done + 1}/{self.of} " if self.of > 1 else ""


@dataclass
class Finish:
    """What came out of a network."""

    words: str = "cannot be verified"


@contextmanager
def course(of: int) -> Iterator[Course]:
    """Shows the course of a command over `of` networks, while it lasts."""
    if not sys.stderr.isatty():
        yield Course(of, _nothing, of > 1)
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("", total=None)

        def tick(what: str, done: int, of: int) -> None:
            progress.update(task, description=what, completed=done, total=of)

        yield Course(of, tick, False)
