"""dump and load are inverse: for random Specs, for every spec that ships, and for texts that a dump could lose."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from cnncalc.core.diagnostic import SpecError
from cnncalc.core.source import Source
from cnncalc.spec.dump import dump_spec
from cnncalc.spec.load import load_source
from cnncalc.spec.model import Spec
from cnncalc.spec.read import load_file, load_inline
from cnncalc.spec.shipped import shipped_block

from .networks import specs
from .written import analyzed, figures, loaded, written

SPECS = Path(__file__).parents[2] / "specs"


def again(spec: Spec) -> Spec:
    return load_source(Source("dumped.yaml", dump_spec(spec)), "another name", shipped_block)


@settings(
    max_examples=40,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)
@given(specs())
def test_load_of_dump(spec: Spec) -> None:
    text = dump_spec(spec)
    assert load_source(Source("dumped.yaml", text), "another name", shipped_block) == spec
    assert dump_spec(again(spec)) == text


@pytest.mark.parametrize("path", sorted(SPECS.rglob("*.yaml")), ids=lambda path: str(path.relative_to(SPECS)))
def test_every_shipped_spec(path: Path) -> None:
    spec = load_file(path)
    text = dump_spec(spec)
    assert again(spec) == spec
    assert max(map(len, text.splitlines())) < 1000


ROWS = {
    "sizes whose names contain an x": written("relu", input="[3, max, x_size]"),
    "expressions as sizes": written("relu", input="{channels: 3, height: 2*H, width: H + 1}"),
    "a name that looks like a number": written("relu: {name: '12'}", "tanh: {from: '12'}", name="'1e4'"),
    "a field of null": written("maxpool: {kernel: 2, stride: null}"),
    "an empty activation": written("conv: {filters: 8, kernel: 3, activation: null}"),
    "a section of nothing": written("relu", train="{batch: null}"),
    "an empty section": written("relu", train="{}", task="{}", budget="{}", target="{}", variables="{}", expect="{}"),
    "flags and conditions": written(
        "relu: {if: 1 < 2, trainable: false, train_only: false, checkpoint: true, inplace: true}"
    ),
    "a condition of null": written("relu: {if: null, repeat: null}"),
    "several lines": written("relu", source='"one\\ntwo\\n"'),
    "trailing colon": written("relu", source='"one:"', name='"a:"'),
    "a comment sign": written("relu", source='"one #two"'),
    "a long line": written("relu", source='"' + "word " * 200 + '"'),
    "floats": written("dropout: 1e-07", "lrn: {alpha: 1.0, beta: 5e-324, k: 1e+22}", variables="{a: -0.0, b: 0.1}"),
    "deep in short form": written("stack: [" * 20 + "relu" + "]" * 20),
    "branches in branches in short form": written("add: [[], [" * 12 + "relu" + "]]" * 12),
}


@pytest.mark.parametrize("text", ROWS.values(), ids=ROWS)
def test_rows(text: str) -> None:
    spec = loaded(text)
    assert again(spec) == spec


def test_the_figures_stay() -> None:
    text = (SPECS / "densenet121.yaml").read_text()
    assert figures(analyzed(dump_spec(loaded(text)))) == figures(analyzed(text))


def test_inline_notation_becomes_yaml() -> None:
    text = dump_spec(load_inline("in 3x8x8; conv 4 k3x5 same relu; maxpool 2; flatten; dense 10"))
    assert text == (
        "cnncalc: 1\n"
        "name: inline\n"
        "input: 3x8x8\n"
        "layers:\n"
        "  - conv: {filters: 4, kernel: [3, 5], padding: same, activation: relu}\n"
        "  - maxpool: 2\n"
        "  - flatten\n"
        "  - dense: 10\n"
    )


def test_what_cannot_be_loaded_is_not_dumped_silently() -> None:
    # the depth limit holds for the dump as well: the long form of a nested short form may not load again
    text = written("stack: [" * 30 + "relu" + "]" * 30)
    try:
        spec = loaded(text)
    except SpecError:
        return
    assert again(spec) == spec
