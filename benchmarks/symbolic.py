"""The cold command with formulas in H, W and N instead of numbers, on ResNet-152.

python benchmarks/symbolic.py [--runs 5] [--strict]
"""

from __future__ import annotations

import argparse
import sys
from statistics import median

from measure import YARDSTICK, YARDSTICK_SECONDS, cnncalc, interleaved, table, verdict

SECONDS = 1.5
COMMANDS = {
    "yardstick": YARDSTICK,
    "import sympy": [sys.executable, "-c", "import sympy"],
    "alexnet --symbolic": cnncalc("analyze", "specs/alexnet.yaml", "--symbolic"),
    "resnet152 --symbolic": cnncalc("analyze", "specs/resnet152.yaml", "--symbolic"),
    "densenet121 --symbolic": cnncalc("analyze", "specs/densenet121.yaml", "--symbolic"),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--strict", action="store_true", help="exit 1 when the limit is missed")
    options = parser.parse_args()
    results = interleaved(COMMANDS, options.runs)
    base = [seconds for seconds, _ in results["yardstick"]]
    rows, ratios = [], {}
    for name, pairs in results.items():
        seconds = [one for one, _ in pairs]
        ratios[name] = median(one / floor for one, floor in zip(seconds, base, strict=True))
        peak = max(megabytes for _, megabytes in pairs)
        rows.append([name, f"{min(seconds):.3f}", f"{median(seconds):.3f}", f"{ratios[name]:.2f}", f"{peak:.1f}"])
    print(table(["command", "best s", "median s", "ratio", "peak MB"], rows))
    limit = SECONDS / YARDSTICK_SECONDS
    verdict(
        [("cold symbolic resnet152, as a ratio", ratios["resnet152 --symbolic"], limit, "yardsticks")], options.strict
    )


if __name__ == "__main__":
    main()
