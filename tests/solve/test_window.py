"""Windows solved for what is left out, against windows that are laid one by one, and against published figures."""

from __future__ import annotations

import re
from fractions import Fraction
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnncalc import SpecError, analyze
from cnncalc.core.dims import plain
from cnncalc.core.source import Source
from cnncalc.solve import window
from cnncalc.solve.search import Ask, search
from cnncalc.spec.load import load_source
from cnncalc.spec.shipped import shipped_block


def laid(n: int, k: int, s: int, d: int, before: int, after: int) -> int:
    """How many windows fit, by laying them one after the other."""
    reach = 1 + sum(d for _ in range(k - 1))
    count, start = 0, -before
    while start + reach <= n + after:
        count, start = count + 1, start + s
    return count


def laid_up(n: int, k: int, s: int, d: int, p: int) -> int:
    """The same where a last window may stick out, if it starts in the map or the padding before it."""
    reach, count, start = 1 + d * (k - 1), 0, -p
    while start < n and (count == 0 or start - s + reach < n + p):
        count, start = count + 1, start + s
    return count


def written(n: int, k: int, s: int, d: int, before: int, after: int, extra: int) -> int:
    """The positions that a transposed convolution writes, less the cuts."""
    return len(range(max(i * s + t * d for i in range(n) for t in range(k)) + 1)) - before - after + extra


SMALL = {
    "kernel": range(1, 5),
    "stride": range(1, 4),
    "dilation": range(1, 4),
    "padding": range(3),
    "input": range(1, 10),
}
UNKNOWN = [("padding",), ("kernel", "padding"), ("stride", "padding"), ("kernel", "stride"), ("input", "stride"), ("dilation", "kernel", "padding"), ("input",)]  # fmt: skip


