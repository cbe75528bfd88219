"""What a text describes: layers as far as their fields are known, the input, and which fields a kind can have."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

MOST_LAYERS = 200
_WINDOW = frozenset({"kernel", "stride", "padding", "dilation"})
FIELDS: dict[str, frozenset[str]] = {
    "conv": _WINDOW | {"filters", "groups", "bias"},
    "transposed_conv": _WINDOW | {"filters", "groups", "bias", "output_padding"},
    "locally_connected": frozenset({"kernel", "stride", "filters", "bias"}),
    "depthwise_conv": _WINDOW | {"bias"},
    "separable_conv": _WINDOW | {"filters", "bias"},
    "maxpool": _WINDOW,
    "avgpool": _WINDOW - {"dilation"},
    "dense": frozenset({"units", "bias"}),
    "pad": frozenset({"padding"}),
}
"""Per kind what the phrases may say of it; other kinds take nothing."""


@dataclass
class Draft:
    """A layer as far as it has been described."""

    kind: str
    fields: dict[str, Any] = field(default_factory=dict)
    stated: tuple[int, ...] | None = None
    """The output's sides, where the text states them."""


@dataclass
class Input:
    """The input as far as it has been described."""

    channels: int | None = None
    sides: tuple[int, ...] | None = None
    flat: int | None = None


@dataclass
class Sketch:
    """What a text describes."""

    layers: list[Draft] = field(default_factory=list)
    rival: list[Draft] | None = None
    """The layers that it is compared with."""
    input: Input = field(default_factory=Input)
    loose: dict[str, Any] = field(default_factory=dict)
    """Fields of a window that no layer was named for."""
    zoo: str = ""
    """A network that is called by its name."""
    places: dict[int, tuple[int, str | None]] = field(default_factory=dict)
    """Per sentence the place of a layer in the network of that name, and its kind where it is said."""
    targets: dict[int, tuple[int, ...]] = field(default_factory=dict)
    """Per sentence the layers that its questions are about."""


def split(sizes: tuple[int, ...]) -> tuple[int, tuple[int, ...]]:
    """Channels and sides of a size of three numbers, written channels last or first.

    >>> split((224, 224, 3)), split((3, 224, 224)), split((7, 7, 512))
    ((3, (224, 224)), (3, (224, 224)), (512, (7, 7)))
    """
    first, second, third = sizes
    is_first = second == third != first or (second != third and first != second and first <= 4 < third)
    return (first, (second, third)) if is_first else (third, (first, second))
