"""The terminal format: widths, what goes where room is short, colours, and text that would command the terminal."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnncalc.core.source import Span
from cnncalc.report.doc import Cell, Column, Doc, Fact, Facts, Heading, Line, Notice, Remark, Run, Table, Text, text
from cnncalc.report.formats import ansi, terminal
from cnncalc.report.views.analysis import analysis_doc

from . import networks
from .sketch import Sketch

EVERY = (networks.alexnet, networks.residual, networks.faulty, networks.symbolic)
ESCAPE = re.compile("\033\\[[0-9;]*m")


def _widest(page: str) -> int:
    return max(ansi.width(ESCAPE.sub("", line)) for line in page.splitlines())


@pytest.mark.parametrize("make", EVERY)
@pytest.mark.parametrize("width", [40, 41, 53, 60, 72, 80, 100, 140, 200])
@pytest.mark.parametrize("color", [False, True])
def test_no_line_is_wider_than_the_terminal(make, width, color) -> None:  # type: ignore[no-untyped-def]
    page = terminal.render(analysis_doc(make()), width, color)
    assert _widest(page) <= width
    assert not any(ESCAPE.sub("", line).endswith(" ") for line in page.splitlines())


@pytest.mark.parametrize("make", EVERY)
@pytest.mark.parametrize("width", [60, 100])
def test_colour_changes_no_character(make, width) -> None:  # type: ignore[no-untyped-def]
    doc = analysis_doc(make())
    assert ESCAPE.sub("", terminal.render(doc, width, color=True)) == terminal.render(doc, width)
    assert "\033" not in terminal.render(doc, width)


@pytest.mark.parametrize("make", EVERY)
def test_ascii_terminals_get_ascii(make) -> None:  # type: ignore[no-untyped-def]
    assert terminal.render(analysis_doc(make()), 100, unicode=False).isascii()


def test_numbers_are_never_cut() -> None:
    """In 60 columns there are fewer columns, and the ones that are there are whole."""
    page = terminal.render(analysis_doc(networks.alexnet()), 60)
    assert "62,378,344" in page and "1,135,256,096" in page and "37,752,832" in page
    table = page.partition("Totals")[0]
    assert "kind" not in table and "…" not in table


def test_long_names_are_cut_before_columns_go() -> None:
    net = Sketch()
    net.layer("a" * 50, "conv", (8, 8, 8), 12_345, 678_901)
    page = terminal.render(analysis_doc(net.analysis()), 60)
    assert "aaaa…" in page and "12,345" in page and "678,901" in page


def test_spare_room_goes_to_the_formulas() -> None:
    wide = terminal.render(analysis_doc(networks.symbolic()), 140)
    assert wide.count("…") == 1, "only the sum is cut: it stands whole below the table"
    assert "4608*N*ceil(H/2)*ceil(W/2)" in wide.partition("total")[0]


def test_formulas_go_on_below_in_the_table_and_are_whole_in_the_totals() -> None:
    from cnncalc.core.symbolic import symbol

    net = Sketch(shape=(3, symbol("H"), symbol("W")))
    for index in range(6):
        net.layer(f"conv{index}", "conv", (3, 4, 4), 1, (index + 1) * symbol("H") ** (index + 1) * symbol("N"))
    page = terminal.render(analysis_doc(net.analysis()), 60)
    assert _widest(page) <= 60
    table, _, totals = page.partition("Totals")
    assert table.count("…") <= 2, "only the sums are cut: they stand whole below the table"
    assert "…" not in totals


def test_what_a_spec_says_does_not_command_the_terminal() -> None:
    net = Sketch("evil\033[2J", source="red\033[31m\nsecond line\x07")
    net.layer("conv1", "conv", (8, 8, 8), 224, 100)
    net.claim("conv1", "params", "\033]0;x\x07", 224, False)
    page = terminal.render(analysis_doc(net.analysis()), 80)
    assert not any(char < " " and char != "\n" for char in page)


def test_wide_letters_count_twice() -> None:
    net = Sketch("卷积神经网络" * 12, source="来源 " * 30)
    net.layer("conv1", "conv", (8, 8, 8), 224, 100)
    assert _widest(terminal.render(analysis_doc(net.analysis()), 60)) <= 60


@given(st.lists(st.text(max_size=30), max_size=8), st.integers(8, 40), st.integers(0, 6))
def test_wrapping_loses_nothing_but_spaces(pieces: list[str], room: int, indent: int) -> None:
    runs = [Run(piece) for piece in pieces]
    lines = list(ansi.wrap(runs, room, color=False, lead=[Run(" " * indent)], indent=indent))
    assert all(ansi.width(line) <= room for line in lines)
    assert "".join("".join(lines).split()) == "".join(ansi.clean("".join(pieces)).split())


@given(st.text(max_size=20), st.integers(3, 20))
def test_cutting_fits(words: str, room: int) -> None:
    assert ansi.width(ansi.cut(ansi.clean(words), room, "…")) <= room


def test_every_block_has_a_form() -> None:
    """And an empty document is an empty page."""
    blocks = (
        Heading("Title", 1),
        text("a ", ("b", "good")),
        Table((Column("x"), Column("n", "count")), (Line((Cell("a"), Cell(None))), Remark("aside", text("why")))),
        Facts((Fact("key", 12_613_600, "bytes"),)),
        Notice("error", "it broke", "x.yaml:1:2", (("remedy", "mend it"),)),
        Remark("unknown", Text((Run("who knows"),))),
    )
    page = terminal.render(Doc("t", blocks), 60)
    assert "12,613,600 B = 12.61 MB = 12.03 MiB" in page and "~ why" in page and "? who knows" in page
    assert terminal.render(Doc("t", ()), 60) == ""


def test_a_line_must_have_a_cell_per_column() -> None:
    doc = Doc("t", (Table((Column("a"), Column("b")), (Line((Cell("x"),)),)),))
    with pytest.raises(ValueError, match="zip"):
        terminal.render(doc, 60)


def test_places_are_told_where_they_are_known() -> None:
    net = Sketch()
    net.layer("conv1", "conv", (8, 8, 8), 224, 100, span=Span(0, 0, 0, 0))
    net.claim("conv1", "params", "225", 224, False, line=0)
    page = terminal.render(analysis_doc(net.analysis(file="net.yaml")), 80)
    assert "! params stated 225, computed 224 (net.yaml)" in page
