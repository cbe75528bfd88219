"""From a Spec to its Analysis: every figure once, at a batch and a dtype."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from cnncalc.analysis.claims import Claims
from cnncalc.analysis.cost import Cost, costs, totals
from cnncalc.analysis.memory import MapRule, optimizer_bytes, textbook, trainable_tensors
from cnncalc.analysis.receptive import receptive_fields
from cnncalc.analysis.result import (
    Analysis,
    ClaimResult,
    DeviceMemory,
    Figure,
    Memory,
    ReceptiveField,
    Row,
    TorchMemory,
    Totals,
)
from cnncalc.core.diagnostic import Diagnostic, SpecError
from cnncalc.core.dims import Condition, Dim, is_symbolic, times
from cnncalc.core.pause import uncollected
from cnncalc.core.shapes import AXES
from cnncalc.graph.expand import expand
from cnncalc.graph.model import Graph, Node
from cnncalc.spec.model import Spec, Train
from cnncalc.spec.shipped import shipped_block
from cnncalc.spec.words import DTYPES

if TYPE_CHECKING:
    from cnncalc.analysis.devices import Device
    from cnncalc.analysis.fit import Allowances
    from cnncalc.analysis.torch_memory.model import MemoryModel

SYMBOLS: dict[str, str] = {"length": "L", "depth": "D", "height": "H", "width": "W"}


def analyze_spec(
    spec: Spec,
    *,
    batch: Dim | None = None,
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
    """The analysis of a spec. Raises SpecError when no graph can be made of it.

    `batch` is the batch of every figure (1, or N when symbolic); `train` stands for the spec's; `inputs` replaces input sizes (channels first),
    `variables` the spec's variables; `symbolic` makes every spatial size a symbol. Claims that such a change moves are
    undecided. `device` is a device's name or an amount of memory (else the spec's target), `allowances` what its figure
    adds for what is not modelled; `remedies` asks what would need less memory.
    """
    if train is not None:
        written, spec = spec, replace(spec, train=train)
    else:
        written = spec
    replaced = replaced_inputs(spec, inputs, symbolic)
    chosen = optimizer or (spec.train.optimizer if spec.train is not None else None) or "sgd"
    graph = expand(spec, shipped_block, replaced, variables)
    place, nowhere = target(spec, device)
    result = analyze_graph(graph, batch_of(graph, batch, symbolic), dtype, chosen, device=place, allowances=allowances)
    if nowhere and result.memory.device is not None:
        result = replace(result, memory=replace(result.memory, device=replace(result.memory.device, unknown=nowhere)))
    if remedies and result.memory.device is not None:
        from cnncalc.analysis.changes import Setup
        from cnncalc.analysis.remedies import remedies as find_remedies

        setup = Setup(spec, int(result.batch), chosen, dtype, replaced, dict(variables or {}))
        found = find_remedies(setup, place, allowances)
        result = replace(result, memory=replace(result.memory, remedies=found))
    if result.claims and (replaced or variables or dtype != "float32" or optimizer is not None or train is not None):
        result = replace(result, claims=_undecided(result.claims, _as_stated(written)))
    return result


def target(spec: Spec, device: str | None = None) -> tuple[Device | None, str]:
    """The device that is named, else the spec's target, and why that is none. Raises SpecError for a name that is none.

    A spec's target that nobody knows is no reason to withhold everything else: it is told beside the device figure.
    """
    named = device if device is not None else spec.target.get("device")
    if named is None:
        return None, ""
    from cnncalc.analysis.devices import device as find

    try:
        return find(str(named)), ""
    except ValueError as error:
        if device is None:
            return None, str(error)
        words, _, remedy = str(error).partition("; ")
        expected = "a device like a100-40gb, or an amount of memory like 24 GiB"
        raise SpecError(Diagnostic(words, expected=expected, received=device, remedy=remedy)) from None


def replaced_inputs(
    spec: Spec, inputs: Mapping[str, tuple[Any, ...]] | None, symbolic: bool
) -> dict[str, tuple[Any, ...]]:
    """The input sizes that a caller asks for instead of the spec's."""
    return _symbolic_inputs(spec, inputs or {}) if symbolic else dict(inputs or {})


