"""JSON that people read in diffs: the outer levels over several lines, what they hold on one line each."""

from __future__ import annotations

from json import JSONEncoder
from typing import Any

_encode = JSONEncoder(ensure_ascii=False, check_circular=False).encode


def spread(value: Any, levels: int, level: int = 0) -> str:
    """The value with its first `levels` levels of nesting broken over lines.

    >>> print(spread({"a": [1, 2], "b": {}}, 1))
    {
      "a": [1, 2],
      "b": {}
    }
    """
    if level >= levels or not value or not isinstance(value, dict | list):
        return _encode(value)
    margin, end = "\n" + "  " * (level + 1), "\n" + "  " * level
    if isinstance(value, dict):
        items = [f"{_encode(key)}: {spread(item, levels, level + 1)}" for key, item in value.items()]
        return f"{{{margin}{f',{margin}'.join(items)}{end}}}"
    return f"[{margin}{f',{margin}'.join(spread(item, levels, level + 1) for item in value)}{end}]"
