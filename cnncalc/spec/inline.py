"""Inline notation: `in 3x200x300; conv 100 k3 s2 same; maxpool 2; dense 10 softmax`, wherever a spec file is accepted.

Statements are separated by `;`. Each is a kind, the value of its short form (for convolutions: the filters), then
`kN sN pN dN gN` for kernel, stride, padding, dilation, groups (`k3x5` per axis), the words `same valid full nobias`,
and the name of an activation. The text becomes the same tree as YAML and goes through the same loader.
"""

from __future__ import annotations

import re
from typing import NoReturn

from cnncalc.core.diagnostic import Diagnostic, SpecError
from cnncalc.core.source import Source, Span
from cnncalc.layers import ACTIVATIONS, SHORTHAND
from cnncalc.spec.yaml import Mapping, Node, Scalar, Sequence, resolve

_LETTERS = {"k": "kernel", "s": "stride", "p": "padding", "d": "dilation", "g": "groups"}
_OPTION = re.compile(r"([kspdg])([0-9]+(?:x[0-9]+)*)")
_WORDS = {"same": "same", "valid": "valid", "full": "full"}
_FILTERS = ("conv", "conv1d", "conv2d", "conv3d", "transposed_conv", "locally_connected")
_LOOKS = re.compile(r"\s*in\s+[0-9A-Za-z]")


def is_inline(text: str) -> bool:
    """Whether an argument is inline notation and not a file's name."""
    return ";" in text or _LOOKS.match(text) is not None


def parse_inline(source: Source) -> Mapping:
    """The notation as the tree of a spec. Raises SpecError."""
    position = 0
    root = Mapping(Span(1, 1, 1, len(source.text) + 1))
    layers = Sequence(root.span)
    _put(root, "cnncalc", Scalar(1, Span(1, 1, 1, 1)))
    for statement in source.text.split(";"):
        words = [(match.group(), position + match.start()) for match in re.finditer(r"\S+", statement)]
        position += len(statement) + 1
        if not words:
            continue
        if words[0][0] == "in":
            _input(source, root, words)
        else:
            layers.items.append(_layer(source, words))
    _put(root, "layers", layers)
    return root


def _span(word: str, at: int) -> Span:
    return Span(1, at + 1, 1, at + 1 + len(word))


def _put(mapping: Mapping, key: str, node: Node, span: Span | None = None) -> None:
    mapping.entries[key] = node
    mapping.keys[key] = Scalar(key, span or node.span)


def _stop(source: Source, word: str, at: int, message: str, expected: str = "", remedy: str = "") -> NoReturn:
    raise SpecError(
        Diagnostic(message, expected=expected, received=word, remedy=remedy, span=_span(word, at), file=source.name)
    )


def _input(source: Source, root: Mapping, words: list[tuple[str, int]]) -> None:
    if len(words) != 2 or "input" in root.entries:
        word, at = words[-1]
        _stop(source, word, at, "the notation starts with one input", "in CxHxW", "write in 3x224x224; conv ...")
    word, at = words[1]
    _put(root, "input", Scalar(resolve(word), _span(word, at)))


def _layer(source: Source, words: list[tuple[str, int]]) -> Mapping:
    kind, start = words[0]
    fields = Mapping(_span(kind, start))
    rest = words[1:]
    if rest and not _is_option(rest[0][0], kind):
        word, at = rest[0]
        key = "filters" if kind in _FILTERS else ""
        node = _value(word, at)
        if key:
            _put(fields, key, node)
            rest = rest[1:]
        elif len(rest) == 1:
            return _call(kind, start, node)
        else:
            _put(fields, _short(source, kind, word, at), node)
            rest = rest[1:]
    for word, at in rest:
        _option(source, fields, kind, word, at)
    return _call(kind, start, fields if fields.entries else Scalar(None, fields.span))


def _call(kind: str, start: int, body: Node) -> Mapping:
    call = Mapping(_span(kind, start))
    _put(call, kind, body, _span(kind, start))
    return call


def _value(word: str, at: int) -> Scalar | Sequence:
    if re.fullmatch(r"[0-9]+(x[0-9]+)+", word):
        sizes = Sequence(_span(word, at))
        sizes.items = [Scalar(int(part), sizes.span) for part in word.split("x")]
        return sizes
    return Scalar(resolve(word), _span(word, at))


def _short(source: Source, kind: str, word: str, at: int) -> str:
    from cnncalc.layers import KINDS, layer_class
    from cnncalc.spec.shipped import shipped_block

    short = layer_class(kind).short if kind in KINDS else None
    if short is None:
        block = shipped_block(kind)
        short = next(iter(block.parameters), None) if block is not None else None
    if short is None and kind in KINDS:
        _stop(source, word, at, f"{kind} takes no value", remedy="see docs/language.md for its fields")
    # of an unknown kind the loader says what is wrong
    return short or "value"


def _is_option(word: str, kind: str) -> bool:
    return (
        _OPTION.fullmatch(word) is not None
        or word in _WORDS
        or word == "nobias"
        or (word in ACTIVATIONS and kind in SHORTHAND)
    )


def _option(source: Source, fields: Mapping, kind: str, word: str, at: int) -> None:
    match = _OPTION.fullmatch(word)
    if match:
        key, node = _LETTERS[match.group(1)], _value(match.group(2), at)
    elif word in _WORDS:
        key, node = "padding", Scalar(word, _span(word, at))
    elif word == "nobias":
        key, node = "bias", Scalar(False, _span(word, at))
    elif word in ACTIVATIONS:
        key, node = "activation", Scalar(word, _span(word, at))
    else:
        _stop(
            source,
            word,
            at,
            f"{word} is not understood after {kind}",
            "kN, sN, pN, dN, gN, same, valid, full, nobias or an activation",
            "statements are separated by ;",
        )
    if key in fields.entries:
        _stop(source, word, at, f"the {key} of {kind} is given twice", remedy="remove one of them")
    _put(fields, key, node, _span(word, at))
