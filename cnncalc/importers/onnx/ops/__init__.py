"""The rules: a table from ONNX operators to functions that word them as layers, one file per family."""

from __future__ import annotations

from cnncalc.importers.onnx.ops import arithmetic, layout, pointwise, resample, windows
from cnncalc.importers.onnx.translate import Rule

RULES: dict[str, Rule] = {**windows.RULES, **pointwise.RULES, **layout.RULES, **resample.RULES, **arithmetic.RULES}
