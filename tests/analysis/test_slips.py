"""Every slip: a spec, a wrong figure worked out by hand, and the mistake that gives it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cnncalc.analysis.analyze import analyze_graph
from cnncalc.analysis.mistakes import judged, likely_slip
from cnncalc.analysis.slips import names
from cnncalc.core.source import Source
from cnncalc.graph.expand import expand
from cnncalc.spec.load import load_source
from cnncalc.spec.model import Train
from cnncalc.spec.read import load_inline
from cnncalc.spec.shipped import shipped_block

EXERCISE = """
cnncalc: 1
input: 3x200x300
train: {{batch: 50}}
layers:
  - conv: {{filters: 100, kernel: 3, stride: 2, padding: same}}
  - conv: {{filters: 200, kernel: 3, stride: 2, padding: same}}
  - conv: {{filters: 400, kernel: 3, stride: 2, padding: same}}
expect: {{{claim}}}
"""


def diagnosis(text: str) -> str | None:
    spec = load_source(Source("x", text), "x", shipped_block)
    graph = expand(spec, shipped_block)
    analysis = analyze_graph(graph, 1, "float32", "sgd")
    wrong = [(site, claim) for site, claim in zip(graph.sites, analysis.claims, strict=True) if claim.finding]
    assert len(wrong) == 1, "exactly one claim is false"
    found = likely_slip(graph, *wrong[0])
    return None if found is None else str(found)


def one(layer: str, fields: str, claim: str, shape: str = "3x32x32") -> str:
    return f"cnncalc: 1\ninput: {shape}\nlayers:\n  - {layer}: {{{fields}, expect: {{{claim}}}}}\n"


ROWS: list[tuple[str, str, str, str, str]] = [
    # (input, layer, fields, wrong claim, a part of the sentence)
    ("3x32x32", "conv", "filters: 8, kernel: 3", "params: 216", "bias was forgotten"),  # 27 * 8
    ("3x32x32", "conv", "filters: 8, kernel: 3", "params: 432", "per weight"),  # 216 + 216
    ("3x32x32", "conv", "filters: 8, kernel: 3", "params: 217", "one bias was counted for the layer"),
    ("3x32x32", "conv", "filters: 8, kernel: 3, bias: false", "params: 224", "a bias was counted that is not there"),
    ("3x32x32", "conv", "filters: 8, kernel: 3", "params: 80", "channels were forgotten"),  # 9 * 8 + 8
    ("3x32x32", "conv", "filters: 8, kernel: 3", "params: 28", "number of filters was forgotten"),  # 27 + 1
    ("3x32x32", "conv", "filters: 8, kernel: 5", "params: 128", "side was taken for its area"),  # 5 * 3 * 8 + 8
    ("3x32x32", "conv", "filters: 8, kernel: 3", "params: 84", "depth was taken"),  # 27 * 3 + 3
    ("8x32x32", "conv", "filters: 8, kernel: 3, groups: 4", "params: 584", "groups were forgotten"),  # 72 * 8 + 8
    ("3x32x32", "maxpool", "kernel: 2", "params: 12", "pooling was given weights"),  # 2 * 2 * 3
    ("8x32x32", "batchnorm", "affine: true", "params: 32", "running statistics"),  # 4 * 8
    ("3x224x224", "conv", "filters: 4, kernel: 7, stride: 2, padding: 3", "output: 4x113x113", "rounded up"),  # 223 / 2
    ("3x7x7", "maxpool", "kernel: 2, ceil_mode: true", "output: 3x3x3", "rounded down"),
    ("3x224x224", "conv", "filters: 4, kernel: 11, stride: 4", "output: 4x56x56", "SAME was taken"),  # ceil(224 / 4)
    ("3x32x32", "conv", "filters: 4, kernel: 5, padding: same", "output: 4x28x28", "VALID was taken"),
    ("3x5x5", "conv", "filters: 4, kernel: 3, padding: 2", "output: 4x5x5", "padding was added once"),
    ("3x32x32", "conv", "filters: 4, kernel: 3, padding: 1", "output: 4x34x34", "doubled"),  # 32 + 4 - 3 + 1
    ("3x32x32", "conv", "filters: 4, kernel: 4, stride: 4", "output: 4x7x7", "+ 1 was forgotten"),
    ("3x32x32", "conv", "filters: 4, kernel: 3, stride: 2, padding: 1", "output: 4x32x32", "stride was forgotten"),
    ("3x32x32", "conv", "filters: 4, kernel: 3, dilation: 3", "output: 4x30x30", "dilation was forgotten"),
    ("3x32x32", "conv", "filters: 4, kernel: 3, dilation: 3", "output: 4x24x24", "multiplied by the dilation"),  # 32 - 9 + 1
    ("3x64x48", "conv", "filters: 4, kernel: 3, padding: 1", "output: 4x48x64", "swapped"),
    ("3x32x32", "conv", "filters: 4, kernel: 3, padding: 1", "output: 32x32x4", "written last"),
    ("3x32x32", "conv", "filters: 4, kernel: 3, padding: 1", "output: 3x32x32", "channels were taken for"),
    ("3x32x32", "conv", "filters: 4, kernel: 5, padding: 1", "output: 4x34x34", "without taking off the kernel"),  # 32 + 2
    ("3x32x32", "conv", "filters: 8, kernel: 3, stride: 3", "params: 22_400", "were not shared"),  # 10 * 10 * 224
    ("3x8x8", "conv", "filters: 4, kernel: 3", "params: 772", "input's pixels were taken for a kernel"),  # 64 * 3 * 4 + 4
    ("3x32x32", "conv", "filters: 4, kernel: 3, padding: 1", "macs: 221_184", "FLOPs were taken for MACs"),  # 2*27*4*1024
    ("3x32x32", "conv", "filters: 4, kernel: 3, padding: 1", "flops_torch: 110_592", "MACs were taken for FLOPs"),
    ("3x32x32", "conv", "filters: 4, kernel: 3, padding: 1", "macs: 114_688", "bias was counted"),  # 28 * 4 * 1024
    ("3x32x32", "conv", "filters: 4, kernel: 3, padding: 1, stride: 2", "macs: 110_592", "stride was forgotten"),
    ("3x32x32", "conv", "filters: 4, kernel: 3, padding: 1", "macs: 108", "positions were forgotten"),
    ("200x150x100", "identity", "name: maps", "output_bytes: 96_000_000", "bits were taken for bytes"),  # 12 MB * 8
    ("200x150x100", "identity", "name: maps", "output_bytes: 11.44 MB", "MiB (2^20) were written as MB"),
    ("200x150x100", "identity", "name: maps", "output_bytes: 3 MB", "numbers were counted"),
]  # fmt: skip


@pytest.mark.parametrize(("shape", "layer", "fields", "claim", "sentence"), ROWS)
def test_one_slip_in_a_layer(shape: str, layer: str, fields: str, claim: str, sentence: str) -> None:
    found = diagnosis(one(layer, fields, claim, shape))
    assert found is not None
    assert sentence in found
    assert " and the" not in found, "one slip is enough"


TOTALS: list[tuple[str, str]] = [
    ("params: 902_700", "bias was forgotten"),  # 900 * 3 + 900 * 200 + 1800 * 400
    ("textbook_inference: 18_613_600", "larger one twice"),  # 3.6136 + 6 + 6 + 3 MB, the published slip
    ("textbook_inference: 9_000_000", "parameters were not counted"),
    ("textbook_inference: 9_613_600", "only the largest map"),  # 3.6136 + 6
    ("textbook_inference: 14_133_600", "all layers were summed"),  # 3.6136 + 6 + 3 + 1.52
    ("textbook_inference: 14_853_600", "all layers and the input were summed"),  # + 0.72
    ("textbook_training: 14_853_600", "batch was forgotten"),
    ("textbook_training: 529_613_600", "input was not counted"),  # 565,613,600 - 50 * 720,000
    ("textbook_training: 562_000_000", "parameters were not counted"),
    ("textbook_training: 569_227_200", "gradients of the parameters were counted"),
    ("textbook_training: 539.41 MB", "MiB (2^20) were written as MB"),
    ("textbook_training_with_gradients: 565_613_600", "gradients of the parameters were not counted"),
    ("textbook_training: 453_613_600", "only the two largest maps"),  # 3.6136 + 50 * (6 + 3)
    ("receptive_field: 7", "strides were forgotten"),  # 1 + 2 + 2 + 2
    ("weight_layers: 4", "input was counted as a layer"),
]  # fmt: skip


@pytest.mark.parametrize(("claim", "sentence"), TOTALS)
def test_one_slip_in_the_documents_exercise(claim: str, sentence: str) -> None:
    found = diagnosis(EXERCISE.format(claim=claim))
    assert found is not None
    assert sentence in found


def test_bits_for_bytes_of_parameters() -> None:
    """Course document 001, line 65: 3.6 billion parameters at 4 bytes (not bits) each are 14.4 GB."""
    graph = expand(
        load_source(Source("x", "cnncalc: 1\ninput: 36000000\nlayers: [dense: 100]\n"), "x", shipped_block),
        shipped_block,
    )
    right, none = judged(graph, "parameter_bytes", "14 GB")
    assert (right.holds, none) == (True, None)
    wrong, slip = judged(graph, "parameter_bytes", "1.8 GB")
    assert not wrong.holds
    assert slip is not None
    assert slip.sentences == ("the width was read as bits: eight bits are a byte",)


def test_there_are_many_slips() -> None:
    assert len(set(names())) >= 50


def test_two_slips_together() -> None:
    # 9 * 8 without channels and without bias
    found = diagnosis(one("conv", "filters: 8, kernel: 3", "params: 72"))
    assert found == "the bias was forgotten and the channels were forgotten: a kernel is k x k x channels"


def test_rounded_figures_are_not_explained_by_two_slips() -> None:
    assert diagnosis(one("conv", "filters: 8, kernel: 3", "params: 0.3K")) is None


def test_two_3x3_do_not_see_9x9() -> None:
    text = "cnncalc: 1\ninput: 3x32x32\nlayers:\n  - conv: {filters: 4, kernel: 3, repeat: 2}\nexpect: {receptive_field: 9}\n"
    assert "kernels were multiplied" in (diagnosis(text) or "")


def test_lenet5_connection_table_forgotten() -> None:
    """C3 has 60 links (1,516 parameters); with all 96 it would have 2,416 (course document 000, lines 716-724)."""
    table = "[[0,1,2],[1,2,3],[2,3,4],[3,4,5],[0,4,5],[0,1,5],[0,1,2,3],[1,2,3,4],[2,3,4,5],[0,3,4,5],[0,1,4,5],[0,1,2,5],[0,1,3,4],[1,2,4,5],[0,2,3,5],[0,1,2,3,4,5]]"
    text = one("conv", f"filters: 16, kernel: 5, connections: {table}", "params: 2_416", "6x14x14")
    assert "connection table was forgotten" in (diagnosis(text) or "")


def test_a_figure_that_nothing_explains() -> None:
    assert diagnosis(one("conv", "filters: 8, kernel: 3", "params: 123_457")) is None


STACK = "in 3x200x300; conv 100 k3 s2 same; conv 200 k3 s2 same; conv 400 k3 s2 same"


@pytest.mark.parametrize(
    ("what", "stated", "slip"),
    [
        # 4 x 50 x (1,500,000 + 750,000 + 380,000) = 526,000,000 exactly; 565,613,600 B are 0.5268 GiB, but not exactly
        ("textbook_training", "526MB", "the parameters were not counted and the input was not counted"),
        # only rounded: 565,613,600 B = 539.41 MiB
        ("textbook_training", "539MB", "MiB (2^20) were written as MB (10^6)"),
        # 300 -> 150 -> 75 -> 38, 200 -> 100 -> 50 -> 25
        ("output", "400x38x25", "height and width were swapped"),
        # no layer's stride, and SAME keeps the size
        ("output", "400x200x300", "the stride was forgotten"),
        # without padding 200 -> 99 -> 49 -> 24 and 300 -> 149 -> 74 -> 36
        ("output", "400x24x36", "VALID was taken: the padding was forgotten"),
        ("output", "400x7x7", None),
    ],
)
def test_a_stack_of_windows_and_exact_before_rounded(what: str, stated: str, slip: str | None) -> None:
    spec = replace(load_inline(STACK), train=Train(batch=50))
    claim, found = judged(expand(spec, shipped_block), what, stated, batch=50)
    assert claim.holds is False
    assert (None if found is None else str(found)) == slip
