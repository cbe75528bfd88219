"""What the tests of the linter share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from cnncalc.lint.config import Configuration, _nearest
from cnncalc.lint.engine import Linter
from cnncalc.lint.finding import Placed
from cnncalc.lint.result import LintResult

from .rules_for_tests import only_these

__all__ = ["only_these"]


@pytest.fixture(autouse=True)
def _forget_configurations() -> None:
    """Files come and go between tests."""
    _nearest.cache_clear()


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], Path]:
    """Writes a file into a folder of its own, which is the current one."""
    monkeypatch.chdir(tmp_path)

    def writer(name: str, text: str) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="")
        return path

    return writer


def review(layers: str, *, head: str = "", **options: object) -> LintResult:
    """The review of some layers on a 3x32x32 input, without a configuration file."""
    text = f"cnncalc: 1\nname: x\ninput: 3x32x32\n{head}layers:\n{layers}"
    return Linter(Configuration(), **options).lint_text(text, "x.yaml")  # type: ignore[arg-type]


def short(findings: tuple[Placed, ...]) -> list[tuple[str, str, int]]:
    """Code, path and line of each."""
    return [(one.code, one.path, one.span.line) for one in findings]
