"""Exported PyTorch source, imported again: the same analysis. `tools/round_trip.py` does it for every spec of the zoo."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from tests.verify.strategies import text
from tools.round_trip import differences, trip

ZOO = (
    "alexnet",
    "convnext-tiny",
    "exercise-200x300",
    "googlenet",
    "highway",
    "lenet5",
    "mobilenet-v2",
    "resnet18",
    "shufflenet-v2",
    "squeezenet",
    "unet",
    "documents/lenet5-fullc3-000",
    "api/conv2d_transpose",
    "api/depth_pooling",
)


@pytest.mark.parametrize("name", ZOO)
def test_round_trip(name: str) -> None:
    """Totals, sizes of every layer that computes, receptive fields, textbook and torch memory."""
    assert differences(f"zoo:{name}") == []


@pytest.mark.parametrize("seed", range(31_000, 31_040))
def test_random_networks(seed: int, tmp_path: Path) -> None:
    """Whatever the language can say: the verifier's tensors and numbers in the source, the same analysis after import."""
    path = tmp_path / "drawn.yaml"
    path.write_text(text(Random(seed), 7))
    outcome, reason = trip(str(path))
    assert outcome == "faulty" or outcome.startswith("the same"), reason
