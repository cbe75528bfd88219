"""What each change would save, by running the memory model on the changed network: exact, no rule of thumb."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from cnncalc.analysis.changes import Change, Setup, changes
from cnncalc.analysis.cost import costs, training_macs
from cnncalc.analysis.fit import Allowances, Steps, rule_steps
from cnncalc.analysis.result import Remedy
from cnncalc.analysis.torch_memory.model import unmeasured
from cnncalc.core.diagnostic import SpecError
from cnncalc.core.dims import times
from cnncalc.graph.model import Graph

if TYPE_CHECKING:
    from cnncalc.analysis.devices import Device


def remedies(setup: Setup, device: Device | None = None, allowances: Allowances | None = None) -> tuple[Remedy, ...]:
    """The changes that lower the peak of a training step or of a prediction, the largest saving in training first.

    `device` asks for the largest training batch that each would then hold. Raises SpecError when no graph can be made
    of the set-up, or its memory is unknown.
    """
    graph = setup.graph()
    before = _peaks(rule_steps(graph, "torch", setup.optimizer, setup.dtype), setup.batch)
    best: dict[str, Remedy] = {}
    for change, changed in _tried(setup, graph):
        remedy = _remedy(change, changed, before, device, allowances)
        group = change.group or change.key
        helps = max(remedy.inference_saved_bytes, remedy.training_saved_bytes) > 0
        if helps and (group not in best or remedy.training_saved_bytes > best[group].training_saved_bytes):
            best[group] = remedy
    return tuple(sorted(best.values(), key=lambda one: (-one.training_saved_bytes, -one.inference_saved_bytes)))


def largest_batches(
    setup: Setup, memory: int, *, rule: str, training: bool, allowances: Allowances | None = None
) -> list[tuple[Change, int]]:
    """The changes that let a larger batch into `memory` bytes, each with that batch, the largest first.

    `rule` is torch or device. A smaller batch is no such change. Raises SpecError where the memory is unknown.
    """
    graph = setup.graph()
    now = rule_steps(graph, rule, setup.optimizer, setup.dtype).largest(memory, training, rule == "device", allowances)
    best: dict[str, tuple[Change, int]] = {}
    for change, changed in _tried(setup, graph):
        if change.smaller:
            continue
        steps = rule_steps(changed, rule, change.setup.optimizer, change.setup.dtype)
        most, group = steps.largest(memory, training, rule == "device", allowances), change.group or change.key
        if most > now and (group not in best or most > best[group][1]):
            best[group] = (change, most)
    return sorted(best.values(), key=lambda one: -one[1])


def _tried(setup: Setup, graph: Graph) -> Iterator[tuple[Change, Graph]]:
    """The changes that make a network whose memory is known, each with that network."""
    from cnncalc.analysis.torch_memory.model import unknown

    for change in changes(setup, graph):
        try:
            changed = change.setup.graph()
        except SpecError:  # half the side may leave nothing for an expression in the spec
            continue
        if not unknown(changed, change.setup.dtype):
            yield change, changed


def _peaks(steps: Steps, batch: int) -> tuple[int, int]:
    return steps.bytes(batch, False), steps.bytes(batch, True)


def _remedy(
    change: Change,
    graph: Graph,
    before: tuple[int, int],
    device: Device | None,
    allowances: Allowances | None,
) -> Remedy:
    batch, optimizer, dtype = change.setup.batch, change.setup.optimizer, change.setup.dtype
    steps = Steps(graph, optimizer, dtype)
    inference, training = _peaks(steps, batch)
    most = None
    if device is not None and not change.smaller:
        most = steps.largest(device.memory, True, True, allowances)
    return Remedy(
        change.key,
        change.what,
        inference,
        before[0] - inference,
        training,
        before[1] - training,
        times(change.passes * batch, training_macs(graph, costs(graph))),
        most,
        unmeasured(graph, dtype),
    )
