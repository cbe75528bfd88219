"""How long a call takes: the same question on every device, each with the clock that answers it.

On the CPU (and Apple's device) torch.utils.benchmark, which synchronises accelerators; on CUDA a pair of events around
each call, after a warm-up: a host clock would time the launch, not the work.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch.utils.benchmark import Timer

from cnncalc.verify.result import Spread

Call = Callable[[], object]

_WARM_UP = 3
_FEWEST, _MOST = 5, 1000


def spread(call: Call, device: torch.device, seconds: float) -> Spread:
    """Median, minimum and interquartile range over runs that take at least `seconds` in all, after a warm-up."""
    times = _events(call, device, seconds) if device.type == "cuda" else _blocks(call, seconds)
    return summary(times)


def summary(times: Sequence[float]) -> Spread:
    """The figures of a list of times."""
    ordered = sorted(times)
    return Spread(
        _quantile(ordered, 0.5), ordered[0], _quantile(ordered, 0.75) - _quantile(ordered, 0.25), len(ordered)
    )


def _quantile(ordered: Sequence[float], share: float) -> float:
    place = share * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (place - low) * (ordered[high] - ordered[low])


def _blocks(call: Call, seconds: float) -> Sequence[float]:
    # blocked_autorange warms up and chooses blocks long enough for the clock; Timer would run on one thread by itself
    timer = Timer("call()", globals={"call": call}, num_threads=torch.get_num_threads())
    call()
    measured = timer.blocked_autorange(min_run_time=seconds)
    times = [float(value) for value in measured.times]
    while len(times) < _FEWEST:
        times.append(float(timer.timeit(1).times[0]))
    return times


def _events(call: Call, device: torch.device, seconds: float) -> Sequence[float]:
    for _ in range(_WARM_UP):
        call()
    once = max(_elapsed(call, device, 1)[0], 1e-6)
    return _elapsed(call, device, min(max(int(seconds / once), _FEWEST), _MOST))


def _elapsed(call: Call, device: torch.device, runs: int) -> list[float]:
    """Seconds of each run on the device, queued without waiting in between."""
    pairs = [(torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)) for _ in range(runs)]
    torch.cuda.synchronize(device)
    for start, stop in pairs:
        start.record()
        call()
        stop.record()
    torch.cuda.synchronize(device)
    return [start.elapsed_time(stop) / 1000 for start, stop in pairs]
