"""What the losses hold: their number, what they keep for backward, and copies of outputs that lie out of order."""

from __future__ import annotations

from pathlib import Path

import pytest

from .truth import both, graph

OUTPUTS = {
    "vector": ("6", "{dense: 300}"),
    "signal": ("2x40", "{conv: {filters: 3, kernel: 3}}"),
    "image": ("3x10x10", "{conv: {filters: 4, kernel: 3}}"),
    "volume": ("2x6x6x6", "{conv: {filters: 3, kernel: 3}}"),
    # no copy for an image, whose kernel walks along strides; one for signals and volumes
    "slice of a volume": ("2x6x6x6", "{conv: {filters: 3, kernel: 3}}, {slice: {axis: width, start: 1}}"),
    "slice of a signal": ("2x40", "{conv: {filters: 3, kernel: 3}}, {slice: {axis: length, start: 1}}"),
}
LOSSES = ("cross_entropy", "nll", "binary_cross_entropy", "bce_with_logits", "mse", "l1")


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("output", OUTPUTS)
def test_losses(tmp_path: Path, output: str, loss: str) -> None:
    shape, layers = OUTPUTS[output]
    last = ", sigmoid" if loss == "binary_cross_entropy" else ""
    path = tmp_path / "loss.yaml"
    path.write_text(f"cnncalc: 1\nname: l\ninput: {shape}\ntask: {{loss: {loss}}}\nlayers: [{layers}{last}]\n")
    for options in ({"accumulate": 2}, {"autocast": "bfloat16"}):
        predicted, measured = both(graph(str(path)), 4, **options)
        assert predicted == measured, options


def test_a_mean_of_squares_keeps_the_squares_by_hand(tmp_path: Path) -> None:
    """Torch writes the mean into the tensor of all squares, which is as large as the output, and names it the loss."""
    path = tmp_path / "loss.yaml"
    path.write_text("cnncalc: 1\nname: l\ninput: 100\ntask: {loss: mse}\nlayers: [{rescale: 0.5}]\n")
    predicted, measured = both(graph(str(path)), 4)
    # image, target, result and squares: 4 x 100 numbers of 4 bytes each; there are no parameters
    assert predicted[2] == measured[2] == 4 * 1600


def test_an_absolute_difference_holds_the_difference_by_hand(tmp_path: Path) -> None:
    path = tmp_path / "loss.yaml"
    path.write_text("cnncalc: 1\nname: l\ninput: 100\ntask: {loss: l1}\nlayers: [{rescale: 0.5}]\n")
    predicted, measured = both(graph(str(path)), 4)
    # image, target, result, difference and its absolute values; then their mean
    assert predicted[2] == measured[2] == 5 * 1600 + 4
