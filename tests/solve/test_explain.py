"""Explanations: written-out numbers from documents, every layer of the zoo against its analysis, and every format."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from fractions import Fraction
from functools import cache
from html.parser import HTMLParser
from math import ceil, floor
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import cnncalc
from cnncalc import zoo
from cnncalc.analysis import slips
from cnncalc.analysis.result import Analysis
from cnncalc.cli.main import application
from cnncalc.core.diagnostic import SpecError
from cnncalc.core.expression import Expression
from cnncalc.core.shapes import AXES
from cnncalc.report.formats import answer as json_format
from cnncalc.report.formats import html, latex, markdown, terminal
from cnncalc.report.views.answer import answer_doc
from cnncalc.solve.answer import Answer, Line
from cnncalc.solve.derivation import text
from cnncalc.solve.explain import MEMORY, WHOLE, explain
from cnncalc.solve.lang import LANGUAGES, PHRASES, SLIPS, say
from cnncalc.solve.shadow import axis_symbols

EXERCISE = "in 3x200x300; conv 100 k3 s2 same; conv 200 k3 s2 same; conv 400 k3 s2 same"
MAPS = "in 3x200x300; conv 200 k5 s2 same"
PACKAGE = Path(cnncalc.__file__).parent


def lines(answer: Answer, path: str) -> list[str]:
    return [text(line) for line in answer.derivation if line.path == path]


# -- written-out numbers ---------------------------------------------------------------------------------------------


def test_alexnets_first_layer() -> None:
    """The numbers of course documents 000 and 001: 55, 34,944 parameters, 105,415,200 MACs."""
    told = lines(explain("zoo:alexnet", "conv1"), "conv1")
    for expected in (
        "C_out = 96",
        "H_out = ⌊(H + 2·P − K)/S⌋ + 1 = ⌊(227 + 2·0 − 11)/4⌋ + 1 = 55",
        "W_out = ⌊(W + 2·P − K)/S⌋ + 1 = ⌊(227 + 2·0 − 11)/4⌋ + 1 = 55",
        "weights = C_out·C_in·K·K = 96·3·11·11 = 34,848",
        "biases = C_out = 96",
        "parameters = C_out·C_in·K·K + C_out = 96·3·11·11 + 96 = 34,944",
        "MACs = H_out·W_out·C_out·C_in·K·K = 55·55·96·3·11·11 = 105,415,200",
        "map = b·C_out·H_out·W_out = 4·96·55·55 = 1,161,600 B",
        "receptive field = r + (K − 1)·j = 1 + (11 − 1)·1 = 11",
        "jump = j·S = 1·4 = 4",
        "start = a − P·j = 0 − 0·1 = 0",
    ):
        assert expected in told


def test_the_documents_exercise() -> None:
    """Three convolutions on 200x300: 903,400 parameters, 12,613,600 B, 565,613,600 B, with gradients 569,227,200 B."""
    answer = explain(EXERCISE)
    whole, memory = lines(answer, WHOLE), lines(answer, MEMORY)
    assert "parameters = conv1 + conv2 + conv3 = 2,800 + 180,200 + 720,400 = 903,400" in whole
    assert "maps = input + conv1 + conv2 + conv3 = 180,000 + 1,500,000 + 750,000 + 380,000 = 2,810,000" in memory
    assert "prediction = b·params + b·N·pair = 4·903,400 + 4·1·2,250,000 = 12,613,600 B" in memory
    fifty = lines(explain(EXERCISE, batch=50), MEMORY)
    assert "training = b·params + b·N·maps = 4·903,400 + 4·50·2,810,000 = 565,613,600 B" in fifty
    assert any(line.startswith("with gradients = ") and line.endswith(" = 569,227,200 B") for line in fifty)
    words = [line.words for line in answer.derivation if line.path == MEMORY]
    assert any("conv2" in sentence and "at a time" in sentence for sentence in words)


ROWS = [
    ("in 3x200x300; conv 100 k3 s2 same", "conv1", "W_out = ⌈W/S⌉ = ⌈300/2⌉ = 150"),
    ("in 3x200x300; conv 100 k3 s2 same", "conv1", "padding, height = max((⌈H/S⌉ − 1)·S + K − H, 0) = max((⌈200/2⌉ − 1)·2 + 3 − 200, 0) = 1"),
    ("in 64x28x28; conv 64 k7 d2", "conv1", "H_out = ⌊(H + 2·P − D·(K − 1) − 1)/S⌋ + 1 = ⌊(28 + 2·0 − 2·(7 − 1) − 1)/1⌋ + 1 = 16"),
    ("in 64x28x28; conv 64 k3 p1 g4", "conv1", "weights = C_out·(C_in/G)·K·K = 64·(64/4)·3·3 = 9,216"),
    ("in 64x28x28; conv 64 k3x5", "conv1", "weights = C_out·C_in·K_h·K_w = 64·64·3·5 = 61,440"),
    ("in 32x112x112; depthwise_conv 3 same", "depthwise_conv1", "weights = C_in·K·K = 32·3·3 = 288"),
    ("in 3x7x7; transposed_conv 4 k3 s2 p1", "transposed_conv1", "H_out = (H − 1)·S + K − 2·P = (7 − 1)·2 + 3 − 2·1 = 13"),
    ("in 96x55x55; maxpool 3 s2", "maxpool1", "H_out = ⌊(H − K)/S⌋ + 1 = ⌊(55 − 3)/2⌋ + 1 = 27"),
    ("in 96x55x55; maxpool 3 s2", "maxpool1", "C_out = C_in = 96"),
    ("in 256x6x6; flatten; dense 4096", "flatten1", "N_out = C_in·H·W = 256·6·6 = 9,216"),
    ("in 9216; dense 4096", "dense1", "parameters = N_out·N_in + N_out = 4,096·9,216 + 4,096 = 37,752,832"),
    ("in 64x56x56; batchnorm", "batchnorm1", "parameters = 2·C_in = 2·64 = 128"),
    ("in 256x14x14; pixel_shuffle 2", "pixel_shuffle1", "C_out = C_in/(F·F) = 256/(2·2) = 64"),
    ("in 1x16x64x64; conv 8 k3 same", "conv1", "D_out = ⌈D_in/S⌉ = ⌈16/1⌉ = 16"),
]  # fmt: skip


@pytest.mark.parametrize(("spec", "layer", "expected"), ROWS)
def test_rows(spec: str, layer: str, expected: str) -> None:
    assert expected in lines(explain(spec, layer), layer)


def test_sizes_in_symbols() -> None:
    answer = explain("in 3xHxW; conv 64 k7 s2 p3; maxpool 3 s2 p1", batch=None)
    assert lines(answer, "conv1")[1] == "H_out = ⌊(H_in + 2·P − K)/S⌋ + 1 = ⌊(H + 2·3 − 7)/2⌋ + 1 = ⌈H/2⌉"
    assert lines(answer, "maxpool1")[1] == "H_out = ⌊(H_in + 2·P − K)/S⌋ + 1 = ⌊(⌈H/2⌉ + 2·1 − 3)/2⌋ + 1 = ⌈H/4⌉"
    macs = next(line for line in lines(answer, WHOLE) if line.startswith("MACs ="))
    assert macs.endswith("= 9,408·⌈H/2⌉·⌈W/2⌉")


def test_branches_meet() -> None:
    """A merge adds channels, and sees what its longest branch sees."""
    answer = explain("zoo:unet", "up4.concat1")
    told = lines(answer, "up4.concat1")
    assert "C_out = C_1 + C_2 = 512 + 512 = 1,024" in told
    assert "receptive field = max(r_1, r_2) = max(68, 140) = 140" in told
    assert "shortest path = min(r_min1, r_min2) = min(68, 140) = 68" in told


def test_a_block_is_its_layers_and_their_sum() -> None:
    answer = explain("zoo:vgg-d", None)
    total = next(line for line in answer.derivation if line.path == WHOLE and line.name == "parameters")
    assert total.value == 138_357_544
    block = explain("zoo:unet", "up4")
    (params,) = [line for line in block.derivation if line.path == "up4" and line.name == "parameters"]
    assert params.numbers.text() == "2,097,664 + 4,719,104 + 2,359,808"
    assert params.value == 2_097_664 + 4_719_104 + 2_359_808


def test_a_connection_table_counts_its_links() -> None:
    """LeNet-5's C3: 60 links of 25 weights and 16 biases, 1,516 parameters."""
    told = lines(explain("zoo:lenet5", "C3"), "C3")
    assert "parameters = 60·K·K + C_out = 60·5·5 + 16 = 1,516" in told
    answer = explain("zoo:lenet5", "C3")
    assert any(line.words == say("links", count=60) for line in answer.derivation)


