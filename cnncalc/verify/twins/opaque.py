"""The twin of what is not known: there is none."""

from __future__ import annotations

from typing import Any, NoReturn

from torch import Tensor


def opaque(layer: Any, x: Tensor) -> NoReturn:
    """Nothing can be built of a layer whose operations are not known."""
    raise NotImplementedError(
        "an opaque layer says what was measured, not what it computes: no torch module can be built"
    )
