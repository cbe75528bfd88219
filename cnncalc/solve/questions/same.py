"""Keeping and restoring a size: the padding that keeps it, the output padding that a transposed convolution needs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cnncalc.core.dims import floordiv, is_symbolic, text
from cnncalc.layers.window import Axis, extent
from cnncalc.solve.answer import Answer, Line, Verdict
from cnncalc.solve.derivation import line, named
from cnncalc.solve.formulas import quantity
from cnncalc.solve.given import stop
from cnncalc.solve.recorded import window_lines
from cnncalc.solve.search import Ask, Window, forward, search
from cnncalc.solve.wording import listed


def keep_size(*, kernel: tuple[Any, ...], dilation: Any = 1, claim: Any = None) -> Answer:
    """The padding with which a convolution of stride 1 keeps the size, per axis: numbers, or formulas like 2h+1.

    >>> keep_size(kernel=("2h+1",)).solutions[0]["padding"]
    h
    """
    spread = quantity("dilation", dilation)
    solutions, lines = [], []
    pads = []
    for one in kernel:
        size = quantity("kernel", one)
        total = extent(size, spread) - 1
        half = floordiv(total, 2)
        rest = total - half
        pads.append(half if rest == half else [half, rest])
        letter = _letter(size, spread)
        kept = Axis(letter, named("K", size), 1, _spread(spread), (named("P_before", half), named("P_after", rest)))
        lines.append(line("n_out", kept.positions()))
    undecided = [pad for pad in pads if isinstance(pad, list) and any(map(is_symbolic, pad))]
    solutions.append({"padding": pads[0] if len(pads) == 1 else pads, "stride": 1})
    shown = "x".join(_bracketed(text(quantity("kernel", one))) for one in kernel)
    notes = [] if undecided else _notes(pads)
    more = "" if dilation == 1 else f", dilation {text(spread)}"
    rows = ({"padding": " x ".join(_pad(pad) for pad in pads)},)
    verdict = None
    if claim is not None:
        right = str(claim).replace(" ", "") in (
            "x".join(_pad(pad) for pad in pads),
            _pad(pads[0]) if len(set(map(str, pads))) == 1 else "",
        )
        doubled = not right and len(pads) == 1 and not isinstance(pads[0], list) and str(claim) == text(2 * pads[0])
        slips = ("the padding was doubled: a total was taken for each side's",) if doubled else ()
        verdict = Verdict(str(claim), right, slips, "x".join(_pad(pad) for pad in pads))
    question = f"Which padding keeps the size of a map for a {shown} kernel at stride 1{more}?"
    return Answer(
        question, tuple(solutions), tuple(lines), "per side" if len(pads) == 1 else "", tuple(notes), verdict, rows=rows
    )


def _letter(*values: Any) -> Any:
    """The size that is kept: n, whatever it is."""
    from cnncalc.core.symbolic import symbol

    taken = {str(one) for value in values if is_symbolic(value) for one in value.free_symbols}
    return symbol("n" if "n" not in taken else "size")


def _spread(dilation: Any) -> Any:
    return 1 if dilation == 1 else named("D", dilation)


def _pad(pad: Any) -> str:
    return "+".join(map(text, pad)) if isinstance(pad, list) else text(pad)


def _bracketed(shown: str) -> str:
    return shown if shown.isalnum() else f"({shown})"


def _notes(pads: list[Any]) -> list[str]:
    if any(isinstance(pad, list) for pad in pads):
        return ["an even extent needs one position more on one side; at the end it is what SAME does"]
    return []


def output_padding(
    *, input: int, kernel: int, stride: int = 1, padding: int = 0, dilation: int = 1, claim: Any = None
) -> Answer:
    """The output padding with which a transposed convolution gives back the size that a convolution had.

    >>> output_padding(input=8, kernel=3, stride=2, padding=1, dilation=2).solutions[0]["output_padding"]
    1
    """
    window = Window(input, 0, kernel, stride, dilation, (padding, padding))
    small = forward("conv", window)
    if small < 1:
        stop(f"kernel {kernel} does not fit on {input} with padding {padding}", remedy="use a smaller kernel")
    found = search(Ask("transposed", small, input, kernel, stride, dilation, (padding, padding), None)).solutions
    alike = search(Ask("conv", None, small, kernel, stride, dilation, (padding, padding), 0)).solutions
    solutions = tuple({"input": small, "output": one.output, "output_padding": one.output_padding} for one in found)
    lines = tuple(_back_and_forth(window._replace(output=small), found))
    sizes = listed([str(one.input) for one in alike])
    notes = [f"{sizes} all go to {small}: only the output padding tells them apart"] if len(alike) > 1 else []
    if not found:
        notes.append("there is none: output padding stays below the stride or the dilation")
    verdict = None
    if claim is not None:
        right = any(str(claim) == str(one.output_padding) for one in found)
        verdict = Verdict(str(claim), right, (), "" if right or not found else str(found[0].output_padding))
    question = (
        f"Which output_padding gives {input} back after a convolution k{kernel} s{stride} p{padding} d{dilation}?"
    )
    return Answer(question, solutions, lines, notes=tuple(notes), verdict=verdict)


def _back_and_forth(window: Window, found: tuple[Window, ...]) -> Iterator[Line]:
    yield from (one._replace(name="there") for one in window_lines("conv", (window,)))
    for one in found[:1]:
        yield from (back._replace(name="back") for back in window_lines("transposed", (one,)))
