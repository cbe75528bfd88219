"""The whole network, as lines: the sums over its layers, and which maps enter the textbook memory figures and why.

The sums are the analysis' own (analysis.cost.totals, analysis.memory), run on figures that carry their layer's name.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from cnncalc.analysis.cost import Cost, costs, totals
from cnncalc.analysis.memory import MapRule, held, terms, textbook
from cnncalc.core.dims import maximum, times, total
from cnncalc.core.recording import named, value_of
from cnncalc.core.shapes import elements
from cnncalc.graph.model import Graph
from cnncalc.solve.answer import Line
from cnncalc.solve.derivation import line
from cnncalc.solve.lang import listed, say

_FEW = 6
"""Of no more sums than this the largest is shown as a maximum of all."""


class Setting(NamedTuple):
    """The batch, the bytes per number and the language of an explanation."""

    batch: Any
    width: int
    lang: str


def named_costs(graph: Graph) -> tuple[Cost | None, ...]:
    """Every layer's figures under its path."""
    return tuple(_named(own, node.path) for own, node in zip(costs(graph), graph.nodes, strict=True))


def _named(own: Cost | None, path: str) -> Cost | None:
    if own is None:
        return None

    def figure(value: Any) -> Any:
        return value if type(value) is int and value == 0 else named(path, value)

    return own._replace(
        params=figure(own.params),
        buffers=figure(own.buffers),
        ops=own.ops._replace(macs=figure(own.ops.macs)),
        flops=figure(own.flops),
        elements=named(path, own.elements),
    )


def block_lines(graph: Graph, rows: Iterable[int], setting: Setting) -> Iterator[Line]:
    """Parameters, MACs and FLOPs of some layers together."""
    cost = named_costs(graph)
    own = [one for row in rows if (one := cost[row]) is not None]
    images = _images(setting)
    yield _told("params", total(one.params for one in own), setting.lang)
    yield _told("macs", times(images, total(one.ops.macs for one in own)), setting.lang)
    yield _told("flops", times(images, total(one.flops for one in own)), setting.lang)


def _told(figure: str, value: Any, lang: str) -> Line:
    """The line of a figure whose phrase has its name."""
    return line(say(figure, lang), value)._replace(figure=figure)


def _images(setting: Setting) -> Any:
    return 1 if type(setting.batch) is int and setting.batch == 1 else named("N", setting.batch)


def sum_lines(graph: Graph, setting: Setting) -> Iterator[Line]:
    """The sums over the network."""
    lang, whole, images = setting.lang, totals(graph, named_costs(graph)), _images(setting)
    if whole.params is None:
        yield Line(words=say("unknown-sums", lang))
        return
    yield _told("params", whole.params, lang)
    if value_of(whole.trainable_params) != value_of(whole.params):
        yield _told("trainable_params", whole.trainable_params, lang)
    if value_of(whole.buffers) != 0:
        yield _told("buffers", whole.buffers, lang)
    yield _told("macs", times(images, whole.macs), lang)
    yield _told("training_macs", times(images, whole.training_macs), lang)
    yield _told("flops", times(images, whole.flops), lang)
    heads = [node.path for node in graph.nodes if node.train_only]
    if heads:
        yield Line(words=say("head-left-out", lang, layers=listed(heads, lang)))
    yield Line(words=say("convention", lang))


def memory_lines(graph: Graph, setting: Setting) -> Iterator[Line]:
    """Which maps count, the largest of them with its inputs, and the three textbook figures."""
    lang, cost = setting.lang, named_costs(graph)
    plain = textbook(graph, costs(graph))
    if plain.training_maps is None or plain.largest is None or plain.params is None:
        return
    inputs: list[Any] = [named(name, elements(shape)) for name, shape in graph.inputs.items()]
    params, steady, trainable, maps = terms(graph, cost, inputs)
    counted = [*graph.inputs, *(node.path for node in graph.nodes if node.layer.counted)]
    yield Line(words=say("counted", lang, maps=listed(counted, lang)), figure="textbook")
    left = Counter(node.kind for node in graph.nodes if not node.layer.counted)
    if left:
        kinds = [say("kinds", lang, count=count, kind=kind) for kind, count in left.items()]
        yield Line(words=say("not-counted", lang, layers=listed(kinds, lang)), figure="textbook")
    yield line("maps", maps)._replace(figure="textbook_training")
    yield from (one._replace(figure="textbook_inference") for one in _largest(graph, cost, inputs, plain, lang))
    rule = MapRule(
        named("params", value_of(params)),
        named("params", value_of(steady)),
        named("trainable", value_of(trainable)),
        named("maps", value_of(maps)),
        named("pair", plain.largest),
        plain.largest_at,
    )
    width: Any = named("b", setting.width)
    figures = rule.bytes(named("N", setting.batch), width)
    yield line(say("prediction", lang), figures.inference_bytes, "B")._replace(figure="textbook_inference")
    yield Line(words=say("training-keeps", lang), figure="textbook_training")
    yield line(say("training", lang), figures.training_bytes, "B")._replace(figure="textbook_training")
    more = line(say("with-gradients", lang), figures.training_with_gradients_bytes, "B")
    yield more._replace(figure="textbook_training_with_gradients")


def _largest(
    graph: Graph, cost: tuple[Cost | None, ...], inputs: list[Any], plain: MapRule, lang: str
) -> Iterator[Line]:
    """The sum of a map and its inputs that prediction holds at its worst."""
    sums = list(held(graph, [None if own is None else own.elements for own in cost], inputs))
    known: list[tuple[Any, str]] = [(together, path) for together, path in sums if together is not None]
    if not known:
        return
    at = next((together for together, path in known if path == plain.largest_at), None)
    open_ = at is None
    yield Line(words=say("largest-open", lang) if open_ else say("largest", lang, path=plain.largest_at))
    shown = maximum(*(together for together, _ in known)) if open_ or len(known) <= _FEW else at
    yield line("pair", shown)
