"""Modules written to ONNX by torch itself, and what the file must hold of them: counted by names, without cnncalc."""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from math import prod
from pathlib import Path
from typing import NamedTuple

import onnx
import torch
from torch import nn

WAYS = ("optimized", "as written", "torchscript")
"""The exporter that follows torch.export, as it is by default and with optimize=False; the one before it."""


def export(build: object, shapes: Sequence[tuple[int, ...]], file: Path, way: str) -> nn.Module:
    """Writes a module for prediction, with a free batch, and no two numbers in it equal; gives the module."""
    torch.manual_seed(0)
    module = build().eval()  # type: ignore[operator]
    for one in (*module.parameters(), *module.buffers()):
        if one.is_floating_point():
            nn.init.uniform_(one, 0.5, 1.5)
    inputs = tuple(torch.zeros(2, *shape) for shape in shapes)
    with _quiet(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if way == "torchscript":
            names = [f"x{index}" for index in range(len(inputs))]
            free = {name: {0: "batch"} for name in names}
            torch.onnx.export(module, inputs, str(file), dynamo=False, input_names=names, dynamic_axes=free)
        else:
            batch = tuple({0: torch.export.Dim("batch")} for _ in inputs)
            options = {"external_data": False, "verbose": False, "optimize": way == "optimized"}
            torch.onnx.export(module, inputs, str(file), dynamo=True, dynamic_shapes=batch, **options)
    return module


@contextmanager
def _quiet() -> Iterator[None]:
    """What the exporters tell goes nowhere; the older one prints its graph from C++ when it fails."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    kept = [os.dup(number) for number in (1, 2)]
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        for number in (1, 2):
            os.dup2(nowhere, number)
        yield
    finally:
        for number, own in zip((1, 2), kept, strict=True):
            os.dup2(own, number)
            os.close(own)
        os.close(nowhere)
        logging.disable(before)


class Held(NamedTuple):
    """What a file holds of a module."""

    params: int
    buffers: int
    folded: tuple[str, ...]
    """Batch normalisations that the exporter multiplied into other weights."""


def held(module: nn.Module, shapes: Sequence[tuple[int, ...]], file: Path) -> Held:
    """The numbers of what a prediction runs, without normalisations that are not in the file, with the biases that it has
    instead."""
    graph = onnx.load(str(file)).graph
    stored = {one.name: prod(one.dims) for one in graph.initializer}
    idle = _idle(module, shapes)
    run = {name: one for name, one in module.named_modules() if one not in idle}
    norms = {name: one for name, one in run.items() if isinstance(one, nn.modules.batchnorm._BatchNorm)}
    read = {name for node in graph.node if node.op_type == "BatchNormalization" for name in node.input}
    folded = {name: one for name, one in norms.items() if f"{name}.running_mean" not in read}
    same = {node.output[0]: node.input[0] for node in graph.node if node.op_type == "Identity"}
    biases = {
        same.get(node.input[2], node.input[2])
        for node in graph.node
        if node.op_type in ("Conv", "ConvTranspose") and len(node.input) > 2
    }
    own = [one for one in run.values() if isinstance(one, nn.modules.conv._ConvNd)]
    params = sum(stored.get(name, 0) for name in biases) - sum(one.out_channels for one in own if one.bias is not None)
    params += sum(one.numel() for one in module.parameters())
    params -= sum(one.numel() for gone in (*idle, *folded.values()) for one in gone.parameters())
    buffers = sum(2 * norm.num_features for name, norm in norms.items() if name not in folded)
    return Held(params, buffers, tuple(folded))


def _idle(module: nn.Module, shapes: Sequence[tuple[int, ...]]) -> set[nn.Module]:
    """The innermost modules that a prediction does not run, such as auxiliary heads."""
    leaves = {one for one in module.modules() if next(one.children(), None) is None}
    run: set[nn.Module] = set()
    hooks = [leaf.register_forward_hook(lambda one, read, given: run.add(one)) for leaf in leaves]
    with torch.no_grad():
        module(*(torch.zeros(1, *shape) for shape in shapes))
    for hook in hooks:
        hook.remove()
    return leaves - run