def test_a_fault_shows_its_requirement_in_numbers() -> None:
    answer = explain("in 3x5x5; conv 4 k7; relu")
    (required,) = [line for line in answer.derivation if line.path == "conv1"]
    assert (required.symbols.text(), required.numbers.text()) == ("H + 2·P ≥ K", "5 + 2·0 ≥ 7")
    assert required.value is False and "does not hold" in required.words
    page = terminal.render(answer_doc(answer))
    assert "kernel 7 exceeds the height 5" in page and "use kernel <= 5 or padding >= 1" in page
    assert [line.words for line in answer.derivation if line.path == "relu1"] == [say("fault-before")]
    assert answer.exit_code == 1 and len(answer.faults) == 1


def test_a_fault_that_is_no_comparison_is_told_in_words() -> None:
    (fault,) = explain("in 3x5x5; dense 4", "dense1").derivation
    assert "takes a vector" in fault.words


@pytest.mark.parametrize("field", ["p1x2x3", "s1x2x3", "k1x2x3", "d1x2x3"])
def test_fields_for_other_axes_are_a_fault(field: str) -> None:
    kernel = "" if field[0] == "k" else "k3 "
    answer = explain(f"in 3x8x8; conv 4 {kernel}{field}")
    assert answer.exit_code == 1
    assert next(one.message for one in answer.faults).endswith("has 3 values but the map has 2 spatial axes")


