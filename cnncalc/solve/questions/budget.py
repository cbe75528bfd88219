"""What fits: the largest batch in a memory, the widest network within a number of parameters or multiply-adds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

from cnncalc.analysis.analyze import analyze_graph, analyze_spec
from cnncalc.analysis.changes import Setup, smaller
from cnncalc.analysis.cost import costs
from cnncalc.analysis.fit import largest_batch, largest_by_textbook
from cnncalc.analysis.memory import textbook
from cnncalc.analysis.remedies import largest_batches
from cnncalc.core.diagnostic import SpecError, did_you_mean
from cnncalc.core.dims import is_symbolic
from cnncalc.graph.expand import expand
from cnncalc.layers.fields import LARGEST
from cnncalc.solve.answer import Answer, Line, Verdict
from cnncalc.solve.given import stop
from cnncalc.spec.model import Spec
from cnncalc.spec.quantity import parse_quantity
from cnncalc.spec.shipped import shipped_block
from cnncalc.spec.words import DTYPES

RULES = ("textbook", "torch", "device")


def batch(
    spec: Spec,
    memory: int,
    *,
    training: bool = False,
    optimizer: str | None = None,
    rule: str = "textbook",
    dtype: str = "float32",
    remedies: bool = True,
    claim: Any = None,
) -> Answer:
    """The largest batch that needs no more than `memory` bytes, and what each remedy would allow.

    `rule` is textbook, torch (the peak of the tensors that eager PyTorch holds) or device (the same as CUDA's allocator
    rounds it, with allowances). Raises SpecError where the memory is unknown.
    """
    most = largest_batch(spec, memory, rule=rule, training=training, optimizer=optimizer, dtype=dtype)
    what = "a training step" if training else "a prediction"
    lines = list(_batch_lines(spec, memory, most, rule, training, dtype)) if rule == "textbook" else []
    if remedies:
        lines += _remedies(spec, memory, most, rule, training, optimizer, dtype)
    notes = () if most else ("not even one image fits",)
    question = (
        f"How many images fit in {_bytes(memory)} for {what} of {spec.name} ({_rule(rule, training, optimizer)})?"
    )
    verdict = None if claim is None else _batch_verdict(claim, spec, memory, most, rule, training, optimizer, dtype)
    return Answer(question, ({"batch": most},), tuple(lines), "images", notes, verdict)


def _rule(rule: str, training: bool, optimizer: str | None) -> str:
    words = {"textbook": "textbook rule", "torch": "PyTorch's peak", "device": "on a device"}[rule]
    return f"{words}, {optimizer}" if optimizer and training and rule != "textbook" else words


def _bytes(memory: int) -> str:
    for unit, size in (("GiB", 2**30), ("MiB", 2**20)):
        if memory % size == 0:
            return f"{memory // size:,} {unit}"
    for unit, size in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if memory >= size:
            return f"{memory / size:.4g} {unit}"
    return f"{memory:,} B"


def _batch_lines(spec: Spec, memory: int, most: int, rule: str, training: bool, dtype: str) -> Iterator[Line]:
    """The textbook's terms: what does not grow with the batch, and what each image needs."""
    graph = expand(spec, shipped_block)
    terms = textbook(graph, costs(graph))
    width = DTYPES[dtype]

    def need(images: int) -> int:
        figures = terms.bytes(images, width)
        found = figures.training_bytes if training else figures.inference_bytes
        assert isinstance(found, int), "largest_batch has refused anything else"
        return found

    one = need(2) - need(1)
    fixed = need(1) - one
    yield Line("parameters", value=fixed, unit="B")
    held = "the input and all counted maps" if training else f"the largest pair of maps, at {terms.largest_at}"
    yield Line("one image", value=one, unit="B", words=held)
    if most == 0:
        yield Line(words=f"one image alone needs {need(1):,} B")
        return
    numbers = f"⌊({memory:,} − {fixed:,})/{one:,}⌋"
    yield Line("batch", symbols="⌊(M − parameters)/one image⌋", numbers=numbers, value=most)
    yield Line(words=f"{most:,} images need {need(most):,} B, {most + 1:,} would need {need(most + 1):,} B")


def _remedies(
    spec: Spec, memory: int, most: int, rule: str, training: bool, optimizer: str | None, dtype: str
) -> list[Line]:
    setup = Setup(spec, optimizer=optimizer or "sgd", dtype=dtype)
    if rule == "textbook":
        found = list(_textbook_remedies(setup, memory, training))
    else:
        found = [(change.what, batch) for change, batch in largest_batches(setup, memory, rule=rule, training=training)]
    found.sort(key=lambda one: -one[1])
    lines = [Line(what, value=images, unit="images") for what, images in found if images > most]
    return [Line(words="what would let in more:"), *lines] if lines else []


def _textbook_remedies(setup: Setup, memory: int, training: bool) -> Iterator[tuple[str, int]]:
    """By the textbook rule only numbers and maps count: narrower numbers, a smaller image, fewer maps."""
    graph = setup.graph()
    if DTYPES[setup.dtype] > 2:
        yield "16-bit numbers", largest_by_textbook(graph, memory, training, "float16")
    best: dict[str, tuple[str, int]] = {}
    for change in smaller(setup, graph):
        with suppress(SpecError):  # half the side may leave no map
            most = largest_by_textbook(change.setup.graph(), memory, training, setup.dtype)
            group = change.group or change.key
            if group not in best or most > best[group][1]:
                best[group] = (change.what, most)
    yield from best.values()


