"""The importer from PyTorch on published networks: every figure is the module's own."""

from functools import lru_cache

import pytest
import torch

from cnncalc.analysis.analyze import analyze_spec
from cnncalc.importers.check import equal
from cnncalc.importers.finish import Imported, finish
from cnncalc.importers.torch.convert import convert
from tests.importers.measured import Measured, measure
from tests.importers.models.table import MODELS
from tests.importers.stepped import peaks

BATCH = 2


@pytest.fixture(scope="module", params=MODELS)
def name(request: pytest.FixtureRequest) -> str:
    """A network; all tests of one run side by side, so that it is imported once."""
    return str(request.param)


def seen(name: str) -> Measured:
    return measure(MODELS[name].build, MODELS[name].inputs, BATCH)


def module(name: str) -> torch.nn.Module:
    with torch.device("meta"):
        return MODELS[name].build()


@lru_cache(maxsize=1)
def imported(name: str) -> Imported:
    return convert(module(name), MODELS[name].inputs, name)


def test_every_figure_is_the_modules(name: str) -> None:
    network = module(name)
    compact = imported(name)
    flat = finish(compact.sketch, flat=True)
    analysis = analyze_spec(flat.spec, batch=BATCH)
    wanted = seen(name)
    totals = analysis.totals
    assert not analysis.faults
    assert (totals.params, totals.trainable_params, totals.buffers) == (wanted.params, wanted.trainable, wanted.buffers)
    assert totals.macs == BATCH * wanted.macs
    assert analysis.memory.torch.saved_bytes == wanted.saved
    rows = {row.path: row.output for row in analysis.rows}
    for leaf, shape in wanted.outputs.items():
        output = next((rows[path] for path in paths(leaf, rows)), None)
        if output is not None:
            # what the module computes channels last stands channels first in the spec
            assert sorted(bare(output)) == sorted(bare(shape)), leaf
    aliases: dict[int, list[str]] = {}
    for leaf, one in network.named_modules(remove_duplicate=False):
        if next(one.children(), None) is None and next(one.parameters(), None) is not None:
            aliases.setdefault(id(one), []).append(leaf)
    for leafs in aliases.values():
        assert any(paths(leaf, rows) for leaf in leafs), f"{leafs} have no row of their name"

    assert not [note for note in compact.notes if "layer by layer" in note]
    assert equal(analysis, analyze_spec(compact.spec, batch=BATCH))


def test_peaks(name: str) -> None:
    torch.manual_seed(0)
    memory = analyze_spec(imported(name).spec, batch=BATCH, optimizer="adam").memory.torch
    inputs = tuple(torch.randn(BATCH, *shape) for shape in MODELS[name].inputs)
    found = peaks(MODELS[name].build(), inputs)
    assert found == (memory.inference_peak_bytes, memory.training_peak_bytes)


def paths(leaf: str, rows: dict[str, object]) -> list[str]:
    """A module's row in the flat form: its qualified name; in a head, behind the head's name."""
    name = leaf.replace(".", "_").lstrip("-")
    return [path for path in rows if path == name or path.endswith(f".{name}")]


def bare(shape: tuple[object, ...]) -> tuple[object, ...]:
    """Sizes without ones: 64x1x1 is 64."""
    return tuple(size for size in shape if size != 1)
