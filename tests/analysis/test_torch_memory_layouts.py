"""The memory model where numbers lie out of order, against torch: 0 bytes off. Drawn networks, cut down to what told."""

from __future__ import annotations

from pathlib import Path

import pytest

from cnncalc import analyze
from cnncalc.analysis.torch_memory.strides import NUMBER, elementwise, like, ordered

from .truth import both, graph

CASES = {
    "max pooling of a signal out of order copies it in a prediction": (
        "3x11",
        "- dense: {units: 10, bias: false, axis: channels}\n- maxpool: {kernel: 3, padding: 1}",
    ),
    "a frozen product along a signal's channels folds nothing": (
        "3x11",
        "- conv: {filters: 3, kernel: 1}\n- dense: {units: 40, axis: channels, trainable: false}\n- silu",
    ),
    "a signal of length 1 is convolved as an image whose channels come last": (
        "1x12",
        "- permute: [1, 0]\n- conv: {filters: 40, kernel: 3, padding: same}",
    ),
    "the result of a transposed convolution of such a signal lies channels last": (
        "1x12",
        "- permute: [1, 0]\n- transposed_conv: {filters: 40, kernel: 3}\n- instancenorm\n- conv: {filters: 30, kernel: 3}",
    ),
    "a bias that is added in place": (
        "3x7x6",
        "- dense: {units: 9, axis: channels}\n- silu\n- conv: {filters: 2, kernel: 3}",
    ),
    "one position, channels last": (
        "2x7x6",
        "- dense: {units: 9, axis: channels}\n- global_avgpool: {keepdims: false}\n- dropout: 0.3\n- silu",
    ),
    "axes of length 1": (
        "5x3x1x1",
        "- layernorm: {over: channels, affine: false}\n- conv: {filters: 5, kernel: 3, padding: same, bias: false}\n- sigmoid",
    ),
    "one image after a permutation": (
        "3x11x6",
        (
            "- locally_connected: {filters: 3, kernel: 1, bias: false}\n- leaky_relu: 0.2\n"
            "- conv: {filters: 5, kernel: 3, padding: same, bias: false}\n- instancenorm: {affine: true}"
        ),
    ),
    "relu6 lays its result out exactly as its operand": (
        "5x6x11",
        "- locally_connected: {filters: 3, kernel: 1, bias: false}\n- relu6\n- groupnorm: {groups: 3}",
    ),
    "a number makes of two operands two shapes": (
        "5x6x11",
        "- locally_connected: {filters: 3, kernel: 1, bias: false}\n- rescale: 2.5\n- groupnorm: {groups: 3}",
    ),
    "drawn slopes and what they make lie in order": (
        "5x6x11",
        "- dense: {units: 3, axis: channels}\n- rrelu\n- instancenorm",
    ),
    "slopes that are not broadcast are not summed": (
        "3",
        "- prelu: {per: layer}\n- prelu: {per: channel}\n- dense: 3",
    ),
    "the gradient of an interpolation follows the one that comes in": (
        "4x3x3",
        "- dense: {units: 2, axis: channels}\n- upsample: {factor: 1}",
    ),
    "a pixel unshuffle goes back as the gradient that comes in lies": (
        "4x8x8",
        "- dense: {units: 9, axis: channels}\n- pixel_unshuffle: 2\n- flatten\n- dense: 2",
    ),
    "a pixel shuffle goes back as the gradient that comes in lies": (
        "4x8x8",
        "- dense: {units: 16, axis: channels}\n- pixel_shuffle: 4",
    ),
    "a transposed convolution of a volume": (
        "12x5x6x6",
        "- transposed_conv: {filters: 3, kernel: [1, 1, 2], padding: same}\n- conv: {filters: 3, kernel: 1, groups: 3}",
    ),
    "a gradient that is a view is not added to": (
        "5x4x7",
        (
            "- conv: {filters: 4, kernel: 1}\n- relu: {name: n1}\n- dense: {units: 10, bias: false, axis: last}\n"
            "- conv: {from: n1, filters: 7, kernel: 3, padding: same, dilation: [3, 1]}"
        ),
    ),
    "the larger of two": ("18", "- dense: 78\n- sigmoid\n- maximum: [[], [relu]]"),
}


@pytest.mark.parametrize("batch", [1, 2])
@pytest.mark.parametrize("case", CASES)
def test_numbers_out_of_order(case: str, batch: int, tmp_path: Path) -> None:
    given, layers = CASES[case]
    path = tmp_path / "one.yaml"
    path.write_text(f"cnncalc: 1\nname: one\ninput: {given}\nlayers:\n{layers}\n", encoding="utf-8")
    predicted, measured = both(graph(path), batch)
    assert predicted == measured


