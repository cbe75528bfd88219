"""The form of a configuration file: which keys there are and what they hold, checked once when it is read."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from cnncalc.core.diagnostic import Diagnostic, SpecError, did_you_mean
from cnncalc.core.source import NOWHERE, Span
from cnncalc.lint.finding import SEVERITIES
from cnncalc.spec.quantity import parse_bound
from cnncalc.spec.words import BUDGET_FIGURES

FAIL_ON = (*SEVERITIES, "never")
CUSTOM_KEYS = ("code", "name", "when", "message", "remedy", "severity", "doc")
_CUSTOM_CODE = re.compile(r"[A-Z][A-Z]+[0-9]{1,4}")

LONGEST_SHOWN = 60
"""A received value that is longer is not repeated."""

Check = Callable[[Any], str | None]
"""None when the value is right, else what is expected."""


def problem(
    path: str, message: str, expected: str = "", received: str = "", remedy: str = "", line: int = 0
) -> Diagnostic:
    """What is wrong with a configuration file."""
    span = Span(line, 1, line, 1) if line else NOWHERE
    return Diagnostic(message, "CN900", "", expected, received, remedy, span, path)


def read_table(text: str, path: str, whole: bool) -> dict[str, Any] | None:
    """The table `tool.cnncalc` of a TOML text, or the whole of it where that may be; checked. Raises SpecError."""
    import tomllib

    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"line (\d+)", str(error))
        where = int(line.group(1)) if line else 0
        raise SpecError(problem(path, f"not TOML: {error}", line=where)) from None
    tool = data.get("tool", {})
    table = tool.get("cnncalc") if isinstance(tool, dict) else None
    if table is None:
        if not whole:
            return None
        table = data
    wrong = list(_problems(table, _TABLE, ""))
    if wrong:
        raise SpecError(*(_placed(path, text, *one) for one in wrong))
    return dict(table)


def _placed(path: str, text: str, key: str, message: str, expected: str, received: str, remedy: str) -> Diagnostic:
    """With the first line on which the key's last part stands."""
    word = re.escape(key.rpartition(".")[2])
    match = re.search(rf"^.*(?<![\w-]){word}(?![\w-])", text, re.MULTILINE)
    line = text.count("\n", 0, match.start()) + 1 if match else 0
    return problem(path, message, expected, received, remedy, line)


def _problems(table: Any, form: Mapping[str, Any], where: str) -> Iterable[tuple[str, str, str, str, str]]:
    if not isinstance(table, dict):
        yield where, f"{where or 'tool.cnncalc'} must be a table", "a table", repr(table), ""
        return
    for key, value in table.items():
        path = f"{where}.{key}" if where else key
        check = form.get(key, form.get("*"))
        if check is None:
            yield path, f"unknown key {path}", "", "", did_you_mean(key, form)
        elif isinstance(check, dict):
            yield from _problems(value, check, path)
        else:
            expected = check(value)
            if expected is not None:
                received = repr(value)
                yield path, f"{path} must be {expected}", "", received if len(received) <= LONGEST_SHOWN else "", ""


def _words(value: Any) -> str | None:
    good = isinstance(value, list) and all(isinstance(item, str) and item for item in value)
    return None if good else "a list of rule codes, prefixes or names"


def _text(value: Any) -> str | None:
    return None if isinstance(value, str) and value else "a text"


def _device(value: Any) -> str | None:
    from cnncalc.analysis.devices import device

    try:
        device(str(value))
    except ValueError:
        return "a device like a100-40gb, or an amount of memory like 24 GiB"
    return None


def _truth(value: Any) -> str | None:
    return None if isinstance(value, bool) else "true or false"


def _one_of(words: Iterable[str]) -> Check:
    known = tuple(words)
    return lambda value: None if value in known else f"one of {', '.join(known)}"


def _quantity(value: Any) -> str | None:
    return None if parse_bound(value) is not None else "a quantity like 5M, 600M, 8 GiB, or >= 400"


def _value(value: Any) -> str | None:
    return "a number, a text, a truth value or a list" if isinstance(value, dict) else None


def _customs(value: Any) -> str | None:
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        return "a list of tables: [[tool.cnncalc.custom]]"
    for item in value:
        unknown = [key for key in item if key not in CUSTOM_KEYS]
        missing = [key for key in ("code", "when", "message") if not isinstance(item.get(key), str)]
        if unknown or missing:
            what = f"not {unknown[0]}" if unknown else f"not without {missing[0]}"
            return (
                f"tables with code, when, message and perhaps {', '.join(CUSTOM_KEYS[1:2] + CUSTOM_KEYS[4:])}, {what}"
            )
        if not _CUSTOM_CODE.fullmatch(item["code"]) or item["code"].startswith("CN"):
            return "rules with a code of their own, like MY001 (CN is ours)"
        if item.get("severity", "warning") not in SEVERITIES:
            return f"rules whose severity is one of {', '.join(SEVERITIES)}"
    return None


_FILE: dict[str, Any] = {
    "select": _words,
    "extend-select": _words,
    "ignore": _words,
    "ignore-reason": _truth,
    "severity": {"*": _one_of(SEVERITIES)},
    "rules": {"*": {"*": _value}},
    "budget": dict.fromkeys(BUDGET_FIGURES, _quantity),
    "target": {"device": _device},
}
"""What may stand for all specs, and again in `per-file."specs/big/*.yaml"` for some."""

_TABLE: dict[str, Any] = {
    **_FILE,
    "per-file": {"*": _FILE},
    "fail-on": _one_of(FAIL_ON),
    "baseline": _text,
    "lock": _text,
    "custom": _customs,
}
