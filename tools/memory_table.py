"""Writes docs/memory-table.md: what the model predicts next to what PyTorch allocates, for the networks of the zoo.

Run it as `python tools/memory_table.py [name ...]` where torch is installed; without names it takes all of NETWORKS.
Rows of networks that are not named stay as they are.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tools")]

PAGE = ROOT / "docs" / "memory-table.md"
NETWORKS = {
    "lenet5": (1, 4, 32),
    "alexnet": (1, 4),
    "squeezenet": (1, 4),
    "nin": (1, 4),
    "resnet18": (1, 4),
    "googlenet": (1, 4),
    "mobilenet-v2": (1, 4),
    "shufflenet-v2": (1, 4),
    "efficientnet-b0": (1, 4),
    "densenet121": (1,),
    "highway": (1, 4),
    "resnet50": (1,),
    "se-resnet50": (1,),
    "vgg-a": (1,),
    "vgg-d": (1,),
    "inception-v3": (2,),
    "unet": (1,),
}
"""Spec -> batches that a small machine can hold."""
OPTIMIZERS = ("sgd", "momentum", "adam")
FIGURES = ("saved", "prediction peak", "training peak")
HEAD = """# Predicted and measured memory

Bytes at tensor level, float32, on the CPU with torch 2.13; measured with the profiler's allocation events and with
saved_tensors_hooks (tools/memory_truth.py), predicted without torch. Written by `python tools/memory_table.py`.

| network | batch | optimizer | figure | predicted (B) | measured (B) | difference (B) |
|---|---:|---|---|---:|---:|---:|
"""
ROW = re.compile(r"\| ([a-z0-9-]+) \| (\d+) \| (\w+) \|")


def rows(name: str, batch: int, optimizer: str) -> list[str]:
    from memory_truth import measure

    from cnncalc.analysis.torch_memory.model import Training, figures, memory_model
    from cnncalc.graph.expand import expand
    from cnncalc.spec.read import load
    from cnncalc.spec.shipped import shipped_block

    graph = expand(load(ROOT / "specs" / f"{name}.yaml"), shipped_block)
    mine = figures(memory_model(graph, 4, batch, Training(optimizer)), batch)
    seen = measure(graph, batch, optimizer)
    predicted = (mine.saved_bytes, mine.inference_peak_bytes, mine.training_peak_bytes)
    measured = (seen.saved, seen.prediction_peak, seen.training_peak)
    return [
        f"| {name} | {batch} | {optimizer} | {figure} | {one:,} | {other:,} | {one - other:,} |"
        for figure, one, other in zip(FIGURES, predicted, measured, strict=True)
    ]


def main(names: list[str]) -> int:
    lines: dict[tuple[str, int, str], list[str]] = {}
    if PAGE.exists():
        for line in PAGE.read_text(encoding="utf-8").splitlines():
            match = ROW.match(line)
            if match:
                lines.setdefault((match.group(1), int(match.group(2)), match.group(3)), []).append(line)
    for name in names or list(NETWORKS):
        for batch in NETWORKS[name]:
            for optimizer in OPTIMIZERS:
                lines[name, batch, optimizer] = rows(name, batch, optimizer)
                print("\n".join(lines[name, batch, optimizer]), flush=True)
    order = list(NETWORKS)
    body = [line for key in sorted(lines, key=lambda key: (order.index(key[0]), key[1])) for line in lines[key]]
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(HEAD + "\n".join(body) + "\n", encoding="utf-8")
    return 0 if all(line.endswith("| 0 |") for line in body) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
