"""Mutants of the zoo are not silent: the linter reports them, or torch builds the same network."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

pytest.importorskip("torch")

from tests.lint.mutation import Bench, places

ZOO = Path(__file__).parents[2] / "specs"
SAMPLE = ("alexnet", "unet", "resnet18", "squeezenet", "mobilenet-v2", "lenet5", "exercise-200x300", "nin", "vgg-a")


@pytest.mark.parametrize("name", SAMPLE)
def test_no_mutant_is_silent(name: str, tmp_path: Path) -> None:
    bench = Bench(ZOO / f"{name}.yaml", tmp_path)
    assert bench.totals is not None
    random = Random(name)
    verdicts = [bench.judge(random) for _ in range(5)]
    assert [one for one in verdicts if one.how in ("silent", "false alarm")] == []


def test_every_spec_of_the_zoo_can_be_broken_in_several_ways() -> None:
    for path in ZOO.glob("*.yaml"):
        assert len(list(places(path.read_text()))) >= 3, path.name


def test_a_changed_total_without_claims_is_caught_by_the_lock(tmp_path: Path) -> None:
    spec = tmp_path / "net.yaml"
    spec.write_text("cnncalc: 1\ninput: 3x8x8\nlayers:\n  - conv: {filters: 4, kernel: 3, padding: 1}\n")
    bench = Bench(spec, tmp_path)
    bench.places = [(bench.text.index("4, k"), bench.text.index(", k"), "5")]
    assert bench.judge(Random(0)).how == "lock"


def test_a_silent_mutant_would_be_seen(tmp_path: Path) -> None:
    """The proof can fail: without the lock's help the same mutant is silent."""
    spec = tmp_path / "net.yaml"
    spec.write_text("cnncalc: 1\ninput: 3x8x8\nlayers:\n  - conv: {filters: 4, kernel: 3, padding: 1}\n")
    bench = Bench(spec, tmp_path)
    bench.locked = bench.linter
    bench.places = [(bench.text.index("4, k"), bench.text.index(", k"), "5")]
    assert bench.judge(Random(0)).how == "silent"
