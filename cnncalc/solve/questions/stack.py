"""Comparing ways to build the same: a stack of small kernels, separable convolutions, bottlenecks."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from cnncalc.core.dims import ratio, total
from cnncalc.core.dims import text as dim_text
from cnncalc.core.recording import quotient
from cnncalc.core.shapes import read_sizes
from cnncalc.solve.answer import Answer, Line, Verdict
from cnncalc.solve.derivation import line
from cnncalc.solve.fieldchain import field_after, field_steps
from cnncalc.solve.figures import seen, weights_of
from cnncalc.solve.given import stop
from cnncalc.solve.networks import network, one_layer
from cnncalc.solve.wording import plural
from cnncalc.spec.quantity import parse_quantity

ROOM = 10**6
"""The side of the map on which stacks are compared: large enough for any, and without effect on weights."""


def stack(*, kernel: int = 3, layers: int = 3, channels: Any = "C", dilation: int = 1, claim: Any = None) -> Answer:
    """A stack of k x k convolutions against one kernel of the same receptive field, with as many channels in as out.

    `channels` is a number or a name that stays a symbol. Offsets are not counted. `claim` is a field (`9x9`, `9`).
    """
    width = _symbol(channels)
    field = field_after(layers, kernel, 1, dilation)
    many = weights_of(_conv(width, width, kernel), bias=False)
    single = weights_of(_conv(width, width, field), bias=False)
    stacked = _sum([many] * layers)
    lines = (
        *field_steps(layers, kernel, 1, dilation),
        line(f"weights, {layers} x {kernel}x{kernel}", stacked),
        line(f"weights, one {field}x{field}", single),
        *_ratio(stacked, single),
    )
    few, much = (dim_text(part.value) for part in (stacked, single))
    solution = {
        "receptive_field": field,
        "stack_weights": stacked.value,
        "single_kernel": field,
        "single_weights": single.value,
        "ratio": _share(stacked.value, single.value),
    }
    notes = (
        f"the stack has {few} weights, the single kernel {much}; and room for {plural(layers - 1, 'more activation')} in between",
    )
    shown = f"{plural(layers, 'convolution')} of {kernel}x{kernel}"
    verdict = None if claim is None else _field_verdict(claim, field, kernel, layers, dilation)
    question = f"What do {shown} see, and what do they weigh against one kernel of that size?"
    return Answer(question, (solution,), lines, notes=notes, verdict=verdict, rows=_rows(solution))


def _field_verdict(claim: Any, field: int, kernel: int, layers: int, dilation: int) -> Verdict:
    from cnncalc.analysis.mistakes import judged

    text = str(claim)
    parts = read_sizes(text.replace("×", "x"))
    if not all(type(part) is int for part in parts) or len(set(parts)) != 1:
        stop(f"the claim {text} cannot be read", "a field like 9x9 or 9", text)
    chain = [("conv", {"filters": 1, "kernel": kernel, "dilation": dilation})] * layers
    result, slip = judged(network(chain, (1, ROOM, ROOM)), "receptive_field", parts[0])
    return Verdict(
        text, bool(result.holds), () if slip is None else slip.sentences, "" if result.holds else f"{field}x{field}"
    )


def separable(*, kernel: int = 3, channels: Any = "C_in", filters: Any = "C_out", claim: Any = None) -> Answer:
    """A depthwise separable convolution against the full one: weights, and arithmetic per position, in a ratio.

    >>> separable(kernel=3, channels=256, filters=256).solutions[0]["separable_weights"]
    67840
    """
    wide, out = _symbol(channels), _symbol(filters)
    full = weights_of(_conv(wide, out, kernel), bias=False)
    depthwise = weights_of(seen(one_layer("depthwise_conv", {"kernel": kernel, "bias": False}, (wide, ROOM, ROOM))))
    pointwise = weights_of(_conv(wide, out, 1), bias=False)
    both = _sum([depthwise, pointwise])
    shares = [quotient(part, full) for part in (depthwise, pointwise)]
    ratio_ = total([share.value for share in shares])
    lines = (
        line("full", full, "weights"),
        line("depthwise", depthwise, "weights"),
        line("pointwise", pointwise, "weights"),
        Line("separable", value=both.value, unit="weights"),
        line("depthwise / full", shares[0]),
        line("pointwise / full", shares[1]),
        Line("separable / full", value=ratio_, words="1/C_out + 1/K²"),
    )
    solution = {"full_weights": full.value, "separable_weights": both.value, "ratio": ratio_}
    notes = ("the same ratio holds for multiply-adds: both are used once per output position",)
    return Answer(
        f"What does a separable {kernel}x{kernel} convolution save?",
        (solution,),
        lines,
        notes=notes,
        verdict=_verdict(claim, solution),
        rows=_rows(solution),
    )


def bottleneck(*, channels: Any = 256, reduce: int = 4, kernel: int = 3, claim: Any = None) -> Answer:
    """A bottleneck (1x1 down, k x k, 1x1 up) against two full k x k convolutions. Offsets are not counted.

    >>> bottleneck(channels=256).solutions[0]["bottleneck_weights"]
    69632
    """
    wide = _symbol(channels)
    narrow = ratio(wide, reduce)
    if type(wide) is int and type(narrow) is not int:
        stop(f"{wide} channels do not divide by {reduce}", f"a multiple of {reduce}", str(wide))
    full = weights_of(_conv(wide, wide, kernel), bias=False)
    plain = _sum([full, full])
    steps = [_conv(wide, narrow, 1), _conv(narrow, narrow, kernel), _conv(narrow, wide, 1)]
    names = ("1x1 down", f"{kernel}x{kernel}", "1x1 up")
    made = [line(name, weights_of(it, bias=False), "weights") for name, it in zip(names, steps, strict=True)]
    whole = total([one.value for one in made])
    lines = (line(f"two {kernel}x{kernel}", plain, "weights"), *made, Line("bottleneck", value=whole, unit="weights"))
    saved = _share(plain.value, whole)
    solution = {"plain_weights": plain.value, "bottleneck_weights": whole, "times_fewer": saved}
    question = f"What does a bottleneck of {dim_text(wide)} channels, reduced {reduce}-fold, save?"
    return Answer(question, (solution,), lines, verdict=_verdict(claim, solution), rows=_rows(solution))


def _conv(channels: Any, filters: Any, kernel: int) -> Any:
    return seen(one_layer("conv", {"filters": filters, "kernel": kernel, "bias": False}, (channels, ROOM, ROOM)))


def _symbol(value: Any) -> Any:
    """A number, or the positive integer of that name."""
    if isinstance(value, str):
        from cnncalc.core.symbolic import symbol

        return symbol(value)
    return value


def _rows(solution: dict[str, Any]) -> tuple[dict[str, Any], ...]:
    """The same with fractions as decimals too."""
    return ({name: _decimal(value) if isinstance(value, Fraction) else value for name, value in solution.items()},)


def _verdict(claim: Any, solution: dict[str, Any]) -> Verdict | None:
    """A claim is right when it is one of the quantities, at its printed precision; the inverse of a ratio is a slip."""
    if claim is None:
        return None
    stated = str(claim).replace(" ", "").replace(",", "")
    quantity = parse_quantity(stated)
    if any(
        dim_text(value) == stated or (quantity is not None and _agrees(quantity, value)) for value in solution.values()
    ):
        return Verdict(str(claim), True)
    turned = [one for one in solution.values() if isinstance(one, Fraction) and quantity is not None]
    upside = any(_agrees(quantity, 1 / one) for one in turned)
    return Verdict(str(claim), False, ("the ratio was turned upside down",) if upside else ())


def _agrees(quantity: Any, value: Any) -> bool:
    """Whether a stated number is the value, rounded or cut where it ends."""
    if not isinstance(value, int | Fraction):
        return False
    step = 10**quantity.places
    return bool(quantity.holds(value)) or quantity.digits * step in (value * step // 1, (2 * value * step + 1) // 2)


def _decimal(value: Fraction) -> str:
    rounded = f"{float(value):.4g}"
    return f"{value} = {rounded}" if Fraction(rounded) == value else f"{value}, about {rounded}"


def _sum(parts: list[Any]) -> Any:
    """The sum, with its formula."""
    return total(parts)


def _share(part: Any, whole: Any) -> Any:
    """A quotient: exact, as a symbol, an int or a fraction."""
    return ratio(part, whole)


def _ratio(one: Any, two: Any) -> tuple[Line, ...]:
    share = _share(one.value, two.value)
    exact = isinstance(share, Fraction)
    return (Line("stack / single", value=share, words=f"about {float(share):.3f}" if exact else ""),)
