"""Keras' words in the language's: activations, padding, axes. Maps are channels last there, channels first here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cnncalc.core.shapes import AXES, Shape, rank

Pieces = list[tuple[str, dict[str, Any]]]
"""A chain of layers: kind and fields."""


class UnknownError(Exception):
    """What the language has no word for; the text says what."""


ACTIVATIONS: dict[str, Pieces] = {
    "linear": [],
    "relu": [("relu", {})],
    "relu6": [("relu6", {})],
    "softmax": [("softmax", {})],
    "log_softmax": [("log_softmax", {})],
    "sigmoid": [("sigmoid", {})],
    "tanh": [("tanh", {})],
    "elu": [("elu", {})],
    "selu": [("selu", {})],
    "gelu": [("gelu", {})],
    "silu": [("silu", {})],
    "swish": [("silu", {})],
    "mish": [("mish", {})],
    "softplus": [("softplus", {})],
    "hard_sigmoid": [("hardsigmoid", {})],
    "hard_silu": [("hardswish", {})],
    "hard_swish": [("hardswish", {})],
    "leaky_relu": [("leaky_relu", {"slope": 0.2})],
}


def activation(value: Any) -> Pieces:
    """An activation by name, as a function's reference, or as a layer's configuration."""
    if value is None:
        return []
    if isinstance(value, dict):
        inner = value.get("config")
        name = inner if isinstance(inner, str) else str(value.get("class_name"))
    else:
        name = str(value)
    if name not in ACTIVATIONS:
        raise UnknownError(f"the activation {name}")
    return ACTIVATIONS[name]


def per_axis(value: Any) -> Any:
    """A number where all axes have the same, else a list."""
    if isinstance(value, list | tuple):
        return value[0] if len(set(value)) == 1 else list(value)
    return value


def sides(value: Any, axes: int) -> Any:
    """The padding or cropping of Keras' layers, per axis (before, after)."""
    if isinstance(value, int):
        return [(value, value)] * axes
    if axes == 1:
        value = [value]
    return [(one, one) if isinstance(one, int) else tuple(one) for one in value]


_SIDES = (("front", "back"), ("top", "bottom"), ("left", "right"))


def amount(pairs: Sequence[tuple[int, int]]) -> Any:
    """Pairs per axis as the language writes padding: a number, a list or sides by name."""
    if all(before == after for before, after in pairs):
        return per_axis([before for before, _ in pairs])
    names = _SIDES[3 - len(pairs) :]
    named = [
        (word, size) for words, pair in zip(names, pairs, strict=True) for word, size in zip(words, pair, strict=True)
    ]
    return {word: size for word, size in named if size}


def last_is_channels(config: dict[str, Any]) -> None:
    """Raises UnknownError for channels first."""
    if config.get("data_format", "channels_last") != "channels_last":
        raise UnknownError("data_format channels_first")


def place(axis: Any, shape: Shape) -> int:
    """The place, channels first, of an axis that Keras counts with the batch and channels last."""
    if isinstance(axis, list | tuple):
        if len(axis) != 1:
            raise UnknownError(f"the axes {list(axis)}")
        axis = axis[0]
    count = rank(shape) + 2
    axis = axis + count if axis < 0 else axis
    if not 1 <= axis < count:
        raise UnknownError(f"the axis {axis}")
    return 0 if axis == count - 1 else axis


def axis_word(axis: Any, shape: Shape) -> str:
    """The language's name of the axis."""
    index = place(axis, shape)
    return "channels" if index == 0 else AXES[rank(shape)][index - 1]


def channels_first(sizes: Sequence[Any]) -> Shape:
    """Keras' shape of one image, channels first."""
    return (sizes[-1], *sizes[:-1])
