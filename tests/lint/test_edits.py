"""Changes of a spec's text: what is meant changes, every other character stays."""

from __future__ import annotations

from pathlib import Path

import pytest

from cnncalc.core.source import Span
from cnncalc.lint.edits import Editor
from cnncalc.lint.finding import Edit
from cnncalc.lint.network import written_calls
from cnncalc.lint.text import Lines, apply
from cnncalc.spec.model import Call, Spec
from cnncalc.spec.read import load_bytes

TEXT = """\
cnncalc: 1
input: 3x32x32
layers:
  # the stem
  - conv: {name: a, filters: 4, kernel: 3}  # keep me
  - relu: {name: b}
  - conv:
      name: c
      filters: 8 # eight
      kernel: 3
  # before the branches
  - add:
      - - conv: {name: d, filters: 8, kernel: 3, padding: 1}
        - relu: {name: e}
      - []
  - add: [[relu: {name: f}, conv: {name: g, filters: 8, kernel: 1}, tanh: {name: h}], []]
  - dense: 10
"""


def spec_of(text: str) -> Spec:
    """The spec of a text."""
    return load_bytes(text.encode(), "x.yaml", "x")


def call(spec: Spec, name: str) -> Call:
    """The layer of that name, or of that kind."""
    return next(one for one in written_calls(spec) if name in (one.name, one.kind))


def changed(text: str, name: str, method: str, *arguments: str) -> list[str]:
    """The lines that one change takes away (-) and brings (+)."""
    spec = spec_of(text)
    after = apply(text, getattr(Editor(text), method)(call(spec, name), *arguments))
    spec_of(after)
    old, new = text.splitlines(), after.splitlines()
    return [f"-{line.strip()}" for line in old if line not in new] + [
        f"+{line.strip()}" for line in new if line not in old
    ]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a", ["-- conv: {name: a, filters: 4, kernel: 3}  # keep me"]),
        ("c", ["-- conv:", "-name: c", "-filters: 8 # eight", "-kernel: 3"]),
        (
            "d",
            ["-- - conv: {name: d, filters: 8, kernel: 3, padding: 1}", "-- relu: {name: e}", "+- - relu: {name: e}"],
        ),
        ("e", ["-- relu: {name: e}"]),
        (
            "f",
            [
                "-- add: [[relu: {name: f}, conv: {name: g, filters: 8, kernel: 1}, tanh: {name: h}], []]",
                "+- add: [[conv: {name: g, filters: 8, kernel: 1}, tanh: {name: h}], []]",
            ],
        ),
        (
            "h",
            [
                "-- add: [[relu: {name: f}, conv: {name: g, filters: 8, kernel: 1}, tanh: {name: h}], []]",
                "+- add: [[relu: {name: f}, conv: {name: g, filters: 8, kernel: 1}], []]",
            ],
        ),
        ("dense", ["-- dense: 10"]),
    ],
)
def test_remove(name: str, expected: list[str]) -> None:
    """The layer goes and nothing else; a list in brackets keeps its commas."""
    assert changed(TEXT, name, "remove") == expected


@pytest.mark.parametrize(
    ("name", "field", "value", "expected"),
    [
        ("a", "bias", "false", "+- conv: {name: a, filters: 4, kernel: 3, bias: false}  # keep me"),
        ("a", "kernel", "[3, 1]", "+- conv: {name: a, filters: 4, kernel: [3, 1]}  # keep me"),
        ("c", "bias", "false", "+bias: false"),
        ("c", "filters", "16", "+filters: 16 # eight"),
        ("dense", "bias", "false", "+- dense: {units: 10, bias: false}"),
    ],
)
def test_set(name: str, field: str, value: str, expected: str) -> None:
    """A field is replaced or added in the style in which the layer is written."""
    assert changed(TEXT, name, "set", field, value)[-1] == expected


def test_set_on_a_bare_word() -> None:
    """A layer that is only a word becomes a mapping."""
    text = "cnncalc: 1\ninput: 3x8x8\nlayers:\n  - relu   # r\n"
    assert changed(text, "relu", "set", "inplace", "true")[-1] == "+- relu: {inplace: true}   # r"


