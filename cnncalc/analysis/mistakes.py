"""A false claim's likely slip: the claim's figure written as its terms, and the slips that give what is stated."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from fractions import Fraction
from typing import Any

from cnncalc.analysis import slips
from cnncalc.analysis.analyze import analyze_graph
from cnncalc.analysis.borders import POOLINGS, numeric_axes, window_axes
from cnncalc.analysis.cost import costs
from cnncalc.analysis.memory import textbook
from cnncalc.analysis.result import ClaimResult
from cnncalc.core.diagnostic import Diagnostic, SpecError, did_you_mean
from cnncalc.core.shapes import Shape, elements, read_sizes
from cnncalc.graph.model import ClaimSite, Graph, Node
from cnncalc.layers.fields import expand
from cnncalc.layers.window import Axis
from cnncalc.spec.model import Claim
from cnncalc.spec.quantity import parse_quantity
from cnncalc.spec.words import BYTE_FIGURES

_PARAMS = frozenset({"params", "trainable_params", "total_params"})
_ARITHMETIC = frozenset({"macs", "flops", "flops_torch"})


def likely_slip(graph: Graph, site: ClaimSite, claim: ClaimResult) -> slips.Diagnosis | None:
    """What may have gone wrong in a claim that does not hold; None when no known slip gives the stated figure."""
    what = claim.what
    if claim.computed is None:
        return None
    if what == "output":
        return _map_slip(graph, site)
    if what == "weight_layers":
        return _judge(_counts(graph, claim.computed), slips.COUNT_SLIPS, site)
    if what.partition(".")[0] == "receptive_field":
        return _field_slip(graph, site, claim)
    if type(claim.computed) is not int:
        return None
    if what in _PARAMS:
        return _judge(_sum(graph, site, macs=False), slips.WEIGHT_SLIPS, site, claim.computed)
    if what in _ARITHMETIC:
        return _judge(_sum(graph, site, macs=True, figure=what), slips.ARITHMETIC_SLIPS, site, claim.computed)
    if what in BYTE_FIGURES:
        return _judge(_bytes(graph, site, what), slips.BYTE_SLIPS, site, claim.computed)
    return None


def judged(
    graph: Graph, what: str, stated: Any, path: str = "", batch: int = 1, dtype: str = "float32", optimizer: str = "sgd"
) -> tuple[ClaimResult, slips.Diagnosis | None]:
    """The verdict on a claim that stands in no spec, and its likely slip where it is false.

    `what` is a claim's word (see spec.words), `path` a layer's or block's, empty for the whole. Raises SpecError when the
    stated value cannot be read, or when there is no such path.
    """
    site = _site(graph, path, Claim(what, stated))
    torch = what.startswith("torch_") or what == "saved"
    analysis = analyze_graph(replace(graph, sites=(site,)), batch, dtype, optimizer, torch_memory=torch)
    (claim,) = analysis.claims
    return claim, None if claim.holds is not False else likely_slip(graph, site, claim)


def _site(graph: Graph, path: str, claim: Claim) -> ClaimSite:
    if not path:
        return ClaimSite("", claim, range(len(graph.nodes)), graph.result, -1, None, claim.stated)
    for node in graph.nodes:
        if node.path == path:
            return ClaimSite(path, claim, (node.index,), node.index, node.inputs[0], node.layer, claim.stated)
    for group in graph.groups:
        if group.path == path and group.start < group.stop:
            rows = range(group.start, group.stop)
            source = graph.nodes[group.start].inputs[0]
            return ClaimSite(path, claim, rows, group.stop - 1, source, None, claim.stated)
    known = [node.path for node in graph.nodes]
    raise SpecError(
        Diagnostic(
            f"there is no layer {path}",
            path=path,
            expected="a layer's path",
            remedy=did_you_mean(path, known),
            file=graph.spec.file,
        )
    )


def _judge(
    terms: Any, table: Iterable[slips.Slip], site: ClaimSite, computed: int | None = None
) -> slips.Diagnosis | None:
    """The slips, when the terms are known and give the computed figure."""
    quantity = parse_quantity(site.stated)
    if terms is None or quantity is None or (computed is not None and terms.value() != computed):
        return None
    rounded = None if quantity.exact or quantity.approximate else quantity.value
    return slips.diagnose(
        terms, table, lambda value: quantity.holds(Fraction(value)), pairs=_sharp(site.stated), exact=rounded
    )


def _sharp(stated: Any) -> bool:
    """Whether a figure is printed sharply enough to look for two slips at once."""
    quantity = parse_quantity(stated)
    if quantity is None:
        return True
    return not quantity.approximate and (quantity.exact or len(str(quantity.digits.numerator)) >= 5)


# -- shapes --------------------------------------------------------------------------------------------------------


def _map_slip(graph: Graph, site: ClaimSite) -> slips.Diagnosis | None:
    stated = _stated_shape(site.stated)
    node = _single(graph, site)
    chain = [] if site.result is None else [node] if node is not None else _chain(graph, site.result)
    output = None if site.result is None else graph.nodes[site.result].output
    windows = [(one, axes) for one in chain if (axes := numeric_axes(one, graph))]
    if stated is None or not windows or output is None or not all(type(dim) is int for dim in output):
        return None
    shape = graph.shape(windows[0][0].inputs[0])
    assert shape is not None
    first, *further = [
        tuple(slips.Side.of(axis, bool(getattr(one.layer, "ceil_mode", False))) for axis in axes)
        for one, axes in windows
    ]
    incoming: Any = shape[0]
    terms = slips.MapTerms(output[0], incoming, first, further=tuple(further))
    if any(len(sides) != len(first) for sides in further) or terms.value() != output:
        return None
    return slips.diagnose(terms, slips.MAP_SLIPS, lambda value: value == stated)


def _chain(graph: Graph, at: int) -> list[Node]:
    """The layers from the input to this one, where each reads one alone; nothing where some read several."""
    chain: list[Node] = []
    while at >= 0:
        chain.append(graph.nodes[at])
        if len(chain[-1].inputs) != 1:
            return []
        at = chain[-1].inputs[0]
    return chain[::-1]


def _stated_shape(stated: Any) -> tuple[int, ...] | None:
    parts = read_sizes(stated) if isinstance(stated, str) else stated if isinstance(stated, tuple) else (stated,)
    sizes = tuple(part for part in parts if type(part) is int)
    return sizes if len(sizes) == len(parts) else None


def _single(graph: Graph, site: ClaimSite) -> Node | None:
    """The one layer that a claim speaks of (an activation of its own does not count)."""
    nodes = [graph.nodes[row] for row in site.rows if graph.nodes[row].activation_of is None]
    return nodes[0] if len(nodes) == 1 else None


# -- sums over layers ----------------------------------------------------------------------------------------------


def _sum(graph: Graph, site: ClaimSite, macs: bool, figure: str = "macs") -> slips.SumTerms | None:
    layers = []
    for row in site.rows:
        node = graph.nodes[row]
        if node.output is None or not all(type(dim) is int for dim in node.output):
            return None
        if macs and (node.train_only or figure == "flops"):
            if figure == "flops":
                return None
            continue
        layers.append(_terms(graph, node, macs))
    return slips.SumTerms.of(layers, Fraction(2 if figure == "flops_torch" else 1))


def _terms(graph: Graph, node: Node, macs: bool) -> slips.WeightTerms:
    shapes: tuple[Any, ...] = tuple(graph.shape(ref) for ref in node.inputs)
    layer: Any = node.layer
    weights = {weight.name: weight for weight in layer.weights(*shapes)} if node.share is None or macs else {}
    weight, bias = weights.get("weight"), weights.get("bias")
    buffers = sum(one.elements for one in weights.values() if one.buffer)
    params = sum(one.elements for one in weights.values() if not one.buffer)
    if not layer.weighted or weight is None:
        fixed = layer.ops(shapes, node.output).macs if macs else params
        side = expand(layer.kernel, 1)[0] if node.kind in POOLINGS else 0
        return slips.WeightTerms(
            0, side, shapes[0][0], 1, 0, 0, fixed=fixed, kind=node.kind, buffers=0 if macs else buffers
        )
    filters, incoming, *kernel = weight.shape
    links = None
    if getattr(layer, "connections", None) is not None:
        links, kernel = filters, [incoming, *kernel]
        filters, incoming = layer.filters, shapes[0][0]
    if node.kind == "transposed_conv":
        incoming, filters = shapes[0][0] // layer.groups, layer.filters
    area = 1
    for size in kernel:
        area *= size
    positions = unstrided = 1
    if macs:
        read: Any = shapes[0] if node.kind == "transposed_conv" else node.output
        positions = elements(read[1:]) if len(read) > 1 else 1
        unstrided = _unstrided(window_axes(layer, shapes[0]), positions)
    offsets = 0 if bias is None or macs else bias.elements
    groups = shapes[0][0] if node.kind == "depthwise_conv" else getattr(layer, "groups", 1)
    return slips.WeightTerms(
        area,
        kernel[0] if kernel else 1,
        incoming,
        groups,
        filters,
        offsets,
        bias is not None,
        links,
        positions,
        unstrided,
        1 if macs or node.output is None or len(node.output) == 1 else elements(node.output[1:]),
        kind=node.kind,
        pixels=0 if len(shapes[0]) == 1 else elements(shapes[0][1:]),
    )


def _unstrided(axes: tuple[Axis, ...], positions: int) -> int:
    """Positions at stride 1."""
    if not axes:
        return positions
    result = 1
    for axis in axes:
        result *= slips.Side.of(axis)._replace(stride=1).length()
    return result


# -- bytes, counts, fields -----------------------------------------------------------------------------------------


def _bytes(graph: Graph, site: ClaimSite, what: str) -> slips.ByteTerms | None:
    if what == "output_bytes":
        shape: Shape | None = graph.shape(site.result) if site.result is not None else None
        return None if shape is None else slips.ByteTerms(0, 0, (elements(shape),), 1, 4)
    if what == "parameter_bytes" and not site.path:
        return slips.ByteTerms(_params(graph, what)[0], 0, (), 1, 4)
    if not what.startswith("textbook_") or site.path:
        return None
    train = graph.spec.train
    batch = train.batch if train is not None and train.batch is not None else 1
    counted = [
        node for node in graph.nodes if node.layer.counted and not (node.train_only and what == "textbook_inference")
    ]
    if any(node.output is None for node in counted):
        return None
    maps = (
        *(elements(shape) for shape in graph.inputs.values()),
        *(elements(node.output) for node in counted if node.output is not None),
    )
    params, trainable = _params(graph, what)
    if what == "textbook_inference":
        pair = _pair(graph)
        return None if pair is None else slips.ByteTerms(params, 0, pair, 1, 4, maps)
    gradients = trainable if what.endswith("gradients") else 0
    return slips.ByteTerms(params, gradients, maps, batch, 4)


def _params(graph: Graph, what: str) -> tuple[int, int]:
    total = trainable = 0
    for node in graph.nodes:
        shapes: tuple[Any, ...] = tuple(graph.shape(ref) for ref in node.inputs)
        if node.share is not None or None in shapes or (what == "textbook_inference" and node.train_only):
            continue
        own: int = sum(weight.elements for weight in node.layer.weights(*shapes) if not weight.buffer)
        total += own
        trainable += own if node.trainable else 0
    return total, trainable


def _pair(graph: Graph) -> tuple[int, ...] | None:
    """What is held where prediction holds most: the layer's output, and its inputs together."""
    rule = textbook(graph, costs(graph))
    node = next((node for node in graph.nodes if node.path == rule.largest_at), None)
    if node is None or node.output is None or type(rule.largest) is not int:
        return None
    own: int = elements(node.output)
    return rule.largest - own, own


