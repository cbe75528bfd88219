"""`cnncalc.from_torch`: a module in, a Spec out, every figure compared on the way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from torch import Tensor, nn

from cnncalc.core.diagnostic import Diagnostic, SpecError
from cnncalc.core.shapes import Shape, read_sizes
from cnncalc.importers.finish import Imported, finish
from cnncalc.importers.torch.measure import predict
from cnncalc.importers.torch.read import Reading, sketch, torch_version
from cnncalc.importers.torch.trace import dtype_of
from cnncalc.spec.model import Spec


def from_torch(
    module: nn.Module, input: Any, *, name: str | None = None, flat: bool = False, partial: bool = False
) -> Spec:
    """The spec of a torch module.

    `input` is one image's shape, channels first ("3x224x224" or (3, 224, 224)), or a tensor with a batch; a list of them
    where the module takes several. `flat` writes every layer out; else repeated structures become blocks. `partial`
    keeps what the language cannot say as opaque layers. The module is not changed.

    Raises SpecError for everything that is not understood, and where parameters, buffers, multiply-adds or a shape of
    the spec differ from the module's.
    """
    return convert(module, shapes_of(input), name or type(module).__name__, flat=flat, partial=partial).spec


def convert(
    module: nn.Module,
    shapes: Sequence[Shape],
    name: str,
    *,
    origin: str = "",
    flat: bool = False,
    partial: bool = False,
) -> Imported:
    """The spec with its notes; `origin` is where the module was found."""
    if not isinstance(module, nn.Module):
        problem = Diagnostic(f"{name} is no torch module", expected="a torch.nn.Module", received=type(module).__name__)
        raise SpecError(problem)
    kind = f"{type(module).__module__}.{type(module).__qualname__}"
    reading = Reading(name, f"PyTorch module {origin or kind}, imported with torch {torch_version()}")
    prediction = predict(module, shapes, dtype_of(module))
    failures: list[SpecError] = []
    for training in (True, False):
        try:
            found = sketch(module, shapes, reading, training, prediction, partial)
            if failures:
                found = replace(found, notes=(*found.notes, _only_prediction(failures[0])))
            return finish(found, flat=flat)
        except SpecError as error:
            failures.append(error)
    raise failures[1]


def _only_prediction(error: SpecError) -> str:
    first = error.problems[0]
    return f"as in prediction mode (no dropout that exists in training only), for in training mode {first.message}"


def shapes_of(given: Any) -> list[Shape]:
    """The inputs' shapes without the batch. Raises SpecError for anything that is none."""
    several = isinstance(given, list | tuple) and not all(isinstance(one, int) for one in given)
    return [_shape(one) for one in (given if several else [given])]


def _shape(given: Any) -> Shape:
    if isinstance(given, Tensor):
        sizes: Sequence[Any] = tuple(given.shape[1:])
    elif isinstance(given, str):
        sizes = read_sizes(given)
    else:
        sizes = tuple(given) if isinstance(given, list | tuple) else (given,)
    if 1 <= len(sizes) <= 4 and all(type(size) is int and size >= 1 for size in sizes):
        return tuple(sizes)
    remedy = "write 3x224x224: channels, height, width of one image, in numbers"
    raise SpecError(Diagnostic("the input's shape cannot be read", received=str(given)[:80], remedy=remedy))
