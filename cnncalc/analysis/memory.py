"""The memory rule that courses teach, and the bytes of parameters, gradients and optimizer state.

Textbook training = parameters + batch * (input + all counted maps); a second figure adds one gradient per parameter.
Textbook prediction = parameters + the largest (output + its distinct counted inputs) over the counted layers, which for
a chain is "the two largest consecutive maps". Counted are the input and the outputs of conv, pool, dense, merge and
resample kinds; activations, norms, dropout, flatten and reshape are not (course documents 000, line 498, and 002, line
138). What PyTorch really holds is another figure.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from cnncalc.analysis.cost import Cost
from cnncalc.analysis.result import Textbook
from cnncalc.core.dims import Dim, known_total, maximum, times
from cnncalc.core.shapes import elements
from cnncalc.graph.model import Graph


class MapRule(NamedTuple):
    """The textbook terms in numbers (not bytes), per image but for the parameters; None where shapes are unknown."""

    params: Dim | None
    """All parameters, train_only ones included."""
    prediction_params: Dim | None
    trainable: Dim | None
    training_maps: Dim | None
    """The input and all counted maps."""
    largest: Dim | None
    """The largest output with its distinct counted inputs."""
    largest_at: str | None

    def bytes(self, batch: Dim, width: int) -> Textbook:
        """The figures at a batch, for numbers of `width` bytes."""
        training = known_total((times(width, self.params), times(width * batch, self.training_maps)))
        return Textbook(
            known_total((times(width, self.prediction_params), times(width * batch, self.largest))),
            training,
            known_total((training, times(width, self.trainable))),
            self.largest_at,
        )


def textbook(graph: Graph, cost: tuple[Cost | None, ...]) -> MapRule:
    """The textbook terms of a graph. What only exists in training does not touch prediction, not even by a fault."""
    inputs = [elements(shape) for shape in graph.inputs.values()]
    return MapRule(*terms(graph, cost, inputs), *_largest(graph, cost, inputs))


def terms(
    graph: Graph, cost: tuple[Cost | None, ...], inputs: list[Dim]
) -> tuple[Dim | None, Dim | None, Dim | None, Dim | None]:
    """The sums of the rule: parameters, prediction's parameters, trainable ones, the input with all counted maps."""
    pairs = list(zip(graph.nodes, cost, strict=True))
    counted = [own for node, own in pairs if node.layer.counted]
    return (
        known_total(None if own is None else own.params for own in cost),
        known_total(None if own is None else own.params for node, own in pairs if not node.train_only),
        known_total(None if own is None else own.params for node, own in pairs if node.trainable),
        known_total([*inputs, *(None if own is None else own.elements for own in counted)]),
    )


def held(graph: Graph, sizes: list[Dim | None], inputs: list[Dim]) -> Iterator[tuple[Dim | None, str]]:
    """Per counted layer of prediction: its output with its distinct counted inputs, in numbers, and its path."""
    sources: list[tuple[int, ...]] = []
    for node in graph.nodes:
        counted: tuple[int, ...]
        # a crop is told its size by a further map, whose numbers it does not read
        read = node.inputs[: node.layer.inputs]
        if len(read) == 1:
            ref = read[0]
            counted = sources[ref] if ref >= 0 else (ref,)
        else:
            counted = tuple(dict.fromkeys(one for ref in read for one in (sources[ref] if ref >= 0 else (ref,))))
        if node.layer.counted:
            if not node.train_only:
                maps = (node.index, *counted)
                yield known_total([sizes[ref] if ref >= 0 else inputs[-1 - ref] for ref in maps]), node.path
            counted = (node.index,)
        sources.append(counted)


def _largest(graph: Graph, cost: tuple[Cost | None, ...], inputs: list[Dim]) -> tuple[Dim | None, str | None]:
    candidates: dict[Dim, str] = {}
    for together, path in held(graph, [None if own is None else own.elements for own in cost], inputs):
        if together is None:
            return None, None
        candidates.setdefault(together, path)
    if not candidates:
        return 0, None
    largest = maximum(*candidates)
    # of several symbolic candidates none is certainly the largest: then there is no one place
    return largest, candidates.get(largest)


STATES: dict[str, tuple[int, int]] = {
    "sgd": (0, 0),
    "momentum": (1, 0),
    "nesterov": (1, 0),
    "adam": (2, 4),
    "adamw": (2, 4),
    "rmsprop": (1, 4),
}
"""Per optimizer: numbers kept per trainable parameter, and bytes per parameter tensor (torch's float32 step counter)."""


def trainable_tensors(graph: Graph, cost: tuple[Cost | None, ...]) -> int:
    """How many parameter tensors the optimizer updates."""
    return sum(own.tensors for own, node in zip(cost, graph.nodes, strict=True) if own is not None and node.trainable)


def optimizer_bytes(optimizer: str, trainable: Dim | None, tensors: int, width: int) -> Dim | None:
    """What torch's optimizer keeps between steps."""
    numbers, counter = STATES[optimizer]
    return known_total((times(numbers * width, trainable), counter * tensors))
