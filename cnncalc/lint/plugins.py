"""Rules that installed packages bring: the entry point group `cnncalc.rules`, each a Rule class or a list of them."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Iterator
from typing import Any

from cnncalc.core.diagnostic import Diagnostic, SpecError
from cnncalc.lint.finding import SEVERITIES
from cnncalc.lint.rule import Rule

GROUP = "cnncalc.rules"
_CODE = re.compile(r"[A-Z][A-Z]+[0-9]{1,4}")


def installed_rules() -> tuple[type[Rule], ...]:
    """Every rule of the group, by the order of the entry points' names. Raises SpecError for one that is none."""
    if not any(map(_mentions, sys.path)):
        return ()
    from importlib.metadata import entry_points

    rules: list[type[Rule]] = []
    for entry in sorted(entry_points(group=GROUP), key=lambda point: point.name):
        try:
            loaded = entry.load()
        except Exception as error:
            raise _wrong(entry.name, f"it cannot be loaded: {type(error).__name__}: {error}") from error
        rules += [_checked(entry.name, rule) for rule in _each(loaded)]
    return tuple(rules)


def _mentions(folder: str) -> bool:
    """Whether a package in this folder has our group: importlib.metadata would parse every package to find out."""
    return any(f"[{GROUP}]".encode() in text for text in _entry_points(folder))


def _entry_points(folder: str) -> Iterator[bytes]:
    try:
        names = os.listdir(folder or ".")
    except OSError:
        return
    for name in names:
        if name.endswith((".dist-info", ".egg-info")):
            try:
                with open(os.path.join(folder, name, "entry_points.txt"), "rb") as stream:
                    yield stream.read()
            except OSError:
                continue


def _each(loaded: Any) -> Iterable[Any]:
    return loaded if isinstance(loaded, list | tuple) else [loaded]


def _checked(name: str, rule: Any) -> type[Rule]:
    if not (isinstance(rule, type) and issubclass(rule, Rule)):
        raise _wrong(name, f"{rule!r} is no subclass of cnncalc.lint.rule.Rule")
    if not _CODE.fullmatch(rule.code) or rule.code.startswith("CN"):
        raise _wrong(name, f"its code is {rule.code!r}; write one of its own like MY001 (CN is ours)")
    if not rule.slug or rule.severity not in SEVERITIES:
        raise _wrong(name, f"{rule.code} needs a slug, and one of the severities {', '.join(SEVERITIES)}")
    return rule


def _wrong(name: str, message: str) -> SpecError:
    return SpecError(Diagnostic(f"the rule {name} of the entry point group {GROUP} does not work: {message}"))
