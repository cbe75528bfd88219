"""CN209: a head that sees too little."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from cnncalc.core.dims import plain
from cnncalc.graph.model import Node
from cnncalc.lint.finding import Finding
from cnncalc.lint.network import Network
from cnncalc.lint.rule import Rule
from cnncalc.lint.rules.windows import gates, image_sizes
from cnncalc.lint.rules.wiring import logits, numeric, side_text


class FieldTooSmall(Rule):
    """The last map sees less than the image: global pooling only averages parts.

    ## What
    The receptive field of the map before a global pooling is smaller than the input (or than the option `object`
    pixels) on some axis.

    ## Why
    No unit sees the whole object. The prediction is an average of local votes, good for textures and poor for
    shapes.

    ## Example
    ```yaml
    cnncalc: 1
    input: 3x64x64
    layers:
      - conv: {filters: 16, kernel: 3, stride: 2, padding: 1, activation: relu}
      - conv: {filters: 16, kernel: 3, stride: 2, padding: 1, activation: relu}
      - global_avgpool
      - dense: 10
    ```

    ## Use instead
    ```yaml
    cnncalc: 1
    input: 3x64x64
    layers:
      - conv: {filters: 16, kernel: 5, stride: 2, padding: 2, activation: relu}
      - conv: {filters: 16, kernel: 3, stride: 2, padding: 1, activation: relu, repeat: 4}
      - global_avgpool
      - dense: 10
    ```

    ## Limits
    A dense layer on a flattened map sees everything and is not reported; segmentation networks are only judged when
    `object` is set, against their output. The longest path counts; what a unit effectively uses is smaller.

    ## References
    - Araujo, Norris and Sim, Computing receptive fields of convolutional neural networks, Distill 2019.
    - Brendel and Bethge, Approximating CNNs with bag-of-local-features models, 2019.
    """

    code = "CN209"
    slug = "field-too-small"
    options: ClassVar[Mapping[str, Any]] = {"object": 0}

    def check(self, network: Network, options: Mapping[str, Any]) -> Iterator[Finding]:
        """One finding per global pooling, or on the output of a network without one."""
        sizes = image_sizes(network)
        wanted = (options["object"],) * len(sizes) if sizes and options["object"] else sizes
        for node in _last_maps(network, bool(options["object"])):
            field = network.analysis.rows[node.inputs[0]].receptive_field if node.inputs[0] >= 0 else None
            if field is None or not wanted or len(field.size) != len(wanted) or any(jump == 0 for jump in field.jump):
                continue
            if any(numeric(seen) and seen < size for seen, size in zip(field.size, wanted, strict=True)):
                what = "an object" if options["object"] else "the image"
                yield self.finding(
                    node,
                    f"the map before it sees {side_text(field.size)} pixels, {what} has {side_text(wanted)}",
                    "more layers, larger strides or dilation before it; or a smaller input",
                    field_size=[plain(seen) for seen in field.size],
                )


def _last_maps(network: Network, everywhere: bool) -> Iterator[Node]:
    for node in network.nodes:
        pools = node.kind in ("global_avgpool", "global_maxpool") and not gates(network, node)
        if pools and node.output is not None and len(network.inputs(node)[0] or ()) > 1:
            yield node
    if everywhere:
        yield from (node for node in logits(network) if node.output is not None and len(node.output) > 1)
