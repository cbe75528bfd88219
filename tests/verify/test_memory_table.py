"""docs/memory-table.md: what torch held for every network of the zoo, as measured, against what the model says today."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

import pytest

from cnncalc import zoo
from cnncalc.analysis.torch_memory.model import Training, figures, memory_model
from cnncalc.graph.expand import expand
from cnncalc.spec.read import load
from cnncalc.spec.shipped import shipped_block

ROOT = Path(__file__).parents[2]
ROW = re.compile(r"\| ([a-z0-9-]+) \| (\d+) \| (cpu|meta) \| (\w+) \| ([\d,]*) \| ([\d,]*) \| ([\d,]*) \| (.*) \|")


class Measured(NamedTuple):
    """A row; a figure that torch could not show is None."""

    network: str
    batch: int
    on: str
    optimizer: str
    figures: tuple[int | None, ...]
    off: str


def rows() -> list[Measured]:
    page = (ROOT / "docs" / "memory-table.md").read_text(encoding="utf-8")
    found = [match.groups() for match in map(ROW.match, page.splitlines()) if match]
    return [
        Measured(
            name,
            int(batch),
            on,
            optimizer,
            tuple(int(text.replace(",", "")) if text else None for text in measured),
            off,
        )
        for name, batch, on, optimizer, *measured, off in found
    ]


def test_every_network_every_batch_every_optimizer_and_no_byte_off() -> None:
    networks = [name for name in zoo.names() if "/" not in name]
    there = {(row.network, row.batch, row.optimizer) for row in rows()}
    assert there == {(n, b, o) for n in networks for b in (1, 4, 32) for o in ("sgd", "momentum", "adam")}
    assert all(
        re.fullmatch(r"0(, 0)*(, torch refuses .*|, .* runs otherwise on device meta.*)?", row.off) for row in rows()
    )
    assert sum(row.on == "cpu" for row in rows()) >= 100


@pytest.mark.parametrize(
    "row", [row for row in rows() if (row.batch, row.optimizer) == (4, "adam")], ids=lambda r: r.network
)
def test_the_model_still_says_what_was_measured(row: Measured) -> None:
    graph = expand(load(ROOT / "specs" / f"{row.network}.yaml"), shipped_block)
    model = memory_model(graph, 4, row.batch, Training(row.optimizer, apart=row.on == "meta"))
    mine = figures(model, row.batch)
    predicted = (mine.saved_bytes, mine.inference_peak_bytes, mine.training_peak_bytes)
    assert [one for one, other in zip(predicted, row.figures, strict=True) if other is not None] == [
        figure for figure in row.figures if figure is not None
    ]
