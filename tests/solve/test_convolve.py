"""Worked convolutions: every matrix of the course documents, torch as a witness, bad input, formats."""

from __future__ import annotations

import json
import random
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from cnncalc.core.diagnostic import SpecError
from cnncalc.solve.convolve.compute import Worked, convolve, dense, pool
from cnncalc.solve.convolve.exact import number, plain, show
from cnncalc.solve.convolve.matrices import read_filters, read_image
from tests.cli.terminal import cnncalc

STEP = "; ".join(["10 10 10 0 0"] * 5)
EDGE = "1 0 -1; 1 0 -1; 1 0 -1"
FIRST = "2 1 0 2 3; 9 5 4 2 0; 2 3 4 5 6; 1 2 3 1 0; 0 4 4 2 8"
FULL = "1 1 0 0 0 0 1 1"
RGB = """0 0 0 0 0 0 0; 0 0 1 1 2 2 0; 0 0 1 1 0 0 0; 0 1 1 0 1 0 0; 0 1 0 1 1 1 0; 0 0 2 0 1 0 0; 0 0 0 0 0 0 0 |
0 0 0 0 0 0 0; 0 1 1 1 2 0 0; 0 0 2 1 1 2 0; 0 1 2 0 0 2 0; 0 0 2 1 2 1 0; 0 2 0 1 2 0 0; 0 0 0 0 0 0 0 |
0 0 0 0 0 0 0; 0 2 0 2 0 2 0; 0 0 0 1 2 1 0; 0 1 0 2 2 2 0; 0 2 0 2 0 0 0; 0 0 0 1 1 2 0; 0 0 0 0 0 0 0"""
W0 = "1 1 -1; -1 0 1; -1 -1 0 | -1 0 -1; 0 0 -1; 1 -1 0 | 0 1 0; 1 0 1; 0 -1 1"
W1_REST = "1 -1 0; -1 0 -1; -1 0 0 | -1 0 1; 1 0 1; 0 -1 0"
W1_PRINTED = f"-1 1 0; -1 0 1; -1 -1 0 | {W1_REST}"
W1_SOLVED = f"-1 -1 0; -1 1 0; -1 1 0 | {W1_REST}"

# (image, kernel, stride, padding, bias, the output); cells that the documents print wrongly stand here as they should be
DOCUMENTS: dict[str, tuple[str, str, int, int, int, list[list[int]]]] = {
    "vertical edge, 000 line 143: the centre is -2": (FIRST, "-1 0 1; -1 0 1; -1 0 1", 1, 0, 0, [[-5, 0, 1], [-1, -2, -5], [8, -1, 3]]),
    "4x4 padded, 001 line 612": ("1 3 -1 2; 2 -2 0 1; 1 4 0 -1; -1 0 3 2", "0 1 0; 1 -1 1; 0 1 0", 1, 1, 0, [[4, -5, 6, -2], [-2, 11, -2, 0], [4, -5, 6, 4], [2, 6, -1, 0]]),
    "step image, same, 001 line 686": (STEP, EDGE, 1, 1, 0, [[-20, 0, 20, 20, 0], [-30, 0, 30, 30, 0], [-30, 0, 30, 30, 0], [-30, 0, 30, 30, 0], [-20, 0, 20, 20, 0]]),
    "step image, valid, 001 line 728": (STEP, EDGE, 1, 0, 0, [[0, 30, 30]] * 3),
    "step image, stride 2, 001 line 746": (STEP, EDGE, 2, 0, 0, [[0, 30]] * 2),
    "corr2d as printed, 001 line 524: the first row's -1 stands last": ("1 1 0 0 0 0 0 1; " + "; ".join(["1 1 0 0 0 0 1 1"] * 5), "1 -1", 1, 0, 0, [[0, 1, 0, 0, 0, 0, -1]] + [[0, 1, 0, 0, 0, -1, 0]] * 5),
    "corr2d restored, 001 line 520": ("; ".join([FULL] * 6), "1 -1", 1, 0, 0, [[0, 1, 0, 0, 0, -1, 0]] * 6),
    "RGB, first filter, 001 line 449": (RGB, W0, 2, 0, 1, [[1, 0, -3], [-6, 1, 1], [4, -3, 1]]),
    "RGB, second filter as printed, 001 line 489": (RGB, W1_PRINTED, 2, 0, 0, [[0, -7, -6], [-4, -2, -6], [3, 0, -1]]),
    "RGB, second filter restored": (RGB, W1_SOLVED, 2, 0, 0, [[-1, -6, -4], [-2, -3, -4], [-1, -3, -3]]),
}  # fmt: skip


def rows(worked: Worked, channel: int = 0) -> list[list[Any]]:
    return [list(row) for row in worked.output[channel]]


