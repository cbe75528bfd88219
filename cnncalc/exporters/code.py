"""Python source: calls with literal arguments, names, and lines broken as a formatter would break them."""

from __future__ import annotations

import keyword
import math
import re
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

WIDTH = 100
"""The longest line."""


class Arg(NamedTuple):
    """An argument: positional where `name` is empty; `role` names the parameter when the value varies between uses."""

    value: Any
    name: str = ""
    role: str = ""
    default: Any = ...
    """Left out of the source when the value is this one."""


class Construct(NamedTuple):
    """A module that is constructed: `nn.Conv2d(3, 64, 7, stride=2)`."""

    function: str
    args: tuple[Arg, ...] = ()


class Name(str):
    """A value that is a name in the source, not a text."""


def literal(value: Any) -> str:
    """A value as Python writes it."""
    if isinstance(value, Name):
        return str(value)
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, tuple | list):
        inside = ", ".join(map(literal, value))
        return f"({inside},)" if len(value) == 1 else f"({inside})"
    return f'float("{value}")' if value in (math.inf, -math.inf) else repr(value)


def written(construct: Construct, values: Sequence[Any]) -> str:
    """The call with these values, one per argument, on one line; trailing and named defaults are left out."""
    parts = []
    for arg, value in zip(construct.args, values, strict=True):
        if not isinstance(value, Name) and arg.default is not ... and value == arg.default:
            continue
        parts.append(f"{arg.name}={literal(value)}" if arg.name else literal(value))
    return f"{construct.function}({', '.join(parts)})"


_LOOP = re.compile(r" for \w+ in range\([^()]*\)$")


def broken(line: str, indent: int) -> list[str]:
    """The line, indented; one that is too long is broken at its outermost bracket, one element per line."""
    pad = " " * indent
    if len(pad) + len(line) <= WIDTH:
        return [pad + line]
    opening = _bracket(line)
    if opening is None:
        return [pad + line]
    closing = _closing(line, opening)
    head, inside, tail = line[: opening + 1], line[opening + 1 : closing], line[closing:]
    if len(pad) + 4 + len(inside) <= WIDTH and ((not head.endswith("def") and "," in inside) or not inside.count(",")):
        body = [pad + "    " + inside]
    elif (loop := _LOOP.search(inside)) and len(list(_items(inside))) == 1 and not inside.startswith("*"):
        body = [*broken(inside[: loop.start()], indent + 4), pad + "    " + inside[loop.start() + 1 :]]
    else:
        items = list(_items(inside))
        comma = "," if len(items) > 1 else ""
        body = [row for item in items for row in broken(f"{item}{comma}", indent + 4)]
    return [pad + head, *body, *([pad + tail] if len(pad) + len(tail) <= WIDTH else broken(tail, indent))]


def _bracket(line: str) -> int | None:
    """The last outermost opening bracket with something inside: where a formatter breaks first."""
    found, depth = None, 0
    for index, sign in enumerate(line):
        if sign in "([{":
            if depth == 0 and line[index + 1] not in ")]}":
                found = index
            depth += 1
        elif sign in ")]}":
            depth -= 1
    return found


def _closing(line: str, opening: int) -> int:
    depth = 0
    for index in range(opening, len(line)):
        depth += (line[index] in "([{") - (line[index] in ")]}")
        if depth == 0:
            return index
    raise ValueError(line)


def _items(inside: str) -> Iterable[str]:
    """The parts between outermost commas."""
    depth, start = 0, 0
    for index, sign in enumerate(inside):
        depth += (sign in "([{") - (sign in ")]}")
        if sign == "," and depth == 0:
            yield inside[start:index].strip()
            start = index + 1
    if inside[start:].strip():
        yield inside[start:].strip()


def identifier(text: str, prefix: str = "layer") -> str:
    """A Python name that says the same: `rest[0]` is rest_0, `1x1` with prefix conv is conv_1x1.

    >>> identifier("conv2/3x3[1]"), identifier("5x5", "conv"), identifier("class")
    ('conv2_3x3_1', 'conv_5x5', 'class_')
    """
    name = re.sub(r"\W+", "_", text, flags=re.ASCII).strip("_") or prefix
    if name[0].isdigit():
        name = f"{prefix}_{name}"
    return f"{name}_" if keyword.iskeyword(name) or name in _TAKEN else name


_TAKEN = frozenset(
    [
        "forward",
        "training",
        "train",
        "eval",
        "half",
        "float",
        "double",
        "type",
        "apply",
        "parameters",
        "buffers",
        "modules",
        "children",
        "to",
        "cpu",
        "cuda",
        "share_memory",
        "state_dict",
        "extra_repr",
        "requires_grad_",
        "zero_grad",
        "compile",
        "add_module",
        "register_buffer",
        "x",
        "self",
        "nn",
        "torch",
        "functional",
    ]
)


def class_name(text: str) -> str:
    """A class's name: `inverted_residual` is InvertedResidual, `ResNet-50` ResNet50.

    >>> class_name("inverted_residual"), class_name("ResNet-50"), class_name("3d net")
    ('InvertedResidual', 'ResNet50', 'Network3dNet')
    """
    words = [word for word in re.split(r"[\W_]+", text, flags=re.ASCII) if word]
    name = "".join(word[0].upper() + word[1:] for word in words)
    return name if name and not name[0].isdigit() else f"Network{name}"


def unique(name: str, taken: Iterable[str]) -> str:
    """The name, or the first of name_2, name_3 ... that is free."""
    used = set(taken)
    number, result = 1, name
    while result in used:
        number += 1
        result = f"{name}_{number}"
    return result
