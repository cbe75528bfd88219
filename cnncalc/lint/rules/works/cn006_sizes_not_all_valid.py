"""CN006: symbolic inputs that not every size fits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from cnncalc.core.dims import is_symbolic
from cnncalc.lint.finding import Finding
from cnncalc.lint.network import Network
from cnncalc.lint.rule import Rule


class SizesNotAllValid(Rule):
    """The input's size is left open, but the network does not work for every size.

    ## What
    With an input like `3xHxW` there are sizes for which the branches of a skip connection do not meet, or a map becomes
    smaller than the kernel that reads it. The message gives the sizes that work: a smallest one, and the residues modulo
    the total stride.

    ## Why
    A network that takes "any size" is called with any size. An encoder and decoder with four halvings needs sides that
    are multiples of 16; one pixel more, and the maps differ by one where they are joined.

    ## Example
    ```yaml
    cnncalc: 1
    input: 8xHxW
    layers:
      - identity: {name: full}
      - conv: {filters: 8, kernel: 3, stride: 2, padding: 1, activation: relu}
      - transposed_conv: {name: up, filters: 8, kernel: 2, stride: 2}
      - add: {from: [full, up]}
    ```

    ## Use instead
    ```yaml
    cnncalc: 1
    input: 8x64x64
    layers:
      - identity: {name: full}
      - conv: {filters: 8, kernel: 3, stride: 2, padding: 1, activation: relu}
      - transposed_conv: {name: up, filters: 8, kernel: 2, stride: 2}
      - add: {from: [full, up]}
    ```

    ## Limits
    An input in numbers is one size, which CN001 and CN002 judge; that others would not work is no fault of it
    (`cnncalc solve sizes` says which do). Sizes below `smallest` (32 pixels) are not expected to work. A condition on several symbols at once (a reshape that
    fixes H * W) is not solved. Only spatial sizes are looked at, not symbolic channels.

    ## References
    - Stanford CS231n notes, convolutional networks: sizing the layers.
    - DESIGN: a chain of windows is one floor, so validity repeats with the total stride.
    """

    code = "CN006"
    slug = "sizes-not-all-valid"
    options: ClassVar[Mapping[str, Any]] = {"smallest": 32}

    def check(self, network: Network, options: Mapping[str, Any]) -> Iterator[Finding]:
        """One finding per symbol that not every size suits."""
        graph = network.graph
        if not any(is_symbolic(dim) for shape in graph.inputs.values() for dim in shape[1:]):
            return
        from cnncalc.analysis.sizes import sizes_of

        for sizes in sizes_of(graph).axes:
            if not sizes.restricted and sizes.minimum <= options["smallest"]:
                continue
            where = next(
                (str(one) for one in graph.conditions if one.relation == "==" and sizes.symbol in str(one)), ""
            )
            yield self.finding(
                "",
                f"not every {sizes.symbol} works: {sizes}" + (f" (needed: {where})" if where else ""),
                f"say which sizes are meant, or crop or pad where branches meet; {sizes.symbol} must satisfy: {sizes}",
                "input",
                minimum=sizes.minimum,
                modulus=sizes.modulus,
                residues=list(sizes.residues),
            )
