"""What prevents a graph, as findings: the diagnostics of a SpecError, and the text that they speak of."""

from __future__ import annotations

import re
from pathlib import Path

from cnncalc.core.diagnostic import Diagnostic, SpecError
from cnncalc.lint.finding import Edit, Fix, Placed
from cnncalc.lint.registry import RULES, rule_class
from cnncalc.lint.result import LintResult
from cnncalc.spec.yaml import LARGEST_TEXT

_MEANT = re.compile(r"did you mean (\S+)\?")


def unreadable(name: str, error: SpecError, text: str) -> LintResult:
    """The result of a spec that gives no graph: all its problems are errors, whatever is selected or ignored."""
    found = tuple(_of_problem(problem, name) for problem in error.problems)
    return LintResult(name, found, text=text, problems=error.problems)


def _of_problem(problem: Diagnostic, name: str) -> Placed:
    facts = [f"expected {problem.expected}"] if problem.expected else []
    facts += [f"received {problem.received}"] if problem.received else []
    message = problem.message + (f" ({', '.join(facts)})" if facts else "")
    slug = rule_class(problem.code).slug if problem.code in RULES else "spec"
    meant = _MEANT.fullmatch(problem.remedy) if problem.code == "CN901" else None
    fix = Fix(False, (Edit(problem.span, meant.group(1)),), f"write {meant.group(1)}") if meant else None
    return Placed(
        problem.code, slug, "error", problem.path, message, problem.remedy, problem.file or name, problem.span, fix
    )


def text_of(name: str) -> str:
    """The text of a spec that could not be read, as far as it can be shown."""
    from cnncalc import zoo
    from cnncalc.spec.inline import is_inline

    if is_inline(name):
        return name
    path = zoo.folder() / f"{name.removeprefix(zoo.PREFIX)}.yaml" if name.startswith(zoo.PREFIX) else Path(name)
    try:
        with path.open("rb") as stream:
            return stream.read(LARGEST_TEXT).decode("utf-8-sig", errors="replace")
    except (OSError, ValueError):
        return ""
