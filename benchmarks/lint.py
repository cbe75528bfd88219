"""`cnncalc lint`: cold on one spec against importing the libraries alone, and warm over 200 specs in one process.

python benchmarks/lint.py [--runs 15] [--specs 200] [--strict] [--profile]
"""

from __future__ import annotations

import argparse
import cProfile
import gc
import pstats
import sys
import time
from itertools import cycle, islice
from statistics import median

from measure import ROOT, YARDSTICK, YARDSTICK_SECONDS, cnncalc, interleaved, slowness, table, verdict

sys.path.insert(0, str(ROOT))

from cnncalc.lint.engine import Linter

COLD_SECONDS = 0.35
WARM_MILLISECONDS = 10.0
COMMANDS = {
    "yardstick": YARDSTICK,
    "analyze": cnncalc("analyze", "specs/alexnet.yaml"),
    "lint": cnncalc("lint", "specs/alexnet.yaml"),
    "lint, resnet152": cnncalc("lint", "specs/resnet152.yaml"),
    "lint, sarif": cnncalc("lint", "specs/alexnet.yaml", "--format", "sarif"),
}


def cold(runs: int) -> float:
    """Prints the cold runs; the ratio of `lint` to the yardstick."""
    results = interleaved(COMMANDS, runs)
    base = [seconds for seconds, _ in results["yardstick"]]
    rows, ratios = [], {}
    for name, pairs in results.items():
        seconds = [one for one, _ in pairs]
        ratios[name] = median(one / floor for one, floor in zip(seconds, base, strict=True))
        peak = max(megabytes for _, megabytes in pairs)
        rows.append([name, f"{min(seconds):.3f}", f"{median(seconds):.3f}", f"{ratios[name]:.2f}", f"{peak:.1f}"])
    print(table(["command", "best s", "median s", "ratio", "peak MB"], rows))
    return ratios["lint"]


def warm(number: int, profile: bool) -> float:
    """Milliseconds per spec over `number` specs of the zoo in one process."""
    names = [str(path) for path in sorted((ROOT / "specs").rglob("*.yaml"))]
    linter = Linter()
    for name in names[:20]:
        linter.lint(name)
    gc.disable()  # as the command line does
    watch = cProfile.Profile()
    if profile:
        watch.enable()
    start = time.perf_counter()
    for name in islice(cycle(names), number):
        linter.lint(name)
    seconds = time.perf_counter() - start
    if profile:
        watch.disable()
        pstats.Stats(watch).sort_stats("tottime").print_stats(40)
    return 1e3 * seconds / number


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=15)
    parser.add_argument("--specs", type=int, default=200)
    parser.add_argument("--strict", action="store_true", help="exit 1 when a limit is missed")
    parser.add_argument("--profile", action="store_true", help="print where the warm time goes")
    options = parser.parse_args()
    factor = slowness()
    milliseconds = warm(options.specs, options.profile)
    factor = (factor + slowness()) / 2
    print(f"warm: {milliseconds:.2f} ms per spec over {options.specs} specs; this machine is {factor:.2f} times slower")
    limits = [("warm lint, per spec", milliseconds, WARM_MILLISECONDS * factor, "ms")]
    if options.runs:
        ratio = cold(options.runs)
        limits.append(("cold lint of alexnet, as a ratio", ratio, COLD_SECONDS / YARDSTICK_SECONDS, "yardsticks"))
    verdict(limits, options.strict)


if __name__ == "__main__":
    main()
