"""Whether what an importer reads with is installed."""

from __future__ import annotations

from importlib.util import find_spec

from cnncalc.core.diagnostic import Diagnostic, SpecError


def need_torch() -> None:
    """Raises SpecError with the remedy where torch is not installed. Does not import it."""
    if find_spec("torch") is None:
        message, remedy = (
            "importing PyTorch modules needs torch, which is not installed",
            "pip install 'cnncalc[verify]'",
        )
        raise SpecError(Diagnostic(message, expected="torch", received="nothing", remedy=remedy))


def need_onnx() -> None:
    """Raises SpecError with the remedy where onnx is not installed. Does not import it."""
    if find_spec("onnx") is None:
        message, remedy = "importing ONNX files needs onnx, which is not installed", "pip install 'cnncalc[onnx]'"
        raise SpecError(Diagnostic(message, expected="onnx", received="nothing", remedy=remedy))
