"""CN111: relu in front of max pooling."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from cnncalc.core.shapes import elements
from cnncalc.lint.finding import Finding
from cnncalc.lint.network import Network
from cnncalc.lint.rule import Rule
from cnncalc.lint.rules.wiring import fix_of, numeric, share


class ReluBeforeMaxpool(Rule):
    """A relu stands before a max pooling: the other way round costs less.

    ## What
    A monotone activation (relu, relu6, leaky_relu, sigmoid, tanh, elu, selu, softplus) is read only by a max
    pooling that has more inputs than outputs.

    ## Why
    The largest of the activated values is the activated largest value: the two commute exactly. Pooling first
    leaves a fraction of the map to activate, and a fraction to keep for backward.

    ## Example
    ```yaml
    cnncalc: 1
    input: 3x16x16
    layers:
      - conv: {filters: 16, kernel: 3, padding: 1}
      - relu
      - maxpool: 2
    ```

    ## Use instead
    ```yaml
    cnncalc: 1
    input: 3x16x16
    layers:
      - conv: {filters: 16, kernel: 3, padding: 1}
      - maxpool: 2
      - relu
    ```

    ## Limits
    A small saving, of elementwise work only; compilers that fuse the activation into the convolution make it
    smaller still. The fix swaps two layers that are written one after the other.

    ## References
    - Both orders give the same numbers because the activations are monotone.
    """

    code = "CN111"
    slug = "relu-before-maxpool"
    severity = "info"
    fixable = True

    def check(self, network: Network, options: Mapping[str, Any]) -> Iterator[Finding]:
        """One finding per activation."""
        for node in network.nodes:
            if node.kind not in MONOTONE or node.output is None:
                continue
            pool = network.next(node)
            if (
                pool is None
                or pool.kind not in ("maxpool", "global_maxpool", "adaptive_maxpool")
                or pool.output is None
            ):
                continue
            many, few = elements(node.output), elements(pool.output)
            if not numeric(many, few) or few >= many:
                continue
            adjacent = node.activation_of is None and network.written(pool)
            edits = network.edit.swap(node.call, pool.call) if adjacent else ()
            yield self.finding(
                node,
                f"{node.kind} on {many:,} numbers before {pool.path} keeps {few:,}: after it the same costs {share(int(few), int(many))}",
                "pool first, then activate: the result is the same",
                fix=fix_of(network, node, edits, "swap the two"),
            )


MONOTONE = frozenset({"relu", "relu6", "leaky_relu", "sigmoid", "hardsigmoid", "tanh", "elu", "selu", "softplus"})
