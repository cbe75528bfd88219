"""`solve sizes` against brute force: every size from 1 on tried, for the zoo and for random networks.

python tools/check_sizes.py [--most 2000] [--networks 500] [--no-zoo]

Every disagreement is printed; the exit code is 1 when there is one. The sizes are square, so both axes are tried at once.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from cnncalc import zoo
from cnncalc.analysis.sizes import ValidSizes, layer_conditions, pixel_conditions, sizes_where, symbolic_graph
from cnncalc.spec.model import Spec
from cnncalc.spec.read import load
from tests.solve.sizes import graph_of, random_spec, walk


def allowed(found: ValidSizes, size: int) -> bool:
    """Whether every axis takes the size."""
    return not found.faults and all(axis.allows(size) for axis in found.axes)


def disagreements(spec: Spec, most: int) -> Iterator[str]:
    """The sizes on which the algebra and brute force differ."""
    symbolic = symbolic_graph(spec)
    conditions = [one.condition for one in layer_conditions(symbolic)]
    faults = tuple(fault.message for fault in symbolic.faults)
    valid = sizes_where(symbolic, conditions, faults)
    clean = sizes_where(symbolic, [*conditions, *(one.condition for one in pixel_conditions(symbolic))], faults)
    if valid.coupled or not valid.axes:
        return
    if not all(axis.exact for one in (valid, clean) for axis in one.axes):
        yield "not exact"
    graph, memo = graph_of(spec), {}
    for size in range(1, most + 1):
        fits, whole = walk(graph, size, memo)
        if fits != allowed(valid, size):
            yield f"valid at {size}: brute force says {fits}, solve {valid.axes[0]} {valid.faults}"
        if whole != allowed(clean, size):
            yield f"no border pixel lost at {size}: brute force says {whole}, solve {clean.axes[0]}"


def networks(count: int, with_zoo: bool) -> Iterator[Spec]:
    """The zoo, then random ones."""
    for name in zoo.names() if with_zoo else ():
        spec = load(f"zoo:{name}")
        if all(len(shape) > 1 for shape in spec.inputs.values()):
            yield spec
    yield from (random_spec(seed) for seed in range(count))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--most", type=int, default=2000)
    parser.add_argument("--networks", type=int, default=500)
    parser.add_argument("--no-zoo", action="store_true")
    options = parser.parse_args()
    checked = wrong = 0
    start = time.perf_counter()
    for spec in networks(options.networks, not options.no_zoo):
        checked += 1
        found = list(disagreements(spec, options.most))
        wrong += bool(found)
        for line in found[:3]:
            print(f"{spec.name}: {line}", flush=True)
        if found:
            print(spec.text, flush=True)
    seconds = time.perf_counter() - start
    print(f"{checked} networks, sizes 1 to {options.most}: {wrong} disagree ({seconds:.0f} s)")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
