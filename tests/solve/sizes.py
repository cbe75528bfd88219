"""Valid sizes the slow way: a network's layers asked one by one for one size after the other; and networks at random."""

from __future__ import annotations

import random
from typing import Any

from cnncalc.analysis.borders import unread, window_axes
from cnncalc.core.source import Source
from cnncalc.graph.expand import expand
from cnncalc.graph.model import Graph
from cnncalc.spec.load import load_source
from cnncalc.spec.model import Spec
from cnncalc.spec.shipped import shipped_block


def walk(graph: Graph, size: int, memo: dict[Any, Any]) -> tuple[bool, bool]:
    """Whether a network takes square images of that size, and whether no window then leaves a border pixel unread."""
    shapes: dict[int, Any] = {
        -1 - i: (shape[0], *[size] * (len(shape) - 1)) for i, shape in enumerate(graph.inputs.values())
    }
    clean = True
    for node in graph.nodes:
        inputs = tuple(shapes[ref] for ref in node.inputs)
        key = (id(node.layer), inputs)
        if key not in memo:
            fits = not any(True for _ in node.layer.requires(*inputs))
            whole = fits and all(axis.border == 0 for axis in unread(node.layer, window_axes(node.layer, inputs[0])))
            memo[key] = (node.layer.output(*inputs) if fits else None, whole)
        output, whole = memo[key]
        if output is None:
            return False, False
        clean = clean and whole
        shapes[node.index] = output
    return True, clean


def graph_of(spec: Spec) -> Graph:
    """The network's layers (their shapes are not used)."""
    return expand(spec, shipped_block)


def random_spec(seed: int) -> Spec:
    """A network of up to nine layers with strides, paddings, dilations, poolings, upsampling and meeting branches."""
    rng = random.Random(seed)
    layers, names = ["  - identity: {name: start}"], ["start"]
    for index in range(rng.randint(2, 8)):
        name = f"layer{index}"
        layers.append("  - " + _layer(rng, name, names))
        names.append(name)
    text = "cnncalc: 1\ninput: 4x96x96\nlayers:\n" + "\n".join(layers) + "\n"
    return load_source(Source(f"random {seed}", text), f"random {seed}", shipped_block)


def _layer(rng: random.Random, name: str, names: list[str]) -> str:
    draw = rng.random()
    kernel, stride = rng.randint(1, 5), rng.choice((1, 1, 2, 2, 3))
    if draw < 0.4:
        padding = rng.choice(["same", "full", "valid", "1", "2", "{top: 1, left: 1}", "{bottom: 1, right: 1}"])
        return f"conv: {{name: {name}, filters: 4, kernel: {kernel}, stride: {stride}, padding: {padding}, dilation: {rng.choice((1, 1, 2))}}}"
    if draw < 0.6:
        padding, ceil = rng.randint(0, kernel // 2), rng.choice(("true", "false"))
        return f"maxpool: {{name: {name}, kernel: {kernel}, stride: {stride}, padding: {padding}, ceil_mode: {ceil}}}"
    if draw < 0.7:
        return f"upsample: {{name: {name}, factor: {rng.choice((2, 3))}}}"
    if draw < 0.8:
        return f"transposed_conv: {{name: {name}, filters: 4, kernel: {kernel}, stride: {stride}, padding: {rng.choice((0, 0, 1))}}}"
    if draw < 0.85:
        return f"crop: {{name: {name}, size: {rng.choice((1, 2))}}}"
    if len(names) > 2:
        return f"add: {{name: {name}, from: [{rng.choice(names[:-1])}, {names[-1]}]}}"
    return f"pad: {{name: {name}, amount: {rng.choice((1, 2))}}}"