def test_elementwise_follows_the_first_that_tells() -> None:
    # torch.empty_strided((2, 3, 4), (12, 1, 3)).relu().stride(), and the like
    assert elementwise((2, 3, 4), [((2, 3, 4), (12, 1, 3))]) == (12, 1, 3)
    assert elementwise((2, 3, 4), [((2, 3, 4), None), ((2, 3, 4), (12, 1, 3))]) is None
    assert elementwise((2, 3, 4), [((2, 3, 4), (0, 0, 0)), ((2, 3, 4), (12, 1, 3))]) == (12, 1, 3)


ONE = (1, 3, 5, 11)
"""A single image, and the strides of one that a permutation made channels last."""
LAST = (3, 1, 33, 3)


def test_a_number_is_an_operand_of_another_shape() -> None:
    # torch.empty_strided(ONE, LAST).relu().stride(), (... * 2.5).stride(), and the like
    assert elementwise(ONE, [(ONE, LAST)]) == (165, 1, 33, 3)
    assert elementwise(ONE, [(ONE, LAST), NUMBER]) == LAST
    assert elementwise(ONE, [(ONE, (7, 55, 11, 1))]) is None
    assert elementwise(ONE, [(ONE, (7, 55, 11, 1)), NUMBER]) == (11, 55, 11, 1)


def test_a_tensor_made_like_another() -> None:
    # torch.empty_like(torch.empty_strided(...)).stride()
    assert like(ONE, LAST) == LAST
    assert like(ONE, (7, 55, 11, 1)) == (7, 55, 11, 1)
    assert like((2, 3, 4), (24, 1, 6)) == (12, 1, 3)
    assert like((2, 3, 4), (0, 0, 0)) is None


def test_axes_of_length_1_do_not_disturb_the_order() -> None:
    assert ordered((2, 5, 1, 1), (5, 1, 5, 5))
    assert elementwise((2, 5, 1, 1, 1), [((2, 5, 1, 1, 1), (5, 1, 5, 5, 5))]) is None
    assert not ordered((2, 5, 2, 1), (10, 1, 5, 5))


def test_two_gradients_of_a_shared_bias_per_number(tmp_path: Path) -> None:
    """Each is a sum over the batch, viewed without that axis: a view is never added to in place."""
    path = tmp_path / "bias.yaml"
    bias = "{bias: true, weight: false, per: number"
    path.write_text(
        f"cnncalc: 1\nname: b\ninput: 6x4x9\nlayers: [{{scale: {bias}, name: first}}}}, {{scale: {bias}, share: first}}}}]\n",
        encoding="utf-8",
    )
    predicted, measured = both(graph(path), 1)
    assert predicted == measured


VOLUMES = {
    # torch's own transposed convolution makes room for the larger of input and result: in float32 for a small image
    # alone, in float64 for any
    "a smaller result": "cnncalc: 1\nname: v\ninput: 3x6x5x5\nlayers: [{conv: {filters: 4, kernel: 1}}, "
    "{transposed_conv: {filters: 1, kernel: 1}}, tanh]\n",
    # and its own kernels give channels first, whatever they are given
    "channels last": "cnncalc: 1\nname: v\ninput: 3x6x5x6\nlayers: [{dense: {units: 8, axis: channels}}, "
    "{conv: {filters: 4, kernel: 3}}, {instancenorm: {}}]\n",
}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("batch", [1, 2])
@pytest.mark.parametrize("name", VOLUMES)
def test_kernels_of_volumes(tmp_path: Path, name: str, batch: int, dtype: str) -> None:
    path = tmp_path / "volume.yaml"
    path.write_text(VOLUMES[name], encoding="utf-8")
    predicted, measured = both(graph(path), batch, "sgd", dtype)
    assert predicted == measured


def test_kernels_that_depend_on_the_processor_are_said(tmp_path: Path) -> None:
    path = tmp_path / "volume.yaml"
    for text in VOLUMES.values():
        path.write_text(text, encoding="utf-8")
        for dtype in ("bfloat16", "float16"):
            assert "depends on the processor" in analyze(path, dtype=dtype, batch=2).memory.torch.estimate
        assert "processor" not in analyze(path, dtype="float64", batch=2).memory.torch.estimate
    assert not analyze("in 3x6x5x5; conv 4 k3; relu", dtype="bfloat16").memory.torch.estimate