def brute(unknown: tuple[str, ...], fixed: dict[str, int], wanted: int) -> set[tuple[int, ...]]:
    """Every combination of the unknowns that gives the wanted output; of a padding every total."""
    spaces: dict[str, Any] = {name: SMALL[name] if name in unknown else (fixed[name],) for name in SMALL}
    spaces["padding"] = range(5) if "padding" in unknown else (2 * fixed["padding"],)
    found: set[tuple[int, ...]] = set()
    for k, s, d, total, n in product(*(spaces[name] for name in ("kernel", "stride", "dilation", "padding", "input"))):
        before = total // 2
        if k == 1 and d > 1 and "dilation" in unknown:
            continue
        if laid(n, k, s, d, before, total - before) == wanted:
            found.add((k, s, d, total, n))
    return found


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_no_solution_is_missed(data: st.DataObject) -> None:
    unknown = data.draw(st.sampled_from(UNKNOWN))
    fixed = {name: data.draw(st.sampled_from(list(values)), name) for name, values in SMALL.items()}
    wanted = data.draw(st.integers(1, 7))
    values: dict[str, Any] = {name: SMALL[name] if name in unknown else fixed[name] for name in SMALL}
    if "padding" not in unknown:
        values["padding"] = (fixed["padding"], fixed["padding"])
    found = search(Ask("conv", output=wanted, output_padding=0, **values))
    mine = [(one.kernel, one.stride, one.dilation, sum(one.padding), one.input) for one in found.solutions]  # type: ignore[arg-type]
    assert len(mine) == len(set(mine))
    assert set(mine) == brute(unknown, fixed, wanted)


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 12), st.integers(1, 5), st.integers(1, 4), st.integers(1, 12))
def test_poolings_that_round_up(n: int, k: int, s: int, wanted: int) -> None:
    found = search(Ask("pool", n, wanted, k, s, 1, None, 0, ceil=True)).solutions
    mine = {one.padding for one in found if one.padding[0] == one.padding[1]}
    assert mine == {(p, p) for p in range(k // 2 + 1) if laid_up(n, k, s, 1, p) == wanted}


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 6), st.integers(1, 5), st.integers(1, 4), st.integers(1, 3), st.integers(1, 20))
def test_transposed_convolutions(n: int, k: int, s: int, d: int, wanted: int) -> None:
    found = search(Ask("transposed", n, wanted, k, s, d, range(3), None)).solutions
    mine = {(sum(one.padding), one.output_padding) for one in found}  # type: ignore[arg-type]
    assert mine == {
        (total, extra)
        for total in range(5)
        for extra in range(max(s, d))
        if written(n, k, s, d, total // 2, total - total // 2, extra) == wanted
    }


@settings(max_examples=30, deadline=None)
@given(st.integers(4, 300), st.integers(1, 60), st.integers(1, 9), st.integers(1, 5))
def test_what_is_solved_is_what_analyze_says(n: int, o: int, k: int, s: int) -> None:
    for one in window(input=n, output=o, kernel=k, stride=s).solutions[:3]:
        padding, k_, s_, d_ = (one[name] for name in ("padding", "kernel", "stride", "dilation"))
        before, after = padding if isinstance(padding, list) else (padding, padding)
        sides = f"padding: {{left: {before}, right: {after}}}"
        spec = f"cnncalc: 1\ninput: 1x{n}\nlayers:\n  - conv: {{filters: 1, kernel: {k_}, stride: {s_}, dilation: {d_}, {sides}}}\n"

        assert analyze(load_source(Source("x", spec), "x", shipped_block)).rows[0].output == (1, o)


FORWARD: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"input": 227, "kernel": 11, "stride": 4}, {"output": 55, "dropped": 0}),
    ({"input": 224, "kernel": 7, "stride": 2, "padding": 3}, {"output": 112}),
    ({"input": 224, "kernel": 7, "stride": 2, "padding": 3, "dilation": 2}, {"output": 109}),
    ({"input": 224, "kernel": 11, "stride": 4}, {"output": 54, "dropped": 1}),
    ({"input": 13, "kernel": 6, "stride": 5, "padding": "same"}, {"output": 3, "padding": [1, 2]}),
    ({"input": 13, "kernel": 6, "stride": 5, "padding": "valid"}, {"output": 2, "dropped": 2}),
    ({"input": (5, 7), "kernel": 3, "stride": 2, "padding": "same"}, {"output": [3, 4]}),
    ({"input": (5, 7), "kernel": 3, "stride": 2}, {"output": [2, 3]}),
    ({"input": 5, "kernel": 3, "padding": 2}, {"output": 7}),
    ({"input": 5, "kernel": 3, "padding": "full"}, {"output": 7, "padding": 2}),
    ({"input": 55, "kernel": 3, "stride": 2, "kind": "pool"}, {"output": 27}),
    ({"input": 7, "kernel": 2, "kind": "pool"}, {"output": 3, "stride": 2, "dropped": 1}),
    ({"input": 7, "kernel": 2, "kind": "pool", "ceil": True}, {"output": 4}),
    ({"input": 28, "kernel": 2, "stride": 2, "kind": "transposed"}, {"output": 56}),
    ({"input": 7, "kernel": 4, "stride": 2, "padding": 1, "kind": "transposed"}, {"output": 14}),
    ({"input": (16, 64, 64), "kernel": 3, "padding": 1}, {"output": [16, 64, 64]}),
    (
        {"input": 227, "kernel": 11, "stride": 4, "channels": 3, "filters": 96},
        {"shape": [96, 55, 55], "params": 34944, "macs": 105415200, "neurons": 290400},
    ),
    (
        {"input": (200, 300), "kernel": 3, "stride": 2, "padding": "same", "channels": 3, "filters": 100},
        {"output": [100, 150], "params": 2800, "macs": 40500000},
    ),
    ({"input": 56, "kernel": 3, "padding": 1, "channels": 256, "filters": 256, "groups": 256}, {"params": 256 * 10}),
]  # fmt: skip


@pytest.mark.parametrize(("question", "figures"), FORWARD)
def test_forward(question: dict[str, Any], figures: dict[str, Any]) -> None:
    (solution,) = window(**question).solutions
    assert {name: solution[name] for name in figures} == figures