def batch_of(graph: Graph, batch: Dim | None, symbolic: bool) -> Dim:
    """The batch; as a symbol it may not be one that already stands for a size."""
    taken = {str(value) for value in graph.environment.values() if is_symbolic(value)}
    if batch is None and not symbolic:
        return 1
    if batch is None:
        return _symbol(next(name for name in ("N", "B", "batch_size") if name not in taken))
    if is_symbolic(batch) and str(batch) in taken:
        message = f"the batch {batch} has the name of a size of this network"
        remedy = "choose another name: --batch B"
        raise SpecError(Diagnostic(message, expected="a free name", received=str(batch), remedy=remedy))
    return batch


def _as_stated(spec: Spec) -> tuple[ClaimResult, ...]:
    """The claims of the spec as it is written; none where it cannot be unrolled without the caller's changes."""
    try:
        return analyze_graph(expand(spec, shipped_block), 1, "float32", _stated_optimizer(spec)).claims
    except SpecError:
        return ()


def _stated_optimizer(spec: Spec) -> str:
    return (spec.train.optimizer if spec.train is not None else None) or "sgd"


def _symbol(name: str) -> Dim:
    from cnncalc.core.symbolic import symbol

    result: Dim = symbol(name)
    return result


def _symbolic_inputs(spec: Spec, given: Mapping[str, tuple[Any, ...]]) -> dict[str, tuple[Any, ...]]:
    sizes = {name: given.get(name, stated) for name, stated in spec.inputs.items()}
    alike = len({shape[1:] for shape in sizes.values()}) == 1
    result = {}
    for name, shape in sizes.items():
        suffix = "" if alike else f"_{name}"
        result[name] = (shape[0], *(f"{SYMBOLS[axis]}{suffix}" for axis in AXES[len(shape) - 1]))
    return result


def _undecided(claims: tuple[ClaimResult, ...], stated: tuple[ClaimResult, ...]) -> tuple[ClaimResult, ...]:
    """Claims whose figure the caller's changes moved speak of another network."""
    before = {(claim.path, claim.what, claim.span): claim.computed for claim in stated}
    return tuple(
        claim
        if before.get((claim.path, claim.what, claim.span), before) == claim.computed
        else replace(claim, holds=None, finding=False)
        for claim in claims
    )


@uncollected
def analyze_graph(
    graph: Graph,
    batch: Dim,
    dtype: str,
    optimizer: str,
    torch_memory: bool = True,
    device: Device | None = None,
    allowances: Allowances | None = None,
) -> Analysis:
    """The analysis of an unrolled network; `torch_memory=False` spares what PyTorch holds, which takes as long as the rest."""
    width = DTYPES[dtype]
    cost = costs(graph)
    whole = totals(graph, cost)
    fields = receptive_fields(graph)
    rule = textbook(graph, cost)
    torch, saved, model = _torch(graph, batch, dtype, optimizer, torch_memory)

    def held(claimed: int) -> tuple[TorchMemory, list[Figure]]:
        same = type(batch) is int and batch == claimed
        return (torch, saved) if same else _torch(graph, claimed, dtype, optimizer, torch_memory)[:2]

    on_device = None
    if model is not None and type(batch) is int:
        from cnncalc.analysis.fit import device_memory

        on_device = device_memory(graph, batch, optimizer, dtype, device, allowances, model)
    return Analysis(
        name=graph.spec.name,
        source=graph.spec.source,
        file=graph.spec.file,
        batch=batch,
        dtype=dtype,
        inputs=dict(graph.inputs),
        totals=_scaled(whole, batch),
        memory=_memory(graph, cost, rule, batch, width, optimizer, torch, on_device),
        rows=_rows(graph, cost, fields, batch, width, saved),
        groups=graph.groups,
        claims=Claims(graph, cost, whole, fields, rule, width, optimizer, held).judge() if graph.sites else (),
        assumptions=assumptions(graph.conditions, graph.notes),
        faults=graph.faults,
    )


def _rows(
    graph: Graph,
    cost: tuple[Cost | None, ...],
    fields: tuple[ReceptiveField | None, ...],
    batch: Dim,
    width: int,
    saved: list[Figure],
) -> tuple[Row, ...]:
    paths = [node.path for node in graph.nodes]
    names = list(graph.inputs)
    figures: dict[tuple[int, bool], tuple[Any, ...]] = {}
    rows = []
    for node, own, field in zip(graph.nodes, cost, fields, strict=True):
        key = (id(own), node.trainable)
        shared = figures.get(key)
        if shared is None:
            shared = figures[key] = layer_figures(node, own, batch, width)
        rows.append(
            Row._make(
                (
                    node.name,
                    node.path,
                    node.kind,
                    tuple([paths[ref] if ref >= 0 else names[-1 - ref] for ref in node.inputs]),
                    node.output,
                    *shared,
                    saved[node.index],
                    field,
                    node.train_only,
                    paths[node.share] if node.share is not None else None,
                    paths[node.activation_of] if node.activation_of is not None else None,
                    node.span,
                )
            )
        )
    return tuple(rows)


