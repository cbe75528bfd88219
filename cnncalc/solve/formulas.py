"""One window with letters for numbers: `n`, `2h+1`; its output is a formula, by the layer's own method."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from cnncalc.core.dims import canonical, is_symbolic, text, total
from cnncalc.layers import layer_class
from cnncalc.layers.fields import Sides
from cnncalc.solve.answer import Answer, Verdict
from cnncalc.solve.given import ANY, is_formula, per_axis, stop
from cnncalc.solve.recorded import window_lines
from cnncalc.solve.search import KINDS, Window
from cnncalc.solve.windowwords import say
from cnncalc.spec import expression
from cnncalc.spec.expression import ExpressionError

_IMPLIED = re.compile(r"(?<=[0-9])(?=[A-Za-z_(])")


def quantity(name: str, written: Any) -> Any:
    """A number, or a formula of positive whole numbers: `2h+1`. Raises SpecError."""
    if isinstance(written, int):
        if written < 1:
            stop(f"{name} must be at least 1", received=str(written))
        return written
    try:
        tree = expression.parse(_IMPLIED.sub("*", str(written)))
        return expression.Evaluation(_symbols(tree))(tree)
    except ExpressionError as error:
        stop(f"{name} {written}: {error}", "a number or a formula like 2h+1", str(written), error.remedy)


def _symbols(tree: Any) -> dict[str, Any]:
    names = expression.names(tree)
    if not names:
        return {}
    from cnncalc.core.symbolic import symbol

    return {one: symbol(one) for one in names}


def has_formulas(given: Mapping[str, Any]) -> bool:
    """Whether some quantity is a letter or a formula."""
    return any(
        is_formula(part) for value in given.values() for part in (value if isinstance(value, tuple | list) else (value,))
    )


def formula_window(
    given: Mapping[str, Any], kind: str, ceil: bool, question: str, noted: tuple[str, ...], claim: Any, lang: str
) -> Answer:
    """The output of a window with letters in it. Raises SpecError where something else is asked for."""
    asked = [name for name, value in given.items() if value == ANY or isinstance(value, range)]
    if given["output"] is not None or asked:
        unknown = asked[0] if asked else next(name for name, value in given.items() if value is None)
        stop(
            f"with letters only the output can be found, not the {unknown.replace('_', ' ')}",
            "a number for every letter, or no output",
            remedy="leave out --output, or write numbers",
        )
    rows, solutions, assumed = [], [], dict[str, None]()
    letters = {name: value for name, value in given.items() if name != "output"}
    for values in _axes(letters):
        window = _window(values)
        layer = _layer(kind, window, ceil)
        for unmet in layer.requires((1, window.input)):
            if unmet.condition is None or unmet.condition.holds is False:
                stop(unmet.message, unmet.expected, unmet.received, unmet.remedy)
            assumed[str(unmet.condition)] = None
        window = window._replace(output=canonical(layer.output((1, window.input))[1]))
        rows.append(window)
        solutions.append({**values, "output": window.output})
    row = tuple(rows)
    names = [name for name in ("input", "output", *letters) if name != "output_padding" or kind == "transposed"]
    solution: dict[str, Any] = {}
    for name in dict.fromkeys(names):
        parts = [_plain(one[name]) for one in solutions]
        solution[name] = parts[0] if len(parts) == 1 else parts
    notes = (*noted, say("assumed", lang, conditions=say("between", lang).join(assumed))) if assumed else noted
    return Answer(
        question,
        (solution,),
        tuple(window_lines(kind, row, ceil)),
        notes=notes,
        verdict=None if claim is None else _verdict(str(claim), row),
        lang=lang,
        rows=({"output": " x ".join(text(one.output) for one in row)},),
    )


def _axes(given: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Per axis its quantities: letters stand aside while the numbers are checked."""
    numbers = {
        name: [1 if is_formula(one) else one for one in value]
        if isinstance(value, tuple | list)
        else (1 if is_formula(value) else value)
        for name, value in given.items()
    }
    axes, checked = per_axis(numbers)
    result = []
    for axis in range(axes):
        row = {}
        for name, value in given.items():
            parts = value if isinstance(value, tuple | list) else (value,)
            part = parts[axis] if len(parts) == axes else parts[0]
            row[name] = quantity(name, part) if is_formula(part) else checked[name][axis]
        result.append(row)
    return result


def _window(values: Mapping[str, Any]) -> Window:
    padding = values["padding"]
    pads = padding if isinstance(padding, str | tuple) else (padding, padding)
    extra = values["output_padding"] or 0
    return Window(values["input"], 0, values["kernel"], values["stride"], values["dilation"], pads, extra)


def _layer(kind: str, window: Window, ceil: bool) -> Any:
    """The layer of one axis, unchecked: pydantic takes no letters."""
    padding: Any = window.padding
    if isinstance(padding, tuple):
        padding = padding[0] if padding[0] == padding[1] else Sides(left=padding[0], right=padding[1])
    fields: dict[str, Any] = {"kernel": window.kernel, "stride": window.stride, "dilation": window.dilation}
    fields |= {"ceil_mode": ceil} if kind == "pool" else {"filters": 1}
    if kind == "transposed":
        fields["output_padding"] = window.output_padding
    return layer_class(KINDS[kind]).model_construct(**fields, padding=padding)


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return value[0] if value[0] == value[1] else list(value)
    return value


def _verdict(claim: str, row: tuple[Window, ...]) -> Verdict:
    """Right when it is the same formula, however it is written: `(n-1)//2+1` is `ceil(n/2)`."""
    stated = [quantity("the claim", part) for part in claim.removeprefix("output=").replace("×", "x").split("x")]
    if len(stated) not in (1, len(row)):
        stop(f"the claim {claim} cannot be read", "a formula, or one per axis", claim)
    values = stated * (len(row) // len(stated))
    right = all(_equal(one, window.output) for one, window in zip(values, row, strict=True))
    return Verdict(claim, right, (), " x ".join(text(window.output) for window in row))


def _equal(one: Any, other: Any) -> bool:
    if not is_symbolic(one) and not is_symbolic(other):
        return bool(one == other)
    return bool(canonical(total((one, -1 * other))) == 0)
