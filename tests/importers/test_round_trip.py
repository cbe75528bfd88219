"""Exported PyTorch source, imported again: the same analysis. `tools/round_trip.py` does it for every spec of the zoo."""

from __future__ import annotations

import pytest

from tools.round_trip import differences


@pytest.mark.parametrize(
    "name", ["alexnet", "resnet18", "googlenet", "unet", "mobilenet-v2", "squeezenet", "convnext-tiny", "shufflenet-v2"]
)
def test_round_trip(name: str) -> None:
    """Totals, sizes of every layer that computes, receptive fields, textbook and torch memory."""
    assert differences(f"zoo:{name}") == []


def test_what_does_not_come_back() -> None:
    """Uneven SAME padding is a layer of its own in torch; a pad is freed sooner than what a layer holds itself."""
    assert [what for what, _, _ in differences("zoo:exercise-200x300")] == ["torch inference_peak_bytes"]
