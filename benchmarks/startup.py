"""The cold command: `cnncalc analyze specs/resnet152.yaml` against importing the libraries alone, in one run.

python benchmarks/startup.py [--runs 15] [--strict]
"""

from __future__ import annotations

import argparse
import sys
from statistics import median

from measure import YARDSTICK, YARDSTICK_SECONDS, cnncalc, instructions, interleaved, table, verdict

SECONDS = 0.30
MEGABYTES = 60.0
COMMANDS = {
    "yardstick": YARDSTICK,
    "help": cnncalc("--help"),
    "alexnet": cnncalc("analyze", "specs/alexnet.yaml"),
    "resnet152": cnncalc("analyze", "specs/resnet152.yaml"),
    "resnet152, json": cnncalc("analyze", "specs/resnet152.yaml", "--format", "json"),
}


def count(strict: bool) -> None:
    """The same comparison in instructions."""
    counted = {name: instructions(command) for name, command in COMMANDS.items()}
    if None in counted.values():
        sys.exit("valgrind is not installed, or could not run the commands")
    base = counted["yardstick"] or 1
    rows = [[name, f"{(found or 0) / 1e6:.0f}", f"{(found or 0) / base:.2f}"] for name, found in counted.items()]
    print(table(["command", "million instructions", "ratio"], rows))
    limit = SECONDS / YARDSTICK_SECONDS
    verdict([("cold analyze of resnet152", (counted["resnet152"] or 0) / base, limit, "yardsticks")], strict)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=15)
    parser.add_argument("--strict", action="store_true", help="exit 1 when a limit is missed")
    parser.add_argument("--instructions", action="store_true", help="count instructions instead")
    options = parser.parse_args()
    if options.instructions:
        count(options.strict)
        return
    results = interleaved(COMMANDS, options.runs)
    base = [seconds for seconds, _ in results["yardstick"]]
    rows, ratios = [], {}
    for name, pairs in results.items():
        seconds = [one for one, _ in pairs]
        ratios[name] = median(one / floor for one, floor in zip(seconds, base, strict=True))
        peak = max(megabytes for _, megabytes in pairs)
        rows.append([name, f"{min(seconds):.3f}", f"{median(seconds):.3f}", f"{ratios[name]:.2f}", f"{peak:.1f}"])
    print(table(["command", "best s", "median s", "ratio", "peak MB"], rows))
    peak = max(megabytes for _, megabytes in results["resnet152"])
    limits = [
        ("cold analyze of resnet152, as a ratio", ratios["resnet152"], SECONDS / YARDSTICK_SECONDS, "yardsticks"),
        ("its peak memory", peak, MEGABYTES, "MB"),
    ]
    verdict(limits, options.strict)


if __name__ == "__main__":
    main()
