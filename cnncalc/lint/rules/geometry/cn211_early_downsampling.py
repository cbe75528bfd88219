"""CN211: resolution that is given up too early."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from cnncalc.lint.finding import Finding
from cnncalc.lint.network import Network
from cnncalc.lint.rule import Rule
from cnncalc.lint.rules.wiring import CONVS, written_field


class EarlyDownsampling(Rule):
    """The resolution falls by 8 or more within the first fifth of the convolutions.

    ## What
    On the main path, the first fifth of the convolutions (from two to `first`) has a total stride of `stride` or more,
    poolings between them included.

    ## Why
    Detail is thrown away before there were layers to use it. Later layers work on small maps that hold little more
    than the thumbnail.

    ## Example
    ```yaml
    cnncalc: 1
    input: 3x224x224
    layers:
      - conv: {filters: 8, kernel: 4, stride: 4, activation: relu}
      - conv: {filters: 8, kernel: 3, stride: 2, padding: 1, activation: relu}
      - conv: {filters: 8, kernel: 3, padding: 1, activation: relu, repeat: 10}
    ```

    ## Use instead
    ```yaml
    cnncalc: 1
    input: 3x224x224
    layers:
      - conv: {filters: 8, kernel: 4, stride: 2, padding: 1, activation: relu}
      - conv: {filters: 8, kernel: 3, padding: 1, activation: relu, repeat: 5}
      - conv: {filters: 8, kernel: 3, stride: 2, padding: 1, activation: relu}
      - conv: {filters: 8, kernel: 3, padding: 1, activation: relu, repeat: 5}
    ```

    ## Limits
    A trade: the saving in arithmetic is why large classifiers do it. Networks with fewer than ten convolutions are
    not judged.

    ## References
    - Cao and others, Design smells in deep learning programs, 2021 (Nikanjam and Khomh): too early downsampling.
    """

    code = "CN211"
    slug = "early-downsampling"
    options: ClassVar[Mapping[str, Any]] = {"stride": 8, "first": 5}

    def check(self, network: Network, options: Mapping[str, Any]) -> Iterator[Finding]:
        """At most one finding, on the layer that crosses the line."""
        convolutions = [node for node in network.trunk if node.kind in CONVS]
        first = min(len(convolutions) // 5, options["first"])
        if first < 2:
            return
        last = convolutions[first - 1]
        for node in network.trunk[: network.trunk.index(last) + 1]:
            field = network.row(node).receptive_field
            if field is None or not field.jump or any(type(jump) is not int for jump in field.jump):
                continue
            if max(field.jump) >= options["stride"]:
                done = sum(one.index <= node.index for one in convolutions)
                yield self.finding(
                    node,
                    f"the stride reaches {max(field.jump)} after {done} of {len(convolutions)} convolutions",
                    "keep more resolution in the first layers, or move a stride further back",
                    written_field(node, "stride"),
                )
                return
