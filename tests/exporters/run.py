"""Runs exported torch source beside the verifier's network of the same spec, and says how they differ."""

from __future__ import annotations

import os
import re
from typing import Any

import torch

from cnncalc.exporters.torch.source import torch_source
from cnncalc.graph.expand import expand
from cnncalc.graph.model import Graph
from cnncalc.spec.read import load
from cnncalc.spec.shipped import shipped_block
from cnncalc.verify.build import Network, grow


def graph_of(spec: str) -> Graph:
    """The unrolled network."""
    return expand(load(spec), shipped_block)


def built(source: str) -> torch.nn.Module:
    """The network that the source defines: its last class."""
    namespace: dict[str, Any] = {}
    exec(compile(source, "<exported>", "exec"), namespace)
    classes = [value for value in namespace.values() if isinstance(value, type) and issubclass(value, torch.nn.Module)]
    made: torch.nn.Module = classes[-1]()
    return made


def keras_model(source: str) -> Any:
    """The model that Keras source defines, built with Keras on torch: what its last function gives."""
    os.environ["KERAS_BACKEND"] = "torch"
    namespace: dict[str, Any] = {}
    exec(compile(source, "<exported>", "exec"), namespace)
    return namespace[re.findall(r"^def (\w+)\(\):", source, re.M)[-1]]()


def twins(graph: Graph, inputs: tuple[torch.Tensor, ...]) -> Network:
    """The verifier's network."""
    network = Network(graph)
    with torch.no_grad():
        network.twins.extend([module for _, module, _ in grow(graph, inputs)])
    return network


def results(module: torch.nn.Module, inputs: tuple[torch.Tensor, ...], training: bool) -> tuple[torch.Tensor, ...]:
    """The outputs, always a tuple."""
    with torch.no_grad():
        output = module.train(training)(*inputs)
    return output if isinstance(output, tuple) else (output,)


def compare(graph: Graph, device: str) -> str:
    """Asserts that source and twins agree: tensors by name and shape, sizes, trainable numbers; not on meta: values too."""
    source = torch_source(graph, "A network.")
    with torch.device(device):
        inputs = tuple(torch.randn(2, *shape) for shape in graph.inputs.values())
        mine = built(source)
    theirs = twins(graph, inputs)
    expected = [(name.rpartition(".")[2], value.shape) for name, value in theirs.state_dict().items()]
    assert [(name.rpartition(".")[2], value.shape) for name, value in mine.state_dict().items()] == expected
    assert trainable(mine) == trainable(theirs)
    assert sum(p.numel() for p in mine.parameters()) == sum(p.numel() for p in theirs.parameters())
    for training in (False, True):
        shapes = [value.shape for value in last_in_training(theirs, graph, results(theirs, inputs, training), training)]
        assert [value.shape for value in results(mine, inputs, training)] == shapes
    if device != "meta":
        mine.load_state_dict(dict(zip(mine.state_dict(), theirs.state_dict().values(), strict=True)))
        for ours, twin in zip(results(mine, inputs, False), results(theirs, inputs, False), strict=True):
            torch.testing.assert_close(ours, twin, equal_nan=True, rtol=1e-4, atol=1e-5)
    return source


def last_in_training(
    network: Network, graph: Graph, values: tuple[torch.Tensor, ...], training: bool
) -> list[torch.Tensor]:
    """The verifier's outputs as exported source gives them: what training alone has comes last."""
    kept = network.plans[training][1]
    order = sorted(range(len(kept)), key=lambda index: kept[index] >= 0 and graph.nodes[kept[index]].train_only)
    return [values[index] for index in order]


def trainable(module: torch.nn.Module) -> int:
    """Numbers that learn."""
    return sum(p.numel() for p in module.parameters() if p.requires_grad)
