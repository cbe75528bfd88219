"""CN207: transposed convolutions that overlap unevenly."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from cnncalc.layers.fields import expand
from cnncalc.lint.finding import Finding
from cnncalc.lint.network import Network
from cnncalc.lint.rule import Rule
from cnncalc.lint.rules.wiring import numeric, written_field


class Checkerboard(Rule):
    """A transposed convolution overlaps unevenly: its output has a checkerboard.

    ## What
    The kernel of a transposed convolution is not divisible by its stride.

    ## Why
    Each input position writes a kernel-sized patch, one stride apart. If the stride does not divide the kernel,
    some output positions get more patches than their neighbours, and the pattern shows in the result.

    ## Example
    ```yaml
    cnncalc: 1
    input: 8x16x16
    layers:
      - transposed_conv: {filters: 8, kernel: 3, stride: 2, padding: 1, output_padding: 1}
    ```

    ## Use instead
    ```yaml
    cnncalc: 1
    input: 8x16x16
    layers:
      - transposed_conv: {filters: 8, kernel: 4, stride: 2, padding: 1}
    ```

    ## Limits
    Even overlap does not exclude artefacts; upsampling followed by a convolution is the stronger remedy. A kernel
    smaller than the stride leaves positions that only see the bias.

    ## References
    - Odena, Dumoulin and Olah, Deconvolution and checkerboard artifacts, Distill 2016.
    """

    code = "CN207"
    slug = "checkerboard"

    def check(self, network: Network, options: Mapping[str, Any]) -> Iterator[Finding]:
        """One finding per transposed convolution."""
        for node in network.nodes:
            if node.kind != "transposed_conv":
                continue
            axes = max(len(node.output or (0, 0, 0)) - 1, 1)
            layer: Any = node.layer
            for size, step, apart in zip(
                *(expand(one, axes) for one in (layer.kernel, layer.stride, layer.dilation)), strict=True
            ):
                if numeric(size, step, apart) and step > 1 and size % step and apart == 1:
                    few, many = size // step, size // step + 1
                    yield self.finding(
                        node,
                        f"kernel {size} is not divisible by stride {step}: along an axis outputs get {few} or {many} inputs in turn",
                        f"use kernel {step * many} (or {step * max(few, 1)}), or upsample and convolve",
                        written_field(node, "kernel"),
                    )
                    break
