"""One server for all tests of its answers: starting one takes most of a second."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.lsp.editor import Editor


@pytest.fixture(scope="session")
def editor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Editor]:
    editor = Editor(tmp_path_factory.mktemp("workspace"))
    yield editor
    assert editor.logged == []  # no defect was reported by any test
    assert editor.leave() == 0
