"""What verify's runner costs: its forward pass against the same network written by hand in torch.

    python benchmarks/verify_overhead.py [--networks resnet18,mobilenet-v2] [--batch 2] [--seconds 4] [--threads 2]

Both networks run the same operations on the same image in turns, so that a disturbance of the machine hits both; the
median of the ratios of neighbouring runs should be at most 1.1. Then what measuring memory costs: a whole verification with
it against one without, which should be at most twice as much; and one convolution's time from verify's timing against
torch.utils.benchmark run by itself.
"""

from __future__ import annotations

import argparse
import gc
import sys
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

import torch
from torch.utils.benchmark import Timer

from cnncalc.graph.expand import expand
from cnncalc.spec.read import load
from cnncalc.spec.shipped import shipped_block
from cnncalc.verify.measure import images, measure
from cnncalc.verify.state import untouched
from cnncalc.verify.verify import TimingOptions, verify_spec
from tests.witness.figures import NETWORKS

CPU = torch.device("cpu")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--networks", default="lenet5,resnet18,mobilenet-v2,googlenet")
    parser.add_argument("--batch", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=4.0, help="for each network")
    parser.add_argument(
        "--threads", type=int, default=1, help="more wait for each other on a machine that others use too"
    )
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    worst = twice = 0.0
    for name in options.networks.split(","):
        mine, theirs = compare(name, options)
        ratio = median(own / other for own, other in zip(mine, theirs, strict=True))
        worst = max(worst, ratio)
        print(
            f"{name:14} verify {1e3 * median(mine):8.2f} ms, by hand {1e3 * median(theirs):8.2f} ms, ratio {ratio:.3f} "
            f"(of the minima {min(mine) / min(theirs):.3f}; {len(mine)} runs of each, {options.threads} threads)"
        )
        full, plain = memory(name, options)
        twice = max(twice, full / plain)
        print(f"{name:14} verified with memory in {full:.2f} s, without in {plain:.2f} s, ratio {full / plain:.2f}")
    alone(options.threads)
    return 0 if worst <= 1.1 and twice <= 2 else 1


def compare(name: str, options: argparse.Namespace) -> tuple[list[float], list[float]]:
    """Seconds of each run, verify's network and the one by hand."""
    build, _ = NETWORKS[name]
    with untouched(CPU, threads=options.threads):
        graph = expand(load(f"zoo:{name}"), shipped_block)
        measured = measure(graph, images(graph.inputs.values(), options.batch, CPU))
        assert measured.network is not None
        hand = build().eval()
        (image,) = measured.inputs
        times: tuple[list[float], list[float]] = ([], [])
        with torch.no_grad():
            pair = (measured.network, hand)
            once = sum(seconds(network, image) for _ in range(3) for network in pair) / 3
            for turn in range(max(int(options.seconds / once), 9)):
                for which in (0, 1) if turn % 2 else (1, 0):
                    times[which].append(seconds(pair[which], image))
    return times


def memory(name: str, options: argparse.Namespace) -> tuple[float, float]:
    """Seconds of a verification with memory and without, each the best of five in turns."""
    spec = load(f"zoo:{name}")
    times: dict[bool, list[float]] = {True: [], False: []}
    for _ in range(5):
        for held in times:
            gc.collect()  # as the command does between networks; a large one may wait long for the collector
            start = perf_counter()
            verify_spec(spec, device="cpu", batch=options.batch, memory=held)
            times[held].append(perf_counter() - start)
    return min(times[True]), min(times[False])


def seconds(network: Any, image: torch.Tensor) -> float:
    start = perf_counter()
    network(image)
    return perf_counter() - start


def alone(threads: int) -> None:
    """A 3x3 convolution of 64 maps of 56 x 56 (ResNet's first stage): verify's figure, and torch's benchmark by itself."""
    spec = load("in 64x56x56; conv 64 k3 p1 nobias")
    result = verify_spec(spec, device="cpu", batch=2, timing=TimingOptions(threads=threads, seconds=1.0))
    assert result.timing is not None
    timed = result.timing.runs[0].layers[0].forward
    conv = torch.nn.Conv2d(64, 64, 3, padding=1, bias=False)
    x = torch.randn(2, 64, 56, 56)
    with torch.no_grad():
        timer = Timer("conv(x)", globals={"conv": conv, "x": x}, num_threads=threads)
        measured = timer.blocked_autorange(min_run_time=1.0)
    print(
        f"one convolution: verify {1e3 * timed.median:.3f} ms (minimum {1e3 * timed.minimum:.3f}, IQR {1e3 * timed.iqr:.3f}), "
        f"torch.utils.benchmark {1e3 * measured.median:.3f} ms (minimum {1e3 * min(measured.times):.3f}, IQR {1e3 * measured.iqr:.3f})"
    )


if __name__ == "__main__":
    sys.exit(main())
