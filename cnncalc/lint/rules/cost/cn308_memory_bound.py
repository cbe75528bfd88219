"""CN308: layers that wait for memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from cnncalc.lint.finding import Finding
from cnncalc.lint.network import Network
from cnncalc.lint.rule import Rule
from cnncalc.lint.rules.figures import find_device, intensity
from cnncalc.lint.rules.wiring import share
from cnncalc.spec.model import Train


class MemoryBound(Rule):
    """Most of the arithmetic waits for memory on the target device.

    ## What
    For every layer with weights the arithmetic intensity is FLOPs / (bytes of input, output and weights) at
    `train.batch`. Layers under the device's ridge point (peak FLOP/s over bandwidth) are bound by memory. Reported
    when they hold more than `share` of the multiply-adds.

    ## Why
    Such layers run no faster on a device with more arithmetic; fewer MACs do not help either. Depthwise and 1x1
    convolutions on large maps, and dense layers at batch 1, are the usual ones.

    ## Example
    ```yaml
    cnncalc: 1
    input: 32x64x64
    target: {device: a100-40gb}
    layers:
      - depthwise_conv: {kernel: 3, padding: 1}
      - relu
    ```

    ## Use instead
    ```yaml
    cnncalc: 1
    input: 512x64x64
    target: {device: t4}
    layers:
      - conv: {filters: 256, kernel: 1, bias: false}
      - relu
    ```

    ## Limits
    A roofline bound: caches, fusion and the choice of algorithm move the line. Only devices whose bandwidth and peak in
    `train.dtype` are known are judged; float32 is taken without tensor cores (TF32 lifts the line).

    ## References
    - Williams, Waterman and Patterson, Roofline, 2009.
    """

    code = "CN308"
    slug = "memory-bound"
    severity = "info"
    options: ClassVar[Mapping[str, Any]] = {"share": 0.5}

    def check(self, network: Network, options: Mapping[str, Any]) -> Iterator[Finding]:
        """At most one finding, on the layer with the most work among the bound ones."""
        device = find_device(str(network.target.get("device") or ""))
        train = network.spec.train or Train()
        rate = device.tflops.get(train.dtype or "float32") if device is not None else None
        if device is None or not rate or not device.bandwidth:
            return
        ridge, batch = 1000 * rate / device.bandwidth, train.batch or 1
        known = [(node, intensity(network, node)) for node in network.nodes if node.layer.weighted]
        layers = [(node, value, int(network.row(node).macs or 0)) for node, value in known if value is not None]
        bound = [(node, value, macs) for node, value, macs in layers if value < ridge]
        work, total = sum(macs for *_, macs in bound), sum(macs for *_, macs in layers)
        if not total or work <= options["share"] * total:
            return
        node, value, _ = max(bound, key=lambda item: item[2])
        yield self.finding(
            node,
            f"{len(bound)} of {len(layers)} layers with {share(work, total)} of the multiply-adds are bound by memory at batch {batch}; this one does {value:.1f} FLOP per byte, the device {ridge:.0f}",
            "larger batches for dense layers, fused or fewer elementwise passes, 16-bit numbers",
            intensity=round(value, 2),
            ridge=round(ridge, 1),
        )
