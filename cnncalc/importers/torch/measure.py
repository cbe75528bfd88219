"""What the module says of itself: parameters, buffers, and the multiply-adds that torch counts in one prediction.

The run uses tensors without numbers in place of the module's parameters, so nothing in the module changes.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
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


def predict(module: nn.Module, shapes: Sequence[Sequence[int]], dtype: torch.dtype) -> Prediction:
    """Runs the module in prediction mode on tensors without numbers and counts."""
    stand_ins = {
        name: torch.empty_like(tensor, device="meta")
        for name, tensor in (*module.named_parameters(), *module.named_buffers())
    }
    inputs = tuple(torch.empty(BATCH, *shape, device="meta", dtype=dtype) for shape in shapes)
    counter = FlopCounterMode(display=False)
    with kept(module), torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        module.eval()
        try:
            with torch.device("meta"), counter:
                result = torch.func.functional_call(module, stand_ins, inputs)
        except Exception as error:
            return Prediction(None, (), f"{type(error).__name__}: {error}".splitlines()[0])
    return Prediction(counter.get_total_flops() // (2 * BATCH), paths_of(result))


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
