"""The memory rule that courses teach, and the bytes of parameters, gradients and optimizer state.

Textbook training = parameters + batch * (input + all counted maps); a second figure adds one gradient per parameter.
Textbook prediction = parameters + the largest (output + its distinct counted inputs) over the counted layers, which for
a chain is "the two largest consecutive maps". Counted are the input and the outputs of conv, pool, dense, merge and
resample kinds; activations, norms, dropout, flatten and reshape are not (course documents 000, line 498, and 002, line
138). What PyTorch really holds is another figure.
"""

from __future__ import annotations

from typing import NamedTuple

from cnncalc.analysis.cost import Cost
from cnncalc.analysis.result import Textbook
from cnncalc.core.dims import Dim, maximum, total
from cnncalc.core.shapes import elements
from cnncalc.graph.model import Graph


class MapRule(NamedTuple):
    """The textbook terms in numbers (not bytes), per image but for the parameters."""

    params: Dim
    """All parameters, train_only ones included."""
    prediction_params: Dim
    trainable: Dim
    training_maps: Dim
    """The input and all counted maps."""
    largest: Dim
    """The largest output with its distinct counted inputs."""
    largest_at: str | None

    def bytes(self, batch: Dim, width: int) -> Textbook:
        """The figures at a batch, for numbers of `width` bytes."""
        training = total((width * self.params, width * batch * self.training_maps))
        return Textbook(
            total((width * self.prediction_params, width * batch * self.largest)),
            training,
            total((training, width * self.trainable)),
            self.largest_at,
        )


def textbook(graph: Graph, cost: tuple[Cost | None, ...]) -> MapRule | None:
    """The textbook terms of a graph; None where shapes are unknown."""
    if any(own is None for own in cost):
        return None
    known = [own for own in cost if own is not None]
    inputs = [elements(shape) for shape in graph.inputs.values()]

    def size(ref: int) -> Dim:
        return known[ref].elements if ref >= 0 else inputs[-1 - ref]

    sources: list[tuple[int, ...]] = []
    candidates: dict[Dim, str] = {}
    for node in graph.nodes:
        counted: tuple[int, ...]
        if len(node.inputs) == 1:
            ref = node.inputs[0]
            counted = sources[ref] if ref >= 0 else (ref,)
        else:
            counted = tuple(dict.fromkeys(one for ref in node.inputs for one in (sources[ref] if ref >= 0 else (ref,))))
        if node.layer.counted:
            if not node.train_only:
                held = size(node.index)
                for ref in counted:
                    held = held + size(ref)
                candidates.setdefault(total((held,)), node.path)
            counted = (node.index,)
        sources.append(counted)
    largest, where = _largest(candidates)
    return MapRule(
        total(own.params for own in known),
        total(own.params for own, node in zip(known, graph.nodes, strict=True) if not node.train_only),
        total(own.params for own, node in zip(known, graph.nodes, strict=True) if node.trainable),
        total([*inputs, *(own.elements for own, node in zip(known, graph.nodes, strict=True) if node.layer.counted)]),
        largest,
        where,
    )


def _largest(candidates: dict[Dim, str]) -> tuple[Dim, str | None]:
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


def optimizer_bytes(optimizer: str, trainable: Dim, tensors: int, width: int) -> Dim:
    """What torch's optimizer keeps between steps."""
    numbers, counter = STATES[optimizer]
    return numbers * width * trainable + counter * tensors
