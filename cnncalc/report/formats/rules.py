"""The rules as JSON, each a `cnncalc/rule/1`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cnncalc.lint.layout import spread
from cnncalc.lint.rule import Rule, documentation


def render(rules: Sequence[type[Rule]], *, many: bool) -> str:
    """One object, or an array of them."""
    objects = [rule_object(rule) for rule in rules]
    return spread(objects if many else objects[0], 2) + "\n"


def rule_object(rule: type[Rule]) -> dict[str, Any]:
    """A rule's facts and its documentation in Markdown, by heading."""
    words = documentation(rule)
    return {
        "schema": "cnncalc/rule/1",
        "code": rule.code,
        "name": rule.slug,
        "severity": rule.severity,
        "default": rule.default,
        "fixable": rule.fixable,
        "options": dict(rule.options),
        "summary": words.summary,
        "sections": words.sections,
    }
