"""Exported Keras source, executed with Keras itself on torch: parameters and sizes as analyzed."""

from __future__ import annotations

import os
import re
from typing import Any

import pytest

from cnncalc import analyze, export
from cnncalc.exporters.keras.layers import MAKERS, WITHOUT
from cnncalc.layers import KINDS

os.environ["KERAS_BACKEND"] = "torch"
keras = pytest.importorskip("keras", reason="keras is not installed")


def test_every_kind_has_a_piece_or_a_reason() -> None:
    assert set(MAKERS) | set(WITHOUT) == set(KINDS) - {"opaque"}
    assert not set(MAKERS) & set(WITHOUT)


def model(source: str) -> Any:
    namespace: dict[str, Any] = {}
    exec(compile(source, "<exported>", "exec"), namespace)
    functions = re.findall(r"^def (\w+)\(\):", source, re.M)
    return namespace[functions[-1]]()


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
    made = model(str(export(spec, "keras")))
    analysis = analyze(spec)
    assert made.count_params() == analysis.totals.params + analysis.totals.buffers
    channels_last = made.outputs[0].shape[1:]
    assert (channels_last[-1], *channels_last[:-1]) == analysis.rows[-1].output


def test_what_keras_lacks_is_named_all_at_once() -> None:
    from cnncalc.core.diagnostic import SpecError

    with pytest.raises(SpecError) as raised:
        export("in 3x9x9; lppool 2; rrelu; maxpool 2", "keras")
    assert [problem.path for problem in raised.value.problems] == ["lppool1", "rrelu1"]
