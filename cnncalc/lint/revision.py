"""Specs of another revision: `git:HEAD~1:specs/x.yaml`."""

from __future__ import annotations

import os
import subprocess

from cnncalc.core.diagnostic import Diagnostic, SpecError

PREFIX = "git:"


def is_revision(name: str) -> bool:
    """Whether a name means a file in the repository's history."""
    return name.startswith(PREFIX)


def revision_text(name: str) -> tuple[str, str]:
    """The text of `git:REVISION:PATH` and its path, which is seen from the current folder. Raises SpecError."""
    revision, colon, path = name.removeprefix(PREFIX).rpartition(":")
    if not colon or not revision or not path or revision.startswith("-") or ":" in revision:
        raise _stop(name, "this names no file of a revision", "write git:HEAD~1:specs/x.yaml")
    inside = path if os.path.isabs(path) else f"./{path}"
    try:
        done = subprocess.run(["git", "show", f"{revision}:{inside}"], capture_output=True, check=False)
    except OSError as error:
        raise _stop(name, f"git cannot be run: {error.strerror or error}", "install git, or name two files") from None
    if done.returncode:
        words = done.stderr.decode(errors="replace").strip().splitlines()
        raise _stop(name, (words or ["git does not know it"])[0].removeprefix("fatal: "), "check revision and path")
    return done.stdout.decode("utf-8-sig", errors="replace"), path


def _stop(name: str, message: str, remedy: str) -> SpecError:
    return SpecError(Diagnostic(message, file=name, expected="git:REVISION:PATH", received=name, remedy=remedy))
