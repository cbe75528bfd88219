"""What may be written next: keys, kinds, blocks, words, names. From the text as far as it goes, valid or not."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from lsprotocol import types

from cnncalc.lsp.document import Document
from cnncalc.lsp.language import Known, language
from cnncalc.lsp.names import layers_in_scope, own_blocks, values_in_scope
from cnncalc.lsp.reading import Part, Reading, Spot, Step
from cnncalc.spec.shipped import SHIPPED

_NAMING = ("from", "share", "like")
"""The keys whose value is the name of a layer."""
_KEYED = re.compile(r"([A-Za-z0-9_]*)[ \t]*:(?=\s|$)")
_SHAPE = re.compile(r"[{\[$]")
_UNNAMED = frozenset({"name", "expect", *_NAMING})


class Offer(NamedTuple):
    """A suggestion before it has its place."""

    label: str
    kind: types.CompletionItemKind
    text: str = ""
    """Markdown."""
    detail: str = ""
    insert: str = ""
    """What is written in place of the label; with `$1` where the cursor goes."""
    rank: str = "5"


def completion(document: Document, position: types.Position, snippets: bool) -> list[types.CompletionItem]:
    """The suggestions at a place."""
    offset = document.positions.offset(position)
    reading = Reading(document.text[:offset])
    spot = reading.spot
    word = spot.word if spot.word is not None and spot.word.end == offset else None
    if spot.role == "text" or (spot.word is not None and word is None):
        return []
    start = word.start if word is not None else offset
    # where the colon is written already, only the key is exchanged
    keyed = _KEYED.match(document.text, offset)
    place = document.positions.range(start, keyed.end(1) if keyed is not None else offset)
    space = " " if start and document.text[start - 1] == ":" else ""
    return [_item(offer, place, space, keyed is not None, snippets) for offer in _offers(document, spot)]


def _item(offer: Offer, place: types.Range, space: str, keyed: bool, snippets: bool) -> types.CompletionItem:
    insert = offer.label if keyed else offer.insert or offer.label
    shaped = "$" in insert
    if shaped and not snippets:
        insert = _SHAPE.split(insert)[0]
    return types.CompletionItem(
        label=offer.label,
        kind=offer.kind,
        detail=offer.detail or None,
        documentation=types.MarkupContent(types.MarkupKind.Markdown, offer.text) if offer.text else None,
        sort_text=f"{offer.rank}{offer.label}",
        filter_text=offer.label,
        insert_text_format=types.InsertTextFormat.Snippet if shaped and snippets else None,
        text_edit=types.TextEdit(place, space + insert),
    )


def _offers(document: Document, spot: Spot) -> Iterator[Offer]:
    reading = document.reading
    if spot.part is None:
        yield from _keys(language().keys(()), (), reading)
        return
    part = spot.part
    path: tuple[Step, ...] = part.path
    if spot.role == "key":
        whole = reading.parts.get(part.start)
        present = set((whole or part).keys()) - ({spot.word.text} if spot.word is not None else set())
        yield from (offer for offer in _mapping(path, reading) if offer.label not in present)
        return
    if spot.role == "dash":
        yield from (offer._replace(insert=f"- {offer.insert or offer.label}") for offer in _layers((*path, 0), reading))
        return
    path = (*path, part.last_step)
    yield from _values(path, reading, part, spot.role == "below")


def _values(path: tuple[Step, ...], reading: Reading, part: Part, below: bool) -> Iterator[Offer]:
    """What may stand as a value or list item."""
    last = next((step for step in reversed(path) if isinstance(step, str)), "")
    if last in _NAMING and "variables" not in path:
        for number, name in enumerate(layers_in_scope(reading, part)):
            yield Offer(name, types.CompletionItemKind.Reference, rank=f"1{number:05}")
        return
    if language().is_layer(path):
        yield from _layers(path, reading)
        return
    if below:
        if language().is_layer((*path, 0)):
            yield from (
                offer._replace(insert=f"- {offer.insert or offer.label}") for offer in _layers((*path, 0), reading)
            )
        else:
            yield from _mapping(path, reading)
    default = language().known(path[:-1], last).default if isinstance(path[-1], str) else None
    for word in language().words(path):
        detail = "default" if word == _shown(default) else ""
        yield Offer(word, types.CompletionItemKind.EnumMember, detail=detail, rank="2")
    if path[0] in ("layers", "blocks", "heads") and not _UNNAMED & set(path) and _takes_names(path, reading):
        yield from _names(path, reading)


def _takes_names(path: tuple[Step, ...], reading: Reading) -> bool:
    """Whether the value is an expression: by the schema, or a parameter of a block of the document."""
    kind = path[-2] if len(path) > 1 else ""
    return language().takes_names(path) or kind in own_blocks(reading) or kind in SHIPPED


def _names(path: tuple[Step, ...], reading: Reading) -> Iterator[Offer]:
    for name, word in values_in_scope(reading, path).items():
        line = reading.text[word.start :].partition("\n")[0]
        yield Offer(name, types.CompletionItemKind.Variable, detail=line[:60], rank="3")
    if path[0] == "blocks":
        yield Offer("in_channels", types.CompletionItemKind.Variable, "The incoming channel count.", rank="3")


# -- keys and kinds ----------------------------------------------------------------------------------------------------


def _mapping(path: tuple[Step, ...], reading: Reading) -> Iterator[Offer]:
    """The keys of a mapping; of a call of a block of the document its parameters too."""
    if language().is_layer(path):
        yield from _layers(path, reading)
        return
    block = own_blocks(reading).get(str(path[-1])) if path and language().is_layer(path[:-1]) else None
    for name, default in (block or {}).items():
        detail = "required" if default is None else f"default {default}"
        yield Offer(name, types.CompletionItemKind.Property, "", detail, f"{name}: ", "1")
    yield from _keys(language().keys(path), path, reading)


def _keys(known: dict[str, Known], path: Sequence[Step], reading: Reading) -> Iterator[Offer]:
    for number, key in enumerate(known.values()):
        detail = "required" if key.required else "" if key.default is None else f"default {_shown(key.default)}"
        rank = f"{1 if key.required else 2}{number:03}"
        insert = f"{key.name}: 1" if not path and key.name == "cnncalc" else f"{key.name}: "
        yield Offer(key.name, types.CompletionItemKind.Property, key.text, detail, insert, rank)


def _layers(path: Sequence[Step], reading: Reading) -> Iterator[Offer]:
    """Kinds, shipped blocks and the document's own."""
    words = language().words(path)
    keyed = language().keys(path)
    for name, parameters in own_blocks(reading).items():
        needed = [parameter for parameter, default in parameters.items() if default is None]
        given = ", ".join(
            f"{key}: {default if default is not None else 'required'}" for key, default in parameters.items()
        )
        yield Offer(
            name,
            types.CompletionItemKind.Class,
            "A block of this document.",
            given,
            _call(name, needed, None) if needed else name,
            "1",
        )
    for number, (name, known) in enumerate(keyed.items()):
        icon = types.CompletionItemKind.Class if name in SHIPPED else types.CompletionItemKind.Function
        needed = list(_needed(path, name))
        insert = name if name in words else _call(name, needed, language().example(name))
        yield Offer(name, icon, known.text, "block" if name in SHIPPED else "", insert, f"2{number:03}")


def _needed(path: Sequence[Step], kind: str) -> Iterable[str]:
    return (key.name for key in language().keys((*path, kind)).values() if key.required)


def _call(name: str, needed: Sequence[str], example: Any) -> str:
    """A call with a stop for every field that it needs: `conv: {filters: ${1:96}, kernel: ${2:11}}`."""
    if not needed:
        return f"{name}: $0"
    given = example if isinstance(example, dict) else {}
    # a brace would end the place to fill in
    shown = {field: _shown(given[field]) for field in needed if "{" not in str(given.get(field, "{"))}
    stops = ", ".join(
        f"{field}: ${{{number}:{shown[field]}}}" if field in shown else f"{field}: ${number}"
        for number, field in enumerate(needed, start=1)
    )
    return f"{name}: {{{stops}}}$0"


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return f"[{', '.join(map(_shown, value))}]"
    return "" if value is None else str(value)
