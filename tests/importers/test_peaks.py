"""Peaks of memory of imported networks: those of the module itself, run by torch.fx with each value freed after its last use."""

from __future__ import annotations

import warnings
from typing import Any

import pytest
import torch
from torch import Tensor, fx, nn

from cnncalc.analysis.analyze import analyze_spec
from cnncalc.graph.expand import expand
from cnncalc.importers.torch.convert import convert
from cnncalc.spec.shipped import shipped_block
from cnncalc.verify.events import record
from cnncalc.verify.memory import distinct
from cnncalc.verify.training import Setup, Training
from tests.importers.models.table import MODELS

BATCH = 2


class Traced(nn.Module):
    """A module's operations, one by one."""

    train_only: tuple[int, ...] = ()

    def __init__(self, module: nn.Module) -> None:
        super().__init__()
        self.modes = nn.ModuleDict({str(mode): fx.symbolic_trace(module.train(mode)) for mode in (True, False)})
        self.twins = [self.modes["False"]]

    def forward(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        result: Any = fx.Interpreter(self.modes[str(self.training)]).run(*inputs)
        return tuple(result) if isinstance(result, tuple | list) else (result,)


@pytest.mark.parametrize("name", ["alexnet", "resnet18", "mobilenet v2", "u-net", "squeezenet", "densenet", "audio"])
def test_peaks(name: str) -> None:
    model = MODELS[name]
    torch.manual_seed(0)
    module = model.build()
    imported = convert(module, model.inputs, name)
    expected = analyze_spec(imported.spec, batch=BATCH, optimizer="adam").memory.torch
    inputs = tuple(torch.randn(BATCH, *shape) for shape in model.inputs)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        network = Traced(module)
    training = Training(expand(imported.spec, shipped_block), network, inputs, Setup("adam"))  # type: ignore[arg-type]
    outputs = list(network.train()(*inputs))
    training.aim(outputs)
    training.first(outputs)
    del outputs
    bases = [distinct(training.resident_for_prediction()), distinct(training.resident())]
    runs = record(training.predict, training.step)
    peaks = [run.peak(base) for run, base in zip(runs, bases, strict=True)]
    assert peaks == [expected.inference_peak_bytes, expected.training_peak_bytes]
