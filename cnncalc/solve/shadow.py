"""A layer whose fields and input sizes are recording numbers: its own methods then write their derivations.

The names: C, H, W (L in one dimension, D_in in three) for the input, the same with `_out` for the output, K, S, P, D, G
for the window's fields; `_h` and `_w` only where the axes differ. A field at a value that makes it vanish (dilation 1,
one group) stays a plain number; a convolution's padding is shown even when it is 0, as the documents do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import copy
from typing import Any, NamedTuple

from cnncalc.analysis.borders import window_axes
from cnncalc.core.dims import is_symbolic
from cnncalc.core.recording import Recorded, expression_of, named, value_of
from cnncalc.core.shapes import AXES, Shape
from cnncalc.graph.model import Graph, Node
from cnncalc.layers.base import Layer
from cnncalc.layers.fields import Sides

SYMBOLS: dict[str, str] = {
    "kernel": "K",
    "stride": "S",
    "padding": "P",
    "amount": "P",
    "dilation": "D",
    "groups": "G",
    "filters": "C_out",
    "units": "N_out",
    "multiplier": "M",
    "output_padding": "P_out",
    "factor": "F",
    "size": "size",
    "pieces": "p",
    "start": "start",
    "stop": "stop",
}
"""Which letter stands for a field."""

_VANISHING: dict[str, int] = {"dilation": 1, "groups": 1, "multiplier": 1, "output_padding": 0, "start": 0}
_LETTER: dict[str, str] = {"length": "L", "depth": "D", "height": "H", "width": "W"}


class Shadow(NamedTuple):
    """A layer seen through names."""

    node: Node
    layer: Layer
    inputs: tuple[Shape, ...]
    """Named input sizes."""
    derived: Shape
    """The output's sizes with the formulas that give them."""
    output: Shape
    """The output's sizes as named quantities, for figures that are computed from them."""


def shadow(node: Node, graph: Graph) -> Shadow | None:
    """The layer with recording numbers in its fields and inputs; None where its shapes are unknown."""
    shapes = tuple(graph.shape(ref) for ref in node.inputs)
    if node.output is None or None in shapes:
        return None
    known: tuple[Shape, ...] = shapes  # type: ignore[assignment]
    inputs = named_inputs(known)
    layer = recorded(node.layer, known[0])
    derived = layer.output(*inputs)
    return Shadow(node, layer, inputs, derived, outputs(node.output))


def node_of(it: Shadow) -> Node:
    """The node as a carrier of the shadow: what analysis computes of a node, it then computes with names."""
    twin = copy(it.node)
    twin.layer, twin.output = it.layer, it.output
    return twin


def named_inputs(shapes: tuple[Shape, ...]) -> tuple[Shape, ...]:
    """Input sizes by name; where sizes are symbols themselves, `H_in` and not `H`."""
    return tuple(_inputs(shapes, any(is_symbolic(size) for shape in shapes for size in shape)))


def _inputs(shapes: tuple[Shape, ...], symbolic: bool) -> Iterator[Shape]:
    if len(shapes) == 1:
        yield named_shape(shapes[0], "_in" if symbolic else "", "_in")
        return
    for number, shape in enumerate(shapes, start=1):
        yield named_shape(shape, f"_{number}", f"_{number}")


def outputs(shape: Shape) -> Shape:
    """An output's sizes by name."""
    return named_shape(shape, "_out", "_out")


def named_shape(shape: Shape, suffix: str, channels: str) -> Shape:
    """Every size by name: the letter of its axis and a suffix; a vector is N."""
    spatial = AXES[len(shape) - 1]
    if not spatial:
        return (named(f"N{channels}", shape[0]),)
    # D alone is the dilation
    names = [_LETTER[axis] + (suffix or ("_in" if axis == "depth" else "")) for axis in spatial]
    return (named(f"C{channels}", shape[0]), *(named(name, size) for name, size in zip(names, shape[1:], strict=True)))


def axis_symbols(shape: Shape) -> tuple[str, ...]:
    """The names of an output's axes."""
    return tuple(expression_of(size).parts[0] for size in outputs(shape))


def recorded(layer: Layer, shape: Shape) -> Layer:
    """A copy of the layer whose fields are named numbers."""
    axes = AXES[len(shape) - 1]
    fields: dict[str, Any] = {}
    for field, symbol in SYMBOLS.items():
        if field not in type(layer).model_fields:
            continue
        value = layer.effective(field)
        if field == "units" and axes:
            symbol = "C_out"
        if field == "padding" and value == "valid" and layer.weighted:
            value = 0
        if value is None or isinstance(value, str) or _vanishes(field, value):
            continue
        fields[field] = _named_field(symbol, value, tuple(axis[0] for axis in axes))
    return layer.model_copy(update=fields)


def _vanishes(field: str, value: Any) -> bool:
    least = _VANISHING.get(field)
    values = value if isinstance(value, tuple) else (value,)
    return least is not None and all(type(one) is int and one == least for one in values)


def _named_field(symbol: str, value: Any, axes: tuple[str, ...]) -> Any:
    if isinstance(value, Sides):
        sides = zip(Sides._fields, value, strict=True)
        return Sides(*(named(f"{symbol}_{side}", size) if size != 0 else 0 for side, size in sides))
    if not isinstance(value, tuple):
        return named(symbol, value)
    if all(one == value[0] for one in value[1:]):
        return (named(symbol, value[0]),) * len(value)
    if len(value) != len(axes):
        # the layer does not take it, and says so
        return value
    base, _, below = symbol.partition("_")
    name: Callable[[str], str] = lambda axis: f"{base}_{below}{axis}"  # noqa: E731
    return tuple(named(name(axis), one) for axis, one in zip(axes, value, strict=True))


def is_plain_name(size: Any, name: str) -> bool:
    """Whether a size's formula is just that name."""
    return isinstance(size, Recorded) and size.expression.op == "leaf" and size.expression.parts[0] == name


def placed(it: Shadow) -> Layer:
    """The layer with SAME's padding as it comes to stand, before and after each axis."""
    axes = window_axes(it.layer, it.inputs[0])
    if not axes or axes[0].padding != "same":
        return it.layer
    amounts = [
        (named("P_before", value_of(before)), named("P_after", value_of(after)))
        for before, after in (axis.pads for axis in axes)
    ]
    depth, height, width = [(0, 0)] * (3 - len(amounts)) + amounts
    return it.layer.model_copy(update={"padding": Sides(*width, *height, *depth)})
