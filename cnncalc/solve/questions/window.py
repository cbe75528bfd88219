"""One window, forward and backward: convolution, pooling or transposed convolution on one to three axes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cnncalc.analysis.borders import unread
from cnncalc.core.dims import prod, ratio
from cnncalc.core.shapes import axis_name, elements
from cnncalc.layers import layer_class
from cnncalc.layers.base import Layer
from cnncalc.layers.fields import Sides
from cnncalc.solve.answer import Answer
from cnncalc.solve.given import ANY, has_formulas, per_axis, stop
from cnncalc.solve.lang import say as word
from cnncalc.solve.misses import text_of, why
from cnncalc.solve.recorded import window_lines
from cnncalc.solve.search import KINDS, MOST, ORDER, Ask, Found, TooManyError, Window, layer_of, product_of, search
from cnncalc.solve.windowwords import listed as words
from cnncalc.solve.windowwords import say
from cnncalc.solve.wording import listed

USUAL: dict[str, Any] = {"stride": 1, "padding": "valid", "dilation": 1, "output_padding": 0}
"""What is taken for a quantity that is left out when the output is asked for."""

NAMES = ("input", "output", "kernel", "stride", "padding", "dilation", "output_padding")


def window(
    *,
    input: Any = None,
    output: Any = None,
    kernel: Any = None,
    stride: Any = None,
    padding: Any = None,
    dilation: Any = None,
    output_padding: Any = None,
    kind: str = "conv",
    ceil: bool = False,
    channels: int | None = None,
    filters: int | None = None,
    groups: int = 1,
    bias: bool = True,
    claim: Any = None,
    lang: str = "en",
) -> Answer:
    """Every whole-number solution for the quantities of a window that are left out, smallest first.

    Without `output` it is computed, and what else is left out has its usual value (stride 1, of a pooling the kernel;
    padding valid; dilation 1). With it, everything left out is solved for. A quantity is a number, one per axis (a
    list), a `range` to look through, or `?`: to be found. `padding` is per side, on one axis also (before, after), or
    valid, same, full. `kind` is conv, pool or transposed; `ceil` rounds a pooling's output up. With `channels` (and for
    convolutions `filters`) a forward answer counts parameters and MACs too. A letter or a formula (`n`, `2*h + 1`) stays
    one: the output is then a formula too, and nothing is solved for. `lang` is en or zh. Raises SpecError.

    >>> window(input=224, output=55, kernel=11, stride=4, dilation=1).solutions[0]["padding"]
    [1, 2]
    """
    _check_kind(kind, ceil, output_padding)
    given = dict(zip(NAMES, (input, output, kernel, stride, padding, dilation, output_padding), strict=True))
    noted = _complete(given, kind, lang)
    if has_formulas(given):
        from cnncalc.solve.formulas import formula_window

        if channels is not None or filters is not None:
            stop("letters are not counted with", "numbers", remedy="ask: cnncalc explain 'in 3xHxW; conv 96 k11 s4'")
        return formula_window(given, kind, ceil, _question(given, kind, lang), noted, claim, lang)
    if claim is not None and given["dilation"] is None and "dilation" not in str(claim):
        # whoever claims a padding or a stride does not think of dilated kernels
        given["dilation"] = 1
        noted = (say("undilated", lang),)
    if channels is not None and all(not isinstance(value, tuple | list) for value in given.values()):
        # whoever counts channels has an image
        given["input"] = (given["input"],) * 2
        noted = (*noted, say("square", lang))
    axes, values = per_axis(given)
    asks = tuple(_ask(kind, ceil, {name: values[name][axis] for name in NAMES}) for axis in range(axes))
    try:
        found = [search(asks[0])] * axes if len(set(asks)) == 1 else [search(ask) for ask in asks]
    except TooManyError:
        stop(
            "too many quantities are left out to try every combination",
            remedy="give more of them, or ranges: --kernel 1..7",
        )
    rows, equal = _rows(found, asks)
    more = Figures(kind, channels, filters, groups, bias) if channels is not None else None
    solutions = tuple(_solution(kind, ceil, row, values["padding"], more) for row in rows)
    notes = tuple(_notes(asks, found, rows, equal, noted, lang))
    verdict = None
    if claim is not None:
        from cnncalc.solve.judge import judge

        verdict = judge(claim, asks, rows, solutions, more, ceil)
    lines = tuple(window_lines(kind, rows[0], ceil)) if rows else ()
    table = tuple(_table_row(asks, row, solution, lang) for row, solution in zip(rows, solutions, strict=True))
    return Answer(_question(given, kind, lang), solutions, lines, "", notes, verdict, lang=lang, rows=table)


def _check_kind(kind: str, ceil: bool, output_padding: Any) -> None:
    if kind not in KINDS:
        stop(f"the kind {kind} is not known", f"one of {', '.join(KINDS)}")
    if ceil and kind != "pool":
        stop("ceil rounds the output of a pooling", received=kind, remedy="add --kind pool")
    if output_padding not in (None, 0) and kind != "transposed":
        stop("output_padding belongs to a transposed convolution", received=kind, remedy="add --kind transposed")


def _complete(given: dict[str, Any], kind: str, lang: str) -> tuple[str, ...]:
    """Fills in what has a usual value when the output is asked for; says which."""
    if given["output"] not in (None, ANY):
        return ()
    missing = [name for name in ("input", "kernel") if given[name] is None]
    if missing:
        stop(
            f"the output is left out, and {listed(missing)} too",
            "the output, or all that it follows from",
            remedy="give --input and --kernel, or --output",
        )
    usual = dict(USUAL)
    if kind == "pool":
        usual["stride"] = given["kernel"] if given["kernel"] != ANY and not isinstance(given["kernel"], range) else 1
    taken = []
    for name, value in usual.items():
        if given[name] is None:
            given[name] = value
            if name != "output_padding":
                taken.append(say("fact", lang, name=say(name, lang), value=_shown(value)))
    return (say("usual", lang, what=say("between", lang).join(taken)),) if taken else ()


def _ask(kind: str, ceil: bool, values: dict[str, Any]) -> Ask:
    cleaned = {name: None if value == ANY else value for name, value in values.items()}
    if kind != "transposed":
        cleaned["output_padding"] = 0
    if cleaned["padding"] in ("same", "full") and kind == "transposed" and cleaned["output_padding"] is None:
        cleaned["output_padding"] = 0
    return Ask(kind=kind, ceil=ceil, **cleaned)


# -- several axes --------------------------------------------------------------------------------------------------


def _rows(found: list[Found], asks: tuple[Ask, ...]) -> tuple[tuple[tuple[Window, ...], ...], bool]:
    """One window per axis: the unknowns equal on all axes where that is possible, else in every combination."""
    if len(set(asks)) == 1:
        return tuple((one,) * len(asks) for one in found[0].solutions), True
    names = sorted({name for ask in asks for name in ask.unknown})
    tables = [{tuple(getattr(one, name) for name in names): one for one in axis.solutions} for axis in found]
    if names:
        common = [key for key in tables[0] if all(key in table for table in tables[1:])]
        if common:
            return tuple(tuple(table[key] for table in tables) for key in common), True
    return tuple(product_of(axis.solutions for axis in found)), False


# -- the answer ----------------------------------------------------------------------------------------------------


class Figures:
    """What a forward answer counts beside the size."""

    def __init__(self, kind: str, channels: int, filters: int | None, groups: int, bias: bool) -> None:
        if kind != "pool" and filters is None:
            stop("parameters need the number of filters too", remedy="add --filters")
        self.kind, self.channels, self.filters, self.groups, self.bias = kind, channels, filters, groups, bias

    @property
    def layer_kind(self) -> str:
        """The kind of the layer."""
        return KINDS[self.kind]

    def fields(self, row: tuple[Window, ...], ceil: bool) -> dict[str, Any]:
        """The layer's fields, for all axes."""
        fields: dict[str, Any] = {
            name: tuple(getattr(one, name) for one in row) for name in ("kernel", "stride", "dilation")
        }
        fields["padding"] = row[0].padding if isinstance(row[0].padding, str) else _sides(row)
        if self.kind == "pool":
            return {**fields, "ceil_mode": ceil}
        if self.kind == "transposed":
            fields["output_padding"] = tuple(one.output_padding for one in row)
        return {**fields, "filters": self.filters, "groups": self.groups, "bias": self.bias}

    def layer(self, row: tuple[Window, ...], ceil: bool) -> Layer:
        """The layer on all axes."""
        return layer_class(self.layer_kind)(**self.fields(row, ceil))

    def count(self, row: tuple[Window, ...], ceil: bool) -> dict[str, Any]:
        """Shape, parameters, MACs, output numbers. Raises SpecError where the layer does not take the channels."""
        layer, shape = self.layer(row, ceil), (self.channels, *(one.input for one in row))
        for problem in layer.requires(shape):
            stop(problem.message, problem.expected, problem.received, problem.remedy)
        output = layer.output(shape)
        params = sum(weight.elements for weight in layer.weights(shape))
        macs = layer.ops((shape,), output).macs
        return {"shape": list(output), "params": params, "macs": macs, "neurons": elements(output)}


