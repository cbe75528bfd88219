"""YAML text to a tree: how scalars are read, where everything stands, what is not part of the language."""

from __future__ import annotations

from typing import Any

import pytest
import yaml as pyyaml
from hypothesis import given
from hypothesis import strategies as st

from cnncalc.core.diagnostic import SpecError
from cnncalc.core.source import Source, Span
from cnncalc.spec.yaml import Mapping, Node, Scalar, Sequence, parse, resolve

from .written import problems_of


def tree(text: str) -> Node:
    return parse(Source("x.yaml", text))


def data(node: Node) -> Any:
    if isinstance(node, Scalar):
        return node.value
    if isinstance(node, Sequence):
        return [data(item) for item in node.items]
    return {key: data(item) for key, item in node.entries.items()}


SCALARS: list[tuple[str, Any]] = [
    # null, true and false as YAML 1.2 writes them, and nothing else
    ("", None),
    ("~", None),
    ("null", None),
    ("true", True),
    ("false", False),
    ("Null", "Null"),
    ("True", "True"),
    ("yes", "yes"),
    ("no", "no"),
    ("on", "on"),
    ("off", "off"),
    # decimal integers
    ("0", 0),
    ("7", 7),
    ("-7", -7),
    ("+7", 7),
    ("34_944", 34944),
    ("62_378_344", 62378344),
    ("010", 10),
    ("1234567890123456789012345678901234567890", 1234567890123456789012345678901234567890),
    ("12345678901234567890123456789012345678901", "12345678901234567890123456789012345678901"),
    # floats
    ("0.5", 0.5),
    ("-0.5", -0.5),
    ("1e-4", 1e-4),
    ("1E4", 1e4),
    ("2.5e3", 2500.0),
    (".5", 0.5),
    ("5.", 5.0),
    ("1e400", "1e400"),
    # what YAML 1.1 would turn into numbers, times and dates
    ("0x1F", "0x1F"),
    ("0o17", "0o17"),
    ("0b11", "0b11"),
    ("1:30", "1:30"),
    ("2014-09-04", "2014-09-04"),
    (".inf", ".inf"),
    (".nan", ".nan"),
    ("1e", "1e"),
    ("e4", "e4"),
    ("-", "-"),
    (".", "."),
    ("+", "+"),
    ("1_", "1_"),
    ("1__0", "1__0"),
    ("_1", "_1"),
    ("1.5K", "1.5K"),
    ("~60M", "~60M"),
    ("11.44 MiB", "11.44 MiB"),
    ("3x227x227", "3x227x227"),
    ("w*4", "w*4"),
    ("same", "same"),
    ("²", "²"),
    ("٣", "٣"),
]


@pytest.mark.parametrize(("text", "value"), SCALARS)
def test_resolve(text: str, value: Any) -> None:
    result = resolve(text)
    assert result == value
    assert type(result) is type(value)


@pytest.mark.parametrize("text", ["12", "true", "null", "0.5", "~", ""])
def test_quoted_scalars_are_text(text: str) -> None:
    assert data(tree(f"a: '{text}'\nb: \"{text}\"")) == {"a": text, "b": text}


def test_block_scalars_are_text() -> None:
    assert data(tree("a: |\n  12\nb: >\n  one\n  two\n")) == {"a": "12\n", "b": "one two\n"}


def test_flow_and_block_style_give_the_same_tree() -> None:
    flow = "{layers: [conv: {filters: 64, kernel: [3, 5]}, relu, add: [[], [relu]]]}"
    block = """
layers:
  - conv:
      filters: 64
      kernel:
        - 3
        - 5
  - relu
  - add:
      - []
      - - relu
"""
    assert data(tree(flow)) == data(tree(block))


def test_positions() -> None:
    top = tree("# a comment\ncnncalc: 1\nlayers:\n  - conv: {filters: 96, kernel: 11}\n  - 'relu'\n")
    assert isinstance(top, Mapping)
    assert top.keys["cnncalc"].span == Span(2, 1, 2, 8)
    assert top.entries["cnncalc"].span == Span(2, 10, 2, 11)
    layers = top.entries["layers"]
    assert isinstance(layers, Sequence)
    conv, relu = layers.items
    assert isinstance(conv, Mapping)
    assert conv.keys["conv"].span == Span(4, 5, 4, 9)
    fields = conv.entries["conv"]
    assert isinstance(fields, Mapping)
    assert fields.span == Span(4, 11, 4, 36)
    assert fields.keys["kernel"].span == Span(4, 25, 4, 31)
    assert fields.entries["kernel"].span == Span(4, 33, 4, 35)
    assert relu.span == Span(5, 5, 5, 11)


def test_columns_count_characters_not_bytes() -> None:
    top = tree("größe: 1\nb: é\n")
    assert isinstance(top, Mapping)
    assert top.entries["größe"].span == Span(1, 8, 1, 9)


