"""The library's function: what `cnncalc lint` does for one spec, for Python."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from cnncalc.lint.config import Configuration, load
from cnncalc.lint.engine import Linter
from cnncalc.lint.result import LintResult
from cnncalc.spec.model import Spec


def review(
    spec: Spec | str | Path,
    *,
    select: Iterable[str] | None = None,
    extend_select: Iterable[str] = (),
    ignore: Iterable[str] = (),
    config: str | Path | None = None,
) -> LintResult:
    """The review of a Spec, a file, `zoo:alexnet` or inline notation.

    `select`, `extend_select` and `ignore` take codes, prefixes and names; `config` is a configuration file, else the
    nearest one holds. What is wrong with the spec stands in the result; SpecError means that the call is wrong.

    >>> [finding.code for finding in review("in 3x8x8; conv 4 k3; conv 4 k9", select=["CN001"]).findings]
    ['CN001']
    """
    configuration: Configuration | None = load(str(config)) if config is not None else None
    linter = Linter(configuration, select=select, extend=extend_select, ignore=ignore)
    return linter.lint_spec(spec) if isinstance(spec, Spec) else linter.lint(str(spec))
