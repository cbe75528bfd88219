"""CN105: dropout with an unusual rate, or on maps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from cnncalc.core.shapes import shape_text
from cnncalc.graph.model import Node
from cnncalc.lint.finding import Finding
from cnncalc.lint.network import Network
from cnncalc.lint.rule import Rule
from cnncalc.lint.rules.wiring import DROPS, written_field


class DropoutRate(Rule):
    """Dropout drops more than half, or single pixels of a map.

    ## What
    `rate` is above 0.5, or `dropout` stands on a map with more than one position, where `spatial_dropout` (whole
    channels) is meant.

    ## Why
    Above one half more is lost than kept, and the noise grows quickly: the variance of a kept unit is rate / (1 -
    rate). On a map neighbouring pixels carry nearly the same value, so dropping single ones hides little and mostly
    lowers the learning rate.

    ## Example
    ```yaml
    cnncalc: 1
    input: 64
    layers:
      - dense: {units: 32, activation: relu}
      - dropout: 0.8
      - dense: 10
    ```

    ## Use instead
    ```yaml
    cnncalc: 1
    input: 64
    layers:
      - dense: {units: 32, activation: relu}
      - dropout: 0.5
      - dense: 10
    ```

    ## Limits
    Both are opinions; networks with other habits work. `largest` is the highest accepted rate. Dropout on a map
    just before a global pooling or flatten is not reported.

    ## References
    - Tompson and others, Efficient object localization using convolutional networks, 2015: spatial dropout.
    - Schoop and others, UMLAUT, 2021: dropout rates.
    - Course documents 000, 001, 003: 0.5 after dense layers.
    """

    code = "CN105"
    slug = "dropout-rate"
    options: ClassVar[Mapping[str, Any]] = {"largest": 0.5}

    def check(self, network: Network, options: Mapping[str, Any]) -> Iterator[Finding]:
        """One finding per dropout."""
        for node in network.nodes:
            if node.kind not in DROPS or node.kind == "drop_path":
                continue
            rate = node.layer.effective("rate")
            if rate > options["largest"]:
                yield self.finding(
                    node,
                    f"{node.kind} drops {rate:g} of its input: a kept unit's noise has {rate / (1 - rate):.1f} times the variance of its signal",
                    f"use a rate of at most {options['largest']:g}",
                    written_field(node, "rate"),
                )
            elif (
                node.kind == "dropout"
                and rate > 0
                and node.output is not None
                and _is_map(node)
                and not _pooled(network, node)
            ):
                yield self.finding(
                    node,
                    f"dropout on the map {shape_text(node.output)} drops single pixels, whose neighbours carry the same",
                    "use spatial_dropout, which drops whole channels",
                )


def _is_map(node: Node) -> bool:
    return node.output is not None and len(node.output) > 1 and any(dim != 1 for dim in node.output[1:])


def _pooled(network: Network, node: Node) -> bool:
    after = network.next(node)
    return after is not None and (after.kind.startswith(("global_", "adaptive_")) or after.kind == "flatten")
