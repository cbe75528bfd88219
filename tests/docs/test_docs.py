"""The documents keep their word: their specs run green, their commands work, their tables are what the engine says."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

import cnncalc
from cnncalc.core.source import Source
from cnncalc.layers import KINDS
from cnncalc.spec.model import COMMON_KEYS
from cnncalc.spec.problems import plain_value
from cnncalc.spec.read import load_bytes
from cnncalc.spec.schema import schema
from cnncalc.spec.shipped import SHIPPED
from cnncalc.spec.words import DTYPES, LOSSES, OPTIMIZERS, TOTAL_FIGURES
from cnncalc.spec.yaml import parse

DOCS = Path(__file__).parents[2] / "docs"
PAGES = sorted(DOCS.glob("*.md"))
TEXTS = {page.name: page.read_text(encoding="utf-8") for page in PAGES}
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.M | re.S)
VALIDATOR = Draft202012Validator(schema())


def blocks(language: str) -> list[Any]:
    return [
        pytest.param(text, id=f"{page}-{number}")
        for page, content in TEXTS.items()
        for number, (found, text) in enumerate(BLOCK.findall(content))
        if found == language
    ]


def tables(page: str) -> list[list[str]]:
    """Every row of every table of a page, as cells."""
    return [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in TEXTS[page].splitlines()
        if line.startswith("|")
    ]


@pytest.mark.parametrize("text", blocks("yaml"))
def test_every_spec_in_the_documents_is_valid_and_green(text: str) -> None:
    document = plain_value(parse(Source("docs", text)))
    if isinstance(document, dict) and "cnncalc" in document:
        analysis = cnncalc.analyze(load_bytes(text.encode(), "docs", "docs"))
        assert [str(fault) for fault in analysis.faults] == []
        assert [claim for claim in analysis.claims if claim.finding] == []
    elif isinstance(document, dict):
        document = {"cnncalc": 1, "input": 1, "layers": [], **document}
    else:
        document = {"cnncalc": 1, "input": 1, "layers": document}
    assert [error.message for error in VALIDATOR.iter_errors(document)] == []


@pytest.mark.parametrize("text", blocks("sh"))
def test_every_inline_notation_in_the_documents_runs(text: str) -> None:
    found = re.findall(r"cnncalc analyze '(.*?)'", text)
    for notation in found:
        assert cnncalc.analyze(notation).exit_code == 0
    assert found or "cnncalc" in text


@pytest.mark.parametrize("page", TEXTS)
def test_links_lead_somewhere(page: str) -> None:
    prose = BLOCK.sub("", TEXTS[page])
    for target in re.findall(r"\]\(([^)\s]+)\)", prose):
        name, _, anchor = target.partition("#")
        assert not name or (DOCS / name).is_file(), target
        if anchor:
            assert anchor in anchors(TEXTS[name or page]), target


def anchors(text: str) -> set[str]:
    """GitHub's anchors of the headings."""
    headings = re.findall(r"^#+ (.*)$", BLOCK.sub("", text), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_the_reference_names_everything() -> None:
    text = TEXTS["language.md"]
    for word in (*TOTAL_FIGURES, *COMMON_KEYS):
        assert f"`{word}`" in text, word
    for kind in (*KINDS, "stack"):
        assert f"\n### {kind}\n" in text, kind
    for word in (*OPTIMIZERS, *LOSSES, *DTYPES):
        assert re.search(rf"\b{word}\b", text), word
    for name in SHIPPED:
        assert f"\n## {name}\n" in TEXTS["blocks.md"], name


def test_the_padding_table() -> None:
    rows = [row for row in tables("language.md") if len(row) == 6 and row[0].isdigit()]
    assert len(rows) == 6
    for n, k, s, same, zeros, valid in rows:
        padded = cnncalc.analyze(f"in 1x{n}; conv 1 k{k} s{s} same").rows[0]
        assert padded.output == (1, int(same))
        assert padded.receptive_field is not None
        before = -padded.receptive_field.start[0]
        after = int(k) + (int(same) - 1) * int(s) - int(n) - before
        assert zeros == f"{before}, {after}"
        assert cnncalc.analyze(f"in 1x{n}; conv 1 k{k} s{s}").rows[0].output == (1, int(valid))


def test_the_receptive_field_table() -> None:
    (notation,) = re.findall(r"cnncalc analyze '(.*?)'", TEXTS["receptive-field.md"])
    analysis = cnncalc.analyze(notation)
    rows = [row for row in tables("receptive-field.md") if len(row) == 6 and row[0] not in ("layer", "input", "---")]
    assert len(rows) == 4
    for layer, output, _, size, jump, start in rows:
        row = analysis.row(layer)
        assert row.receptive_field is not None
        stated = [int(re.split(r"= ", cell)[-1]) for cell in (size, jump, start)]
        assert output == "x".join(map(str, row.output or ()))
        assert stated == [row.receptive_field.size[0], row.receptive_field.jump[0], row.receptive_field.start[0]]


def test_the_memory_exercise() -> None:
    text = TEXTS["memory.md"]
    (notation,) = re.findall(r"cnncalc analyze '(.*?)'", text)
    one, fifty = (cnncalc.analyze(notation, batch=batch).memory.textbook for batch in (1, 50))
    assert f"**{one.inference_bytes:,} B**" in text
    assert f"**{fifty.training_bytes:,} B**" in text
    assert f"**{fifty.training_with_gradients_bytes:,} B**" in text
    assert f"= {fifty.inference_bytes:,} B" in text


def test_json_keys_are_all_described() -> None:
    from cnncalc.report.formats.json import analysis, error

    def keys(value: Any) -> set[str]:
        if isinstance(value, dict):
            return set(value).union(*(keys(item) for item in value.values()))
        return set().union(*(keys(item) for item in value)) if isinstance(value, list) else set()

    text = "cnncalc: 1\ninput: 3x4x4\nlayers: [conv: {filters: 1, kernel: 9}, relu: {expect: {params: 1}}]\n"
    whole = analysis(cnncalc.analyze(load_bytes(text.encode(), "spec", "spec")))
    with pytest.raises(cnncalc.SpecError) as caught:
        load_bytes(b"cnncalc: 1", "spec", "spec")
    for key in (keys(whole) | keys(error(caught.value))) - {"input"}:
        assert f"`{key}`" in TEXTS["json.md"], key
