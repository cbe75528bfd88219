"""Exported PyTorch source, executed: the same tensors, sizes and values as the verifier's network; formatted; readable."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest

from cnncalc.cli.main import main
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
