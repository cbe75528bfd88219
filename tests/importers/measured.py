"""What torch itself sees of a module: leaf modules' outputs, what autograd keeps, multiply-adds. Knows no cnncalc."""

import warnings
from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.utils.flop_counter import FlopCounterMode


class Measured(NamedTuple):
    params: int
    trainable: int
    buffers: int
    macs: int
    """Of one image's prediction."""
    outputs: dict[str, tuple[int, ...]]
    """Leaf module -> the shape of what it gave first, without the batch."""
    saved: int
    """Bytes that one training step's forward pass leaves for the backward pass, parameters and buffers apart."""


def leaves(module: nn.Module) -> dict[str, nn.Module]:
    return {name: one for name, one in module.named_modules() if name and not list(one.children())}


def measure(build: Any, shapes: Sequence[tuple[int, ...]], batch: int) -> Measured:
    """Builds the module on tensors without numbers and runs it for prediction and for training."""
    with FakeTensorMode(allow_non_fake_inputs=True), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        module = build()
        inputs = [torch.zeros(batch, *shape) for shape in shapes]
        outputs: dict[str, tuple[int, ...]] = {}
        for name, leaf in leaves(module).items():
            leaf.register_forward_hook(
                lambda _, read, given, name=name: outputs.setdefault(name, tuple(given.shape[1:])) and None
            )
        module.eval()
        with torch.no_grad(), FlopCounterMode(display=False) as counter:
            module(*inputs)
        module.train()
        own = {tensor.untyped_storage()._cdata for tensor in (*module.parameters(), *module.buffers())}
        kept: dict[int, Tensor] = {}

        def pack(tensor: Tensor) -> Tensor:
            storage = tensor.untyped_storage()._cdata
            if storage not in own:
                kept.setdefault(storage, tensor)
            return tensor

        with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
            results = module(*inputs)
        saved = sum(tensor.untyped_storage().nbytes() for tensor in kept.values())
        del results
        buffers = sum(b.numel() for name, b in module.named_buffers() if not name.endswith("num_batches_tracked"))
        return Measured(
            sum(p.numel() for p in module.parameters()),
            sum(p.numel() for p in module.parameters() if p.requires_grad),
            buffers,
            counter.get_total_flops() // (2 * batch),
            outputs,
            saved,
        )
