"""The linter: what is wrong with a design, and what experienced people would change.

Rules read the Analysis and recompute nothing. The package can be called: `cnncalc.lint("specs/alexnet.yaml")`.
"""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cnncalc.lint.result import LintResult
    from cnncalc.spec.model import Spec


class _Package(ModuleType):
    """A package that is also the function of its name: importing cnncalc.lint.x would hide a function cnncalc.lint."""

    def __call__(self, spec: Spec | str | Path, **options: Any) -> LintResult:
        """See cnncalc.lint.review.review."""
        from cnncalc.lint.review import review

        return review(spec, **options)


sys.modules[__name__].__class__ = _Package
