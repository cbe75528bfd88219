"""`cnncalc.from_onnx`: an ONNX file in, a Spec out, every size compared with what ONNX infers."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from math import prod
from pathlib import Path

from cnncalc.core.diagnostic import Diagnostic, SpecError
from cnncalc.core.shapes import Shape, read_sizes
from cnncalc.importers.finish import Imported, finish
from cnncalc.importers.need import need_onnx
from cnncalc.importers.onnx.graph import Network, Tensor, network
from cnncalc.importers.onnx.translate import Translator
from cnncalc.importers.onnx.values import Map, Picked, Sequence, Unknown, Value
from cnncalc.importers.parts import valid
from cnncalc.importers.sketch import Measured, Output, Sketch
from cnncalc.importers.tidy import tidy
from cnncalc.spec.model import Spec


def from_onnx(
    file: str | Path,
    *,
    input: str | Shape | Mapping[str, str | Shape] | None = None,
    name: str | None = None,
    flat: bool = False,
    external_data: bool = False,
) -> Spec:
    """The spec of an ONNX file. Needs the onnx package; torch is not needed, and nothing in the file is executed.

    `input` is the size of one image in the file's order of axes, without the batch ("3x224x224" or (3, 224, 224)), or a
    mapping from input names to sizes; needed only where the file leaves sizes open. `flat` writes every layer out; else
    repeated structures become blocks. `external_data` accepts weights in files beside this one.

    Raises SpecError for a file that is none, for every node that is not understood, and where parameters or a size of
    the spec differ from the file's.
    """
    given: Mapping[str, str | Shape] = {}
    if input is not None:
        given = input if isinstance(input, Mapping) else {"": input}
    sizes = {key: _sizes(value) for key, value in given.items()}
    return convert(str(file), sizes, name, flat=flat, external_data=external_data).spec


def convert(
    file: str,
    sizes: Mapping[str, Shape],
    name: str | None = None,
    *,
    flat: bool = False,
    external_data: bool = False,
) -> Imported:
    """The spec with its notes."""
    need_onnx()
    from cnncalc.importers.onnx.file import read

    graph = network(read(file, external_data=external_data), file, sizes)
    return finish(sketch(graph, name or Path(file).stem, file), flat=flat)


def sketch(graph: Network, name: str, file: str) -> Sketch:
    """The network as a Sketch. Raises SpecError for what is not understood."""
    from cnncalc.importers.onnx.fold import settled
    from cnncalc.importers.onnx.ops import RULES
    from cnncalc.importers.onnx.patterns import joined

    t = Translator(joined(settled(graph)), RULES)
    t.run()
    problems = _problems(t, graph, file)
    if problems:
        raise SpecError(*problems)
    outputs = []
    for title in graph.outputs:
        value = t.values.get(title, Unknown())
        if isinstance(value, Map):
            outputs.append(Output(title, t.plain(value) if not value.stretched else value.ref))
        elif isinstance(value, Tensor):
            t.notes[f"the result {title} is the same for every image and is left out"] = None
        else:
            raise SpecError(Diagnostic(f"the result {title[:80]} is {_no_map(value)}", file=file))
    if not outputs or not t.steps:
        raise SpecError(Diagnostic("the network computes nothing from its inputs", file=file))
    inputs = ["input"] if len(t.inputs) == 1 else _unique(t.inputs)
    shapes = dict(zip(inputs, t.shapes, strict=True))
    source = f"ONNX file {Path(file).name} of {graph.producer}, operator set {graph.opset}"
    whole = tidy(Sketch(valid(name), source, shapes, tuple(t.steps), tuple(outputs)), _leaves(t))
    held = {key: t.stored[key] for step in whole.steps for key in step.weights}
    own = {key: count for key, count in held.items() if key not in t.buffers}
    measured = Measured(params=sum(own.values()), buffers=sum(held.values()) - sum(own.values()))
    unused = _unused(held, graph)
    notes = (*t.notes, *_unused_note(unused, graph), *_nameless_note(own, graph), *_folded_note(t, graph), *whole.notes)
    return replace(whole, measured=measured, notes=notes, unused=unused)


def _no_map(value: Value) -> str:
    """What a result is that is no map."""
    if isinstance(value, Picked):
        return "made of positions picked one by one, which the language knows for pooling only"
    return "a list of maps, not one" if isinstance(value, Sequence) else "no batch of maps or vectors"


def _problems(t: Translator, graph: Network, file: str) -> list[Diagnostic]:
    """What was refused and a result depends on, each once."""
    found: dict[Diagnostic, None] = {}
    seen: set[str] = set()
    waiting = list(graph.outputs)
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        if name in t.refused:
            found[t.refused[name]] = None
        elif name not in t.values:
            found[Diagnostic(f"nothing gives the value {name[:80]}")] = None
        elif isinstance(t.values[name], Unknown) and name not in t.sources:
            found[Diagnostic(f"the input {name[:80]} is no batch of maps or vectors")] = None
        waiting += [one for one in t.sources.get(name, ()) if one]
    return [replace(one, file=file) for one in list(found)[::-1]]


FOLDED = (
    "the exporter multiplied them together, so the model itself has other parameters, and the running statistics are "
    "not in the file"
)


def _folded_note(t: Translator, graph: Network) -> list[str]:
    """That normalisations were multiplied into weights, as far as the file tells."""
    if t.absorbed:
        names = _listed(tuple(t.absorbed))
        return [f"{len(t.absorbed)} normalisations are in the weights before them ({names}): {FOLDED}"]
    weights = [
        (graph.tensors.get(node.inputs[1]), graph.tensors.get(node.inputs[2]) if len(node.inputs) > 2 else None)
        for node in graph.nodes
        if node.op in ("Conv", "ConvTranspose") and len(node.inputs) > 1
    ]
    made = [weight for weight, bias in weights if weight is not None and weight.spare and bias is not None]
    if made and len(made) < len(weights):
        return [f"normalisations are in the weights of {len(made)} of {len(weights)} convolutions: {FOLDED}"]
    foreign = any(bias is not None and not bias.learned for _, bias in weights)
    if "batchnorm" in {step.kind for step in t.steps} or not foreign:
        return []
    return [f"the file has no batch normalisation; if the model has, it is in the weights before it: {FOLDED}"]


def _unused(held: Collection[str], graph: Network) -> tuple[str, ...]:
    """Stored tensors that no layer holds, though they are named as parameters are or too many numbers for sizes."""
    tensors = graph.tensors.items()
    return tuple(name for name, tensor in tensors if name not in held and (tensor.learned or tensor.value is None))


def _unused_note(unused: tuple[str, ...], graph: Network) -> list[str]:
    if not unused:
        return []
    count = sum(prod(graph.tensors[one].dims) for one in unused)
    return [f"{count:,} numbers of the file are no weights of a layer: {_listed(unused)}"]


def _nameless_note(own: Mapping[str, int], graph: Network) -> list[str]:
    """That some of the parameters have other names than parameters have, where others have such."""
    stored = {key: graph.tensors.get(key.partition("@")[0]) for key in own}
    odd = tuple(key for key, one in stored.items() if one is not None and not one.learned and not one.spare)
    if not odd or not any(one is not None and one.learned for one in stored.values()):
        return []
    count, names = sum(own[key] for key in odd), _listed(odd)
    return [f"{count:,} numbers that count as parameters may be constants of the model, by their names ({names})"]


def _listed(names: tuple[str, ...]) -> str:
    shown = ", ".join(name[:60] for name in names[:3])
    return f"{shown} and {len(names) - 3} more" if len(names) > 3 else shown


def _leaves(t: Translator) -> frozenset[str]:
    """The structures in which no others lie."""
    paths = {tuple(one.name for one in step.scope) for step in t.steps}
    around = {path[:size] for path in paths for size in range(len(path))}
    return frozenset(".".join(path) for path in paths - around)


def _unique(names: list[str]) -> list[str]:
    from cnncalc.importers.parts import Names

    given = Names()
    return [given.unique(valid(name)) for name in names]


def _sizes(given: str | Shape) -> Shape:
    """The sizes of an input as they were written. Raises SpecError for anything that is none."""
    sizes = tuple(read_sizes(given)) if isinstance(given, str) else tuple(given)
    if 1 <= len(sizes) <= 4 and all(type(size) is int and 1 <= size <= 10**12 for size in sizes):
        return sizes
    remedy = "write 3x224x224: one image's sizes in numbers, in the file's order of axes"
    raise SpecError(Diagnostic("the input's shape cannot be read", received=str(given)[:80], remedy=remedy))


def named_sizes(written: list[str]) -> dict[str, Shape]:
    """`NAME=3x224x224`, or `3x224x224` for the only input.

    >>> named_sizes(["image=3x32x32"]), named_sizes(["1x28x28"])
    ({'image': (3, 32, 32)}, {'': (1, 28, 28)})
    """
    found: dict[str, Shape] = {}
    for one in written:
        name, equals, sizes = one.rpartition("=")
        found[name if equals else ""] = _sizes(sizes)
    return found
