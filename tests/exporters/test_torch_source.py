"""Exported PyTorch source, executed: the same tensors, sizes and values as the verifier's network; formatted; readable."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest

from cnncalc.cli.main import main
from cnncalc.exporters.torch.definitions import HELPERS
from cnncalc.exporters.torch.layers import MAKERS
from cnncalc.exporters.torch.source import torch_source
from cnncalc.layers import KINDS
from tests.exporters.run import compare, graph_of
from tests.verify.strategies import text

SPECS = Path(__file__).parents[2] / "specs"
DEEP = {"resnet101", "resnet152", "inception-v4", "densenet121"}  # more of the same, seconds each
ZOO = sorted({path.stem for path in SPECS.glob("*.yaml")} - DEEP)


def test_every_kind_has_a_piece() -> None:
    assert set(MAKERS) == set(KINDS) - {"opaque"}


@pytest.mark.parametrize("name", ZOO)
def test_zoo(name: str) -> None:
    """State-dict names end alike and in the same order, shapes agree in both modes, numbers that learn agree."""
    compare(graph_of(f"{SPECS}/{name}.yaml"), "meta")


def test_formatted(tmp_path: Path) -> None:
    """A formatter would leave the files as they are, and a linter finds nothing in them."""
    for name in {*ZOO, *DEEP}:
        (tmp_path / f"{name.replace('-', '_')}.py").write_text(
            torch_source(graph_of(f"{SPECS}/{name}.yaml"), "A network.")
        )
    imports = "import math\n\nimport torch\nfrom torch import Tensor, nn\nfrom torch.nn import functional as F\n\n\n"
    (tmp_path / "helpers.py").write_text(imports + "\n\n\n".join(text.strip() for text in HELPERS.values()) + "\n")
    for command in (["format", "--check"], ["check", "--select", "E,F,I,N,B", "--ignore", "N812,B905"]):
        ruff = [sys.executable, "-m", "ruff", *command, "--isolated", "--line-length", "100", str(tmp_path)]
        done = subprocess.run(ruff, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("seed", range(40))
def test_random_networks(seed: int, tmp_path: Path) -> None:
    """Whatever the language can say; values too."""
    path = tmp_path / "drawn.yaml"
    path.write_text(text(Random(77_000 + seed), 6))
    graph = graph_of(str(path))
    if not graph.faults:
        compare(graph, "cpu")


def test_blocks_are_classes() -> None:
    """ResNet-50: the bottleneck with and without projection, the stage, the network; lists for repeats."""
    source = torch_source(graph_of("zoo:resnet50"), "x.")
    assert re.findall(r"^class (\w+)", source, re.M) == ["Bottleneck", "Bottleneck2", "Stage", "ResNet50"]
    assert "for _ in range(rest_count)" in source
    assert len(source.splitlines()) < 90


def test_numbers_that_rise_evenly_are_a_loop() -> None:
    """DenseNet-121: 6, 12, 24 and 16 units, each with 32 channels more; one class for the four blocks."""
    source = torch_source(graph_of("zoo:densenet121"), "x.")
    assert re.findall(r"^class (\w+)", source, re.M) == ["Unit", "Transition", "DenseBlock", "DenseNet121"]
    assert "nn.Sequential(*[Unit(in_channels + 32 * index) for index in range(unit_count)])" in source
    assert "self.denseblock3 = DenseBlock(256, unit_count=24)" in source


def test_halves_of_the_channels_are_alike() -> None:
    """ShuffleNet v2: units of 58, 116 and 232 channels per half are one class."""
    source = torch_source(graph_of("zoo:shufflenet-v2"), "x.")
    assert re.findall(r"^class (\w+)", source, re.M)[:-1] == ["ShuffleUnit", "ShuffleUnit2", "Stage"]
    assert "branch2 = x[:, x.shape[1] // 2 :]" in source


def test_a_unit_in_a_unit_is_one() -> None:
    """A head of one block, a stage of one unit: no class that only calls another."""
    assert "self.aux1 = Auxiliary(512)" in torch_source(graph_of("zoo:googlenet"), "x.")
    assert "x = x\n" not in torch_source(graph_of("zoo:mobilenet-v2"), "x.")


def test_uneven_padding_is_the_layers_own() -> None:
    """SAME of 200 x 300 with stride 2 and kernel 3: nothing before, one position behind."""
    source = torch_source(graph_of("zoo:exercise-200x300"), "x.")
    assert "PaddedConv2d(3, 100, kernel_size=3, stride=2, sides=(0, 1, 0, 1))" in source
    even = torch_source(graph_of("in 4x8x8; conv 4 k3"), "x.")
    assert "Padded" not in even


def test_padding_modes_are_torchs_own(tmp_path: Path) -> None:
    path = tmp_path / "mode.yaml"
    path.write_text(
        "cnncalc: 1\ninput: 3x8x8\nlayers: [{conv: {filters: 3, kernel: 3, padding: 1, padding_mode: circular}}]\n"
    )
    assert 'kernel_size=3, padding=1, padding_mode="circular")' in compare(graph_of(str(path)), "cpu")


def test_a_network_without_layers(tmp_path: Path) -> None:
    path = tmp_path / "empty.yaml"
    path.write_text("cnncalc: 1\ninput: 3x8x8\nlayers: [relu: {repeat: 0}]\n")
    assert compare(graph_of(str(path)), "cpu").endswith("        return x\n")


def test_what_training_alone_gives_comes_last(tmp_path: Path) -> None:
    heads = "{a: {from: n, train_only: true, layers: [tanh]}, b: {from: n, layers: [sigmoid]}}"
    path = tmp_path / "heads.yaml"
    path.write_text(f"cnncalc: 1\ninput: 3x8x8\nlayers: [{{relu: {{name: n}}}}, silu]\nheads: {heads}\n")
    source = compare(graph_of(str(path)), "cpu")
    assert "            return silu1, b, a\n        return silu1, b\n" in source


def test_heads_run_in_training_only() -> None:
    source = torch_source(graph_of("zoo:googlenet"), "x.")
    assert "        if self.training:\n            aux1 = self.aux1(inception_4a)" in source


def test_shared_and_frozen_weights(tmp_path: Path) -> None:
    path = tmp_path / "tied.yaml"
    layers = "[{conv: {name: a, filters: 3, kernel: 3, padding: 1, trainable: false}}, relu, {conv: {name: b, filters: 3, kernel: 3, padding: 1, share: a}}]"
    path.write_text(f"cnncalc: 1\ninput: 3x8x8\nlayers: {layers}\n")
    source = compare(graph_of(str(path)), "cpu")
    assert "self.b.weight = self.a.weight" in source
    assert "self.a.requires_grad_(False)" in source


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["in 3xHxW; conv 4 k3", "--to", "torch"], 2, "give a size: --input 3x224x224"),
        (["in 3x2x2; conv 4 k3", "--to", "torch"], 1, "conv1: kernel 3 exceeds the height 2"),
        (["zoo:alexnet", "--to", "caffe"], 2, "expected one of torch, keras, onnx, mermaid, dot, spec"),
        (["zoo:lenet5", "--to", "onnx"], 2, "name a file: -o network.onnx"),
        (
            ["zoo:lenet5", "--to", "keras"],
            2,
            "C3: conv cannot be exported to Keras: Keras has nothing for a connection table",
        ),
    ],
)
def test_errors(
    arguments: list[str], code: int, message: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["cnncalc", "export", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == code
    out, err = capsys.readouterr()
    assert not out
    assert message in err
