"""What holds for a spec, in TOML that could stand in its configuration."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from cnncalc.lint.engine import Linter


def described(linter: Linter, name: str) -> str:
    """The settings of one spec: where they come from, which rules run with which severity and options."""
    return "\n".join(_lines(linter, name)) + "\n"


def _lines(linter: Linter, name: str) -> Iterator[str]:
    configuration, (settings, rules) = linter.configured(name), linter.settings(name)
    yield f"# {'the current folder' if name == '-' else name}"
    yield f"# configuration: {configuration.file or 'none found'}"
    yield f"fail-on = {_toml(configuration.fail_on or 'error')}"
    if configuration.baseline:
        yield f"baseline = {_toml(configuration.baseline)}"
    if configuration.lock_file:
        yield f"lock = {_toml(configuration.lock or 'cnncalc.lock')}"
    yield f"ignore-reason = {_toml(settings.ignore_reason)}"
    yield f"select = {_toml([one.rule.code for one in rules.active])}"
    yield "\n[severity]"
    for one in rules.active:
        yield f"{one.rule.code} = {_toml(one.severity)}  # {one.rule.slug}"
    for table, values in (("budget", settings.budget), ("target", settings.target)):
        if values:
            yield f"\n[{table}]"
            yield from (f"{key} = {_toml(value)}" for key, value in values.items())
    for one in rules.active:
        if one.options:
            yield f"\n[rules.{one.rule.code}]"
            yield from (f"{key} = {_toml(value)}" for key, value in one.options.items())


def _toml(value: Any) -> str:
    """A value in TOML: JSON's spelling serves for texts, numbers, truth values and lists."""
    return json.dumps(list(value) if isinstance(value, tuple) else value, ensure_ascii=False)
