"""The types of layer fields: what a value in a spec may be, the message when it is not, and its JSON Schema.

A field value arrives with names and expressions already replaced: an int, a symbol, a float, a word, a list or a
mapping.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, NamedTuple

from pydantic import PlainValidator, WithJsonSchema
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from cnncalc.core.diagnostic import did_you_mean
from cnncalc.core.dims import Dim, is_symbolic

LARGEST = 10**12
"""No dimension, count or stride may be larger: beyond it a typing error is certain."""


def wrong(expected: str, received: object, remedy: str = "") -> PydanticCustomError:
    """The error of a field whose value does not fit; the loader adds the position."""
    return PydanticCustomError(
        "field", "{expected}", {"expected": expected, "received": describe(received), "remedy": remedy}
    )


def describe(value: object) -> str:
    """A received value as the author would recognise it.

    >>> describe(True), describe([1, 2]), describe("wide")
    ('true', '[1, 2]', 'the word wide')
    """
    if value is None:
        return "nothing"
    if hasattr(value, "described"):
        return str(value.described)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple):
        return f"[{', '.join(describe(item) for item in value)}]"
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, str):
        return f"the word {value}" if len(value) <= 60 else f"a text of {len(value)} characters"
    if isinstance(value, int) and abs(value) > LARGEST:
        return "a number beyond 10^12"
    return str(value)


def integer(value: Any, least: int, expected: str) -> Dim:
    """An int or symbol of at least `least`."""
    if is_symbolic(value) and value.is_Integer:
        value = int(value)
    if isinstance(value, float) and value.is_integer() and abs(value) < LARGEST:
        raise wrong(expected, value, f"write {int(value)}")
    if isinstance(value, bool) or not (isinstance(value, int) or is_symbolic(value) or _is_array(value)):
        raise wrong(expected, value, _word_remedy(value))
    if isinstance(value, int) and (value < least or value > LARGEST):
        raise wrong(expected if value < least else f"{expected} of at most 10^12", value)
    return value


def _is_array(value: Any) -> bool:
    return hasattr(value, "dtype") and hasattr(value, "shape")


def _word_remedy(value: Any) -> str:
    if isinstance(value, str):
        return "names must be variables or block parameters; define it under variables:, or write a number"
    return ""


def _count(value: Any) -> Dim:
    return integer(value, 1, "a whole number of at least 1")


def _natural(value: Any) -> Dim:
    return integer(value, 0, "a whole number of at least 0")


def per_axis(check: Callable[[Any], Dim], value: Any, expected: str) -> Dim | tuple[Dim, ...]:
    """One value for all axes, or a list with one value per axis."""
    if isinstance(value, list | tuple):
        if not 1 <= len(value) <= 3:
            raise wrong(f"{expected}, or a list with one per axis (1 to 3)", value)
        return tuple(check(item) for item in value)
    return check(value)


def _counts(value: Any) -> Dim | tuple[Dim, ...]:
    return per_axis(_count, value, "a whole number of at least 1")


def _naturals(value: Any) -> Dim | tuple[Dim, ...]:
    return per_axis(_natural, value, "a whole number of at least 0")


class Sides(NamedTuple):
    """Padding given side by side."""

    left: Dim = 0
    right: Dim = 0
    top: Dim = 0
    bottom: Dim = 0
    front: Dim = 0
    back: Dim = 0

    def pairs(self, axes: int) -> tuple[tuple[Dim, Dim], ...]:
        """(before, after) per spatial axis, outermost first."""
        return ((self.front, self.back), (self.top, self.bottom), (self.left, self.right))[3 - axes :]


PADDING_WORDS = ("valid", "same", "full")
PaddingValue = Any


def _padding(value: Any) -> PaddingValue:
    if isinstance(value, str):
        if value in PADDING_WORDS:
            return value
        raise wrong(
            "valid, same, full, a whole number, [h, w] or {top, bottom, left, right}",
            value,
            did_you_mean(value, PADDING_WORDS),
        )
    return _amount(value)


def _amount(value: Any) -> PaddingValue:
    if isinstance(value, Sides):
        return value
    if isinstance(value, dict):
        unknown = [key for key in value if key not in Sides._fields]
        if unknown:
            raise wrong(
                "the sides top, bottom, left, right (and front, back in 3-D)",
                f"{unknown[0]}",
                did_you_mean(unknown[0], Sides._fields),
            )
        return Sides(**{side: _natural(item) for side, item in value.items()})
    return _naturals(value)


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise wrong("true or false", value)
    return value


def _number(least: float | None, below: float | None, expected: str) -> Callable[[Any], float]:
    def check(value: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise wrong(expected, value, _word_remedy(value))
        if (least is not None and value < least) or (below is not None and value >= below):
            raise wrong(expected, value)
        return value

    return check


class OneOf:
    """The marker of a field that takes one of some words: `Annotated[str, OneOf("max", "average")]`."""

    def __init__(self, *words: str) -> None:
        self.words = words

    def check(self, value: Any) -> str:
        """The word. Raises the field's error for anything else."""
        if not isinstance(value, str) or value not in self.words:
            remedy = did_you_mean(value, self.words) if isinstance(value, str) else ""
            raise wrong(f"one of {', '.join(self.words)}", value, remedy)
        return value

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(self.check)

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: Any) -> dict[str, Any]:
        return {"enum": list(self.words)}


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise wrong("a name", value)
    return value


