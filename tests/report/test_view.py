"""The view of an analysis: what is folded, collapsed, closed and cut, where claims stand, and sums that add up."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnncalc.analysis.result import Analysis
from cnncalc.report.doc import Doc, Facts, Line, Notice, Remark, Table, Text, join
from cnncalc.report.views import claims
from cnncalc.report.views.analysis import analysis_doc
from cnncalc.report.views.tree import parent_path, tree, walk

from . import networks
from .sketch import Sketch


def table(doc: Doc) -> Table:
    """The page's table of layers."""
    return next(block for block in doc.blocks if isinstance(block, Table))


def column(doc: Doc, title: str) -> list[object]:
    """The values of a column."""
    shown = table(doc)
    index = [column.title for column in shown.columns].index(title)
    return [line.cells[index].value for line in shown.lines if isinstance(line, Line)]


def remarks(doc: Doc) -> dict[str, list[str]]:
    """The remarks in the table, by the name of the line above."""
    found: dict[str, list[str]] = {}
    above = ""
    for line in table(doc).lines:
        if isinstance(line, Line):
            above = str(line.cells[0].value)
        else:
            found.setdefault(above, []).append(f"{line.level}: {line.text.plain}")
    return found


def test_activations_are_folded_into_their_layer() -> None:
    doc = analysis_doc(networks.alexnet())
    assert column(doc, "layer")[:3] == ["conv1", "lrn1", "maxpool1"]
    assert column(doc, "kind")[0] == "conv + relu"
    assert len(column(doc, "layer")) == 17


def test_claims_stand_under_their_layer() -> None:
    assert remarks(analysis_doc(networks.alexnet())) == {
        "conv1": ["error: params stated 34_945, computed 34,944 (specs/alexnet.yaml:6)"],
        "conv2": [
            "aside: erratum: output stated 256x26x26, computed 256x27x27: 27 + 2*2 - 5 + 1 = 27 (specs/alexnet.yaml:9)"
        ],
    }


def test_equal_repeats_are_told_once() -> None:
    doc = analysis_doc(networks.residual())
    lines = [line for line in table(doc).lines if isinstance(line, Line)]
    assert [(line.cells[0].value, line.times, line.depth) for line in lines if line.times > 1] == [
        ("unit1[1..7]", 7, 1)
    ]
    assert "unit1[0]" in column(doc, "layer") and "unit1[2]" not in column(doc, "layer")


def test_repeats_that_are_all_equal_are_their_call() -> None:
    net = Sketch()
    with net.group("unit1", "unit", count=3):
        for index in range(3):
            with net.group("unit1", "unit", repeat=index):
                net.layer("conv1", "conv", (8, 8, 8), 10, 100, 3 + 2 * index)
                net.layer("relu1", "relu", (8, 8, 8))
    doc = analysis_doc(net.analysis())
    lines = [line for line in table(doc).lines if isinstance(line, Line)]
    assert [(line.cells[0].value, line.times, line.depth) for line in lines] == [
        ("unit1", 3, 0),
        ("conv1", 1, 1),
        ("relu1", 1, 1),
    ]
    assert column(doc, "params") == [30, 10, 0] and column(doc, "MACs") == [300, 100, 0]
    field = column(doc, "field")[1]
    assert (field.size, field.last) == ((3, 3), (7, 7))  # type: ignore[attr-defined]


def test_repeated_layers_are_told_once() -> None:
    net = Sketch()
    with net.group("conv1", "conv", count=4):
        for index in range(4):
            net.layer(f"conv1[{index}]", "conv", (8, 8, 8), 10, 100, path=f"conv1[{index}]")
    assert column(analysis_doc(net.analysis()), "layer") == ["conv1"]
    assert column(analysis_doc(net.analysis()), "params") == [40]
    assert len(column(analysis_doc(net.analysis(), expand=True), "layer")) == 5


def test_blocks_written_out_alike_are_told_once() -> None:
    net = Sketch()
    for name in ("left", "middle", "right"):
        with net.group(name, "unit"):
            net.layer("conv1", "conv", (8, 8, 8), 10, 100)
            net.layer("relu1", "relu", (8, 8, 8))
    assert column(analysis_doc(net.analysis()), "layer") == ["left..right", "conv1", "relu1"]


