"""The JSON Schema of single values: numbers, sizes, words, quantities, claims. What holds them is put together in `schema`.

A number may also be an expression. Where no name is in scope (`names` false: no variables, no block around it) only
arithmetic on numbers is one, so that a misspelt word is an error; where names are in scope every word may be one.
"""

from __future__ import annotations

from typing import Any

from cnncalc.layers import ACTIVATIONS
from cnncalc.layers.axis import AXIS_NAMES
from cnncalc.layers.fields import LARGEST, PADDING_WORDS, Sides
from cnncalc.spec.describe import FieldNote
from cnncalc.spec.quantity import SUFFIXES, UNITS
from cnncalc.spec.words import BYTE_FIGURES, FIELD_FIGURES, SHAPE_FIGURES, TOTAL_FIGURES

Json = dict[str, Any]

NAME: Json = {"anyOf": [{"type": "string", "pattern": "^[A-Za-z0-9_][A-Za-z0-9_-]*$"}, {"type": "integer"}]}
IDENTIFIER = "^[A-Za-z_][A-Za-z0-9_]*$"

# an editor's YAML 1.2 reads 34_944 as text, so digits with underscores pass as numbers everywhere
_FLOAT = "^[-+]?([0-9]+\\.?[0-9]*|\\.[0-9]+)([eE][-+]?[0-9]+)?$"
_ARITHMETIC = "^[-+*/() ]*[0-9][-0-9_+*/() ]*$"
_COMPARISON = "^(?=.*(?:[=<>]|\\b(?:true|false)\\b))(?:[-0-9_+*/()<>=! ]|\\b(?:and|or|not|true|false)\\b)+$"
# names and operators; 3x3 is not an expression, and neither is 2.5*width
_WITH_NAMES = "^(?!.*\\b[0-9][0-9_]*[A-Za-z])[-A-Za-z0-9_+*/()<>=! '\"]+$"
# a claim on symbols; unlike a condition it has no words side by side, so 3 MiB is none
_CLAIMED = "^(?!.*\\b[0-9][0-9_]*[A-Za-z])(?!.*[A-Za-z0-9_)] +[A-Za-z0-9_(])[-A-Za-z0-9_+*/(), ]+$"
_SHAPE = "^[A-Za-wyz0-9_+*/() -]+(x[A-Za-wyz0-9_+*/() -]+){0,3}$"


def any_of(*choices: Json) -> Json:
    """One choice as it is, several as anyOf."""
    return choices[0] if len(choices) == 1 else {"anyOf": list(choices)}


def reference(name: str, **siblings: Any) -> Json:
    """A reference to a definition."""
    return {"$ref": f"#/$defs/{name}", **siblings}


def _expression(names: bool, pattern: str = _ARITHMETIC) -> Json:
    return {"type": "string", "pattern": _WITH_NAMES if names else pattern}


def _whole(least: int, names: bool) -> Json:
    return any_of({"type": "integer", "minimum": least, "maximum": LARGEST}, _expression(names))


def _per_axis(least: int, names: bool) -> Json:
    one = _whole(least, names)
    return any_of(*one["anyOf"], {"type": "array", "items": one, "minItems": 1, "maxItems": 3})


def _real(names: bool, **bounds: float) -> Json:
    return any_of({"type": "number", **bounds}, {"type": "string", "pattern": _FLOAT}, _expression(names))


def _sides(names: bool) -> Json:
    one = _whole(0, names)
    return {"type": "object", "properties": dict.fromkeys(Sides._fields, one), "additionalProperties": False}


def _optional(schema: Json) -> Json:
    return any_of(*schema["anyOf"], {"type": "null"})


def _choice(words: tuple[str, ...], names: bool) -> Json:
    return any_of({"enum": list(words)}, *([_expression(True)] if names else []))


def value_types(names: bool) -> dict[str, Json]:
    """The schema of every type that a layer's field may have, by the type's name in the source."""
    links = {"type": "array", "items": {"type": "integer", "minimum": 0}, "minItems": 1, "uniqueItems": True}
    table = {"type": "array", "items": links, "minItems": 1}
    word = [_expression(True)] if names else []
    sizes = any_of(
        {"type": "array", "items": _whole(1, names), "minItems": 1, "maxItems": 4},
        *_whole(1, names)["anyOf"],
        {"type": "string", "pattern": "^[0-9]+(x[0-9]+){1,3}$"},
    )
    return {
        "Count": _whole(1, names),
        "Natural": _whole(0, names),
        "OptionalNatural": _optional(_whole(0, names)),
        "OptionalCount": _optional(_whole(1, names)),
        "Counts": _per_axis(1, names),
        "OptionalCounts": _optional(_per_axis(1, names)),
        "Naturals": _per_axis(0, names),
        "Padding": any_of({"enum": list(PADDING_WORDS)}, *_per_axis(0, names)["anyOf"], _sides(names)),
        "Amount": any_of(*_per_axis(0, names)["anyOf"], _sides(names)),
        "Flag": any_of({"type": "boolean"}, _expression(names, _COMPARISON)),
        "Number": _real(names),
        "Positive": _real(names, exclusiveMinimum=0),
        "Rate": _real(names, minimum=0, exclusiveMaximum=1),
        "OptionalName": any_of({"type": "string", "minLength": 1}, {"type": "null"}),
        "OptionalText": any_of({"type": "string"}, {"type": "null"}),
        "Sizes": sizes,
        "OptionalSizes": _optional(sizes),
        "Order": any_of({"type": "array", "items": {"type": "integer", "minimum": 0}, "uniqueItems": True}, *word),
        "Connections": any_of(table, {"type": "null"}, *word),
        "Axis": _optional(any_of(_choice(("channels", "last"), names), *word, {"type": "null"})),
        "AxisName": _choice(AXIS_NAMES, names),
        "Activation": any_of(
            _choice(tuple(sorted(ACTIVATIONS)), names), _activation_with_fields(names), {"type": "null"}
        ),
    }