@pytest.mark.parametrize(
    ("layer", "words"), [("conv9", "did you mean conv"), ("pool", "did you mean pool"), ("", "there is no layer")]
)
def test_an_unknown_layer(layer: str, words: str) -> None:
    with pytest.raises(SpecError, match=words):
        explain("zoo:alexnet", layer)


# -- claims ----------------------------------------------------------------------------------------------------------

CLAIMS = [
    ("zoo:alexnet", "conv1", "params", "34944", True, ""),
    ("zoo:alexnet", "conv1", "params", "34,944", True, ""),
    ("zoo:alexnet", "conv1", "params", "34848", False, "bias"),
    ("zoo:alexnet", "conv1", "output", "96x55x55", True, ""),
    ("zoo:alexnet", "conv1", "output", "96x54x54", False, "+ 1"),
    ("zoo:alexnet", "conv1", "receptive_field", "11x11", True, ""),
    ("zoo:alexnet", "conv1", "macs", "210830400", False, "two operations"),
    ("zoo:alexnet", "conv1", "params", "12345", False, ""),
    (EXERCISE, None, "textbook_inference", "12.61 MB", True, ""),
    (EXERCISE, None, "textbook_inference", "12.03 MiB", True, ""),
    (EXERCISE, None, "textbook_inference", "12.61 MiB", False, "MiB"),
    # the documents' memory example: 200 maps of 150x100
    (MAPS, "conv1", "output_bytes", "12 MB", True, ""),
    (MAPS, "conv1", "output_bytes", "11.44 MiB", True, ""),
    (MAPS, "conv1", "output_bytes", "12 MiB", False, "MiB"),
    (MAPS, "conv1", "output_bytes", "96000000", False, "bits"),
    # the published slip: three layers summed instead of the largest pair
    (EXERCISE, None, "textbook_inference", "18613600", False, "largest pair"),
    (EXERCISE, None, "params", "903400", True, ""),
]


@pytest.mark.parametrize(("spec", "layer", "what", "claim", "right", "slip"), CLAIMS)
def test_claims(spec: str, layer: str | None, what: str, claim: str, right: bool, slip: str) -> None:
    verdict = explain(spec, layer, what=what, claim=claim).verdict
    assert verdict is not None and verdict.right is right
    assert slip in " and ".join(verdict.slips) and bool(verdict.slips) is bool(slip)


def test_one_figure_only() -> None:
    """Every line is of the figure that is asked for; what has no formula says so."""
    answer = explain(EXERCISE, what="params")
    assert {line.figure for line in answer.derivation} == {"params"}
    assert [line.value for line in answer.derivation if line.name == say("params")] == [
        2_800,
        180_200,
        720_400,
        903_400,
    ]
    field = explain("zoo:alexnet", "pool1", what="receptive_field.jump")
    assert [line.name for line in field.derivation] == [say("field"), say("jump"), say("start")]
    memory = explain(EXERCISE, what="textbook_inference")
    assert {line.path for line in memory.derivation} == {MEMORY} and memory.derivation[-1].value == 12_613_600
    none = explain(EXERCISE, what="weight_layers")
    assert not none.derivation and none.notes == (say("no-formula", what="weight_layers"),)