INVERSE: list[tuple[dict[str, Any], str, list[Any]]] = [
    # total paddings 3 to 6: 216 <= 224 + p - 11 <= 219
    ({"input": 224, "output": 55, "kernel": 11, "stride": 4, "dilation": 1}, "padding", [[1, 2], 2, [2, 3], 3]),
    ({"output": 55, "kernel": 11, "stride": 4, "padding": 0, "dilation": 1}, "input", [227, 228, 229, 230]),
    ({"input": 224, "output": 112, "kernel": 7, "padding": 3, "dilation": 1}, "stride", [2]),
    ({"input": 32, "output": 32, "kernel": 5, "stride": 1, "dilation": 1}, "padding", [2]),
    ({"input": 32, "output": 32, "kernel": 5, "stride": 1, "dilation": 2}, "padding", [4]),
    ({"input": 64, "output": 56, "kernel": 3, "stride": 1, "padding": 0}, "dilation", [4]),
    ({"input": 1000, "output": 1, "stride": 1, "padding": 0, "dilation": 1}, "kernel", [1000]),
    # a grid of an even size: 4x4 keeps its size with 3 positions in all
    ({"input": 8, "output": 8, "kernel": 4, "stride": 1, "dilation": 1}, "padding", [[1, 2]]),
    ({"input": 3, "output": 8, "kernel": 3, "stride": 2, "padding": 1, "dilation": 2, "kind": "transposed"}, "output_padding", [1]),
    ({"input": 3, "output": 7, "kernel": 3, "stride": 2, "padding": 1, "dilation": 2, "kind": "transposed"}, "output_padding", [0]),
    ({"output": 27, "kernel": 3, "stride": 2, "padding": 0, "dilation": 1, "kind": "pool", "ceil": True}, "input", [54, 55]),
    ({"output": (7, 9), "kernel": 3, "stride": 2, "padding": 1, "dilation": 1}, "input", [[13, 17], [13, 18], [14, 17], [14, 18]]),
]  # fmt: skip


@pytest.mark.parametrize(("question", "name", "values"), INVERSE)
def test_inverse(question: dict[str, Any], name: str, values: list[Any]) -> None:
    assert [solution[name] for solution in window(**question).solutions] == values


def test_what_a_pooling_discards() -> None:
    """Course document 002, line 152: 2x2 with stride 2 drops 75 % of the inputs."""
    (found,) = window(input=(224, 224), kernel=2, kind="pool").solutions
    assert found["discarded"] == Fraction(3, 4)
    (odd,) = window(input=(7, 7), kernel=2, kind="pool").solutions
    assert odd["discarded"] == Fraction(40, 49)


def test_everything_left_out_is_solved_for() -> None:
    answer = window(input=224, output=55)
    found = {(one["kernel"], one["stride"], one["dilation"], str(one["padding"])) for one in answer.solutions}
    assert {("11", "4"), ("7", "4")} <= {(str(k), str(s)) for k, s, _, _ in found}
    assert (11, 4, 1, "[1, 2]") in found
    assert any("kernel 1 to 15" in note for note in answer.notes)
    order = [(one["dilation"], one["stride"], one["kernel"]) for one in answer.solutions]
    assert order == sorted(order)


def test_none_and_the_nearest_misses() -> None:
    answer = window(input=224, output=55, kernel=11, stride=5, dilation=1)
    assert answer.solutions == ()
    # (224 + 20 - 11) / 5 = 46.6
    assert "nearest: padding 10 gives 47, not 55" in answer.notes
    assert "with stride 4 instead of 5, padding 1+2 it is 55" in answer.notes


def test_a_pooling_takes_at_most_half_its_kernel() -> None:
    answer = window(input=8, output=8, kernel=4, stride=1, dilation=1, kind="pool")
    assert [one["padding"] for one in answer.solutions] == [[1, 2]]
    refused = window(input=8, output=10, kernel=3, stride=1, padding=2, dilation=1, kind="pool")
    assert refused.solutions == ()
    assert any("more than half the pooling kernel" in note for note in refused.notes)


def test_a_range_of_kernels_forward() -> None:
    answer = window(input=224, kernel=range(1, 8), stride=2, padding=3, output="?")
    assert [one["output"] for one in answer.solutions] == [115, 115, 114, 114, 113, 113, 112]


