"""The documents' API examples (specs/api): every figure that they or a few lines of arithmetic give comes out."""

from pathlib import Path

import pytest

import cnncalc

SPECS = sorted((Path(__file__).parents[2] / "specs" / "api").glob("*.yaml"))


def test_there_are_13_examples() -> None:
    assert len(SPECS) == 13


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_an_example_is_green(path: Path) -> None:
    analysis = cnncalc.analyze(path)
    assert analysis.faults == ()
    assert analysis.claims
    assert [claim for claim in analysis.claims if claim.holds is not True] == []
