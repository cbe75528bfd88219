"""Every kind of layer, run on named numbers: what its methods say is the same, and comes with its formula."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import Any

import pytest

from cnncalc.core.dims import is_recorded, total
from cnncalc.core.recording import named, value_of
from cnncalc.layers import KINDS
from cnncalc.solve.answer import Line
from cnncalc.solve.derivation import condition, line, steps, text
from cnncalc.solve.shadow import named_inputs, outputs, recorded


def rows_of_every_kind() -> Any:
    """The table of tests/layers, which is no package."""
    path = Path(__file__).parents[1] / "layers" / "test_rows.py"
    spec = importlib.util.spec_from_file_location("rows_of_every_kind", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


TABLE = rows_of_every_kind()
CASES = [
    pytest.param(kind, case, id=f"{kind}-{number}")
    for kind, cases in TABLE.ROWS.items()
    for number, case in enumerate(cases)
]


def checked(figure: Any) -> Any:
    """The value, which is also what the formula comes to, in symbols and in numbers."""
    if is_recorded(figure):
        assert figure.expression.evaluate() == figure.value == figure.expression.numbers.evaluate()
    return value_of(figure)


@pytest.mark.parametrize(("kind", "case"), CASES)
def test_every_kind_derives_its_figures(kind: str, case: Any) -> None:
    """The rows' output, parameters, buffers, MACs and FLOPs (from torch or paper), by formulas over names."""
    layer, shapes = TABLE.built(kind, case), TABLE.shapes(case.inputs)
    inputs, shadow = named_inputs(shapes), recorded(layer, shapes[0])
    (expected,) = TABLE.shapes(case.output)
    assert tuple(map(checked, shadow.output(*inputs))) == expected
    weights, ops = shadow.weights(*inputs), shadow.ops(inputs, outputs(expected))
    assert checked(total(weight.elements for weight in weights if not weight.buffer)) == case.params
    assert checked(total(weight.elements for weight in weights if weight.buffer)) == case.buffers
    assert (checked(ops.macs), checked(ops.flops)) == (case.macs, case.flops)


def test_the_table_has_every_kind() -> None:
    assert {case.values[0] for case in CASES} == set(KINDS)


def test_a_line_in_words() -> None:
    kernel = named("K", 3)
    assert text(line("params", kernel * kernel * 64 + 64)) == "params = 64·K·K + 64 = 64·3·3 + 64 = 640"
    assert text(line("map", named("n", 100) * 4, "B"), unicode=False) == "map = 4*n = 4*100 = 400 B"
    assert text(line("batch", 7)) == "batch = 7"
    assert steps(Line("output", value=(96, 55, 55))) == ("96x55x55",)


def test_equal_sides_stand_once() -> None:
    assert steps(line("C_out", named("C_in", 96))) == ("C_in", "96")
    assert steps(Line("n", "7", "7", 7)) == ("7",)


def test_a_comparison_has_no_value_in_words() -> None:
    told = condition("required", named("H", 5), ">=", named("K", 7))
    assert told.value is False
    assert steps(told) == ("H ≥ K", "5 ≥ 7")
