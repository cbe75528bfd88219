"""The library's functions: what the command line does, for Python."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cnncalc.analysis.analyze import analyze_spec
from cnncalc.analysis.result import Analysis
from cnncalc.spec.dump import dump_spec
from cnncalc.spec.model import Spec, Train
from cnncalc.spec.read import load

if TYPE_CHECKING:
    from cnncalc.analysis.fit import Allowances

__all__ = ["analyze", "dump", "export", "load"]


def analyze(
    spec: Spec | str | Path,
    *,
    batch: Any = None,
    dtype: str = "float32",
    optimizer: str | None = None,
    train: Train | None = None,
    inputs: Mapping[str, tuple[Any, ...]] | None = None,
    variables: Mapping[str, Any] | None = None,
    symbolic: bool = False,
    device: str | None = None,
    allowances: Allowances | None = None,
    remedies: bool = False,
) -> Analysis:
    """Every figure of a network: a Spec, a file, `zoo:alexnet` or inline notation.

    `batch` is the batch of every figure (default 1); `dtype` one of float64, float32, bfloat16, float16; `train`
    stands for the spec's train section; `inputs` replaces input sizes by name, channels first; `variables` the spec's variables; `symbolic` gives formulas in H, W
    and N. `device` names a device (`a100-40gb`) or an amount of memory (`24GB`) that it should fit into, `allowances`
    what the device figure adds for the CUDA context and workspaces; `remedies` asks what would need less memory. Raises
    SpecError when the spec cannot be read; shape errors are faults in the result.

    >>> analyze("in 1x32x32; conv 6 k5 tanh").rows[0].output
    (6, 28, 28)
    """
    loaded = spec if isinstance(spec, Spec) else load(spec)
    return analyze_spec(
        loaded,
        batch=batch,
        dtype=dtype,
        optimizer=optimizer,
        train=train,
        inputs=inputs,
        variables=variables,
        symbolic=symbolic,
        device=device,
        allowances=allowances,
        remedies=remedies,
    )


def export(
    spec: Spec | str | Path,
    to: str,
    *,
    inputs: Mapping[str, tuple[Any, ...]] | None = None,
    variables: Mapping[str, Any] | None = None,
    depth: int | None = None,
) -> str | bytes:
    """A network as source code (`torch`, `keras`), a diagram (`mermaid`, `dot`), `onnx` bytes or normalised YAML (`spec`).

    `depth` is how many levels of blocks a diagram opens (default: all). Raises SpecError when the spec cannot be read or
    the target has nothing for a layer.

    >>> print(export("in 3x8x8; conv 4 k3", "torch").splitlines()[8])
            self.conv1 = nn.Conv2d(3, 4, kernel_size=3)
    """
    from cnncalc.exporters.export import export_spec

    loaded = spec if isinstance(spec, Spec) else load(spec)
    return export_spec(loaded, to, inputs=inputs, variables=variables, depth=depth)


def dump(spec: Spec) -> str:
    """The spec as normalised YAML; loading it gives an equal Spec."""
    return dump_spec(spec)
