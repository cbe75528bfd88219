"""Exports specs to PyTorch, imports what was exported, and compares the analyses: `python tools/round_trip.py [SPEC...]`.

Without arguments, every spec of the zoo. Exit code 1 when an analysis differs or an import fails.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

import torch

import cnncalc
from cnncalc import zoo
from cnncalc.core.diagnostic import SpecError

_MOVES = ("identity", "pad", "flatten", "reshape", "permute", "crop", "slice")
"""Kinds that move numbers without computing: torch may say the same move in other words."""


def built(source: str) -> torch.nn.Module:
    """The network that exported source defines: its last class, on the meta device."""
    namespace: dict[str, Any] = {}
    exec(compile(source, "<exported>", "exec"), namespace)
    classes = [value for value in namespace.values() if isinstance(value, type) and issubclass(value, torch.nn.Module)]
    with torch.device("meta"):
        network: torch.nn.Module = classes[-1]()
    return network


def differences(spec: str) -> list[tuple[str, Any, Any]]:
    """What differs: the figure, the spec's value, the imported one's."""
    first = cnncalc.analyze(spec)
    module = built(str(cnncalc.export(spec, "torch")))
    second = cnncalc.analyze(cnncalc.from_torch(module, list(first.inputs.values())))
    pairs: list[tuple[str, Any, Any]] = [("totals", first.totals, second.totals)]
    for name in ("inference_bytes", "training_bytes", "training_with_gradients_bytes"):
        pairs.append((f"textbook {name}", getattr(first.memory.textbook, name), getattr(second.memory.textbook, name)))
    for name in ("inference_peak_bytes", "saved_bytes", "training_peak_bytes"):
        pairs.append((f"torch {name}", getattr(first.memory.torch, name), getattr(second.memory.torch, name)))
    rows = [
        [
            (row.kind, row.output, row.params, row.macs, row.receptive_field)
            for row in each.rows
            if row.kind not in _MOVES
        ]
        for each in (first, second)
    ]
    pairs.append(("layers", *rows))
    return [pair for pair in pairs if pair[1] != pair[2]]


def main() -> int:
    worst = 0
    for spec in sys.argv[1:] or [f"{zoo.PREFIX}{name}" for name in zoo.names()]:
        try:
            found = differences(spec)
        except SpecError as error:
            found = [("import", "", problem.message) for problem in error.problems[:1]]
        worst = max(worst, bool(found))
        told = "; ".join(f"{what}: {one} and {other}" if what != "layers" else "layers" for what, one, other in found)
        print(f"{spec}: {told or 'the same'}")
    return worst


if __name__ == "__main__":
    sys.exit(main())
