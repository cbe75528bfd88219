"""The rules' reality check: famous networks give no errors, and every warning is explained in the spec."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import pytest

from cnncalc.lint.config import Configuration
from cnncalc.lint.engine import Linter

ROOT = Path(__file__).parents[3]
ZOO = sorted((ROOT / "specs").rglob("*.yaml"))
LINTER = Linter(Configuration())


@pytest.mark.parametrize("path", ZOO, ids=lambda path: path.stem)
def test_no_errors_and_no_unexplained_warnings(path: Path) -> None:
    result = LINTER.lint(str(path))
    assert [one for one in result.findings if one.severity != "info"] == []
    assert all(one.reason for one in result.suppressed)


def test_the_page_says_what_fires() -> None:
    """docs/lint-reality-check.md has one row per rule that fires, with exactly the networks on which it does."""
    fired: dict[str, set[str]] = defaultdict(set)
    for path in ZOO:
        if path.parent.name == "specs":
            result = LINTER.lint(str(path))
            for one in (*result.findings, *(silenced.finding for silenced in result.suppressed)):
                fired[one.code].add(path.stem)
    page = (ROOT / "docs" / "lint-reality-check.md").read_text()
    rows = [line.split("|") for line in page.splitlines() if line.startswith("| CN")]
    told = {cells[1].split()[0]: set(cells[3].replace(",", " ").split()) for cells in rows}
    assert told == dict(fired)
