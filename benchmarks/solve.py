"""Cold answers of `cnncalc solve` against importing the libraries alone, in one run.

python benchmarks/solve.py [--runs 11] [--strict] [--instructions]
"""

from __future__ import annotations

import argparse
import sys
from statistics import median

from measure import YARDSTICK, YARDSTICK_SECONDS, cnncalc, instructions, interleaved, table, verdict

WINDOW_SECONDS, SYMBOLIC_SECONDS = 0.30, 1.0
WINDOWS = {
    "window, forward": cnncalc("solve", "window", "--input", "227", "--kernel", "11", "--stride", "4"),
    "window, padding": cnncalc(
        "solve", "window", "--input", "224", "--output", "55", "--kernel", "11", "--stride", "4"
    ),
    "window, json": cnncalc(
        "solve", "window", "--input", "224", "--output", "55", "--kernel", "11", "--format", "json"
    ),
}
SYMBOLIC = {
    "sizes of U-Net": cnncalc("solve", "sizes", "zoo:unet"),
    "sizes of ResNet-50": cnncalc("solve", "sizes", "zoo:resnet50"),
    "stack": cnncalc("solve", "stack"),
    "keep-size": cnncalc("solve", "keep-size", "--kernel", "2h+1x2w+1"),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=11)
    parser.add_argument("--strict", action="store_true", help="exit 1 when a limit is missed")
    parser.add_argument("--instructions", action="store_true", help="count instructions instead")
    options = parser.parse_args()
    commands = {"yardstick": YARDSTICK, **WINDOWS, **SYMBOLIC}
    ratios = counted(commands) if options.instructions else timed(commands, options.runs)
    limits = [
        (name, ratios[name], seconds / YARDSTICK_SECONDS, "yardsticks")
        for group, seconds in ((WINDOWS, WINDOW_SECONDS), (SYMBOLIC, SYMBOLIC_SECONDS))
        for name in group
    ]
    verdict(limits, options.strict)


def timed(commands: dict[str, list[str]], runs: int) -> dict[str, float]:
    """Each command's time as a multiple of the yardstick's, and a table."""
    results = interleaved(commands, runs)
    base = [seconds for seconds, _ in results["yardstick"]]
    rows, ratios = [], {}
    for name, pairs in results.items():
        seconds = [one for one, _ in pairs]
        ratios[name] = median(one / floor for one, floor in zip(seconds, base, strict=True))
        rows.append([name, f"{min(seconds):.3f}", f"{median(seconds):.3f}", f"{ratios[name]:.2f}"])
    print(table(["command", "best s", "median s", "ratio"], rows))
    return ratios


def counted(commands: dict[str, list[str]]) -> dict[str, float]:
    """The same in instructions."""
    found = {name: instructions(command) for name, command in commands.items()}
    if None in found.values():
        sys.exit("valgrind is not installed, or could not run the commands")
    base = found["yardstick"] or 1
    ratios = {name: (count or 0) / base for name, count in found.items()}
    rows = [[name, f"{(found[name] or 0) / 1e6:.0f}", f"{ratio:.2f}"] for name, ratio in ratios.items()]
    print(table(["command", "million instructions", "ratio"], rows))
    return ratios


if __name__ == "__main__":
    main()
