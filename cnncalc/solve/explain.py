"""How every figure of a network comes to be: formula, numbers, result, layer by layer and for the whole.

Nothing here computes: the lines are the layers' and the analysis' own formulas, run on numbers that remember them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from cnncalc.analysis.analyze import analyze_graph, batch_of, replaced_inputs
from cnncalc.analysis.receptive import receptive_fields
from cnncalc.analysis.result import Analysis, Row
from cnncalc.core.diagnostic import Diagnostic, SpecError, did_you_mean
from cnncalc.core.expression import Expression
from cnncalc.core.shapes import Shape, shape_text
from cnncalc.graph.expand import expand
from cnncalc.graph.model import Graph, Group, Node
from cnncalc.solve.answer import Answer, Line
from cnncalc.solve.explain_claim import check, judge, wanted
from cnncalc.solve.explain_faults import fault_lines
from cnncalc.solve.explain_field import Known, field_lines
from cnncalc.solve.explain_layer import cost_lines, kept_line, size_lines
from cnncalc.solve.explain_whole import Setting, block_lines, memory_lines, sum_lines
from cnncalc.solve.lang import PHRASES, listed, say
from cnncalc.solve.shadow import shadow
from cnncalc.spec.model import Spec
from cnncalc.spec.read import load
from cnncalc.spec.shipped import shipped_block
from cnncalc.spec.words import DTYPES

WHOLE, MEMORY = "*", "*memory"
"""The paths of the parts that speak of the whole network; no layer can be named so."""


class Target(NamedTuple):
    """What is explained: some layers, and the block that they are, if they are one."""

    path: str
    rows: tuple[int, ...]
    block: Group | None = None


def explain(
    spec: Spec | str | Path,
    layer: str | None = None,
    *,
    batch: Any = None,
    dtype: str = "float32",
    inputs: Mapping[str, tuple[Any, ...]] | None = None,
    variables: Mapping[str, Any] | None = None,
    symbolic: bool = False,
    lang: str = "en",
    what: str = "",
    claim: str | None = None,
) -> Answer:
    """The derivation of every figure of a layer, of a block's layers, or (without `layer`) of the whole network.

    `spec` is a Spec, a file, `zoo:alexnet` or inline notation; the other arguments are those of `analyze`. `lang` is en
    or zh. `what` asks for one figure only, by its name in claims; `claim` is a stated value of it: the answer then has a
    verdict. Raises SpecError when the spec
    cannot be read, for an unknown layer and for a claim that cannot be read; a shape fault is explained as one.

    >>> answer = explain("in 3x227x227; conv 96 k11 s4", "conv1")
    >>> [line.value for line in answer.derivation if line.name == "H_out"]
    [55]
    """
    loaded = spec if isinstance(spec, Spec) else load(spec)
    graph = expand(loaded, shipped_block, replaced_inputs(loaded, inputs, symbolic), variables)
    images = batch_of(graph, batch, symbolic)
    analysis = analyze_graph(graph, images, dtype, "sgd")
    target = find(graph, layer)
    setting = Setting(images, DTYPES[dtype], lang)
    if what or claim is not None:
        check(what, target.path)
        lines = tuple(line for line in _lines(graph, analysis, target, setting, False) if line.figure in wanted(what))
    else:
        lines = tuple(_lines(graph, analysis, target, setting, True))
    verdict = None if claim is None else judge(graph, target.path, what, claim, images, dtype)
    return Answer(
        question=say("explain-one", lang, name=loaded.name, path=layer)
        if layer
        else say("explain-all", lang, name=loaded.name),
        solutions=tuple(_solution(analysis.rows[row]) for row in target.rows),
        derivation=lines,
        notes=tuple(_notes(analysis, lines, lang)) if lines else (say("no-formula", lang, what=what),),
        verdict=verdict,
        titles=_titles(graph, lang),
        lang=lang,
        faults=tuple(fault for fault in analysis.faults if layer is None or _within(fault.path, graph, target)),
    )


def _within(path: str, graph: Graph, target: Target) -> bool:
    return any(graph.nodes[row].path == path for row in target.rows)


def find(graph: Graph, layer: str | None) -> Target:
    """The layers that a path names; all of them without one. Raises SpecError for an unknown path."""
    if layer is None:
        return Target("", tuple(range(len(graph.nodes))))
    for node in graph.nodes:
        if node.path == layer:
            own = [other.index for other in graph.nodes if other.activation_of == node.index]
            return Target(layer, (node.index, *own))
    for group in graph.groups:
        if group.path == layer:
            return Target(layer, tuple(range(group.start, group.stop)), group)
    known = [*(node.path for node in graph.nodes), *(group.path for group in graph.groups)]
    message = f"there is no layer or block {layer} in {graph.spec.name}"
    remedy = did_you_mean(layer, known) or "cnncalc analyze shows every path"
    raise SpecError(Diagnostic(message, expected="the path of a layer or block", remedy=remedy, file=graph.spec.file))


def _lines(graph: Graph, analysis: Analysis, target: Target, setting: Setting, fold: bool) -> Iterator[Line]:
    """Every line with its path; with `fold` what is as in an earlier layer is told once."""
    known = Known(graph, receptive_fields(graph), setting.lang)
    told: dict[Any, str] = {}
    for row in target.rows:
        node = graph.nodes[row]
        lines = _layer(node, known, analysis.rows[row], setting, told if fold else {})
        yield from (line._replace(path=node.path) for line in lines)
    if target.block is not None and len(target.rows) > 1:
        yield from (line._replace(path=target.path) for line in block_lines(graph, target.rows, setting))
    if not target.path:
        yield from (line._replace(path=WHOLE) for line in sum_lines(graph, setting))
        yield from (line._replace(path=MEMORY) for line in memory_lines(graph, setting))


def _layer(node: Node, known: Known, row: Row, setting: Setting, told: dict[Any, str]) -> Iterator[Line]:
    """One layer; what is as in an earlier one is only named."""
    lang, graph = setting.lang, known.graph
    it = shadow(node, graph)
    if it is None:
        yield from (line._replace(figure="fault") for line in fault_lines(node, graph, lang))
        return
    shapes: tuple[Shape, ...] = tuple(shape for ref in node.inputs if (shape := graph.shape(ref)) is not None)
    key = (node.alike, node.share, node.trainable)
    if key in told:
        yield Line(words=say("as-earlier", lang, path=told[key]))
    else:
        told[key] = node.path
        if node.train_only:
            yield Line(words=say("train-only", lang))
        if node.share is not None:
            yield Line(words=say("shares", lang, path=graph.nodes[node.share].path), figure="params")
        yield from (line._replace(figure="output") for line in size_lines(it, lang))
        yield from cost_lines(it, setting.batch, setting.width, lang)
    kept = kept_line(node, shapes, row.saved_bytes, lang)
    if kept is not None:
        yield kept._replace(figure="saved_bytes")
    yield from (line._replace(figure="receptive_field") for line in field_lines(it, known))


def _solution(row: Row) -> dict[str, Any]:
    field = row.receptive_field
    return {
        "layer": row.path,
        "kind": row.kind,
        "output": None if row.output is None else shape_text(row.output),
        "params": row.params,
        "macs": row.macs,
        "flops": row.flops,
        "output_bytes": row.output_bytes,
        "receptive_field": None if field is None else shape_text(field.size),
    }


def _titles(graph: Graph, lang: str) -> dict[str, str]:
    titles = {WHOLE: say("whole-title", lang), MEMORY: say("memory-title", lang)}
    for group in graph.groups:
        titles[group.path] = say("block-title", lang, path=group.path)
    for node in graph.nodes:
        inputs = say("and", lang).join(_shape(graph.shape(ref), lang) for ref in node.inputs)
        phrase = "layer-title" if node.output is not None else "layer-faulty"
        titles[node.path] = say(
            phrase, lang, path=node.path, kind=node.kind, inputs=inputs, output=_shape(node.output, lang)
        )
    return titles


def _shape(shape: Shape | None, lang: str) -> str:
    return say("unknown-shape", lang) if shape is None else shape_text(shape)


def _notes(analysis: Analysis, lines: tuple[Line, ...], lang: str) -> Iterator[str]:
    names: dict[str, None] = {}
    for line in lines:
        if isinstance(line.symbols, Expression):
            names.update(dict.fromkeys(line.symbols.names()))
    shown = list(legend(names, lang))
    if shown:
        yield say("symbols", lang, symbols=say("semicolon", lang).join(shown))
    if analysis.assumptions:
        yield say("assumptions", lang, assumptions=listed(list(analysis.assumptions), lang))


def legend(names: Iterable[str], lang: str) -> Iterator[str]:
    """What the symbols mean, each letter once, in the order of the phrases."""
    known = {name: _meaning(name) for name in names}
    used = set(known.values())
    for key in PHRASES:
        if key in used:
            yield say("symbol", lang, name=key.removeprefix("symbol-").removesuffix("_"), meaning=say(key, lang))
    endings = {name.partition("_")[2] for name, key in known.items() if key}
    if endings & {"in", "out"}:
        yield say("symbol-ends", lang)
    if any(ending.isdecimal() for ending in endings):
        yield say("symbol-numbered", lang)


def _meaning(name: str) -> str:
    """The phrase that explains a symbol; empty for a name that explains itself (a layer's path)."""
    base, below, _ = name.partition("_")
    keys = (f"symbol-{name}", f"symbol-{base}_" if below else "", f"symbol-{base}")
    return next((key for key in keys if key in PHRASES), "")
