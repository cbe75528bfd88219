"""Small phrases that answers share."""

from __future__ import annotations

from collections.abc import Iterable


def listed(words: Iterable[str], last: str = "and") -> str:
    """`a`, `a and b`, `a, b and c`.

    >>> listed(["stride", "kernel", "padding"])
    'stride, kernel and padding'
    """
    *first, end = words
    return f"{', '.join(first)} {last} {end}" if first else end


def plural(count: int, noun: str, number: bool = True) -> str:
    """`1 layer`, `2 layers`.

    >>> plural(2, "layer"), plural(1, "position", number=False)
    ('2 layers', 'position')
    """
    word = noun if count == 1 else f"{noun}s"
    return f"{count:,} {word}" if number else word
