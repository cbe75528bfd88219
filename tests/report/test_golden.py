"""Every format of every page against a file in golden/.

A changed page is looked at and then accepted with `CNNCALC_ACCEPT_GOLDEN=1 pytest tests/report/test_golden.py`.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from cnncalc.core.diagnostic import Diagnostic, SpecError
from cnncalc.core.source import Span
from cnncalc.report.formats import csv, html, json, latex, markdown, terminal
from cnncalc.report.views.analysis import analysis_doc

from . import networks

GOLDEN = Path(__file__).parent / "golden"
UNREADABLE = SpecError(
    Diagnostic(
        "unknown key 'strides'", "CN900", "conv1", "", "strides", "did you mean stride?", Span(4, 30, 4, 37), "x.yaml"
    ),
    Diagnostic("unknown kind 'cnov'", "CN900", "", "", "cnov", "did you mean conv?", Span(7, 5, 7, 9), "x.yaml"),
)

PAGES: dict[str, Callable[[], str]] = {
    "alexnet-100.txt": lambda: terminal.render(analysis_doc(networks.alexnet()), 100),
    "alexnet-60.txt": lambda: terminal.render(analysis_doc(networks.alexnet()), 60),
    "alexnet-colour.txt": lambda: terminal.render(analysis_doc(networks.alexnet()), 100, color=True),
    "alexnet-ascii.txt": lambda: terminal.render(analysis_doc(networks.alexnet(), layout="hwc"), 80, unicode=False),
    "residual-100.txt": lambda: terminal.render(analysis_doc(networks.residual()), 100),
    "residual-60.txt": lambda: terminal.render(analysis_doc(networks.residual()), 60),
    "residual-expand.txt": lambda: terminal.render(analysis_doc(networks.residual(3), expand=True), 100),
    "residual-closed.txt": lambda: terminal.render(analysis_doc(networks.residual(), limit=10), 100),
    "faulty-100.txt": lambda: terminal.render(analysis_doc(networks.faulty()), 100),
    "symbolic-100.txt": lambda: terminal.render(analysis_doc(networks.symbolic()), 100),
    "memory-100.txt": lambda: terminal.render(analysis_doc(networks.remembered(), memory=True), 100),
    "memory-60.txt": lambda: terminal.render(analysis_doc(networks.remembered(), memory=True), 60, unicode=False),
    "memory-short.txt": lambda: terminal.render(analysis_doc(networks.remembered()), 80),
    "memory.md": lambda: markdown.render(analysis_doc(networks.remembered(), memory=True)),
    "memory.html": lambda: html.render(analysis_doc(networks.remembered(), memory=True)),
    "memory.tex": lambda: latex.render(analysis_doc(networks.remembered(), memory=True)),
    "memory.json": lambda: json.render([networks.remembered()]),
    "plain-cut.txt": lambda: terminal.render(analysis_doc(networks.plain(300), limit=20), 100),
    **{
        f"{name}.{suffix}": lambda make=make, render=render: render(analysis_doc(make()))  # type: ignore[misc]
        for name, make in (("alexnet", networks.alexnet), ("residual", networks.residual), ("faulty", networks.faulty))
        for suffix, render in (("md", markdown.render), ("html", html.render), ("tex", latex.render))
    },
    "symbolic.md": lambda: markdown.render(analysis_doc(networks.symbolic())),
    "symbolic.tex": lambda: latex.render(analysis_doc(networks.symbolic())),
    "alexnet.csv": lambda: csv.render([networks.alexnet()]),
    "several.csv": lambda: csv.render([networks.symbolic(), networks.faulty()]),
    "alexnet.json": lambda: json.render([networks.alexnet()]),
    "several.json": lambda: json.render([networks.symbolic(), UNREADABLE, networks.faulty()]),
}


@pytest.mark.parametrize("name", PAGES)
def test_page(name: str) -> None:
    """The page is the accepted one, to the character."""
    page, accepted = PAGES[name](), GOLDEN / name
    if os.environ.get("CNNCALC_ACCEPT_GOLDEN") == "1":
        accepted.write_text(page, encoding="utf-8", newline="")
    assert page == accepted.read_bytes().decode("utf-8")


def test_no_golden_file_is_left_over() -> None:
    """Every file in golden/ belongs to a page."""
    assert {path.name for path in GOLDEN.iterdir()} == set(PAGES)
