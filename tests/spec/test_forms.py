"""Every kind in its full and in its short form, and every other form of the language; outputs worked out by hand."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from cnncalc.core.shapes import shape_text
from cnncalc.layers import KINDS
from cnncalc.spec.shipped import SHIPPED

from .written import analyzed, refusal, written


class Form(NamedTuple):
    """A kind written with all its fields, with the short form (if it has one), and what both give."""

    full: str
    short: str | None
    input: str
    output: str
    short_output: str = ""
    """Where the short form's defaults give another shape."""


FORMS: dict[str, list[Form]] = {
    "conv": [
        Form(
            "conv: {filters: 96, kernel: 11, stride: 4, padding: valid, dilation: 1, groups: 1, bias: true, padding_mode: zeros, activation: relu}",
            None,
            "3x227x227",
            "96x55x55",
        ),
        Form(
            "conv: {filters: 4, kernel: [3, 5], stride: [1, 2], padding: [1, 2], dilation: [1, 1]}",
            None,
            "3x8x8",
            "4x8x4",
        ),
        Form("conv: {filters: 2, kernel: 3, connections: [[0], [0, 2]]}", None, "3x8x8", "2x6x6"),
        Form("conv: {filters: 2, kernel: 3, padding: {top: 1, bottom: 2, left: 0, right: 3}}", None, "3x8x8", "2x9x9"),
        Form("conv: {filters: 2, kernel: 3, padding: same, stride: 2, padding_mode: reflect}", None, "3x9x9", "2x5x5"),
        Form("conv: {filters: 2, kernel: 3, padding: full}", None, "3x8x8", "2x10x10"),
        Form("conv: {filters: 2, kernel: 3, padding: {left: 1}}", None, "3x16", "2x15"),
        Form("conv: {filters: 2, kernel: 3, padding: {front: 1, back: 1}}", None, "3x4x5x6", "2x4x3x4"),
    ],
    "conv1d": [Form("conv1d: {filters: 1, kernel: 3, dilation: 2}", None, "1x16000", "1x15996")],
    "conv2d": [Form("conv2d: {filters: 6, kernel: 5}", None, "1x32x32", "6x28x28")],
    "conv3d": [Form("conv3d: {filters: 4, kernel: [1, 3, 3], padding: 1}", None, "1x16x64x64", "4x18x64x64")],
    "depthwise_conv": [
        Form(
            "depthwise_conv: {kernel: 3, multiplier: 2, stride: 2, padding: same, dilation: 1, bias: false, activation: relu6}",
            "depthwise_conv: 3",
            "8x9x9",
            "16x5x5",
            "8x7x7",
        )
    ],
    "transposed_conv": [
        Form(
            "transposed_conv: {filters: 4, kernel: 3, stride: 2, padding: 1, output_padding: 1, dilation: 1, groups: 2, bias: false, activation: tanh}",
            None,
            "8x7x7",
            "4x14x14",
        ),
        Form("transposed_conv: {filters: 4, kernel: 3, stride: 2, padding: same}", None, "8x7x7", "4x14x14"),
    ],
    "locally_connected": [
        Form(
            "locally_connected: {filters: 4, kernel: 3, stride: 2, bias: false, activation: relu}",
            None,
            "3x9x9",
            "4x4x4",
        )
    ],
    "dense": [
        Form("dense: {units: 10, bias: false, activation: softmax}", "dense: 10", "84", "10"),
        Form("dense: {units: 10, axis: channels}", None, "84x3x5", "10x3x5"),
        Form("dense: {units: 10, axis: last}", None, "84x3x5", "84x3x10"),
    ],
    "maxpool": [
        Form(
            "maxpool: {kernel: 3, stride: 2, padding: 1, dilation: 1, ceil_mode: true}",
            "maxpool: 3",
            "4x9x9",
            "4x5x5",
            "4x3x3",
        ),
        Form("maxpool: {kernel: [1, 4]}", "maxpool: [1, 4]", "4x9x9", "4x9x2"),
    ],
    "avgpool": [
        Form(
            "avgpool: {kernel: 2, stride: 2, padding: 0, ceil_mode: false, count_include_pad: false}",
            "avgpool: 2",
            "4x9x9",
            "4x4x4",
        )
    ],
    "lppool": [Form("lppool: {kernel: 2, p: 3, stride: 1}", "lppool: 2", "4x9x9", "4x8x8", "4x4x4")],
    "global_maxpool": [Form("global_maxpool: {keepdims: true}", "global_maxpool", "4x9x9", "4x1x1", "4")],
    "global_avgpool": [Form("global_avgpool: {keepdims: false}", "global_avgpool", "4x9x9", "4")],
    "adaptive_maxpool": [Form("adaptive_maxpool: {size: [7, 5]}", "adaptive_maxpool: [7, 5]", "4x9x9", "4x7x5")],
    "adaptive_avgpool": [Form("adaptive_avgpool: {size: 7}", "adaptive_avgpool: 7", "4x9x9", "4x7x7")],
    "depth_pool": [
        Form("depth_pool: {kernel: 3, stride: 2, mode: average}", "depth_pool: 3", "9x4x4", "4x4x4", "3x4x4")
    ],
    "batchnorm": [Form("batchnorm: {affine: false, track_stats: true}", "batchnorm", "4x9x9", "4x9x9")],
    "layernorm": [Form("layernorm: {over: all, affine: false}", "layernorm: all", "4x9x9", "4x9x9")],
    "groupnorm": [Form("groupnorm: {groups: 2, affine: true}", "groupnorm: 2", "4x9x9", "4x9x9")],
    "instancenorm": [Form("instancenorm: {affine: true}", "instancenorm", "4x9x9", "4x9x9")],
    "lrn": [Form("lrn: {size: 5, alpha: 1e-4, beta: 0.75, k: 2}", "lrn: 5", "96x9x9", "96x9x9")],
    "leaky_relu": [Form("leaky_relu: {slope: 0.2}", "leaky_relu: 0.2", "4x9x9", "4x9x9")],
    "elu": [Form("elu: {alpha: 0.5}", "elu: 0.5", "4x9x9", "4x9x9")],
    "rrelu": [Form("rrelu: {lower: 0.1, upper: 0.3}", "rrelu", "4x9x9", "4x9x9")],
    "prelu": [Form("prelu: {per: layer}", "prelu: layer", "4x9x9", "4x9x9")],
    "softmax": [Form("softmax: {axis: channels}", "softmax: channels", "4x9x9", "4x9x9")],
    "log_softmax": [Form("log_softmax: {axis: last}", "log_softmax: last", "4x9x9", "4x9x9")],
    "maxout": [Form("maxout: {pieces: 2}", "maxout: 2", "4x9x9", "2x9x9")],
    "dropout": [Form("dropout: {rate: 0.25}", "dropout: 0.25", "4x9x9", "4x9x9")],
    "spatial_dropout": [Form("spatial_dropout: {rate: 0.25}", "spatial_dropout: 0.25", "4x9x9", "4x9x9")],
    "drop_path": [Form("drop_path: {rate: 0.25}", "drop_path: 0.25", "4x9x9", "4x9x9")],
    "flatten": [Form("flatten: {}", "flatten", "4x9x9", "324")],
    "identity": [Form("identity: {}", "identity", "4x9x9", "4x9x9")],
    "reshape": [
        Form("reshape: {shape: [16, 5, 5]}", "reshape: [16, 5, 5]", "400", "16x5x5"),
        Form("reshape: {shape: 16x5x5}", "reshape: 16x5x5", "400", "16x5x5"),
        Form("reshape: {shape: 400}", "reshape: 400", "16x5x5", "400"),
    ],
    "permute": [Form("permute: {order: [1, 2, 0]}", "permute: [1, 2, 0]", "96x56x48", "56x48x96")],
    "slice": [
        Form("slice: {axis: channels, start: 1, stop: 3}", None, "4x9x9", "2x9x9"),
        Form("slice: {axis: width, start: 2}", None, "4x9x9", "4x9x7"),
        Form("slice: {axis: height, stop: 2}", None, "4x9x9", "4x2x9"),
    ],
    "crop": [
        Form("crop: {size: [5, 7]}", "crop: [5, 7]", "4x9x9", "4x5x7"),
        Form("crop: {size: 5}", "crop: 5", "4x9x9", "4x5x5"),
    ],
    "pad": [
        Form("pad: {amount: 2, mode: constant, value: 0.5}", "pad: 2", "4x9x9", "4x13x13"),
        Form("pad: {amount: [1, 0]}", "pad: [1, 0]", "4x9x9", "4x11x9"),
        Form("pad: {amount: {left: 1, bottom: 2}, mode: reflect}", None, "4x9x9", "4x11x10"),
    ],
    "upsample": [
        Form("upsample: {factor: 2, mode: nearest}", "upsample: 2", "4x9x9", "4x18x18"),
        Form("upsample: {size: [10, 12], mode: bilinear}", None, "4x9x9", "4x10x12"),
    ],
    "pixel_shuffle": [Form("pixel_shuffle: {factor: 2}", "pixel_shuffle: 2", "8x9x9", "2x18x18")],
    "pixel_unshuffle": [Form("pixel_unshuffle: {factor: 3}", "pixel_unshuffle: 3", "2x9x9", "18x3x3")],
    "channel_shuffle": [Form("channel_shuffle: {groups: 2}", "channel_shuffle: 2", "8x9x9", "8x9x9")],
    "add": [Form("add: {branches: [[], [relu]]}", "add: [[], [relu]]", "4x9x9", "4x9x9")],
    "multiply": [
        Form("multiply: {branches: [[], [global_avgpool]]}", "multiply: [[], [global_avgpool]]", "4x9x9", "4x9x9")
    ],
    "maximum": [Form("maximum: {branches: [[], [relu]]}", "maximum: [[], [relu]]", "4x9x9", "4x9x9")],
    "concat": [
        Form("concat: {branches: [[], [relu], []], axis: channels}", "concat: [[], [relu], []]", "4x9x9", "12x9x9"),
        Form("concat: {branches: [[], []], axis: width}", None, "4x9x9", "4x9x18"),
    ],
    "highway": [
        Form(
            "highway: {layers: [dense: {units: 8, activation: relu}], gate: [dense: {units: 8, activation: sigmoid}]}",
            "highway: [dense: {units: 8, activation: relu}]",
            "8",
            "8",
        )
    ],
    "scale": [
        Form("scale: {bias: true}", "scale", "4x9x9", "4x9x9"),
        Form("scale: {weight: false, bias: true, per: number}", None, "4x9x9", "4x9x9"),
    ],
    "opaque": [
        Form(
            "opaque: {shape: [4, 3, 3], input: 4x9x9, params: 10, buffers: 2, macs: 90, what: sorts}",
            "opaque: [4, 3, 3]",
            "4x9x9",
            "4x3x3",
        )
    ],
    "rescale": [Form("rescale: {factor: 0.1, offset: 1}", "rescale: 0.1", "4x9x9", "4x9x9")],
    "rbf": [Form("rbf: {units: 10}", "rbf: 10", "84", "10")],
    "stack": [Form("stack: {layers: [relu, maxpool: 3]}", "stack: [relu, maxpool: 3]", "4x9x9", "4x3x3")],
    # the shipped blocks
    "separable_conv": [
        Form(
            "separable_conv: {filters: 8, kernel: 3, stride: 1, padding: same, dilation: 1, bias: true, multiplier: 1}",
            "separable_conv: 8",
            "4x9x9",
            "8x9x9",
        )
    ],
    "subsample": [Form("subsample: {kernel: 2, stride: 2}", "subsample", "6x28x28", "6x14x14")],
    "mlpconv": [
        Form("mlpconv: {filters: 8, kernel: 3, stride: 1, padding: same, hidden: 4, out: 6}", None, "3x9x9", "6x9x9")
    ],
    "inception": [Form("inception: {c1: 1, r3: 2, c3: 3, r5: 4, c5: 5, pool: 6}", None, "8x9x9", "15x9x9")],
    "residual": [Form("residual: {width: 8, stride: 2}", "residual: 8", "4x9x9", "8x5x5", "8x9x9")],
    "bottleneck": [Form("bottleneck: {width: 8, stride: 2}", "bottleneck: 8", "4x9x9", "32x5x5", "32x9x9")],
    "squeeze_excite": [
        Form("squeeze_excite: {reduced: 2, gate: sigmoid, activation: relu}", "squeeze_excite: 2", "4x9x9", "4x9x9")
    ],
    "dense_block": [Form("dense_block: {units: 2, growth: 3}", None, "4x9x9", "10x9x9")],
    "transition": [Form("transition: {filters: 3}", "transition", "8x9x9", "3x4x4", "4x4x4")],
    "inverted_residual": [
        Form("inverted_residual: {filters: 8, expand: 6, stride: 2}", "inverted_residual: 8", "4x9x9", "8x5x5", "8x9x9")
    ],
    # stride 1: the half that passes by keeps 8 / 2 channels, the other gives 16 / 2
    "shuffle_unit": [Form("shuffle_unit: {filters: 16, stride: 2}", "shuffle_unit: 16", "8x9x9", "16x5x5", "12x9x9")],
}
NO_FIELDS = ("relu", "relu6", "silu", "gelu", "mish", "hardswish", "hardsigmoid", "softplus", "sigmoid", "tanh", "selu")
FORMS.update({kind: [Form(f"{kind}: {{}}", kind, "4x9x9", "4x9x9")] for kind in NO_FIELDS})

ALL = [(kind, form) for kind, forms in FORMS.items() for form in forms]


def test_every_kind_and_shipped_block_has_a_form() -> None:
    assert set(FORMS) == {*KINDS, "stack", *SHIPPED}


def last_output(layer: str, input: str) -> str:
    analysis = analyzed(written(layer, input=input))
    assert not analysis.faults, [str(fault) for fault in analysis.faults]
    return shape_text(analysis.rows[-1].output)


@pytest.mark.parametrize("form", [pytest.param(form, id=form.full[:60]) for _, form in ALL])
def test_full_form(form: Form) -> None:
    assert last_output(form.full, form.input) == form.output


@pytest.mark.parametrize("form", [pytest.param(form, id=str(form.short)) for _, form in ALL if form.short])
def test_short_form(form: Form) -> None:
    assert form.short is not None
    assert last_output(form.short, form.input) == (form.short_output or form.output)


@pytest.mark.parametrize("kind", sorted(kind for kind in KINDS if not any(form.short for form in FORMS[kind])))
def test_kinds_without_a_short_form_say_so(kind: str) -> None:
    problem = refusal(written(f"{kind}: 3"))
    assert kind in problem.message
    assert problem.span.line == 4
