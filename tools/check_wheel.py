"""Builds the wheel and checks that it carries the zoo, the shipped blocks and the type marker."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
NEEDED = (
    "cnncalc/py.typed",
    "cnncalc/zoo_specs/alexnet.yaml",
    "cnncalc/zoo_specs/documents/googlenet-001.yaml",
    "cnncalc/blocks/bottleneck.yaml",
    "cnncalc/analysis/devices.json",
)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(
            [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", folder, str(ROOT)], check=True
        )
        (wheel,) = Path(folder).glob("*.whl")
        names = set(zipfile.ZipFile(wheel).namelist())
    missing = [name for name in NEEDED if name not in names]
    if missing:
        sys.exit(f"the wheel lacks {', '.join(missing)}")
    print(f"{wheel.name}: {len(names)} files")


if __name__ == "__main__":
    main()