def test_the_derivation_is_the_layers_own() -> None:
    from cnncalc.solve.derivation import text

    (line,) = window(input=227, kernel=11, stride=4).derivation
    assert text(line) == "n_out = ⌊(n + 2·P − K)/S⌋ + 1 = ⌊(227 + 2·0 − 11)/4⌋ + 1 = 55"


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"input": 224}, "the output is left out, and kernel too"),
    ({"input": 224, "kernel": 0}, "kernel must be a whole number of at least 1"),
    ({"input": (224, 224), "kernel": (3, 3, 3)}, "has 3"),
    ({"input": 224, "kernel": 3, "kind": "dense"}, "the kind dense is not known"),
    ({"input": 224, "kernel": 3, "ceil": True}, "ceil rounds the output of a pooling"),
    ({"input": 224, "kernel": 3, "output_padding": 1}, "output_padding belongs to a transposed convolution"),
    ({"input": 224, "kernel": 3, "channels": 3}, "parameters need the number of filters too"),
    ({"input": 224, "kernel": 3, "channels": 3, "filters": 4, "groups": 2}, "do not divide into 2 groups"),
    ({"input": "many", "kernel": 3}, "input many is not known"),
    ({"input": 8, "output": 4, "claim": "2"}, "does not say which quantity"),
    ({"input": 8, "kernel": 3, "claim": "many"}, "the claim many cannot be read"),
    ({"input": 8, "kernel": 3, "claim": "6x5"}, "has 2 axes"),
    ({"input": 8, "kernel": 3, "claim": "params=2"}, "needs the channels"),
    ({"input": 8, "kernel": 3, "claim": "1..3"}, "leaves a choice"),
]  # fmt: skip


@pytest.mark.parametrize(("question", "message"), WRONG)
def test_wrong_questions(question: dict[str, Any], message: str) -> None:
    with pytest.raises(SpecError, match=message):
        window(**question)


CLAIMS: list[tuple[dict[str, Any], Any, str]] = [
    # (question, wrong claim, a part of the sentence)
    ({"input": 5, "kernel": 3, "padding": 2}, 5, "added once"),  # 5 + 2 - 3 + 1
    ({"input": 227, "kernel": 11, "stride": 4}, "217", "stride was forgotten"),  # 227 - 11 + 1
    ({"input": 227, "kernel": 11, "stride": 4}, "54", r"\+ 1 was forgotten"),  # 216 / 4
    ({"input": 224, "kernel": 7, "stride": 2, "padding": 3}, "113", "rounded up"),  # 223 / 2 = 111.5
    ({"input": 224, "kernel": 7, "stride": 2, "padding": 3}, "109", "VALID was taken"),  # floor(217 / 2) + 1
    ({"input": 224, "kernel": 11, "stride": 4}, "56", "SAME was taken"),  # 224 / 4
    ({"input": 64, "kernel": 3, "dilation": 4}, "62", "dilation was forgotten"),
    ({"input": 64, "kernel": 3, "dilation": 4}, "53", "multiplied by the dilation"),  # 64 - 12 + 1
    ({"input": (64, 48), "kernel": 3}, "46x62", "swapped"),
    ({"input": 28, "kernel": 2, "stride": 2, "kind": "transposed"}, "14", "other direction"),
    ({"input": 28, "kernel": 3, "stride": 2, "kind": "transposed"}, "59", "n was taken for n - 1"),  # 28 * 2 + 3
    ({"input": 3, "kernel": 3, "stride": 2, "output_padding": 1, "kind": "transposed"}, "7", "output padding was forgotten"),
    ({"input": 32, "output": 32, "kernel": 5, "stride": 1}, "4", "added once"),  # 32 + 4 - 5 + 1 = 32
    ({"input": 32, "output": 32, "kernel": 5, "stride": 1}, "1", "doubled"),  # 32 + 2 * 2 * 1 - 5 + 1
    ({"input": 32, "output": 8, "kernel": 3, "padding": 1}, "stride=3", ""),
    ({"input": 227, "kernel": 11, "stride": 4, "channels": 3, "filters": 96}, "params=34848", "bias was forgotten"),
    ({"input": 227, "kernel": 11, "stride": 4, "channels": 3, "filters": 96}, "params=105705600", "were not shared"),
    ({"input": 227, "kernel": 11, "stride": 4, "channels": 3, "filters": 96}, "macs=210830400", "FLOPs were taken for MACs"),
    ({"input": 227, "kernel": 11, "stride": 4, "channels": 3, "filters": 96}, "3x55x55", "channels were taken for the number"),
    ({"input": 227, "kernel": 11, "stride": 4, "channels": 3, "filters": 96}, "55x55x96", "channels were written last"),
]  # fmt: skip


@pytest.mark.parametrize(("question", "claim", "sentence"), CLAIMS)
def test_a_wrong_claim_is_diagnosed(question: dict[str, Any], claim: Any, sentence: str) -> None:

    verdict = window(**question, claim=claim).verdict
    assert verdict is not None
    assert not verdict.right
    said = " and ".join(verdict.slips)
    assert re.search(sentence, said) if sentence else said == ""