def test_blocks_of_different_counts_are_not_alike() -> None:
    """Two branches that repeat the same block twice and three times are two lines."""
    net = Sketch()
    with net.group("concat1", "concat"):
        for branch, count in (("branch1", 2), ("branch2", 3)):
            with net.group(branch, "branch"):
                for index in range(count):
                    with net.group(f"unit{index}", "unit"):
                        net.layer("conv1", "conv", (8, 8, 8), 10, 100)
                        net.layer("relu1", "relu", (8, 8, 8))
    doc = analysis_doc(net.analysis())
    assert column(doc, "params") == [50, 20, 10, 0, 30, 10, 0]
    assert [name for name in column(doc, "layer") if "branch" in str(name)] == [
        "branch1.unit0..unit1",
        "branch2.unit0..unit2",
    ]


def test_a_block_around_one_block_is_one_line_and_keeps_its_kind() -> None:
    net = Sketch()
    with net.group("inception1", "inception"), net.group("concat1", "concat"):
        for branch in ("branch1", "branch2"):
            with net.group(branch, "branch"), net.group("unit1", "unit"):
                net.layer("conv1", "conv", (4, 8, 8), 10, 100)
                net.layer("relu1", "relu", (4, 8, 8), 1 if branch == "branch1" else 2)
        net.layer("concat1", "concat", (8, 8, 8), path="inception1.concat1")
    doc = analysis_doc(net.analysis())
    assert list(zip(column(doc, "layer"), column(doc, "kind"), strict=True)) == [
        ("inception1.concat1", "inception"),
        ("branch1.unit1", "unit"),
        ("conv1", "conv"),
        ("relu1", "relu"),
        ("branch2.unit1", "unit"),
        ("conv1", "conv"),
        ("relu1", "relu"),
    ]
    assert column(doc, "output")[0] == (8, 8, 8) and column(doc, "output")[1] == (4, 8, 8)


def test_layers_written_out_alike_stay_apart() -> None:
    assert len(column(analysis_doc(networks.plain(5)), "layer")) == 5


def test_a_fault_within_a_repeat_is_not_hidden() -> None:
    net = Sketch()
    with net.group("unit1", "unit", count=3):
        for index in range(3):
            with net.group("unit1", "unit", repeat=index):
                net.layer("conv1", "conv", None, 10, None)
                net.layer("relu1", "relu", None, 0, 0)
    net.faults = list(networks.faulty().faults)
    object.__setattr__(net.faults[0], "path", "unit1[1].conv1")
    names = column(analysis_doc(net.analysis()), "layer")
    assert names == ["unit1", "unit1[0]", "conv1", "relu1", "unit1[1]", "conv1", "relu1", "unit1[2]", "conv1", "relu1"]


def test_expand_opens_everything() -> None:
    doc = analysis_doc(networks.residual(), expand=True)
    assert all(line.times == 1 for line in table(doc).lines if isinstance(line, Line))
    assert [f"unit1[{index}]" in column(doc, "layer") for index in range(8)] == [True] * 8
    assert len(column(analysis_doc(networks.plain(1000), expand=True), "layer")) == 1000


def test_blocks_are_closed_before_layers_are_cut() -> None:
    doc = analysis_doc(networks.residual(), limit=10)
    names = ["stem", "stage1.unit1", "unit1[0]", "unit1[1..7]", "global_avgpool1", "classes", "aux1"]
    assert column(doc, "layer") == names
    sentences = [block.plain for block in doc.blocks if isinstance(block, Text)]
    assert "3 blocks are closed to keep the table short (--expand opens all)." in sentences
    assert len(remarks(doc)["unit1[1..7]"]) == 2, "claims in closed blocks stand under the block"


def test_ten_thousand_layers_are_cut_at_two_hundred() -> None:
    doc = analysis_doc(networks.plain(10_000))
    lines = table(doc).lines
    assert len(lines) == 201 and isinstance(lines[-1], Remark)
    assert lines[-1].text.plain == "9,800 more layers (--expand shows all)"


