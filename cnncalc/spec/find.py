"""What a SPEC argument of the command line means: files, directories, globs, `-`, inline notation, `zoo:` names."""

from __future__ import annotations

from fnmatch import fnmatchcase
from glob import glob
from pathlib import Path

from cnncalc import zoo
from cnncalc.core.diagnostic import Diagnostic, SpecError
from cnncalc.spec.inline import is_inline

SUFFIXES = (".yaml", ".yml")


def find(argument: str) -> list[str]:
    """The specs that an argument names, each as `spec.read.load` takes it. Raises SpecError when it names none."""
    if argument == "-" or is_inline(argument):
        return [argument]
    if argument.startswith(zoo.PREFIX) and "*" in argument:
        pattern = argument.removeprefix(zoo.PREFIX)
        return _some(
            [zoo.PREFIX + name for name in zoo.names() if fnmatchcase(name, pattern)],
            argument,
            "the zoo has nothing like it",
        )
    if argument.startswith(zoo.PREFIX):
        return [argument]
    path = Path(argument)
    try:
        if path.is_dir():
            files = sorted(str(item) for item in path.iterdir() if item.suffix in SUFFIXES and item.is_file())
            return _some(files, argument, "the directory has no .yaml or .yml files directly in it")
        exists = path.exists()
    except (OSError, ValueError):
        exists = True
    if not exists and any(character in argument for character in "*?["):
        files = sorted(item for item in glob(argument, recursive=True) if item.endswith(SUFFIXES))
        return _some(files, argument, "no .yaml or .yml file matches")
    return [argument]


def is_many(arguments: list[str]) -> bool:
    """Whether the arguments stand for a list of specs, however many they turn out to be."""
    if len(arguments) != 1:
        return True
    argument = arguments[0]
    if argument == "-" or is_inline(argument):
        return False
    return any(character in argument for character in "*?[") or (
        not argument.startswith(zoo.PREFIX) and Path(argument[:4000]).is_dir()
    )


def _some(found: list[str], argument: str, message: str) -> list[str]:
    if not found:
        raise SpecError(
            Diagnostic(
                message,
                file=argument,
                expected="at least one spec",
                received="none",
                remedy="name a file, or use a glob like specs/**/*.yaml",
            )
        )
    return found
