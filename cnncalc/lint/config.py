"""The configuration: `[tool.cnncalc]` of the nearest pyproject.toml upward, or the nearest cnncalc.toml.

`Configuration` is a file as read and checked; `Settings` are what holds for one spec, per-file tables included. Words of
the command line are merged by the engine (`Settings.with_`).
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from fnmatch import fnmatchcase
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from cnncalc.core.diagnostic import SpecError
from cnncalc.lint.finding import NOTHING, Severity
from cnncalc.lint.select import Selection

NAMES = ("cnncalc.toml", "pyproject.toml")
_OURS = re.compile(r"tool\s*[.\]][\s\"']*cnncalc")
"""Spares parsing every project's file: what may be our table."""


class Settings(NamedTuple):
    """What holds for one spec."""

    selection: Selection = Selection()
    severity: Mapping[str, Severity] = NOTHING
    """Another severity by code or prefix."""
    options: Mapping[str, Mapping[str, Any]] = NOTHING
    """Rule options by code."""
    budget: Mapping[str, Any] = NOTHING
    target: Mapping[str, Any] = NOTHING
    ignore_reason: bool = False
    """Whether an ignore must give its reason."""
    custom: tuple[Mapping[str, Any], ...] = ()
    """Declarative rules."""

    def severity_of(self, code: str, default: Severity) -> Severity:
        """A rule's severity: the closest prefix's, else its own."""
        prefixes = [prefix for prefix in self.severity if code.startswith(prefix)]
        return self.severity[max(prefixes, key=len)] if prefixes else default

    def with_(self, select: list[str] | None, extend: list[str], ignore: list[str]) -> Settings:
        """With the command line's words: its `select` replaces the file's, the others are added."""
        own = self.selection
        chosen = Selection(
            own.select if select is None else tuple(select),
            (*(own.extend if select is None else ()), *extend),
            (*own.ignore, *ignore),
        )
        return self._replace(selection=chosen)


class Configuration(NamedTuple):
    """A configuration file, read and checked. Without a file everything has its default."""

    file: str = ""
    root: str = "."
    """The folder that its relative paths and patterns start from."""
    base: Settings = Settings()
    per_file: tuple[tuple[str, Mapping[str, Any]], ...] = ()
    fail_on: str | None = None
    baseline: str | None = None
    lock: str | None = None

    def matching(self, spec: str) -> tuple[int, ...]:
        """Which per-file tables speak of a spec."""
        if not self.per_file:
            return ()
        relative = os.path.relpath(spec, self.root).replace(os.sep, "/") if _is_path(spec) else spec
        names = (relative, relative.rpartition("/")[2])
        return tuple(
            index
            for index, (pattern, _) in enumerate(self.per_file)
            if any(fnmatchcase(name, pattern) for name in names)
        )

    def settings(self, tables: tuple[int, ...] = ()) -> Settings:
        """The base, then these per-file tables, in order."""
        result = self.base
        for index in tables:
            result = _merged(result, self.per_file[index][1])
        return result

    def path(self, name: str | None) -> str | None:
        """A path that the file names, seen from here."""
        return None if name is None else os.path.relpath(os.path.join(self.root, name))

    @property
    def lock_file(self) -> str | None:
        """The lock file: the one it names, else cnncalc.lock beside it where there is one."""
        if self.lock is not None:
            return self.path(self.lock)
        usual = os.path.join(self.root, "cnncalc.lock")
        return self.path("cnncalc.lock") if os.path.isfile(usual) else None


def _is_path(spec: str) -> bool:
    return not spec.startswith(("<", "zoo:", "git:"))


def _merged(base: Settings, table: Mapping[str, Any]) -> Settings:
    """A per-file table over the settings before it."""
    own = base.selection
    selection = Selection(
        tuple(table["select"]) if "select" in table else own.select,
        (*own.extend, *table.get("extend-select", ())),
        (*own.ignore, *table.get("ignore", ())),
    )
    options = {code: dict(values) for code, values in base.options.items()}
    for code, values in table.get("rules", {}).items():
        options[code] = {**options.get(code, {}), **values}
    return base._replace(
        selection=selection,
        severity={**base.severity, **table.get("severity", {})},
        options=options,
        budget={**base.budget, **table.get("budget", {})},
        target={**base.target, **table.get("target", {})},
        ignore_reason=table.get("ignore-reason", base.ignore_reason),
    )


def find(spec: str) -> Configuration:
    """The configuration that holds for a spec: the nearest file upward from its folder. Raises SpecError."""
    start = os.path.dirname(os.path.abspath(spec)) if _is_path(spec) and os.path.exists(spec) else os.getcwd()
    return _nearest(start)


@lru_cache(maxsize=1024)
def _nearest(folder: str) -> Configuration:
    for name in NAMES:
        path = os.path.join(folder, name)
        if os.path.isfile(path):
            found = load(path, required=name == "cnncalc.toml")
            if found is not None:
                return found
    above = os.path.dirname(folder)
    return Configuration() if above == folder else _nearest(above)


def reread() -> None:
    """Forgets the files that were found: a process that goes on for long calls this when they may have changed."""
    _nearest.cache_clear()


def load(path: str, required: bool = True) -> Configuration | None:
    """The configuration in a file; None where it is not required and the file says nothing to us. Raises SpecError."""
    from cnncalc.lint.tables import problem, read_table

    try:
        text = Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SpecError(problem(path, f"the configuration cannot be read: {error}")) from None
    if not required and not _OURS.search(text):
        return None
    table = read_table(text, path, os.path.basename(path) != "pyproject.toml")
    if table is None:
        return Configuration(path, os.path.dirname(os.path.abspath(path))) if required else None
    return _configuration(table, path)


def _configuration(table: Mapping[str, Any], path: str) -> Configuration:
    base = _merged(Settings(), {key: value for key, value in table.items() if key not in ("per-file", "custom")})
    return Configuration(
        file=path,
        root=os.path.dirname(os.path.abspath(path)),
        base=base._replace(custom=tuple(table.get("custom", ()))),
        per_file=tuple(table.get("per-file", {}).items()),
        fail_on=table.get("fail-on"),
        baseline=table.get("baseline"),
        lock=table.get("lock"),
    )
