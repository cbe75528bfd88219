"""The tolerant reading: whole specs as YAML reads them, unfinished ones as far as they go."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from cnncalc.lint.engine import Linter
from cnncalc.lsp.document import Latest, Studied, is_spec
from cnncalc.lsp.names import layers_in_scope, own_blocks, values_in_scope
from cnncalc.lsp.reading import Part, Reading, Word

ROOT = Path(__file__).parents[2]
FILES = sorted([*(ROOT / "specs").rglob("*.yaml"), *(ROOT / "cnncalc" / "blocks").glob("*.yaml")])


def tree(node: Part | Word | None) -> Any:
    if isinstance(node, Part):
        if node.listed:
            return [tree(entry.value) for entry in node.entries]
        return {entry.key.text: tree(entry.value) for entry in node.entries if entry.key is not None}
    return node.text if node is not None else None


def alike(read: Any, right: Any) -> bool:
    """Whether both say the same; of a text over several lines only the first is read."""
    if isinstance(right, dict):
        return (
            isinstance(read, dict) and list(read) == list(right) and all(alike(read[key], right[key]) for key in right)
        )
    if isinstance(right, list):
        return isinstance(read or [], list) and len(read or []) == len(right) and all(map(alike, read or [], right))
    return (read or "") == (right or "") or (isinstance(right, str) and len(right) > 60 and right.startswith(read))


def test_the_zoo_reads_as_yaml_reads_it() -> None:
    wrong = [
        file.name
        for file in FILES
        if not alike(tree(Reading(text := file.read_text(encoding="utf-8")).root), yaml.load(text, yaml.BaseLoader))
    ]
    assert len(FILES) > 80
    assert wrong == []


HEAD = "cnncalc: 1\nlayers:\n"


@pytest.mark.parametrize(
    ("text", "role", "path", "word"),
    [
        ("", "key", (), None),
        ("cnncalc: 1\ninp", "key", (), "inp"),
        (f"{HEAD}  - co", "item", ("layers", 0), "co"),
        (f"{HEAD}- ", "item", ("layers", 0), None),
        (f"{HEAD}  ", "below", ("layers",), None),
        (f"{HEAD}  - relu\n  ", "dash", ("layers",), None),
        (f"{HEAD}  - conv: {{fil", "key", ("layers", 0, "conv"), "fil"),
        (f"{HEAD}  - conv: {{filters: 3, padding: sa", "value", ("layers", 0, "conv", "padding"), "sa"),
        (f"{HEAD}  - conv:\n      filters: 3\n      ", "key", ("layers", 0, "conv"), None),
        (f"{HEAD}  - conv:\n      filters: wi", "value", ("layers", 0, "conv", "filters"), "wi"),
        (f"{HEAD}  - add:\n    - - conv: {{kernel: 3}}\n      - re", "item", ("layers", 0, "add", 0, 1), "re"),
        (f"{HEAD}  - add: {{from: [a, ", "item", ("layers", 0, "add", "from", 0), None),  # all items are alike
        ("layers: [conv: {filters: 3}, re", "item", ("layers", 1), "re"),
        ("layers: [conv: {filters: 3, ", "key", ("layers", 0, "conv"), None),
        (f"{HEAD}  - conv: {{filters: 3\n  - ba", "item", ("layers", 1), "ba"),  # the open brace is given up
        (f"{HEAD}  - conv: {{\n      fil", "key", ("layers", 0, "conv"), "fil"),
        ("{cnncalc: 1, lay", "key", (), "lay"),
        ('name: "un', "value", ("name",), "un"),
        ("name: a # remark", "text", None, None),
        ("doc: |\n  layers:\n  - co", "text", None, None),
        ("a: 1\r\nb: {c: 2}\r\nta", "key", (), "ta"),
    ],
)
def test_where_the_end_of_a_text_stands(
    text: str, role: str, path: tuple[str | int, ...] | None, word: str | None
) -> None:
    spot = Reading(text).spot
    assert (spot.role, spot.word.text if spot.word else None) == (role, word)
    if path is not None:
        inside = spot.part.path if spot.part is not None else ()
        last = (spot.part.last_step,) if spot.part is not None and role in ("value", "item", "below") else ()
        assert (*inside, *last) == path


def test_nothing_that_is_typed_is_refused() -> None:
    text = (ROOT / "specs" / "googlenet.yaml").read_text(encoding="utf-8")
    for end in range(0, len(text), 7):
        Reading(text[:end])
        Reading(text[end:])
    for odd in (
        "]]}}",
        "- - - :",
        "{[}:,",
        "'",
        '"\\',
        "?:",
        "a: b: c",
        "\t- x",
        "[{a: [",
        ": :",
        "---\na: 1\n...",
        "- {,}",
    ):
        Reading(odd)


NAMED = """
input: {left: 3x8x8, right: 3x8x8}
variables: {classes: 10}
blocks:
  unit: {parameters: {width: null, stride: 1}, layers: [conv: {filters: width}]}
layers:
  - conv: {name: first, filters: 3}
  - conv
  - add:
    - - relu
      - conv: {from: here}
    - []
  - flatten
"""


def test_names_that_a_text_defines() -> None:
    reading = Reading(NAMED)
    assert own_blocks(reading) == {"unit": {"width": None, "stride": "1"}}
    assert set(values_in_scope(reading, ("layers", 0))) == {"classes"}
    assert set(values_in_scope(reading, ("blocks", "unit", "layers"))) == {"classes", "width", "stride"}
    inner = next(part for part in reading.parts.values() if part.get("from") is not None)
    # its own stack first, then outward, then the inputs; not what comes later; all layers of a kind are counted
    assert list(layers_in_scope(reading, inner)) == ["relu1", "conv2", "first", "left", "right"]


def test_what_is_taken_for_a_spec() -> None:
    assert is_spec("# a comment\ncnncalc: 1")
    assert is_spec("{cnncalc: 1, input: 3x8x8}")
    assert is_spec("input: 3x8x8\nlayers: []")
    assert not is_spec("on: push\njobs: {}")
    assert not is_spec("")


def test_lines_of_the_last_readable_text_are_found_again() -> None:
    text = "cnncalc: 1\ninput: 3x8x8\nlayers:\n  - relu\n  - relu6\n  - flatten\n"
    result, network = Linter().study(text, "x.yaml")
    edited = text.replace("  - relu6\n", "  - conv: {\n  - \n")
    latest = Latest(Studied(text, result, network), edited)
    assert [latest.line(number) for number in (1, 4, 5, 6, 7)] == [1, 4, None, None, 6]
    spans = [latest.now(row.span) for row in latest.network.analysis.rows]
    assert [span.line if span is not None else None for span in spans] == [4, None, 7]
