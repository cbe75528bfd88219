"""From a stated number of parameters back to the kernel of a convolution."""

from __future__ import annotations

from copy import deepcopy

from cnncalc.analysis.analyze import analyze_spec
from cnncalc.core.diagnostic import Diagnostic, SpecError
from cnncalc.solve.answer import Answer
from cnncalc.solve.ask.phrases import say
from cnncalc.solve.ask.sketch import Draft, Input
from cnncalc.solve.ask.spelling import spell
from cnncalc.solve.explain import WHOLE, explain

WIDEST = 64
"""The largest side that is tried."""


def kernel_of(layers: list[Draft], given: Input, params: int, lang: str) -> Answer:
    """The square kernel with which the one described layer has so many parameters; none: the nearest ones.

    Raises SpecError where the layer, its filters or the input's channels are not known.
    """
    if len(layers) != 1 or "kernel" in layers[0].fields or "filters" not in layers[0].fields:
        _stop("it is not clear whose kernel is meant", "one convolution with its filters, and the input's channels")
    if given.channels is None:
        _stop("the channels of the input are not given, or were not understood", remedy="write: on RGB images")
    counts: dict[int, int] = {}
    side = 0
    while side < WIDEST and counts.get(side, 0) < params:
        side += 1
        draft = deepcopy(layers[0])
        draft.fields["kernel"] = (side, side)
        network = spell([draft], given, lang, filters_matter=True)
        count = analyze_spec(network.spec).totals.params
        assert isinstance(count, int), "filters, channels and kernel are numbers"
        counts[side] = count
    question = say("kernel-of-params", lang, params=f"{params:,}")
    if counts[side] != params:
        below = max(side - 1, 1)
        note = say(
            "no-kernel",
            lang,
            below=f"{below}x{below}",
            fewer=f"{counts[below]:,}",
            above=f"{side}x{side}",
            more=f"{counts[side]:,}",
        )
        return Answer(question, (), notes=(note,), lang=lang)
    explained = explain(network.spec, lang=lang)
    lines = tuple(each for each in explained.derivation if each.figure == "params" and each.path != WHOLE)
    return Answer(question, ({"kernel": side},), lines, titles=explained.titles, lang=lang)


def _stop(message: str, expected: str = "", remedy: str = "") -> None:
    raise SpecError(Diagnostic(message, expected=expected, remedy=remedy, file="<question>"))
