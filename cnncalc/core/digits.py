"""Whole numbers as text: ASCII digits, single underscores between them, at most 40 digits."""

from __future__ import annotations

import re

PATTERN = r"[0-9](?:_?[0-9])*"
LONGEST = 40
_WHOLE = re.compile(PATTERN)


def whole(text: str) -> int | None:
    """The number, or None when the text is not one.

    >>> whole("34_944"), whole("12x"), whole("1__0")
    (34944, None, None)
    """
    # beyond 40 digits no number is meant, and int() itself would refuse beyond 4,300
    return int(text) if len(text) <= LONGEST and _WHOLE.fullmatch(text) else None
