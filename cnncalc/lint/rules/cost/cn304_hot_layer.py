"""CN304: one layer that costs most."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from cnncalc.lint.finding import Finding
from cnncalc.lint.network import Network
from cnncalc.lint.rule import Rule
from cnncalc.lint.rules.wiring import numeric, share


class HotLayer(Rule):
    """One layer does more than half of the arithmetic, or holds nearly a third of the maps.

    ## What
    In a network of at least `layers` layers with weights on its path, one layer has more than 50 % of the multiply-
    adds, or its output more than 30 % of the bytes of all maps.

    ## Why
    That layer decides speed or memory: look there first. Often a stride one layer earlier, or a 1x1 in front,
    changes the whole budget.

    ## Example
    ```yaml
    cnncalc: 1
    input: 3x32x32
    layers:
      - conv: {filters: 64, kernel: 3, padding: 1, activation: relu}
      - conv: {filters: 8, kernel: 3, stride: 2, padding: 1, activation: relu}
      - conv: {filters: 8, kernel: 3, padding: 1, activation: relu, repeat: 6}
    ```

    ## Use instead
    ```yaml
    cnncalc: 1
    input: 3x32x32
    layers:
      - conv: {filters: 4, kernel: 3, padding: 1, activation: relu}
      - conv: {filters: 8, kernel: 3, stride: 2, padding: 1, activation: relu}
      - conv: {filters: 8, kernel: 3, padding: 1, activation: relu, repeat: 6}
    ```

    ## Limits
    Maps are counted as in the textbook rule (outputs of conv, pool, dense, merge and resample layers). In a network
    of two layers one always holds half: small networks are not judged.

    ## References
    - Stanford CS231n notes: computational considerations.
    """

    code = "CN304"
    slug = "hot-layer"
    severity = "info"
    options: ClassVar[Mapping[str, Any]] = {"macs": 0.5, "maps": 0.3, "layers": 8}

    def check(self, network: Network, options: Mapping[str, Any]) -> Iterator[Finding]:
        """One finding per hot layer."""
        totals = network.analysis.totals
        if totals.weight_layers < options["layers"] or type(totals.macs) is not int:
            return
        counted = [node for node in network.nodes if node.layer.counted]
        sizes = [network.row(node).output_bytes for node in counted]
        if not numeric(*sizes):
            return
        maps = sum(int(size or 0) for size in sizes)
        for node in network.nodes:
            row = network.row(node)
            if numeric(row.macs) and int(row.macs or 0) > options["macs"] * totals.macs:
                yield self.finding(
                    node,
                    f"{int(row.macs or 0):,} of {totals.macs:,} multiply-adds are here ({share(int(row.macs or 0), totals.macs)})",
                    "shrink its map or its channels first",
                )
            elif node.layer.counted and int(row.output_bytes or 0) > options["maps"] * maps:
                size = int(row.output_bytes or 0)
                yield self.finding(
                    node,
                    f"its output is {size:,} of the {maps:,} bytes of all maps ({share(size, maps)})",
                    "stride earlier, or use fewer channels here",
                )
