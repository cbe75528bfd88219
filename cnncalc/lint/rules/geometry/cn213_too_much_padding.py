"""CN213: padding as large as the kernel."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from cnncalc.analysis.borders import CONVOLUTIONS
from cnncalc.lint.finding import Finding
from cnncalc.lint.network import Network
from cnncalc.lint.rule import Rule
from cnncalc.lint.rules.wiring import written_field


class TooMuchPadding(Rule):
    """Padding is as large as the kernel: border outputs see only zeros.

    ## What
    A convolution pads at least as much as its effective kernel at some side.

    ## Why
    The outermost outputs are computed from padding alone: they are the bias, the same for every image, and later
    layers read them as content.

    ## Example
    ```yaml
    cnncalc: 1
    input: 3x16x16
    layers:
      - conv: {filters: 8, kernel: 3, padding: 3}
    ```

    ## Use instead
    ```yaml
    cnncalc: 1
    input: 3x16x16
    layers:
      - conv: {filters: 8, kernel: 3, padding: 1}
    ```

    ## Limits
    `padding: full` pads one less than the kernel and is fine. Poolings with such padding are faults (CN001).

    ## References
    - Dumoulin and Visin, A guide to convolution arithmetic for deep learning, 2016, section 2.3.
    """

    code = "CN213"
    slug = "too-much-padding"

    def check(self, network: Network, options: Mapping[str, Any]) -> Iterator[Finding]:
        """One finding per convolution."""
        for node in network.nodes:
            if node.kind not in CONVOLUTIONS or getattr(node.layer, "padding_mode", "zeros") != "zeros":
                continue
            for axis in network.windows[node.index]:
                largest = max(axis.pads)
                if axis.padding != "same" and largest >= axis.reach:
                    lines = (largest - axis.reach) // axis.stride + 1
                    yield self.finding(
                        node,
                        f"padding {largest} is not smaller than the kernel {axis.reach}: {lines} line{'s' if lines > 1 else ''} of outputs at that side see only zeros",
                        f"use padding <= {axis.reach - 1} (full), or {(axis.reach - 1) // 2} to keep the size",
                        written_field(node, "padding"),
                    )
                    break
