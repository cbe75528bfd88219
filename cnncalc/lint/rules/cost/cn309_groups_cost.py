"""CN309: many groups."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from cnncalc.lint.finding import Finding
from cnncalc.lint.network import Network
from cnncalc.lint.rule import Rule
from cnncalc.lint.rules.wiring import CONVS, is_depthwise, numeric, written_field


class GroupsCost(Rule):
    """A convolution has many groups, and is not depthwise.

    ## What
    `groups` is at least `groups`, and each group still has more than one channel.

    ## Why
    Groups cut the multiply-adds but not the traffic: with the same arithmetic, eight groups ran at less than a
    third of the speed of one in the ShuffleNetV2 measurements. Channels of different groups do not mix either.

    ## Example
    ```yaml
    cnncalc: 1
    input: 64x8x8
    layers:
      - conv: {filters: 64, kernel: 3, padding: 1, groups: 16}
    ```

    ## Use instead
    ```yaml
    cnncalc: 1
    input: 64x8x8
    layers:
      - conv: {filters: 64, kernel: 3, padding: 1, groups: 2}
    ```

    ## Limits
    ResNeXt trades the speed for accuracy on purpose.

    ## References
    - Ma and others, ShuffleNet V2, 2018, guideline 2.
    """

    code = "CN309"
    slug = "groups-cost"
    severity = "info"
    options: ClassVar[Mapping[str, Any]] = {"groups": 8}

    def check(self, network: Network, options: Mapping[str, Any]) -> Iterator[Finding]:
        """One finding per grouped convolution."""
        for node in network.nodes:
            groups = getattr(node.layer, "groups", 1) if node.kind in CONVS else 1
            if groups == 1:
                continue
            shape = network.inputs(node)[0]
            if shape is None or not numeric(groups, shape[0]) or is_depthwise(node, shape[0]):
                continue
            if groups >= options["groups"]:
                yield self.finding(
                    node,
                    f"{groups} groups of {int(shape[0]) // groups} channels: 1/{groups} of the multiply-adds, but all of the traffic",
                    "use fewer groups, or a depthwise_conv and a 1x1",
                    written_field(node, "groups"),
                )
