"""The memory model against torch's own allocations: 0 bytes off, for every kind, optimizer and shape of graph."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from cnncalc.layers import KINDS

from .truth import ROOT, both, graph

SMALL_NETWORKS = {
    "chain": "in 3x8x8; conv 4 k3 relu; maxpool 2; flatten; dense 100; relu; dense 10",
    "signal": "in 3x20; conv 4 k3; maxpool 2; conv 3 k3; avgpool 2; global_avgpool",
    "volume": "in 4x6x6x6; conv 4 k3; batchnorm; maxpool 2; flatten; dense 3",
}

KIND_CASES = """
lrn: 3|lrn: 4|prelu|prelu: layer|maxout: 2|elu|selu|leaky_relu|rrelu|silu|gelu|mish|hardswish|hardsigmoid|softplus
relu|sigmoid|tanh|relu6|log_softmax|softmax: width|softmax|layernorm|layernorm: all|groupnorm: 2|instancenorm
instancenorm: {affine: true}|batchnorm|batchnorm: {affine: false}|batchnorm: {track_stats: false}
maxpool: {kernel: 3, stride: 2, padding: 1}|maxpool: {kernel: 3, stride: 2, padding: same}
maxpool: {kernel: 3, stride: 2, padding: {left: 1}, ceil_mode: true}|avgpool: {kernel: 3, stride: 2, padding: same}
avgpool: {kernel: 3, stride: 2, padding: {top: 1}, count_include_pad: false}|lppool: {kernel: 3, stride: 2, padding: 1}
global_maxpool: {keepdims: true}|global_avgpool: {keepdims: true}|adaptive_maxpool: 3|adaptive_avgpool: 3
adaptive_avgpool: 1|depth_pool: {kernel: 3, mode: average}|depth_pool: {kernel: 3, stride: 1}|dropout: 0.5
spatial_dropout: 0.5|drop_path: 0.5|dropout: 0.0|scale|scale: {bias: true}|reshape: [8, 4, 8]|permute: [1, 2, 0]
slice: {stop: 2}|crop: 6|pad: 1|pad: {amount: 1, mode: reflect}|pad: {amount: 1, mode: replicate}
pad: {amount: 1, mode: circular}|upsample: 2|upsample: {factor: 2, mode: bilinear}|pixel_shuffle: 2|pixel_unshuffle: 2
channel_shuffle: 2|identity|flatten|conv: {filters: 4, kernel: 3, padding: 1, padding_mode: circular}|depthwise_conv: 3
conv2d: {filters: 2, kernel: 3, connections: [[0, 1], [2]]}|transposed_conv: {filters: 3, kernel: 4, padding: same}
transposed_conv: {filters: 3, kernel: 2, stride: 2}|locally_connected: {filters: 3, kernel: 3}
dense: {units: 5, axis: channels}|dense: {units: 5, axis: last, bias: false}|add: [[{conv: {filters: 4, kernel: 1}}], []]
add: [[], []]|multiply: [[{conv: {filters: 4, kernel: 1}}], [{global_avgpool: {}}]]|multiply: [[], []]
maximum: [[{conv: {filters: 4, kernel: 1}}], []]|concat: [[{conv: {filters: 4, kernel: 1}}], [], [relu]]
highway: {layers: [{conv: {filters: 4, kernel: 3, padding: 1, activation: relu}}]}|squeeze_excite: {reduced: 2}
scale: {per: layer, bias: true}|scale: {per: number, weight: false, bias: true}|scale: {weight: false, bias: true}
rescale: 0.5|rescale: {factor: -1, offset: 1}|rescale: {offset: 2}|rescale: {factor: 3, offset: 1}|rescale: 1
"""
CASES = [case for line in KIND_CASES.strip().splitlines() for case in line.split("|")]
ELSEWHERE = {"conv1d", "conv3d", "rbf", "global_maxpool", "global_avgpool", "conv", "dense", "opaque"}
"""Kinds that the small networks and LeNet-5 hold."""


@pytest.mark.parametrize("case", CASES)
def test_every_kind(case: str, tmp_path: Path) -> None:
    path = tmp_path / "one.yaml"
    layers = f"  - conv: {{filters: 4, kernel: 3, padding: 1}}\n  - {case}\n  - relu\n"
    path.write_text(f"cnncalc: 1\nname: one\ninput: 3x8x8\nlayers:\n{layers}", encoding="utf-8")
    predicted, measured = both(graph(path), 3)
    assert predicted == measured


def test_no_kind_is_forgotten() -> None:
    tried = {case.partition(":")[0] for case in CASES}
    assert set(KINDS) - tried <= ELSEWHERE


@pytest.mark.parametrize(
    "options", [{}, {"weight_decay": 0.01}, {"zeroed": True}, {"foreach": True}, {"accumulate": 3}]
)
@pytest.mark.parametrize("optimizer", ["sgd", "momentum", "nesterov", "adam", "adamw", "rmsprop"])
def test_every_optimizer(optimizer: str, options: dict[str, object]) -> None:
    predicted, measured = both(graph(SMALL_NETWORKS["chain"]), 2, optimizer, **options)
    assert predicted == measured


@pytest.mark.parametrize("dtype", ["float64", "bfloat16", "float16"])
@pytest.mark.parametrize("name", [*SMALL_NETWORKS, "kinds"])
def test_number_formats(name: str, dtype: str) -> None:
    # what torch 2.13 does not run in 16 bits on a CPU (lrn; rrelu in float16) is not here
    kinds = "in 4x12x12; conv 8 k3 gelu; batchnorm; prelu; avgpool 2; dropout 0.5; groupnorm 2; global_maxpool; dense 7"
    predicted, measured = both(graph(SMALL_NETWORKS.get(name, kinds)), 3, "adam", dtype)
    assert predicted == measured


@pytest.mark.parametrize("options", [{"zeroed": True}, {"foreach": True}, {"weight_decay": 0.01, "foreach": True}])
def test_accumulated_gradients(options: dict[str, object]) -> None:
    network = graph("in 3x12x12; conv 8 k3 relu; residual 8; flatten; dense 60 relu; dense 10")
    for optimizer in ("nesterov", "adam"):
        predicted, measured = both(network, 4, optimizer, accumulate=2, **options)
        assert predicted == measured


@pytest.mark.parametrize("batch", [1, 4])
@pytest.mark.parametrize("name", SMALL_NETWORKS)
def test_small_networks(name: str, batch: int) -> None:
    predicted, measured = both(graph(SMALL_NETWORKS[name]), batch, "adam")
    assert predicted == measured


@pytest.mark.parametrize("optimizer", ["sgd", "momentum", "adam"])
@pytest.mark.parametrize("batch", [1, 4, 32])
def test_lenet5(batch: int, optimizer: str) -> None:
    predicted, measured = both(graph(ROOT / "specs" / "lenet5.yaml"), batch, optimizer)
    assert predicted == measured


@pytest.mark.parametrize("part", range(4))
def test_drawn_graphs(part: int) -> None:
    pytest.importorskip("torch")
    from verify.differential import graph_of
    from verify.strategies import text

    tried = 0
    for seed in range(30 * part, 30 * part + 30):
        random = Random(seed)
        network = graph_of(text(random))
        if network.faults:
            continue
        try:
            predicted, measured = both(network, random.choice((1, 2, 3)), random.choice(("sgd", "momentum", "adam")))
        except ValueError as refused:  # torch does not train a norm on one number per channel
            assert "more than 1" in str(refused)
            continue
        assert predicted == measured, f"seed {seed}"
        tried += 1
    assert tried >= 20


def test_the_comparison_can_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    from cnncalc.layers.activation import Relu

    monkeypatch.setattr(Relu, "keeps", "input")
    predicted, measured = both(graph(SMALL_NETWORKS["chain"]), 2)
    assert predicted != measured
