"""CN101: two linear layers with nothing between."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from cnncalc.graph.model import Node
from cnncalc.layers import ACTIVATIONS
from cnncalc.lint.finding import Finding
from cnncalc.lint.network import Network
from cnncalc.lint.rule import Rule
from cnncalc.lint.rules.windows import gates
from cnncalc.lint.rules.wiring import AVERAGES, CONVS, DEPTHWISE, DROPS, LINEAR, NORMS, SPATIAL, VIEWS, kernel


class NoNonlinearity(Rule):
    """Two linear layers follow each other with no activation between them.

    ## What
    A convolution or dense layer feeds another one directly, or through layers that are linear too: normalisation,
    dropout, flatten, average pooling, upsampling.

    ## Why
    Two linear maps in a row are one linear map: the second layer adds parameters and time but no expressive power.
    A forgotten activation is the usual cause.

    ## Example
    ```yaml
    cnncalc: 1
    input: 3x16x16
    layers:
      - conv: {filters: 16, kernel: 3, padding: 1}
      - conv: {filters: 16, kernel: 3, padding: 1}
      - relu
    ```

    ## Use instead
    ```yaml
    cnncalc: 1
    input: 3x16x16
    layers:
      - conv: {filters: 16, kernel: 3, padding: 1}
      - relu
      - conv: {filters: 16, kernel: 3, padding: 1}
      - relu
    ```

    ## Limits
    Factorisations are meant to be linear and are not reported: depthwise then 1x1 (and the reverse), k x 1 then 1 x
    k, and the linear bottleneck, a 1x1 convolution that narrows after a depthwise one. A merge ends the search:
    what is added or joined may be non-linear elsewhere. The last layer before an rbf output is exempt.

    ## References
    - Course document 001, line 989 (linear activations everywhere make one layer).
    - Schoop and others, UMLAUT, 2021: missing activation functions.
    - Sandler and others, MobileNetV2, 2018: linear bottlenecks.
    """

    code = "CN101"
    slug = "no-nonlinearity"

    def check(self, network: Network, options: Mapping[str, Any]) -> Iterator[Finding]:
        """One finding per second linear layer."""
        for node in network.nodes:
            if node.kind not in LINEAR or len(node.inputs) != 1:
                continue
            first = _linear_source(network, node)
            if first is None or first.kind not in LINEAR or _factorised(network, first, node):
                continue
            yield self.finding(
                node,
                f"{first.path} and this {node.kind} have no activation between them: together they are one linear map",
                f"put an activation after {first.path}, or drop one of the two",
            )


_LINEAR_BETWEEN = NORMS | DROPS | VIEWS | AVERAGES | SPATIAL | {"scale"}


def _factorised(network: Network, first: Node, second: Node) -> bool:
    """Whether the two are one operation written as two on purpose."""
    if DEPTHWISE in (first.kind, second.kind):
        return True
    one, two = kernel(first), kernel(second)
    if first.kind in CONVS and second.kind in CONVS and sorted((one[0] == 1, one[-1] == 1)) == [False, True]:
        return one[0] == two[-1] and one[-1] == two[0]
    at = first
    while at.inputs[0] >= 0:
        # through the squeeze-and-excitation between a depthwise and its narrow 1x1 as well
        at = network.nodes[at.inputs[0]]
        if at.kind not in _AROUND:
            return at.kind == DEPTHWISE and set(one) == {1}
    return False


def _linear_source(network: Network, node: Node) -> Node | None:
    """The layer before, looking back through what is linear; a pooled vector that becomes a gate is another matter."""
    at = node
    while len(at.inputs) == 1 and at.inputs[0] >= 0:
        at = network.nodes[at.inputs[0]]
        if at.kind not in _LINEAR_BETWEEN:
            return at
        if at.kind in AVERAGES and gates(network, at):
            return None
    return None


_AROUND = NORMS | ACTIVATIONS | VIEWS | DROPS | {"multiply"}
