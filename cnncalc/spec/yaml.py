"""YAML text to a tree of nodes with source positions.

The tree is built without recursion from the parser's events, so neither deep nesting nor an alias bomb can hurt, and
scalars are resolved by rules of our own: null, true / false, decimal integers, floats; everything else is text.
Duplicate keys, anchors, aliases, merge keys and tags are refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NoReturn

import yaml

from cnncalc.core.diagnostic import Diagnostic, SpecError
from cnncalc.core.digits import LONGEST, PATTERN
from cnncalc.core.source import Source, Span

LARGEST_TEXT = 16 * 1024 * 1024
DEEPEST = 64

_INT = re.compile(rf"[-+]?{PATTERN}")
_FLOAT = re.compile(r"[-+]?(?:[0-9]+\.[0-9]*|\.[0-9]+|[0-9]+(?=[eE]))(?:[eE][-+]?[0-9]+)?")
_WORDS: dict[str, Any] = {"": None, "~": None, "null": None, "true": True, "false": False}

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Scalar:
    """A single value: None, bool, int, float or str."""

    __slots__ = ("span", "value")

    def __init__(self, value: Any, span: Span) -> None:
        self.value = value
        self.span = span


class Sequence:
    """A list of nodes."""

    __slots__ = ("items", "span")

    def __init__(self, span: Span) -> None:
        self.items: list[Node] = []
        self.span = span


class Mapping:
    """Keys in the order of the text; `keys` holds each key's own node."""

    __slots__ = ("entries", "keys", "span")

    def __init__(self, span: Span) -> None:
        self.entries: dict[str, Node] = {}
        self.keys: dict[str, Scalar] = {}
        self.span = span


Node = Scalar | Sequence | Mapping


def resolve(text: str) -> Any:
    """A plain scalar's value by the language's own rules.

    >>> resolve("34_944"), resolve("1e-4"), resolve("3x227x227"), resolve("no"), resolve("1:30")
    (34944, 0.0001, '3x227x227', 'no', '1:30')
    """
    if text in _WORDS:
        return _WORDS[text]
    first = text[0]
    if first.isdigit() or first in "+-.":
        if _INT.fullmatch(text) and len(text) <= LONGEST:
            return int(text)
        if _FLOAT.fullmatch(text) and len(text) <= LONGEST:
            value = float(text)
            return value if value - value == 0 else text
    return text


def _stop(
    source: Source, span: Span, message: str, remedy: str = "", expected: str = "", received: str = ""
) -> NoReturn:
    raise SpecError(
        Diagnostic(message, remedy=remedy, expected=expected, received=received, span=span, file=source.name)
    )


def _span(event: Any) -> Span:
    start, end = event.start_mark, event.end_mark
    return Span(start.line + 1, start.column + 1, end.line + 1, end.column + 1)


