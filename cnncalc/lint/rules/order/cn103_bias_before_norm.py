"""CN103: a bias that a norm takes away."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from cnncalc.core.dims import text
from cnncalc.lint.finding import Finding
from cnncalc.lint.network import Network
from cnncalc.lint.rule import Rule
from cnncalc.lint.rules.wiring import LINEAR, fix_of


class BiasBeforeNorm(Rule):
    """A convolution or dense layer has a bias that the batch norm after it takes away.

    ## What
    The only reader of a layer with `bias: true` is a batch norm (or an instance norm).

    ## Why
    The norm subtracts the mean of each channel, and with it every constant: the bias never has an effect, yet it
    has a gradient, an optimizer state and one add per output number. The norm brings its own bias.

    ## Example
    ```yaml
    cnncalc: 1
    input: 3x16x16
    layers:
      - conv: {filters: 16, kernel: 3, padding: 1}
      - batchnorm
      - relu
    ```

    ## Use instead
    ```yaml
    cnncalc: 1
    input: 3x16x16
    layers:
      - conv: {filters: 16, kernel: 3, padding: 1, bias: false}
      - batchnorm
      - relu
    ```

    ## Limits
    Layer norm and group norm take the mean over several channels and do not remove a bias. The fix changes the
    number of parameters, so claims about them change too.

    ## References
    - PyTorch performance tuning guide: disable bias for convolutions directly followed by a batch norm.
    - Ioffe and Szegedy, Batch normalization, 2015, section 3.2.
    """

    code = "CN103"
    slug = "bias-before-norm"
    fixable = True

    def check(self, network: Network, options: Mapping[str, Any]) -> Iterator[Finding]:
        """One finding per bias."""
        for node in network.nodes:
            if node.kind not in LINEAR or not getattr(node.layer, "bias", False):
                continue
            after = network.next(node)
            if after is None or after.kind not in ("batchnorm", "instancenorm"):
                continue
            filters = node.output[0] if node.output is not None else None
            counted = f"{text(filters)} biases are" if filters is not None else "the bias is"
            yield self.finding(
                node,
                f"its {counted} taken away by {after.path}, which subtracts the mean",
                "write bias: false",
                "bias" if "bias" in node.call.spans else None,
                fix_of(network, node, network.edit.set(node.call, "bias", "false"), "set bias: false"),
            )
