"""What a SPEC argument of the command line means: files, directories, globs, `-`, inline notation, `zoo:` names."""

from __future__ import annotations

from fnmatch import fnmatchcase
from glob import glob
from pathlib import Path
from typing import NoReturn

from cnncalc import zoo
from cnncalc.core.diagnostic import Diagnostic, SpecError
from cnncalc.spec.inline import is_inline

SUFFIXES = (".yaml", ".yml")


def find(argument: str) -> list[str]:
    """The specs that an argument names, each as `spec.read.load` takes it. Raises SpecError when it names none."""
    if not argument.strip():
        raise _nothing("an empty SPEC", "(empty)")
    if argument == "-" or is_inline(argument):
        return [argument]
    if argument.startswith(zoo.PREFIX):
        if "*" not in argument:
            return [argument]
        pattern = argument.removeprefix(zoo.PREFIX)
        found = [zoo.PREFIX + name for name in zoo.names() if fnmatchcase(name, pattern)]
        return found or _none(argument, "the zoo has nothing like it")
    if _is_folder(argument):
        found = sorted(str(item) for item in Path(argument).iterdir() if _is_spec(item))
        return found or _none(argument, "the directory has no .yaml or .yml files directly in it")
    if _is_pattern(argument):
        found = sorted(item for item in glob(argument, recursive=True) if _is_spec(Path(item)))
        return found or _none(argument, "no .yaml or .yml file matches")
    return [argument]


def is_many(arguments: list[str]) -> bool:
    """Whether the arguments stand for a list of specs, however many they turn out to be."""
    if len(arguments) != 1:
        return True
    argument = arguments[0]
    if argument == "-" or is_inline(argument):
        return False
    if argument.startswith(zoo.PREFIX):
        return "*" in argument
    return _is_folder(argument) or _is_pattern(argument)


def _is_folder(argument: str) -> bool:
    try:
        return bool(argument) and Path(argument).is_dir()
    except (OSError, ValueError):  # a name that no file can have: reading it will say so
        return False


def _is_pattern(argument: str) -> bool:
    try:
        return any(character in argument for character in "*?[") and not Path(argument).exists()
    except (OSError, ValueError):
        return False


def _is_spec(path: Path) -> bool:
    return path.suffix in SUFFIXES and not path.name.startswith(".") and path.is_file()


def _none(argument: str, message: str) -> NoReturn:
    raise _nothing(message, argument)


def _nothing(message: str, file: str) -> SpecError:
    remedy = "name a file, or use a glob like specs/**/*.yaml"
    return SpecError(Diagnostic(message, file=file, expected="at least one spec", received="none", remedy=remedy))
