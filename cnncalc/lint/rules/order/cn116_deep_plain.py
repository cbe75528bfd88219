"""CN116: a deep network without skip connections."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from cnncalc.graph.model import Node
from cnncalc.lint.finding import Finding
from cnncalc.lint.network import Network
from cnncalc.lint.rule import Rule
from cnncalc.lint.rules.wiring import CONVS, MERGES


class DeepPlain(Rule):
    """More than 20 convolutions follow each other without a skip connection.

    ## What
    The main path has more than `most` convolutions, and no merge on it lets the signal pass around layers.

    ## Why
    Beyond about 20 layers plain networks get worse, in training too: the 34-layer plain network of the ResNet paper
    has a higher training error than the 18-layer one. Shortcuts mend it at no cost in parameters.

    ## Example
    ```yaml
    cnncalc: 1
    input: 8x64x64
    layers:
      - conv: {filters: 8, kernel: 3, padding: 1, activation: relu, repeat: 24}
    ```

    ## Use instead
    ```yaml
    cnncalc: 1
    input: 8x64x64
    layers:
      - residual: {width: 8, repeat: 12}
    ```

    ## Limits
    Any add, multiply, concat or highway on the main path counts as a skip connection. Depthwise and 1x1
    convolutions count as convolutions.

    ## References
    - Course documents 003, line 675, and 004, line 257.
    - He and others, Deep residual learning for image recognition, 2015, figure 1.
    """

    code = "CN116"
    slug = "deep-plain"
    severity = "info"
    options: ClassVar[Mapping[str, Any]] = {"most": 20}

    def check(self, network: Network, options: Mapping[str, Any]) -> Iterator[Finding]:
        """At most one finding, on the first convolution of the longest stretch."""
        stretch: list[Node] = []
        longest: list[Node] = []
        for node in network.trunk:
            if node.kind in MERGES:
                stretch = []
            elif node.kind in CONVS:
                stretch.append(node)
                longest = max(longest, stretch, key=len)
        if len(longest) > options["most"]:
            yield self.finding(
                longest[0],
                f"{len(longest)} convolutions follow each other without a skip connection, up to {longest[-1].path}",
                "add shortcuts around every two or three layers (residual: {width: ...})",
            )
