"""Changes to a spec's text that keep comments, order and layout: what fixes are made of.

Every method gives the edits for one change, or none where the text is written in a way that it cannot change cleanly.
"""

from __future__ import annotations

from functools import cached_property
from typing import NamedTuple

from cnncalc.core.diagnostic import SpecError
from cnncalc.core.source import Source, Span
from cnncalc.lint.finding import Edit
from cnncalc.lint.text import Lines
from cnncalc.spec.model import Call
from cnncalc.spec.yaml import Mapping, Node, Scalar, Sequence, parse

Edits = tuple[Edit, ...]


class Item(NamedTuple):
    """A layer as it is written: its place in its list, and what stands there."""

    list: Sequence
    place: int
    node: Node

    @property
    def body(self) -> Node | None:
        """What follows the kind."""
        return next(iter(self.node.entries.values())) if isinstance(self.node, Mapping) else None


class Editor:
    """Edits of one text."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.lines = Lines(text)
        self.newline = "\r\n" if "\r\n" in text else "\n"

    # -- layers ----------------------------------------------------------------------------------------------------

    def rename(self, call: Call, kind: str) -> Edits:
        """Another kind, with the same fields."""
        return (Edit(call.span, kind),) if self._item(call) else ()

    def remove(self, call: Call) -> Edits:
        """The layer goes, with the line that it alone fills."""
        item = self._item(call)
        if item is None or len(item.list.items) == 1:
            return ()
        start, end = self._start(item.node), self._end(item.node)
        if self._flow(item.list):
            if item.place + 1 < len(item.list.items):
                return self._cut(start, self._start(item.list.items[item.place + 1]))
            return self._cut(self._end(item.list.items[item.place - 1]), end)
        dash = self._dash(start)
        if dash is None:
            return ()
        line, column = self.lines.position(dash)
        if not self.lines.line(line)[: column - 1].strip():
            return self._cut(self.lines.starts[line - 1], self._next_line(end))
        # the first of a nested list, on the line of the list itself: the next one moves up
        following = item.list.items[item.place + 1] if item.place + 1 < len(item.list.items) else None
        after = None if following is None else self._dash(self._start(following))
        return () if after is None else self._cut(dash, after)

    def insert_before(self, call: Call, layer: str) -> Edits:
        """A new layer before this one."""
        item = self._item(call)
        if item is None:
            return ()
        start = self._start(item.node)
        if self._flow(item.list):
            return self._put(start, f"{layer}, ")
        dash = self._dash(start)
        if dash is None:
            return ()
        column = self.lines.position(dash)[1]
        return self._put(dash, f"- {layer}\n{' ' * (column - 1)}")

    def insert_after(self, call: Call, layer: str) -> Edits:
        """A new layer after this one."""
        item = self._item(call)
        if item is None:
            return ()
        if self._flow(item.list):
            return self._put(self._end(item.node), f", {layer}")
        dash = self._dash(self._start(item.node))
        if dash is None:
            return ()
        column = self.lines.position(dash)[1]
        line = self.lines.position(self._end(item.node))[0]
        return self._put(self.lines.end_of(line), f"\n{' ' * (column - 1)}- {layer}")

    def swap(self, one: Call, two: Call) -> Edits:
        """Two layers of one list change places; comments stay where they are."""
        first, second = self._item(one), self._item(two)
        if first is None or second is None or first.list is not second.list:
            return ()
        spans = [(self._start(item.node), self._end(item.node)) for item in (first, second)]
        texts = [self.text[start:end] for start, end in spans]
        return tuple(Edit(self.lines.span(*span), text) for span, text in zip(spans, reversed(texts), strict=True))

    # -- fields ----------------------------------------------------------------------------------------------------

    def set(self, call: Call, field: str, value: str) -> Edits:
        """A field gets a value, which may be new or replace the old one."""
        item = self._item(call)
        if item is None:
            return ()
        if field in call.spans:
            return self._replaced(item, field, call, value)
        body = item.body
        if isinstance(item.node, Scalar):
            return self._put(self._end(item.node), f": {{{field}: {value}}}")
        if isinstance(body, Mapping):
            return self._added(body, field, value)
        if body is None or (isinstance(body, Scalar) and body.value is None) or len(call.spans) != 1:
            return ()
        if isinstance(body, Sequence) and not self._flow(body):
            return ()
        start, end = self._start(body), self._end(body)
        short = next(iter(call.spans))
        written = f"{{{short}: {self.text[start:end]}, {field}: {value}}}"
        return (Edit(self.lines.span(start, end), written),)

    def unset(self, call: Call, field: str) -> Edits:
        """A field goes."""
        item = self._item(call)
        body = item.body if item is not None else None
        if not isinstance(body, Mapping) or field not in body.entries:
            return ()
        names = list(body.entries)
        at = names.index(field)
        start, end = self._start(body.keys[field]), self._end(body.entries[field])
        if not self._flow(body):
            line, column = self.lines.position(start)
            if len(names) == 1 or self.lines.line(line)[: column - 1].strip():
                return ()
            return self._cut(self.lines.starts[line - 1], self._next_line(end))
        if at + 1 < len(names):
            return self._cut(start, self._start(body.keys[names[at + 1]]))
        return self._cut(start if at == 0 else self._end(body.entries[names[at - 1]]), end)

    def _replaced(self, item: Item, field: str, call: Call, value: str) -> Edits:
        body = item.body
        node = body.entries.get(field) if isinstance(body, Mapping) else body
        if node is None:
            return ()
        return (Edit(self.lines.span(self._start(node), self._end(node)), value),)

    def _added(self, body: Mapping, field: str, value: str) -> Edits:
        if self._flow(body):
            if not body.entries:
                return self._put(self._start(body) + 1, f"{field}: {value}")
            return self._put(self._end(list(body.entries.values())[-1]), f", {field}: {value}")
        column = next(iter(body.keys.values())).span.column
        line = self.lines.position(self._end(body))[0]
        return self._put(self.lines.end_of(line), f"\n{' ' * (column - 1)}{field}: {value}")

    def extent(self, call: Call) -> Span:
        """Where the whole layer stands, its fields included; where the text cannot be made out, its kind alone."""
        item = self._item(call)
        return self.lines.span(self._start(item.node), self._end(item.node)) if item is not None else call.span

    # -- where things stand ----------------------------------------------------------------------------------------

    @cached_property
    def _items(self) -> dict[tuple[int, int], Item]:
        """Items of lists by the place of their kind."""
        try:
            pending: list[Node] = [parse(Source("", self.text))]
        except SpecError:
            return {}
        found: dict[tuple[int, int], Item] = {}
        while pending:
            node = pending.pop()
            if isinstance(node, Mapping):
                pending += node.entries.values()
            elif isinstance(node, Sequence):
                for index, item in enumerate(node.items):
                    key = next(iter(item.keys.values())) if isinstance(item, Mapping) and item.keys else item
                    found[key.span[:2]] = Item(node, index, item)
                pending += node.items
        return found

    def _item(self, call: Call) -> Item | None:
        return self._items.get(call.span[:2])

    def _start(self, node: Node) -> int:
        return self.lines.offset(node.span.line, node.span.column)

    def _flow(self, node: Node) -> bool:
        """Whether a list or mapping is written in brackets."""
        return self.text[self._start(node) : self._start(node) + 1] in ("[", "{")

    def _end(self, node: Node) -> int:
        """Where a node's own text ends; YAML's block ends stand only at what follows."""
        if isinstance(node, Mapping) and not self._flow(node):
            last = list(node.entries.values())[-1]
            if isinstance(last, Scalar) and last.value is None and last.span[:2] == last.span[2:]:
                key = list(node.keys.values())[-1]
                return self.text.index(":", self.lines.offset(key.span.end_line, key.span.end_column)) + 1
            return self._end(last)
        if isinstance(node, Sequence) and not self._flow(node):
            return self._end(node.items[-1]) if node.items else self._start(node)
        end = self.lines.offset(node.span.end_line, node.span.end_column)
        return len(self.text[:end].rstrip()) if isinstance(node, Scalar) else end

    def _dash(self, start: int) -> int | None:
        """The dash before an item of a block list, on the same line."""
        at = start - 1
        while at >= 0 and self.text[at] == " ":
            at -= 1
        return at if at >= 0 and self.text[at] == "-" else None

    def _next_line(self, offset: int) -> int:
        line = self.lines.position(offset)[0]
        return self.lines.starts[line] if line < len(self.lines) else len(self.text)

    def _cut(self, start: int, end: int) -> Edits:
        return (Edit(self.lines.span(start, end), ""),)

    def _put(self, at: int, text: str) -> Edits:
        return (Edit(self.lines.span(at, at), text.replace("\n", self.newline)),)
