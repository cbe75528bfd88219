"""CN002: branches that do not fit together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from cnncalc.core.shapes import shape_text
from cnncalc.graph.model import Node, Ref
from cnncalc.lint.finding import Finding
from cnncalc.lint.network import Network
from cnncalc.lint.rule import Rule


class MergeMismatch(Rule):
    """Branches that are added or joined do not have matching shapes.

    ## What
    `add`, `maximum` and `multiply` need equal shapes (`multiply` also takes size 1 and a vector of channels); `concat`
    needs equal shapes but for the axis along which it joins. The message names each branch with its shape, and the
    layer where the branches parted.

    ## Why
    No framework can build this network. The usual cause is a stride or a missing padding in one branch, or a shortcut
    without the 1x1 convolution that gives it the new number of channels.

    ## Example
    ```yaml
    cnncalc: 1
    input: 16x8x8
    layers:
      - add:
          - - conv: {filters: 16, kernel: 3, stride: 2, padding: 1}
          - []
    ```

    ## Use instead
    ```yaml
    cnncalc: 1
    input: 16x8x8
    layers:
      - add:
          - - conv: {filters: 16, kernel: 3, stride: 2, padding: 1}
          - - conv: {filters: 16, kernel: 1, stride: 2}
    ```

    ## Limits
    With symbolic sizes the branches may meet for some sizes only: see CN006.

    ## References
    - Course documents 002, lines 257 (concatenation) and 306 (addition).
    - He and others, Deep residual learning for image recognition, 2015: projection shortcuts.
    """

    code = "CN002"
    slug = "merge-mismatch"
    severity = "error"

    def check(self, network: Network, options: Mapping[str, Any]) -> Iterator[Finding]:
        """One finding per fault of a merge."""
        for fault in network.graph.faults:
            node = network.by_path.get(fault.path)
            if fault.code != self.code:
                continue
            if node is None or len(node.inputs) < 2:
                yield self.finding(fault.path, fault.message, fault.remedy)
                continue
            graph = network.graph
            ends = ", ".join(f"{graph.path(ref)} gives {shape_text(graph.shape(ref))}" for ref in node.inputs)
            parted = _parted(network, node)
            message = f"{node.kind} cannot join its inputs: {ends}; they part after {graph.path(parted)}, {shape_text(graph.shape(parted))}"
            yield self.finding(
                node, message, fault.remedy, shapes=[shape_text(graph.shape(ref)) for ref in node.inputs]
            )


def _parted(network: Network, node: Node) -> Ref:
    """The last output that all inputs of a merge come from; the network's input where there is none."""
    sets = [_ancestors(network, ref) for ref in node.inputs]
    common = set.intersection(*sets)
    return max(common) if common else -1


def _ancestors(network: Network, ref: Ref) -> set[Ref]:
    found: set[Ref] = set()
    pending = [ref]
    while pending:
        at = pending.pop()
        if at not in found:
            found.add(at)
            if at >= 0:
                pending += network.nodes[at].inputs
    return found
