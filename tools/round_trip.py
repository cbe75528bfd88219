"""Exports specs to PyTorch, imports what was exported, and compares the analyses: `python tools/round_trip.py [SPEC...]`.

Without arguments, every spec of the zoo. `--random N` draws specs instead; of those the exported network must also have
the tensors, sizes and numbers of the network that `cnncalc verify` builds. Exit code 1 when something differs; what
cannot be imported is a refusal, counted by its reason (of named specs it is a difference). `--others` draws specs for the
other targets: Keras source must build a model with the spec's numbers and sizes, YAML must analyze to the same.
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
import traceback
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).parents[1]))

import torch

import cnncalc
from cnncalc import zoo
from cnncalc.analysis.result import Analysis, Row
from cnncalc.core.diagnostic import SpecError
from cnncalc.exporters.bodies import results
from cnncalc.exporters.units import units
from cnncalc.graph.model import Graph
from cnncalc.spec.model import Call, Spec, Stack
from tests.exporters.run import built, compare, graph_of, keras_model
from tests.verify.strategies import text

_MOVES = ("identity", "pad", "flatten", "reshape", "permute", "crop", "slice", "channel_shuffle")
"""Kinds that move numbers without computing: torch may say the same move in other words."""

_JOINS = ("add", "multiply", "maximum")

_SAME = {"conv1d": "conv", "conv2d": "conv", "conv3d": "conv", "depthwise_conv": "conv"}
"""Two names of one computation: the rank of a conv comes from its input, and a depthwise one has a group per channel."""


class Computed(NamedTuple):
    """What is compared of a layer."""

    kind: str
    output: Any
    params: Any
    macs: Any
    receptive_field: Any


def differences(spec: str, source: str | None = None) -> list[tuple[str, Any, Any]]:
    """What differs after a round trip by `source` (else the exported one): the figure, the spec's value, the imported one's.

    Raises SpecError where the source cannot be imported.
    """
    first = cnncalc.analyze(spec)
    source = source or str(cnncalc.export(spec, "torch"))
    # on device meta the numbers of a connection table would not be known
    with torch.device("cpu" if "ConnectedConv" in source else "meta"):
        module = built(source)
    joins = [(node.kind, len(node.inputs)) for node in graph_of(spec).nodes if node.kind in _JOINS]
    several = any(count > 2 for _, count in joins)
    imported = cnncalc.from_torch(module, list(first.inputs.values()), flat=several)
    second = cnncalc.analyze(joined(imported, joins) if several else imported)
    pairs: list[tuple[str, Any, Any]] = [("totals", first.totals, second.totals)]
    for name in ("inference_bytes", "training_bytes", "training_with_gradients_bytes"):
        pairs.append((f"textbook {name}", getattr(first.memory.textbook, name), getattr(second.memory.textbook, name)))
    for name in ("inference_peak_bytes", "saved_bytes", "training_peak_bytes"):
        pairs.append((f"torch {name}", getattr(first.memory.torch, name), getattr(second.memory.torch, name)))
    pairs.append(("layers", computing(first), computing(second)))
    return [pair for pair in pairs if pair[1] != pair[2]]


def joined(spec: Spec, joins: list[tuple[str, int]]) -> Spec:
    """A flat spec whose sums, products and maxima of two are put together as the joins of the first spec say.

    `a + b + c` is two operations in torch, and one layer where the spec has one of three inputs.
    """
    wanted = iter(joins)

    def one(stack: Stack) -> Stack:
        calls: list[Call] = []
        left = 0
        for call in stack.calls:
            if call.kind in _JOINS and left:
                before = calls.pop()
                call = replace(call, sources=(*before.sources, *call.sources[1:]))
                left -= 1
            elif call.kind in _JOINS:
                left = next(wanted, ("", 2))[1] - 2
            calls.append(call)
        return Stack(tuple(calls))

    layers = one(spec.layers)
    return replace(
        spec, layers=layers, heads={name: replace(head, layers=one(head.layers)) for name, head in spec.heads.items()}
    )


def computing(analysis: Analysis) -> list[Computed]:
    """What is said of each layer that computes."""
    return [
        Computed(_kind(row), row.output, row.params, row.macs, row.receptive_field)
        for row in analysis.rows
        if row.kind not in _MOVES and (row.kind != "rescale" or row.flops)
    ]


def alike(one: list[Computed], other: list[Computed]) -> bool:
    """Whether the layers are equal but for the order of axes and axes of size 1.

    A permuted or viewed map is read through its axes until a layer needs them otherwise, so the moves between may come later.
    """
    pairs = list(zip(one, other, strict=False))
    moved = [a.output != b.output or a.receptive_field == b.receptive_field for a, b in pairs]
    return len(one) == len(other) and all(moved) and [*map(_seen, one)] == [*map(_seen, other)]


def _seen(layer: Computed) -> tuple[Any, ...]:
    """What of a layer does not depend on the order of axes and on axes of size 1."""
    return layer.kind, sorted(size for size in layer.output if size != 1), layer.params, layer.macs


def _kind(row: Row) -> str:
    """The kind; adaptive pooling to one position is global pooling, and dropping channels of a vector dropping numbers."""
    output = row.output or ()
    if row.kind == "spatial_dropout" and len(output) == 1:
        return "dropout"
    whole = row.kind.startswith("adaptive_") and set(output[1:]) == {1}
    return row.kind.replace("adaptive", "global") if whole else _SAME.get(row.kind, row.kind)


def told(found: list[tuple[str, Any, Any]]) -> str:
    """The differences in one line; of layers and totals what is different in them."""
    return "; ".join(f"{what}: {_apart(one, other)}" for what, one, other in found) or "the same"


def _apart(one: Any, other: Any) -> str:
    if isinstance(one, list):
        pairs = [pair for pair in zip(one, other, strict=False) if pair[0] != pair[1]]
        return f"{tuple(pairs[0][0])} and {tuple(pairs[0][1])}" if pairs else f"{len(one)} and {len(other)}"
    if hasattr(one, "_fields"):
        return ", ".join(f"{name} {a} and {b}" for name, a, b in zip(one._fields, one, other, strict=True) if a != b)
    return f"{one} and {other}"


def named(specs: list[str]) -> int:
    """The exit code for these specs."""
    worst = 0
    for spec in specs:
        try:
            found = differences(spec)
        except SpecError as error:
            found = [("import", "", problem.message) for problem in error.problems[:1]]
        worst = max(worst, bool(found))
        print(f"{spec}: {told(found)}", flush=True)
    return worst


def drawn(attempt: Callable[[str], tuple[str, str]], first: int, count: int, layers: int, show: bool) -> int:
    """The exit code for random specs."""
    outcomes, reasons = Counter[str](), defaultdict[str, list[int]](list)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "drawn.yaml"
        for seed in range(first, first + count):
            path.write_text(text(Random(seed), layers))
            outcome, reason = attempt(str(path))
            outcomes[outcome] += 1
            if outcome == "refused":
                reasons[reason].append(seed)
            if outcome == "different":
                print(f"seed {seed}: {reason}", flush=True)
            if outcome == "different" or show:
                print(path.read_text(), flush=True)
    print(", ".join(f"{times:,} {outcome}" for outcome, times in sorted(outcomes.items())))
    for reason, seeds in sorted(reasons.items(), key=lambda pair: -len(pair[1])):
        print(f"  refused {len(seeds)} times: {reason} (seed {seeds[0]})")
    return 1 if outcomes["different"] else 0


def trip(spec: str) -> tuple[str, str]:
    """What becomes of a spec (faulty, the same, refused, different), and why."""
    graph = graph_of(spec)
    if graph.faults:
        return "faulty", ""
    try:
        source = compare(graph, "cpu")
        found = differences(spec, source)
    except SpecError as error:
        return "refused", re.sub(r" \([^()]*:\d+\)", "", error.problems[0].message)
    except Exception as error:
        place = traceback.extract_tb(error.__traceback__)[-1]
        return "different", f"{type(error).__name__}: {error} ({Path(place.filename).name}:{place.lineno})"
    if not found:
        return "the same", ""
    excuse = _excuse(graph, found)
    return (excuse, "") if excuse else ("different", told(found))


def _excuse(graph: Graph, found: list[tuple[str, Any, Any]]) -> str:
    """What explains the differences, if that is all there is."""
    what = {name for name, _, _ in found}
    if what == {"layers"} and alike(*found[0][1:]):
        return "the same but for views"
    if all(node.kind in _MOVES for node in graph.nodes):
        return "nothing is computed"
    peaks = {"torch inference_peak_bytes", "torch training_peak_bytes"}
    # the importer ends the trunk in a result that nothing else is computed from, and runs it before the heads
    ends = {graph.result}
    for node in reversed(graph.nodes):
        if node.index in ends and node.kind in _MOVES and node.output == graph.shape(node.inputs[0]):
            ends.add(node.inputs[0])
    read = [ref for node in graph.nodes if node.index not in ends for ref in node.inputs]
    if ends.intersection(read) and what <= {*peaks, "layers"}:
        rows = [[sorted(map(_seen, side)) for side in pair[1:]] for pair in found if pair[0] == "layers"]
        return "the same but for the result that ends the trunk" if all(one == two for one, two in rows) else ""
    if not what <= peaks:
        return ""
    # the twin is given the map whose size a crop takes, and holds it until then; the source reads its size
    if any(len(node.inputs) > 1 for node in graph.nodes if node.kind == "crop"):
        return "the same but for a map that tells a crop its size"
    idle = any(node.output == graph.shape(node.inputs[0]) for node in graph.nodes if node.kind in _MOVES)
    return "the same but for a move that moves nothing" if idle else ""


def others(spec: str) -> tuple[str, str]:
    """What becomes of a spec as Keras source, as diagrams and as YAML again, and why."""
    graph = graph_of(spec)
    if graph.faults:
        return "faulty", ""
    try:
        for target in ("mermaid", "dot"):
            assert cnncalc.export(spec, target), f"an empty {target} diagram"
        first = cnncalc.analyze(spec)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "again.yaml"
            path.write_text(str(cnncalc.export(spec, "spec")))
            again = cnncalc.analyze(path)
        for what in ("totals", "memory"):
            assert getattr(first, what) == getattr(again, what), f"{what} of the YAML differ"
        assert computing(first) == computing(again), "layers of the YAML differ"
        model = keras_model(str(cnncalc.export(spec, "keras")))
        held = model.count_params()
        counted = (first.totals.params or 0) + (first.totals.buffers or 0)
        assert held == counted, f"{held} numbers instead of {counted}"
        ends = [(shape[-1], *shape[1:-1]) for shape in (output.shape for output in model.outputs)]
        wanted = [graph.shape(ref) for ref in results(units(graph), graph)]
        assert ends == wanted, f"results of {ends} instead of {wanted}"
    except SpecError as error:
        return "refused", error.problems[0].message
    except Exception as error:
        place = traceback.extract_tb(error.__traceback__)[-1]
        return "different", f"{type(error).__name__}: {error} ({Path(place.filename).name}:{place.lineno})"
    return "the same", ""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("specs", nargs="*", metavar="SPEC", help="a spec; every spec of the zoo when left out")
    parser.add_argument("--random", type=int, default=0, metavar="N", help="draw N specs instead")
    parser.add_argument("--first", type=int, default=0, metavar="SEED", help="the first seed")
    parser.add_argument("--layers", type=int, default=7, help="at most so many layers and structures in a row")
    parser.add_argument("--show", action="store_true", help="print every drawn spec")
    parser.add_argument("--others", action="store_true", help="of drawn specs: Keras source, diagrams and YAML instead")
    options = parser.parse_args()
    if options.random:
        return drawn(others if options.others else trip, options.first, options.random, options.layers, options.show)
    return named(options.specs or [f"{zoo.PREFIX}{name}" for name in zoo.names()])


if __name__ == "__main__":
    sys.exit(main())