_EXPRESSION: dict[str, Any] = {"type": "string", "description": "an expression over variables and block parameters"}
_INT: dict[str, Any] = {"anyOf": [{"type": "integer"}, _EXPRESSION]}
_AXES: dict[str, Any] = {"anyOf": [*_INT["anyOf"], {"type": "array", "items": _INT, "minItems": 1, "maxItems": 3}]}
_SIDES: dict[str, Any] = {
    "type": "object",
    "properties": dict.fromkeys(Sides._fields, _INT),
    "additionalProperties": False,
}

Count = Annotated[Dim, PlainValidator(_count), WithJsonSchema(_INT)]
Natural = Annotated[Dim, PlainValidator(_natural), WithJsonSchema(_INT)]
Counts = Annotated[Any, PlainValidator(_counts), WithJsonSchema(_AXES)]
OptionalCount = Annotated[
    Any, PlainValidator(lambda value: None if value is None else _count(value)), WithJsonSchema(_INT)
]
OptionalCounts = Annotated[
    Any, PlainValidator(lambda value: None if value is None else _counts(value)), WithJsonSchema(_AXES)
]
Naturals = Annotated[Any, PlainValidator(_naturals), WithJsonSchema(_AXES)]
Padding = Annotated[
    Any, PlainValidator(_padding), WithJsonSchema({"anyOf": [{"enum": list(PADDING_WORDS)}, *_AXES["anyOf"], _SIDES]})
]
Amount = Annotated[Any, PlainValidator(_amount), WithJsonSchema({"anyOf": [*_AXES["anyOf"], _SIDES]})]
Flag = Annotated[bool, PlainValidator(_flag), WithJsonSchema({"anyOf": [{"type": "boolean"}, _EXPRESSION]})]
Number = Annotated[
    float, PlainValidator(_number(None, None, "a number")), WithJsonSchema({"anyOf": [{"type": "number"}, _EXPRESSION]})
]
Positive = Annotated[
    float,
    PlainValidator(_number(1e-300, None, "a number above 0")),
    WithJsonSchema({"anyOf": [{"type": "number", "exclusiveMinimum": 0}, _EXPRESSION]}),
]
Rate = Annotated[
    float,
    PlainValidator(_number(0, 1, "a rate of at least 0 and below 1")),
    WithJsonSchema({"anyOf": [{"type": "number", "minimum": 0, "exclusiveMaximum": 1}, _EXPRESSION]}),
]
Name = Annotated[str, PlainValidator(_text), WithJsonSchema({"type": "string"})]


def expand(value: Any, axes: int) -> tuple[Any, ...]:
    """One value per spatial axis, from a scalar or a list of that length.

    >>> expand(3, 2), expand((3, 5), 2)
    ((3, 3), (3, 5))
    """
    return value if isinstance(value, tuple) else (value,) * axes
