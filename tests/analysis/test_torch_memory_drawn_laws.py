"""Laws of the memory model on random networks and trainings, without torch."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from copy import deepcopy
from math import prod
from random import Random
from time import process_time
from typing import Any

import pytest

from cnncalc import analyze
from cnncalc.analysis.torch_memory.model import MemoryModel, memory_model, stated, unknown
from cnncalc.core.source import Source
from cnncalc.graph.expand import expand
from cnncalc.graph.model import Graph
from cnncalc.spec.load import load_source
from cnncalc.spec.shipped import shipped_block
from cnncalc.spec.words import DTYPES
from tests.verify.extras import furnished
from tests.verify.strategies import page, written

SEEDS = 100
VIEWS = (
    "slice",
    "crop",
    "flatten",
    "reshape",
    "permute",
    "identity",
    "channel_shuffle",
    "pixel_unshuffle",
    "depth_pool",
)
Page = dict[str, Any]


def unrolled(text: str) -> Graph:
    return expand(load_source(Source("drawn", text), "drawn", shipped_block), shipped_block)


def drawn(seeds: int = SEEDS) -> Iterator[tuple[int, Page, Graph, int]]:
    """Random networks with random trainings whose memory is known: seed, page, graph, bytes per number."""
    for seed in range(seeds):
        extras = furnished(page(Random(seed)), Random(f"laws {seed}"))
        graph = unrolled(written(extras.page))
        if not unknown(graph, extras.dtype):
            yield seed, extras.page, graph, DTYPES[extras.dtype]


def model(graph: Graph, width: int = 4, batch: Any = 2) -> MemoryModel:
    return memory_model(graph, width, batch, stated(graph.spec, "adam"))


def saved(graph: Graph, width: int = 4) -> int:
    return int(sum(model(graph, width).saved_bytes(2)))


def test_enough_is_drawn() -> None:
    assert len(list(drawn())) > 0.6 * SEEDS


def test_the_formula_of_the_batch_equals_the_numbers() -> None:
    from cnncalc.core.symbolic import symbol

    said = 0
    for seed, _, graph, _ in drawn(25):
        spec, dtype = graph.spec, "float32"
        formula = analyze(spec, batch=symbol("N"), dtype=dtype).memory.torch
        otherwise = "formulas hold for N >= 2" in formula.estimate
        said += otherwise
        alike = []
        for batch in range(1, 9):
            number = analyze(spec, batch=batch, dtype=dtype).memory.torch
            keys = ("inference_peak_bytes", "saved_bytes", "training_peak_bytes")
            alike.append(all(at(getattr(formula, key), batch) == getattr(number, key) for key in keys))
        assert alike == [not otherwise, *[True] * 7], f"seed {seed}"
    assert said < 5


def at(figure: Any, batch: int) -> int:
    return int(figure if isinstance(figure, int) else figure.subs(dict.fromkeys(figure.free_symbols, batch)))


def test_a_larger_batch_never_needs_less() -> None:
    for seed, _, graph, width in drawn():
        for trace in model(graph, width)[:2]:
            peaks = [trace.peak(batch) for batch in range(2, 10)]
            assert peaks == sorted(peaks), f"seed {seed}"


def test_the_turns_do_not_depend_on_the_batch() -> None:
    """So a batch of 4096 costs what a batch of 2 costs."""
    for seed, _, graph, width in drawn(40):
        small, large = (model(graph, width, batch) for batch in (2, 4096))
        assert small.training.events == large.training.events, f"seed {seed}"
        assert small.training.storages == large.training.storages


def test_prediction_needs_no_more_than_training() -> None:
    for seed, _, graph, width in drawn():
        made = model(graph, width)
        assert made.prediction.peak(2) <= made.training.peak(2), f"seed {seed}"


def test_everything_saved_is_freed() -> None:
    """After a step nothing is left that was made in it, but the gradients and the loss, which still has its name."""
    for seed, _, graph, width in drawn():
        trace = model(graph, width).training
        left = [trace.storages[one] for one in trace.alive(len(trace.events)) if one not in set(trace.resident)]
        assert len([one for one in left if one[2] != "gradients"]) <= 1, f"seed {seed}"
        assert min(Counter(trace.events).values(), default=1) == max(Counter(trace.events).values(), default=1) == 1


def test_a_checkpoint_costs_at_most_what_it_reads() -> None:
    """What a checkpoint adds to what is saved is its inputs; mostly it saves more than that."""
    less = 0
    for seed, plain, _, width in drawn():
        plain = deepcopy(plain)
        strip(plain)
        index = Random(seed).randrange(len(plain["layers"]))
        marked = deepcopy(plain)
        kind, given = item(marked["layers"][index])
        if kind in ("add", "multiply", "maximum", "concat", "highway") and not given:
            continue
        marked["layers"][index] = {kind: {**given, "checkpoint": True}}
        before, after = unrolled(written(plain)), unrolled(written(marked))
        if unknown(before) or unknown(after):
            continue
        reads = {
            (ref, one.start)
            for one in after.checkpoints
            for node in after.nodes[one.start : one.stop]
            for ref in node.inputs
            if not one.start <= ref < one.stop
        }
        cost = sum(2 * width * storage(after, ref) for ref, _ in reads)
        change = saved(after, width) - saved(before, width)
        assert change <= cost, f"seed {seed}"
        less += change < 0
    assert less > 5


def item(layer: Any) -> tuple[str, dict[str, Any]]:
    (kind, given), *_ = layer.items() if isinstance(layer, dict) else ((layer, None),)
    return kind, given or {}


def strip(value: Any) -> None:
    """Takes every checkpoint and everything in place out."""
    if isinstance(value, dict):
        for key in ("checkpoint", "inplace"):
            value.pop(key, None)
    for one in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        strip(one)


def storage(graph: Graph, ref: int) -> int:
    """How many numbers of an image lie in the storage of a map: a view keeps all of what it views."""
    largest = prod(graph.shape(ref) or ())
    while ref >= 0 and graph.nodes[ref].kind in VIEWS:
        ref = graph.nodes[ref].inputs[0]
        largest = max(largest, prod(graph.shape(ref) or ()))
    return int(largest)


def test_a_frozen_trunk_keeps_nothing() -> None:
    tried = 0
    for seed in range(SEEDS):
        plain = page(Random(seed))
        if plain.get("heads") or isinstance(plain["input"], dict):
            continue
        trunk = [{"stack": {"trainable": False, "layers": plain["layers"], "name": "trunk"}}]
        graph = unrolled(written({**plain, "layers": [*trunk, "flatten", {"dense": 3}]}))
        if unknown(graph):
            continue
        kept = model(graph).saved_bytes(2)
        assert sum(kept[:-1]) == 0, f"seed {seed}"
        assert kept[-1] > 0
        tried += 1
    assert tried > SEEDS // 3


def test_other_names_change_nothing() -> None:
    for seed, plain, graph, width in drawn(60):
        renamed = unrolled(re.sub(r"\bn(\d+)\b", r"another_name_\1", written(plain)))
        one, two = model(graph, width), model(renamed, width)
        for mine, theirs in ((one.prediction, two.prediction), (one.training, two.training)):
            assert (mine.storages, mine.events) == (theirs.storages, theirs.events), f"seed {seed}"


@pytest.mark.parametrize("kind", ["add", "maximum", "concat"])
def test_the_order_of_branches_changes_only_the_order(kind: str) -> None:
    """The same tensors are made, saved and freed, in another order."""
    compared = 0
    for seed in range(40):
        random = Random(seed)
        shape = (random.randint(2, 5), random.randint(4, 8), random.randint(4, 8))
        kinds = ["tanh", "gelu", "batchnorm", {"conv": {"filters": shape[0], "kernel": 3, "padding": "same"}}]
        branches = [[random.choice(kinds) for _ in range(random.randint(1, 3))] for _ in range(3)]
        made = []
        for order in (branches, branches[::-1]):
            layers = [{"conv": {"filters": shape[0], "kernel": 1}}, {kind: order}, "relu", "flatten", {"dense": 3}]
            made.append(model(unrolled(written({"cnncalc": 1, "input": "x".join(map(str, shape)), "layers": layers}))))
        assert sum(made[0].saved_bytes(2)) == sum(made[1].saved_bytes(2))
        for mine, theirs in zip(made[0][:2], made[1][:2], strict=True):
            assert Counter(mine.amounts(2)) == Counter(theirs.amounts(2)), f"seed {seed}"
        compared += branches != branches[::-1]
    assert compared > 20


def test_long_chains_take_time_in_proportion() -> None:
    """Twice as many layers take twice as many turns, and no more than about twice the time."""
    lengths = (2_500, 10_000)
    turns, seconds = [], []
    for length in lengths:
        graph = unrolled(
            f"cnncalc: 1\ninput: 2x4x4\nlayers: [{{conv: {{filters: 2, kernel: 1, activation: relu, repeat: {length}}}}}]"
        )
        start = process_time()
        made = model(graph)
        made.training.peak(8)
        seconds.append(process_time() - start)
        turns.append(len(made.training.events))
    assert turns[1] - 4 * turns[0] < 100
    assert seconds[1] < 2.5 * 4 * seconds[0]
