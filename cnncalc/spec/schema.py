"""The surface language as a JSON Schema (draft 2020-12), for editors.

Generated from the layer classes: fields with their docstrings, defaults and choices, short forms; then the common keys,
the sections and the claims. A list of layers is checked in one of four ways: with or without names in scope (variables,
symbols, block parameters), and with or without blocks of the spec's own. Suffix `_n` marks definitions with names in
scope, `_o` those with own blocks. What depends on values (shapes, references, counts) is the engine's business.
"""

from __future__ import annotations

from itertools import product
from typing import Any, NamedTuple

from cnncalc.layers import KINDS, MERGES, SHORTHAND
from cnncalc.spec.describe import KindNote, example_fields, kind_note
from cnncalc.spec.model import COMMON_KEYS
from cnncalc.spec.schema_values import (
    IDENTIFIER,
    NAME,
    NUMBERS_ONLY,
    Json,
    any_of,
    claim_types,
    field_schema,
    input_schema,
    reference,
    value_types,
)
from cnncalc.spec.shipped import SHIPPED, shipped_block
from cnncalc.spec.words import AUTOCAST, BUDGET_FIGURES, DTYPES, LOSSES, OPTIMIZERS, ROW_FIGURES, TOTAL_FIGURES

NESTING: tuple[str, ...] = (*sorted(MERGES), "highway", "stack")
"""The kinds that hold lists of layers."""

MOST_REPEATS = 100_000
"""The unroller's limit."""

STACK = KindNote("stack", "Layers in order, grouped in place under one name.", "Output: the last layer's.")

COMMON: dict[str, str] = {
    "name": "The layer's name, unique in its stack; its kind and number when left out.",
    "from": "The earlier layer that it reads, or a list of them for a merge; the layer before when left out.",
    "expect": "Claims: figures that must hold.",
    "repeat": "How many times in a row, each with weights of its own; 0 leaves it out.",
    "if": "A condition; when it is false the layer is left out.",
    "trainable": "false freezes its parameters: still in params, not in trainable_params.",
    "train_only": "true: it exists in training only, and counts neither in macs nor in prediction memory.",
    "checkpoint": "true: training recomputes it instead of keeping what backward needs.",
    "inplace": "true: it overwrites its input, as torch's inplace activations do.",
    "share": "The earlier layer whose weights it uses.",
}
"""What each common key says."""


EITHER: dict[str, tuple[str, str]] = {"crop": ("size", "like"), "upsample": ("factor", "size")}
"""The kinds that need one of two fields."""


class Mode(NamedTuple):
    """Where a list of layers stands."""

    names: bool
    own: bool

    @property
    def values(self) -> str:
        """The suffix of definitions in which only names matter."""
        return "_n" if self.names else ""

    @property
    def suffix(self) -> str:
        """The suffix of definitions that hold layers."""
        return self.values + ("_o" if self.own else "")


def schema() -> Json:
    """The JSON Schema of a spec.

    >>> sorted(schema()["required"])
    ['cnncalc', 'input', 'layers']
    """
    definitions: dict[str, Json] = {**claim_types(), "row_figure": {"enum": list(ROW_FIGURES)}}
    for names in (False, True):
        suffix = "_n" if names else ""
        definitions |= {f"{name}{suffix}": value for name, value in value_types(names).items()}
        definitions |= _keys(names)
        definitions |= {f"{kind}{suffix}": _kind(kind, names) for kind in KINDS if kind not in NESTING}
        definitions |= {f"{block}{suffix}": _shipped(block, names) for block in SHIPPED}
    for mode in (Mode(names, own) for names, own in product((False, True), (False, True))):
        definitions |= {f"{kind}{mode.suffix}": _nesting(kind, mode) for kind in NESTING}
        definitions[f"layer{mode.suffix}"] = _layer(mode)
        definitions[f"layers{mode.suffix}"] = any_of(
            {"type": "array", "items": reference(f"layer{mode.suffix}")}, {"type": "null"}
        )
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:cnncalc:spec:1",
        "title": "cnncalc spec, version 1",
        "description": "A convolutional network for cnncalc; docs/language.md is the reference.",
        **_root(),
        "$defs": dict(sorted(definitions.items())),
    }


# -- the document ------------------------------------------------------------------------------------------------------


