"""CN201: border rows and columns that no window reads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from cnncalc.analysis.borders import Unread
from cnncalc.lint.finding import Finding
from cnncalc.lint.network import Network
from cnncalc.lint.rule import Rule
from cnncalc.lint.rules.windows import read_elsewhere
from cnncalc.lint.rules.wiring import side_text, written_field


class DroppedBorder(Rule):
    """Rows or columns at the border of a map are never read.

    ## What
    When (n + 2p - k) mod s = r > 0, the last r positions of the padded map lie in no window. Those of them that are
    padding are no loss; the others are pixels that the network never sees here.

    ## Why
    The floor in the size formula hides it: 14 and 15 both give the same output, but of 15 the last row is dropped.
    Information at the border is lost, and upsampling back meets another size.

    ## Example
    ```yaml
    cnncalc: 1
    input: 3x14x15
    layers:
      - conv: {filters: 8, kernel: 3, stride: 3}
    ```

    ## Use instead
    ```yaml
    cnncalc: 1
    input: 3x15x15
    layers:
      - conv: {filters: 8, kernel: 3, stride: 3}
    ```

    ## Limits
    Not reported where another layer reads the whole map, and with padding same or ceil_mode, which drop nothing.
    Strides larger than the kernel are CN202.

    ## References
    - Course document 002, line 123: fractional sizes drop rows and columns silently.
    - Stanford CS231n notes: hyperparameters must tile the input.
    """

    code = "CN201"
    slug = "dropped-border"

    def check(self, network: Network, options: Mapping[str, Any]) -> Iterator[Finding]:
        """One finding per window that drops pixels."""
        for node in network.nodes:
            axes = network.unread[node.index]
            lost = [axis for axis in axes if axis.border]
            if not lost or any(axis.between for axis in axes) or read_elsewhere(network, node):
                continue
            size = "x".join(str(axis.size) for axis in axes)
            parts = " and ".join(_lost(axis) for axis in lost)
            strides = side_text(tuple(axis.stride for axis in axes))
            several = len(lost) > 1 or lost[0].border > 1
            sizes = ", ".join(dict.fromkeys(f"{axis.name} = {axis.residue} mod {axis.stride}" for axis in lost))
            yield self.finding(
                node,
                f"the last {parts} of its {size} input {'are' if several else 'is'} never read (stride {strides}); input sizes with {sizes} drop none",
                "choose such an input size, pad, or use padding same",
                written_field(node, "stride", "kernel"),
                dropped={axis.name: axis.border for axis in lost},
            )


_LINES = {"height": "row", "width": "column", "length": "position", "depth": "slice"}


def _lost(axis: Unread) -> str:
    line = _LINES[axis.name]
    return f"{axis.border} {line}s" if axis.border > 1 else f"1 {line}"
