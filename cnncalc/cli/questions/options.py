"""Option values that several questions take."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cnncalc.core.diagnostic import Diagnostic, SpecError
from cnncalc.core.digits import whole
from cnncalc.layers.fields import LARGEST

if TYPE_CHECKING:
    from cnncalc.spec.model import Spec


def wrong(option: str, text: str, expected: str, remedy: str = "") -> SpecError:
    """The problem of a value that cannot be read."""
    return SpecError(Diagnostic(f"{option} {text} cannot be read", expected=expected, received=text, remedy=remedy))


def count(option: str, text: str | None, least: int = 1) -> int | None:
    """A whole number; None where nothing is given."""
    if text is None:
        return None
    number = whole(text)
    if number is None or not least <= number <= LARGEST:
        raise wrong(option, text, f"a whole number from {least} to 10^12", f"write {option} 64")
    return number


def counts(option: str, text: str | None, least: int = 1) -> tuple[int, ...] | None:
    """One number, or one per axis: 3, 3x5; None where nothing is given."""
    if text is None:
        return None
    parts = [whole(part) for part in text.replace("×", "x").split("x")]
    if not 1 <= len(parts) <= 4 or any(part is None or not least <= part <= LARGEST for part in parts):
        raise wrong(option, text, "whole numbers joined by x", f"write {option} 7x7")
    return tuple(part for part in parts if part is not None)


def symbol_or_count(option: str, text: str) -> Any:
    """A whole number, or a name that stays a symbol."""
    from cnncalc.spec.problems import IDENTIFIER

    if IDENTIFIER.fullmatch(text):
        from cnncalc.core.symbolic import symbol

        return symbol(text)
    return count(option, text)


def network(argument: str) -> Spec:
    """The one network that the question is about."""
    from cnncalc.spec.find import find
    from cnncalc.spec.read import load

    names = find(argument)
    if len(names) != 1:
        raise SpecError(
            Diagnostic(f"{argument} names {len(names)} specs", expected="one network", remedy="ask about one at a time")
        )
    return load(names[0])


def single(values: tuple[int, ...] | None) -> Any:
    """One number instead of a list of one."""
    return values[0] if values is not None and len(values) == 1 else values
