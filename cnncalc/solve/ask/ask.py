"""A question in words, answered: what was understood of it first, then one answer per question."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from cnncalc.core.diagnostic import Diagnostic, SpecError
from cnncalc.core.expression import Expression
from cnncalc.core.shapes import shape_text
from cnncalc.solve.answer import Answer
from cnncalc.solve.ask.answers import Answers
from cnncalc.solve.ask.network import Sketcher
from cnncalc.solve.ask.phrases import say
from cnncalc.solve.ask.questions import Question, questions
from cnncalc.solve.ask.reading import Reading, read
from cnncalc.solve.ask.sketch import Sketch
from cnncalc.solve.ask.spelling import Spelled
from cnncalc.solve.ask.tokens import Token
from cnncalc.solve.explain import legend
from cnncalc.solve.lang import say as word


class Asked(NamedTuple):
    """A text, what was understood of it, and the answers."""

    text: str
    lang: str
    specs: tuple[str, ...]
    """The network as a spec; two where networks are compared, none where only a window is asked about."""
    notes: tuple[str, ...]
    """What was taken as usual, what the text states beside, which words were left out."""
    answers: tuple[Answer, ...]
    legend: str = ""
    """What the symbols of the derivations mean."""

    @property
    def exit_code(self) -> int:
        """1 where a shape does not fit; else 0."""
        return max(answer.exit_code for answer in self.answers)


def ask(text: str, claims: Sequence[str] = ()) -> Asked:
    """The answers to an exercise in English or Chinese; `claims` are one's own answers, in the order of the questions.

    Raises SpecError, with the places in the text, for words that are not understood where they could matter, for a text
    that contradicts itself or says too little, and for one without a question.

    >>> ask("A 5x5 convolution with 6 filters on a 32x32x1 image. How many parameters?").answers[0].solutions[0]
    {'params': 156}
    """
    reading = read(text)
    unused = _understood(reading)
    sketch = Sketcher(reading).run()
    asked = questions(reading, sketch.targets)
    _needed(reading, sketch, asked)
    answers = Answers(sketch, asked, reading.language.name)
    if len(claims) > len(asked):
        raise SpecError(
            Diagnostic(
                f"there are {len(claims)} claims for {len(asked)} questions",
                expected=f"at most {len(asked)}",
                received=str(len(claims)),
            )
        )
    own = [*claims, *[None] * len(asked)]
    told = tuple(answers.answer(question, claim) for question, claim in zip(asked, own, strict=False))
    needed = any(
        question.what not in ("padding", "stride", "kernel", "dilation", "output_padding", "depth", "share")
        for question in asked
    )
    networks = [one for one in ((answers.network, answers.rival) if needed else ()) if one is not None]
    notes = [note for network in networks for note in network.notes]
    notes += _stated(sketch, networks, reading.language.name)
    if unused:
        notes.append(say("unused", reading.language.name, words=", ".join(unused)))
    return Asked(
        text,
        reading.language.name,
        tuple(one.text for one in networks),
        tuple(dict.fromkeys(notes)),
        told,
        _legend(told, reading.language.name),
    )


def _legend(answers: tuple[Answer, ...], lang: str) -> str:
    names: dict[str, None] = {}
    for answer in answers:
        for line in answer.derivation:
            if isinstance(line.symbols, Expression):
                names.update(dict.fromkeys(line.symbols.names()))
    shown = list(legend(names, lang))
    return word("symbols", lang, symbols=word("semicolon", lang).join(shown)) if shown else ""


def _understood(reading: Reading) -> tuple[str, ...]:
    """The words of sentences that have no part in the question. Raises SpecError for words that could matter."""
    with_marks = {mark.sentence for mark in reading.marks}
    matters: list[tuple[Token, int]] = []
    idle: list[tuple[Token, int]] = []
    for token, sentence in reading.unknown:
        is_idle = sentence not in with_marks and sentence not in reading.asking and token.kind not in ("number", "size")
        (idle if is_idle else matters).append((token, sentence))
    if matters:
        raise SpecError(*_problems(reading, [token for token, _ in matters]))
    return tuple(dict.fromkeys(reading.text[token.start : token.end] for token, _ in idle))


_USED_BY = {
    "keep": ("padding", "stride", "kernel", "dilation"),
    "memory": ("batch",),
    "field": ("depth",),
    "unshared": ("params",),
    "optimizer": ("batch",),
    "rule": ("batch",),
    "count": ("kernel",),
    "ratio": ("scale",),
}
"""Phrases that say something to some questions only."""


def _needed(reading: Reading, sketch: Sketch, asked: tuple[Question, ...]) -> None:
    """Raises SpecError for a phrase that was understood but has no part in any question: something else was meant."""
    wanted = {question.what for question in asked}
    for mark in reading.marks:
        lost = mark.concept == "versus" and sketch.rival is None
        if mark.concept in _USED_BY:
            lost = not wanted & set(_USED_BY[mark.concept]) and not (mark.concept == "ratio" and sketch.rival)
        if lost:
            first, last = reading.tokens[mark.start], reading.tokens[mark.end - 1]
            span = reading.place(first)._replace(end_column=reading.place(last).end_column)
            words = reading.text[first.start : last.end]
            message = f"'{words}' does not fit what is asked, or the question was not understood"
            raise SpecError(
                Diagnostic(message, remedy="say it in other words, or leave it out", span=span, file="<question>")
            )


def _problems(reading: Reading, tokens: list[Token]) -> Iterator[Diagnostic]:
    remedy = "say it in other words, or leave it out if it does not matter"
    for first, last in _runs(reading, tokens):
        words = reading.text[first.start : last.end]
        span = reading.place(first)._replace(end_column=reading.place(last).end_column)
        yield Diagnostic(f"'{words}' is not understood", remedy=remedy, span=span, file="<question>")


def _runs(reading: Reading, tokens: list[Token]) -> Iterator[tuple[Token, Token]]:
    """Neighbours among the tokens, as (first, last)."""
    order = {token: index for index, token in enumerate(reading.tokens)}
    start = 0
    for index in range(1, len(tokens) + 1):
        if index == len(tokens) or order[tokens[index]] != order[tokens[index - 1]] + 1:
            yield tokens[start], tokens[index - 1]
            start = index


def _stated(sketch: Sketch, networks: list[Spelled], lang: str) -> Iterator[str]:
    """Whether the output sizes that the text states are what comes out."""
    from cnncalc.analysis.analyze import analyze_spec

    for network, layers in zip(networks, (sketch.layers, sketch.rival or []), strict=False):
        if not any(one.stated for one in layers):
            continue
        analysis = analyze_spec(network.spec)
        for one, path in zip(layers, network.paths, strict=True):
            output = analysis.row(path).output
            if one.stated is None or output is None:
                continue
            sides = output[1:] if len(one.stated) < len(output) else output
            right = tuple(one.stated) == tuple(sides) or (
                len(one.stated) == len(output) and (*one.stated[2:], *one.stated[:2]) == tuple(output)
            )
            shown = "x".join(map(str, one.stated))
            yield (
                say("stated-right", lang, stated=shown)
                if right
                else say("stated-wrong", lang, stated=shown, computed=shape_text(sides))
            )
