"""CN203: an even kernel that keeps the size."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from cnncalc.analysis.borders import CONVOLUTIONS
from cnncalc.lint.finding import Finding
from cnncalc.lint.network import Network
from cnncalc.lint.rule import Rule
from cnncalc.lint.rules.wiring import written_field


class EvenKernel(Rule):
    """An even kernel with padding that keeps the size shifts the map by half a pixel.

    ## What
    A convolution with stride 1 has an even effective kernel and padding that is larger by one at one end, so that
    the output is as large as the input.

    ## Why
    A kernel of even size has no centre: each output lies half a pixel beside its input. Through many layers the
    shifts add up, and sums with shortcuts compare different places.

    ## Example
    ```yaml
    cnncalc: 1
    input: 3x16x16
    layers:
      - conv: {filters: 8, kernel: 4, padding: {top: 1, bottom: 2, left: 1, right: 2}}
    ```

    ## Use instead
    ```yaml
    cnncalc: 1
    input: 3x16x16
    layers:
      - conv: {filters: 8, kernel: 5, padding: 2}
    ```

    ## Limits
    With `padding: same` it is reported as CN204. Poolings are not looked at.

    ## References
    - Course document 003, line 123: kernels should be odd.
    - Wu and others, Convolution with even-sized kernels and symmetric padding, 2019.
    """

    code = "CN203"
    slug = "even-kernel"
    severity = "info"

    def check(self, network: Network, options: Mapping[str, Any]) -> Iterator[Finding]:
        """One finding per even kernel."""
        for node in network.nodes:
            if node.kind not in CONVOLUTIONS:
                continue
            for axis in network.windows[node.index]:
                before, after = axis.pads
                even = axis.reach % 2 == 0 and axis.stride == 1 and axis.padding != "same"
                if even and before + after == axis.reach - 1:
                    yield self.finding(
                        node,
                        f"kernel {axis.kernel} is even: with padding {before} before and {after} after, the map is shifted by half a pixel",
                        f"use kernel {axis.kernel - 1} or {axis.kernel + 1}",
                        written_field(node, "kernel"),
                    )
                    break
