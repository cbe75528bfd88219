"""The dimension arithmetic for symbols, as `core.dims` calls it. Only loaded when a symbol arrives."""

from __future__ import annotations

from cnncalc.core.floors import FloorDiv, Maximum, Minimum, canonical, floordiv, quotient, symbol, total
from cnncalc.core.order import decide, maximum, minimum, threshold
from cnncalc.core.wording import condition_text, expression, text

__all__ = [
    "FloorDiv",
    "Maximum",
    "Minimum",
    "canonical",
    "condition_text",
    "decide",
    "expression",
    "floordiv",
    "maximum",
    "minimum",
    "quotient",
    "symbol",
    "text",
    "threshold",
    "total",
]
