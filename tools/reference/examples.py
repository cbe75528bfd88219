"""Examples run through the engine: what a layer makes of an input."""

from __future__ import annotations

from typing import Any

from cnncalc.analysis.analyze import analyze_spec
from cnncalc.analysis.result import Analysis
from cnncalc.core.shapes import shape_text
from cnncalc.core.source import Source
from cnncalc.report.formats.json import render
from cnncalc.spec.describe import example_fields, kind_note
from cnncalc.spec.load import load_source
from cnncalc.spec.read import load_inline
from cnncalc.spec.shipped import shipped_block
from reference.markdown import fence, part

MAP = (64, 56, 56)
"""What examples read whose doctest does not say."""


MORE: dict[str, tuple[tuple[Any, tuple[int, ...]], ...]] = {
    "conv": (
        ({"filters": 64, "kernel": [3, 5], "padding": [1, 2]}, (3, 32, 32)),
        ({"filters": 64, "kernel": 3, "padding": "same", "dilation": 4}, (3, 32, 32)),
        ({"filters": 96, "kernel": 1, "groups": 3, "bias": False}, (48, 14, 14)),
        ({"filters": 2, "kernel": 5, "connections": [[0, 1], [1, 2]]}, (3, 14, 14)),
    ),
    "transposed_conv": (
        ({"filters": 64, "kernel": 3, "stride": 2, "padding": 1, "output_padding": 1}, (128, 28, 28)),
        ({"filters": 64, "kernel": 5, "stride": 2, "padding": "same"}, (128, 28, 28)),
    ),
    "dense": (({"units": 32, "axis": "channels"}, (64, 56, 56)),),
    "maxpool": ((2, (96, 55, 55)), ({"kernel": 2, "ceil_mode": True}, (96, 55, 55))),
    "adaptive_avgpool": (([1, 7], (512, 14, 14)),),
    "layernorm": (("all", (96, 56, 56)),),
    "scale": (({"weight": False, "bias": True, "per": "number"}, (64, 56, 56)),),
    "rescale": (({"factor": -1, "offset": 1}, (64,)),),
    "slice": (({"axis": "height", "start": 1, "stop": 27}, (116, 28, 28)),),
    "reshape": (("16x5x5", (400,)),),
    "pad": (({"amount": {"bottom": 1, "right": 1}, "mode": "replicate"}, (3, 32, 32)),),
    "upsample": ((2, (256, 28, 28)), ({"size": [50, 60], "mode": "bilinear"}, (256, 28, 28))),
    "concat": (({"axis": "height", "branches": [[], []]}, (64, 56, 56)),),
    "highway": (
        (
            {
                "layers": [{"conv": {"filters": 64, "kernel": 1}}],
                "gate": [{"conv": {"filters": 64, "kernel": 1}}, "sigmoid"],
            },
            (64, 8, 8),
        ),
    ),
    "stack": (([{"maxpool": 2}, "flatten"], (64, 56, 56)),),
}
"""Further examples, where a kind has more forms than its doctest shows."""


def yaml(value: Any) -> str:
    """A value in flow style, as the house writes it."""
    if isinstance(value, dict):
        inner = ", ".join(f"{key}: {yaml(item)}" for key, item in value.items())
        return f"{{{inner}}}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(_item(item) for item in value)}]"
    if isinstance(value, bool):
        return "true" if value else "false"
    return "null" if value is None else str(value)


def _item(value: Any) -> str:
    """An entry of a list; a layer needs no braces around its one key."""
    if isinstance(value, dict) and len(value) == 1:
        ((key, fields),) = value.items()
        return f"{key}: {yaml(fields)}"
    return yaml(value)


def call(kind: str, fields: Any) -> str:
    """A layer as a line of a spec."""
    return f"- {kind}" if fields is None else f"- {kind}: {yaml(fields)}"


def analysis(line: str, shape: tuple[int, ...]) -> Analysis:
    """The analysis of a spec of one layer."""
    text = f"cnncalc: 1\ninput: {shape_text(shape)}\nlayers:\n  {line}\n"
    return analyze_spec(load_source(Source("example", text), "example", shipped_block))


def shown(line: str, shape: tuple[int, ...]) -> str:
    """The line with what it does behind it: `3x227x227 -> 96x55x55, 34,944 parameters`."""
    result = analysis(line, shape)
    if result.faults:
        raise ValueError(f"{line} on {shape}: {result.faults[0]}")
    params = result.totals.params
    weights = f", {params:,} parameters" if params else ""
    return f"{line}  # {shape_text(shape)} -> {shape_text(result.rows[-1].output)}{weights}"


def kind_examples(kind: str) -> str:
    """The examples of a kind, one per line."""
    example = kind_note(kind).example if kind != "stack" else None
    shape = example.inputs[0] if example is not None and len(example.inputs) == 1 else MAP
    lines = [(example_fields(kind), shape), *MORE.get(kind, ())]
    return "\n".join(shown(call(kind, fields), size) for fields, size in lines)


INLINE = "in 1x28x28; conv 6 k5 same tanh; maxpool 2; flatten; dense 10"


def json_page() -> str:
    """docs/json.md: the contracts, with the JSON of a small network."""
    return part("json", {"example": fence(render([analyze_spec(load_inline(INLINE))]), "json")})
