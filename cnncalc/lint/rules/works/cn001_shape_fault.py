"""CN001: a layer cannot take its input."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from cnncalc.lint.finding import Finding
from cnncalc.lint.network import Network
from cnncalc.lint.rule import Rule


class ShapeFault(Rule):
    """A layer cannot take its input.

    ## What
    The shapes do not fit the operation: a kernel larger than the padded map, channels that do not divide into the
    groups, an output padding of at least the stride, a pooling that is padded by more than half its kernel, a reshape
    that changes how many numbers there are, a map of the wrong rank.

    ## Why
    No framework can build this network. Everything behind the layer has an unknown shape; it is not reported again.

    ## Example
    ```yaml
    cnncalc: 1
    input: 3x5x5
    layers:
      - conv: {filters: 8, kernel: 7, padding: 0}
    ```

    ## Use instead
    ```yaml
    cnncalc: 1
    input: 3x5x5
    layers:
      - conv: {filters: 8, kernel: 3, padding: 1}
    ```

    ## Limits
    With symbolic sizes a condition may be undecided: it becomes an assumption (`H >= 29`), and CN006 speaks of it.

    ## References
    - Course document 001, line 645 (the kernel must not exceed the image).
    - Nikanjam and others, Automatic fault detection for deep learning programs using graph transformations (NeuraLint), 2021.
    """

    code = "CN001"
    slug = "shape-fault"
    severity = "error"

    def check(self, network: Network, options: Mapping[str, Any]) -> Iterator[Finding]:
        """One finding per fault of the graph."""
        for fault in network.graph.faults:
            if fault.code == self.code:
                yield self.finding(
                    fault.path, fault.message, fault.remedy, expected=fault.expected, received=fault.received
                )