@pytest.mark.parametrize("make", [networks.alexnet, networks.residual, lambda: networks.plain(30)])
@pytest.mark.parametrize("expand", [False, True])
def test_lines_add_up_to_the_totals(make, expand) -> None:  # type: ignore[no-untyped-def]
    """The outermost lines sum to the totals, every block's line to those below it times its count."""
    analysis: Analysis = make()
    nodes = tree(analysis, expand=expand)
    assert sum(node.params for node in nodes) == analysis.totals.params
    assert sum(node.macs for node in nodes if not node.train_only) == analysis.totals.macs
    for node, *_ in walk(nodes):
        if node.children:
            own = sum(row.params for row in node.own)
            assert node.params == node.times * (sum(child.params for child in node.children) + own)
            assert node.macs == node.times * sum(child.macs for child in node.children)


def nested() -> st.SearchStrategy[object]:
    """A layer (its parameter count), or a block of some, repeated."""
    leaf = st.integers(0, 3)
    return st.recursive(
        leaf, lambda inner: st.tuples(st.integers(1, 3), st.lists(inner, min_size=1, max_size=3)), max_leaves=8
    )


def build(net: Sketch, items: list[object]) -> None:
    """The network of a nested list."""
    for index, item in enumerate(items):
        if isinstance(item, int):
            net.layer(f"conv{index}", "conv", (1, 1, 1), item, 2 * item, activation="relu" if item % 2 else None)
            continue
        count, inner = item  # type: ignore[misc]
        with net.group(f"unit{index}", "unit", count=count):
            for repeat in range(count):
                if count > 1:
                    with net.group(f"unit{index}", "unit", repeat=repeat):
                        build(net, inner)
                else:
                    build(net, inner)


@given(st.lists(nested(), min_size=1, max_size=4))
def test_any_nesting_adds_up(items: list[object]) -> None:
    net = Sketch()
    build(net, items)
    analysis = net.analysis()
    for expand in (False, True):
        nodes = tree(analysis, expand=expand)
        assert sum(node.params for node in nodes) == analysis.totals.params
        assert sum(node.macs for node in nodes) == analysis.totals.macs
        told = sum(shown.around * shown.node.times for shown in walk(nodes) if shown.node.is_leaf)
        assert told == sum(not row.is_activation_of for row in analysis.rows)


@given(st.lists(nested(), min_size=1, max_size=4), st.integers(4, 30))
def test_no_more_lines_than_the_limit(items: list[object], limit: int) -> None:
    """Unless there are faults or claims to tell; what is closed is told in the sums of what is open."""
    net = Sketch()
    build(net, items)
    shown = table(analysis_doc(net.analysis(), limit=limit))
    assert len(shown.lines) <= limit
    outermost = sum(
        line.cells[1 + index].value
        for line in shown.lines
        if isinstance(line, Line) and line.depth == 0
        for index, column in enumerate(shown.columns[1:])
        if column.title == "params"
    )
    assert outermost == net.analysis().totals.params


def test_shared_weights_are_counted_once() -> None:
    net = Sketch()
    net.layer("conv1", "conv", (8, 8, 8), 10, 100)
    net.layer("conv2", "conv", (8, 8, 8), 10, 100, shared_with="conv1")
    doc = analysis_doc(net.analysis())
    assert column(doc, "params") == [10, 0] and column(doc, "kind")[1] == "conv, weights of conv1"


def test_hwc_moves_the_channels_last() -> None:
    doc = analysis_doc(networks.alexnet(), layout="hwc")
    assert column(doc, "output")[0] == (55, 55, 96) and column(doc, "output")[-1] == (1000,)


def test_faults_come_first() -> None:
    doc = analysis_doc(networks.faulty())
    notice = next(block for block in doc.blocks if isinstance(block, Notice))
    assert doc.blocks.index(notice) < doc.blocks.index(table(doc))
    assert notice.text == "conv2: kernel 7 exceeds the padded height 3 (3 + 2*0)"
    assert notice.place == "specs/broken.yaml:6:5"
    assert [key for key, _ in notice.details] == ["expected", "received", "remedy"]


