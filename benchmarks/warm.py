"""In one process, warm: load and analyze ResNet-152, split into reading, unrolling and computing.

python benchmarks/warm.py [--runs 50] [--strict] [--profile]
"""

from __future__ import annotations

import argparse
import cProfile
import pstats
import sys
import time
from pathlib import Path
from statistics import median

from measure import ROOT, slowness, table, verdict

sys.path.insert(0, str(ROOT))

from cnncalc.analysis.analyze import analyze_graph
from cnncalc.graph.expand import expand
from cnncalc.spec.read import load
from cnncalc.spec.shipped import shipped_block

MILLISECONDS = 10.0


def once(path: Path) -> tuple[float, float, float]:
    """Milliseconds of load, expand and analyze."""
    start = time.perf_counter()
    spec = load(path)
    loaded = time.perf_counter()
    graph = expand(spec, shipped_block)
    expanded = time.perf_counter()
    analyze_graph(graph, 1, "float32", "sgd")
    return 1e3 * (loaded - start), 1e3 * (expanded - loaded), 1e3 * (time.perf_counter() - expanded)


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
    columns = [*zip(*times, strict=True), [sum(one) for one in times]]
    rows = [
        [name, f"{min(values):.2f}", f"{median(values):.2f}"]
        for name, values in zip(("load", "expand", "analyze", "together"), columns, strict=True)
    ]
    print(table(["stage", "best ms", "median ms"], rows))
    slow = slowness()
    print(f"this machine is now {slow:.2f} times as slow as the reference")
    verdict([("load and analyze, warm", median(columns[-1]) / slow, MILLISECONDS, "ms")], options.strict)


if __name__ == "__main__":
    main()
