"""Markdown, HTML and LaTeX: whatever a spec says is shown as it is, and the pages are whole."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from cnncalc.report.doc import Doc
from cnncalc.report.formats import html, latex, markdown
from cnncalc.report.views.analysis import analysis_doc

from . import networks
from .sketch import Sketch

NASTY = r"""a|b *c* _d_ `e` [f](g) <h> & "i" 'j' \k {l} $m$ #n %o ~p ^q ![r](s) unit1[2]"""
EVERY = (networks.alexnet, networks.residual, networks.faulty, networks.symbolic)


def nasty() -> Doc:
    """A page with every special character in a heading, a paragraph, a cell, a remark and a notice."""
    net = Sketch(NASTY, source=NASTY)
    net.layer(NASTY, NASTY, (8, 8, 8), 224, 100)
    net.claim("a|b", "params", NASTY, 224, False)
    net.claim("", "params", NASTY, 224, False, erratum=NASTY)
    return analysis_doc(net.analysis(file=NASTY, assumptions=[NASTY]))


class Reader(HTMLParser):
    """The text of a page, and whether its tags are balanced."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.texts: list[str] = []
        self.tags: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Remember it."""
        self.tags.add(tag)
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Close the last one."""
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Collect it."""
        self.texts.append(data)


def read(page: str) -> Reader:
    """The page, read."""
    reader = Reader()
    reader.feed(page)
    reader.close()
    assert not reader.open
    return reader


@pytest.mark.parametrize("make", [*(lambda make=make: analysis_doc(make()) for make in EVERY), nasty])
def test_html_is_well_formed_and_stands_alone(make) -> None:  # type: ignore[no-untyped-def]
    page = html.render(make())
    reader = read(page)
    assert "script" not in reader.tags and "link" not in reader.tags and "img" not in reader.tags
    assert not re.search(r"https?://|url\(", page)
    assert "prefers-color-scheme: dark" in page


def test_html_shows_what_the_spec_says() -> None:
    assert "".join(read(html.render(nasty())).texts).count(NASTY) >= 8
    assert "<h>" not in html.render(nasty())


def test_markdown_tables_keep_their_columns() -> None:
    """A pipe in a cell does not make another cell."""
    for doc in (nasty(), *(analysis_doc(make()) for make in EVERY)):
        counts = None
        for line in markdown.render(doc).splitlines():
            if not line.startswith("|"):
                counts = None
                continue
            bars = len(re.findall(r"(?<!\\)\|", line))
            assert counts in (None, bars)
            counts = bars


def test_markdown_special_characters_are_escaped() -> None:
    page = markdown.escape(NASTY)
    assert page == (
        r"a\|b \*c\* \_d\_ \`e\` \[f](g) \<h\> &amp; "
        r""""i" 'j' \\k {l} \$m\$ #n %o \~p ^q !\[r](s) unit1[2]"""
    )


def test_markdown_emphasis_touches_its_text() -> None:
    page = markdown.render(analysis_doc(networks.alexnet()))
    assert not re.search(r"\*\* [^|]*\*\*(?=[^|*]*\|)", page.replace("| **", "|**").replace("** |", "**|"))


def test_latex_has_no_bare_special_character() -> None:
    """Outside of commands nothing is left that TeX would act on."""
    body = latex.escape(NASTY + " naïve × 卷 \t\n")
    bare = re.sub(r"\\(textbackslash|textasciitilde|textasciicircum|textless|textgreater|textbar)\{\}", "", body)
    bare = re.sub(r"\\ensuremath\{\\[a-z]+\}|\\[&%$#_{}]", "", bare)
    assert not re.search(r"[\\~^<>|&%$#_{}]", bare)
    assert "naïve" in body and "卷" not in body


@pytest.mark.parametrize("make", [*(lambda make=make: analysis_doc(make()) for make in EVERY), nasty])
def test_latex_is_balanced(make) -> None:  # type: ignore[no-untyped-def]
    page = latex.render(make())
    opened = re.findall(r"\\begin\{(\w+)\}", page)
    assert sorted(opened) == sorted(re.findall(r"\\end\{(\w+)\}", page)) and opened[0] == "document"
    braces = re.sub(r"\\[{}]", "", page)
    assert braces.count("{") == braces.count("}")


@pytest.mark.parametrize("render", [markdown.render, html.render, latex.render])
def test_exact_figures_are_in_every_format(render) -> None:  # type: ignore[no-untyped-def]
    page = render(analysis_doc(networks.alexnet()))
    for figure in ("62,378,344", "1,135,256,096", "12,613,600", "12.61", "12.03", "96x55x55", "37,752,832"):
        assert figure in page
