"""What a word means where it stands: a layer with its figures, a field with its value, a claim with its verdict."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from lsprotocol import types

from cnncalc.analysis.result import ClaimResult
from cnncalc.core.dims import total
from cnncalc.core.shapes import shape_text
from cnncalc.layers.fields import describe
from cnncalc.lint.engine import Linter
from cnncalc.lint.rules.figures import whole_figure
from cnncalc.lsp.document import Document, Latest
from cnncalc.lsp.language import language
from cnncalc.lsp.names import layers_in_scope, own_blocks
from cnncalc.lsp.reading import Entry, Part, Reading, Step, Word
from cnncalc.lsp.uses import Use
from cnncalc.report.figures import anything, count, extent, parts
from cnncalc.spec import expression
from cnncalc.spec.expression import ExpressionError
from cnncalc.spec.model import Call
from cnncalc.spec.yaml import resolve

MOST_USES = 8
"""More places than this are summed up."""


class Found(NamedTuple):
    """A word of the text and where it stands."""

    word: Word
    part: Part
    entry: Entry
    is_key: bool

    @property
    def path(self) -> tuple[Step, ...]:
        """The way to the entry that the word is the key or value of."""
        own = self.entry.key.text if self.entry.key is not None else self.part.entries.index(self.entry)
        return (*self.part.path, own)

    @property
    def is_layer(self) -> bool:
        """Whether the word is the kind of a layer."""
        place = self.part.path if self.is_key else self.path
        return bool(place) and isinstance(place[-1], int) and language().is_layer(place)


def word_at(reading: Reading, offset: int) -> Found | None:
    """The key or scalar at an offset."""
    words = reading.words
    index = bisect_right([found[0].start for found in words], offset) - 1
    if index < 0 or offset > words[index][0].end:
        return None
    return Found(*words[index])


def hover(document: Document, position: types.Position, linter: Linter) -> types.Hover | None:
    """What there is to say of the word at a place."""
    found = word_at(document.reading, document.positions.offset(position))
    if found is None:
        return None
    text = "\n\n".join(part for part in _told(document, found, document.latest(linter)) if part)
    if not text:
        return None
    place = document.positions.range(found.word.start, found.word.end)
    return types.Hover(types.MarkupContent(types.MarkupKind.Markdown, text), place)


def _told(document: Document, found: Found, latest: Latest | None) -> Iterator[str]:
    if found.is_layer:
        call = call_at(document, found.word, latest)
        if latest is not None and call is not None:
            yield layer_figures(latest, call)
            yield "---"
        yield _kind(found.word.text, document)
        return
    path = found.path
    last = next((step for step in reversed(path) if isinstance(step, str)), "")
    if last in ("from", "share", "like") and not found.is_key:
        yield from _named_layer(document, found, latest)
        return
    yield _field(document, found)
    if latest is not None:
        yield from _claims(document, found, latest)
        yield from _value(document, found, latest)


# -- layers ------------------------------------------------------------------------------------------------------------


def call_at(document: Document, word: Word, latest: Latest | None) -> Call | None:
    """The written layer whose kind is this word, as it was when the text could last be read."""
    if latest is None:
        return None
    here, column = document.positions.at(word.start)
    line = latest.line(here)
    call = latest.uses.calls.get((line, column)) if line is not None else None
    return call if call is not None and call.kind == word.text else None


def layer_figures(latest: Latest, call: Call) -> str:
    """The figures of a written layer: of one place in full, of several as a table."""
    uses = latest.uses.of(call)
    if not uses:
        return "Not in the network: its condition is false, it is repeated 0 times, or its block is not used."
    told = _one(uses[0], latest) if len(uses) == 1 else _several(uses)
    faults = [f"**fault** {latest.uses.faults[use.path]}" for use in uses if use.path in latest.uses.faults]
    stale = ["*from the last text that could be read*"] if latest.stale else []
    return "\n\n".join([told, *faults[:1], *stale])


def _one(use: Use, latest: Latest) -> str:
    reads = ", ".join(map(shape_text, use.inputs))
    times = f" x {use.repeats}" if use.repeats > 1 else ""
    lines = [f"**{use.path}**{times}: {reads} → **{shape_text(use.output)}** (channels first)", ""]
    params = "parameters" + (f", {use.repeats} together" if use.repeats > 1 else "")
    facts = [(params, " = ".join(parts(use.params))), ("MACs per image", " = ".join(parts(use.macs)))]
    if use.field is not None:
        facts.append(("receptive field", f"{extent(use.field.size)} pixels"))
    if use.row is not None:
        facts.append(("output, float32", " = ".join(parts(use.row.output_bytes, "bytes"))))
    whole = latest.network.analysis.totals.params
    if type(use.params) is int and type(whole) is int and whole and use.params:
        facts[0] = (params, f"{facts[0][1]} ({100 * use.params / whole:.1f} % of the network)")
    return "\n".join([*lines, *(f"- {name}: {value}" for name, value in facts)])


def _several(uses: Sequence[Use]) -> str:
    lines = [f"Stands at {len(uses)} places in the network:", "", "| layer | output | parameters | MACs per image |"]
    lines.append("|---|---|---:|---:|")
    for use in uses[:MOST_USES]:
        times = f" x {use.repeats}" if use.repeats > 1 else ""
        lines.append(f"| {use.path}{times} | {shape_text(use.output)} | {count(use.params)} | {count(use.macs)} |")
    if len(uses) > MOST_USES:
        lines.append(f"| … and {len(uses) - MOST_USES} more | | | |")
    sums = [None if None in column else total(column) for column in ([u.params for u in uses], [u.macs for u in uses])]
    lines.append(f"| together | | {count(sums[0])} | {count(sums[1])} |")
    return "\n".join(lines)


def _kind(name: str, document: Document) -> str:
    """What a kind or block says of itself."""
    own = own_blocks(document.reading).get(name)
    if own is not None:
        given = ", ".join(f"{key}: {default if default is not None else 'required'}" for key, default in own.items())
        return f"`{name}`: a block of this document" + (f" ({given})." if given else ".")
    definition = language().definitions.get(f"{name}_n") or language().definitions.get(name) or {}
    text = definition.get("description", "")
    return f"`{name}`: {text}" if text else ""


# -- fields ------------------------------------------------------------------------------------------------------------


def _field(document: Document, found: Found) -> str:
    """What a key is for."""
    path = found.path
    while path and isinstance(path[-1], int):
        path = path[:-1]
    if not path:
        return ""
    name = str(path[-1])
    known = language().known(path[:-1], name)
    if not known.text:
        return ""
    required = name in language().keys(path[:-1]) and language().keys(path[:-1])[name].required
    note = "required" if required else "" if known.default is None else f"default {_yaml(known.default)}"
    words = ", ".join(language().words(path))
    lines = [f"**{name}**{f' ({note})' if note else ''}: {known.text}"]
    if words and len(words) < 300 and words != "true, false":
        lines.append(f"words: {words}")
    return "\n\n".join(lines)


def _yaml(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _named_layer(document: Document, found: Found, latest: Latest | None) -> Iterator[str]:
    where = layers_in_scope(document.reading, found.part).get(found.word.text)
    call = call_at(document, where, latest) if where is not None else None
    if latest is not None and call is not None:
        yield layer_figures(latest, call)


def _scalar(found: Found) -> Word | None:
    value = found.entry.value
    return value if isinstance(value, Word) else None


def _value(document: Document, found: Found, latest: Latest) -> Iterator[str]:
    """What an expression comes to: in the layers that it was used for, or with the variables alone."""
    scalar = _scalar(found)
    if scalar is None or not isinstance(resolve(scalar.text), str):
        return
    values = _in_layers(document, found, latest)
    if not values and found.path[0] != "blocks":
        values = _alone(scalar.text, latest)
    if values and values != [scalar.text]:
        shown = ", ".join(values[:MOST_USES]) + (" ..." if len(values) > MOST_USES else "")
        yield f"`{scalar.text}` = {shown}"


def _in_layers(document: Document, found: Found, latest: Latest) -> list[str]:
    """The values of a field in the layers that this written layer became, each once."""
    path = found.path
    if len(path) < 3 or not language().is_layer(path[:-2]) or found.part.above is None:
        return []
    kind = next((entry.key for entry in found.part.above.entries if entry.value is found.part), None)
    call = call_at(document, kind, latest) if kind is not None else None
    nodes = latest.uses.nodes(call) if call is not None else ()
    field = str(path[-1])
    values = [getattr(node.layer, field) for node in nodes if field in type(node.layer).model_fields]
    return list(dict.fromkeys(map(describe, values)))


def _alone(text: str, latest: Latest) -> list[str]:
    try:
        return [describe(expression.evaluate(text, latest.network.graph.environment))]
    except ExpressionError:
        return []


def _claims(document: Document, found: Found, latest: Latest) -> Iterator[str]:
    """The verdict on a claim, or the figure that a budget limits."""
    path = found.path
    if path[0] == "budget" and len(path) == 2:
        figure = whole_figure(latest.network, str(path[1]))
        yield f"now: **{_figure(figure)}**" if figure is not None else "now: unknown"
        return
    if "expect" not in path:
        return
    claims = [claim for claim in latest.network.analysis.claims if _is_here(document, claim, found, latest)]
    for claim in claims[:MOST_USES]:
        where = f"{claim.path}: " if claim.path and len(claims) > 1 else ""
        yield f"{where}computed **{_figure(claim.computed)}**: {_verdict(claim)}"


def _is_here(document: Document, claim: ClaimResult, found: Found, latest: Latest) -> bool:
    span = latest.now(claim.span)
    value = found.entry.value
    start = value.start if value is not None else -1
    return span is not None and span.line > 0 and document.positions.place(span)[0] == start


def _verdict(claim: ClaimResult) -> str:
    if claim.holds is None:
        return "undecided"
    if claim.erratum is not None:
        return "it holds, though an erratum says that it does not" if claim.holds else f"an erratum ({claim.erratum})"
    if claim.holds:
        return "holds"
    return f"false, as it follows {claim.follows}" if claim.follows and not claim.finding else "**false**"


def _figure(value: Any) -> str:
    return anything(value) if isinstance(value, tuple | list | str) else " = ".join(parts(value))
