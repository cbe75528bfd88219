"""The examples of the documents run, and say what is true."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from cnncalc.spec.read import load_inline

from .written import analyzed

DOCS = Path(__file__).parents[2] / "docs"
PAGES = [*sorted(DOCS.glob("*.md")), DOCS.parent / "README.md"]
FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def examples(language: str) -> list[tuple[str, str]]:
    found = []
    for page in PAGES:
        if page.exists():
            text = page.read_text(encoding="utf-8")
            found += [
                (f"{page.name}:{text.count(chr(10), 0, match.start()) + 1}", match[2])
                for match in FENCE.finditer(text)
                if match[1] == language
            ]
    return found


WHOLE = [(place, text) for place, text in examples("yaml") if text.startswith("cnncalc: 1")]
INLINE = [
    (place, notation)
    for place, text in examples("bash") + examples("sh") + examples("console")
    for notation in re.findall(r"'(in [^']+)'", text)
]


@pytest.mark.parametrize(("place", "text"), WHOLE, ids=[place for place, _ in WHOLE])
def test_specs_in_the_documents(place: str, text: str) -> None:
    analysis = analyzed(text)
    assert analysis.exit_code == 0, place
    assert all(claim.holds for claim in analysis.claims if claim.erratum is None and claim.follows is None)


@pytest.mark.parametrize(("place", "notation"), INLINE, ids=[place for place, _ in INLINE])
def test_notation_in_the_documents(place: str, notation: str) -> None:
    assert load_inline(notation).layers.calls, place