def _root() -> Json:
    text: Json = {"type": ["string", "number"]}
    word = {"type": "object", "additionalProperties": False}
    return {
        "type": "object",
        "required": ["cnncalc", "input", "layers"],
        "properties": {
            "cnncalc": {"const": 1, "description": "The language's version."},
            "name": {**text, "description": "The network's name."},
            "source": {**text, "description": "Where the numbers come from."},
            "input": {**input_schema(), "description": "Input sizes, channels first: 3x224x224, 3xHxW, 1x16000, 784."},
            "variables": _variables(),
            "blocks": _blocks(),
            "layers": {"description": "The layers, in order."},
            "heads": {"type": "object", "description": "Outputs of their own, each from a named layer."},
            "expect": _expect(TOTAL_FIGURES),
            "task": {
                **word,
                "properties": {"classes": {"type": ["integer", "string"]}, "loss": {"enum": list(LOSSES)}},
                "description": "What the network is for.",
            },
            "train": {
                **word,
                "properties": {
                    "batch": {"type": "integer", "minimum": 1},
                    "optimizer": {"enum": list(OPTIMIZERS)},
                    "dtype": {"enum": list(DTYPES)},
                    "accumulate": {"type": "integer", "minimum": 1},
                    "weight_decay": {"type": "number", "minimum": 0},
                    "foreach": {"type": "boolean"},
                    "set_to_none": {"type": "boolean"},
                    "autocast": {"enum": list(AUTOCAST)},
                },
                "description": "How it is trained.",
            },
            "budget": {
                **word,
                "properties": {figure: reference("bound") for figure in BUDGET_FIGURES},
                "description": 'Limits: the most that a figure may be (5M), of receptive_field the least; ">= 200" and "<= 5M" say which.',
            },
            "target": {**word, "properties": {"device": {"type": "string"}}, "description": "Where it will run."},
        },
        "additionalProperties": False,
        "allOf": [_when(Mode(names, own)) for names, own in product((False, True), (False, True))],
    }


def _variables() -> Json:
    return {
        "type": "object",
        "propertyNames": {"pattern": IDENTIFIER, "not": {"const": "in_channels"}},
        "additionalProperties": {"type": ["integer", "number", "string", "boolean"]},
        "description": "Names for values; an expression over other variables, a word, or symbol.",
    }


def _when(mode: Mode) -> Json:
    """The layers and heads of a document in which these things are in scope."""
    names = any_of({"required": ["variables"]}, {"properties": {"input": {"not": NUMBERS_ONLY}}, "required": ["input"]})
    own: Json = {"required": ["blocks"]}
    head = {
        "type": "object",
        "properties": {
            "from": {"type": ["string", "integer"], "description": COMMON["from"]},
            "train_only": reference(f"Flag{mode.values}", description=COMMON["train_only"]),
            "layers": reference(f"layers{mode.suffix}"),
            "expect": _expect(ROW_FIGURES),
        },
        "required": ["from", "layers"],
        "additionalProperties": False,
    }
    return {
        "if": {"allOf": [names if mode.names else {"not": names}, own if mode.own else {"not": own}]},
        "then": {
            "properties": {
                "layers": reference(f"layers{mode.suffix}"),
                "heads": {"propertyNames": NAME["anyOf"][0], "additionalProperties": head},
            }
        },
    }


def _blocks() -> Json:
    parameters = {
        "type": ["object", "null"],
        "propertyNames": {"pattern": IDENTIFIER, "not": {"enum": [*COMMON_KEYS, "in_channels"]}},
        "description": "Parameters and their defaults; null makes one required.",
    }
    block = {
        "type": "object",
        "properties": {
            "parameters": parameters,
            "layers": reference("layers_n_o"),
            "doc": {"type": "string", "description": "What it is."},
        },
        "required": ["layers"],
        "additionalProperties": False,
    }
    return {
        "type": "object",
        "propertyNames": {"pattern": IDENTIFIER, "not": {"enum": [*KINDS, "stack"]}},
        "additionalProperties": block,
        "description": "Named stacks with parameters, used like kinds.",
    }


# -- layers ------------------------------------------------------------------------------------------------------------


def _layer(mode: Mode) -> Json:
    """A layer: a word, or a mapping with one key."""
    properties = {kind: _described(kind, mode) for kind in (*KINDS, "stack")}
    properties |= {block: _described(block, mode) for block in SHIPPED}
    mapping: Json = {"type": "object", "properties": properties, "minProperties": 1, "maxProperties": 1}
    if mode.own:
        call = any_of({"type": ["array", "string", "number", "boolean", "null"]}, _call(mode.names))
        mapping |= {"propertyNames": {"pattern": IDENTIFIER}, "additionalProperties": call}
        word: Json = {"type": "string", "pattern": IDENTIFIER, "not": {"enum": _needing_fields()}}
    else:
        mapping["additionalProperties"] = False
        word = {"enum": sorted({*KINDS, *SHIPPED} - set(_needing_fields()))}
    return any_of(mapping, word)


def _needing_fields() -> list[str]:
    return sorted(kind for kind in (*KINDS, "stack", *SHIPPED) if kind in {*NESTING, *EITHER} or _required(kind))


def _required(kind: str) -> tuple[str, ...]:
    if kind in SHIPPED:
        return tuple(name for name, default in _parameters(kind).items() if default is None)
    return tuple(note.name for note in kind_note(kind).fields if note.required)


def _parameters(block: str) -> dict[str, Any]:
    found = shipped_block(block)
    assert found is not None
    return found.parameters


def _described(kind: str, mode: Mode) -> Json:
    return reference(f"{kind}{mode.suffix if kind in NESTING else mode.values}")