def _events(source: Source) -> Iterator[Any]:
    try:
        yield from yaml.parse(source.text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        opened = _left_open(error)
        mark = opened or error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        span = Span(line, column, line, column + 1)
        problem = "what is opened here is not closed" if opened else error.problem or "it cannot be read"
        lines = source.text.splitlines()
        here = lines[line - 1][: column + 1] if line <= len(lines) else ""
        if "tab character" in problem or "\\t" in problem or ("any token" in problem and "\t" in here):
            _stop(source, span, "a tab where YAML needs spaces", "indent with spaces", "spaces", "a tab")
        _stop(source, span, f"not YAML: {problem}", "check quotes, brackets and indentation here")
    except yaml.reader.ReaderError as error:
        before = source.text[: error.position]
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
        received = f"the character U+{error.character:04X}" if isinstance(error.character, int) else ""
        span = Span(line, column, line, column + 1)
        _stop(source, span, "a control character, which YAML does not allow", "write plain text", "text", received)
    except yaml.YAMLError as error:
        _stop(source, Span(1, 1, 1, 1), f"not YAML: {str(error).splitlines()[0]}", "write the spec as plain UTF-8 text")


def _left_open(error: yaml.MarkedYAMLError) -> Any:
    """Where the bracket or quote stands that is still open in a later line, where YAML gives up; None for other errors."""
    start, end = error.context_mark, error.problem_mark
    inside = any(word in (error.context or "") for word in ("flow", "quoted")) and "expected" in (error.problem or "")
    return start if inside and start is not None and end is not None and end.line > start.line else None


def parse(source: Source) -> Node:
    """The document's tree. Raises SpecError with the position of what is not allowed."""
    if len(source.text) > LARGEST_TEXT:
        _stop(source, Span(1, 1, 1, 1), "the spec is larger than 16 MiB", "use blocks and repeat")
    root: Node | None = None
    stack: list[Sequence | Mapping] = []
    pending: list[Scalar | None] = []
    documents = 0
    for event in _events(source):
        kind = type(event)
        if kind is yaml.ScalarEvent:
            _refuse_marks(source, event)
            if pending and pending[-1] is None and isinstance(stack[-1], Mapping):
                pending[-1] = _key(source, stack[-1], event)
                continue
            plain = not event.style and event.implicit[0]
            node: Node = Scalar(resolve(event.value) if plain else event.value, _span(event))
        elif kind is yaml.MappingStartEvent or kind is yaml.SequenceStartEvent:
            _refuse_marks(source, event)
            if pending and pending[-1] is None and isinstance(stack[-1], Mapping):
                _stop(source, _span(event), "a key must be a single word", "write key: value")
            if len(stack) >= DEEPEST:
                _stop(source, _span(event), f"nested deeper than {DEEPEST} levels", "use blocks instead of nesting")
            node = Mapping(_span(event)) if kind is yaml.MappingStartEvent else Sequence(_span(event))
        elif kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
            closed = stack.pop()
            pending.pop()
            start = closed.span
            closed.span = Span(start.line, start.column, event.end_mark.line + 1, event.end_mark.column + 1)
            continue
        elif kind is yaml.AliasEvent:
            _stop(
                source,
                _span(event),
                f"aliases (*{event.anchor}) are not part of the language",
                "define a block, or use variables; a product is written w*4",
            )
        elif kind is yaml.DocumentStartEvent:
            documents += 1
            if documents > 1:
                _stop(source, _span(event), "a second document in one file", "put each spec into a file of its own")
            continue
        else:
            continue
        _attach(stack, pending, node)
        root = root or node
        if not isinstance(node, Scalar):
            stack.append(node)
            pending.append(None)
    if root is None or (isinstance(root, Scalar) and root.value is None):
        _stop(source, Span(1, 1, 1, 1), "the spec is empty", "start with: cnncalc: 1, input: 3x224x224, layers: [...]")
    return root


def _attach(stack: list[Sequence | Mapping], pending: list[Scalar | None], node: Node) -> None:
    if not stack:
        return
    parent = stack[-1]
    if isinstance(parent, Sequence):
        parent.items.append(node)
    else:
        key = pending[-1]
        assert key is not None
        parent.entries[key.value] = node
        parent.keys[key.value] = key
        pending[-1] = None


def _key(source: Source, mapping: Mapping, event: Any) -> Scalar:
    span = _span(event)
    if event.value == "<<" and not event.style:
        _stop(source, span, "merge keys (<<) are not part of the language", "define a block with parameters instead")
    if event.value in mapping.entries:
        first = mapping.keys[event.value].span
        _stop(source, span, f"the key {event.value} stands twice (first in line {first.line})", "remove one of them")
    return Scalar(event.value, span)


def _refuse_marks(source: Source, event: Any) -> None:
    if event.anchor is not None:
        _stop(
            source,
            _span(event),
            f"anchors (&{event.anchor}) are not part of the language",
            "define a block, or use variables",
        )
    if event.tag is not None:
        _stop(
            source,
            _span(event),
            f"tags ({event.tag}) are not part of the language",
            "write the value alone; quote it if it is text",
        )
