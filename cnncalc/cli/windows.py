"""Window options as typed (`2`, `2x1`, `same`, `1+2`) as the layers' fields take them: all of them known."""

from __future__ import annotations

from typing import Any

from cnncalc.core.diagnostic import Diagnostic, SpecError
from cnncalc.solve.given import per_axis, read


def axis_field(name: str, text: str | None) -> Any:
    """A number, or one per axis; None where nothing is given. Raises SpecError."""
    return None if text is None else _known(name, text)


def padding_field(text: str) -> Any:
    """A word, a number, one per axis, or sides: `1+2` is before + after on every axis, `0+1x1+1` per axis."""
    return _known("padding", text)


def _known(name: str, text: str) -> Any:
    value = read(name, text)
    per_axis({name: value})
    if value == "?" or any(isinstance(one, range) for one in (value if isinstance(value, tuple) else (value,))):
        raise SpecError(
            Diagnostic(
                f"--{name} {text} leaves a choice", expected="one value", received=text, remedy=f"write --{name} 2"
            )
        )
    return value
