"""Names that a text defines itself, from its reading: blocks and their parameters, variables, layers that can be read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cnncalc.graph.names import stack_names
from cnncalc.lsp.language import language
from cnncalc.lsp.reading import Part, Reading, Step, Word
from cnncalc.spec.model import Call, Stack
from cnncalc.spec.sections import SIZE_KEYS


def section(reading: Reading, name: str) -> Part | None:
    """A mapping at the top of the document."""
    found = reading.root.get(name) if reading.root is not None else None
    return found if isinstance(found, Part) and not found.listed else None


def own_blocks(reading: Reading) -> dict[str, dict[str, str | None]]:
    """The document's blocks with their parameters and defaults as written; None: required."""
    blocks = section(reading, "blocks")
    found: dict[str, dict[str, str | None]] = {}
    for entry in blocks.entries if blocks is not None else ():
        parameters = entry.value.get("parameters") if isinstance(entry.value, Part) else None
        if entry.key is not None:
            found[entry.key.text] = _defaults(parameters) if isinstance(parameters, Part) else {}
    return found


def _defaults(parameters: Part) -> dict[str, str | None]:
    return {
        entry.key.text: _written(entry.value) for entry in parameters.entries if entry.key is not None and entry.closed
    }


def _written(value: Word | Part | None) -> str | None:
    if isinstance(value, Part):
        return "[...]" if value.listed else "{...}"
    return None if value is None or value.text in ("null", "~", "") else value.text


def block_key(reading: Reading, name: str) -> Word | None:
    """Where a block of the document is defined."""
    blocks = section(reading, "blocks")
    return _key_of(blocks, name)


def _key_of(part: Part | None, name: str) -> Word | None:
    return next((entry.key for entry in part.entries if entry.key and entry.key.text == name), None) if part else None


def values_in_scope(reading: Reading, path: Sequence[Step]) -> dict[str, Word]:
    """The names that an expression at a path may use, with where they are defined: variables and parameters."""
    found: dict[str, Word] = {}
    variables = section(reading, "variables")
    parts = [variables] if variables is not None else []
    if len(path) > 1 and path[0] == "blocks":
        block = (section(reading, "blocks") or Part(False, 0, 0, None)).get(str(path[1]))
        parameters = block.get("parameters") if isinstance(block, Part) else None
        parts += [parameters] if isinstance(parameters, Part) else []
    for part in parts:
        found |= {entry.key.text: entry.key for entry in part.entries if entry.key is not None}
    return found


def layers_in_scope(reading: Reading, part: Part | None) -> dict[str, Word]:
    """The layers that a `from` in this part may name, the nearest first, with where each is written."""
    found: dict[str, Word] = {}
    while part is not None and part.above is not None:
        above = part.above
        if above.listed and isinstance(part.step, int) and language().is_layer((*above.path, 0)):
            for name, word in reversed(list(_named(above, part.step))):
                found.setdefault(name, word)
        if above.above is None and part.step == "heads" and reading.root is not None:
            trunk = reading.root.get("layers")
            if isinstance(trunk, Part):
                for name, word in reversed(list(_named(trunk, len(trunk.entries)))):
                    found.setdefault(name, word)
        part = above
    for name, word in _inputs(reading):
        found.setdefault(name, word)
    return found


def _named(stack: Part, until: int) -> Iterator[tuple[str, Word]]:
    """The names of the first layers of a list, by the rule of the language."""
    written = [(word, name) for word, name in map(_layer, stack.entries[:until]) if word is not None]
    calls = tuple(Call(word.text, {}, name) for word, name in written)
    for (word, _), name in zip(written, stack_names(Stack(calls)), strict=True):
        yield name, word


def _layer(entry: object) -> tuple[Word | None, str | None]:
    """A layer's kind where it is written, and its own name."""
    value = getattr(entry, "value", None)
    if isinstance(value, Word):
        return value, None
    if not isinstance(value, Part) or value.listed or not value.entries:
        return None, None
    first = value.entries[0]
    name = first.value.get("name") if isinstance(first.value, Part) and not first.value.listed else None
    return first.key, name.text if isinstance(name, Word) else None


def _inputs(reading: Reading) -> Iterator[tuple[str, Word]]:
    """The names of the inputs."""
    root = reading.root
    given = root.get("input") if root is not None else None
    if isinstance(given, Part) and not given.listed and not set(given.keys()) <= set(SIZE_KEYS):
        for entry in given.entries:
            if entry.key is not None:
                yield entry.key.text, entry.key
    else:
        where = _key_of(root, "input")
        if where is not None:
            yield "input", where
