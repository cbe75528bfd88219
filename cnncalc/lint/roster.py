"""The rules of a run: ours, installed ones and those of the configuration, each with its options and severity."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from cnncalc.core.diagnostic import Diagnostic, SpecError, did_you_mean
from cnncalc.lint.config import Settings
from cnncalc.lint.finding import Severity
from cnncalc.lint.registry import RULES, rule_class
from cnncalc.lint.rule import Rule
from cnncalc.lint.select import ALL


class Active(NamedTuple):
    """A rule that runs."""

    rule: Rule
    severity: Severity
    options: Mapping[str, Any]


class Roster(NamedTuple):
    """The rules of a run, and all that are known."""

    active: tuple[Active, ...]
    known: frozenset[str]
    """Every known code."""
    enabled: frozenset[str]

    def active_rule(self, code: str) -> Active | None:
        """The rule of that code, if it runs."""
        return next((one for one in self.active if one.rule.code == code), None)


def roster(settings: Settings) -> Roster:
    """The rules that the settings choose. Raises SpecError for words that mean no rule and options that none has."""
    others = {rule.code: rule for rule in (*installed(), *_declared(settings))}
    known = frozenset((*RULES, *others))
    _check_words(settings, known, others.values())
    classes = [rule_class(code) for code in RULES if settings.selection.wanted(code)]
    chosen = [rule for rule in (*classes, *others.values()) if settings.selection.enabled(rule)]
    active = tuple(
        Active(rule(), settings.severity_of(rule.code, rule.severity), _options(rule, settings)) for rule in chosen
    )
    return Roster(active, known, frozenset(one.rule.code for one in active))


def every_rule(settings: Settings | None = None) -> Iterator[type[Rule]]:
    """All known rules, in the order of their codes, ours first."""
    yield from map(rule_class, RULES)
    yield from installed()
    yield from _declared(settings or Settings())


def rules_here() -> tuple[type[Rule], ...]:
    """All rules that are known in the current folder. Raises SpecError where its configuration is wrong."""
    from cnncalc.lint.config import find

    return tuple(every_rule(find("-").base))


def named_rule(word: str, rules: Iterable[type[Rule]]) -> type[Rule]:
    """The rule of that code or name. Raises SpecError."""
    known = {key: rule for rule in rules for key in (rule.code.lower(), rule.slug)}
    if word.lower() not in known:
        words = sorted(key.upper() if key[-1:].isdigit() else key for key in known)
        raise _wrong(f"no rule is called {word}", did_you_mean(word, words) or "cnncalc rule lists them")
    return known[word.lower()]


@lru_cache(maxsize=None)
def installed() -> tuple[type[Rule], ...]:
    """The rules that installed packages bring. Raises SpecError for one that is none."""
    from cnncalc.lint.plugins import installed_rules

    return installed_rules()


def _declared(settings: Settings) -> tuple[type[Rule], ...]:
    if not settings.custom:
        return ()
    from cnncalc.lint.custom import declared_rule

    return tuple(declared_rule(table) for table in settings.custom)


def _options(rule: type[Rule], settings: Settings) -> Mapping[str, Any]:
    given = settings.options.get(rule.code)
    if not given:
        return rule.options
    for name, value in given.items():
        if name not in rule.options:
            remedy = did_you_mean(name, rule.options) or "it has no options"
            raise _wrong(f"{rule.code} has no option {name}", remedy)
        default = rule.options[name]
        if default is not None and not _alike(value, default):
            raise _wrong(f"the option {name} of {rule.code} must be like {default!r}, not {value!r}", "")
    return {**rule.options, **given}


def _alike(value: Any, default: Any) -> bool:
    if isinstance(default, bool) or isinstance(value, bool):
        return isinstance(default, bool) and isinstance(value, bool)
    if isinstance(default, int | float):
        return isinstance(value, int | float)
    if isinstance(default, tuple | list):
        return isinstance(value, list)
    return isinstance(value, type(default))


def _check_words(settings: Settings, known: Iterable[str], others: Iterable[type[Rule]]) -> None:
    selection = settings.selection
    codes = set(known)
    words = [*(selection.select or ()), *selection.extend, *selection.ignore, *settings.severity, *settings.options]
    names: set[str] | None = None
    for word in words:
        if word.lower() == ALL or any(code.startswith(word.upper()) for code in codes):
            continue
        if names is None:
            names = {rule.slug for rule in (*map(rule_class, RULES), *others)}
        if word.lower() not in names:
            raise _wrong(f"no rule is called {word}", did_you_mean(word, (*codes, *names)) or "cnncalc rule lists them")


def _wrong(message: str, remedy: str) -> SpecError:
    return SpecError(Diagnostic(message, expected="", received="", remedy=remedy))
