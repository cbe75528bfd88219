"""CN004: a map where a vector is needed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from cnncalc.lint.finding import Finding
from cnncalc.lint.network import Network
from cnncalc.lint.rule import Rule
from cnncalc.lint.rules.wiring import fix_of


class RankFlatten(Rule):
    """A dense layer is fed a map that was not made a vector.

    ## What
    `dense` reads a vector. In front of it stands a map, without `flatten` or a global pooling between.

    ## Why
    Frameworks differ here: Keras applies the layer along the channels, PyTorch along the last axis, and both give another
    network than the one that is meant. The fix puts `flatten` there; `global_avgpool` is the smaller choice.

    ## Example
    ```yaml
    cnncalc: 1
    input: 3x8x8
    layers:
      - conv: {filters: 4, kernel: 3, activation: relu}
      - dense: 10
    ```

    ## Use instead
    ```yaml
    cnncalc: 1
    input: 3x8x8
    layers:
      - conv: {filters: 4, kernel: 8, activation: relu}
      - flatten
      - dense: 4
    ```

    ## Limits
    `dense: {units: 10, axis: channels}` (a 1x1 convolution) and `axis: last` say what is meant and are not reported.

    ## References
    - Nikanjam and others, NeuraLint, 2021: a missing flatten.
    """

    code = "CN004"
    slug = "rank-flatten"
    severity = "error"
    fixable = True

    def check(self, network: Network, options: Mapping[str, Any]) -> Iterator[Finding]:
        """One finding per fault of a dense layer."""
        for fault in network.graph.faults:
            if fault.code != self.code:
                continue
            node = network.by_path.get(fault.path)
            if node is None:
                continue
            fix = fix_of(
                network, node, network.edit.insert_before(node.call, "flatten"), "put flatten before it", safe=False
            )
            yield self.finding(node, fault.message, fault.remedy, fix=fix)
