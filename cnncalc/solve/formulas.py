"""One window with letters for numbers: `n`, `2h+1`; its output is a formula, by the layer's own method."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from cnncalc.core.dims import canonical, is_symbolic, text
from cnncalc.core.shapes import shape_text
from cnncalc.layers import layer_class
from cnncalc.layers.fields import Sides
from cnncalc.solve.answer import Answer, Verdict
from cnncalc.solve.given import ANY, is_formula, per_axis, stop
from cnncalc.solve.recorded import window_lines
from cnncalc.solve.search import KINDS, Ask, Window
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
        verdict=None if claim is None else _verdict(str(claim), row, kind, ceil),
        lang=lang,
        rows=({"output": _told(row)},),
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


def _told(row: tuple[Window, ...]) -> str:
    """The output on its axes."""
    return text(row[0].output) if len(row) == 1 else shape_text(tuple(window.output for window in row))


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return value[0] if value[0] == value[1] else list(value)
    return value


def _verdict(claim: str, row: tuple[Window, ...], kind: str, ceil: bool) -> Verdict:
    """Right when it is the same formula, however it is written: `(n-1)//2+1` is `ceil(n/2)`."""
    written = claim.replace(" ", "").removeprefix("output=").replace("×", "x")
    stated = [canonical(quantity("the claim", part)) for part in written.split("x")]
    if len(stated) not in (1, len(row)):
        stop(f"the claim {claim} cannot be read", "a formula, or one per axis", claim)
    values = stated * (len(row) // len(stated))
    right = all(bool(one == window.output) for one, window in zip(values, row, strict=True))
    computed = _told(row)
    return Verdict(claim, right, () if right else _slips(claim, values, row, kind, ceil), computed)


ROLES: dict[str, int] = {"kernel": 37, "stride": 2, "dilation": 3, "padding": 6, "output_padding": 1, "input": 400}
"""What a letter is set to when slips are looked for: the first quantity in which it stands says it."""
TRIALS = 3


def _slips(claim: str, values: list[Any], row: tuple[Window, ...], kind: str, ceil: bool) -> tuple[str, ...]:
    """The slips that lead to the claimed formula whatever numbers the letters stand for: looked for with some."""
    from cnncalc.solve.judge import Stated, diagnosed

    letters: dict[Any, int] = {}
    for name, least in ROLES.items():
        for window in row:
            for part in _parts(getattr(window, name)):
                for one in sorted(getattr(part, "free_symbols", ()), key=str):
                    letters.setdefault(one, least + 5 * len(letters) * (name == "input"))
    found = []
    for trial in range(TRIALS):
        numbers = {one: value + trial * (13 if value >= ROLES["input"] else 1) for one, value in letters.items()}
        asks = tuple(_ask(window, kind, ceil, numbers) for window in row)
        stated = tuple(_number(value, numbers) for value in values)
        if not all(type(value) is int for value in stated):
            return ()
        found.append(diagnosed(Stated("output", stated, claim), asks))
    return found[0] if len(set(found)) == 1 else ()


def _ask(window: Window, kind: str, ceil: bool, numbers: Mapping[Any, int]) -> Ask:
    fields = {name: _number(getattr(window, name), numbers) for name in Window._fields if name != "padding"}
    padding = window.padding
    pads = padding if isinstance(padding, str) else tuple(_number(one, numbers) for one in padding)
    return Ask(kind=kind, ceil=ceil, padding=pads, **fields)


def _parts(value: Any) -> tuple[Any, ...]:
    return value if isinstance(value, tuple) else (value,)


def _number(value: Any, numbers: Mapping[Any, int]) -> Any:
    """The value with numbers for its letters; of a letter that is none of the window's it stays a formula."""
    if not is_symbolic(value):
        return value
    set_ = value.subs(numbers)
    return int(set_) if set_.is_Integer else set_
