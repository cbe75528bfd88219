"""A slow reference of every kind, in plain numpy, written from the definitions: no torch, no formulas of ours.

A window is walked position by position over explicit lists of indices, so what padding, strides and dilation mean stands
here as plainly as in a textbook. It serves small networks only. Arrays are batches, channels first; `weights` are the
layer's tensors by name. Layers behave as in prediction: dropout does nothing, batch norm uses its running statistics.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from cnncalc.verify.reference import layout, points, windows

Array: TypeAlias = Any
"""A numpy array; its static types know nothing of axes."""
Rule = Callable[..., Array]

RULES: dict[str, Rule] = {**windows.RULES, **points.RULES, **layout.RULES}
"""Kind -> function(layer, weights, *inputs)."""


def apply(kind: str, layer: Any, weights: dict[str, Array], *inputs: Array) -> Array:
    """The layer's output on a batch."""
    return RULES[kind](layer, weights, *inputs)