def _activation_with_fields(names: bool) -> Json:
    kinds = {kind: reference(kind + ("_n" if names else "")) for kind in sorted(ACTIVATIONS)}
    return {
        "type": "object",
        "properties": kinds,
        "minProperties": 1,
        "maxProperties": 1,
        "additionalProperties": False,
    }


def field_schema(note: FieldNote, names: bool) -> Json:
    """The schema of one field: its type by reference, its docstring, its default."""
    result: Json = (
        _choice(note.words, names)
        if note.words and note.type != "AxisName"
        else reference(f"{note.type}{'_n' if names else ''}")
    )
    result = {**result, "description": note.text}
    if not note.required and note.default is not None:
        result["default"] = note.default
    return result


# -- claims ------------------------------------------------------------------------------------------------------------


def _quantity(units: bool) -> Json:
    words = "|".join(sorted([*SUFFIXES, *(UNITS if units else ())], key=len, reverse=True)).rstrip("|")
    printed = {"type": "string", "pattern": f"^~? *[0-9][0-9_]*(\\.[0-9]+)? *({words})?$"}
    return any_of({"type": "number"}, printed, {"type": "string", "pattern": _CLAIMED})


_BOUND = "^ *(>=|<=) *[0-9][0-9_]*(\\.[0-9]+)? *[A-Za-z]*$"


def _claimed(value: Json) -> Json:
    """A stated value, alone or with why it is known to be wrong."""
    explained = {
        "type": "object",
        "properties": {
            "stated": value,
            "erratum": {"type": "string", "description": "Why the printed value is wrong; the claim must not hold."},
            "follows": {"type": "string", "description": "The path of the claim that makes this one false."},
        },
        "required": ["stated"],
        "additionalProperties": False,
    }
    return any_of(*value["anyOf"], explained)


def claim_types() -> dict[str, Json]:
    """The schemas of claims: shapes, counts, bytes, receptive fields, and the fields of a kind."""
    size = any_of({"type": "integer", "minimum": 0}, {"type": "string", "pattern": _SHAPE})
    shape = any_of(*size["anyOf"], {"type": "array", "items": size, "minItems": 1, "maxItems": 4})
    extent = any_of({"type": "integer"}, {"type": "number"}, {"type": "string"})
    extents = any_of(*extent["anyOf"], {"type": "array", "items": extent, "minItems": 1, "maxItems": 3})
    parts = {
        "type": "object",
        "properties": {part: _claimed(extents) for part in FIELD_FIGURES},
        "minProperties": 1,
        "additionalProperties": False,
    }
    scalar = any_of(*({"type": kind} for kind in ("string", "number", "boolean", "array")))
    return {
        "claim_of_shape": _claimed(shape),
        "claim_of_count": _claimed(_quantity(units=False)),
        "claim_of_bytes": _claimed(_quantity(units=True)),
        "claim_of_receptive_field": any_of(*_claimed(extents)["anyOf"], parts),
        "claim_of_field": _claimed(scalar),
        "bound": any_of(*_quantity(units=True)["anyOf"], {"type": "string", "pattern": _BOUND}),
        "figures": {
            "type": "object",
            "properties": {figure: reference(_claim_of(figure)) for figure in TOTAL_FIGURES},
            "additionalProperties": reference("claim_of_field"),
        },
    }


def _claim_of(figure: str) -> str:
    if figure in SHAPE_FIGURES:
        return "claim_of_shape"
    if figure == "receptive_field":
        return "claim_of_receptive_field"
    return "claim_of_bytes" if figure in BYTE_FIGURES else "claim_of_count"


# -- inputs ------------------------------------------------------------------------------------------------------------


def input_schema() -> Json:
    """The forms of `input`: 3x224x224, a number, a list, {channels, height, width}, or several named inputs."""
    size = any_of({"type": "integer", "minimum": 1, "maximum": LARGEST}, _expression(True))
    sides = dict.fromkeys(("channels", "depth", "height", "width", "length"), size)
    one = any_of(
        {"type": "integer", "minimum": 1, "maximum": LARGEST},
        {"type": "string", "pattern": _SHAPE},
        {"type": "array", "items": size, "minItems": 1, "maxItems": 4},
        {"type": "object", "properties": sides, "required": ["channels"], "additionalProperties": False},
    )
    named = {
        "type": "object",
        "minProperties": 1,
        "propertyNames": {"pattern": NAME["anyOf"][0]["pattern"], "not": {"enum": list(sides)}},
        "additionalProperties": one,
    }
    return any_of(*one["anyOf"], named)


NUMBERS_ONLY: Json = any_of(
    {"type": "integer"},
    {"type": "string", "pattern": "^[0-9_x ]+$"},
    {"type": "array", "items": {"type": "integer"}},
)
"""An input without symbols; a symbol is a name in scope."""
