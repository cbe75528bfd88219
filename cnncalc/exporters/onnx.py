"""ONNX files, through PyTorch's own exporter: the exported torch source is run and traced. torch is imported here only."""

from __future__ import annotations

import io
import logging
import os
import re
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from importlib.util import module_from_spec, spec_from_file_location
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
    state = torch.get_rng_state()
    try:
        network = _network(torch_source(graph, heading)).eval()
        inputs = tuple(torch.randn(2, *shape) for shape in graph.inputs.values())
        return _traced(network, inputs, tuple(graph.inputs))
    finally:
        torch.set_rng_state(state)


def _network(source: str) -> Any:
    """The network of exported source: its last class. The source is ours: of a spec's text it holds only checked names."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "exported_network.py")
        file.write_text(source, encoding="utf-8")
        place = spec_from_file_location("exported_network", file)
        assert place is not None
        assert place.loader is not None
        module = module_from_spec(place)
        place.loader.exec_module(module)
    names = re.findall(r"^class (\w+)", source, re.M)
    return getattr(module, names[-1])()


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
