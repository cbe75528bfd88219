"""The part of a page that is about memory: what docs/memory.md prints is what is printed, and what is told when."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from cnncalc import analyze
from cnncalc.analysis.result import Analysis
from cnncalc.report import figures
from cnncalc.report.doc import Chart, Facts, Heading, Stretch, Table
from cnncalc.report.formats import chart, terminal
from cnncalc.report.formats.ansi import ASCII, UNICODE
from cnncalc.report.views.analysis import analysis_doc
from cnncalc.report.views.peak import chart as chart_of

from . import networks

ROOT = Path(__file__).parent.parent.parent
COMMAND = "cnncalc analyze specs/resnet50.yaml --batch 64 --optimizer momentum --device-memory rtx-3090 --memory"


@pytest.fixture(scope="module")
def resnet50() -> Analysis:
    """The network of docs/memory.md."""
    path = ROOT / "specs" / "resnet50.yaml"
    return analyze(path, batch=64, optimizer="momentum", device="rtx-3090", remedies=True)


def test_the_documentation_shows_what_is_printed(resnet50: Analysis) -> None:
    page = (ROOT / "docs" / "memory.md").read_text(encoding="utf-8")
    assert COMMAND in page
    printed = terminal.render(analysis_doc(resnet50, memory=True), 100)
    blocks = [block for block in re.findall(r"```text\n(.*?)```", page, re.DOTALL) if "save" in block]
    assert len(blocks) == 2
    assert all(block in printed for block in blocks)


@pytest.mark.parametrize("width", [80, 100, 120])
def test_no_line_is_too_wide(resnet50: Analysis, width: int) -> None:
    printed = terminal.render(analysis_doc(resnet50, memory=True), width)
    assert max(len(line) for line in printed.splitlines()) <= width
    # the exact bytes are there, however narrow
    for bytes_ in (resnet50.memory.torch.training_peak_bytes, resnet50.memory.torch.inference_peak_bytes):
        assert f"{bytes_:,}" in printed


def facts(analysis: Analysis) -> dict[str, object]:
    """What is told in words."""
    blocks = [block for block in analysis_doc(analysis).blocks if isinstance(block, Facts)]
    return {fact.key: fact.value for block in blocks for fact in block.facts}


def test_details_come_on_request() -> None:
    short = analysis_doc(networks.remembered()).blocks
    long = analysis_doc(networks.remembered(), memory=True).blocks
    assert not any(isinstance(block, Heading) and "peak" in block.text for block in short)
    assert sum(isinstance(block, Heading) and "peak" in block.text for block in long) == 3
    assert sum(isinstance(block, Chart) for block in short) == 1


def test_formulas_stand_one_by_one() -> None:
    told = facts(analyze("zoo:lenet5", batch=None, symbolic=True))
    assert "textbook, training" in told and "symbolic" in str(told["torch"])
    formula = analysis_doc(analyze("in 3x8x8; conv 4 k3", symbolic=True))
    titles = [block.columns[0].title for block in formula.blocks if isinstance(block, Table)]
    assert titles == ["layer"]


def test_the_verdict_names_the_batch_of_the_spec() -> None:
    told = facts(networks.remembered())
    assert told["fits, training"] == (
        "yes, into 1 GB (1,000,000,000 B); the largest batch is 9,500; train.batch 10,000 does not fit"
    )
    none = facts(analyze("in 3x8x8; conv 4 k3", device="1 MiB"))
    assert none["fits, prediction"] == "no, not into 1 MiB (1,048,576 B); not even one image does"


def test_a_chart_by_hand() -> None:
    drawn = Chart("memory", (Stretch("forward", (0, 4, 8)), Stretch("backward", (6,))))
    (line,) = chart.terminal(drawn, 60, False, UNICODE)
    # eighths of the letter's height: half is four of eight
    assert line == "memory  forward ▁▄█ backward ▆"
    # three turns share a bar, which shows the largest
    assert chart.bars(drawn, 3) == [("forward", [1.0]), ("backward", [0.75])]
    empty = Chart("nothing", (Stretch("forward", (0,)),))
    assert list(chart.terminal(empty, 60, False, ASCII)) == ["nothing  forward _"]


def test_the_chart_follows_the_timeline() -> None:
    peak = analyze("zoo:alexnet", batch=4).memory.torch.training_peak
    assert peak is not None
    drawn = chart_of("t", peak)
    assert [stretch.name for stretch in drawn.stretches] == ["forward", "loss", "backward", "optimizer"]
    assert max(max(stretch.values) for stretch in drawn.stretches) == peak.bytes
    assert sum(len(stretch.values) for stretch in drawn.stretches) == len(peak.timeline)
    heights = [height for _, heights in chart.bars(drawn, 10) for height in heights]
    assert max(heights) == 1 and len(heights) <= 10 + len(drawn.stretches)


def test_units_of_1024() -> None:
    assert [figures.in_unit(value) for value in (0, 1023, 1024, 3 * 2**29, 2**40)] == [
        "0 B",
        "1023 B",
        "1 KiB",
        "1.50 GiB",
        "1 TiB",
    ]
