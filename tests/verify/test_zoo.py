"""The zoo against torch: small networks run for real, large ones as shapes; each network by hand against its spec."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from cnncalc import zoo
from cnncalc.analysis.analyze import analyze_spec
from cnncalc.spec.read import load
from cnncalc.verify.verify import verify

ROOT = Path(__file__).parents[2]
FIGURES = json.loads((ROOT / "tests/witness/figures.json").read_text(encoding="utf-8"))["networks"]

RUN = ("exercise-200x300", "highway", "lenet5", "memory-example", "mnist-exercise", "nin", "fc-100x100")
"""Small enough to run for real in a test; the others run as shapes on device meta."""
SHAPES = tuple(name for name in zoo.names() if "/" not in name and name not in RUN)


def by_hand(name: str) -> str | None:
    """The zoo's name of a network that stands by hand in tests/witness."""
    return name if name in zoo.names() else None


@pytest.mark.parametrize("name", RUN)
def test_small_networks_run(name: str) -> None:
    result = verify(f"zoo:{name}", device="cpu")
    assert result.mode == "run"
    assert not result.mismatches
    assert result.confirmed > 10


@pytest.mark.parametrize("name", SHAPES)
def test_large_networks_as_shapes(name: str) -> None:
    result = verify(f"zoo:{name}", device="cpu", meta=True, memory=False)  # docs/memory-table.md has their memory
    assert not result.mismatches
    assert result.confirmed > 10


@pytest.mark.parametrize("name", [name for name in FIGURES if by_hand(name)])
def test_specs_equal_networks_written_by_hand(name: str) -> None:
    """Parameters, buffers, multiply-adds and the result, as torch showed them for a network that knows nothing of specs."""
    figures = FIGURES[name]
    analysis = analyze_spec(load(f"zoo:{name}"))
    totals = analysis.totals
    assert list(next(iter(analysis.inputs.values()))) == figures["input"]
    assert totals.params == figures["params"]
    assert totals.trainable_params == figures["trainable_params"]
    assert totals.buffers == figures["buffers"]
    assert totals.macs == figures["macs"]


HANDMADE = ("lenet5", "googlenet", "resnet50", "densenet121", "unet", "mobilenet-v2")


@pytest.mark.parametrize("name", HANDMADE)
def test_the_twin_equals_the_network_written_by_hand(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both built now: the twins could share a mistake of the graph with us, the network by hand cannot."""
    import torch

    from cnncalc.graph.expand import expand
    from cnncalc.spec.shipped import shipped_block
    from cnncalc.verify.measure import images, measure

    monkeypatch.syspath_prepend(str(ROOT))
    for module in [module for module in sys.modules if module == "tests" or module.startswith("tests.")]:
        monkeypatch.delitem(sys.modules, module)
    from tests.witness.figures import NETWORKS
    from tests.witness.figures import measure as by_hand_figures

    build, shape = NETWORKS[name]
    figures = by_hand_figures(build, shape)
    graph = expand(load(f"zoo:{name}"), shipped_block)
    assert tuple(graph.inputs.values()) == (shape,)
    observed = measure(graph, images([shape], 1, torch.device("meta"))).observed
    assert observed.params == figures["params"]
    assert observed.trainable == figures["trainable_params"]
    assert observed.buffers == figures["buffers"]
    assert observed.macs == figures["macs"]
    assert observed.output is not None
    assert list(observed.output) == figures["output"]
