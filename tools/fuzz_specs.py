"""Draws random specs and compares every figure with torch: `python tools/fuzz_specs.py --count 20000`.

Valid specs must run in torch with equal shapes, parameters, buffers and multiply-adds; of faulty ones torch must refuse
the same layer (the exceptions stand in tests/verify/differential.py). With `--memory` instead what torch holds, to the
byte, at a drawn batch and with a drawn optimizer (`--meta`: on device meta; `--extras`: also checkpoints, layers in place and
frozen, losses, what `train:` may say, number formats; `--threads`: of torch). Each spec has a seed of its own, so a finding
is repeated with `--first SEED --count 1 --show`. Exit code 1 when there is a finding.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.verify.differential import Outcome, compare, hold
from tests.verify.extras import furnished
from tests.verify.strategies import page, written

BATCHES = (1, 2, 3)
OPTIMIZERS = ("sgd", "momentum", "nesterov", "adam", "adamw", "rmsprop")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--count", type=int, default=20_000, help="how many specs")
    parser.add_argument(
        "--values",
        type=int,
        default=0,
        metavar="N",
        help="compare the numbers of every Nth spec with the slow reference",
    )
    parser.add_argument("--layers", type=int, default=7, help="at most so many layers and structures in a row")
    parser.add_argument("--memory", action="store_true", help="compare saved bytes and peaks instead")
    parser.add_argument("--meta", action="store_true", help="with --memory: on device meta")
    parser.add_argument("--extras", action="store_true", help="with --memory: how it is trained is drawn too")
    parser.add_argument("--threads", type=int, default=2, help="with --memory: how many threads torch has")
    parser.add_argument("--show", action="store_true", help="print every spec")
    options = parser.parse_args()

    start, counts, stricter, layers = time.perf_counter(), Counter[str](), Counter[str](), 0
    for seed in range(options.first, options.first + options.count):
        random = Random(seed)
        plain = page(random, options.layers)
        how = (random.choice(BATCHES), random.choice(OPTIMIZERS), device(options.meta)) if options.memory else ()
        dtype = "float32"
        if options.extras:
            plain, dtype = furnished(plain, Random(f"extras {seed}"))
        spec = written(plain)
        if options.show:
            print(spec, *how, dtype)
        if options.memory:
            outcome = attempt(hold, spec, *how, dtype, options.threads)
        else:
            outcome = attempt(compare, spec, bool(options.values) and seed % options.values == 0)
        counts["valid" if outcome.valid else "faulty"] += 1
        counts["findings"] += bool(outcome.problems)
        counts["estimates"] += bool(outcome.estimate)
        layers += outcome.layers
        stricter[outcome.stricter] += bool(outcome.stricter)
        for problem in outcome.problems[:1]:
            print(f"seed {seed}: {problem}\n{spec}", flush=True)
    seconds = time.perf_counter() - start
    print(
        f"{options.count:,} specs, {layers:,} layers in {seconds:.0f} s: {counts['valid']:,} valid, {counts['faulty']:,} faulty, {counts['findings']:,} findings"
    )
    if options.memory:
        print(f"  {counts['estimates']:,} of them are said to be estimates, whose differences are no findings")
    for place, times in sorted(stricter.items()):
        if times:
            print(f"  stricter than torch {times} times: {place}")
    return 1 if counts["findings"] else 0


def device(meta: bool) -> Any:
    import torch

    return torch.device("meta" if meta else "cpu")


def attempt(check: Callable[..., Outcome], spec: str, *how: Any) -> Outcome:
    """The outcome; an unexpected error is a finding too."""
    try:
        return check(spec, *how)
    except Exception as error:
        return Outcome(True, (f"{type(error).__name__}: {error}",), 0)


if __name__ == "__main__":
    sys.exit(main())