@pytest.mark.parametrize(
    ("name", "field", "expected"),
    [
        ("d", "padding", "+- - conv: {name: d, filters: 8, kernel: 3}"),
        ("d", "name", "+- - conv: {filters: 8, kernel: 3, padding: 1}"),
        ("c", "name", "-name: c"),
    ],
)
def test_unset(name: str, field: str, expected: str) -> None:
    """A field goes, with its comma or its line."""
    assert changed(TEXT, name, "unset", field)[-1] == expected


@pytest.mark.parametrize("method", ["insert_before", "insert_after"])
@pytest.mark.parametrize("name", ["a", "b", "c", "d", "e", "f", "g", "h", "add", "dense"])
def test_insert(name: str, method: str) -> None:
    """A new layer stands beside the one that is named, wherever that is written."""
    spec = spec_of(TEXT)
    after = spec_of(apply(TEXT, getattr(Editor(TEXT), method)(call(spec, name), "identity: {name: new}")))
    stacks = [spec_after for spec_after in _stacks(after) if any(one.name == "new" for one in spec_after)]
    names = [one.name or one.kind for one in stacks[0]]
    at = names.index("new")
    assert names[at + 1 if method == "insert_before" else at - 1] == name
    assert [one for one in _names(after) if one != "new"] == _names(spec)


def _stacks(spec: Spec) -> list[tuple[Call, ...]]:
    found = [spec.layers.calls]
    for one in written_calls(spec):
        found += [branch.calls for branch in one.fields.get("branches", ()) if branch.calls]
    return found


def _names(spec: Spec) -> list[str]:
    return [one.name or one.kind for one in written_calls(spec)]


def test_swap_leaves_comments_where_they_are() -> None:
    """Two layers change places."""
    spec = spec_of(TEXT)
    after = apply(TEXT, Editor(TEXT).swap(call(spec, "a"), call(spec, "b")))
    assert "  # the stem\n  - relu: {name: b}  # keep me\n  - conv: {name: a, filters: 4, kernel: 3}\n" in after


def test_what_cannot_be_changed_cleanly_gives_no_edits() -> None:
    """The last layer of a list, a field of a block-style merge, a layer of another text."""
    text = "cnncalc: 1\ninput: 3x8x8\nlayers:\n  - add:\n      - - relu\n      - []\n"
    spec = spec_of(text)
    assert Editor(text).remove(call(spec, "relu")) == ()
    assert Editor(text).set(call(spec, "add"), "axis", "channels") == ()
    assert Editor("").remove(call(spec, "add")) == ()


def test_windows_line_ends_stay() -> None:
    """An inserted line ends as the others do."""
    text = TEXT.replace("\n", "\r\n")
    after = apply(text, Editor(text).insert_after(call(spec_of(text), "b"), "tanh"))
    assert after.count("\r\n") == after.count("\n") == TEXT.count("\n") + 1


def test_every_zoo_layer_can_be_found() -> None:
    """Setting a field of any written layer of the zoo leaves a spec that loads, with that field."""
    for path in sorted((Path(__file__).parents[2] / "specs").glob("*.yaml")):
        text = path.read_text(encoding="utf-8")
        spec = load_bytes(text.encode(), str(path), path.stem)
        editor = Editor(text)
        for one in written_calls(spec):
            edits = editor.set(one, "trainable", "true")
            multi_line = one.kind in ("add", "concat", "multiply", "stack") and not edits
            assert edits or multi_line, (path, one)
            if edits:
                again = load_bytes(apply(text, edits).encode(), str(path), path.stem)
                assert sum(call.trainable is True for call in written_calls(again)) >= 1, (path, one)


def test_lines() -> None:
    """Offsets and positions are each other's inverse, whatever ends the lines."""
    text = "ab\r\nc\nd\u2028e"
    lines = Lines(text)
    assert [lines.line(number) for number in range(1, 6)] == ["ab", "c", "d", "e", ""]
    assert all(lines.offset(*lines.position(at)) == at for at in range(len(text)) if text[at] != "\n" or at == 5)
    assert lines.span(4, 5) == Span(2, 1, 2, 2)


def test_overlapping_edits_are_refused() -> None:
    """Nothing is guessed."""
    with pytest.raises(ValueError, match="overlap"):
        apply("abc", [Edit(Span(1, 1, 1, 3), "x"), Edit(Span(1, 2, 1, 4), "y")])
