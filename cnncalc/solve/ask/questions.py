"""From marks to what is asked: one Question per thing that is wanted, with what its sentence says about it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from cnncalc.core.diagnostic import Diagnostic, SpecError
from cnncalc.solve.ask.reading import Reading
from cnncalc.solve.ask.rows import Mark

WINDOW = ("padding", "stride", "kernel", "dilation", "output_padding")
"""Asked of one window, backward."""

FIGURES = {"params", "weights", "macs", "flops", "neurons", "connections", "predict", "train", "map_memory"}
"""For these the number of filters matters."""


@dataclass(frozen=True)
class Question:
    """What is asked, of which layers (none: the whole network), and for which batch and number format."""

    what: str
    sentence: int
    layers: tuple[int, ...] = ()
    batch: int = 1
    bits: int = 32
    unshared: bool = False
    given: dict[str, Any] = field(default_factory=dict)
    """Facts that only this kind of question uses: output, keep, memory, field, optimizer,
    rule, params (how many there are), change and figures (what doubles, and what is asked of it)."""


class _Facts:
    """What the marks of one sentence, or of the whole text, say beside the network."""

    def __init__(self, marks: list[Mark]) -> None:
        self.asks = [mark.values["what"] for mark in marks if mark.concept == "ask"]
        self.modes = list(dict.fromkeys(mark.values["mode"] for mark in marks if mark.concept == "mode"))
        self.again = any(mark.concept == "again" for mark in marks)
        self.unshared = any(mark.concept == "unshared" for mark in marks)
        self.doubled = [mark.values["change"] for mark in marks if mark.concept == "scale"]
        self.ratio = any(mark.concept == "ratio" for mark in marks)
        context = {name: value for mark in marks if mark.concept == "context" for name, value in mark.values.items()}
        self.batch: int | None = context.get("batch")
        self.bits: int | None = context.get("bits")
        self.given: dict[str, Any] = {}
        for mark in marks:
            if mark.concept in ("wanted", "map", "memory", "field", "count"):
                self.given.update(mark.values)
            elif mark.concept in ("optimizer", "rule"):
                self.given[mark.concept] = mark.values["name"]
            elif mark.concept == "keep":
                self.given["keep"] = True


def questions(reading: Reading, targets: dict[int, tuple[int, ...]]) -> tuple[Question, ...]:
    """The questions in their order. Raises SpecError when there is none."""
    asking = {mark.sentence for mark in reading.marks if mark.concept in ("ask", "again", "scale")}
    # a batch that a question names is its own; one that a statement names is everybody's
    whole = _Facts([one for one in reading.marks if one.sentence not in asking or "batch" not in one.values])
    found: list[Question] = []
    last = max((mark.sentence for mark in reading.marks), default=0)
    for sentence in range(last + 1):
        marks = [mark for mark in reading.marks if mark.sentence == sentence]
        facts = _Facts(marks)
        layers = targets.get(sentence, ())
        for question in _of_sentence(sentence, facts, whole, layers, found):
            if question not in found:
                found.append(question)
    if not found:
        raise SpecError(
            Diagnostic(
                "no question was recognised",
                expected="a question about parameters, output size, memory, receptive field, multiplications, neurons, connections, padding, stride or kernel",
                remedy="ask for instance: How many parameters are there?",
                file="<question>",
            )
        )
    return tuple(found)


def _of_sentence(
    sentence: int, facts: _Facts, whole: _Facts, layers: tuple[int, ...], before: list[Question]
) -> Iterator[Question]:
    asks = list(dict.fromkeys(facts.asks))
    if "map_memory" in asks and "memory" in asks:
        asks.remove("memory")
    bits = facts.bits or whole.bits or 32
    batch = facts.batch or whole.batch or 1
    base = Question("", sentence, layers, batch, bits, facts.unshared, {**whole.given, **facts.given})
    if facts.doubled:
        figures = [*asks, *(mode for mode in facts.modes if "memory" in asks)]
        asked = [one for one in figures if one != "memory" or not facts.modes]
        yield from (replace(base, what="scale", given={"change": one, "figures": asked}) for one in facts.doubled)
        return
    if facts.again and not asks and before:
        previous = before[-1]
        memory = previous.what in ("predict", "train")
        for mode in facts.modes if facts.modes and memory else [previous.what]:
            yield replace(base, what=mode, layers=layers or previous.layers, bits=previous.bits)
        return
    for what in asks:
        if what == "batch":
            yield replace(base, what=what, given={**base.given, "modes": facts.modes or whole.modes or ["train"]})
            continue
        if what != "memory":
            yield replace(base, what=what)
            continue
        modes = facts.modes or ["predict", "train"]
        for mode in modes:
            # of both in one sentence the batch is the one of training
            size = batch if mode == "train" or len(modes) == 1 else 1
            yield replace(base, what=mode, batch=size)
    if facts.unshared and not asks:
        yield replace(base, what="params")