def _keys(names: bool) -> dict[str, Json]:
    """The definitions of the keys that every layer takes."""
    suffix = "_n" if names else ""
    reads = any_of(*NAME["anyOf"], {"type": "string", "minLength": 1})
    text = [choice for choice in value_types(names)["Natural"]["anyOf"] if choice["type"] == "string"]
    types: dict[str, Json] = {
        "name": NAME,
        "from": any_of(*reads["anyOf"], {"type": "array", "items": reads, "minItems": 1}),
        "expect": _expect(ROW_FIGURES),
        "repeat": any_of({"type": "integer", "minimum": 0, "maximum": MOST_REPEATS}, *text, {"type": "null"}),
        "share": reads,
    }
    flag = any_of(reference(f"Flag{suffix}"), {"type": "null"})
    return {f"key_{key}{suffix}": {**types.get(key, flag), "description": COMMON[key]} for key in COMMON_KEYS}


def _common(names: bool) -> dict[str, Json]:
    """The keys that every layer takes."""
    return {key: reference(f"key_{key}{'_n' if names else ''}") for key in COMMON_KEYS}


def _expect(figures: tuple[str, ...]) -> Json:
    return reference("figures", propertyNames={"enum": list(figures)})


def _claims_with(fields: dict[str, Json]) -> Json:
    """The claims on a layer that has these fields."""
    own = [name for name in fields if name not in ROW_FIGURES]
    known = any_of(reference("row_figure"), {"enum": own})
    return reference("figures", propertyNames=known, description=COMMON["expect"])


def _call(names: bool) -> Json:
    """A call of a block of the spec's own, whose parameters the schema does not know."""
    return {"type": "object", "properties": _common(names)}


def _kind(kind: str, names: bool) -> Json:
    """A kind whose fields are values."""
    note = kind_note(kind)
    fields = {field.name: field_schema(field, names) for field in note.fields}
    if kind in SHORTHAND:
        activation = reference(f"Activation{'_n' if names else ''}")
        fields["activation"] = {**activation, "description": "The activation after it, a layer of its own."}
    mapping = _mapping(fields, _required(kind), names)
    if kind in EITHER:
        mapping["anyOf"] = [{"required": [field]} for field in EITHER[kind]]
    if kind == "upsample":
        given = {"not": {"type": "null"}}
        both = {"required": list(EITHER[kind]), "properties": dict.fromkeys(EITHER[kind], given)}
        mapping["not"] = both
    choices = [mapping]
    if note.short is not None:
        short = fields[note.short]
        choices.append({"allOf": [short, {"not": {"type": "object"}}], "description": f"short for {note.short}"})
    if not _required(kind) and kind not in EITHER:
        choices.append({"type": "null"})
    return {**_head(note), **any_of(*choices)}


def _head(note: KindNote) -> Json:
    text = f"{note.summary} {note.details}".strip() + (f" Source: {note.source}." if note.source else "")
    return {"title": note.kind, "description": text, "examples": [example_fields(note.kind)]}


def _mapping(fields: dict[str, Json], required: tuple[str, ...], names: bool, claimed: bool = True) -> Json:
    result: Json = {
        "type": "object",
        "properties": {**fields, **_common(names)},
        "additionalProperties": False,
    }
    if claimed and fields:
        result["properties"]["expect"] = _claims_with(fields)
    return {**result, "required": list(required)} if required else result


def _nesting(kind: str, mode: Mode) -> Json:
    """A kind that holds lists of layers."""
    layers = reference(f"layers{mode.suffix}")
    word: list[Json] = [{"type": "string", "pattern": IDENTIFIER}] if mode.names else []
    inner = any_of(layers, *word)
    if kind == "stack":
        return {**_head(STACK), **any_of(_mapping({"layers": inner}, ("layers",), mode.names), inner)}
    note = kind_note(kind)
    if kind == "highway":
        fields = {
            "layers": {**inner, "description": "The transform."},
            "gate": {**inner, "description": "The gate; the transform with its last activation a sigmoid."},
        }
        return {**_head(note), **any_of(_mapping(fields, ("layers",), mode.names), inner)}
    branches: Json = {"type": "array", "items": inner, "minItems": 2}
    own = {field.name: field_schema(field, mode.names) for field in note.fields}
    described = {"branches": {**branches, "description": "The branches, each a list of layers; [] is the identity."}}
    mapping = _mapping({**described, **own}, (), mode.names)
    mapping["anyOf"] = [{"required": ["branches"]}, {"required": ["from"]}]
    return {**_head(note), **any_of(mapping, branches)}


def _shipped(block: str, names: bool) -> Json:
    """A block that ships with the package."""
    found = shipped_block(block)
    assert found is not None
    fields: dict[str, Json] = {}
    for name, default in found.parameters.items():
        fields[name] = {"description": "required" if default is None else f"default {default}"}
        fields[name] |= {} if default is None or isinstance(default, str) else {"default": default}
    mapping = _mapping(fields, _required(block), names, claimed=False)
    value: list[Json] = [{"type": ["string", "number", "array"]}] if found.parameters else []
    bare: list[Json] = [] if _required(block) else [{"type": "null"}]
    return {"title": block, "description": found.doc, **any_of(mapping, *value, *bare)}
