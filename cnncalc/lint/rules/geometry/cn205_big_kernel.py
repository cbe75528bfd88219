"""CN205: a big kernel where small ones would do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from cnncalc.analysis.borders import CONVOLUTIONS, POOLINGS
from cnncalc.lint.finding import Finding
from cnncalc.lint.network import Network
from cnncalc.lint.rule import Rule
from cnncalc.lint.rules.wiring import NORMS, VIEWS, is_depthwise, numeric, share, source, written_field


class BigKernel(Rule):
    """A big kernel could be a stack of 3x3 kernels with the same field.

    ## What
    A convolution with an odd kernel of 5 or more, stride 1, that is not the first convolution: (k - 1) / 2 layers
    of 3x3 see the same field with fewer parameters.

    ## Why
    With C channels three 3x3 layers have 27 C^2 weights, one 7x7 has 49 C^2; two against one 5x5: 18 C^2 against 25
    C^2. The stack has more non-linearities as well.

    ## Example
    ```yaml
    cnncalc: 1
    input: 3x16x16
    layers:
      - conv: {filters: 16, kernel: 3, padding: 1, activation: relu}
      - conv: {filters: 16, kernel: 5, padding: 2, activation: relu}
    ```

    ## Use instead
    ```yaml
    cnncalc: 1
    input: 3x16x16
    layers:
      - conv: {filters: 16, kernel: 3, padding: 1, activation: relu}
      - conv: {filters: 16, kernel: 3, padding: 1, activation: relu}
      - conv: {filters: 16, kernel: 3, padding: 1, activation: relu}
    ```

    ## Limits
    Depthwise, grouped, dilated and 1 x k kernels are not reported, nor a kernel that covers the whole map (a dense
    layer in disguise), nor one where the stack would cost more. Large kernels have come back (ConvNeXt): an
    opinion.

    ## References
    - Course documents 000, line 830, and 004, line 76.
    - Simonyan and Zisserman, Very deep convolutional networks, 2014, section 2.3.
    """

    code = "CN205"
    slug = "big-kernel"
    severity = "info"
    options: ClassVar[Mapping[str, Any]] = {"smallest": 5}

    def check(self, network: Network, options: Mapping[str, Any]) -> Iterator[Finding]:
        """One finding per big kernel."""
        for node in network.nodes:
            axes = network.windows[node.index]
            shape = network.inputs(node)[0]
            if (
                node.kind not in CONVOLUTIONS
                or len(axes) != 2
                or shape is None
                or getattr(node.layer, "groups", 1) != 1
            ):
                continue
            size = axes[0].kernel
            plain = all(axis.kernel == size and axis.stride == 1 and axis.dilation == 1 for axis in axes)
            stem = source(network, node, NORMS | VIEWS | POOLINGS) is None
            if not plain or size < options["smallest"] or size % 2 == 0 or stem or is_depthwise(node, shape[0]):
                continue
            if (
                node.output is None
                or not numeric(shape[0], node.output[0])
                or all(side == 1 for side in node.output[1:])
            ):
                continue
            read, filters, layers = int(shape[0]), int(node.output[0]), (size - 1) // 2
            one, stack = size * size * read * filters, 9 * filters * (read + (layers - 1) * filters)
            if stack < one:
                yield self.finding(
                    node,
                    f"{size}x{size} on {read} channels has {one:,} weights; {layers} layers of 3x3 see the same field with {stack:,} ({share(one - stack, one)} less)",
                    f"use {layers} 3x3 convolutions with activations between",
                    written_field(node, "kernel"),
                    weights=one,
                    stacked=stack,
                )
