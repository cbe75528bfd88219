"""A training step as a user would write it: loss, targets, optimizer. Blind to our analysis."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from cnncalc.graph.model import Graph
from cnncalc.spec.model import Spec, Train
from cnncalc.verify.build import Network

LOSSES: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "cross_entropy": functional.cross_entropy,
    "nll": functional.nll_loss,
    "binary_cross_entropy": functional.binary_cross_entropy,
    "bce_with_logits": functional.binary_cross_entropy_with_logits,
    "mse": functional.mse_loss,
    "l1": functional.l1_loss,
}
# a rate of 0 runs the same operations and leaves the weights as they are
OPTIMIZERS: dict[str, Callable[..., torch.optim.Optimizer]] = {
    "sgd": lambda p, **k: torch.optim.SGD(p, lr=0.0, **k),
    "momentum": lambda p, **k: torch.optim.SGD(p, lr=0.0, momentum=0.9, **k),
    "nesterov": lambda p, **k: torch.optim.SGD(p, lr=0.0, momentum=0.9, nesterov=True, **k),
    "adam": lambda p, **k: torch.optim.Adam(p, lr=0.0, **k),
    "adamw": lambda p, **k: torch.optim.AdamW(p, lr=0.0, **k),
    "rmsprop": lambda p, **k: torch.optim.RMSprop(p, lr=0.0, **k),
}


class Setup(NamedTuple):
    """How a network is trained."""

    optimizer: str = "sgd"
    weight_decay: float = 0.0
    foreach: bool = False
    """All parameters at once instead of one after the other (torch's default on CUDA)."""
    zeroed: bool = False
    """Gradients are set to zero between steps, not to None."""
    accumulate: int = 1
    """How many times forward and backward run before the optimizer does."""
    autocast: str = ""
    """The number format of torch.autocast around prediction, forward pass and loss; empty: none."""

    @property
    def text(self) -> str:
        """In words: the optimizer, and what is unusual."""
        words = [self.optimizer]
        words += [f"weight decay {self.weight_decay:g}"] if self.weight_decay else []
        words += ["all parameters updated at once"] if self.foreach else []
        words += ["gradients kept as zeros"] if self.zeroed else []
        words += [f"gradients of {self.accumulate} batches added up"] if self.accumulate > 1 else []
        words += [f"under autocast to {self.autocast}"] if self.autocast else []
        return ", ".join(words)


def stated(spec: Spec, optimizer: str, device: str = "cpu") -> Setup:
    """How a spec says that its network is trained; on CUDA torch updates all parameters at once unless it says not to."""
    train = spec.train or Train()
    foreach = device == "cuda" if train.foreach is None else train.foreach
    zeroed = train.set_to_none is False
    passes = train.accumulate or 1
    return Setup(optimizer, train.weight_decay or 0.0, foreach, zeroed, passes, train.autocast or "")


class Training:
    """A network with its optimizer and targets; a step is what a user's loop does for one batch."""

    def __init__(self, graph: Graph, network: Network, inputs: tuple[Tensor, ...], setup: Setup) -> None:
        self.network = network
        self.inputs = inputs
        self.setup = setup
        self.recomputes = bool(graph.checkpoints)
        self.trainable = [p for p in network.parameters() if p.requires_grad]
        task = graph.spec.task
        self.loss = None if task is None or task.loss is None else str(task.loss)
        self.optimizer: torch.optim.Optimizer | None = None
        self.names: list[str] = []
        self.targets: list[Tensor | None] = []
        if self.trainable:
            given = {"foreach": setup.foreach, "weight_decay": setup.weight_decay}
            self.optimizer = OPTIMIZERS[setup.optimizer](self.trainable, **given)

    def aim(self, outputs: list[Tensor]) -> None:
        """Chooses the losses and the targets for outputs like these."""
        self.names = [loss_name(self.loss, output) for output in outputs]
        dtype = self.inputs[0].dtype
        self.targets = [target(name, output, dtype) for name, output in zip(self.names, outputs, strict=True)]

    def casting(self) -> AbstractContextManager[object]:
        """What prediction, forward pass and loss run in; backward and the optimizer run outside of it."""
        if not self.setup.autocast:
            return nullcontext()
        return torch.autocast(self.inputs[0].device.type, dtype=getattr(torch, self.setup.autocast))

    def prime(self, outputs: list[Tensor]) -> None:
        """Leaves everything as a first step does: with the optimizer's state. Nothing may name the outputs.

        At a rate of 0 gradients decide nothing but which parameters have a state, so zeros do, without a backward pass.
        """
        with self.casting():
            loss = self._total(outputs)
        if self.recomputes and loss.requires_grad:
            # a checkpoint that overwrites its input refers to itself, until a backward pass lets go of it
            loss.backward()
        else:
            for parameter in reached(loss):
                parameter.grad = torch.zeros_like(parameter)
        del loss
        self._update()
        if self.optimizer is not None and not self.setup.zeroed:
            self.optimizer.zero_grad()

    def step(self) -> None:
        """A whole step: gradients cleared, forward, loss, backward, optimizer."""
        self.network.train()
        if self.optimizer is not None:
            self.optimizer.zero_grad(set_to_none=not self.setup.zeroed)
        for _ in range(self.setup.accumulate):
            with self.casting():
                loss = self._total(list(self.network(*self.inputs)))
            if loss.requires_grad:
                loss.backward()
        self._update()  # the last loss is still named

    def settle(self) -> None:
        """Runs a step for what libraries choose and take at their first, and leaves everything as before it."""
        self.step()
        if self.optimizer is not None and not self.setup.zeroed:
            self.optimizer.zero_grad()

    def predict(self) -> None:
        """A forward pass for prediction."""
        self.network.eval()
        with torch.no_grad(), self.casting():
            self.network(*self.inputs)

    def resident(self) -> list[Tensor]:
        """What exists before a step begins: parameters, buffers, inputs, targets, optimizer state, kept gradients."""
        held = [*self.network.parameters(), *self.network.buffers(), *self.inputs]
        held += [goal for goal in self.targets if goal is not None]
        states = self.optimizer.state.values() if self.optimizer is not None else ()
        held += [value for state in states for value in state.values() if isinstance(value, Tensor)]
        return held + [p.grad for p in self.trainable if p.grad is not None]

    def resident_for_prediction(self) -> list[Tensor]:
        """What exists before a prediction begins: the tensors of the layers that take part, and the inputs."""
        dropped = set(self.network.train_only)
        kept = [module for index, module in enumerate(self.network.twins) if index not in dropped]
        return [*(t for module in kept for t in (*module.parameters(), *module.buffers())), *self.inputs]

    def clear(self) -> None:
        """Gradients and optimizer state go."""
        for parameter in self.trainable:
            parameter.grad = None
        self.optimizer = None

    def _total(self, outputs: list[Tensor]) -> Tensor:
        """The sum of all outputs' losses; nothing names the outputs while backward runs."""
        total: Tensor | None = None
        for name, goal in zip(self.names, self.targets, strict=True):
            output = outputs.pop(0)
            one = output.sum() if goal is None else LOSSES[name](output, goal)
            del output
            total = one if total is None else total + one
        assert total is not None
        return total

    def _update(self) -> None:
        if self.optimizer is not None:
            self.optimizer.step()


def reached(loss: Tensor) -> list[Tensor]:
    """The parameters that a backward pass from here gives gradients to: the leaves of autograd's graph."""
    leaves = []
    known = {loss.grad_fn}
    stack = [loss.grad_fn]
    while stack:
        node = stack.pop()
        if node is None:
            continue
        if node.name() == "torch::autograd::AccumulateGrad":
            leaves.append(node.variable)
        following = [one for one, _ in node.next_functions if one not in known]
        known.update(following)
        stack += following
    return leaves


def loss_name(stated: str | None, output: Tensor) -> str:
    """The spec's loss; else cross-entropy on a vector; else the sum."""
    return stated or ("cross_entropy" if output.dim() == 2 else "sum")


def target(name: str, output: Tensor, dtype: torch.dtype) -> Tensor | None:
    """What the output is compared with: classes, or numbers in this format; nothing for a sum."""
    if name == "sum":
        return None
    if name in ("cross_entropy", "nll"):
        return torch.zeros(output.shape[0], *output.shape[2:], dtype=torch.int64, device=output.device)
    return torch.full_like(output, 0.5, dtype=dtype)
