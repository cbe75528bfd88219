"""CN204: `same` with uneven sides."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from cnncalc.core.shapes import axis_name
from cnncalc.lint.finding import Finding
from cnncalc.lint.network import Network
from cnncalc.lint.rule import Rule
from cnncalc.lint.rules.wiring import written_field


class SameAsymmetric(Rule):
    """`padding: same` pads unevenly here, and frameworks differ.

    ## What
    SAME needs an odd number of padded positions on some axis (an even kernel, or a stride above 1), so one end gets
    one more. TensorFlow puts it at the end; PyTorch pads both sides alike.

    ## Why
    Weights that were trained with one placement give other numbers with the other: maps are shifted by a pixel.
    PyTorch has no `same` for strides above 1 at all.

    ## Example
    ```yaml
    cnncalc: 1
    input: 3x16x16
    layers:
      - conv: {filters: 8, kernel: 3, stride: 2, padding: same}
    ```

    ## Use instead
    ```yaml
    cnncalc: 1
    input: 3x16x16
    layers:
      - conv: {filters: 8, kernel: 3, stride: 2, padding: 1}
    ```

    ## Limits
    Depends on the input size: 3x3 with stride 2 is even on odd sizes. A network that is meant to follow TensorFlow
    silences the rule for the file.

    ## References
    - Course document 002, line 124: the odd position goes to the end.
    - TensorFlow documentation: SAME padding.
    """

    code = "CN204"
    slug = "same-asymmetric"

    def check(self, network: Network, options: Mapping[str, Any]) -> Iterator[Finding]:
        """One finding per uneven layer."""
        for node in network.nodes:
            uneven = [
                (axis_name(index, len(axes)), *axis.pads)
                for axes in (network.windows[node.index],)
                for index, axis in enumerate(axes)
                if axis.padding == "same" and axis.pads[0] != axis.pads[1]
            ]
            if uneven:
                sides = ", ".join(
                    f"{_ENDS[name][0]} {before}, {_ENDS[name][1]} {after}" for name, before, after in uneven
                )
                yield self.finding(
                    node,
                    f"same pads unevenly here ({sides}); PyTorch pads both sides alike",
                    "write the padding in numbers, or ignore the rule where TensorFlow's placement is meant",
                    written_field(node, "padding"),
                    padding={name: [before, after] for name, before, after in uneven},
                )


_ENDS = {
    "height": ("top", "bottom"),
    "width": ("left", "right"),
    "length": ("left", "right"),
    "depth": ("front", "back"),
}
