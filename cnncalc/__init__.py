"""cnncalc: exact sizes, parameters, arithmetic, memory and receptive fields of convolutional networks, from a short spec.

>>> import cnncalc
>>> cnncalc.analyze("in 3x200x300; conv 100 k3 s2 same; conv 200 k3 s2 same; conv 400 k3 s2 same").totals.params
903400
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cnncalc import lint as lint
    from cnncalc import solve as solve
    from cnncalc import verify as verify
    from cnncalc.analysis.result import Analysis as Analysis
    from cnncalc.api import analyze as analyze
    from cnncalc.api import dump as dump
    from cnncalc.api import export as export
    from cnncalc.api import load as load
    from cnncalc.core.diagnostic import Diagnostic as Diagnostic
    from cnncalc.core.diagnostic import SpecError as SpecError
    from cnncalc.importers.keras.convert import from_keras as from_keras
    from cnncalc.importers.onnx.convert import from_onnx as from_onnx
    from cnncalc.importers.torch.convert import from_torch as from_torch
    from cnncalc.lint.result import LintResult as LintResult
    from cnncalc.solve.explain import explain as explain
    from cnncalc.spec.model import Spec as Spec

__version__ = "0.1.0"

_PLACES: dict[str, str] = {
    "Analysis": "cnncalc.analysis.result",
    "Diagnostic": "cnncalc.core.diagnostic",
    "LintResult": "cnncalc.lint.result",
    "Spec": "cnncalc.spec.model",
    "SpecError": "cnncalc.core.diagnostic",
    "analyze": "cnncalc.api",
    "dump": "cnncalc.api",
    "export": "cnncalc.api",
    "explain": "cnncalc.solve.explain",
    "from_onnx": "cnncalc.importers.onnx.convert",
    "from_keras": "cnncalc.importers.keras.convert",
    "from_torch": "cnncalc.importers.torch.convert",
    "load": "cnncalc.api",
}

_PACKAGES = ("lint", "solve", "verify")
"""Packages; lint and verify are also the function of their name."""

__all__ = [
    "Analysis",
    "Diagnostic",
    "LintResult",
    "Spec",
    "SpecError",
    "analyze",
    "dump",
    "explain",
    "from_keras",
    "from_onnx",
    "from_torch",
    "lint",
    "load",
    "solve",
    "verify",
]


def __getattr__(name: str) -> Any:
    # nothing is imported until it is used: start-up time is part of the product
    if name in _PLACES:
        return getattr(import_module(_PLACES[name]), name)
    if name in _PACKAGES:
        return import_module(f"cnncalc.{name}")
    raise AttributeError(f"module cnncalc has no attribute {name}")


def __dir__() -> list[str]:
    return sorted((*__all__, "__version__"))