def test_claims_on_training_speak_of_the_batch() -> None:
    verdict = explain(EXERCISE, batch=50, what="textbook_training", claim="565613600").verdict
    assert verdict is not None and verdict.right


@pytest.mark.parametrize(
    ("what", "claim", "words"),
    [("", "3", "needs --what"), ("parms", "3", "did you mean params"), ("params", "many", "cannot be read")],
)
def test_claims_that_cannot_be_read(what: str, claim: str, words: str) -> None:
    with pytest.raises(SpecError, match=words):
        explain("zoo:alexnet", "conv1", what=what, claim=claim)


def test_a_claim_about_a_formula_is_refused() -> None:
    with pytest.raises(SpecError, match="neither right nor wrong"):
        explain("in 3xHxW; conv 8 k3", "conv1", what="macs", claim="100")


# -- every layer of the zoo ------------------------------------------------------------------------------------------


def figures(analysis: Analysis, path: str) -> Iterator[tuple[str, Any]]:
    """What the lines of a layer must end in, by the line's name."""
    row = analysis.row(path)
    assert row.output is not None
    yield from zip(axis_symbols(row.output), row.output, strict=True)
    yield say("params"), row.params
    yield say("buffers"), row.buffers
    yield say("macs"), row.macs
    yield say("flops"), row.flops
    yield say("map"), row.output_bytes
    yield say("saved"), row.saved_bytes
    field = row.receptive_field
    if field is None:
        return
    parts = (("field", field.size), ("jump", field.jump), ("start", field.start), ("shortest", field.min_size))
    for part, values in parts:
        for axis, value in zip(AXES[len(values)], values, strict=True):
            yield say("along", name=say(part), axis=say(axis)), value
        # every unit sees all of the image, axis by axis
        reaches_all = row.inputs and all(jump == 0 for jump in field.jump)
        yield say(part), values[0] if len(set(values)) == 1 and not reaches_all else values


@cache
def value(formula: str) -> Fraction:
    """What a formula in numbers comes to, worked out by Python."""
    words = {"exact": Fraction, "floor": lambda x: Fraction(floor(x)), "ceil": lambda x: Fraction(ceil(x))}
    result: Fraction = eval(re.sub(r"\b\d+", r"exact(\g<0>)", formula), {**words, "max": max, "min": min})
    return result


def agrees(line: Line, name: str) -> None:
    """The symbols, the numbers and the value of a line are one figure."""
    if not isinstance(line.numbers, Expression) or isinstance(line.value, bool):
        return
    assert line.symbols.numbers == line.numbers
    assert value(line.numbers.text(unicode=False)) == line.value, (name, line.path, line.name)


@pytest.mark.parametrize("name", zoo.names())
def test_every_layer_of_the_zoo(name: str) -> None:
    """The last side of every line is the figure of the analysis, and the numbers before it come to it."""
    answer, analysis = explain(f"zoo:{name}"), cnncalc.analyze(f"zoo:{name}")
    expected = {row.path: dict(figures(analysis, row.path)) for row in analysis.rows}
    told: dict[str, set[str]] = {row.path: set() for row in analysis.rows}
    references: dict[str, str] = {}
    for line in answer.derivation:
        agrees(line, name)
        if line.path in told:
            told[line.path].add(line.name)
            known = expected[line.path]
            if line.value is not None and line.name in known:
                figure = known[line.name]
                each = figure if isinstance(figure, tuple) and not isinstance(line.value, tuple) else (figure,)
                assert all(line.value == one for one in each), (name, line.path, line.name)
            if line.words.startswith("Output, parameters, arithmetic and memory as in "):
                references[line.path] = line.words.removeprefix("Output, parameters, arithmetic and memory as in ")[:-1]
    for row in analysis.rows:
        # what is told by reference is told there, and is the same there
        first = references.get(row.path)
        if first is not None:
            other = analysis.row(first)
            assert row[4:12] == other[4:12]
            continue
        for figure in ("params", "macs", "flops"):
            assert not getattr(row, figure) or say(figure) in told[row.path], (name, row.path, figure)
        assert say("map") in told[row.path]
    _whole(answer, analysis)


def _whole(answer: Answer, analysis: Analysis) -> None:
    totals, textbook = analysis.totals, analysis.memory.textbook
    ends = {line.name: line.value for line in answer.derivation if line.path in (WHOLE, MEMORY)}
    assert ends[say("params")] == totals.params
    assert ends[say("macs")] == totals.macs
    assert ends[say("training_macs")] == totals.training_macs
    assert ends[say("flops")] == totals.flops
    assert ends[say("prediction")] == textbook.inference_bytes
    assert ends[say("training")] == textbook.training_bytes
    assert ends[say("with-gradients")] == textbook.training_with_gradients_bytes