def _batch_verdict(
    claim: Any, spec: Spec, memory: int, most: int, rule: str, training: bool, optimizer: str | None, dtype: str
) -> Verdict:
    """Right, or the rule with which a claimed batch would be."""
    text = str(claim).replace("_", "").replace(",", "")
    if not text.isdigit():
        stop(f"the claim {claim} cannot be read", "a number of images", str(claim))
    stated = int(text)
    if stated == most:
        return Verdict(str(claim), True)

    def other(room: int = memory, learns: bool = training, width: str = dtype) -> int:
        return largest_batch(spec, room, rule=rule, training=learns, optimizer=optimizer, dtype=width)

    tries: list[tuple[str, Callable[[], int]]] = [
        ("training was taken for prediction, or the other way round", lambda: other(learns=not training)),
        ("GB (10^9) were taken for GiB (2^30)", lambda: other(memory * 2**30 // 10**9)),
        ("GiB (2^30) were taken for GB (10^9)", lambda: other(memory * 10**9 // 2**30)),
        ("bits were taken for bytes", lambda: other(memory // 8)),
        ("numbers were counted, not bytes", lambda: other(memory * DTYPES[dtype])),
        ("numbers of 16 bits were taken", lambda: other(width="float16")),
        ("the quotient was rounded up: the last image does not fit", lambda: most + 1),
    ]
    found = next((words for words, wrong in tries if wrong() == stated), None)
    return Verdict(str(claim), False, () if found is None else (found,), f"{most:,}")


# -- width ---------------------------------------------------------------------------------------------------------


def width(
    spec: Spec, variable: str, *, params: int | None = None, macs: int | None = None, claim: Any = None
) -> Answer:
    """The largest whole value of a variable with which the network stays within its budget.

    The figure grows with the variable, so a bisection on the analysis finds it; values that the network does not take
    (filters that do not divide into groups) are passed over. Raises SpecError.
    """
    if variable not in spec.variables:
        known = ", ".join(spec.variables) or "none"
        stop(
            f"{spec.name} has no variable {variable}",
            f"one of {known}",
            variable,
            did_you_mean(variable, spec.variables),
        )
    if params is None and macs is None:
        stop("a budget is missing", "a number of parameters or multiply-adds", remedy="add --params 5M or --macs 300M")
    limits = {name: limit for name, limit in (("params", params), ("macs", macs)) if limit is not None}

    def figures(value: int) -> dict[str, int] | None:
        """None where the network does not take the value."""
        try:
            graph = expand(spec, shipped_block, {}, {variable: value})
        except SpecError:
            return None
        totals = analyze_graph(graph, 1, "float32", "sgd", torch_memory=False).totals
        found = {name: getattr(totals, name) for name in limits}
        return None if graph.faults or not all(type(one) is int for one in found.values()) else found

    def fits(value: int) -> bool:
        found = figures(value)
        return found is not None and all(found[name] <= limit for name, limit in limits.items())

    best, above = _largest(figures, fits)
    said = " and ".join(f"{limit:,} {'parameters' if name == 'params' else 'MACs'}" for name, limit in limits.items())
    question = f"What is the largest {variable} with which {spec.name} stays within {said}?"
    lines = list(_width_lines(spec, variable, limits))
    if best is None:
        least = next((value for value in range(1, 65) if figures(value) is not None), None)
        why = (
            "no value up to 64 gives a network"
            if least is None
            else f"with {variable} = {least} it has {_figures(figures(least))}"
        )
        return Answer(question, (), tuple(lines), notes=("there is none", why))
    own = figures(best) or {}
    notes = [f"{variable} = {best:,} gives {_figures(own)}"]
    if above is not None:
        notes.append(f"{variable} = {above:,} would give {_figures(figures(above))}")
        if above > best + 1:
            notes.append("the values between them give no network: they do not fit its groups or shapes")
    else:
        notes.append("no larger value was found that gives a network")
    verdict = None
    if claim is not None:
        verdict = Verdict(str(claim), str(claim) == str(best), (), f"{best:,}")
    return Answer(question, ({variable: best, **own},), tuple(lines), "", tuple(notes), verdict)


def _figures(found: dict[str, int] | None) -> str:
    names = {"params": "parameters", "macs": "MACs"}
    return " and ".join(f"{value:,} {names[name]}" for name, value in (found or {}).items())


GAP = 256
"""How far the next value that gives a network is looked for."""


def _largest(figures: Callable[[int], Any], fits: Callable[[int], bool]) -> tuple[int | None, int | None]:
    """The largest value that fits, and the next one that gives a network."""

    def up(value: int) -> int | None:
        """The first value from here on that gives a network."""
        return next((one for one in range(value, value + GAP) if figures(one) is not None), None)

    low = up(1)
    if low is None or not fits(low):
        return None, None
    high = up(2 * low)
    while high is not None and high <= LARGEST and fits(high):
        low, high = high, up(2 * high)
    top = high if high is not None else 2 * low
    while top - low > 1:
        middle = (low + top) // 2
        value = up(middle)
        if value is not None and value < top and fits(value):
            low = value
        else:
            top = middle
    return low, up(low + 1)


def _width_lines(spec: Spec, variable: str, limits: dict[str, int]) -> Iterator[Line]:
    """The figure as a formula in the variable, where there is one."""
    try:
        analysis = analyze_spec(spec, variables={variable: "symbol"})
    except SpecError:
        return
    for name in limits:
        figure = getattr(analysis.totals, name)
        if figure is not None and is_symbolic(figure) and not analysis.faults:
            yield Line("parameters" if name == "params" else "MACs", value=figure)


def budget(option: str, text: str | None) -> int | None:
    """A limit as it is written: `5M`, `24GB`, `300_000`. Raises SpecError."""
    if text is None:
        return None
    quantity = parse_quantity(text)
    if quantity is None or quantity.approximate or quantity.value < 1 or quantity.value.denominator != 1:
        stop(f"{option} {text} cannot be read", "a number like 5M or 300_000, or bytes like 24GB", text)
    return int(quantity.value)
