"""The module's operations as torch.export sees them, and the module left as it was.

The export runs the module's Python once on tensors without numbers, so views, loops, functional calls and branches on
sizes are followed; every operation comes with its shapes, its module and its line.
"""

from __future__ import annotations

import logging
import re
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from cnncalc.core.diagnostic import Diagnostic, SpecError

BATCH = 2
"""Images per run: one is not enough for batch normalisation of single positions in training."""


class Traced(NamedTuple):
    """A module's exported graph."""

    graph: Any
    """torch.fx.Graph of ATen operations."""
    tensors: dict[str, str]
    """Placeholder -> the parameter or buffer that it stands for."""
    inputs: tuple[str, ...]
    """Placeholders of the network's inputs."""
    constants: frozenset[str]
    """Placeholders of tensors that the module made on the way."""
    tables: dict[Any, tuple[int, ...]]
    """Of those the lists of whole numbers (indices), by their nodes: what they hold."""
    outputs: tuple[tuple[str, Any], ...]
    """Name and node of each tensor that the module returns."""


class TraceError(Exception):
    """The module cannot be followed; the message says where."""


@contextmanager
def kept(module: nn.Module) -> Iterator[None]:
    """Puts every submodule's mode and every gradient flag back."""
    modes = [(one, one.training) for one in module.modules()]
    flags = [(one, one.requires_grad) for one in module.parameters()]
    try:
        yield
    finally:
        for one, mode in modes:
            one.training = mode
        for parameter, flag in flags:
            if parameter.requires_grad != flag:
                parameter.requires_grad_(flag)


def device_of(module: nn.Module) -> torch.device:
    """Where the module's tensors are."""
    for tensor in (*module.parameters(), *module.buffers()):
        return tensor.device
    return torch.device("cpu")


def dtype_of(module: nn.Module) -> torch.dtype:
    """The number format of the module's first parameter."""
    for tensor in module.parameters():
        if tensor.is_floating_point():
            return tensor.dtype
    return torch.float32


def images(shapes: Sequence[Sequence[int]], device: torch.device, dtype: torch.dtype) -> tuple[Tensor, ...]:
    """Inputs of these shapes, a batch of two."""
    return tuple(torch.zeros(BATCH, *shape, device=device, dtype=dtype) for shape in shapes)


def trace(module: nn.Module, inputs: tuple[Tensor, ...], training: bool) -> Traced:
    """The operations of one call in training or prediction mode. Raises TraceError where it cannot be followed."""
    with kept(module), warnings.catch_warnings(), _quiet():
        warnings.simplefilter("ignore")
        # a module's own train() may keep a part (frozen norms) in prediction mode
        module.train(training)
        try:
            program = torch.export.export(module, inputs, strict=False)
        except Exception as error:
            raise TraceError(_told(error)) from error
    return _read(program)


@contextmanager
def _quiet() -> Iterator[None]:
    """Torch's loggers tell of the failure that is reported anyway."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(before)


def _told(error: BaseException) -> str:
    """The error in one line, with the line of the user's code where it arose."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    text = re.sub(r"\s+", " ", lines[0] if lines else "no message")[:300]
    place = ""
    trace_ = error.__traceback__
    while trace_ is not None:
        code = trace_.tb_frame.f_code
        if not _foreign(code.co_filename):
            place = f" ({code.co_filename}:{trace_.tb_lineno})"
        trace_ = trace_.tb_next
    return f"{type(error).__name__}: {text}{place}"


_TORCH, _PYTHON = torch.__path__[0], logging.__path__[0].rpartition("logging")[0]


def _foreign(file: str) -> bool:
    """Whether a file is torch's, Python's, ours or no file at all."""
    python = file.startswith(_PYTHON) and "site-packages" not in file
    return python or file.startswith((_TORCH, "<")) or "cnncalc/importers" in file.replace("\\", "/")


def _read(program: Any) -> Traced:
    signature = program.graph_signature
    tensors = {**signature.inputs_to_parameters, **signature.inputs_to_buffers}
    inputs = tuple(signature.user_inputs)
    nodes = [node for node in program.graph.nodes if node.op == "placeholder"]
    known = {*tensors, *inputs}
    constants = frozenset(node.name for node in nodes if node.name not in known)
    return Traced(program.graph, tensors, inputs, constants, _tables(program, nodes), _outputs(program))


def _tables(program: Any, nodes: list[Any]) -> dict[Any, tuple[int, ...]]:
    names = program.graph_signature.inputs_to_lifted_tensor_constants
    held = {node: program.constants.get(names.get(node.name)) for node in nodes}
    whole = (torch.int32, torch.int64)
    found = {
        node: tuple(values.tolist())
        for node, values in held.items()
        if isinstance(values, Tensor) and values.dim() == 1 and values.dtype in whole and not values.is_meta
    }
    # an index is copied before its use
    copies = {user: values for node, values in found.items() for user in node.users if "lift" in str(user.target)}
    return found | copies


def _outputs(program: Any) -> tuple[tuple[str, Any], ...]:
    """The returned tensors with their places in what is returned: `out`, `aux.0`."""
    node = next(node for node in program.graph.nodes if node.op == "output")
    kinds = [one.kind.name for one in program.graph_signature.output_specs]
    values = [value for value, kind in zip(node.args[0], kinds, strict=True) if kind == "USER_OUTPUT"]
    tree = torch.utils._pytree.tree_unflatten(values, program.call_spec.out_spec)
    pairs = torch.utils._pytree.tree_flatten_with_path(tree)[0]
    found = []
    for path, value in pairs:
        if isinstance(value, torch.fx.Node):
            found.append((_joined(path), value))
    return tuple(found)


def paths_of(result: Any) -> tuple[str, ...]:
    """The places of the tensors in what a call returned."""
    pairs = torch.utils._pytree.tree_flatten_with_path(result)[0]
    return tuple(_joined(path) for path, value in pairs if isinstance(value, Tensor))


def _joined(path: Any) -> str:
    parts = []
    for key in path:
        for attribute in ("key", "idx", "name"):
            if hasattr(key, attribute):
                parts.append(str(getattr(key, attribute)))
                break
    return ".".join(parts)


def location(node: Any) -> str:
    """`models.py:31`: the innermost line outside torch that made an operation; empty where it is not known."""
    places = re.findall(r'File "([^"]+)", line (\d+)', node.meta.get("stack_trace") or "")
    own = [place for place in places if not _foreign(place[0])] or places[:1]
    return f"{own[-1][0]}:{own[-1][1]}" if own else ""


def misplaced(message: str, remedy: str = "", path: str = "") -> SpecError:
    """One problem with the call or the module."""
    return SpecError(Diagnostic(message, path=path, remedy=remedy))
