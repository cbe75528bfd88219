"""Where and in which number format memory is measured: in the network that ran, in another one, or on device meta."""

from __future__ import annotations

import torch

from cnncalc.analysis.result import Analysis
from cnncalc.graph.model import Graph
from cnncalc.verify.build import BuildError
from cnncalc.verify.device import available_bytes
from cnncalc.verify.measure import Measured, Tick, images, train
from cnncalc.verify.memory import measure_memory, observe, unmeasured
from cnncalc.verify.training import Setup, stated


def hold(graph: Graph, analysis: Analysis, measured: Measured, device: torch.device, tick: Tick) -> None:
    """Measures memory, on device meta where a training step does not fit here; the step shows the gradients, too."""
    assert measured.network is not None
    setup = stated(graph.spec, analysis.memory.optimizer, device.type)
    reason = "" if device.type == "meta" else _no_room(analysis, device)
    if not reason:
        try:
            if analysis.dtype == "float32":
                measure_memory(graph, measured.network, measured.inputs, measured.observed, setup, tick)
            else:
                _hold_another(graph, analysis, measured, device, setup)
        except MemoryError as error:
            reason = f"a training step did not fit: {error}"
    if reason:
        _hold_another(graph, analysis, measured, torch.device("meta"), stated(graph.spec, setup.optimizer), reason)
    if not measured.observed.trained:
        tick("training", 0, 1)
        train(measured.network, measured.inputs, measured.observed)


def _hold_another(
    graph: Graph, analysis: Analysis, measured: Measured, device: torch.device, setup: Setup, reason: str = ""
) -> None:
    """Measures the memory of another network from the same graph: in another number format, or on device meta and why."""
    inputs = images(graph.inputs.values(), measured.inputs[0].shape[0], device)
    try:
        seen = observe(graph, tuple(one.to(getattr(torch, analysis.dtype)) for one in inputs), setup)
    except BuildError as error:
        unmeasured(
            measured.observed, setup, f"torch cannot run {graph.nodes[error.index].path} in {analysis.dtype}: {error}"
        )
        return
    assert seen.memory is not None
    seen.memory.reason = reason
    measured.observed.memory = seen.memory
    for layer, other in zip(measured.observed.layers, seen.layers, strict=True):
        layer.saved = other.saved


def _no_room(analysis: Analysis, device: torch.device) -> str:
    """Why a training step had better not be measured for real; empty when it fits."""
    # kernels take scratch besides what the model counts: on a CPU up to four tenths were seen
    needed, free = 1.5 * int(analysis.memory.torch.training_peak_bytes or 0), available_bytes(device)
    if free is None or needed <= 0.9 * free:
        return ""
    return f"a training step takes about {needed / 1e9:.1f} GB and {free / 1e9:.1f} GB are free"