def _sides(row: tuple[Window, ...]) -> dict[str, int]:
    names = Sides._fields
    pairs = {1: names[:2], 2: names[2:4] + names[:2], 3: names[4:] + names[2:4] + names[:2]}[len(row)]
    amounts = [amount for one in row for amount in one.padding]
    return dict(zip(pairs, amounts, strict=True))  # type: ignore[arg-type]


def _solution(
    kind: str, ceil: bool, row: tuple[Window, ...], paddings: tuple[Any, ...], more: Figures | None
) -> dict[str, Any]:
    result: dict[str, Any] = {}
    details = [_details(kind, ceil, one) for one in row]
    for name in ("input", "output", "kernel", "stride", "padding", "dilation", "output_padding", "dropped"):
        values = [detail[name] for detail in details if name in detail]
        if values:
            result[name] = values[0] if len(values) == 1 else values
    if kind == "pool" and len(row) > 1:
        # of one side alone nobody knows the map
        result["discarded"] = 1 - ratio(prod(one.output for one in row), prod(one.input for one in row))
    return result if more is None else {**result, **more.count(row, ceil)}


def _details(kind: str, ceil: bool, one: Window) -> dict[str, Any]:
    result: dict[str, Any] = {name: getattr(one, name) for name in ("input", "output", "kernel", "stride", "dilation")}
    layer: Any = layer_of(kind, one, ceil)
    if kind == "transposed":
        result["padding"] = _pair(one.padding) if not isinstance(one.padding, str) else one.padding
        result["output_padding"] = one.output_padding
        return result
    axes = layer.axes((1, one.input))
    result["padding"] = _pair(axes[0].pads)
    result["dropped"] = unread(layer, axes)[0].border
    return result


