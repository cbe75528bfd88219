"""docs/zoo.md: every spec that ships, with the figures that the engine computes."""

from __future__ import annotations

from pathlib import Path

from cnncalc.analysis.analyze import analyze_spec
from cnncalc.core.shapes import shape_text
from cnncalc.spec.read import load_file
from reference.markdown import ROOT, code, part, table

SPECS = ROOT / "specs"


def _count(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else "unknown" if value is None else str(value)


def _rows(folder: Path) -> list[list[str]]:
    rows = []
    for path in sorted(folder.glob("*.yaml")):
        spec = load_file(path)
        analysis = analyze_spec(spec)
        name = str(path.relative_to(SPECS).with_suffix(""))
        inputs = ", ".join(shape_text(shape) for shape in analysis.inputs.values())
        errata = sum(claim.erratum is not None for claim in analysis.claims)
        claims = f"{len(analysis.claims)}" + (f", {errata} {'erratum' if errata == 1 else 'errata'}" if errata else "")
        totals = analysis.totals
        figures = [_count(totals.params), _count(totals.macs), _count(totals.weight_layers)]
        rows.append([code(f"zoo:{name}"), spec.name, inputs, *figures, claims, " ".join(spec.source.split())])
    return rows


def _table(folder: Path) -> str:
    header = ("spec", "network", "input", "parameters", "MACs", "weight layers", "claims", "source")
    return table(header, _rows(folder), "lllrrrll")


def page() -> str:
    """The page."""
    return part(
        "zoo",
        {
            "networks": _table(SPECS),
            "documents": _table(SPECS / "documents"),
            "api": _table(SPECS / "api"),
        },
    )
