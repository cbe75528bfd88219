"""Formulas to numbers, by walking sympy's trees with plain integers: independent of sympy's own substitution."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from math import prod
from typing import Any

import sympy

from cnncalc.analysis.result import Analysis
from cnncalc.core.symbolic import FloorDiv, Maximum, Minimum


class Substitution:
    """Puts integers for symbols."""

    def __init__(self, sizes: dict[str, int]) -> None:
        self.sizes = sizes
        self.known: dict[Any, Fraction] = {}

    def __call__(self, value: Any) -> Any:
        """The value with its symbols replaced; tuples item by item."""
        if isinstance(value, tuple):
            return tuple(self(item) for item in value)
        if not hasattr(value, "free_symbols"):
            return value
        number = self.number(value)
        return int(number) if number.denominator == 1 else number

    def number(self, node: Any) -> Fraction:
        """The number that a sympy tree stands for."""
        known = self.known.get(node)
        if known is None:
            known = self.known[node] = self._number(node)
        return known

    def _number(self, node: Any) -> Fraction:
        if isinstance(node, sympy.Symbol):
            return Fraction(self.sizes[node.name])
        if isinstance(node, sympy.Rational):
            return Fraction(int(node.p), int(node.q))
        parts = [self.number(part) for part in node.args]
        match node:
            case sympy.Add():
                return sum(parts, Fraction(0))
            case sympy.Mul():
                return Fraction(prod(parts))
            case sympy.Pow():
                return parts[0] ** int(parts[1])
            case FloorDiv():
                return Fraction(parts[0] // parts[1])
            case Maximum():
                return max(parts)
            case Minimum():
                return min(parts)
        raise TypeError(type(node))


ROW = (
    "output",
    "params",
    "trainable_params",
    "buffers",
    "macs",
    "flops_torch",
    "flops",
    "output_bytes",
    "receptive_field",
)
TOTALS = (
    "params",
    "trainable_params",
    "train_only_params",
    "buffers",
    "macs",
    "training_macs",
    "flops_torch",
    "flops",
    "weight_layers",
)
TEXTBOOK = ("inference_bytes", "training_bytes", "training_with_gradients_bytes")
MEMORY = ("parameter_bytes", "gradient_bytes", "optimizer_bytes")


def facts(analysis: Analysis) -> Iterator[tuple[str, str, Any]]:
    """Every figure of an analysis: (path, what, value)."""
    yield from (("", name, tuple(shape)) for name, shape in analysis.inputs.items())
    for row in analysis.rows:
        for what in ROW:
            value = getattr(row, what)
            yield row.path, what, tuple(value) if isinstance(value, tuple) else value
    yield from (("", what, getattr(analysis.totals, what)) for what in TOTALS)
    yield from (("", what, getattr(analysis.memory.textbook, what)) for what in TEXTBOOK)
    yield from (("", what, getattr(analysis.memory, what)) for what in MEMORY)
