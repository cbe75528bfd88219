"""Random specs, trained in random ways: what torch holds, to the byte (tools/fuzz_specs.py --memory --extras goes on)."""

from __future__ import annotations

from random import Random

import pytest

from . import differential
from .extras import DTYPES, furnished
from .strategies import page, written

CASES, PARTS = 120, 4


@pytest.mark.parametrize("part", range(PARTS))
def test_120_drawn_trainings_equal_torch(part: int) -> None:
    outcomes = []
    for seed in range(part * CASES // PARTS, (part + 1) * CASES // PARTS):
        extras = furnished(page(Random(seed)), Random(f"extras {seed}"))
        outcome = differential.hold(written(extras.page), seed % 3 + 1, "adam", dtype=extras.dtype, threads=1)
        assert not outcome.problems, f"seed {seed}: {outcome.problems[0]}\n{written(extras.page)}"
        outcomes.append(outcome)
    # nearly all of it is exact: neither refused nor an estimate
    assert sum(outcome.valid and not outcome.estimate for outcome in outcomes) >= 20


def test_everything_is_drawn() -> None:
    pages = [furnished(page(Random(seed)), Random(f"extras {seed}")) for seed in range(60)]
    text = " ".join(written(one.page) for one in pages)
    words = ("checkpoint: true", "inplace: true", "trainable: false", "accumulate: 3", "weight_decay", "foreach: true")
    words += ("set_to_none: false", "autocast: bfloat16", "autocast: float16", "loss: binary_cross_entropy", "loss: l1")
    assert [word for word in words if word not in text] == []
    assert {one.dtype for one in pages} == set(DTYPES)


def test_extras_leave_the_plain_spec() -> None:
    plain = page(Random(7))
    before = written(plain)
    furnished(plain, Random(1))
    assert written(plain) == before


def test_a_refusal_must_be_torchs_too(monkeypatch: pytest.MonkeyPatch) -> None:
    from cnncalc.analysis.torch_memory import machine

    def refuse(self: machine.Machine, operation: object, read: machine.Value) -> int:
        raise machine.OverwriteError(0, self.layer)

    spec = "cnncalc: 1\ninput: 3x8x8\nlayers: [{conv: {filters: 4, kernel: 3}}, {relu: {inplace: true}}]\n"
    assert not differential.hold(spec, 2, "sgd", threads=1).problems
    monkeypatch.setattr(machine.Machine, "_overwrite", refuse)
    assert "torch trains it" in differential.hold(spec, 2, "sgd", threads=1).problems[0]


# a map that lies channels last (a product along the channels leaves it so) and a convolution of volumes that ends in 1x1
VOLUMES = "cnncalc: 1\ninput: 3x4x2x2\nlayers: [{dense: {units: 64, axis: channels}}, {conv: {filters: 64, kernel: [3, 1, 1]}}]\n"


def test_what_depends_on_the_threads_is_said() -> None:
    several, single = (differential.hold(VOLUMES, 2, "sgd", threads=threads) for threads in (2, 1))
    assert not several.problems + single.problems
    assert "with a single thread runs conv1 in another kernel" in single.estimate == several.estimate


def test_a_single_thread_is_otherwise() -> None:
    """The label is there for a reason: with one thread torch holds something else."""
    import torch

    from cnncalc.analysis.analyze import analyze_graph
    from cnncalc.verify.measure import images
    from cnncalc.verify.memory import observe
    from cnncalc.verify.state import untouched
    from cnncalc.verify.training import Setup

    graph = differential.graph_of(VOLUMES)
    peaks = []
    for threads in (2, 1):
        with untouched(torch.device("cpu"), threads=threads):
            seen = observe(graph, images(graph.inputs.values(), 2, torch.device("cpu")), Setup()).memory
        assert seen is not None
        peaks.append(seen.training_peak)
    assert peaks[0] == analyze_graph(graph, 2, "float32", "sgd").memory.torch.training_peak_bytes
    assert peaks[0] != peaks[1]
