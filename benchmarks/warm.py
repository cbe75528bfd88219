"""In one process, warm: load and analyze ResNet-152, split into reading, unrolling and computing.

    python benchmarks/warm.py [--runs 50] [--strict] [--profile]

The model of what PyTorch holds runs inside the analysis; its time is taken apart, because it has a limit of its own.
"""

from __future__ import annotations

import argparse
import cProfile
import pstats
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

from measure import ROOT, slowness, table, verdict

sys.path.insert(0, str(ROOT))

from cnncalc.analysis import analyze
from cnncalc.graph.expand import expand
from cnncalc.spec.read import load
from cnncalc.spec.shipped import shipped_block

WITHOUT_MEMORY = 10.0
WITH_MEMORY = 20.0
STAGES = ("load", "expand", "analyze", "of it torch memory")


class Watched:
    """A function that knows how long its last call took."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function
        self.milliseconds = 0.0

    def __call__(self, *arguments: Any) -> Any:
        """Calls it."""
        start = time.perf_counter()
        result = self.function(*arguments)
        self.milliseconds = 1e3 * (time.perf_counter() - start)
        return result


memory = Watched(getattr(analyze, "_torch", lambda: None))
if hasattr(analyze, "_torch"):
    analyze._torch = memory


def once(path: Path) -> tuple[float, ...]:
    """Milliseconds of the stages."""
    start = time.perf_counter()
    spec = load(path)
    loaded = time.perf_counter()
    graph = expand(spec, shipped_block)
    expanded = time.perf_counter()
    analyze.analyze_graph(graph, 1, "float32", "sgd")
    done = time.perf_counter()
    return 1e3 * (loaded - start), 1e3 * (expanded - loaded), 1e3 * (done - expanded), memory.milliseconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=50)
    parser.add_argument("--strict", action="store_true", help="exit 1 when the limit is missed")
    parser.add_argument("--profile", action="store_true", help="print where the time goes instead")
    options = parser.parse_args()
    path = ROOT / "specs" / "resnet152.yaml"
    for _ in range(3):
        once(path)
    if options.profile:
        with cProfile.Profile() as profile:
            for _ in range(options.runs):
                once(path)
        pstats.Stats(profile).sort_stats("tottime").print_stats(30)
        return
    times = [once(path) for _ in range(options.runs)]
    whole = [sum(one[:3]) for one in times]
    columns = [*zip(STAGES, zip(*times, strict=True), strict=True), ("together", whole)]
    rows = [[name, f"{min(values):.2f}", f"{median(values):.2f}"] for name, values in columns]
    print(table(["stage", "best ms", "median ms"], rows))
    slow = slowness()
    print(f"this machine is now {slow:.2f} times as slow as the reference")
    lean = [together - one[3] for together, one in zip(whole, times, strict=True)]
    limits = [
        ("load and analyze, warm, without torch memory", median(lean) / slow, WITHOUT_MEMORY, "ms"),
        ("load and analyze, warm", median(whole) / slow, WITH_MEMORY, "ms"),
    ]
    verdict(limits, options.strict)


if __name__ == "__main__":
    main()
