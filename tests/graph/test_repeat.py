"""A repeat is the same as writing it out: for random bodies, figures of every row, totals, memory, receptive fields."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from spec.written import analyzed, written

from cnncalc.analysis.result import Analysis
from cnncalc.core.diagnostic import SpecError

BODIES = st.lists(
    st.sampled_from(
        [
            "conv: {filters: 4, kernel: 3, padding: 1, activation: relu}",
            "conv: {filters: in_channels + 2, kernel: 3}",
            "conv: {filters: n, kernel: [1, 3], stride: [1, 2], padding: same}",
            "depthwise_conv: {kernel: 3, multiplier: 2, padding: same}",
            "maxpool: {kernel: 3, stride: 2, padding: 1}",
            "batchnorm",
            "squeeze_excite: 2",
            "add: [[conv: {filters: in_channels, kernel: 3, padding: 1}], []]",
            "concat: [[relu], [conv: {filters: n, kernel: 1, if: n > 3}], []]",
            "relu: {if: in_channels > 4}",
            "conv: {filters: 2, kernel: 40}",
            "stack: {repeat: 2, layers: [tanh, upsample: 2]}",
            "stack: {trainable: false, layers: [conv: {filters: 3, kernel: 1}]}",
        ]
    ),
    min_size=1,
    max_size=3,
)


def facts(analysis: Analysis) -> list[Any]:
    rows = [
        (
            row.kind,
            row.output,
            row.params,
            row.trainable_params,
            row.buffers,
            row.macs,
            row.flops,
            row.output_bytes,
            row.receptive_field,
        )
        for row in analysis.rows
    ]
    textbook = analysis.memory.textbook
    memory = (textbook.inference_bytes, textbook.training_bytes, textbook.training_with_gradients_bytes)
    faults = [(fault.message.partition(" (inputs")[0], fault.remedy) for fault in analysis.faults]
    return [rows, analysis.totals, memory, analysis.memory.optimizer_bytes, faults]


def outcome(text: str) -> list[Any] | str:
    try:
        return facts(analyzed(text, optimizer="adam"))
    except SpecError:
        return "refused"


@settings(max_examples=40)
@given(BODIES, st.integers(0, 4), st.integers(2, 5))
def test_a_repeated_block_is_the_block_written_out(body: list[str], count: int, n: int) -> None:
    sections = {"blocks": f"{{b: {{layers: [{', '.join(body)}]}}}}", "variables": f"{{n: {n}}}", "input": "3x24x20"}
    assert outcome(written(f"b: {{repeat: {count}}}", **sections)) == outcome(written(*["b"] * count, **sections))


@settings(max_examples=40)
@given(BODIES, st.integers(1, 3), st.integers(2, 5))
def test_a_block_is_its_layers_written_out(body: list[str], count: int, n: int) -> None:
    # in_channels of the whole spec's input is 3
    body = [layer.replace("in_channels", "3") for layer in body]
    sections = {"variables": f"{{n: {n}}}", "input": "3x24x20"}
    blocks = f"{{b: {{layers: [{', '.join(body)}]}}}}"
    called = outcome(written(f"b: {{repeat: {count}}}", blocks=blocks, **sections))
    stacked = outcome(written(f"stack: {{repeat: {count}, layers: [{', '.join(body)}]}}", **sections))
    plain = outcome(written(*body * count, **sections))
    assert called == stacked == plain