def test_the_heaviest_layers_are_marked() -> None:
    shown = table(analysis_doc(networks.alexnet()))
    marked = {
        (str(line.cells[0].value), column.title, index)
        for line in shown.lines
        if isinstance(line, Line)
        for index, (cell, column) in enumerate(zip(line.cells, shown.columns, strict=True))
        if cell.style == "warn"
    }
    assert {name for name, _, index in marked if index == 3} == {"dense1", "dense2", "dense3"}
    assert {name for name, _, index in marked if index == 5} == {"conv2", "conv3", "conv4", "conv5"}


def facts(doc: Doc) -> Iterator[tuple[str, object]]:
    """All facts of a page."""
    for block in doc.blocks:
        if isinstance(block, Facts):
            yield from ((fact.key, fact.value) for fact in block.facts)


def test_totals_and_memory_are_told() -> None:
    told = dict(facts(analysis_doc(networks.alexnet())))
    assert told["weight layers"] == 3 and told["MACs"] == networks.ALEXNET_MACS
    assert told["torch"] == "unknown" and told["textbook, training"] == "parameters + 1 x (input + all counted maps)"


@pytest.mark.parametrize(
    ("judged", "sentence"),
    [
        ([(True, None, None)], "1 claim: 1 holds"),
        ([(True, None, None)] * 2 + [(False, "why", None)] * 2, "4 claims: 2 hold, 2 errata confirmed"),
        ([(False, None, None), (False, None, "conv1")], "2 claims: 1 false, 1 false only by an earlier one"),
        ([(True, "why", None), (None, None, None)], "2 claims: 1 erratum holds after all, 1 undecided"),
    ],
)
def test_verdicts(judged, sentence) -> None:  # type: ignore[no-untyped-def]
    net = Sketch()
    for holds, erratum, follows in judged:
        net.claim("conv1", "params", "1", 2, holds, erratum=erratum, follows=follows)
    verdict = claims.verdict(net.claims)
    assert verdict is not None and verdict.plain == sentence


def test_no_claims_no_verdict() -> None:
    assert claims.verdict([]) is None


def test_a_claim_about_repeats_is_told_once_with_its_count() -> None:
    found = remarks(analysis_doc(networks.residual()))
    assert found["conv1"] == [
        "error: params stated 145, computed 144 (specs/sketch.yaml:22)",
        "error: params stated 145, computed 144, in each of 7 (specs/sketch.yaml:22)",
    ]
    assert len(found["conv2"]) == 1


def test_claims_in_bytes_have_units() -> None:
    net = Sketch()
    net.layer("conv1", "conv", (8, 8, 8), 224, 100)
    net.claim("", "textbook_inference", "12.0 MB", 12_613_600, False)
    doc = analysis_doc(net.analysis())
    remark = next(block for block in doc.blocks if isinstance(block, Remark))
    assert "stated 12.0 MB, computed 12,613,600 B = 12.61 MB = 12.03 MiB" in remark.text.plain


def test_a_network_without_layers_has_no_table() -> None:
    doc = analysis_doc(Sketch().analysis())
    assert [block.columns[0].title for block in doc.blocks if isinstance(block, Table)] == ["figure"]


def test_pages_can_be_joined() -> None:
    one, two = analysis_doc(networks.alexnet()), analysis_doc(networks.faulty())
    assert join([one]) is one and join([one, two]).blocks == one.blocks + two.blocks


def test_parent_paths() -> None:
    assert parent_path("a.b[3].c") == "a.b[3]" and parent_path("a.b[3]") == "a.b" and parent_path("a") == ""


def test_the_report_room_loads_no_heavy_library() -> None:
    """Neither rich nor sympy: both cost more time than the page itself."""
    modules = "terminal, markdown, html, latex, csv, json"
    code = (
        f"import sys; from cnncalc.report.formats import {modules}; from cnncalc.report.views import analysis; "
        "sys.exit(any(name in sys.modules for name in ('rich', 'sympy', 'torch', 'typer')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
