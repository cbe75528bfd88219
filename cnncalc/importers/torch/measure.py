"""What the module says of itself: parameters, buffers, and the multiply-adds that torch counts in one prediction.

The run uses tensors without numbers in place of the module's parameters, so nothing in the module changes.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from cnncalc.importers.sketch import Measured
from cnncalc.importers.torch.trace import BATCH, kept, paths_of

COUNTER = "num_batches_tracked"
"""Step counters of batch normalisation are no running statistics."""


class Prediction(NamedTuple):
    """One run in prediction mode; `macs` is None where it could not be made (`failure` says why)."""

    macs: int | None
    outputs: tuple[str, ...] = ()
    """The places of the returned tensors."""
    failure: str = ""
    inside: Mapping[str, int] = {}
    """Multiply-adds of one image by submodule; the module itself is the empty path."""


def predict(module: nn.Module, shapes: Sequence[Sequence[int]], dtype: torch.dtype) -> Prediction:
    """Runs the module in prediction mode on tensors without numbers and counts."""
    inputs = tuple(torch.empty(BATCH, *shape, device="meta", dtype=dtype) for shape in shapes)
    counter = FlopCounterMode(display=False)
    with kept(module), _without_numbers(module), torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        module.eval()
        try:
            with torch.device("meta"), counter:
                result = module(*inputs)
        except Exception as error:
            return Prediction(None, (), f"{type(error).__name__}: {error}".splitlines()[0])
    own = type(module).__name__
    inside = {
        path.removeprefix(own).lstrip("."): sum(flops.values()) // (2 * BATCH)
        for path, flops in counter.get_flop_counts().items()
        if path == own or path.startswith(f"{own}.")
    }
    return Prediction(counter.get_total_flops() // (2 * BATCH), paths_of(result), "", inside)


@contextmanager
def _without_numbers(module: nn.Module) -> Iterator[None]:
    """Puts tensors without numbers in the place of parameters and buffers, and those back afterwards."""
    stand_ins: dict[int, Tensor] = {}
    moved: list[tuple[dict[str, Tensor | None], str, Tensor]] = []
    try:
        for one in module.modules():
            for places in (one._parameters, one._buffers):
                for name, tensor in places.items():
                    if tensor is not None:
                        moved.append((places, name, tensor))
                        places[name] = stand_ins.setdefault(id(tensor), _like(tensor))
        yield
    finally:
        for places, name, tensor in moved:
            places[name] = tensor


def _like(tensor: Tensor) -> Tensor:
    empty = torch.empty_like(tensor, device="meta")
    return nn.Parameter(empty, requires_grad=tensor.requires_grad) if isinstance(tensor, nn.Parameter) else empty


def count(module: nn.Module, prediction: Prediction) -> Measured:
    """The module's numbers: unique parameters, unique buffers without step counters, multiply-adds of one image."""
    parameters = list(module.parameters())
    buffers = [tensor for name, tensor in module.named_buffers() if _counted(name, tensor)]
    return Measured(
        params=sum(tensor.numel() for tensor in parameters),
        trainable=sum(tensor.numel() for tensor in parameters if tensor.requires_grad),
        buffers=sum(tensor.numel() for tensor in buffers),
        macs=prediction.macs,
    )


def _counted(name: str, tensor: Tensor) -> bool:
    return not name.endswith(COUNTER) and tensor.is_floating_point()
