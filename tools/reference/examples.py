"""Examples run through the engine: what a layer makes of an input."""

from __future__ import annotations

from typing import Any

from cnncalc.analysis.analyze import analyze_spec
from cnncalc.analysis.result import Analysis
from cnncalc.core.shapes import shape_text
from cnncalc.core.source import Source
from cnncalc.spec.describe import example_fields, kind_note
from cnncalc.spec.load import load_source
from cnncalc.spec.shipped import shipped_block

MAP = (64, 56, 56)
"""What examples read whose doctest does not say."""


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


def kind_example(kind: str) -> str:
    """The example of a kind."""
    example = kind_note(kind).example if kind != "stack" else None
    shape = example.inputs[0] if example is not None and len(example.inputs) == 1 else MAP
    return shown(call(kind, example_fields(kind)), shape)
