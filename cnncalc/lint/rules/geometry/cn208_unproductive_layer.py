"""CN208: a kernel that sees nothing new."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from cnncalc.analysis.borders import CONVOLUTIONS
from cnncalc.lint.finding import Finding
from cnncalc.lint.network import Network
from cnncalc.lint.rule import Rule
from cnncalc.lint.rules.windows import image_sizes
from cnncalc.lint.rules.wiring import numeric, side_text, written_field


class UnproductiveLayer(Rule):
    """A spatial kernel whose every input already sees the whole image.

    ## What
    A convolution with a kernel larger than 1, each of whose inputs has, along the shortest path too, a receptive
    field at least as large as the image on every axis.

    ## Why
    Such a layer cannot combine new context: measurements show that it hardly improves the representation, while it
    costs as much as the others. The network is too deep, or strided too early, for this input size.

    ## Example
    ```yaml
    cnncalc: 1
    input: 3x8x8
    layers:
      - conv: {filters: 8, kernel: 5, padding: 2, activation: relu}
      - conv: {filters: 8, kernel: 3, stride: 2, padding: 1, activation: relu}
      - conv: {filters: 8, kernel: 3, padding: 1, activation: relu}
      - conv: {filters: 8, kernel: 3, padding: 1, activation: relu}
    ```

    ## Use instead
    ```yaml
    cnncalc: 1
    input: 3x32x32
    layers:
      - conv: {filters: 8, kernel: 5, padding: 2, activation: relu}
      - conv: {filters: 8, kernel: 3, stride: 2, padding: 1, activation: relu}
      - conv: {filters: 8, kernel: 3, padding: 1, activation: relu}
      - conv: {filters: 8, kernel: 3, padding: 1, activation: relu}
    ```

    ## Limits
    The shortest path counts, so units with shortcuts are rarely reported. Kernels that cover their whole map (a
    dense layer in disguise) are exempt.

    ## References
    - Richter and others, Should you go deeper? Optimizing convolutional neural network architectures without
      training, 2021.
    """

    code = "CN208"
    slug = "unproductive-layer"

    def check(self, network: Network, options: Mapping[str, Any]) -> Iterator[Finding]:
        """One finding per kernel."""
        sizes = image_sizes(network)
        for node in network.nodes:
            axes = network.windows[node.index]
            if (
                node.kind not in CONVOLUTIONS
                or not axes
                or max(axis.kernel for axis in axes) == 1
                or node.inputs[0] < 0
            ):
                continue
            field = network.analysis.rows[node.inputs[0]].receptive_field
            if (
                field is None
                or sizes is None
                or len(field.min_size) != len(sizes)
                or all(jump == 0 for jump in field.jump)
            ):
                continue
            whole = all(numeric(seen) and seen >= size for seen, size in zip(field.min_size, sizes, strict=True))
            if whole and not all(axis.reach >= axis.size for axis in axes):
                yield self.finding(
                    node,
                    f"its inputs see {side_text(field.min_size)} pixels already, the whole {side_text(sizes)} image: kernel {side_text(tuple(axis.kernel for axis in axes))} adds no context",
                    "drop layers here, stride later, use 1x1, or a larger input",
                    written_field(node, "kernel"),
                )
