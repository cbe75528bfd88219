"""Laws of the memory model, without torch: the batch, prediction and training, frozen layers, what the peak consists of."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from cnncalc import analyze, load
from cnncalc.analysis.fit import rounded
from cnncalc.analysis.torch_memory.model import PARTS, MemoryModel, Training, memory_model
from cnncalc.spec.model import Train

from .truth import ROOT, both, graph

NETWORKS = ["alexnet", "resnet18", "densenet121", "se-resnet50", "unet", "googlenet", "mobilenet-v2"]


def model(name: str, optimizer: str = "sgd") -> MemoryModel:
    return memory_model(graph(ROOT / "specs" / f"{name}.yaml"), 4, 2, Training(optimizer))


@pytest.mark.parametrize("name", NETWORKS)
def test_peak_grows_with_the_batch_and_equals_its_lines(name: str) -> None:
    made = model(name)
    for trace in (made.prediction, made.training):
        peaks = [trace.peak(batch) for batch in (2, 3, 8, 64, 4096)]
        assert peaks == sorted(set(peaks))
        lines = trace.lines()
        assert peaks == [max(constant + batch * each for constant, each in lines) for batch in (2, 3, 8, 64, 4096)]


@pytest.mark.parametrize("name", NETWORKS)
def test_prediction_needs_no_more_than_training(name: str) -> None:
    made = model(name)
    assert all(made.prediction.peak(batch) <= made.training.peak(batch) for batch in (2, 32))


def test_symbolic_batch_is_the_same_formula() -> None:
    from cnncalc.core.symbolic import symbol

    memory = analyze(ROOT / "specs" / "lenet5.yaml", batch=symbol("N")).memory.torch
    for batch in (2, 7, 64):
        number = analyze(ROOT / "specs" / "lenet5.yaml", batch=batch).memory.torch
        for key in ("inference_peak_bytes", "saved_bytes", "training_peak_bytes"):
            assert getattr(memory, key).subs("N", batch) == getattr(number, key) or int(
                getattr(memory, key).subs(dict.fromkeys(getattr(memory, key).free_symbols, batch))
            ) == getattr(number, key)


def test_symbolic_sides_say_why_there_is_no_figure() -> None:
    memory = analyze("in 3xHxW; conv 4 k3 relu").memory.torch
    assert memory.training_peak_bytes is None
    assert "symbolic" in memory.reason


def test_what_torch_cannot_run_is_an_estimate() -> None:
    assert (
        "does not run lrn in float16 on a CPU (lrn1)"
        in analyze("in 3x8x8; lrn 5", dtype="float16").memory.torch.estimate
    )
    assert not analyze("in 3x8x8; lrn 5").memory.torch.estimate
    assert not analyze("in 3x8x8; relu", dtype="float16").memory.torch.estimate


def test_train_says_how_it_is_trained() -> None:
    spec = load("in 3x16x16; conv 8 k3 relu; flatten; dense 300; dense 10")

    def peak(**train: Any) -> int:
        return int(analyze(spec, train=Train(**train), batch=4).memory.torch.training_peak_bytes)  # type: ignore[arg-type]

    plain = peak(optimizer="adam")
    assert plain == analyze(spec, optimizer="adam", batch=4).memory.torch.training_peak_bytes
    # dense1 has 1,568 x 300 weights, nearly all there is; the optimizer's peak has one more temporary with weight decay
    weights = 4 * (1568 * 300)
    assert peak(optimizer="adam", weight_decay=0.1) == plain + weights
    assert peak(set_to_none=False) > peak()
    assert peak(accumulate=2) == peak(accumulate=5) > peak()
    assert analyze(spec, train=Train(accumulate=2)).totals == analyze(spec).totals


def test_a_frozen_trunk_saves_nothing(tmp_path: Path) -> None:
    spec = tmp_path / "frozen.yaml"
    spec.write_text(
        "cnncalc: 1\nname: x\ninput: 3x8x8\nlayers:\n"
        "  - stack: {trainable: false, layers: [{conv: {filters: 4, kernel: 3}}, relu, {conv: {filters: 4, kernel: 3}}]}\n"
        "  - flatten\n  - dense: 10\n",
        encoding="utf-8",
    )
    analysis = analyze(spec, batch=4)
    saved = {row.path: row.saved_bytes for row in analysis.rows}
    assert set(list(saved.values())[:-1]) == {0}
    assert saved["dense1"] == 4 * 4 * 64  # the flattened map, 4 images of 4 x 4 x 4 numbers of 4 bytes


def test_saved_bytes_by_hand() -> None:
    rows = analyze("in 3x8x8; conv 4 k3 relu; maxpool 2; flatten; dense 10", batch=2).rows
    # the image; the relu's result; 8 bytes for each of the pool's outputs (its input is the relu's result); its result
    assert [row.saved_bytes for row in rows] == [2 * 768, 2 * 4 * 144, 2 * 8 * 36, 0, 2 * 4 * 36]


def test_a_peak_is_the_sum_of_its_parts() -> None:
    peak = analyze(ROOT / "specs" / "resnet18.yaml", batch=8, optimizer="adam").memory.torch.training_peak
    assert peak is not None
    assert tuple(peak.parts) == PARTS
    assert sum(peak.parts.values()) == peak.bytes == max(level for _, _, level in peak.timeline)
    assert peak.parts["saved activations"] > 0
    assert peak.phase == "backward"
    assert len(peak.largest) == 10
    assert [tensor.bytes for tensor in peak.largest] == sorted((t.bytes for t in peak.largest), reverse=True)


def test_long_chains_are_linear() -> None:
    layers = "; ".join(["conv 4 k1 relu"] * 2000)
    assert analyze(f"in 4x4x4; {layers}").memory.torch.saved_bytes == (2000 + 1) * 256


def test_largest_batch_is_exact() -> None:
    made = model("resnet18", "adam")
    capacity = 8 * 2**30
    for rounding in (None, rounded):
        most = made.largest_batch(capacity, rounding)
        assert made.training.peak(most, rounding) <= capacity < made.training.peak(most + 1, rounding)
    assert made.largest_batch(1) == 0


def test_the_model_loads_no_torch() -> None:
    code = "import sys, cnncalc; cnncalc.analyze('in 3x8x8; conv 4 k3; relu'); sys.exit('torch' in sys.modules or 'sympy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


BRANCHES = """
cnncalc: 1
name: x
input: 4x16x16
layers:
  - conv: {{filters: 8, kernel: 3, name: {stem}}}
  - concat: [{one}, {two}]
  - relu: {{name: {last}}}
  - flatten
  - dense: 10
