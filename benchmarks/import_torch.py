"""Importing ResNet-152 from PyTorch against building it and running torch.export alone, each in processes of its own, in turns.

python benchmarks/import_torch.py [--runs 3] [--strict]
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path
from statistics import median

from measure import table, verdict

ROOT = Path(__file__).resolve().parent.parent
LIMIT = 3.0
"""At most so many times the build and the export alone."""
MEGABYTES = 100.0
"""At most so much more memory than the build and the export."""


SETUP = """
import sys
from resource import RUSAGE_SELF, getrusage
from time import perf_counter
import torch, cnncalc
sys.path.insert(0, ".")
from tests.importers.models.table import RESNET152
module, shape = RESNET152.build(), RESNET152.inputs[0]
"""
WORK = {
    "export": "torch.export.export(module, (torch.zeros(2, *shape),), strict=False)",
    "import": "cnncalc.from_torch(module, shape)",
}
TIMED = """
def run():
    module = RESNET152.build()
    {work}
run()  # loads what torch loads on first use
start = perf_counter()
run()
print(perf_counter() - start)
"""
HELD = """
{work}
print(getrusage(RUSAGE_SELF).ru_maxrss / 1024)
"""


def measured(template: str, what: str) -> float:
    """What a fresh process prints of one kind of work."""
    program = SETUP + template.format(work=WORK[what])
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT)
    return float(done.stdout)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--strict", action="store_true", help="exit 1 when a limit is missed")
    options = parser.parse_args()
    times: dict[str, list[float]] = {"export": [], "import": []}
    for _ in range(options.runs):
        for what, found in times.items():
            found.append(measured(TIMED, what))
    seconds = {what: median(found) for what, found in times.items()}
    held = {what: measured(HELD, what) for what in WORK}
    rows = [[f"build and {what}", f"{seconds[what]:.2f}", f"{held[what]:.0f}"] for what in WORK]
    print(table(["ResNet-152", "seconds", "peak MB"], rows))
    ratio, more = seconds["import"] / seconds["export"], held["import"] - held["export"]
    verdict([("import", ratio, LIMIT, "times the export"), ("more memory", more, MEGABYTES, "MB")], options.strict)


if __name__ == "__main__":
    main()
