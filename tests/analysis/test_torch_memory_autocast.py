"""Memory under torch.autocast: what the model says is what torch was seen to hold, to the byte."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from cnncalc import analyze
from cnncalc.core.diagnostic import SpecError
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
        predicted, measured = both(graph(spec), batch, "adam", autocast="bfloat16", **options)
        assert predicted == measured


@pytest.mark.parametrize("batch", [1, 3])
def test_checkpoints_branches_and_prelu(tmp_path: Path, batch: int) -> None:
    path = tmp_path / "residual.yaml"
    path.write_text(RESIDUAL)
    predicted, measured = both(graph(str(path)), batch, autocast="bfloat16")
    assert predicted == measured


def test_a_network_of_the_zoo() -> None:
    predicted, measured = both(graph(str(ROOT / "specs" / "lenet5.yaml")), 4, "momentum", autocast="bfloat16")
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
            predicted, measured = both(network, random.choice((2, 3)), autocast="bfloat16")
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


FORMATS = ("bfloat16", "float16")


@pytest.mark.parametrize("dtype", FORMATS)
@pytest.mark.parametrize(
    ("shape", "layers"),
    [
        # a product with a map in float32: the gradient of the other one is cast
        ("4x8x6", "{multiply: [[{conv: {filters: 4, kernel: 1}}, {prelu: {per: channel}}], [gelu]]}"),
        # statistics are in float32 where there are running ones
        ("3x6x6", "{conv: {filters: 4, kernel: 1}}, {batchnorm: {affine: false}}"),
        ("3x6x6", "{conv: {filters: 4, kernel: 1}}, {batchnorm: {affine: false, track_stats: false}}"),
        # a reflecting pad of a volume is not run in float32, unlike those of images and a replicating one
        ("3x4x5x4", "{conv: {filters: 4, kernel: 1}}, {pad: {amount: 1, mode: reflect}}, relu"),
        ("3x4x5x4", "{conv: {filters: 4, kernel: 1}}, {pad: {amount: 1, mode: replicate}}, relu"),
        ("3x5x4", "{conv: {filters: 4, kernel: 1}}, {pad: {amount: 1, mode: reflect}}, relu"),
        # convolutions keep their own copy of the map, which may be overwritten then
        (
            "5x4x4",
            "batchnorm, {concat: [[{conv: {filters: 2, kernel: 1}}], [{dropout: {rate: 0.5, inplace: true}}]]}",
        ),
    ],
)
def test_what_is_cast(tmp_path: Path, shape: str, layers: str, dtype: str) -> None:
    path = tmp_path / "mixed.yaml"
    path.write_text(f"cnncalc: 1\nname: m\ninput: {shape}\ntrain: {{autocast: {dtype}}}\nlayers: [{layers}]\n")
    predicted, measured = both(graph(str(path)), 3, autocast=dtype)
    assert predicted == measured


@pytest.mark.parametrize("spec", [CHAIN, "in 2x6x6x6; conv 3 k3; avgpool 2; relu; global_avgpool"])
def test_float16_casts_as_bfloat16_does(spec: str) -> None:
    predicted, measured = both(graph(spec), 2, "adam", autocast="float16")
    assert predicted == measured
    assert predicted == both(graph(spec), 2, "adam", autocast="bfloat16")[0]


def test_what_autocast_cannot_run_is_said() -> None:
    def estimate(spec: str, dtype: str) -> str:
        return analyze(spec, train=Train(autocast=dtype)).memory.torch.estimate

    assert "does not run rrelu in float16 on a CPU" in estimate("in 3x8x8; conv 4 k3; rrelu", "float16")
    assert not estimate("in 3x8x8; conv 4 k3; rrelu", "bfloat16")
    # unlike with parameters in 16 bits: autocast runs the windows of volumes in float32
    assert not estimate("in 3x8x8; conv 4 k3; lrn 3", "float16")


@pytest.mark.parametrize("rule", ["torch", "device"])
def test_what_fits_has_no_number_for_other_formats_of_parameters(rule: str) -> None:
    from dataclasses import replace

    from cnncalc.analysis.fit import largest_batch
    from cnncalc.spec.read import load

    spec = replace(load("in 6; dense 50"), train=Train(autocast="bfloat16"))
    assert largest_batch(spec, 2**30, rule=rule, training=True) > 0
    with pytest.raises(SpecError, match="autocast is modelled for float32 parameters, not for float64: leave out"):
        largest_batch(spec, 2**30, rule=rule, training=True, dtype="float64")
