"""In one process, warm: load and analyze ResNet-152, split into reading, unrolling and computing.

    python benchmarks/warm.py [--runs 50] [--strict] [--profile]

What PyTorch and a device hold is worked out inside the analysis; its time is taken apart, because it has a limit of its
own.
"""

from __future__ import annotations

import argparse
import cProfile
import pstats
import sys
import time
from pathlib import Path
from statistics import median
from typing import Any

from measure import ROOT, slowness, table, verdict

sys.path.insert(0, str(ROOT))

from cnncalc.analysis import analyze, fit
from cnncalc.graph.expand import expand
from cnncalc.spec.read import load
from cnncalc.spec.shipped import shipped_block

WITHOUT_MEMORY = 10.0
WITH_MEMORY = 20.0
STAGES = ("load", "expand", "analyze", "of it torch memory")


class Watched:
    """A function that adds up how long its calls took."""

    def __init__(self, room: Any, name: str) -> None:
        self.function = getattr(room, name)
        self.milliseconds = 0.0
        setattr(room, name, self)

    def __call__(self, *arguments: Any) -> Any:
        """Calls it."""
        start = time.perf_counter()
        result = self.function(*arguments)
        self.milliseconds += 1e3 * (time.perf_counter() - start)
        return result


MEMORY = (Watched(analyze, "_torch"), Watched(fit, "device_memory"))


def once(path: Path) -> tuple[float, ...]:
    """Milliseconds of the stages."""
    for one in MEMORY:
        one.milliseconds = 0.0
    start = time.perf_counter()
    spec = load(path)
    loaded = time.perf_counter()
    graph = expand(spec, shipped_block)
    expanded = time.perf_counter()
    analyze.analyze_graph(graph, 1, "float32", "sgd")
    done = time.perf_counter()
    return (
        1e3 * (loaded - start),
        1e3 * (expanded - loaded),
        1e3 * (done - expanded),
        sum(one.milliseconds for one in MEMORY),
    )


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
