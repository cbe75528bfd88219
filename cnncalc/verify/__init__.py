"""The proof: any spec is built in PyTorch, run, and every figure that we print is confirmed or refuted.

`twins`, `build` and `measure` are blind to our formulas; `compare` alone sees both sides; `timing` times convolutions.
Torch is imported when something is verified, never before. The package can be called: `cnncalc.verify(spec)`.
"""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cnncalc.spec.model import Spec
    from cnncalc.verify.result import Verification


class _Package(ModuleType):
    """A package that is also the function of its name: importing cnncalc.verify.x would hide a function cnncalc.verify."""

    def __call__(self, spec: Spec | str | Path, **options: Any) -> Verification:
        """See cnncalc.verify.verify.verify."""
        from cnncalc.verify.verify import verify

        return verify(spec, **options)


sys.modules[__name__].__class__ = _Package
