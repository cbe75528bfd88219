"""Plain specs of 1,000 to 20,000 layers to JSON by the cold command: the time per layer stays the same.

python benchmarks/linear.py [--runs 3] [--strict]
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from measure import YARDSTICK, YARDSTICK_SECONDS, cnncalc, interleaved, table, verdict

SIZES = (1_000, 2_000, 5_000, 10_000, 20_000)
SECONDS = 1.0
GROWTH = 1.5
"""How much more a layer may cost in the longest spec than in one of 2,000: what is not linear grows without bound."""


def write(folder: Path, layers: int) -> Path:
    """A spec of that many convolutions, no two neighbours alike."""
    lines = [f"  - conv: {{filters: {16 + index % 7}, kernel: 3, padding: 1}}" for index in range(layers)]
    path = folder / f"plain-{layers}.yaml"
    path.write_text("\n".join(["cnncalc: 1", "input: 3x64x64", "layers:", *lines, ""]), encoding="utf-8")
    return path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--strict", action="store_true", help="exit 1 when a limit is missed")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        paths = {size: write(Path(name), size) for size in (1, *SIZES)}
        commands = {str(size): cnncalc("analyze", str(path), "--format", "json") for size, path in paths.items()}
        results = interleaved({"yardstick": YARDSTICK, **commands}, options.runs)
    best = {name: min(seconds for seconds, _ in pairs) for name, pairs in results.items()}
    per_layer = {size: (best[str(size)] - best["1"]) / size for size in SIZES}
    rows = [
        [
            f"{size:,}",
            f"{best[str(size)]:.2f}",
            f"{1e6 * per_layer[size]:.0f}",
            f"{max(peak for _, peak in results[str(size)]):.0f}",
        ]
        for size in SIZES
    ]
    print(table(["layers", "best s", "us per layer", "peak MB"], rows))
    slow = max(1.0, best["yardstick"] / YARDSTICK_SECONDS)
    limits = [
        ("10,000 layers to JSON, cold", best["10000"] / slow, SECONDS, "s"),
        ("a layer of 20,000 against one of 2,000", per_layer[20_000] / per_layer[2_000], GROWTH, "times"),
    ]
    verdict(limits, options.strict)


if __name__ == "__main__":
    main()