@pytest.mark.parametrize("name", DOCUMENTS)
def test_matrices_of_the_documents(name: str) -> None:
    image, kernel, stride, padding, bias, output = DOCUMENTS[name]
    worked = convolve(read_image(image), read_filters(kernel), stride=stride, padding=padding, bias=(bias,))
    assert rows(worked) == output
    # a step shows the products that give its cell
    for step in worked.steps:
        products = sum(
            a * b
            for window, weights in zip(step.windows, step.weights, strict=True)
            for a, b in zip(window, weights, strict=True)
        )
        assert products + bias == step.result == output[step.row][step.column]


def test_both_filters_at_once() -> None:
    filters = [*read_filters(W0), *read_filters(W1_SOLVED)]
    worked = convolve(read_image(RGB), filters, stride=2, bias=(1, 0))
    assert worked.shape == (2, 3, 3)
    assert worked.macs == 2 * 9 * 27
    assert rows(worked) == [[1, 0, -3], [-6, 1, 1], [4, -3, 1]]
    assert rows(worked, 1) == [[-1, -6, -4], [-2, -3, -4], [-1, -3, -3]]


def test_dense_scores_with_the_bias_that_the_document_forgets() -> None:
    weights = read_image(".2 -.5 .1 2; 1.5 1.3 2.1 0; 0 .25 .2 -.3")[0]
    worked = dense((56, 231, 24, 2), weights, (Fraction(11, 10), Fraction(32, 10), Fraction(-12, 10)))
    assert [show(row[0]) for row in worked.output[0]] == ["-96.8", "437.9", "60.75"]
    assert [show(row[0]) for row in dense((56, 231, 24, 2), weights).output[0]] == ["-97.9", "434.7", "61.95"]


def test_a_signal_and_a_turned_kernel() -> None:
    # y_t = x_t + x_(t-1) / 2 + x_(t-2) / 4 (document 003, line 74)
    kernel = read_filters("1 1/2 1/4")
    impulse = convolve(read_image("1 0 0 0"), kernel, padding=((2, 0),), flip=True)
    assert rows(impulse) == [[1, Fraction(1, 2), Fraction(1, 4), 0]]
    assert impulse.shape == (1, 4)
    assert rows(convolve(read_image("1 1 1"), kernel, flip=True)) == [[Fraction(7, 4)]]
    assert rows(convolve(read_image("1 0 0 0"), kernel, padding=((2, 0),))) == [[Fraction(1, 4), Fraction(1, 2), 1, 0]]


def test_a_mean_filter_has_no_rounding() -> None:
    worked = convolve(read_image("1 2 3; 4 5 6; 7 8 9"), read_filters("1/9 * 1 1 1; 1 1 1; 1 1 1"))
    assert rows(worked) == [[5]]
    assert rows(convolve(read_image("1 2 3; 4 5 6; 7 8 10"), read_filters("box"))) == [[Fraction(46, 9)]]


def test_sixteen_steps() -> None:
    # 4x4, one zero on each side, 3x3: document 001, line 428
    worked = convolve(read_image("4 3 2 1; 2 3 9 8; 1 2 3 4; 3 4 0 0"), read_filters("identity"), padding=1)
    assert len(worked.steps) == 16
    assert rows(worked) == [[4, 3, 2, 1], [2, 3, 9, 8], [1, 2, 3, 4], [3, 4, 0, 0]]


