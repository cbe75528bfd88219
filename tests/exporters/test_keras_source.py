"""Exported Keras source, executed with Keras itself on torch: parameters and sizes as analyzed."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from random import Random

import pytest

from cnncalc import analyze, export
from cnncalc.core.diagnostic import SpecError
from cnncalc.exporters.keras.layers import MAKERS, WITHOUT
from cnncalc.layers import KINDS
from tests.exporters.run import keras_model
from tests.verify.strategies import text
from tools.round_trip import others

os.environ["KERAS_BACKEND"] = "torch"
keras = pytest.importorskip("keras", reason="keras is not installed")


def test_every_kind_has_a_piece_or_a_reason() -> None:
    assert set(MAKERS) | set(WITHOUT) == set(KINDS) - {"opaque"}
    assert not set(MAKERS) & set(WITHOUT)


NETWORKS = [
    "zoo:highway",
    "zoo:squeezenet",
    "zoo:resnet18",
    "zoo:mobilenet-v2",
    "zoo:unet",
    "in 3x20x21; conv 8 k3 s2 same relu; depthwise_conv 3; batchnorm; maxpool 3 s2; global_avgpool; dense 10 softmax",
    "in 4x11x13; transposed_conv 6 k4 s2; groupnorm 3; gelu; avgpool 2; layernorm; prelu; scale; lrn",
    "in 2x40; conv 4 k5; leaky_relu; maxpool 2; flatten; dense 7 tanh",
    "in 8x6x6; channel_shuffle 2; pixel_shuffle 2; conv 4 k1; pixel_unshuffle 2; upsample 2; flatten; dense 3",
]


@pytest.mark.parametrize("spec", NETWORKS)
def test_executed(spec: str) -> None:
    """Keras counts parameters and running statistics together."""
    made = keras_model(str(export(spec, "keras")))
    analysis = analyze(spec)
    assert made.count_params() == analysis.totals.params + analysis.totals.buffers
    channels_last = made.outputs[0].shape[1:]
    assert (channels_last[-1], *channels_last[:-1]) == analysis.rows[-1].output


def test_what_keras_lacks_is_named_all_at_once() -> None:
    with pytest.raises(SpecError) as raised:
        export("in 3x9x9; lppool 2; rrelu; maxpool 2", "keras")
    assert [problem.path for problem in raised.value.problems] == ["lppool1", "rrelu1"]


@pytest.mark.parametrize("seed", range(52_000, 52_030))
def test_random_networks(seed: int, tmp_path: Path) -> None:
    """Keras builds what is exported, with as many numbers and equal results, or the export says what Keras lacks."""
    path = tmp_path / "drawn.yaml"
    path.write_text(text(Random(seed), 6))
    outcome, reason = others(str(path))
    assert outcome in ("faulty", "the same") or "cannot be exported to Keras" in reason, reason


def test_activations_are_the_layers_own() -> None:
    """An activation written with its layer is an argument of Keras' layer, where Keras has a word for it."""
    source = str(export("in 3x8x8; conv 4 k3 relu; conv 4 k1 prelu; relu; flatten; dense 5 softmax", "keras"))
    assert 'layers.Conv2D(4, 3, activation="relu")(inputs)' in source
    assert "layers.PReLU(shared_axes=(1, 2))(x)" in source
    assert 'layers.Activation("relu")(x)' in source
    assert 'layers.Dense(5, activation="softmax")(x)' in source


def test_formatted(tmp_path: Path) -> None:
    """A formatter would leave the files as they are, and a linter finds nothing in them."""
    specs = Path(__file__).parents[2] / "specs"
    for path in specs.glob("*.yaml"):
        with suppress(SpecError):
            (tmp_path / f"{path.stem.replace('-', '_')}.py").write_text(str(export(str(path), "keras")))
    assert len(list(tmp_path.iterdir())) > 30
    for command in (["format", "--check"], ["check", "--select", "E,F,I,N,B", "--ignore", "B905"]):
        ruff = [sys.executable, "-m", "ruff", *command, "--isolated", "--line-length", "100", str(tmp_path)]
        done = subprocess.run(ruff, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout
