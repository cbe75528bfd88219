"""Shapes that do not fit: findings on the layer, all of them in one run, each once, with the arithmetic and a remedy."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from .terminal import cnncalc


def net(*layers: str, input: str = "3x32x32") -> str:
    return f"cnncalc: 1\ninput: {input}\nlayers:\n" + "".join(f"  - {layer}\n" for layer in layers)


def faults(text: str, tmp_path: Path) -> tuple[int, list[dict[str, Any]], dict[str, Any]]:
    file = tmp_path / "net.yaml"
    file.write_text(text)
    outcome = cnncalc("analyze", str(file), "--format", "json")
    assert outcome.err == ""
    result = json.loads(outcome.out)
    return outcome.code, result["faults"], result


ROWS: list[tuple[str, str, tuple[str, ...]]] = [
    # layer, input, words of the message and the remedy
    ("conv: {filters: 8, kernel: 7}", "3x5x9", ("kernel 7", "height 5", "kernel <= 5")),
    (
        "conv: {filters: 8, kernel: 7, padding: 1}",
        "3x3x9",
        ("kernel 7", "padded height 5", "3 + 1 + 1", "kernel <= 5", "padding >= 2"),
    ),
    ("conv: {filters: 8, kernel: [3, 7]}", "3x9x5", ("kernel 7", "width 5")),
    ("conv: {filters: 8, kernel: 3, dilation: 4}", "3x8x9", ("kernel 3", "9", "dilation 4", "height 8")),
    ("conv: {filters: 8, kernel: [3, 3, 3]}", "3x9x9", ("3 values", "2 spatial axes", "height, width")),
    ("conv: {filters: 8, kernel: 3, padding: {front: 1}}", "3x9x9", ("sides", "2-D")),
    ("conv: {filters: 8, kernel: 3, groups: 2}", "3x9x9", ("3 input channels", "2 groups")),
    ("conv: {filters: 8, kernel: 3, groups: 3}", "3x9x9", ("8 filters", "3 groups")),
    ("conv: {filters: 8, kernel: 3}", "784", ("map", "784", "vector")),
    ("conv1d: {filters: 8, kernel: 3}", "3x9x9", ("conv1d", "1-D", "3x9x9 (2-D)")),
    ("conv3d: {filters: 8, kernel: 3}", "3x9x9", ("conv3d", "3-D")),
    ("conv: {filters: 8, kernel: 3, padding: 5, padding_mode: circular}", "3x4x9", ("circular", "height", "4")),
    ("conv: {filters: 3, kernel: 3, connections: [[0], [1]]}", "3x9x9", ("2 rows", "3 filters")),
    ("conv: {filters: 1, kernel: 3, connections: [[7]]}", "3x9x9", ("channel 7", "3")),
    ("maxpool: 4", "3x3x9", ("kernel 4", "height 3")),
    ("maxpool: {kernel: 3, padding: 2}", "3x9x9", ("padding 2", "half", "3")),
    ("dense: 10", "256x6x6", ("256x6x6", "flatten", "9216", "global_avgpool")),
    ("rbf: 10", "256x6x6", ("256x6x6", "flatten")),
    ("groupnorm: 4", "6x9x9", ("6 channels", "4 groups")),
    ("channel_shuffle: 4", "6x9x9", ("6 channels", "4 groups")),
    ("maxout: 4", "6x9x9", ("6 channels", "4")),
    ("depth_pool: 9", "6x9x9", ("kernel 9", "6 channels", "kernel <= 6")),
    ("pixel_shuffle: 2", "6x9x9", ("6 channels", "4")),
    ("pixel_unshuffle: 2", "6x9x9", ("height 9", "2")),
    ("transposed_conv: {filters: 4, kernel: 3, output_padding: 1}", "6x9x9", ("output_padding 1", "stride 1")),
    ("transposed_conv: {filters: 4, kernel: 1, padding: 9}", "6x9x9", ("height", "-9")),
    ("reshape: [3, 5]", "3x32x32", ("3x32x32", "3072", "15")),
    ("permute: [0, 1]", "3x32x32", ("2 axes", "3x32x32", "3")),
    ("slice: {axis: channels, start: 0, stop: 9}", "3x32x32", ("9", "3")),
    ("slice: {axis: depth, start: 0, stop: 1}", "3x32x32", ("depth", "3x32x32", "channels, height, width")),
    ("crop: 99", "3x32x32", ("height 32", "99")),
    ("pad: {amount: 40, mode: reflect}", "3x32x32", ("reflect", "40", "32")),
    ("upsample", "3x32x32", ("factor", "size", "neither")),
    ("upsample: {factor: 2, mode: bicubic}", "3x32", ("bicubic", "2-D")),
    ("softmax: width", "784", ("width", "784")),
    (
        "add: [[], [conv: {filters: 8, kernel: 1}]]",
        "3x32x32",
        ("add", "3x32x32", "8x32x32", "input", "add1.branch2.conv1", "1x1 conv"),
    ),
    ("add: [[], [maxpool: 2]]", "3x32x32", ("3x32x32", "3x16x16", "stride")),
    ("add: [[]]", "3x32x32", ("two inputs",)),
    ("multiply: [[], [global_avgpool, dense: 4]]", "3x32x32", ("3x32x32", "4")),
    ("concat: [[], [maxpool: 2]]", "3x32x32", ("3x32x32", "3x16x16", "height")),
    (
        "concat: {branches: [[], [conv: {filters: 8, kernel: 1}]], axis: height}",
        "3x32x32",
        ("3x32x32", "8x32x32", "channels"),
    ),
    ("concat: [[], [flatten]]", "3x32x32", ("3x32x32", "3072", "rank")),
    ("highway: [conv: {filters: 8, kernel: 1}]", "3x32x32", ("highway", "8x32x32", "3x32x32")),
]


@pytest.mark.parametrize(("layer", "input", "words"), ROWS, ids=[f"{row[0]} on {row[1]}" for row in ROWS])
def test_shape_error(layer: str, input: str, words: tuple[str, ...], tmp_path: Path) -> None:
    code, found, result = faults(net(layer, input=input), tmp_path)
    assert code == 1
    (fault,) = found
    shown = f"{fault['message']} ({fault['expected']}, {fault['received']}); {fault['remedy']}"
    for word in words:
        assert word in shown
    assert fault["remedy"]
    assert fault["code"].startswith("CN")
    assert fault["line"] == 4
    row = next(row for row in result["layers"] if row["path"] == fault["path"])
    assert row["output"] is None
    assert row["macs"] is None
    assert result["totals"]["params"] is None


MANY = net(
    "conv: {name: a, filters: 8, kernel: 40}",  # larger than the map
    "batchnorm",
    "relu",
    "conv: {name: b, filters: 8, kernel: 3, from: input}",
    "dense: 10",  # a map
    "softmax",
    "groupnorm: {name: c, groups: 3, from: b}",  # 8 channels
    "add: {name: d, from: [b, input]}",  # other shapes
    "add: {name: e, from: [a, c]}",  # both unknown
    "maxpool: {name: f, kernel: 2, from: b}",
)


def test_all_in_one_run_each_once(tmp_path: Path) -> None:
    code, found, result = faults(MANY, tmp_path)
    assert code == 1
    assert [(fault["path"], fault["line"]) for fault in found] == [("a", 4), ("dense1", 8), ("c", 10), ("d", 11)]
    outputs = {row["path"]: row["output"] for row in result["layers"]}
    # what follows from a fault is unknown, everything else is known
    assert [path for path, output in outputs.items() if output is None] == [
        "a",
        "batchnorm1",
        "relu1",
        "dense1",
        "softmax1",
        "c",
        "d",
        "e",
    ]
    assert outputs["b"] == [8, 30, 30]
    assert outputs["f"] == [8, 15, 15]


def test_repeats_of_one_fault_are_told_for_the_first(tmp_path: Path) -> None:
    code, found, _ = faults(net("maxpool: {kernel: 2, repeat: 9}"), tmp_path)
    # 32, 16, 8, 4, 2, 1: the sixth pool has no room; the others follow it
    assert code == 1
    assert [fault["path"] for fault in found] == ["maxpool1[5]"]


def test_a_fault_inside_a_shipped_block_points_to_the_call(tmp_path: Path) -> None:
    code, found, _ = faults(net("relu", "subsample: {name: S2, kernel: 40}"), tmp_path)
    assert code == 1
    assert [(fault["path"], fault["line"], fault["column"]) for fault in found] == [("S2.avgpool1", 5, 5)]


def test_what_follows_a_fault_inside_a_block_still_unrolls(tmp_path: Path) -> None:
    # the projection depends on in_channels, which the faulty layer most likely would have had
    code, found, result = faults(
        net("conv: {name: stem, filters: 64, kernel: 99}", "residual: 64", "residual: 128"), tmp_path
    )
    assert code == 1
    assert [fault["path"] for fault in found] == ["stem"]
    paths = [row["path"] for row in result["layers"]]
    assert not any(path.startswith("residual1") and "projection" in path for path in paths)
    assert any(path.startswith("residual2") and "projection" in path for path in paths)


def test_terminal_shows_faults_with_their_place(tmp_path: Path) -> None:
    file = tmp_path / "net.yaml"
    file.write_text(MANY)
    outcome = cnncalc("analyze", str(file))
    assert outcome.code == 1
    flat = " ".join(outcome.out.replace("│", " ").split())
    for path, line in (("a", 4), ("dense1", 8), ("c", 10), ("d", 11)):
        assert f"net.yaml:{line}:5" in flat
        assert f"{path}:" in flat


@pytest.mark.parametrize("form", ["terminal", "json", "csv", "markdown", "html", "latex"])
def test_every_format_takes_a_faulty_network(form: str, tmp_path: Path) -> None:
    file = tmp_path / "net.yaml"
    file.write_text(MANY)
    outcome = cnncalc("analyze", str(file), "--format", form)
    assert outcome.code == 1
    assert outcome.out
    assert outcome.err == ""


def test_unknown_claims_are_undecided(tmp_path: Path) -> None:
    _, _, result = faults(
        net("conv: {filters: 8, kernel: 99, expect: {output: 8x1x1, params: 3, kernel: 99}}") + "expect: {params: 3}\n",
        tmp_path,
    )
    assert [claim["holds"] for claim in result["claims"]] == [None, None, True, None]