@pytest.mark.parametrize("seed", range(40))
def test_torch_computes_the_same(seed: int) -> None:
    torch = pytest.importorskip("torch")
    draw = random.Random(seed)
    groups = draw.choice([1, 1, 2])
    channels, filters = groups * draw.randint(1, 2), groups * draw.randint(1, 2)
    kernel = draw.randint(1, 3), draw.randint(1, 3)
    dilation, stride = draw.randint(1, 2), draw.randint(1, 3)
    padding = draw.randint(0, 2), draw.randint(0, 2)
    mode = draw.choice(["zeros", "reflect", "replicate", "circular"])
    size = draw.randint(5, 8), draw.randint(5, 8)

    def volume(depth: int, height: int, width: int) -> Any:
        return tuple(
            tuple(tuple(draw.randint(-5, 5) for _ in range(width)) for _ in range(height)) for _ in range(depth)
        )

    image = volume(channels, *size)
    weights = [volume(channels // groups, *kernel) for _ in range(filters)]
    bias = tuple(draw.randint(-3, 3) for _ in range(filters))
    ours = convolve(
        image, weights, bias=bias, stride=stride, padding=padding, dilation=dilation, groups=groups, padding_mode=mode
    )
    layer = torch.nn.Conv2d(channels, filters, kernel, stride, padding, dilation, groups, padding_mode=mode).double()
    with torch.no_grad():
        layer.weight.copy_(torch.tensor(weights, dtype=torch.float64))
        layer.bias.copy_(torch.tensor(bias, dtype=torch.float64))
        theirs = layer(torch.tensor([image], dtype=torch.float64))[0]
    assert torch.equal(torch.tensor(ours.output, dtype=torch.float64), theirs)


@pytest.mark.parametrize("seed", range(40))
@pytest.mark.parametrize("kind", ["max", "average"])
def test_torch_pools_the_same(kind: str, seed: int) -> None:
    torch = pytest.importorskip("torch")
    draw = random.Random(seed)
    window = draw.randint(2, 4)
    fields = {"stride": draw.randint(1, 3), "padding": draw.randint(0, window // 2), "ceil_mode": draw.random() < 0.5}
    image = tuple(tuple(tuple(draw.randint(-9, 9) for _ in range(6)) for _ in range(7)) for _ in range(2))
    layer = (torch.nn.MaxPool2d if kind == "max" else torch.nn.AvgPool2d)(window, **fields)
    theirs = layer(torch.tensor([image], dtype=torch.float64))[0]
    ours = pool(image, kind, window=window, **fields)
    flat = [[[float(value) for value in row] for row in channel] for channel in ours.output]
    assert torch.allclose(torch.tensor(flat, dtype=torch.float64), theirs, rtol=1e-14, atol=1e-14)
    for step in ours.steps:
        numbers = step.windows[0]
        assert step.result == (max(numbers) if kind == "max" else Fraction(sum(numbers), len(numbers)))


def test_pooling_by_hand() -> None:
    image = read_image("1 3 2 1; 2 9 1 1; 1 3 2 3; 5 6 1 2")
    assert rows(pool(image, "max", window=2)) == [[9, 2], [6, 3]]
    assert rows(pool(image, "average", window=2)) == [[Fraction(15, 4), Fraction(5, 4)], [Fraction(15, 4), 2]]
    assert rows(pool(image, "global-max")) == [[9]]
    assert rows(pool(image, "global-average")) == [[Fraction(43, 16)]]
    # SAME: the padded zeros are not averaged (3 columns, a window of 2, one zero column at the end)
    assert rows(pool(read_image("2 4 6; 2 4 6"), "average", window=2, padding="same")) == [[3, 6]]


@pytest.mark.parametrize(
    ("text", "value"),
    [("7", 7), ("-0.5", Fraction(-1, 2)), ("1/16", Fraction(1, 16)), ("1e-2", Fraction(1, 100)), (".5", Fraction(1, 2)),
     ("2.0", 2), ("-3/6", Fraction(-1, 2)), ("x", None), ("1/0", None), ("1//2", None), ("", None), ("9" * 50, None), ("٣", None)],
)  # fmt: skip
def test_numbers(text: str, value: Any) -> None:
    assert number(text) == value


def test_numbers_are_shown_exactly() -> None:
    assert [show(Fraction(*pair)) for pair in ((1, 8), (-1, 3), (5, 2), (-1, 20))] == ["0.125", "-1/3", "2.5", "-0.05"]
    assert [plain(Fraction(*pair)) for pair in ((1, 8), (-1, 3))] == [0.125, "-1/3"]


# -- the command -----------------------------------------------------------------------------------------------------


def test_the_command_shows_the_matrices_and_the_steps() -> None:
    outcome = cnncalc("convolve", FIRST, "-1 0 1; -1 0 1; -1 0 1", "--steps")
    assert outcome.code == 0
    lines = outcome.out.splitlines()
    assert "  2  3  4  5  6  *  -1  0  1  =  -1  -2  -5" in lines
    assert "o[2, 2] = 5·(-1) + 4·0 + 2·1 + 3·(-1) + 4·0 + 5·1 + 2·(-1) + 3·0 + 1·1 = -2" in lines


def test_json_and_csv(tmp_path: Path) -> None:
    result = json.loads(cnncalc("convolve", STEP, EDGE, "--stride", "2", "--steps", "-f", "json").out)
    assert result["schema"] == "cnncalc/convolution/1"
    assert result["output"] == [[[0, 30], [0, 30]]]
    assert result["padded"] is None
    assert result["steps"][1]["windows"] == [[10, 0, 0] * 3]
    written = cnncalc("convolve", RGB, W0, W1_SOLVED, "--stride", "2", "--bias", "1,0", "-f", "csv").out
    assert written == "1,0,-3\n-6,1,1\n4,-3,1\n\n-1,-6,-4\n-2,-3,-4\n-1,-3,-3\n"
    (tmp_path / "maps.csv").write_text(written)
    assert read_image(str(tmp_path / "maps.csv"))[1] == ((-1, -6, -4), (-2, -3, -4), (-1, -3, -3))


def test_files(tmp_path: Path) -> None:
    (tmp_path / "image.txt").write_text("1 2\n3 4\n\n5 6\n7 8\n")
    (tmp_path / "filters.json").write_text('[[[[1, 0.1]], [[0, 0]]], [[[0, 0]], [[1, "1/3"]]]]')
    assert read_image(str(tmp_path / "image.txt")) == (((1, 2), (3, 4)), ((5, 6), (7, 8)))
    filters = read_filters(str(tmp_path / "filters.json"))
    assert filters == ((((1, Fraction(1, 10)),), ((0, 0),)), (((0, 0),), ((1, Fraction(1, 3)),)))


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["1 2; 3", "edge"], "row 2 of the image has 1 values"),
        (["1 2; 3 x", "edge"], "<argument>:1:8: x in the image is no number"),
        (["1 2; 3 4", "edge"], "kernel 3 exceeds the height 2"),
        (["1 2; 3 4", "egde"], "did you mean edge?"),
        (["1 2; 3 4"], "needs a KERNEL"),
        (["1 2; 3 4", "1 | 2"], "the filters have 2 channels but the image has 1"),
        (["1 2; 3 4", "1 2", "1"], "the filters differ in size"),
        (["1 2; 3 4", "1", "--stride", "0"], "stride must be a whole number of at least 1"),
        (["1 2; 3 4", "1", "--stride", "1..3"], "leaves a choice"),
        (["1 2; 3 4", "1", "--strode", "2"], "there is no option --strode"),
        (["1 2; 3 4", "1", "--bias", "1,2"], "2 bias values for 1 filter"),
        (["1 2; 3 4", "1", "--pool", "max"], "--pool max takes no KERNEL"),
        (["1 2; 3 4", "--pool", "average", "--dilation", "2"], "average pooling has no dilation"),
        (["1 2; 3 4", "--pool", "median"], "--pool median is not known"),
        (["1 2 3", "1 2", "--dense"], "a row of the weights has 2 values but the vector has 3"),
        (["missing.csv", "1"], "missing.csv: the file cannot be read"),
        (["[[1, 2], 3]", "1"], "mixes numbers and lists"),
        (["[[1, true]]", "1"], "True in the image is no number"),
        (["[[1, 2]", "1"], "is no JSON"),
        (["[[[[[1]]]]]", "1"], "5 levels of lists"),
        (["", "1"], "the image is empty"),
        (["1 2; 3 4", "1", "--padding", "3", "--padding-mode", "reflect"], "reflect padding of 3"),
        (["1 2; 3 4", "1", "--padding", "100000"], "at most 5,000,000"),
        (["1 2; 3 4", "1", "--plot", "out.bmp"], "a name that ends in .png, .svg, .pdf"),
    ],
)  # fmt: skip
def test_bad_input(arguments: list[str], says: str) -> None:
    outcome = cnncalc("convolve", *arguments)
    assert outcome.code == 2
    assert outcome.out == ""
    assert says in outcome.err
    assert len(outcome.errors) == 1


def test_in_json_a_problem_is_an_object() -> None:
    outcome = cnncalc("convolve", "1 2; 3", "edge", "-f", "json")
    assert outcome.code == 2
    assert json.loads(outcome.out)["schema"] == "cnncalc/error/1"


def test_an_argument_names_the_place_of_a_wrong_number() -> None:
    with pytest.raises(SpecError, match="<argument>:2:3"):
        read_image("1 2\n3 a")


@pytest.mark.parametrize("form", ["markdown", "html", "latex"])
def test_other_formats_have_every_number(form: str) -> None:
    outcome = cnncalc("convolve", FIRST, "-1 0 1; -1 0 1; -1 0 1", "--format", form)
    assert outcome.code == 0
    assert "-5" in outcome.out and "-2" in outcome.out


def test_pictures_are_read_and_drawn(tmp_path: Path) -> None:
    image_module = pytest.importorskip("PIL.Image")
    pytest.importorskip("matplotlib")
    grey = image_module.new("L", (4, 3))
    grey.putdata(list(range(12)))
    grey.save(tmp_path / "grey.png")
    assert read_image(str(tmp_path / "grey.png")) == (((0, 1, 2, 3), (4, 5, 6, 7), (8, 9, 10, 11)),)
    image_module.new("RGB", (2, 2), (10, 20, 30)).save(tmp_path / "colour.png")
    assert read_image(str(tmp_path / "colour.png")) == (((10, 10),) * 2, ((20, 20),) * 2, ((30, 30),) * 2)
    drawn = tmp_path / "maps.png"
    outcome = cnncalc("convolve", str(tmp_path / "grey.png"), "edge", "--padding", "same", "--plot", str(drawn))
    assert outcome.code == 0
    assert drawn.read_bytes().startswith(b"\x89PNG")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["colour.png", "grey.png", "maps.png"]
    (tmp_path / "no.png").write_bytes(b"no picture")
    assert "the file is no PNG" in cnncalc("convolve", str(tmp_path / "no.png"), "edge").err
