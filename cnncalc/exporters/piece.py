"""What a layer becomes in source code: the modules that it owns, and the expression that applies them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from cnncalc.exporters.code import Construct


class Piece(NamedTuple):
    """A layer's part of the source.

    `forward` is an expression with `{0}`, `{1}` ... for the inputs, `{all}` for all of them, `{own}` for the layer's own
    module and `{pad}` (or another suffix) for a further one.
    """

    forward: str
    modules: tuple[tuple[str, Construct], ...] = ()
    """Suffix of the attribute's name (`own` for none), and how it is made."""
    helpers: tuple[str, ...] = ()
    """The names of definitions that the source needs."""


def flat(values: Sequence[Any]) -> Any:
    """One number where all axes have the same, else one per axis.

    >>> flat((3, 3)), flat((3, 5))
    (3, (3, 5))
    """
    return values[0] if len(set(values)) == 1 else tuple(values)
