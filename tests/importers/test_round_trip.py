"""Exported PyTorch source, imported again: the same analysis. `tools/round_trip.py` does it for every spec of the zoo."""

from __future__ import annotations

import pytest

from tools.round_trip import differences

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
