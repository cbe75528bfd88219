"""The rules as JSON, each a `cnncalc/rule/1`, and a rule's page in Markdown, which its docstring is."""

from __future__ import annotations

from collections.abc import Sequence
from inspect import cleandoc
from typing import Any

from cnncalc.lint.layout import spread
from cnncalc.lint.rule import Rule, documentation
from cnncalc.report.views.rule import facts, shown


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


def page(rule: type[Rule]) -> str:
    """One rule in Markdown: its facts, its docstring, its options."""
    parts = [f"# {rule.code} {rule.slug}", f"*{', '.join(facts(rule))}*", cleandoc(rule.__doc__ or "")]
    if rule.options:
        rows = "\n".join(f"| `{name}` | `{shown(value)}` |" for name, value in rule.options.items())
        table = f"| option | default |\n| --- | --- |\n{rows}"
        parts.append(f"## Options\n\nIn `[tool.cnncalc.rules.{rule.code}]`:\n\n{table}")
    return "\n\n".join(part.strip() for part in parts) + "\n"
