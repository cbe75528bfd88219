"""What a kind's class says about itself: its docstring, its fields with types, defaults and their own docstrings.

Read from the source text, and only when the JSON Schema or the language reference is generated: at run time nobody
needs the words. Formulas do not belong here, and neither does the form of the schema.
"""

from __future__ import annotations

import ast
import inspect
import re
import sys
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from cnncalc.layers import layer_class
from cnncalc.layers.base import Layer

_REQUIRED = object()


@dataclass(frozen=True, slots=True)
class FieldNote:
    """A field as its class declares it. `type` is the name of its type in the source (`Counts`, `Padding` ...)."""

    name: str
    type: str
    text: str
    required: bool
    default: Any
    words: tuple[str, ...] = ()
    """The words that it takes, when its type is a choice."""


@dataclass(frozen=True, slots=True)
class Example:
    """The doctest as data: the fields given, the input shapes, the method that is called and what it gives."""

    fields: dict[str, Any]
    inputs: tuple[tuple[int, ...], ...]
    method: str
    result: str


@dataclass(frozen=True, slots=True)
class KindNote:
    """A kind: its first sentence, the text with its formulas, where it comes from, its fields, its doctest."""

    kind: str
    summary: str
    details: str = ""
    source: str = ""
    fields: tuple[FieldNote, ...] = ()
    short: str | None = None
    example: Example | None = None


@lru_cache(maxsize=None)
def kind_note(kind: str) -> KindNote:
    """What the class of a kind says. KeyError for an unknown kind.

    >>> kind_note("relu").summary
    'max(0, x).'
    >>> [(note.name, note.default) for note in kind_note("dropout").fields]
    [('rate', 0.5)]
    """
    cls = layer_class(kind)
    text, _, test = inspect.cleandoc(cls.__doc__ or "").partition("\n>>> ")
    text, _, source = re.sub(r"\s+", " ", text.replace("- \n", "-").replace("-\n", "-")).partition("Source: ")
    summary, details = _first_sentence(text.strip())
    return KindNote(kind, summary, details, source.strip().rstrip("."), _fields(cls), cls.short, _example(test))


def _first_sentence(text: str) -> tuple[str, str]:
    match = re.search(r"\.(?= [A-Z])", text)
    return (text, "") if match is None else (text[: match.end()], text[match.end() :].strip())


def _example(test: str) -> Example:
    """The doctest's call and result: `Conv(kernel=3, ...).output((3, 8, 8))`."""
    lines = [line.removeprefix(">>> ") for line in test.splitlines()]
    layer = shapes = ast.Call(ast.Name("none"), [], [])
    method = ""
    for call in ast.walk(ast.parse("\n".join(lines[:-1]))):
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id[:1].isupper():
            layer = call
        elif isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute):
            shapes, method = call, call.func.attr
    return Example(
        {str(keyword.arg): ast.literal_eval(keyword.value) for keyword in layer.keywords},
        tuple(ast.literal_eval(shape) for shape in shapes.args),
        method,
        lines[-1].strip() if lines else "",
    )


def _fields(cls: type[Layer]) -> tuple[FieldNote, ...]:
    """The fields of a class and its bases, the bases' first."""
    notes: dict[str, FieldNote] = {}
    for base in reversed(cls.__mro__):
        if base is not Layer and issubclass(base, Layer):
            notes |= {note.name: note for note in _own_fields(base)}
    return tuple(notes.values())


def _own_fields(cls: type[Layer]) -> list[FieldNote]:
    body = _bodies(cls.__module__)[cls.__name__]
    notes = []
    for place, statement in enumerate(body):
        if not isinstance(statement, ast.AnnAssign) or not isinstance(statement.target, ast.Name):
            continue
        declared = ast.unparse(statement.annotation)
        if declared.startswith("ClassVar"):
            continue
        default = _REQUIRED if statement.value is None else ast.literal_eval(statement.value)
        following = body[place + 1] if place + 1 < len(body) else None
        required = default is _REQUIRED
        notes.append(
            FieldNote(
                statement.target.id,
                declared,
                _docstring(following),
                required,
                None if required else default,
                _words(cls, declared),
            )
        )
    return notes


def _docstring(statement: ast.stmt | None) -> str:
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
        return re.sub(r"\s+", " ", str(statement.value.value)).strip()
    return ""


def _words(cls: type[Layer], declared: str) -> tuple[str, ...]:
    markers = getattr(vars(sys.modules[cls.__module__]).get(declared), "__metadata__", ())
    return tuple(getattr(markers[0], "words", ())) if markers else ()


@lru_cache(maxsize=None)
def _bodies(module: str) -> dict[str, list[ast.stmt]]:
    """The statements of every class of a module."""
    tree = ast.parse(inspect.getsource(sys.modules[module]))
    return {node.name: node.body for node in tree.body if isinstance(node, ast.ClassDef)}


_CONV: dict[str, Any] = {"conv": {"filters": 64, "kernel": 3, "padding": 1}}
WRITTEN: dict[str, Any] = {
    "add": [[_CONV, "batchnorm"], []],
    "multiply": [[], ["global_avgpool", {"dense": {"units": 64, "activation": "sigmoid"}}]],
    "maximum": [[_CONV], []],
    "concat": [[], [{"conv": {"filters": 32, "kernel": 3, "padding": 1, "activation": "relu"}}]],
    "highway": [{"conv": {"filters": 64, "kernel": 3, "padding": 1, "activation": "relu"}}],
    "stack": {"name": "stem", "layers": [_CONV, "batchnorm", "relu"]},
}
"""Examples of the kinds whose doctest does not say how they are written. They read 64x56x56."""


def example_fields(kind: str) -> Any:
    """What stands behind the kind in an example of it: a mapping, a list, or None for the bare word.

    >>> example_fields("maxpool"), example_fields("relu")
    ({'kernel': 3, 'stride': 2}, None)
    """
    if kind in WRITTEN:
        return WRITTEN[kind]
    example = kind_note(kind).example
    return (example.fields if example is not None else {}) or None
