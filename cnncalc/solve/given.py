"""What is given of a window, as typed or as passed from Python: numbers, one per axis, ranges, or nothing."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NoReturn

from cnncalc.core.diagnostic import Diagnostic, SpecError
from cnncalc.core.digits import PATTERN, whole
from cnncalc.layers.fields import LARGEST, PADDING_WORDS

ANY = "?"
"""Left to be found, although it has a usual value."""

_PART = re.compile(rf"({PATTERN})\.\.({PATTERN})|({PATTERN})\+({PATTERN})|({PATTERN})")
_FORMULA = re.compile(r"[A-Za-z0-9_+*/() -]*[A-Za-z][A-Za-z0-9_+*/() -]*")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
LEAST = {"padding": 0, "output_padding": 0}
"""The smallest number that a quantity may be; 1 where nothing stands here."""


def stop(message: str, expected: str = "", received: str = "", remedy: str = "") -> NoReturn:
    """Raises the problem with the call."""
    raise SpecError(Diagnostic(message, expected=expected, received=received, remedy=remedy))


def read(name: str, text: str | None) -> Any:
    """An option's text: `11`, `3x5` (per axis), `1..7` (a range), `1+2` (padding before + after), `same`, `?`,
    a letter or formula `n`; None: nothing.

    >>> read("kernel", "3x5"), read("stride", "1..4"), read("padding", "1+2")
    ((3, 5), range(1, 5), ((1, 2),))
    """
    if text is None:
        return None
    if text == ANY or (name == "padding" and text in PADDING_WORDS):
        return text
    parts = tuple(_part(name, text, part) for part in text.replace("×", "x").split("x"))
    if len(parts) > 3:
        stop(f"--{_dashed(name)} {text} has {len(parts)} axes", "one to three", remedy="write 3 or 3x5")
    pair = isinstance(parts[0], tuple)
    return parts if len(parts) > 1 or pair else parts[0]


def is_formula(value: Any) -> bool:
    """Whether a quantity is a letter or a formula of letters, `n` or `2h+1`, and no word: names have one letter.

    >>> [is_formula(one) for one in ("n", "2h+1", "k_1", "same", "12a", 3)]
    [True, True, True, False, False, False]
    """
    if not isinstance(value, str) or value == ANY or _FORMULA.fullmatch(value) is None:
        return False
    bare = _NAME.fullmatch(value) is not None or any(sign in value for sign in "+*/-")
    return bare and all(len(one.partition("_")[0].rstrip("0123456789")) == 1 for one in _NAME.findall(value))


def has_formulas(given: Mapping[str, Any]) -> bool:
    """Whether some quantity is a letter or a formula."""
    return any(
        is_formula(part)
        for value in given.values()
        for part in (value if isinstance(value, tuple | list) else (value,))
    )


def _part(name: str, text: str, part: str) -> Any:
    match = _PART.fullmatch(part)
    if match is None and is_formula(part) and (name != "padding" or "+" not in part):
        return part
    expected = "a number, one per axis like 3x5, a range like 1..7, or ?"
    if name == "padding":
        expected = "a number, before+after like 1+2, one per axis like 1x2, a range like 0..3, valid, same, full, or ?"
    if match is None or (match.group(3) and name != "padding"):
        stop(f"--{_dashed(name)} {text} cannot be read", expected, part, f"write --{_dashed(name)} 3")
    assert match is not None
    low, high, before, after, one = (None if piece is None else whole(piece) for piece in match.groups())
    if low is not None and high is not None:
        return range(low, high + 1)
    return one if one is not None else (before, after)


def _dashed(name: str) -> str:
    return name.replace("_", "-")


def per_axis(given: Mapping[str, Any]) -> tuple[int, dict[str, tuple[Any, ...]]]:
    """The number of axes, and per quantity its value on each of them. Raises SpecError where they do not fit together.

    A list has one value per axis; of a padding on one axis it is (before, after).
    """
    values = {name: tuple(value) if isinstance(value, list) else value for name, value in given.items()}
    counts = {name: len(value) for name, value in values.items() if isinstance(value, tuple) and name != "padding"}
    padding = values.get("padding")
    if isinstance(padding, tuple) and (isinstance(padding[0], tuple | list) or max(counts.values(), default=1) > 1):
        counts["padding"] = len(padding)
    axes = max(counts.values(), default=1)
    for name, count in counts.items():
        if count not in (1, axes):
            stop(
                f"{name} has {count} values and {next(one for one in counts if counts[one] == axes)} has {axes}",
                "one value, or one per axis",
                remedy="write 3 for all axes, or 3x5",
            )
    if axes > 3:
        stop(f"a window has one to three axes, not {axes}", remedy="write 224 or 224x224")
    spread = {}
    for name, value in values.items():
        if isinstance(value, tuple) and name in counts:
            row = tuple(value) * (axes if counts[name] == 1 else 1)
        else:
            row = (value,) * axes
        spread[name] = tuple(_checked(name, one) for one in row)
    return axes, spread


def _checked(name: str, value: Any) -> Any:
    least = LEAST.get(name, 1)
    if value is None or value == ANY:
        return value
    if isinstance(value, str):
        if name != "padding" or value not in PADDING_WORDS:
            stop(f"{name} {value} is not known", "a whole number", value)
        return value
    if isinstance(value, range):
        if value.step != 1 or not value or value.start < least or value.stop > LARGEST:
            stop(
                f"the range of {name} is empty or below {least}",
                f"{least} or more, smaller number first",
                f"{value.start}..{value.stop - 1}",
            )
        return value
    numbers = tuple(value) if isinstance(value, tuple | list) else (value,)
    if name != "padding" and len(numbers) != 1:
        stop(f"{name} takes one number per axis", received=str(value))
    for number in numbers:
        if type(number) is not int or not least <= number <= LARGEST:
            stop(f"{name} must be a whole number of at least {least}", f"{least} to 10^12", str(number))
    if name == "padding":
        if len(numbers) > 2:
            stop("padding has more than two sides on an axis", "a number, or (before, after)", str(value))
        return (numbers[0], numbers[-1])
    return numbers[0]