@pytest.mark.parametrize(
    ("question", "claim"),
    [
        ({"input": 227, "kernel": 11, "stride": 4}, "55"),
        ({"input": (200, 300), "kernel": 3, "stride": 2, "padding": "same"}, "100x150"),
        ({"input": 224, "output": 55, "kernel": 11, "stride": 4}, "1+2"),
        ({"input": 224, "output": 55, "kernel": 11, "stride": 4}, "padding=2"),
        ({"input": 227, "kernel": 11, "stride": 4, "channels": 3, "filters": 96}, "96x55x55"),
    ],
)
def test_a_right_claim(question: dict[str, Any], claim: str) -> None:
    verdict = window(**question, claim=claim).verdict
    assert verdict is not None
    assert verdict.right


# -- letters -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "output"),
    [
        ({"input": "n", "kernel": 3, "stride": 2, "padding": 1}, "ceil(n/2)"),
        ({"input": "n", "kernel": "2h+1", "padding": "h"}, "n"),
        ({"input": "n", "kernel": 4, "stride": 2, "padding": 1, "kind": "transposed"}, "2*n"),
        ({"input": "n", "kernel": 2, "kind": "pool"}, "floor(n/2)"),
        ({"input": ["H", "W"], "kernel": [3, 5], "padding": "same", "stride": 2}, ["ceil(H/2)", "ceil(W/2)"]),
    ],
)
def test_letters_give_a_formula(asked: dict[str, Any], output: Any) -> None:
    (solution,) = window(**asked).solutions
    assert plain(solution["output"]) == output


def test_a_formula_is_what_numbers_give() -> None:
    (solution,) = window(input="n", kernel="k", stride="s", padding="p", dilation="d").solutions
    for values in ((224, 7, 2, 3, 2), (227, 11, 4, 0, 1), (31, 3, 5, 2, 4)):
        n, k, s, p, d = values
        numbers = dict(zip("nksp", values, strict=False)) | {"d": d}
        assert solution["output"].subs({one: numbers[str(one)] for one in solution["output"].free_symbols}) == (
            (n + 2 * p - d * (k - 1) - 1) // s + 1
        )


@pytest.mark.parametrize(
    ("claim", "slip"),
    [
        ("(n-k+2*p)//2+1", None),
        ("(n+p-k)//2+1", "the padding was added once; it stands on both sides"),
        ("(n+2*p-k)//2", "the + 1 was forgotten"),
        ("n+2*p-k+1", "the stride was forgotten"),
        ("m", ""),
    ],
)
def test_claimed_formulas(claim: str, slip: str | None) -> None:
    verdict = window(input="n", kernel="k", stride=2, padding="p", claim=claim).verdict
    assert verdict is not None
    assert verdict.right is (slip is None)
    assert verdict.slips == ((slip,) if slip else ())


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"input": "n", "output": 7, "kernel": 3}, "only the output can be found, not the stride"),
        ({"input": "n", "kernel": "?"}, "only the output can be found, not the kernel"),
        ({"input": "n", "kernel": 3, "channels": 3, "filters": 4}, "letters are not counted with"),
        ({"input": "n", "kernel": 0}, "kernel must be a whole number of at least 1"),
        ({"input": "number", "kernel": 3}, "input number is not known"),
        ({"input": "n", "kernel": "k+"}, "kernel k+"),
    ],
)
def test_letters_that_cannot_be_answered(asked: dict[str, Any], message: str) -> None:
    with pytest.raises(SpecError, match=re.escape(message)):
        window(**asked)


# -- Chinese -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "asked",
    [
        {"input": 224, "output": 55, "kernel": 11, "stride": 4},
        {"input": 224, "output": 55, "kernel": 11, "stride": 5, "dilation": 1},
        {"input": 224, "output": 300},
        {"input": [8, 9], "output": [4, 7], "stride": 2, "kernel": 3, "dilation": 1},
        {"input": 112, "kernel": 3, "kind": "pool", "channels": 3},
        {"output": 16, "stride": 2, "kernel": 3, "kind": "transposed"},
        {"input": "n", "kernel": "k", "padding": "p"},
    ],
)
def test_a_chinese_answer_has_no_english_words(asked: dict[str, Any]) -> None:
    answer = window(**asked, lang="zh")
    words = " ".join((answer.question, *answer.notes))
    assert answer.lang == "zh"
    assert set(re.findall(r"[A-Za-z]{2,}", words)) <= {"valid", "same", "full"}
