"""ONNX files, through PyTorch's own exporter: the exported torch source is run and traced. torch is imported here only."""

from __future__ import annotations

import io
import logging
import os
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import Any

from cnncalc.core.diagnostic import Diagnostic, SpecError
from cnncalc.exporters.torch.source import torch_source
from cnncalc.graph.model import Graph


def onnx_bytes(graph: Graph, heading: str) -> bytes:
    """The network, freshly initialised, as an ONNX model with a free batch. Raises SpecError where a package is missing."""
    try:
        import onnxscript  # noqa: F401
        import torch
    except ImportError as error:
        message = f"export to ONNX needs {error.name}"
        raise SpecError(Diagnostic(message, remedy="pip install 'cnncalc[verify,onnx]'")) from None
    namespace: dict[str, Any] = {}
    exec(compile(torch_source(graph, heading), "<exported>", "exec"), namespace)
    classes = [value for value in namespace.values() if isinstance(value, type) and issubclass(value, torch.nn.Module)]
    state = torch.get_rng_state()
    try:
        network = classes[-1]().eval()
        inputs = tuple(torch.randn(2, *shape) for shape in graph.inputs.values())
        return _traced(network, inputs, tuple(graph.inputs))
    finally:
        torch.set_rng_state(state)


@contextmanager
def _quiet() -> Iterator[None]:
    """Without the log lines of torch's exporter and what it prints; errors still show."""
    level = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with redirect_stdout(io.StringIO()):
            yield
    finally:
        logging.disable(level)


def _traced(network: Any, inputs: tuple[Any, ...], names: tuple[str, ...]) -> bytes:
    import torch

    batch = torch.export.Dim("batch")
    # torch tells of its own deprecations and of packages that are not needed here
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings(), _quiet():
        warnings.simplefilter("ignore")
        file = os.path.join(folder, "network.onnx")
        torch.onnx.export(
            network,
            inputs,
            file,
            input_names=list(names),
            dynamo=True,
            dynamic_shapes=tuple({0: batch} for _ in inputs),
            external_data=False,
            verbose=False,
        )
        return Path(file).read_bytes()
