"""Exports the hand-written networks of the tests to ONNX, imports the files and compares: `python tools/check_onnx.py [NAME...]`.

Every network in three ways: by torch's exporter as it is, with `optimize=False`, and by the one before it (TorchScript).
Parameters, buffers, multiply-adds and the size of every module's output must be the module's, what the exporter folded
apart, which the note must name. Exit code 1 where one differs or is refused.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from cnncalc.analysis.analyze import analyze_spec
from cnncalc.core.diagnostic import SpecError
from cnncalc.importers.finish import finish
from cnncalc.importers.onnx.convert import convert
from tests.importers.exported import WAYS, export, held
from tests.importers.measured import Measured, measure
from tests.importers.models.table import MODELS, Model


def differences(model: Model, file: Path, way: str, wanted: Measured) -> list[str] | None:
    """What differs, in words; None where torch does not export it."""
    try:
        module = export(model.build, model.inputs, file, way)
    except Exception:
        return None
    try:
        compact = convert(str(file), {})
    except SpecError as error:
        return [f"refused: {error.problems[0]}"]
    analysis = analyze_spec(finish(compact.sketch, flat=True).spec)
    totals, expected = analysis.totals, held(module, model.inputs, file)
    pairs = [
        ("parameters", totals.params, expected.params),
        ("numbers in buffers", totals.buffers, expected.buffers),
        ("MACs", totals.macs, wanted.macs),
    ]
    found = [f"{what}: {one:,}, the module has {two:,}" for what, one, two in pairs if one != two]
    told = " ".join(compact.notes)
    if expected.folded and "multiplied them together" not in told:
        found.append(f"{len(expected.folded)} normalisations are folded, and no note says so")
    rows = {row.path: row.output for row in analysis.rows}
    for leaf, shape in wanted.outputs.items():
        output = rows.get(leaf.replace(".", "_"))
        # what the module computes channels last stands channels first in the spec, and 64x1x1 is 64
        if output is not None and sorted(n for n in output if n != 1) != sorted(n for n in shape if n != 1):
            found.append(f"{leaf}: {output}, the module gives {shape}")
    return found


def main() -> int:
    worst = 0
    for name in sys.argv[1:] or MODELS:
        model = MODELS[name]
        wanted = measure(model.build, model.inputs, 2)
        told = []
        for way in WAYS:
            with tempfile.TemporaryDirectory() as folder:
                found = differences(model, Path(folder, "net.onnx"), way, wanted)
            worst = max(worst, bool(found))
            told.append(f"{way}: {'torch does not export it' if found is None else '; '.join(found) or 'equal'}")
        print(f"{name}: {' | '.join(told)}", flush=True)
    return worst


if __name__ == "__main__":
    sys.exit(main())
