"""The pages about questions in words, convolutions and worksheets show what the commands print."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from tests.cli.terminal import cnncalc

DOCS = Path(__file__).parents[2] / "docs"
SHOWN = re.compile(r"^```sh\ncnncalc ([^\n]*)\n```\n\n```text\n(.*?)^```", re.M | re.S)
EXAMPLES = [
    pytest.param(command, text, id=f"{page}-{number}")
    for page in ("convolve", "ask", "exercise")
    for number, (command, text) in enumerate(SHOWN.findall((DOCS / f"{page}.md").read_text(encoding="utf-8")))
]


@pytest.mark.parametrize(("command", "text"), EXAMPLES)
def test_the_pages_show_what_is_printed(command: str, text: str) -> None:
    outcome = cnncalc(*shlex.split(command))
    # a page may show the beginning only
    assert (outcome.out + outcome.err).startswith(text.rstrip("\n"))
