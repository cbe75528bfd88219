"""The layers of a document as an outline, where names lead, and the shapes at the ends of the lines."""

from __future__ import annotations

from collections.abc import Iterator

from lsprotocol import types

from cnncalc.core.shapes import shape_text
from cnncalc.core.source import Span
from cnncalc.graph.names import stack_names
from cnncalc.lint.engine import Linter
from cnncalc.lsp.document import Document, Latest
from cnncalc.lsp.hover import Found, word_at
from cnncalc.lsp.names import block_key, layers_in_scope, values_in_scope
from cnncalc.lsp.positions import Positions
from cnncalc.lsp.reading import Word
from cnncalc.report.figures import short
from cnncalc.spec import expression
from cnncalc.spec.model import Call, Stack
from cnncalc.spec.shipped import shipped_block, shipped_file

# -- outline -----------------------------------------------------------------------------------------------------------


def symbols(document: Document, linter: Linter) -> list[types.DocumentSymbol]:
    """The blocks, layers and heads of a document; those of the last text that could be read while it cannot."""
    latest = document.latest(linter)
    if latest is None:
        return []
    spec = latest.network.spec
    found: list[types.DocumentSymbol] = []
    for block in spec.blocks.values():
        found += _symbol(document, latest, block.name, "block", types.SymbolKind.Class, block.span, block.layers)
    found += _layers(document, latest, spec.layers)
    for head in spec.heads.values():
        found += _symbol(document, latest, head.name, "head", types.SymbolKind.Namespace, head.span, head.layers)
    return found


def _symbol(
    document: Document, latest: Latest, name: str, detail: str, kind: types.SymbolKind, span: Span, stack: Stack
) -> Iterator[types.DocumentSymbol]:
    now = latest.now(span)
    if now is None:
        return
    inside = list(_layers(document, latest, stack))
    place = document.positions.of_span(now)
    whole = types.Range(place.start, max((one.range.end for one in inside), key=_key, default=place.end))
    yield types.DocumentSymbol(name, kind, _around(whole, place), place, detail, children=inside or None)


def _layers(document: Document, latest: Latest, stack: Stack) -> Iterator[types.DocumentSymbol]:
    for name, call in zip(stack_names(stack), stack.calls, strict=True):
        now = latest.now(call.span)
        if now is None:
            continue
        place = document.positions.of_span(now)
        extent = latest.now(latest.network.edit.extent(call))
        whole = document.positions.range(*document.positions.place(extent)) if extent is not None else place
        inside = [one for part in _stacks(call) for one in _layers(document, latest, part)]
        kind = types.SymbolKind.Module if inside else types.SymbolKind.Field
        yield types.DocumentSymbol(
            name, kind, _around(whole, place), place, _detail(call, latest), children=inside or None
        )


def _stacks(call: Call) -> Iterator[Stack]:
    for value in call.fields.values():
        yield from (one for one in (value if isinstance(value, tuple) else (value,)) if isinstance(one, Stack))


def _detail(call: Call, latest: Latest) -> str:
    uses = latest.uses.of(call)
    outputs = dict.fromkeys(shape_text(use.output) for use in uses)
    shown = next(iter(outputs), "") if len(outputs) == 1 else f"{len(uses)} places" if uses else ""
    return f"{call.kind} → {shown}" if shown else call.kind


def _key(position: types.Position) -> tuple[int, int]:
    return position.line, position.character


def _around(whole: types.Range, place: types.Range) -> types.Range:
    """The range with the name in it, as the protocol demands."""
    return types.Range(min(whole.start, place.start, key=_key), max(whole.end, place.end, key=_key))


# -- definitions -------------------------------------------------------------------------------------------------------


def definition(document: Document, position: types.Position) -> types.Location | None:
    """Where the name at a place is defined: the layer of a `from`, a block, a variable or parameter."""
    offset = document.positions.offset(position)
    found = word_at(document.reading, offset)
    if found is None:
        return None
    if found.is_layer:
        return _block(document, found.word.text)
    word = _named(document, found, offset)
    return types.Location(document.uri, document.positions.range(word.start, word.end)) if word is not None else None


def _named(document: Document, found: Found, offset: int) -> Word | None:
    last = next((step for step in reversed(found.path) if isinstance(step, str)), "")
    if found.is_key:
        return None
    if last in ("from", "share", "like"):
        return layers_in_scope(document.reading, found.part).get(found.word.text.partition(".")[0].partition("[")[0])
    values = values_in_scope(document.reading, found.path)
    if expression.is_name(found.word.text):
        return values.get(found.word.text)
    start = end = offset
    while start > found.word.start and _in_name(document.text[start - 1]):
        start -= 1
    while end < found.word.end and _in_name(document.text[end]):
        end += 1
    return values.get(document.text[start:end])


def _in_name(character: str) -> bool:
    return character.isalnum() or character == "_"


def _block(document: Document, name: str) -> types.Location | None:
    own = block_key(document.reading, name)
    if own is not None:
        return types.Location(document.uri, document.positions.range(own.start, own.end))
    shipped = shipped_block(name)
    if shipped is None:
        return None
    path = shipped_file(name)
    places = Positions(path.read_text(encoding="utf-8"), document.encoding)
    return types.Location(path.as_uri(), places.of_span(shipped.span))


# -- shapes at the ends of the lines -----------------------------------------------------------------------------------


def hints(document: Document, where: types.Range, linter: Linter) -> list[types.InlayHint]:
    """What each layer gives, after its line: `→ 96x55x55, 34.94 K`; nothing where it differs from use to use."""
    latest = document.latest(linter)
    if latest is None:
        return []
    shown: dict[int, str] = {}
    for call in latest.uses.calls.values():
        now = latest.now(call.span)
        if now is None or not where.start.line <= now.line - 1 <= where.end.line:
            continue
        told = {
            f"→ {shape_text(use.output)}{f', {short(use.params)}' if use.params else ''}"
            for use in latest.uses.of(call)
        }
        line = document.positions.line_of(document.positions.place(now)[0])
        # of several layers in one line none is told
        shown[line] = "" if line in shown or len(told) != 1 else told.pop()
    return [_hint(document, line, text) for line, text in sorted(shown.items()) if text]


def _hint(document: Document, line: int, text: str) -> types.InlayHint:
    end = document.positions.position(document.positions.ends[line])
    return types.InlayHint(
        end, text, padding_left=True, tooltip="output (channels first) and parameters, as cnncalc computes them"
    )
