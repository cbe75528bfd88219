"""CN305: channels that tensor cores cannot fill."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from cnncalc.lint.finding import Finding
from cnncalc.lint.network import Network
from cnncalc.lint.rule import Rule
from cnncalc.lint.rules.wiring import DEPTHWISE, LINEAR, logits


class ChannelMultiple(Rule):
    """In 16-bit training, channels are not a multiple of 8.

    ## What
    `train.dtype` is float16 or bfloat16, and a convolution or dense layer (not the first, not the output) has
    filters or units that 8 does not divide.

    ## Why
    Tensor cores work on tiles of eight 16-bit numbers. Other channel counts are padded or take a slower path; 64 is
    often faster than 60.

    ## Example
    ```yaml
    cnncalc: 1
    input: 3x16x16
    train: {batch: 8, dtype: float16}
    layers:
      - conv: {filters: 16, kernel: 3, padding: 1, activation: relu}
      - conv: {filters: 20, kernel: 3, padding: 1, activation: relu}
      - conv: {filters: 16, kernel: 3, padding: 1}
    ```

    ## Use instead
    ```yaml
    cnncalc: 1
    input: 3x16x16
    train: {batch: 8, dtype: float16}
    layers:
      - conv: {filters: 16, kernel: 3, padding: 1, activation: relu}
      - conv: {filters: 24, kernel: 3, padding: 1, activation: relu}
      - conv: {filters: 16, kernel: 3, padding: 1}
    ```

    ## Limits
    Depthwise convolutions do not use tensor cores and are not reported. Newer libraries lose less than older ones.

    ## References
    - PyTorch performance tuning guide: tensor cores.
    - NVIDIA, Deep learning performance guide: channels divisible by 8.
    """

    code = "CN305"
    slug = "channel-multiple"
    options: ClassVar[Mapping[str, Any]] = {"multiple": 8}

    def check(self, network: Network, options: Mapping[str, Any]) -> Iterator[Finding]:
        """One finding per layer."""
        train = network.spec.train
        if train is None or train.dtype not in ("float16", "bfloat16"):
            return
        ends = {node.index for node in logits(network)}
        multiple = options["multiple"]
        for node in network.nodes:
            if node.kind not in LINEAR or node.kind == DEPTHWISE or node.output is None or node.index in ends:
                continue
            channels = node.output[0]
            if node.inputs[0] < 0 and node.kind == "dense":
                continue
            if type(channels) is int and channels % multiple:
                field = "filters" if "filters" in node.call.spans else "units"
                yield self.finding(
                    node,
                    f"{channels} {field} are not a multiple of {multiple}: in {train.dtype} the tensor cores' tiles stay partly empty",
                    f"use {channels // multiple * multiple or multiple} or {(channels // multiple + 1) * multiple}",
                    field,
                )
