"""CN008: a normalisation over a single value."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from cnncalc.core.dims import prod
from cnncalc.lint.finding import Finding
from cnncalc.lint.network import Network
from cnncalc.lint.rule import Rule


class BatchnormOneValue(Rule):
    """A normalisation has a single value per channel in training: its output is always its bias.

    ## What
    Batch norm takes mean and variance over batch, height and width. With `train: {batch: 1}` on a 1x1 map or a vector
    that is one value; instance norm takes them over height and width of one image.

    ## Why
    A single value minus its own mean is zero, whatever the value: nothing passes. PyTorch refuses ("expected more than 1
    value per channel when training").

    ## Example
    ```yaml
    cnncalc: 1
    input: 16x1x1
    train: {batch: 1}
    layers:
      - conv: {filters: 16, kernel: 1, bias: false}
      - batchnorm
      - relu
    ```

    ## Use instead
    ```yaml
    cnncalc: 1
    input: 16x1x1
    train: {batch: 32}
    layers:
      - conv: {filters: 16, kernel: 1, bias: false}
      - batchnorm
      - relu
    ```

    ## Limits
    Batch norm is only judged when `train.batch` is stated. A last partial batch of one image meets the same fault.

    ## References
    - Ioffe and Szegedy, Batch normalization, 2015.
    """

    code = "CN008"
    slug = "batchnorm-one-value"
    severity = "error"

    def check(self, network: Network, options: Mapping[str, Any]) -> Iterator[Finding]:
        """One finding per norm over one value."""
        train = network.spec.train
        batch = train.batch if train is not None else None
        for node in network.nodes:
            if node.output is None or node.kind not in ("batchnorm", "instancenorm"):
                continue
            images = 1 if node.kind == "instancenorm" else batch
            if images == 1 and prod(node.output[1:]) == 1:
                sides = "x".join(["1"] * len(node.output[1:])) or "vector"
                yield self.finding(
                    node,
                    f"{node.kind} sees one value per channel in training: {images} image, map {sides}",
                    "train with a larger batch, normalise before the global pooling, or use layernorm",
                )