def layer_figures(node: Node, own: Cost | None, batch: Dim, width: int) -> tuple[Any, ...]:
    """params, trainable_params, buffers, macs, flops_torch, flops, output_bytes."""
    if own is None:
        return (None,) * 7
    macs = batch * own.ops.macs
    return (
        own.params,
        own.params if node.trainable else 0,
        own.buffers,
        macs,
        2 * macs,
        batch * own.flops,
        width * batch * own.elements,
    )


def _scaled(whole: Totals, batch: Dim) -> Totals:
    """The totals of a batch: arithmetic grows with it, weights do not."""
    return replace(
        whole,
        macs=times(batch, whole.macs),
        training_macs=times(batch, whole.training_macs),
        flops_torch=times(batch, whole.flops_torch),
        flops=times(batch, whole.flops),
    )


def _memory(
    graph: Graph,
    cost: tuple[Cost | None, ...],
    rule: MapRule,
    batch: Dim,
    width: int,
    optimizer: str,
    torch: TorchMemory,
    device: DeviceMemory | None,
) -> Memory:
    tensors = trainable_tensors(graph, cost)
    return Memory(
        rule.bytes(batch, width),
        torch,
        times(width, rule.params),
        times(width, rule.trainable),
        optimizer_bytes(optimizer, rule.trainable, tensors, width),
        optimizer,
        device,
        conditions=conditions(graph.spec.train),
    )


def _torch(
    graph: Graph, batch: Dim, dtype: str, optimizer: str, wanted: bool
) -> tuple[TorchMemory, list[Figure], MemoryModel | None]:
    """What PyTorch holds, per layer what it keeps for backward, and the model that says so."""
    if not wanted:
        return TorchMemory(reason="not asked for"), [None] * len(graph.nodes), None
    # a large room, which a review seldom enters
    from cnncalc.analysis.torch_memory.model import figures, memory_model, one_image, stated, unknown, unmeasured

    reason = unknown(graph, dtype)
    if reason:
        return TorchMemory(reason=reason), [None] * len(graph.nodes), None
    width, training = DTYPES[dtype], stated(graph.spec, optimizer)
    model = memory_model(graph, width, batch, training)
    saved = model.saved_bytes(batch)
    found = figures(model, batch, saved)
    said = [found.estimate, unmeasured(graph, dtype)]
    if type(batch) is not int:
        said.append(one_image(graph, width, batch, training, model))
    return replace(found, estimate="; ".join(filter(None, said))), [*saved], model


def conditions(train: Train | None) -> tuple[str, ...]:
    """What a spec's `train` says beyond torch's defaults, in words; the optimizer is told apart."""
    train = train or Train()
    passes = train.accumulate or 1
    stated = (
        (passes > 1, f"the gradients of {passes:,} batches are added up before a step"),
        (bool(train.weight_decay), f"weight decay {train.weight_decay}"),
        (bool(train.foreach), "the optimizer updates all parameters at once"),
        (train.autocast is not None, f"under torch.autocast to {train.autocast}"),
        (train.set_to_none is False, "gradients are set to zero between steps, and stay"),
    )
    return tuple(words for holds, words in stated if holds)


def assumptions(conditions: tuple[Condition, ...], notes: tuple[str, ...]) -> tuple[str, ...]:
    """What was assumed of symbols, the strongest bound per symbol first."""
    bounds: dict[str, int] = {}
    others: dict[str, None] = {}
    for condition in conditions:
        solved = None
        if condition.relation in (">=", "<=") and (is_symbolic(condition.left) or is_symbolic(condition.right)):
            from cnncalc.core.symbolic import threshold

            left, right = (
                (condition.left, condition.right) if condition.relation == ">=" else (condition.right, condition.left)
            )
            solved = threshold(left, right)
        if solved is None:
            others[str(condition)] = None
        else:
            bounds[str(solved[0])] = max(solved[1], bounds.get(str(solved[0]), 1))
    return (*(f"{name} >= {least}" for name, least in bounds.items()), *others, *notes)