def _counts(graph: Graph, computed: Any) -> slips.CountTerms:
    kinds = [node.kind for node in graph.nodes if not node.train_only]
    return slips.CountTerms(
        computed,
        sum(kind in POOLINGS for kind in kinds),
        sum(kind.endswith("norm") or kind == "lrn" for kind in kinds),
        sum(kind in ("add", "concat", "multiply") for kind in kinds),
        kinds.count("dense"),
    )


def _field_slip(graph: Graph, site: ClaimSite, claim: ClaimResult) -> slips.Diagnosis | None:
    """For a chain of windows with equal sides."""
    if claim.what not in ("receptive_field", "receptive_field.size") or site.result is None:
        return None
    windows: list[tuple[int, int, int, int]] = []
    jump = 1
    for node in _chain(graph, site.result):
        axes = numeric_axes(node, graph)
        if axes:
            axis = axes[0]
            windows.append((axis.kernel, axis.dilation, jump, axis.reach))
            jump *= axis.stride
    terms = slips.FieldTerms(tuple(windows))
    stated = site.stated if isinstance(site.stated, tuple) else (site.stated,)
    if terms.value() not in claim.computed:
        return None
    holds: Callable[[Any], bool] = lambda value: all(one == value for one in stated)  # noqa: E731
    return slips.diagnose(terms, slips.FIELD_SLIPS, holds, pairs=False)
