"""Writes docs/memory-table.md: what the model predicts next to what PyTorch holds, for the networks of the zoo.

    python tools/memory_table.py [--missing] [name ...]

Needs torch. Without names it takes every network; rows of networks that are not named stay as they are, and with
`--missing` those that are there already. A row runs on the CPU where it is small enough, else on device meta if that can show it.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

PAGE = ROOT / "docs" / "memory-table.md"
BATCHES = (1, 4, 32)
OPTIMIZERS = ("sgd", "momentum", "adam")
MOST_BYTES, MOST_MACS = 6_500_000_000, 12_000_000_000
"""A training step's peak, tensors alone, and the multiply-adds of a forward pass, up to which a row runs on the CPU."""
HEAD = """# Predicted and measured memory

What PyTorch {torch} holds, in bytes of tensors, float32: saved for backward (`saved_tensors_hooks`), the peak of a prediction
and of a training step (the second one, with that optimizer), each measured, and how far the prediction is off. `cpu`: the
network ran, and the profiler's allocation events were added up. `meta`: too large or too slow here, so its tensors were
counted on device meta, and predicted for that way: torch then adds no gradients in place, which makes the training peak of
networks with skips a little higher than on a real device. {cpu} rows are from the CPU, {meta} from device meta.
Written by `python tools/memory_table.py`; the method is in [verify.md](verify.md#memory).

| network | batch | on | optimizer | saved (B) | prediction peak (B) | training peak (B) | off by (B) |
|---|---:|---|---|---:|---:|---:|---:|
"""
ROW = re.compile(r"\| ([a-z0-9-]+) \| (\d+) \| (\w+) \| (\w+) \|")


class Key(NamedTuple):
    """A row's name."""

    network: str
    batch: int
    optimizer: str


def row(key: Key) -> str:
    import torch

    from cnncalc.analysis.analyze import analyze_graph
    from cnncalc.graph.expand import expand
    from cnncalc.spec.read import load
    from cnncalc.spec.shipped import shipped_block
    from cnncalc.verify.measure import images
    from cnncalc.verify.memory import observe
    from cnncalc.verify.observed import MemorySeen
    from cnncalc.verify.predicted import predicted
    from cnncalc.verify.state import untouched
    from cnncalc.verify.training import Setup

    graph = expand(load(ROOT / "specs" / f"{key.network}.yaml"), shipped_block)
    analysis = analyze_graph(graph, key.batch, "float32", key.optimizer)
    peak = analysis.memory.torch.training_peak_bytes

    def watched(device: str) -> MemorySeen:
        place = torch.device(device)
        with untouched(place):
            seen = observe(graph, images(graph.inputs.values(), key.batch, place), Setup(key.optimizer)).memory
        assert seen is not None
        return seen

    fits = peak is not None and peak <= MOST_BYTES
    small = fits and analysis.totals.macs <= MOST_MACS
    seen, device = watched("cpu" if small else "meta"), "cpu" if small else "meta"
    if device == "meta" and fits and seen.reasons:  # slow is better than nothing
        seen, device = watched("cpu"), "cpu"
    mine = predicted(graph, analysis, seen).figures
    measured = {
        "saved_bytes": seen.saved,
        "inference_peak_bytes": seen.inference_peak,
        "training_peak_bytes": seen.training_peak,
    }
    cells = ["" if what in seen.reasons else f"{value:,}" for what, value in measured.items()]
    off = [str(mine[what] - value) for what, value in measured.items() if what not in seen.reasons]
    off += dict.fromkeys(seen.reasons.values())
    return f"| {key.network} | {key.batch} | {device} | {key.optimizer} | {' | '.join(cells)} | {', '.join(off)} |"


def page(lines: list[str]) -> str:
    """The whole page."""
    import torch

    places = [match.group(3) for match in map(ROW.match, lines) if match]
    release = ".".join(torch.__version__.split(".")[:2])
    head = HEAD.format(torch=release, cpu=places.count("cpu"), meta=places.count("meta"))
    return head + "".join(f"{line}\n" for line in lines)


def main(names: list[str]) -> int:
    networks = sorted(path.stem for path in (ROOT / "specs").glob("*.yaml"))
    rows: dict[Key, str] = {}
    if PAGE.exists():
        for line in PAGE.read_text(encoding="utf-8").splitlines():
            match = ROW.match(line)
            if match:
                rows[Key(match.group(1), int(match.group(2)), match.group(4))] = line
    keys = [Key(name, batch, optimizer) for name in networks for batch in BATCHES for optimizer in OPTIMIZERS]
    missing = "--missing" in names
    names = [name for name in names if name != "--missing"]
    for key in keys:
        if (not names or key.network in names) and not (missing and key in rows):
            rows[key] = row(key)
            print(rows[key], flush=True)
            PAGE.write_text(page([rows[one] for one in keys if one in rows]), encoding="utf-8")
    return 0 if all(re.search(r"\| 0(, 0)*(, [a-z][^|]*)? \|$", line) for line in rows.values()) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
