"""What the language allows at a place: the JSON Schema, followed along a path of keys and list items.

The schema is generated from the layer classes, so every key, word and description has one source. What a schema cannot
know (blocks of the spec's own, names of layers, variables) is in `names`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from cnncalc.lsp.reading import Step
from cnncalc.spec.schema import schema
from cnncalc.spec.schema_values import Json

_ROOM = ("anyOf", "allOf", "oneOf")


class Known(NamedTuple):
    """A key that may stand somewhere."""

    name: str
    text: str
    """Its description."""
    required: bool
    default: Any
    schema: Json


@lru_cache(maxsize=1)
def language() -> Language:
    """The language, made out once."""
    return Language(schema())


class Language:
    """Questions to the schema."""

    def __init__(self, whole: Json) -> None:
        self.whole = whole
        self.definitions: Json = whole["$defs"]
        self._at: dict[tuple[Step, ...], tuple[Json, ...]] = {(): tuple(self._all([whole]))}

    def at(self, path: Sequence[Step]) -> tuple[Json, ...]:
        """Every schema of which one must hold at a place; none where nothing may stand."""
        key = tuple(0 if isinstance(step, int) else step for step in path)
        found = self._at.get(key)
        if found is None:
            found = self._at[key] = tuple(self._all(self._inside(self.at(key[:-1]), key[-1])))
        return found

    def _inside(self, schemas: Iterable[Json], step: Step) -> Iterator[Json]:
        for one in schemas:
            if isinstance(step, int):
                if isinstance(one.get("items"), dict):
                    yield one["items"]
            elif step in one.get("properties", {}):
                yield one["properties"][step]
            elif isinstance(one.get("additionalProperties"), dict):
                yield one["additionalProperties"]

    def _all(self, schemas: Iterable[Json]) -> Iterator[Json]:
        """The schemas with their references and alternatives resolved, each once; a description is handed down."""
        seen: set[int] = set()
        pending = list(schemas)
        while pending:
            one = pending.pop(0)
            if id(one) in seen:
                continue
            seen.add(id(one))
            yield one
            if "$ref" in one:
                pending.append(self.definitions[one["$ref"].rpartition("/")[2]])
            for word in _ROOM:
                pending += one.get(word, ())
            if "then" in one:
                pending.append(one["then"])

    # -- keys ------------------------------------------------------------------------------------------------------

    def keys(self, path: Sequence[Step]) -> dict[str, Known]:
        """The keys of a mapping at a place."""
        schemas = self.at(path)
        required = {key for one in schemas if "properties" in one for key in one.get("required", ())}
        limits = [set(words) for one in schemas if (words := self._words(one.get("propertyNames", {})))]
        names = {key: None for one in schemas for key in one.get("properties", {})}
        names |= {word: None for one in schemas for word in self._words(one.get("propertyNames", {}))}
        if limits:
            names = {name: None for name in names if any(name in words for words in limits)}
        return {name: self.known(path, name, name in required) for name in names}

    def _words(self, limit: Json) -> list[str]:
        return (
            [word for one in self._all([limit]) for word in one.get("enum", ())] if limit and "not" not in limit else []
        )

    def known(self, path: Sequence[Step], name: str, required: bool = False) -> Known:
        """A key at a place: its description and default, of which the nearest counts."""
        schemas = self.at((*path, name))
        first = next((one for one in schemas if one.get("description")), {})
        default = next((one["default"] for one in schemas if "default" in one), None)
        return Known(name, first.get("description", ""), required, default, first)

    def is_mapping(self, path: Sequence[Step]) -> bool:
        """Whether a mapping may stand there."""
        return any("properties" in one or "additionalProperties" in one for one in self.at(path))

    def is_list(self, path: Sequence[Step]) -> bool:
        """Whether a list may stand there."""
        return any("items" in one for one in self.at(path))

    # -- values ----------------------------------------------------------------------------------------------------

    def words(self, path: Sequence[Step]) -> dict[str, str]:
        """The words that a value may be, with what they say where they are kinds of layers."""
        found: dict[str, str] = {}
        for one in self.at(path):
            values = [*one.get("enum", ()), *([one["const"]] if "const" in one else ())]
            if one.get("type") == "boolean":
                values += [True, False]
            for value in values:
                found.setdefault(str(value).lower() if isinstance(value, bool) else str(value), "")
        return found

    def is_layer(self, path: Sequence[Step]) -> bool:
        """Whether a layer may stand there."""
        return any("conv" in one.get("properties", {}) and "dense" in one["properties"] for one in self.at(path))

    def takes_names(self, path: Sequence[Step]) -> bool:
        """Whether a value there may be an expression over names."""
        return any("[A-Za-z]" in one.get("pattern", "") and "()" in one["pattern"] for one in self.at(path))

    def example(self, kind: str) -> Any:
        """The fields in the example of a kind; None for none."""
        definition = self.definitions.get(f"{kind}_n") or self.definitions.get(kind) or {}
        return next(iter(definition.get("examples", ())), None)
