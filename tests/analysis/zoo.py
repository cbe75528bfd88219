"""The shipped specs, loaded and analysed once per run."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from cnncalc.analysis.analyze import analyze_spec
from cnncalc.analysis.result import Analysis
from cnncalc.spec.model import Spec
from cnncalc.spec.read import load_file

SPECS = Path(__file__).parents[2] / "specs"
NAMES = sorted(path.stem for path in SPECS.glob("*.yaml"))
API = sorted(f"api/{path.stem}" for path in (SPECS / "api").glob("*.yaml"))


@cache
def spec(name: str) -> Spec:
    return load_file(SPECS / f"{name}.yaml")


@cache
def numeric(name: str) -> Analysis:
    return analyze_spec(spec(name))
