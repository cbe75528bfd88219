"""CN202: a stride larger than the kernel."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import prod
from typing import Any

from cnncalc.lint.finding import Finding
from cnncalc.lint.network import Network
from cnncalc.lint.rule import Rule
from cnncalc.lint.rules.windows import read_elsewhere
from cnncalc.lint.rules.wiring import share, side_text, written_field


class StrideSkipsPixels(Rule):
    """The stride is larger than the kernel: pixels between the windows are never read.

    ## What
    The stride exceeds the effective kernel on some axis, most often a 1x1 convolution with stride 2. Reported when
    no other layer reads the whole map.

    ## Why
    A 1x1 convolution with stride 2 reads a quarter of the pixels; the work that went into the other three quarters
    is thrown away.

    ## Example
    ```yaml
    cnncalc: 1
    input: 3x16x16
    layers:
      - conv: {filters: 8, kernel: 3, padding: 1, activation: relu}
      - conv: {filters: 16, kernel: 1, stride: 2, activation: relu}
    ```

    ## Use instead
    ```yaml
    cnncalc: 1
    input: 3x16x16
    layers:
      - conv: {filters: 8, kernel: 3, padding: 1, activation: relu}
      - conv: {filters: 16, kernel: 3, stride: 2, padding: 1, activation: relu}
    ```

    ## Limits
    The projection shortcut of a residual unit is not reported where the other branch reads the same map with a
    larger kernel. The original ResNet bottleneck is: both of its branches begin with a strided 1x1; torchvision
    strides in the 3x3 (stride_at: 3) instead.

    ## References
    - He and others, Bag of tricks for image classification, 2018, section 4 (ResNet-B).
    """

    code = "CN202"
    slug = "stride-skips-pixels"

    def check(self, network: Network, options: Mapping[str, Any]) -> Iterator[Finding]:
        """One finding per skipping window."""
        for node in network.nodes:
            axes = network.unread[node.index]
            skipped = [axis for axis in axes if axis.between]
            if not skipped or read_elsewhere(network, node):
                continue
            total = prod(axis.size for axis in axes)
            seen = prod(axis.size - axis.border - axis.between for axis in axes)
            kernels = side_text(tuple(axis.reach for axis in network.windows[node.index]))
            yield self.finding(
                node,
                f"stride {side_text(tuple(axis.stride for axis in axes))} steps over its kernel {kernels}: {share(total - seen, total)} of the {total:,} input positions are never read",
                "use a kernel of at least the stride, or pool before",
                written_field(node, "stride"),
                read=seen,
                positions=total,
            )
