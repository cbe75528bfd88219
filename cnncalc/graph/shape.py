"""The output shape of a layer, or why there is none; each (layer, input shapes) pair is worked out once."""

from __future__ import annotations

from typing import NamedTuple

from cnncalc.core.dims import Condition, Dim, canonical, too_large
from cnncalc.core.shapes import Shape, elements
from cnncalc.layers.base import Layer, Unmet


class Inference(NamedTuple):
    """A shape, or the requirement that failed; and what had to be assumed."""

    output: Shape | None
    fault: Unmet | None
    conditions: tuple[Condition, ...]
    number: int = 0
    """Of the pair, in the order in which pairs were met."""


_BEYOND = Unmet(
    None,
    "the map is beyond 10^30 numbers, or its formula too long to work with",
    "a map that a network can have",
    "",
    "use smaller factors, or give the symbols values with --set or --input",
)


class Shapes:
    """Infers and remembers shapes."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, tuple[Shape, ...]], Inference] = {}

    def infer(self, layer: Layer, inputs: tuple[Shape, ...]) -> Inference:
        """The layer's output on these inputs. The layer must stay alive as long as this object."""
        key = (id(layer), inputs)
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = _infer(layer, inputs)._replace(number=len(self._known))
        return known


def _infer(layer: Layer, inputs: tuple[Shape, ...]) -> Inference:
    conditions: list[Condition] = []
    for missing in layer.requires(*inputs):
        if missing.condition is None or missing.condition.holds is False:
            return Inference(None, missing, tuple(conditions))
        conditions.append(missing.condition)
    output = tuple([canonical(dim) for dim in layer.output(*inputs)])
    if any(too_large(dim) for dim in output) or too_large(elements(output)):
        return Inference(None, _BEYOND, tuple(conditions))
    return Inference(output, None, tuple(conditions))


def likely_channels(layer: Layer, inputs: tuple[Dim | None, ...]) -> Dim | None:
    """The channel count that a faulty layer would most likely give, so that what follows can still be unrolled."""
    for name in ("filters", "units"):
        value = getattr(layer, name, None)
        if value is not None:
            result: Dim = value
            return result
    return inputs[0] if inputs else None
