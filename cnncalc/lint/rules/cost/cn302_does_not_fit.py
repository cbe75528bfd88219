"""CN302: memory that the target does not have."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from cnncalc.lint.finding import Finding
from cnncalc.lint.network import Network
from cnncalc.lint.rule import Rule
from cnncalc.lint.rules.figures import Need, find_device, mebibytes, needed


class DoesNotFit(Rule):
    """The network does not fit into the memory of its target.

    ## What
    `target: {device: ...}` names a device (or a memory like `8 GiB`), and training at `train.batch` (without
    `train`: prediction) needs more than `share` of it. The message gives the largest batch that fits and what each
    of the usual changes would save, found by analysing the changed network.

    A target that is neither a known device nor an amount of memory is reported too.

    ## Why
    Out of memory is found hours later, on the machine, and by trying. It can be computed.

    ## Example
    ```yaml
    cnncalc: 1
    input: 3x64x64
    train: {batch: 64, optimizer: sgd}
    target: {device: 8 MiB}
    layers:
      - conv: {filters: 16, kernel: 3, padding: 1, activation: relu}
      - conv: {filters: 16, kernel: 3, padding: 1}
    ```

    ## Use instead
    ```yaml
    cnncalc: 1
    input: 3x64x64
    train: {batch: 8, optimizer: sgd}
    target: {device: 8 MiB}
    layers:
      - conv: {filters: 16, kernel: 3, padding: 1, activation: relu}
      - conv: {filters: 16, kernel: 3, stride: 2, padding: 1}
    ```

    ## Limits
    The figure is the peak of the tensors that PyTorch holds in eager mode; the CUDA context and workspaces are covered
    by `share` only (`cnncalc analyze --memory` has a device figure with allowances for both). Networks with unknown sizes
    are not judged.

    ## References
    - Course document 002, line 140: batch, stride, layers, 16 bits, devices.
    """

    code = "CN302"
    slug = "does-not-fit"
    severity = "error"
    options: ClassVar[Mapping[str, Any]] = {"share": 0.9}

    def check(self, network: Network, options: Mapping[str, Any]) -> Iterator[Finding]:
        """At most one finding."""
        named = str(network.target.get("device") or "")
        device = find_device(named)
        if device is None:
            if named:
                remedy = "write a device like a100-40gb (docs/memory.md), or an amount of memory like 24 GiB"
                yield self.finding("", f"the target {named} is no known device", remedy, "target", named=named)
            return
        room = int(options["share"] * device.memory)
        need = needed(network, room)
        if need is None or need.bytes <= room:
            return
        whole = named if named[:1].isdigit() else f"the {mebibytes(device.memory)} of {device.name}"
        what = f"training at batch {need.batch}" if need.training else "prediction"
        yield self.finding(
            "",
            f"{what} needs {mebibytes(need.bytes)}, {round(100 * need.bytes / device.memory)} % of {whole}",
            "; ".join(_remedies(need)),
            "target",
            needed=need.bytes,
            memory=device.memory,
            largest_batch=need.largest_batch,
        )


def _remedies(need: Need) -> Iterator[str]:
    """The largest batch that fits, and what each change would save, the most first."""
    if need.training:
        yield f"batch {need.largest_batch:,} fits" if need.largest_batch else "no batch fits"
    saved = {
        one.what: one.training_saved_bytes if need.training else one.inference_saved_bytes for one in need.remedies
    }
    for what, bytes_ in sorted(saved.items(), key=lambda one: -one[1]):
        if bytes_ > 0:
            yield f"{what} saves {mebibytes(bytes_)}"
    if need.training and need.largest_batch:
        yield f"{-(-need.batch // need.largest_batch):,} such devices hold the batch"
