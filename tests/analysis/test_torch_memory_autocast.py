"""Memory under torch.autocast to bfloat16: what the model says is what torch was seen to hold, to the byte."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from cnncalc import analyze
from cnncalc.spec.model import Train
from tests.analysis.truth import ROOT, both, graph

CHAIN = "in 3x12x12; conv 6 k3 same; batchnorm; relu; maxpool 2; conv 4 k3; relu; avgpool 2; dropout; flatten; dense 5"
RESIDUAL = """
cnncalc: 1
name: residual
input: 3x10x10
layers:
  - conv: {filters: 4, kernel: 3, padding: same, bias: false}
  - batchnorm
  - relu: {inplace: true}
  - stack:
      checkpoint: true
      layers:
        - conv: {filters: 4, kernel: 3, padding: same}
        - relu
        - conv: {filters: 4, kernel: 3, padding: same, padding_mode: reflect}
  - add:
      branches:
        - [{conv: {filters: 4, kernel: 1}}]
        - [{transposed_conv: {filters: 4, kernel: 1}}, prelu]
  - global_avgpool
  - dense: 5
"""


@pytest.mark.parametrize("batch", [1, 2])
@pytest.mark.parametrize(
    "spec",
    [
        CHAIN,
        "in 2x6x6x6; conv 3 k3; avgpool 2; relu; global_avgpool",
        "in 3x9x9; conv 4 k3; global_avgpool; dense 4; sigmoid; softmax",
    ],
)
def test_equals_torch(spec: str, batch: int) -> None:
    for options in ({}, {"accumulate": 2, "zeroed": True}):
        predicted, measured = both(graph(spec), batch, "adam", autocast=True, **options)
        assert predicted == measured


@pytest.mark.parametrize("batch", [1, 3])
def test_checkpoints_branches_and_prelu(tmp_path: Path, batch: int) -> None:
    path = tmp_path / "residual.yaml"
    path.write_text(RESIDUAL)
    predicted, measured = both(graph(str(path)), batch, autocast=True)
    assert predicted == measured


@pytest.mark.parametrize("loss", ["cross_entropy", "nll", "bce_with_logits", "l1"])
def test_losses(tmp_path: Path, loss: str) -> None:
    last = "log_softmax" if loss == "nll" else "identity"
    path = tmp_path / "loss.yaml"
    path.write_text(f"cnncalc: 1\nname: l\ninput: 6\ntask: {{loss: {loss}}}\nlayers: [{{dense: 300}}, {last}]\n")
    predicted, measured = both(graph(str(path)), 4, autocast=True)
    assert predicted == measured


def test_a_network_of_the_zoo() -> None:
    predicted, measured = both(graph(str(ROOT / "specs" / "lenet5.yaml")), 4, "momentum", autocast=True)
    assert predicted == measured


def test_drawn_graphs() -> None:
    pytest.importorskip("torch")
    from tests.verify.differential import graph_of
    from tests.verify.strategies import text

    tried = 0
    for seed in range(14):
        random = Random(seed)
        network = graph_of(text(random, 3))
        if network.faults or not network.nodes:
            continue
        try:
            predicted, measured = both(network, random.choice((2, 3)), autocast=True)
        except ValueError as refused:  # torch does not train a norm on one number per channel
            assert "more than 1" in str(refused)
            continue
        assert predicted == measured, f"seed {seed}"
        tried += 1
    assert tried >= 8


def test_by_hand() -> None:
    found = analyze("in 6; dense 50", batch=4, train=Train(autocast="bfloat16")).memory.torch
    # the copy of 4 x 6 numbers, 2 bytes each; the weight is not needed, because the image wants no gradient
    assert found.saved_bytes == 48
    # prediction: 350 parameters and the image in float32, copies of both and the result in bfloat16
    assert found.inference_peak_bytes == 4 * (350 + 24) + 2 * (350 + 24) + 2 * 200


def test_other_formats_of_parameters_have_no_figure() -> None:
    found = analyze("in 6; dense 50", dtype="bfloat16", train=Train(autocast="bfloat16")).memory.torch
    assert found.training_peak_bytes is None and "float32 parameters" in found.reason


def test_a_loss_that_holds_more_is_said() -> None:
    from dataclasses import replace

    from cnncalc.spec.model import Task
    from cnncalc.spec.read import load

    spec = replace(load("in 6; dense 50"), task=Task(loss="mse"))
    assert "mse" in analyze(spec, train=Train(autocast="bfloat16")).memory.torch.estimate
