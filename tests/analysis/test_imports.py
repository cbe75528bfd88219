"""A numeric spec is analysed without sympy, torch or numpy; and the check that says so can fail."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HEAVY = ("sympy", "torch", "numpy", "onnx", "tensorflow")

SCRIPT = """
import json, sys
{preamble}
from cnncalc.cli.main import main
sys.argv = ["cnncalc", *json.loads(sys.argv[1])]
try:
    main()
except SystemExit as end:
    assert end.code in (0, None), end.code
print("\\nLOADED " + json.dumps(sorted(sys.modules)), file=sys.stderr)
"""


def loaded(*arguments: str, preamble: str = "", path: Path | None = None) -> set[str]:
    """The heavy modules that a command has loaded in a process of its own."""
    places = [str(ROOT), *([str(path)] if path else [])]
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT.format(preamble=preamble), json.dumps(arguments)],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(places)},
    )
    modules = json.loads(done.stderr.rpartition("LOADED ")[2])
    assert "cnncalc.analysis.analyze" in modules
    return {module for module in modules if module.partition(".")[0] in HEAVY} & set(HEAVY)


@pytest.mark.parametrize(
    "arguments",
    [
        ("analyze", "zoo:resnet152"),
        ("analyze", "zoo:*", "--format", "json"),
        (
            "analyze",
            "zoo:googlenet",
            "--batch",
            "32",
            "--dtype",
            "float16",
            "--optimizer",
            "adam",
            "--input",
            "3x256x256",
        ),
        ("analyze", "in 3x200x300; conv 100 k3 s2 same", "--format", "markdown", "--expand"),
    ],
    ids=lambda arguments: " ".join(arguments),
)
def test_numeric(arguments: tuple[str, ...]) -> None:
    assert loaded(*arguments) == set()


def test_symbols_load_sympy_and_nothing_else() -> None:
    assert loaded("analyze", "zoo:lenet5", "--symbolic") == {"sympy"}


def test_the_check_can_fail(tmp_path: Path) -> None:
    for name in ("torch", "numpy"):
        (tmp_path / f"{name}.py").write_text("")
    assert loaded("analyze", "zoo:lenet5", preamble="import torch, numpy", path=tmp_path) == {"torch", "numpy"}


def test_importing_the_package_loads_next_to_nothing() -> None:
    code = "import sys; import cnncalc; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    modules = set(done.stdout.split())
    assert not modules & {*HEAVY, "pydantic", "yaml", "typer", "rich"}
    assert not any(module.startswith("cnncalc.") for module in modules)