def _table_row(asks: tuple[Ask, ...], row: tuple[Window, ...], solution: dict[str, Any], lang: str) -> dict[str, Any]:
    """What a table shows of a solution: what was not given, and what else was computed."""
    unknown = dict.fromkeys(name for name in (*ORDER, "output") for ask in asks if _is_open(getattr(ask, name)))
    names = [name for name in NAMES if name in unknown] or ["output"]
    shown: dict[str, Any] = {}
    for name in names:
        parts = [text_of(name, value) for value in (solution[name] if len(row) > 1 else [solution[name]])]
        shown[name] = parts[0] if len(set(parts)) == 1 and name != "output" and name != "input" else "x".join(parts)
    dropped = solution.get("dropped")
    if dropped is not None:
        shown["dropped"] = "x".join(map(str, dropped)) if isinstance(dropped, list) else dropped
    if "discarded" in solution:
        shown["discarded"] = word("discarded-share", lang, share=f"{float(100 * solution['discarded']):.4g}")
    figures: dict[str, Any] = {name: solution[name] for name in ("params", "macs", "neurons") if name in solution}
    if "shape" in solution:
        figures = {"shape": "x".join(map(str, solution["shape"])), **figures}
    return {**shown, **figures}


def _is_open(value: Any) -> bool:
    return value is None or isinstance(value, range)


def _pair(pads: Any) -> Any:
    """One number where both sides are equal."""
    return pads[0] if pads[0] == pads[1] else list(pads)


def _question(given: dict[str, Any], kind: str, lang: str) -> str:
    unknown = [name for name in NAMES if given[name] in (None, ANY) or isinstance(given[name], range)]
    unknown = [say(name, lang) for name in unknown if name != "output_padding" or kind == "transposed"]
    facts = say("comma", lang).join(
        say("fact", lang, name=say(name, lang), value=_shown(value))
        for name, value in given.items()
        if _is_given(name, value, kind)
    )
    if not unknown:
        return say("exists", lang, kind=say(kind, lang), facts=facts)
    return say("which", lang, unknown=words(unknown, lang), kind=say(kind, lang), facts=facts)


def _is_given(name: str, value: Any, kind: str) -> bool:
    if value in (None, ANY) or isinstance(value, range):
        return False
    return name != "output_padding" or (kind == "transposed" and value != 0)


def _shown(value: Any) -> str:
    if isinstance(value, tuple | list):
        return "x".join("+".join(map(str, one)) if isinstance(one, tuple | list) else str(one) for one in value)
    return str(value)


# -- notes ---------------------------------------------------------------------------------------------------------


def _notes(
    asks: tuple[Ask, ...], found: list[Found], rows: tuple[Any, ...], equal: bool, noted: tuple[str, ...], lang: str
) -> Iterator[str]:
    yield from noted
    unknown = [name for ask in asks for name in ask.unknown]
    if unknown and asks[0].output is not None:
        ranges = dict.fromkeys(_range(one, asks[0].kind, lang) for axis in found for one in axis.ranges)
        yield say("looked", lang, ranges=say("semicolon", lang).join(ranges))
    if rows:
        if len(asks) > 1 and unknown and equal:
            yield say("equal", lang)
        if any(axis.more for axis in found) or len(rows) >= MOST:
            yield say("there-are-more", lang, count=f"{min(len(rows), MOST):,}")
        if any(isinstance(one.padding, tuple) and one.padding[0] != one.padding[1] for row in rows for one in row):
            yield say("split", lang)
        return
    yield say("none", lang)
    for index, (ask, axis) in enumerate(zip(asks, found, strict=True)):
        if axis.solutions:
            continue
        where = f"{word(axis_name(index, len(asks)), lang)}{say('colon', lang)}" if len(set(asks)) > 1 else ""
        yield from (f"{where}{line}" for line in why(ask, axis, lang))
        if len(set(asks)) == 1:
            break


def _range(one: tuple[str, int | None, int | None], kind: str, lang: str) -> str:
    name, low, high = one
    if low is not None:
        shown = say("range", lang, name=say(name, lang), low=low, high=high)
        return shown + (say("per-side", lang) if name == "padding" else "")
    if name == "padding":
        return say("pool-padding-range" if kind == "pool" else "padding-range", lang)
    return say("output_padding-range", lang) if name == "output_padding" else say("every", lang, name=say(name, lang))
