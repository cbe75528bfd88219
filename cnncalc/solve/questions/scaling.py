"""How cost and memory grow: with twice the channels, twice the side, twice the batch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any

from cnncalc.analysis.cost import costs, training_macs
from cnncalc.analysis.memory import textbook
from cnncalc.analysis.scaled import WideningError, is_image, last_dense, wider
from cnncalc.core.diagnostic import SpecError
from cnncalc.core.dims import is_symbolic, known_total, plain, ratio, text, total
from cnncalc.core.shapes import AXES
from cnncalc.graph.expand import expand
from cnncalc.graph.model import Graph
from cnncalc.solve.answer import Answer, Line, Verdict
from cnncalc.solve.derivation import line
from cnncalc.solve.figures import macs_of, seen, weights_of
from cnncalc.solve.given import stop
from cnncalc.solve.wording import listed
from cnncalc.spec.model import Spec
from cnncalc.spec.quantity import parse_quantity
from cnncalc.spec.shipped import shipped_block
from cnncalc.spec.words import DTYPES

FIGURES: dict[str, str] = {
    "params": "parameters",
    "macs": "MACs",
    "training_macs": "MACs, training step",
    "maps": "numbers kept for training",
    "inference_bytes": "prediction B",
    "training_bytes": "training B",
}
"""What is compared, for one batch: the JSON's names and a reader's."""
CHANGES: tuple[str, ...] = ("channels", "side", "batch")
_FAR = 2**20
"""What a symbol is set to where a quotient only comes near to a number as it grows."""


def scaling(spec: Spec, *, batch: int = 1, dtype: str = "float32", claim: Any = None) -> Answer:
    """How the figures of a network grow when its channels, the side of its image, or the batch double.

    Twice the channels: of every convolution and every dense layer, but neither the colours of the image nor the classes.
    Memory is by the textbook rule, MACs are those of the whole batch. A solution is a figure with its quotients by change,
    exact; None where the change gives no network. `claim` is `channels=4` (of the MACs) or `side.params=1`.
    A fault of the network is the answer's. Raises SpecError.

    >>> from cnncalc.spec.read import load_inline
    >>> [one["channels"] for one in scaling(load_inline("in CxHxW; conv C k3 same nobias")).solutions[:3]]
    [4, 4, 4]
    """
    graph = expand(spec, shipped_block)
    question = f"How do the figures of {spec.name} grow with twice the channels, the side, the batch?"
    if graph.faults:
        return Answer(question, (), faults=graph.faults)
    width = DTYPES[dtype]
    now = _figures(graph, batch, width)
    notes: list[str] = []
    grown = {
        "channels": _with_channels(graph, batch, width, notes),
        "side": _with_side(spec, graph, batch, width, notes),
        "batch": _figures(graph, 2 * batch, width),
    }
    solutions = tuple(
        {"figure": name, "now": now[name], **{change: _quotient(grown[change], now, name) for change in CHANGES}}
        for name in FIGURES
    )
    near = any(is_symbolic(one[change]) for one in solutions for change in CHANGES)
    if near:
        notes.append("→ 4: not exactly, but the nearer the larger the symbols are")
    return Answer(
        question,
        solutions,
        tuple(_lines(graph)),
        notes=(*_what(graph), *notes),
        verdict=None if claim is None else _verdict(str(claim), solutions),
        rows=tuple(_row(one) for one in solutions),
    )


def _figures(graph: Graph, batch: int, width: int) -> dict[str, Any]:
    cost = costs(graph)
    rule = textbook(graph, cost)
    memory = rule.bytes(batch, width)
    macs = known_total(
        None if own is None else own.ops.macs
        for node, own in zip(graph.nodes, cost, strict=True)
        if not node.train_only
    )
    training = training_macs(graph, cost)
    return {
        "params": rule.params,
        "macs": None if macs is None else total((batch * macs,)),
        "training_macs": None if training is None else total((batch * training,)),
        "maps": None if rule.training_maps is None else total((batch * rule.training_maps,)),
        "inference_bytes": memory.inference_bytes,
        "training_bytes": memory.training_bytes,
    }


def _with_channels(graph: Graph, batch: int, width: int, notes: list[str]) -> dict[str, Any] | None:
    try:
        return _figures(wider(graph), batch, width)
    except WideningError as refusal:
        notes.append(refusal.problems[0].message)
        return None


def _with_side(spec: Spec, graph: Graph, batch: int, width: int, notes: list[str]) -> dict[str, Any] | None:
    """Twice the side: numbers in the input, symbols in the figures."""
    if not any(shape[1:] for shape in graph.inputs.values()):
        return None
    doubled = {
        name: tuple(2 * size if at and type(size) is int else plain(size) for at, size in enumerate(shape))
        for name, shape in graph.inputs.items()
    }
    try:
        larger = expand(spec, shipped_block, doubled)
    except SpecError as error:
        notes.append(f"with twice the side: {error.problems[0].message}")
        return None
    if larger.faults:
        notes.append(f"with twice the side {larger.faults[0].path} does not work: {larger.faults[0].message}")
        return None
    symbols = {
        one for shape in graph.inputs.values() for size in shape[1:] for one in getattr(size, "free_symbols", ())
    }
    found = _figures(larger, batch, width)
    if not symbols:
        return found
    twice = {one: 2 * one for one in symbols}
    return {name: value.subs(twice) if is_symbolic(value) else value for name, value in found.items()}


def _quotient(grown: Mapping[str, Any] | None, now: Mapping[str, Any], name: str) -> Any:
    if grown is None or grown[name] is None or now[name] is None or now[name] == 0:
        return None
    return ratio(grown[name], now[name])


# -- words ---------------------------------------------------------------------------------------------------------


def _row(solution: Mapping[str, Any]) -> dict[str, Any]:
    changes = {f"{change} x 2": shown_factor(solution[change]) for change in CHANGES}
    return {"figure": FIGURES[solution["figure"]], "now": solution["now"], **changes}


def shown_factor(quotient: Any) -> str:
    """`4`, `≈ 3.941`; of a formula what it comes near to."""
    if quotient is None:
        return "?"
    if is_symbolic(quotient):
        return f"→ {float(quotient.subs(dict.fromkeys(quotient.free_symbols, _FAR))):.3g}"
    rounded = f"{float(quotient):.4g}"
    return rounded if Fraction(rounded) == quotient else f"≈ {rounded}"


def _lines(graph: Graph) -> Iterator[Line]:
    """Of a single layer the formulas: which factors double is seen in them."""
    if len(graph.nodes) == 1 and graph.nodes[0].layer.weighted:
        it = seen(graph)
        yield line("parameters", weights_of(it))
        yield line("MACs", macs_of(it))


def _what(graph: Graph) -> Iterator[str]:
    """What doubles and what does not."""
    stay = [f"the {text(shape[0])} channels of the image" for shape in graph.inputs.values() if is_image(shape)]
    stay += [f"the outputs of {graph.nodes[index].path}" for index in sorted(last_dense(graph))]
    yield "channels: the filters of every convolution, the units of every dense layer, the channels of the input" + (
        f"; {listed(stay)} stay" if stay else ""
    )
    axes = dict.fromkeys(axis for shape in graph.inputs.values() for axis in AXES[len(shape) - 1])
    if axes:
        yield f"side: {listed(axes)} of the input"
    yield "memory by the textbook rule; MACs of the whole batch"


def _verdict(claim: str, solutions: tuple[Mapping[str, Any], ...]) -> Verdict:
    """`channels=4` is about the MACs, `channels.params=4` about a figure."""
    place, equals, value = claim.replace(" ", "").partition("=")
    change, _, figure = place.partition(".")
    figure = figure or "macs"
    stated = parse_quantity(value.lower().lstrip("x*×"))
    if not equals or change not in CHANGES or figure not in FIGURES or stated is None:
        expected = f"one of {', '.join(CHANGES)}, perhaps with a figure ({', '.join(FIGURES)}), and a factor"
        stop(f"the claim {claim} cannot be read", expected, claim, "write --claim channels=4 or side.params=1")
    assert stated is not None
    (right,) = [one[change] for one in solutions if one["figure"] == figure]
    if not isinstance(right, int | Fraction):
        stop(
            f"{claim} can be neither right nor wrong: the factor is {shown_factor(right)}", "a factor that is a number"
        )
    if stated.holds(Fraction(right)) or (not stated.exact and stated.value == right):
        return Verdict(claim, True)
    half = stated.value * 2
    slips = ("only one of two factors was doubled",) if half == right or stated.holds(Fraction(right) / 2) else ()
    return Verdict(claim, False, slips, shown_factor(right))