"""
LEFT = "[{conv: {filters: 16, kernel: 3, padding: 1}}, batchnorm, relu, {conv: {filters: 4, kernel: 1}}]"
RIGHT = "[{conv: {filters: 4, kernel: 1}}, sigmoid]"


def drawn(tmp_path: Path, **words: str) -> MemoryModel:
    path = tmp_path / "branches.yaml"
    names = {"stem": "a", "last": "b", "one": LEFT, "two": RIGHT}
    path.write_text(BRANCHES.format(**(names | words)), encoding="utf-8")
    return memory_model(graph(path), 4, 4, Training("adam"))


def test_names_change_nothing(tmp_path: Path) -> None:
    one, two = drawn(tmp_path), drawn(tmp_path, stem="entrance", last="way_out")
    for mine, theirs in ((one.prediction, two.prediction), (one.training, two.training)):
        assert mine.storages == theirs.storages
        assert mine.events == theirs.events


def test_the_order_of_branches_changes_only_when_things_happen(tmp_path: Path) -> None:
    one, two = drawn(tmp_path), drawn(tmp_path, one=RIGHT, two=LEFT)
    assert sum(one.saved_bytes(4)) == sum(two.saved_bytes(4))
    for mine, theirs in ((one.prediction, two.prediction), (one.training, two.training)):
        # the same tensors, made in another order
        made, also = (sorted(size for size in trace.amounts(4) if size) for trace in (mine, theirs))
        assert made == also
    # while the left one's two wide maps exist the stem's waits for the right branch, or the right one's result for the left
    wide, narrow, out = 16 * 14 * 14 * 16, 4 * 14 * 14 * 16, 8 * 14 * 14 * 16
    resident = one.prediction.levels(4)[0]
    assert one.prediction.peak(4) == resident + out + 2 * wide
    assert two.prediction.peak(4) == resident + narrow + 2 * wide


def test_one_image_after_a_permutation() -> None:
    """Strides of axes of length 1 decide which kernel torch takes; the figures follow them and are no estimate."""
    from cnncalc.core.symbolic import symbol

    plain = analyze("in 1x4x6; conv 1 k1; flatten; dense 3", batch=symbol("N")).memory.torch
    shuffled = analyze("in 8x4x4; conv 8 k1; channel_shuffle 2; conv 4 k3").memory.torch
    assert plain.estimate == shuffled.estimate == ""
    predicted, measured = both(graph("in 8x4x4; conv 8 k1; channel_shuffle 2; conv 4 k3"), 1, "sgd")
    assert predicted == measured


def test_a_formula_says_where_one_image_does_not_follow_it(tmp_path: Path) -> None:
    from cnncalc.core.symbolic import symbol

    path = tmp_path / "axis.yaml"
    path.write_text(
        "cnncalc: 1\nname: x\ninput: 2x14\nlayers:\n"
        "  - dense: {units: 6, bias: false, axis: channels, activation: relu}\n  - conv: {filters: 2, kernel: 3, padding: 2}\n",
        encoding="utf-8",
    )
    formula, single = (analyze(path, batch=batch).memory.torch for batch in (symbol("N"), 1))
    figures = (single.inference_peak_bytes, single.training_peak_bytes)
    assert formula.estimate == (
        f"the formulas hold for N >= 2; with one image a prediction takes {figures[0]:,} B and a training step {figures[1]:,} B"
    )
