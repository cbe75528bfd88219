"""When the results inside a program of torch operations are read for the last time."""

from __future__ import annotations

from cnncalc.layers.operations import Operation


def last_reads(program: tuple[Operation, ...], count: int) -> list[list[int]]:
    """After each operation the earlier results that nothing reads any more; the layer's own inputs are not listed."""
    seen: set[int] = set()
    result: list[list[int]] = []
    final = count + len(program) - 1
    for index in range(len(program) - 1, -1, -1):
        reads = dict.fromkeys(program[index].reads)
        finished = [slot for slot in reads if slot >= count and slot not in seen and slot != final]
        seen.update(finished)
        own = count + index
        if own != final and own not in seen:  # a result that nothing reads
            finished.append(own)
            seen.add(own)
        result.append(finished)
    return result[::-1]
