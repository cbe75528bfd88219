"""CN303: dense layers that hold most parameters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from cnncalc.graph.model import Node
from cnncalc.lint.finding import Finding
from cnncalc.lint.network import Network
from cnncalc.lint.rule import Rule
from cnncalc.lint.rules.wiring import CONVS, DROPS, VIEWS, numeric, share, source


class FcHeavy(Rule):
    """Dense layers hold more than half of the parameters.

    ## What
    The network has convolutions, and its dense layers hold more than `share` of all parameters.

    ## Why
    The first dense layer after a flatten has one weight per pixel, channel and unit. It overfits, fixes the input
    size and fills the file: 58.6 of AlexNet's 62.4 million parameters are there. Global average pooling needs none.

    ## Example
    ```yaml
    cnncalc: 1
    input: 3x16x16
    layers:
      - conv: {filters: 8, kernel: 3, padding: 1, activation: relu}
      - flatten
      - dense: 10
    ```

    ## Use instead
    ```yaml
    cnncalc: 1
    input: 3x8x8
    layers:
      - conv: {filters: 8, kernel: 5, stride: 2, padding: 2, activation: relu}
      - conv: {filters: 8, kernel: 3, stride: 2, padding: 1, activation: relu}
      - global_avgpool
      - dense: 10
    ```

    ## Limits
    Networks without convolutions are not judged. Few parameters are few, whatever their share.

    ## References
    - Course documents 002, line 281, 003, line 150, and 004, lines 229 and 317.
    - Lin, Chen and Yan, Network in network, 2013: global average pooling.
    """

    code = "CN303"
    slug = "fc-heavy"
    options: ClassVar[Mapping[str, Any]] = {"share": 0.5}

    def check(self, network: Network, options: Mapping[str, Any]) -> Iterator[Finding]:
        """At most one finding, on the largest dense layer."""
        totals = network.analysis.totals
        params = None if totals.params is None else totals.params - (totals.train_only_params or 0)
        dense = [(node, network.row(node).params) for node in network.nodes if _full(network, node)]
        held = [(node, int(own)) for node, own in dense if type(own) is int]
        if type(params) is not int or not held or not any(node.kind in CONVS for node in network.nodes):
            return
        total = sum(own for _, own in held)
        if total <= options["share"] * params:
            return
        node, own = max(held, key=lambda pair: pair[1])
        before = source(network, node, VIEWS | DROPS)
        shape = before.output if before is not None else next(iter(network.graph.inputs.values()))
        saved = ""
        if shape is not None and len(shape) > 1 and numeric(*shape) and node.output is not None and max(shape[1:]) > 1:
            fewer = own - (int(shape[0]) + 1) * int(node.output[0])
            saved = f": fed by {shape[0]} averages it would have {fewer:,} fewer"
        yield self.finding(
            node,
            f"dense layers hold {total:,} of {params:,} parameters ({share(total, params)}), this one {own:,}",
            f"put global_avgpool in place of flatten{saved}",
        )


def _full(network: Network, node: Node) -> bool:
    """Whether it is a dense layer of prediction on a vector (along the channels of a map it is a 1x1 convolution)."""
    shape = network.inputs(node)[0]
    return node.kind == "dense" and not node.train_only and shape is not None and len(shape) == 1
