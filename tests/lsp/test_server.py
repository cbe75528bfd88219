"""What the server answers, asked over its standard input and output. Numbers are computed by hand."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from itertools import count
from pathlib import Path
from urllib.parse import unquote, urlparse

import pytest
from lsprotocol import types

from tests.lsp.editor import Editor, applied

SPEC = """\
cnncalc: 1 # cnncalc: ignore-file[CN209] small on purpose
input: 3x32x32
variables: {classes: 10}
blocks:
  unit:
    parameters: {width: null}
    layers:
      - conv: {filters: width * 2, kernel: 3, padding: 1, bias: true}
      - batchnorm
      - relu
layers:
  - conv: {name: stem, filters: 16, kernel: 3, padding: 1, expect: {params: 449}}
  - relu
  - relu
  - unit: {width: 8, repeat: 2}
  - avgpool: 2
  - global_avgpool
  - dense: {units: classes}
budget: {params: 1M}
"""
NUMBERS = count()


@pytest.fixture
def name() -> str:
    """A document of its own."""
    return f"spec{next(NUMBERS)}.yaml"


def everywhere() -> types.Range:
    return types.Range(types.Position(0, 0), types.Position(10_000, 0))


def codes(found: list[types.Diagnostic]) -> list[object]:
    return [one.code for one in found]


def at(text: str, marked: str) -> tuple[int, int]:
    """The line and character at which a word first stands."""
    before = text[: text.index(marked)]
    return before.count("\n"), len(before) - before.rfind("\n") - 1


# -- diagnostics -------------------------------------------------------------------------------------------------------


def test_findings_have_places_severities_pages_and_uses(editor: Editor, name: str) -> None:
    found = editor.open(name, SPEC)
    assert codes(found) == ["CN103", "CN005", "CN102"]
    norm, claim, twice = found
    # the claim says 449; 3*3*3*16 + 16 = 448
    assert "448" in claim.message
    assert claim.severity == types.DiagnosticSeverity.Error
    assert claim.source == "cnncalc"
    line, character = at(SPEC, "449")
    assert claim.range == types.Range(types.Position(line, character), types.Position(line, character + 3))
    assert twice.severity == types.DiagnosticSeverity.Warning
    assert twice.range.start == types.Position(13, 4)
    # what is wrong in a block is told at its definition, with the place of its use
    [use] = norm.related_information or []
    assert (use.location.uri, use.location.range.start) == (editor.uri(name), types.Position(14, 4))
    # the code leads to the rule's page
    assert claim.code_description is not None
    page = Path(unquote(urlparse(claim.code_description.href).path)).read_text(encoding="utf-8")
    assert page.startswith("# CN005 false-claim")


def test_what_is_typed_counts_not_what_is_saved(editor: Editor, name: str) -> None:
    (editor.folder / name).write_text("cnncalc: 1\n", encoding="utf-8")
    assert codes(editor.open(name, SPEC)) == ["CN103", "CN005", "CN102"]
    assert codes(editor.write(name, SPEC.replace("449", "448"))) == ["CN103", "CN102"]
    editor.close(name)


def test_what_cannot_be_read_is_told_where_it_stands(editor: Editor, name: str) -> None:
    [problem] = editor.open(name, "cnncalc: 1\ninput: 3x8x8\nlayers:\n  - conv: {filters: 3\n  - relu\n")
    assert (problem.code, problem.severity) == ("CN900", types.DiagnosticSeverity.Error)
    assert problem.range == types.Range(types.Position(3, 10), types.Position(3, 11))  # the brace that is left open
    [unknown] = editor.write(name, "cnncalc: 1\ninput: 3x8x8\nlayers:\n  - conv: {filters: 3, kernel: 1, strides: 2}\n")
    assert unknown.code == "CN901"
    assert unknown.range == types.Range(types.Position(3, 34), types.Position(3, 41))
    [action] = editor.actions(name, unknown.range).values()
    text = "cnncalc: 1\ninput: 3x8x8\nlayers:\n  - conv: {filters: 3, kernel: 1, strides: 2}\n"
    assert applied(text, action) == text.replace("strides", "stride")


def test_other_yaml_is_left_alone(editor: Editor, name: str) -> None:
    assert editor.open(name, "on: push\njobs: {build: {steps: []}}\n") == []
    assert editor.hover(name, 0, 1) == ""
    assert editor.actions(name, everywhere()) == {}
    assert editor.symbols(name) == []


def test_columns_count_utf16_units(editor: Editor, name: str) -> None:
    text = 'cnncalc: 1\ninput: 3x8x8\nlayers: [conv: {filters: 2, kernel: 1}, relu]\nexpect: {params: {stated: 8, erratum: "😀😀卷积"}, macs: 1}\n'
    [claim] = [one for one in editor.open(name, text) if "macs" in one.message]
    # characters before the 1 of macs: 54; both emoji are two units
    column = text.splitlines()[3].index("macs: 1") + 6
    assert claim.range == types.Range(types.Position(3, column + 2), types.Position(3, column + 3))
    # 1x1 convolution of 3 channels to 2 on 8x8: 3 * 2 * 64 = 384
    assert "computed **384**: **false**" in editor.hover(name, 3, column + 2)
    [ignoring] = [title for title in editor.actions(name, claim.range) if "here" in title]
    action = editor.actions(name, claim.range)[ignoring]
    assert action.edit is not None
    assert action.edit.changes is not None
    [[edit]] = action.edit.changes.values()
    assert edit.range.start == types.Position(3, len(text.splitlines()[3]) + 2)


@pytest.mark.parametrize(("encoding", "width"), [("utf-8", 4), ("utf-32", 1)])
def test_other_encodings_are_negotiated(tmp_path: Path, encoding: str, width: int) -> None:
    editor = Editor(tmp_path, [encoding])
    assert editor.server.capabilities.position_encoding == encoding
    text = 'cnncalc: 1\ninput: 3x8x8\nlayers: [flatten, {dense: {name: "x", units: 1, expect: {params: {stated: 193, erratum: "😀"}}}}]\n'
    [claim] = editor.open("x.yaml", text)
    column = text.splitlines()[2].index("{stated")
    assert claim.range.start == types.Position(2, column)
    assert claim.range.end == types.Position(2, text.splitlines()[2].index('"}}}') + 1 + width)
    assert editor.leave() == 0


# -- completion --------------------------------------------------------------------------------------------------------


def completed(editor: Editor, name: str, text: str) -> dict[str, types.CompletionItem]:
    """The suggestions at the mark |."""
    line, character = at(text, "|")
    editor.open(name, text.replace("|", "", 1))
    return editor.complete(name, line, character)


def written(item: types.CompletionItem) -> str:
    assert isinstance(item.text_edit, types.TextEdit)
    return item.text_edit.new_text


HEAD = SPEC.partition("\n  - relu\n")[0] + "\n"


def test_sections_are_offered_in_an_empty_document(editor: Editor, name: str) -> None:
    items = completed(editor, name, "|")
    assert list(items)[:3] == ["cnncalc", "input", "layers"]
    assert written(items["cnncalc"]) == "cnncalc: 1"
    assert items["cnncalc"].detail == "required"


def test_kinds_blocks_and_their_documentation(editor: Editor, name: str) -> None:
    items = completed(editor, name, f"{HEAD}  - c|")
    assert next(iter(items)) == "unit"  # the document's own blocks come first
    assert {"conv", "batchnorm", "residual", "stack", "concat"} <= set(items)
    documentation = items["conv"].documentation
    assert isinstance(documentation, types.MarkupContent)
    assert "floor((n + p - d(k - 1) - 1) / s) + 1" in documentation.value
    assert written(items["conv"]).startswith("conv: {filters: ${1:")
    assert items["conv"].insert_text_format == types.InsertTextFormat.Snippet
    assert written(items["batchnorm"]) == "batchnorm"
    assert written(items["unit"]) == "unit: {width: $1}$0"


def test_what_is_offered_can_be_read(editor: Editor, name: str) -> None:
    """Every kind and block as it is written for the user, with the examples in the places to fill in."""
    items = completed(editor, name, f"{HEAD}  - |")
    lines = [re.sub(r"\$\{\d+:([^}]*)\}", r"\1", written(item)).replace("$0", "") for item in items.values()]
    filled = [line for line in lines if "$" not in line and not line.endswith(": ")]
    assert len(filled) > 50
    problems = editor.write(name, HEAD + "".join(f"  - {line}\n" for line in filled))
    # they do not fit each other's shapes, and that is all
    assert {one.code for one in problems if one.severity == types.DiagnosticSeverity.Error} <= {
        "CN001",
        "CN002",
        "CN004",
        "CN005",
        "CN008",
    }
    assert len(editor.symbols(name)) == len(filled) + 2


def test_fields_that_are_not_there_yet(editor: Editor, name: str) -> None:
    items = completed(editor, name, f"{HEAD}  - conv: {{filters: 3, |, stride: 2}}\n")
    assert next(iter(items)) == "kernel"  # required fields first
    assert {"filters", "stride"} & set(items) == set()
    assert (items["padding"].detail, written(items["padding"])) == ("default valid", "padding: ")
    assert {"name", "from", "repeat", "if", "expect"} <= set(items)


def test_a_key_that_is_there_is_exchanged(editor: Editor, name: str) -> None:
    text = f"{HEAD}  - conv: {{filters: 3, ker|nal: 3}}\n"
    item = completed(editor, name, text)["kernel"]
    assert isinstance(item.text_edit, types.TextEdit)
    line, character = at(text, "ker|")
    assert item.text_edit.range == types.Range(types.Position(line, character), types.Position(line, character + 6))
    assert item.text_edit.new_text == "kernel"


def test_parameters_of_blocks(editor: Editor, name: str) -> None:
    assert completed(editor, name, f"{HEAD}  - unit: {{|")["width"].detail == "required"
    editor.close(name)
    assert completed(editor, name, f"{HEAD}  - bottleneck: {{|")["stride"].detail == "default 1"


@pytest.mark.parametrize(
    ("text", "some"),
    [
        (f"{HEAD}  - conv: {{filters: 3, kernel: 1, padding: |", {"valid", "same", "full"}),
        (f"{HEAD}  - conv: {{filters: 3, kernel: 1, bias: |", {"true", "false"}),
        (f"{HEAD}  - conv: {{filters: 3, kernel: 1, activation: re|", {"relu", "relu6", "prelu"}),
        (f"{HEAD}  - dense: {{units: |", {"classes"}),
        (f"{HEAD}  - conv: {{expect: {{|", {"output", "params", "macs", "receptive_field", "stride"}),
        (f"{HEAD}task: {{loss: |", {"cross_entropy", "bce_with_logits"}),
        (f"{HEAD}train:\n  optimizer: |", {"sgd", "adam"}),
        (f"{HEAD}train:\n  |", {"batch", "optimizer", "dtype"}),
        (SPEC.replace("width * 2", "|"), {"width", "in_channels", "classes"}),
    ],
)
def test_words_and_names(editor: Editor, name: str, text: str, some: set[str]) -> None:
    assert some <= set(completed(editor, name, text))


def test_layers_after_from(editor: Editor, name: str) -> None:
    text = SPEC.replace("  - avgpool: 2\n", "  - add: {from: [unit1, |\n")
    assert list(completed(editor, name, text)) == ["unit1", "relu2", "relu1", "stem", "input"]


def test_nothing_in_comments_and_no_snippets_for_those_who_take_none(editor: Editor, name: str, tmp_path: Path) -> None:
    assert completed(editor, name, f"{HEAD}  - relu # co|") == {}
    plain = Editor(tmp_path, snippets=False)
    items = completed(plain, "x.yaml", f"{HEAD}  - c|")
    assert written(items["conv"]) == "conv: "
    assert plain.leave() == 0


# -- hover -------------------------------------------------------------------------------------------------------------


def told(editor: Editor, name: str, text: str, word: str) -> str:
    line, character = at(text, word)
    return editor.hover(name, line, character)


def test_a_layer_tells_its_figures(editor: Editor, name: str) -> None:
    editor.open(name, SPEC)
    text = told(editor, name, SPEC, "conv: {name: stem")
    assert "**stem**: 3x32x32 → **16x32x32**" in text
    assert "- parameters: 448 (" in text
    assert "- MACs per image: 442,368 = 442.37 K" in text  # 3*3*3*16*32*32
    assert "- receptive field: 3 pixels" in text
    assert "65,536 B" in text  # 16*32*32*4
    assert "Convolution" in text


def test_a_block_tells_its_sums_and_what_is_in_it_every_place(editor: Editor, name: str) -> None:
    editor.open(name, SPEC)
    # twice 3x3 from 16 to 16 channels (16*16*9 + 16 = 2320) and batch norm (32)
    text = told(editor, name, SPEC, "unit: {width: 8")
    assert "**unit1** x 2: 16x32x32 → **16x32x32**" in text
    assert "- parameters, 2 together: 4,704" in text
    inside = told(editor, name, SPEC, "conv: {filters: width")
    assert "| unit1[0].conv1 | 16x32x32 | 2,320 | 2,359,296 |" in inside
    assert "| together | | 4,640 | 4,718,592 |" in inside


def test_fields_expressions_claims_budgets(editor: Editor, name: str) -> None:
    editor.open(name, SPEC)
    assert told(editor, name, SPEC, "padding: 1").startswith("**padding** (default valid):")
    assert "`width * 2` = 16" in told(editor, name, SPEC, "width * 2")
    assert "`classes` = 10" in told(editor, name, SPEC, "classes}")
    assert "computed **448**: **false**" in told(editor, name, SPEC, "449")
    # 448 + 4704 + (16 + 1) * 10
    assert "now: **5,322**" in told(editor, name, SPEC, "1M")


def test_the_last_readable_text_answers_while_this_one_is_broken(editor: Editor, name: str) -> None:
    editor.open(name, SPEC)
    broken = SPEC.replace("  - avgpool: 2\n", "  - conv: {fil\n  - avgpool: 2\n")
    assert codes(editor.write(name, broken)) == ["CN900"]
    text = told(editor, name, broken, "dense: {units")
    assert "**10**" in text
    assert "from the last text that could be read" in text
    assert "dense1" in [symbol.name for symbol in editor.symbols(name)]
    assert "Not in the network" not in told(editor, name, broken, "conv: {fil")


# -- quick fixes -------------------------------------------------------------------------------------------------------


def test_fixes_say_whether_they_are_safe_and_do_what_they_say(editor: Editor, name: str) -> None:
    found = {one.code: one for one in editor.open(name, SPEC)}
    actions = editor.actions(name, found["CN102"].range)
    [fix] = [action for title, action in actions.items() if "ignore" not in title]
    assert (fix.kind, fix.is_preferred) == (types.CodeActionKind.QuickFix, True)
    assert [one.code for one in fix.diagnostics or ()] == ["CN102"]
    assert applied(SPEC, fix) == SPEC.replace("  - relu\n  - relu\n", "  - relu\n")
    fixed = editor.actions(name, everywhere(), ["source.fixAll"])
    [every] = fixed.values()
    wanted = SPEC.replace("  - relu\n  - relu\n", "  - relu\n").replace("bias: true", "bias: false")
    assert applied(SPEC, every) == wanted
    assert codes(editor.write(name, wanted)) == ["CN005"]


def test_ignoring_a_finding_on_its_line_and_in_the_file(editor: Editor, name: str) -> None:
    [_, _, twice] = editor.open(name, SPEC)
    actions = editor.actions(name, twice.range)
    here = applied(SPEC, actions["ignore CN102 here"])
    assert here == SPEC.replace("  - relu\n  - relu\n", "  - relu\n  - relu  # cnncalc: ignore[CN102]\n")
    assert codes(editor.write(name, here)) == ["CN103", "CN005"]
    whole = applied(SPEC, actions["ignore CN102 in this file"])
    assert whole == f"{SPEC}# cnncalc: ignore-file[CN102]\n"


def test_a_second_code_joins_the_comment_that_is_there(editor: Editor, name: str) -> None:
    text = "cnncalc: 1\ninput: 3x14x14\nlayers:\n  - conv: {filters: 4, kernel: 3, stride: 3, bias: true} # cnncalc: ignore[CN201] as told\n  - batchnorm\n"
    [finding] = editor.open(name, text)
    after = applied(text, editor.actions(name, finding.range)[f"ignore {finding.code} here"])
    assert f"ignore[CN201, {finding.code}] as told" in after
    assert editor.write(name, after) == []


# -- outline, definitions, hints ---------------------------------------------------------------------------------------


def test_the_outline_has_blocks_layers_and_what_is_in_them(editor: Editor, name: str) -> None:
    editor.open(name, SPEC)
    found = editor.symbols(name)
    assert [one.name for one in found] == [
        "unit",
        "stem",
        "relu1",
        "relu2",
        "unit1",
        "avgpool1",
        "global_avgpool1",
        "dense1",
    ]
    assert [one.name for one in found[0].children or ()] == ["conv1", "batchnorm1", "relu1"]
    assert found[1].detail == "conv → 16x32x32"
    assert found[1].range.end.character == len(SPEC.splitlines()[11])


def test_names_lead_to_where_they_are_defined(editor: Editor, name: str) -> None:
    text = SPEC.replace("  - avgpool: 2\n", "  - add: {from: [unit1, relu2]}\n  - residual: {width: 16}\n")
    editor.open(name, text)

    def line(word: str) -> int:
        found = editor.definition(name, *at(text, word))
        assert found is not None
        assert found.uri == editor.uri(name)
        return found.range.start.line

    assert line("unit: {width: 8") == 4
    assert line("relu2") == 13
    assert line("width * 2") == 5
    assert line("classes}") == 2
    shipped = editor.definition(name, *at(text, "residual"))
    assert shipped is not None
    assert "  residual:" in Path(unquote(urlparse(shipped.uri).path)).read_text(encoding="utf-8").split("\n")
    assert editor.definition(name, 0, 0) is None


def test_shapes_at_the_ends_of_the_lines(editor: Editor, name: str) -> None:
    editor.open(name, SPEC)
    hints = editor.hints(name, 11, 15)
    assert hints[11] == "→ 16x32x32, 448"
    assert hints[15] == "→ 16x16x16"
    assert 17 not in hints


# -- the configuration, and ends ---------------------------------------------------------------------------------------


def test_the_configuration_holds_and_is_read_again(tmp_path: Path) -> None:
    editor = Editor(tmp_path)
    config = tmp_path / "cnncalc.toml"
    config.write_text('ignore = ["CN103"]\n', encoding="utf-8")
    assert codes(editor.open("x.yaml", SPEC)) == ["CN005", "CN102"]
    assert {"**/cnncalc.toml", "**/pyproject.toml", "**/cnncalc.lock"} == {
        watcher["globPattern"] if isinstance(watcher, dict) else watcher.glob_pattern
        for registration in editor.registered
        for watcher in watchers(registration)
    }
    config.write_text('[severity]\nCN102 = "error"\n', encoding="utf-8")
    assert [one.severity for one in editor.save("x.yaml")][2] == types.DiagnosticSeverity.Error
    config.write_text("ignorre = []\n", encoding="utf-8")
    [wrong] = editor.save("x.yaml")
    assert "cnncalc.toml" in wrong.message
    assert "ignore" in wrong.message
    assert editor.complete("x.yaml", 12, 4)  # completion goes on
    assert editor.leave() == 0


def watchers(registration: types.Registration) -> list[types.FileSystemWatcher]:
    options = registration.register_options
    found = options["watchers"] if isinstance(options, dict) else getattr(options, "watchers", ())
    return list(found)


def test_no_prefix_of_a_spec_and_no_scrap_does_harm(editor: Editor, name: str) -> None:
    editor.open(name, "")
    lines = SPEC.splitlines(keepends=True)
    texts = ["".join(lines[:number]) + line[: len(line) // 2] for number, line in enumerate(lines)]
    texts += [
        "cnncalc: [",
        "cnncalc: 1\nlayers: {",
        "cnncalc: 1\n\t- x",
        "cnncalc: 1\n\x07",
        "cnncalc: 1\ninput: *a\nlayers: &b [",
        "\ufeffcnncalc: 1",
    ]
    for text in texts:
        editor.write(name, text)
        end = text.count("\n"), len(text.rsplit("\n", 1)[-1])
        editor.complete(name, *end)
        editor.hover(name, *end)
        editor.hover(name, 99, 99)
        editor.actions(name, everywhere())
        editor.symbols(name)
        editor.definition(name, *end)
        editor.hints(name, 0, 99)


def test_a_long_review_holds_nothing_up(tmp_path: Path) -> None:
    editor = Editor(tmp_path)
    found = editor.open("x.yaml", SPEC)
    page = found[0].code_description
    assert page is not None
    editor.write("x.yaml", SPEC.replace("repeat: 2", "repeat: 20_000"), wait=False)  # takes many seconds
    assert "unit" in editor.complete("x.yaml", 12, 4)
    start = time.monotonic()
    assert editor.leave() == 0
    assert time.monotonic() - start < 5
    assert not Path(unquote(urlparse(page.href).path)).exists()  # nothing is left behind


def test_a_client_that_vanishes_ends_the_server() -> None:
    done = subprocess.run([sys.executable, "-m", "cnncalc", "lsp"], input=b"", capture_output=True, timeout=60)
    assert (done.returncode, done.stdout) == (1, b"")


def test_without_its_library_the_command_says_what_to_install(tmp_path: Path) -> None:
    code = "import sys; sys.modules['pygls'] = None; sys.argv = ['cnncalc', 'lsp']; from cnncalc.cli.main import main; main()"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, stdin=subprocess.DEVNULL)
    assert done.returncode == 2
    assert done.stderr == "error: the language server needs pygls, which is not installed; pip install 'cnncalc[lsp]'\n"
    assert done.stdout == ""
