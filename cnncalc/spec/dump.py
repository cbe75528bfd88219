"""A Spec back to YAML: normalised, one line per layer where it fits; loading the text gives an equal Spec."""

from __future__ import annotations

import re
from typing import Any

from cnncalc.layers import KINDS, MERGES
from cnncalc.spec.calls import form_of_kind
from cnncalc.spec.model import Block, Call, Claim, Head, Spec, Stack
from cnncalc.spec.yaml import resolve

_PLAIN = re.compile(r"[A-Za-z0-9_~./(][A-Za-z0-9_~./()*+<>=! %^-]*")
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
WIDTH = 118


def dump_spec(spec: Spec) -> str:
    """The spec as YAML text."""
    top: dict[str, Any] = {"cnncalc": 1, "name": spec.name}
    if spec.source:
        top["source"] = spec.source
    inputs = {name: _sizes(sizes) for name, sizes in spec.inputs.items()}
    top["input"] = inputs["input"] if list(inputs) == ["input"] else inputs
    if spec.variables:
        top["variables"] = spec.variables
    if spec.blocks:
        top["blocks"] = {name: _block(block) for name, block in spec.blocks.items()}
    top["layers"] = _stack(spec.layers)
    if spec.heads:
        top["heads"] = {name: _head(head) for name, head in spec.heads.items()}
    if spec.expect:
        top["expect"] = _claims(spec.expect)
    for key, section in (("task", spec.task), ("train", spec.train)):
        if section is not None:
            top[key] = {
                name: getattr(section, name) for name in section.__slots__ if getattr(section, name) is not None
            }
    if spec.budget:
        top["budget"] = spec.budget
    if spec.target:
        top["target"] = spec.target
    return "".join(_entry(key, value, 0) for key, value in top.items())


def _sizes(sizes: tuple[Any, ...]) -> Any:
    """3x224xW where that reads back; else a list."""
    if len(sizes) == 1:
        return sizes[0]
    plain = all(isinstance(size, int) or (_WORD.fullmatch(size) and "x" not in size) for size in sizes)
    return "x".join(str(size) for size in sizes) if plain else list(sizes)


def _block(block: Block) -> dict[str, Any]:
    result: dict[str, Any] = {"doc": block.doc} if block.doc else {}
    if block.parameters:
        result["parameters"] = {name: _value(default) for name, default in block.parameters.items()}
    return {**result, "layers": _stack(block.layers)}


def _head(head: Head) -> dict[str, Any]:
    result: dict[str, Any] = {"from": head.source}
    if head.train_only is not None:
        result["train_only"] = head.train_only
    if head.expect:
        result["expect"] = _claims(head.expect)
    return {**result, "layers": _stack(head.layers)}


def _stack(stack: Stack) -> list[Any]:
    return [_call(call) for call in stack.calls]


def _value(value: Any) -> Any:
    return _stack(value) if isinstance(value, Stack) else value


def _call(call: Call) -> Any:
    fields: dict[str, Any] = {}
    if call.name is not None:
        fields["name"] = call.name
    if call.sources:
        fields["from"] = call.sources[0] if len(call.sources) == 1 else list(call.sources)
    for key, value in call.fields.items():
        if call.kind in MERGES and key == "branches":
            fields[key] = [_value(branch) for branch in value]
        else:
            fields[key] = _value(value)
    for key, value in (
        ("repeat", call.repeat),
        ("if", call.condition),
        ("trainable", call.trainable),
        ("train_only", call.train_only),
        ("checkpoint", call.checkpoint),
        ("inplace", call.inplace),
        ("share", call.share),
    ):
        if value is not None:
            fields[key] = value
    if call.expect:
        fields["expect"] = _claims(call.expect)
    if len(fields) == 1 and (call.kind in KINDS or call.kind == "stack"):
        key, value = next(iter(fields.items()))
        if key == form_of_kind(call.kind).short and value is not None and not isinstance(value, dict):
            return {call.kind: value}
    return {call.kind: fields} if fields else call.kind


def _claims(claims: tuple[Claim, ...]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for claim in claims:
        stated: Any = list(claim.stated) if isinstance(claim.stated, tuple) else claim.stated
        if claim.erratum is not None or claim.follows is not None:
            stated = {"stated": stated}
            if claim.erratum is not None:
                stated["erratum"] = claim.erratum
            if claim.follows is not None:
                stated["follows"] = claim.follows
        what, _, part = claim.what.partition(".")
        if part:
            result.setdefault(what, {})[part] = stated
        else:
            result[what] = stated
    return result


def _entry(key: str, value: Any, indent: int) -> str:
    pad = " " * indent
    flow = f"{pad}{_scalar(key)}: {_flow(value)}\n"
    if not isinstance(value, dict | list) or not value:
        return flow
    if len(flow) <= WIDTH and not (indent == 0 and key in ("layers", "blocks", "heads")):
        return flow
    if isinstance(value, dict):
        return f"{pad}{_scalar(key)}:\n" + "".join(_entry(inner, item, indent + 2) for inner, item in value.items())
    return f"{pad}{_scalar(key)}:\n" + "".join(_item(item, indent + 2) for item in value)


def _item(value: Any, indent: int) -> str:
    """One entry of a list, behind its dash."""
    pad = " " * indent
    if isinstance(value, dict) and len(value) == 1:
        # a layer: `- conv: {...}`, the house style
        entry = _entry(*next(iter(value.items())), indent + 2)
        return f"{pad}- {entry[indent + 2 :]}"
    flow = f"{pad}- {_flow(value)}\n"
    if len(flow) <= WIDTH or not isinstance(value, dict | list) or not value:
        return flow
    if isinstance(value, dict):
        inner = "".join(_entry(key, item, indent + 2) for key, item in value.items())
    else:
        inner = "".join(_item(item, indent + 2) for item in value)
    return f"{pad}- {inner[indent + 2 :]}"


def _flow(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_scalar(key)}: {_flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_flow(item) for item in value) + "]"
    return _scalar(value)


def _scalar(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, int):
        return str(value)
    text = str(value)
    if (
        text
        and _PLAIN.fullmatch(text)
        and text == text.strip()
        and resolve(text) == text
        and isinstance(resolve(text), str)
        and ": " not in text
    ):
        return text
    return '"' + "".join(_escaped(character) for character in text) + '"'


def _escaped(character: str) -> str:
    if character in '"\\':
        return "\\" + character
    if character.isprintable():
        return character
    return f"\\U{ord(character):08x}"
