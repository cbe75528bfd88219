"""The dimension arithmetic for numpy int64 arrays: a million designs at once. Only loaded when an array arrives."""

from __future__ import annotations

from functools import reduce
from typing import Any


def floordiv(a: Any, b: Any) -> Any:
    """Elementwise floor(a / b)."""
    return a // b


def maximum(*values: Any) -> Any:
    """Elementwise maximum."""
    import numpy

    return reduce(numpy.maximum, values)


def minimum(*values: Any) -> Any:
    """Elementwise minimum."""
    import numpy

    return reduce(numpy.minimum, values)


def decide(left: Any, relation: str, right: Any) -> bool | None:
    """True or False where all elements agree, else None."""
    match relation:
        case ">=":
            verdicts = left >= right
        case "<=":
            verdicts = left <= right
        case "==":
            verdicts = left == right
        case "!=":
            verdicts = left != right
        case _:
            verdicts = left % right == 0
    if verdicts.all():
        return True
    return None if verdicts.any() else False
