"""Weights as a layer takes them: parameters as they are, or computed from parameters just before their use."""

from __future__ import annotations

from math import prod
from typing import Any

from cnncalc.importers.maps import Map
from cnncalc.importers.torch.arguments import NotUnderstoodError
from cnncalc.importers.torch.translate import Translator
from cnncalc.importers.torch.values import Weight

COMPUTED = (
    "weights that the module computes before their use (standardised or normalised ones) are written as the layer's own: "
    "sizes, parameters and MACs are the same, that arithmetic and the computed copies are left out"
)
GAINED = (
    "a learned factor per filter in weights that the module computes is a scale layer behind the convolution: torch "
    "multiplies the weights, so that the memory figures for training are larger than the module's"
)


def weight_of(value: Any, what: str = "weight") -> Weight:
    """A parameter as the module holds it. Raises NotUnderstoodError for anything computed."""
    if isinstance(value, Weight) and not value.made and len(value.names) == 1:
        return value
    made = isinstance(value, Weight) and value.made
    raise NotUnderstoodError(f"takes a {what} that is computed" if made else f"takes a {what} that is a map")


def learned(t: Translator, value: Any) -> Weight:
    """A parameter, or what the module computes from one parameter number by number, which stands for it.

    Raises NotUnderstoodError for what depends on maps, on a buffer or on several parameters.
    """
    own, other = _sources(t, value, 1)
    if other is not None:
        raise NotUnderstoodError(f"takes weights that are computed from {', '.join(value.names)}")
    return own


def filters_of(t: Translator, value: Any) -> tuple[Weight, Weight | None]:
    """A convolution's weights, and the parameter with a factor for each filter that they were multiplied by, if any."""
    return _sources(t, value, 2)


def _sources(t: Translator, value: Any, most: int) -> tuple[Weight, Weight | None]:
    if isinstance(value, Map):
        raise NotUnderstoodError("takes weights that are computed from a map")
    if not isinstance(value, Weight) or not value.made:
        return weight_of(value), None
    held = [name for name in value.names if name not in t.module.parameters]
    if held:
        raise NotUnderstoodError(f"takes weights that are computed with the buffer {held[0]}, which are no parameters")
    count, filters = prod(value.shape), value.shape[0] if value.shape else 1
    own = [name for name in value.names if t.module.sizes[name] == count][:1]
    others = [name for name in value.names if name not in own]
    if not own or len(others) >= most or any(t.module.sizes[name] != filters for name in others):
        raise NotUnderstoodError(f"takes weights that are computed from {', '.join(value.names) or 'no parameter'}")
    t.notes[GAINED if others else COMPUTED] = None
    return Weight((own[0],), value.shape), Weight((others[0],), (filters,)) if others else None
