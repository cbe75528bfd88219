"""What optimizers keep between steps, and what they hold for a moment within one.

Source: torch 2.13, torch/optim (`_single_tensor_*`, the CPU's default, and `_multi_tensor_*`, CUDA's default), and
measurement.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from cnncalc.analysis.torch_memory.machine import Machine
    from cnncalc.analysis.torch_memory.model import Training
    from cnncalc.analysis.torch_memory.network import Simulation

COUNTER = 4
"""Bytes of a parameter's step counter (a float32 tensor)."""


class Optimizer(NamedTuple):
    """What an optimizer holds, in tensors of the parameter's size.

    One tensor at a time: `makes` are made and freed in turn, the last one stays bound to its name until the next
    parameter's is made. All at once (foreach): `lists` of tensors are alive together. `decays`: a weight decay makes one
    more gradient, alone or in a list that is alive with the others.
    """

    buffers: int = 0
    counter: bool = False
    makes: int = 0
    ahead: bool = False
    """Nesterov's gradient, one tensor at a time."""
    lists: int = 0
    decays: bool = True
    decayed_lists: int = 1


OPTIMIZERS: dict[str, Optimizer] = {
    "sgd": Optimizer(),
    "momentum": Optimizer(1),
    "nesterov": Optimizer(1, ahead=True),
    "adam": Optimizer(2, counter=True, makes=2, lists=1),
    "adamw": Optimizer(2, counter=True, makes=2, lists=1, decays=False),
    "rmsprop": Optimizer(1, counter=True, makes=1, lists=1, decayed_lists=2),
}


def state(simulation: Simulation, training: Training) -> None:
    """The optimizer's state, which exists from the first step on."""
    name = training.optimizer
    machine, kept, width = simulation.machine, OPTIMIZERS[name], simulation.residents.width
    counter = kept.counter and not training.hosted
    if not kept.buffers and not counter:
        return
    for numbers, layer in simulation.residents.parameters:
        for _ in range(kept.buffers):
            machine.hold(numbers * width, 0, "optimizer", layer, f"{name} state")
        if counter:
            machine.hold(COUNTER, 0, "optimizer", layer, f"{name} step")


def update(simulation: Simulation, training: Training) -> None:
    """One step: what is alive besides the state."""
    simulation.trace.mark("optimizer", -1)
    optimizer = OPTIMIZERS[training.optimizer]
    decayed = training.weight_decay != 0 and optimizer.decays
    if not (decayed or optimizer.makes or optimizer.ahead or optimizer.lists):
        return
    if training.foreach:
        _lists(simulation, optimizer.decayed_lists if decayed else optimizer.lists)
    else:
        _one_by_one(simulation, optimizer, decayed)


def _lists(simulation: Simulation, count: int) -> None:
    machine, width = simulation.machine, simulation.residents.width
    made = []
    for _ in range(count):
        for numbers, layer in simulation.residents.parameters:
            machine.layer = layer
            made.append(_make(machine, numbers * width, "list of temporaries"))
    for storage in made:
        machine.drop(storage)


def _one_by_one(simulation: Simulation, optimizer: Optimizer, decayed: bool) -> None:
    machine, width = simulation.machine, simulation.residents.width
    bound: int | None = None
    for numbers, layer in simulation.residents.parameters:
        machine.layer, size = layer, numbers * width
        gradient = _make(machine, size, "decayed gradient") if decayed else None
        if optimizer.ahead:
            gradient = _replaced(machine, gradient, _make(machine, size, "nesterov gradient"))
        if optimizer.makes:
            root = _make(machine, size, "square root")
            if optimizer.makes > 1:
                root = _replaced(machine, root, _make(machine, size, "denominator"))
            bound = _replaced(machine, bound, root)
        if gradient is not None:
            machine.drop(gradient)
    if bound is not None:
        machine.drop(bound)


def _make(machine: Machine, size: int, what: str) -> int:
    return machine.make((size, 0), 1, "transients", what)


def _replaced(machine: Machine, before: int | None, now: int) -> int:
    """A name gets a new tensor: the one before goes once the new one exists."""
    if before is not None:
        machine.drop(before)
    return now