def test_windows_line_ends() -> None:
    top = tree("a: 1\r\nb: 2\r\n")
    assert isinstance(top, Mapping)
    assert data(top) == {"a": 1, "b": 2}
    assert top.keys["b"].span.line == 2


REFUSED: list[tuple[str, str, int, int]] = [
    # text, words of the message, line, column
    ("", "empty", 1, 1),
    ("# only a comment\n", "empty", 1, 1),
    ("---\n", "empty", 1, 1),
    ("a: 1\na: 2\n", "twice", 2, 1),
    ("l:\n  - {a: 1, b: 2, a: 3}\n", "twice", 2, 18),
    ("a: &x 1\n", "anchors (&x)", 1, 4),
    ("a: *x\n", "aliases (*x)", 1, 4),
    ("a: &a [1, 1]\nb: [*a, *a]\n", "anchors (&a)", 1, 4),
    ("a: !!int 3\n", "tags", 1, 4),
    ("!!python/object/apply:os.system [ls]\n", "tags", 1, 1),
    ("a: !!python/name:os.system\n", "tags", 1, 4),
    ("a: !local 3\n", "tags", 1, 4),
    ("a: 1\n<<: {b: 2}\n", "merge keys", 2, 1),
    ("? [a]\n: 1\n", "a key must be a single word", 1, 3),
    ("{a: 1}: 2\n", "a key must be a single word", 1, 1),
    ("a: 1\n---\nb: 2\n", "second document", 2, 1),
    ("a: 1\n...\n---\nb: 2\n", "second document", 3, 1),
    ("a:\n\tb: 1\n", "tab", 2, 1),
    ("a: [1, 2\n", "not YAML", 1, 4),
    ("a: 'b\n", "not YAML", 1, 4),
    ("a: b: c\n", "not YAML", 1, 5),
    ("a: @b\n", "not YAML", 1, 4),
    ("a: %b\n", "not YAML", 1, 4),
    ("a:\n  b: 1\n c: 2\n", "not YAML", 3, 2),
    ("a: 1\nb: \x07\n", "control character", 2, 4),
]


@pytest.mark.parametrize(("text", "words", "line", "column"), REFUSED)
def test_refused(text: str, words: str, line: int, column: int) -> None:
    with pytest.raises(SpecError) as caught:
        tree(text)
    (problem,) = caught.value.problems
    assert words in problem.message
    assert (problem.span.line, problem.span.column) == (line, column)
    assert problem.file == "x.yaml"
    assert problem.remedy


@pytest.mark.parametrize("text", ["<<: 1", "'<<': 1"])
def test_only_the_plain_merge_key_is_refused(text: str) -> None:
    if text.startswith("'"):
        assert data(tree(text)) == {"<<": 1}
    else:
        with pytest.raises(SpecError):
            tree(text)


DEEP = [
    "[" * 200_000,
    "[" * 200_000 + "]" * 200_000,
    "{a: " * 100_000,
    "- " * 100_000,
    "a: " + "[{b: " * 10_000 + "1" + "}]" * 10_000,
    "".join(" " * depth + "a:\n" for depth in range(1_500)),
]


@pytest.mark.parametrize("text", DEEP, ids=range(len(DEEP)))
def test_depth_is_refused_without_recursion(text: str) -> None:
    with pytest.raises(SpecError) as caught:
        tree(text)
    assert "64 levels" in str(caught.value)


def test_sixty_four_levels_are_allowed() -> None:
    assert tree("[" * 64 + "]" * 64)
    with pytest.raises(SpecError):
        tree("[" * 65 + "]" * 65)


def test_a_tree_of_ten_thousand_layers() -> None:
    text = "layers:\n" + "  - conv: {filters: 64, kernel: 3}\n" * 10_000
    top = tree(text)
    assert isinstance(top, Mapping)
    assert len(data(top)["layers"]) == 10_000


# no digits: YAML 1.1 and this language differ in what they take for a number (see SCALARS)
WORDS = st.text(st.characters(codec="utf-8", exclude_categories=("Nd", "Cs", "Cc")), max_size=12)
SIMPLE = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**15), 10**15) | WORDS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("abcdefg", min_size=1), inner, max_size=4),
    max_leaves=20,
)


class _NoAliases(pyyaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        return True


@given(SIMPLE)
def test_reads_what_another_library_writes(value: Any) -> None:
    text = pyyaml.dump({"value": value}, Dumper=_NoAliases, allow_unicode=True)
    assert data(tree(text)) == {"value": value}


@given(st.text(max_size=60) | st.text(alphabet="ab:{}[],-'\"#&*!|>%@`\n \t~10.", max_size=60))
def test_any_text_gives_a_tree_or_one_problem(text: str) -> None:
    problems = problems_of(lambda: tree(text))
    assert len(problems) <= 1
    assert all(problem.span.line >= 1 for problem in problems)
