"""Budgets (CN301): what a written limit means, and how it is judged. Figures by hand."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from cnncalc.lint.engine import Linter
from cnncalc.spec.quantity import parse_bound

from ..conftest import write

__all__ = ["write"]
Write = Callable[[str, str], Path]


@pytest.mark.parametrize(
    ("written", "least", "most"),
    [("5M", None, 5_000_000), (">= 400", 400, None), ("<=8 GiB", None, 8 << 30), (3, None, 3), ("> 3", None, None)],
)
def test_bounds(written: object, least: int | None, most: int | None) -> None:
    """A bare quantity is the most that is allowed; of a receptive field it is the least."""
    bound = parse_bound(written)
    if least is None and most is None:
        assert bound is None
        return
    assert bound is not None
    edge = least if least is not None else most
    assert edge is not None
    assert [bound.holds(edge + step) for step in (-1, 0, 1)] == [least is None, True, most is None]
    turned = parse_bound("200", least=True)
    assert turned is not None
    assert [turned.holds(figure) for figure in (199, 200)] == [False, True]


def test_limits_from_below_and_above_are_judged(write: Write) -> None:
    """3x3 from 3 to 8 channels sees 3 pixels and has 3 * 8 * 9 + 8 = 224 parameters."""
    write("cnncalc.toml", 'budget = {receptive_field = ">= 5", params = ">= 300", macs = "<= 1"}\n')
    layers = "layers: [conv: {filters: 8, kernel: 3, padding: 1, activation: relu}]\n"
    spec = write("a.yaml", f'cnncalc: 1\ninput: 3x16x16\nbudget: {{params: "<= 200", macs: ">= 1"}}\n{layers}')
    found = [one for one in Linter().lint(str(spec)).findings if one.code == "CN301"]
    assert [one.message for one in found] == [
        "receptive_field is 3, under the budget >= 5 of the configuration by 2 (40 %)",
        "params is 224, over the budget <= 200 by 24 (12 %)",
    ]
    assert [one.span.line for one in found] == [1, 3]
