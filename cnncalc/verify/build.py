"""From a graph to a torch network: the twins in execution order, and a runner that frees each value after its last use.

A twin is built when its input tensors exist: the network grows while it runs for the first time. The shapes that our
analysis predicts are never looked at.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
from torch import Tensor, nn

from cnncalc.graph.model import Graph, Node
from cnncalc.verify.checkpoint import Section, Step, advance, enter, with_sections
from cnncalc.verify.twins import twin

FAILURES = (RuntimeError, ValueError, IndexError, TypeError, NotImplementedError)
"""What torch raises when fields and inputs do not go together."""


class BuildError(Exception):
    """Torch cannot build or run a layer."""

    def __init__(self, index: int, reason: Exception) -> None:
        self.index = index
        self.reason = reason
        super().__init__(f"{type(reason).__name__}: {reason}")


def plan(graph: Graph, training: bool) -> tuple[tuple[Step, ...], tuple[int, ...]]:
    """The steps, and the values that remain: the trunk's result and whatever nothing reads (heads)."""
    nodes = [node for node in graph.nodes if training or not node.train_only]
    read = {ref for node in nodes for ref in node.inputs}
    kept = dict.fromkeys([graph.result, *(node.index for node in nodes if node.index not in read)])
    steps: list[Step] = []
    needed = set(kept)
    for node in reversed(nodes):
        last = tuple(ref for ref in dict.fromkeys(node.inputs) if ref not in needed)
        needed.update(last)
        steps.append(Step(node.index, node.inputs, last))
    return tuple(reversed(steps)), tuple(kept)


class Network(nn.Module):
    """The graph as a torch module. In training mode train_only layers run too."""

    def __init__(self, graph: Graph) -> None:
        super().__init__()
        self.twins = nn.ModuleList()
        self.plans = {training: plan(graph, training) for training in (False, True)}
        self.sections = with_sections(*self.plans[True], graph.checkpoints)
        """The turns of training, in which a checkpoint is one turn."""
        self.train_only = tuple(node.index for node in graph.nodes if node.train_only)

    def forward(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        """The trunk's result first, then the heads."""
        steps, kept = self.plans[self.training]
        values = {-1 - index: value for index, value in enumerate(inputs)}
        del inputs
        advance(self.twins, self.sections if self.training else steps, values)
        return tuple([values[ref] for ref in kept])

    def walk(self, *inputs: Tensor) -> Iterator[tuple[int, tuple[Tensor, ...], Tensor]]:
        """Each layer's index, inputs and output, in order; values are freed as in `forward`."""
        steps, _ = self.plans[self.training]
        values = {-1 - index: value for index, value in enumerate(inputs)}
        for index, refs, last in steps:
            read = tuple(values[ref] for ref in refs)
            values[index] = self.twins[index](*read)
            yield index, read, values[index]
            for ref in last:
                del values[ref]

    def turns(self, *inputs: Tensor) -> Iterator[tuple[int, tuple[Tensor, ...], Tensor]]:
        """As `walk`, in training; a checkpoint runs as one, and gives its first layer and those whose results it gives."""
        values = {-1 - index: value for index, value in enumerate(inputs)}
        for step in self.sections:
            read = tuple(values[ref] for ref in step.inputs)
            if isinstance(step, Section):
                values.update(zip(step.results, enter(self.twins, step, list(read)), strict=True))
                for index in dict.fromkeys((step.first, *step.results)):
                    yield index, read, values[step.results[0] if index not in values else index]
            else:
                values[step.node] = self.twins[step.node](*read)
                yield step.node, read, values[step.node]
            for ref in step.last:
                del values[ref]


def grow(
    graph: Graph, inputs: Sequence[Tensor], around: AbstractContextManager[Any] | None = None
) -> Iterator[tuple[int, nn.Module, Tensor]]:
    """Builds the twins one by one on real inputs, in evaluation mode: index, twin and output of each layer.

    Each twin runs inside `around`. Raises BuildError where torch cannot; the layers before it have been yielded then.
    """
    steps, _ = plan(graph, training=True)
    values = {-1 - index: value for index, value in enumerate(inputs)}
    twins: list[nn.Module] = []
    for step in steps:
        node = graph.nodes[step.node]
        read = [values[ref] for ref in step.inputs]
        try:
            module = _make(node, read, twins)
            with around or nullcontext():
                values[node.index] = module(*read)
        except FAILURES as reason:
            check_memory(reason)
            raise BuildError(node.index, reason) from reason
        del read
        twins.append(module)
        yield node.index, module, values[node.index]
        for ref in step.last:
            del values[ref]


def check_memory(reason: Exception) -> None:
    """Raises MemoryError where that is what torch means: it says nothing about the network."""
    if isinstance(reason, torch.OutOfMemoryError) or "not enough memory" in str(reason):
        raise MemoryError(str(reason).splitlines()[0]) from reason


def _make(node: Node, inputs: list[Tensor], twins: list[nn.Module]) -> nn.Module:
    module = twin(node.kind, node.layer, *inputs)
    if node.inplace:
        module.inplace = True  # torch's own switch: every kind that may overwrite its input has it
    if node.share is not None:
        _tie(module, twins[node.share])
    else:
        _spread(module)
        module.requires_grad_(node.trainable)
    return module.eval()


def _tie(module: nn.Module, owner: nn.Module) -> None:
    """Gives a twin the very parameters and buffers of another one."""
    for name, mine in [*module.named_parameters(), *module.named_buffers()]:
        place, _, leaf = name.rpartition(".")
        theirs = own(owner)[leaf]
        if theirs.shape != mine.shape:
            raise ValueError(f"{leaf} is {tuple(mine.shape)}, the shared one {tuple(theirs.shape)}")
        setattr(module.get_submodule(place), leaf, theirs)


def own(module: nn.Module) -> dict[str, Tensor]:
    """A twin's parameters and buffers by their last names (a twin has one of each)."""
    tensors = [*module.named_parameters(), *module.named_buffers()]
    return {name.rpartition(".")[2]: tensor for name, tensor in tensors}


def _spread(module: nn.Module) -> None:
    """Numbers per channel that torch starts at 0 or 1 get random ones, else a mistake with them would not show."""
    with torch.no_grad():
        for name, tensor in own(module).items():
            if tensor.dim() == 1 and tensor.is_floating_point():
                positive = name in ("weight", "running_var")
                tensor.uniform_(0.5, 1.5) if positive else tensor.uniform_(-0.5, 0.5)
