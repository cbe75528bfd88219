"""CN007: an in-place activation on a map that others read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from cnncalc.graph.model import Node, Ref
from cnncalc.lint.finding import Finding
from cnncalc.lint.network import Network
from cnncalc.lint.rule import Rule
from cnncalc.lint.rules.wiring import VIEWS, fix_of


class InplaceShared(Rule):
    """An in-place layer overwrites a map that another layer reads as well.

    ## What
    A layer with `inplace: true` changes its input's memory. Another layer reads the same map (also through flatten,
    reshape or identity, which only look at it differently).

    ## Why
    The other reader gets the overwritten values, or PyTorch stops in backward ("modified by an inplace operation").
    Which of the two happens depends on the order of the layers, so the fault may hide for long.

    ## Example
    ```yaml
    cnncalc: 1
    input: 8x16x16
    layers:
      - conv: {name: conv1, filters: 8, kernel: 3, padding: 1}
      - relu: {name: act, inplace: true}
      - conv: {name: conv2, filters: 8, kernel: 3, padding: 1}
      - add: {from: [conv1, conv2]}
    ```

    ## Use instead
    ```yaml
    cnncalc: 1
    input: 8x16x16
    layers:
      - conv: {name: conv1, filters: 8, kernel: 3, padding: 1}
      - relu: {name: act}
      - conv: {name: conv2, filters: 8, kernel: 3, padding: 1}
      - add: {from: [conv1, conv2]}
    ```

    ## Limits
    Only the explicit `inplace: true` is looked at.

    ## References
    - PyTorch notes: in-place correctness checks of autograd.
    """

    code = "CN007"
    slug = "inplace-shared"
    severity = "error"
    fixable = True

    def check(self, network: Network, options: Mapping[str, Any]) -> Iterator[Finding]:
        """One finding per in-place layer whose input has another reader."""
        for node in network.nodes:
            if node.call.inplace is not True or not (network.is_activation(node) or "drop" in node.kind):
                continue
            root = _root(network, node.inputs[0])
            others = [one for one in network.nodes if one is not node and _reads(network, one, root)]
            if not others:
                continue
            names = ", ".join(one.path for one in others[:3])
            yield self.finding(
                node,
                f"it overwrites {network.graph.path(root)}, which {names} {'reads' if len(others) == 1 else 'read'} as well",
                "remove inplace: true",
                "inplace",
                fix_of(network, node, network.edit.unset(node.call, "inplace"), "remove inplace"),
            )


def _root(network: Network, ref: Ref) -> Ref:
    while ref >= 0 and network.nodes[ref].kind in VIEWS:
        ref = network.nodes[ref].inputs[0]
    return ref


def _reads(network: Network, node: Node, root: Ref) -> bool:
    return node.kind not in VIEWS and any(_root(network, ref) == root for ref in node.inputs)