@pytest.mark.parametrize("name", ["alexnet", "resnet50"])
def test_formulas_in_symbols_are_the_analysis_figures(name: str) -> None:
    answer = explain(f"zoo:{name}", symbolic=True)
    analysis = cnncalc.analyze(f"zoo:{name}", symbolic=True)
    checked = 0
    for line in answer.derivation:
        if line.path in answer.titles and line.name in (say("params"), say("macs"), say("flops"), say("map")):
            figure = {say("params"): "params", say("macs"): "macs", say("flops"): "flops", say("map"): "output_bytes"}
            rows = [row for row in analysis.rows if row.path == line.path]
            if rows and line.value is not None:
                assert line.value == getattr(rows[0], figure[line.name])
                checked += 1
    assert checked > 20


# -- formats and languages -------------------------------------------------------------------------------------------

SAMPLES = [("zoo:alexnet", "conv1"), (EXERCISE, None), ("zoo:unet", "up4"), ("in 3x5x5; conv 4 k7", None)]


@pytest.mark.parametrize(("spec", "layer"), SAMPLES)
@pytest.mark.parametrize("lang", LANGUAGES)
def test_latex_is_whole(spec: str, layer: str | None, lang: str, tmp_path: Path) -> None:
    """Braces and environments are balanced; where there is a pdflatex, it says so too (Chinese needs xelatex)."""
    page = latex.render(answer_doc(explain(spec, layer, lang=lang)))
    bare = page.replace(r"\{", "").replace(r"\}", "")
    assert bare.count("{") == bare.count("}")
    assert sorted(re.findall(r"\\begin{([a-z*]+)}", page)) == sorted(re.findall(r"\\end{([a-z*]+)}", page))
    assert page.count(r"\left") - page.count(r"\leftarrow") == page.count(r"\right") - page.count(
        r"\rightarrow"
    ) - page.count(r"\right\|")
    assert (r"\usepackage{ctex}" in page) is (lang == "zh")
    assert r"\usepackage{amsmath}" in page
    if lang == "en" and layer == "conv1" and (compiler := shutil.which("pdflatex")) is not None:
        (tmp_path / "page.tex").write_text(page, encoding="utf-8")
        done = subprocess.run(
            [compiler, "-interaction=nonstopmode", "-halt-on-error", "page.tex"],
            cwd=tmp_path,
            capture_output=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout[-2000:]


class Balanced(HTMLParser):
    """Whether a page's tags are balanced."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.parametrize(("spec", "layer"), SAMPLES)
def test_html_stands_alone(spec: str, layer: str | None) -> None:
    page = html.render(answer_doc(explain(spec, layer, lang="zh")))
    reader = Balanced()
    reader.feed(page)
    assert not reader.open and {"math", "mfrac", "msub"} & reader.seen
    assert not reader.seen & {"script", "link", "img"} and not re.search(r"https?://", page)
    assert '<html lang="zh">' in page


def test_markdown_puts_formulas_between_dollars() -> None:
    page = markdown.render(answer_doc(explain("zoo:alexnet", "conv1")))
    formulas = [line for line in page.splitlines() if line.startswith("- ")]
    assert all(line.count("$") == 2 for line in formulas) and len(formulas) > 10
    assert r"$C_{\mathrm{out}} = 96$" in page
    assert r"\frac{227 + 2 \cdot 0 - 11}{4} \right\rfloor + 1 = 55$" in page


@pytest.mark.parametrize("width", [60, 80, 100, 140])
@pytest.mark.parametrize(("spec", "layer"), SAMPLES)
def test_no_line_is_wider_than_the_terminal(spec: str, layer: str | None, width: int) -> None:
    from cnncalc.report.formats.ansi import width as columns

    for lang in LANGUAGES:
        for unicode in (True, False):
            page = terminal.render(answer_doc(explain(spec, layer, lang=lang)), width, unicode=unicode)
            assert max(map(columns, page.splitlines())) <= width


def test_a_terminal_without_unicode_gets_the_grammar_of_specs() -> None:
    page = terminal.render(answer_doc(explain("zoo:alexnet", "conv1")), 120, unicode=False)
    assert "H_out             = floor((H + 2*P - K)/S) + 1 = floor((227 + 2*0 - 11)/4) + 1 = 55" in page


def test_json() -> None:
    answer = explain("zoo:alexnet", "conv1", what="output", claim="96x54x54", lang="zh")
    found = json.loads(json_format.render([answer]))
    assert found["schema"] == "cnncalc/answer/1"
    assert found["solutions"][0]["params"] == 34_944
    line = found["derivation"][1]
    assert (line["path"], line["figure"], line["name"], line["value"]) == ("conv1", "output", "H_out", 55)
    assert line["symbols"] == "floor((H + 2*P - K)/S) + 1"
    assert line["numbers"] == "floor((227 + 2*0 - 11)/4) + 1"
    assert found["verdict"] == {
        "claimed": "96x54x54",
        "right": False,
        "slips": ["the + 1 was forgotten"],
        "computed": "96x55x55",
    }


def test_every_phrase_is_there_in_both_languages() -> None:
    places = re.compile(r"{(\w+)}")
    for key, (english, chinese) in PHRASES.items():
        assert english and chinese, key
        assert set(places.findall(english)) == set(places.findall(chinese)), key
        signs = english in ("MACs", "FLOPs") or not re.search("[A-Za-z]{2}", places.sub("", english))
        assert signs or re.search("[\u4e00-\u9fff]", chinese), key


def test_every_phrase_that_is_said_is_there() -> None:
    sources = [*(PACKAGE / "solve").glob("explain*.py"), PACKAGE / "report" / "views" / "answer.py"]
    said = {key for path in sources for key in re.findall(r'\bsay\(\s*"([\w-]+)"', path.read_text(encoding="utf-8"))}
    assert len(said) > 40 and said <= set(PHRASES)


def test_every_slip_is_there_in_both_languages() -> None:
    assert set(slips.names()) <= set(SLIPS), "a new slip needs its sentence in Chinese in solve.lang"
    assert all(re.search("[\u4e00-\u9fff]", chinese) for chinese in SLIPS.values())
    page = terminal.render(answer_doc(explain("zoo:alexnet", "conv1", what="params", claim="34848", lang="zh")))
    assert "34848 是错的，应为 34,944：忘了偏置" in page


def test_a_chinese_page_has_no_english_sentences() -> None:
    page = terminal.render(answer_doc(explain("zoo:unet", lang="zh")), 100)
    assert not re.search(r"\b(the|and|its|with|kept|field|Counted)\b", page)


# -- the command -----------------------------------------------------------------------------------------------------


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(application(["explain", "zoo"]), ["explain", *arguments])
    return result.exit_code, result.output


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("zoo:alexnet", "conv1"), 0, "105,415,200"),
        (("zoo:alexnet", "conv1", "--what", "params", "--claim", "34944"), 0, "34944 is right"),
        (("zoo:alexnet", "conv1", "--what", "params", "--claim", "34848"), 1, "the bias was forgotten"),
        (("zoo:alexnet", "conv9"), 2, "did you mean"),
        (("zoo:alexnett",), 2, "did you mean"),
        (("zoo:alexnet", "--lang", "de"), 2, "--lang de is not known"),
        (("zoo:alexnet", "--format", "pdf"), 2, "--format pdf is not known"),
        (("zoo:alexnet", "--batch", "0"), 2, "--batch 0 cannot be read"),
        (("in 3x5x5; conv 4 k7",), 1, "does not hold"),
        (("zoo:alexnet", "conv1", "--lang", "zh"), 0, "感受野"),
        (("zoo:alexnet", "conv1", "--input", "3x224x224"), 0, "(224 + 2·0 − 11)/4"),
        (("zoo:alexnet", "conv9", "--format", "json"), 2, "cnncalc/error/1"),
    ],
)
def test_command(arguments: tuple[str, ...], code: int, words: str) -> None:
    found, output = run(*arguments)
    assert (found, words in output) == (code, True), output[-500:]


DOCUMENT = Path(__file__).parents[2] / "docs" / "explain.md"
SHOWN = re.findall(
    r"```sh\n(cnncalc explain [^\n]*)\n```\n\n```text\n(.*?)\n```", DOCUMENT.read_text(encoding="utf-8"), re.S
)


@pytest.mark.parametrize(("command", "shown"), SHOWN)
def test_the_page_shows_what_the_command_says(command: str, shown: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    _, output = run(*shlex.split(command)[2:])
    assert shown in output and len(SHOWN) >= 7
